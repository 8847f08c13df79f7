"""What a rename is asked and answered, as values, and the port through which engines find occurrences.

Owner of no state. An engine only finds; ``service.py`` checks what it found and makes the changeset.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from tierwise.core.changes import Changeset, RenameFile
from tierwise.core.documents import Document
from tierwise.core.errors import Declined
from tierwise.core.text import Point, Span
from tierwise.core.workspace import WorkspaceView


class Reason(StrEnum):
    """One word per way in which a rename can be declined."""

    NO_NAME = "no-name"
    """Nothing at this place bears a name."""
    INVALID_NAME = "invalid-name"
    """The new name is no identifier of the language."""
    KEYWORD = "keyword"
    SAME_NAME = "same-name"
    CLASH = "clash"
    """The new name is taken, or would hide or be hidden by something else."""
    OUTSIDE = "outside"
    """Defined outside the workspace: an installed package, another workspace."""
    BUILTIN = "builtin"
    UNDECIDED = "undecided"
    """Some occurrence cannot be decided by what this engine knows."""
    SYNTAX = "syntax"
    """A file that matters does not parse at a place that matters."""
    FORBIDDEN = "forbidden"
    """A file that would change is ignored, vendored, generated or read-only."""
    NO_ENGINE = "no-engine"
    """No engine knows the language."""
    REFUSED = "refused"
    """The language server that was asked says no."""
    STALE = "stale"
    """A file no longer holds what was found in it."""
    CANCELLED = "cancelled"


class RenameDeclined(Declined):
    """A rename that must not or cannot be done: one sentence for a person, and the reason for the statistics."""

    def __init__(self, reason: Reason, message: str) -> None:
        super().__init__(message)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Renameable:
    """What would be renamed: the span of its name, the name, its kind (function, parameter...) and the engine."""

    span: Span
    name: str
    kind: str
    engine: str


@dataclass(frozen=True, slots=True)
class NotRenameable:
    """Why nothing can be renamed here."""

    reason: Reason
    message: str


@dataclass(frozen=True, slots=True)
class Replacement:
    """An occurrence that is certain: ``old`` stands at ``span`` and becomes ``new``, which contains the new name."""

    document: Document
    span: Span
    old: str
    new: str
    in_comment: bool = False
    """Whether it stands in a comment, where the language's tools read it, but no program does."""


@dataclass(frozen=True, slots=True)
class Occurrence:
    """An occurrence that may or may not be meant. It is shown, never edited."""

    document: Document
    span: Span


UNDEFINED = "undefined"
"""Kind of a name that nothing defines: renaming it corrects that one place, and may give it a name that exists."""


@dataclass(frozen=True, slots=True)
class Found:
    """What an engine found. ``moves`` are files that bear the name because it is a module's."""

    name: str
    kind: str
    certain: tuple[Replacement, ...]
    uncertain: tuple[Occurrence, ...] = ()
    moves: tuple[RenameFile, ...] = ()


@dataclass(frozen=True, slots=True)
class RenameResult:
    """A checked rename of what was called ``old_name`` and is a ``kind`` of thing. ``certain`` counts occurrences,
    ``files`` the files they are in.
    """

    changeset: Changeset
    engine: str
    certain: int
    files: int
    uncertain: tuple[Occurrence, ...]
    old_name: str
    new_name: str
    kind: str


class Engine(Protocol):
    """Finds what a name refers to. Stateless towards callers, safe in any thread, and never writes anything."""

    @property
    def name(self) -> str:
        """Shown to the user."""
        ...

    @property
    def languages(self) -> frozenset[str]:
        """LSP language identifiers it serves."""
        ...

    @property
    def exact(self) -> bool:
        """Whether the same question always gets the same answer. The result of an engine that guesses types within
        limits is asked again only where the new name occurs already.
        """
        ...

    def prepare(self, view: WorkspaceView, document: Document, point: Point) -> Renameable | NotRenameable:
        """Whether and what; within 20 ms, so what needs other files may still be declined by ``find``."""
        ...

    def find(
        self, view: WorkspaceView, document: Document, point: Point, new_name: str, cancelled: Callable[[], bool]
    ) -> Found:
        """All occurrences. Raises RenameDeclined; ``cancelled`` is asked between files."""
        ...


def stop_if(cancelled: Callable[[], bool]) -> None:
    """Raise RenameDeclined when the caller no longer wants the answer."""
    if cancelled():
        raise RenameDeclined(Reason.CANCELLED, "The rename was cancelled.")
