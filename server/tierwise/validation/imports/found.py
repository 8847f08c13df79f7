"""What looking for an imported module comes to. Pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Module:
    """A module that exists. ``exports``: all names that can be taken from it; None where they are not known."""

    exports: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Missing:
    """A module or name that does not exist. ``where``: in the words of a sentence, where it was looked for. ``inside``:
    it would have to be in the workspace.
    """

    name: str
    where: str
    inside: bool = False


Found = Module | Missing | None
"""None: it cannot be told."""

NOWHERE = "the workspace, the standard library nor the project's declared dependencies"
