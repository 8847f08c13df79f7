"""Programs that can rename besides our own engines: the port between the rename and language servers.

One is started by us (``servers``), another runs in the editor and is asked through it (``lsp``). What they answer is
checked like everything else; nobody takes their word.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from tierwise.core.changes import Changeset
from tierwise.core.documents import Document
from tierwise.core.text import Point, Span
from tierwise.core.workspace import WorkspaceView


@dataclass(frozen=True, slots=True)
class RenameQuestion:
    """Rename what stands at ``point`` of ``document``, called ``old_name``, to ``new_name``, in the workspace as
    ``view`` shows it. ``limit_s``: seconds after which the answer is of no use any more.
    """

    view: WorkspaceView
    document: Document
    point: Point
    old_name: str
    new_name: str
    limit_s: float


class Silence(StrEnum):
    """One word per reason for which there is no answer."""

    ABSENT = "absent"
    """There is no such program, or it does not serve this document."""
    STARTING = "starting"
    LATE = "late"
    FAILED = "failed"
    NOTHING = "nothing"
    """It sees nothing there that could be renamed, and does not say why."""


@dataclass(frozen=True, slots=True)
class RenamePlace:
    """What ``engine`` would rename: the span in the document that was asked about, and how it is called."""

    engine: str
    span: Span
    name: str


@dataclass(frozen=True, slots=True)
class RenameProposal:
    """What ``engine`` would change. Its edits stand on the documents of the question's view. ``old_name`` is what it
    takes the renamed thing to be called; empty where it does not say.
    """

    engine: str
    changes: Changeset
    old_name: str = ""


@dataclass(frozen=True, slots=True)
class RenameRefusal:
    """``engine`` says in one sentence why this must not be done."""

    engine: str
    message: str


@dataclass(frozen=True, slots=True)
class NoRename:
    """No answer, and why. ``engine`` is empty where nothing is known of one."""

    engine: str
    why: Silence


RenameReply = RenameProposal | RenameRefusal | NoRename


class RenameSource(Protocol):
    """Somebody who can be asked to rename."""

    def engine(self, document: Document) -> str:
        """The name of what would answer for this document, for a person; empty where nothing would."""
        ...

    def ready(self, document: Document) -> bool:
        """Whether an answer can be expected within a moment."""
        ...

    def warm(self, document: Document) -> None:
        """A rename in this document is likely soon: get ready in the background."""
        ...

    async def locate(self, question: RenameQuestion) -> RenamePlace | None:
        """What would be renamed; the new name does not matter. None where nothing is, or where there is no answer."""
        ...

    async def ask(self, question: RenameQuestion) -> RenameReply:
        """Ask, for ``limit_s`` seconds at most. Raises nothing but cancellation."""
        ...
