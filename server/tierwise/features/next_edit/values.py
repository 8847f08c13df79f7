"""What the prediction of next edits is asked and answers."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from tierwise.core.changes import Changeset, FileEdit, TextEdit
from tierwise.core.documents import Document
from tierwise.core.text import Point, Span
from tierwise.embedded.next_edit.values import Change


class NoEdit(StrEnum):
    """Why no edit is proposed; reasons of the place are ``NoOffer``'s, those of a model's answer ``RejectReason``'s."""

    NOTHING_EDITED = "nothing-edited"
    """Nothing was edited lately that still stands."""
    NOTHING_FOLLOWS = "nothing-follows"
    NO_MODEL = "no-model"
    """Nothing follows for certain, and no model is there that can say more."""
    AT_CURSOR = "at-cursor"
    """What follows is typed at the cursor: that is the completion's business."""
    TAKES_BACK = "takes-back"
    """The model would undo what the user just did."""
    PASSED_OVER = "passed-over"
    """The user saw this edit and did not want it."""
    LONG_LINES = "long-lines"
    """The lines around the cursor are too long to be said anew."""
    SUPERSEDED = "superseded"
    STALE = "stale"
    LATE = "late"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class NextEditRequest:
    """``arrived``: monotonic seconds."""

    document: Document
    point: Point
    arrived: float


@dataclass(frozen=True, slots=True)
class Moment:
    """What the prediction looks at: the open documents of the folder, that of the newest change first, and the changes
    that still stand, the newest first. ``document`` with the cursor at ``point`` is one of them.
    """

    document: Document
    point: Point
    changes: tuple[Change, ...]
    documents: tuple[Document, ...]


@dataclass(frozen=True, slots=True)
class Proposal:
    """``text`` in place of ``span`` of ``document``. ``source``: ``embedded``, or the model."""

    document: Document
    span: Span
    text: str
    source: str

    @property
    def changeset(self) -> Changeset:
        return Changeset((FileEdit(self.document, (TextEdit(self.span, self.text),)),))

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What makes two proposals the same to the user: the lines, wherever they stand, and what becomes of them."""
        lines = self.document.lines
        stop = self.span.end.line + 1
        touched = "".join(lines.raw_range(self.span.start.line, stop))
        return self.document.uri, touched, lines.slice(self.span), self.text


@dataclass(frozen=True, slots=True)
class NextEdit:
    """A proposal on its way to the editor; ``id`` is what the editor names it by afterwards."""

    id: str
    proposal: Proposal


@dataclass(frozen=True, slots=True)
class NextEditAnswer:
    """An edit, or the reason why there is none."""

    edit: NextEdit | None
    reason: str = ""
