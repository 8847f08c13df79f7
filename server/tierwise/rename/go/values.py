"""Types of Go as values. Pointers count as what they point to: selectors see through them. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tierwise.rename.go.packages import Package


@dataclass(frozen=True, slots=True)
class Named:
    """A declared type: of a package, or of a function (``start``: where its name stands)."""

    package: Package
    name: str
    path: Path | None = None
    start: int = -1


@dataclass(frozen=True, slots=True)
class Literal:
    """A type that is written out where it is used: a struct, an interface, a function."""

    path: Path
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Container:
    """A slice, array, channel or map. ``key``: what ``range`` gives first."""

    item: Type | None
    key: Type | None


@dataclass(frozen=True, slots=True)
class Space:
    """A package, as the left side of a selector."""

    package: Package


@dataclass(frozen=True, slots=True)
class Several:
    """What a function with several results returns."""

    items: tuple[Type | None, ...]


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """A type of the language or of a package outside the workspace: it has no member of ours."""


Type = Named | Literal | Container | Space | Several | Elsewhere
ELSEWHERE = Elsewhere()
