"""What a name of Java can stand for, as keys of symbols. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tierwise.rename.java.classes import Class


@dataclass(frozen=True, slots=True)
class LocalKey:
    """A variable, parameter or type parameter."""

    path: Path
    start: int


@dataclass(frozen=True, slots=True)
class FieldKey:
    """A field, enum constant or record component."""

    owner: Class
    name: str


@dataclass(frozen=True, slots=True)
class MethodKey:
    """The methods of a class with one name and one number of parameters."""

    owner: Class
    name: str
    arity: int | None
