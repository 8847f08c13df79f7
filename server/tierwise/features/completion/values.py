"""What a completion is asked and answered with."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from tierwise.core.documents import Document
from tierwise.core.text import Point, Span


class NoOffer(StrEnum):
    """Why there is no completion. Every empty answer has one of these or a ``RejectReason``."""

    OUTSIDE = "outside-workspace"
    IGNORED = "ignored-file"
    SECRET = "secret-file"  # noqa: S105 - the reason's name, no password
    TOO_LARGE = "too-large"
    READ_ONLY = "read-only"
    """A view that an editor shows and nobody types into."""
    DISABLED = "disabled"
    LANGUAGE_DISABLED = "language-disabled"
    COMMENT_START = "comment-start"
    """Right after a comment marker, unasked: what follows is the user's thought."""
    MID_WORD = "mid-word"
    """Unasked, with more of the word to the right."""
    NO_MODEL = "no-model"
    """No model is configured and the embedded engine is off."""
    SUPERSEDED = "superseded"
    STALE = "stale"
    LATE = "late"
    """No model spoke in time, and the embedded engine had nothing."""
    UNSURE = "unsure"
    """The embedded engine knows nothing likely enough to show."""
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Selected:
    """The item selected in the editor's own list: ``text`` would replace ``span``; a completion must continue it."""

    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class CompletionRequest:
    """``invoked``: the user asked by key. ``arrived``: monotonic seconds."""

    document: Document
    point: Point
    invoked: bool
    arrived: float
    selected: Selected | None = None


@dataclass(frozen=True, slots=True)
class Offer:
    """``text`` replaces ``span``, which starts at or before the cursor and stays on its line."""

    id: str
    text: str
    span: Span
    source: str


@dataclass(frozen=True, slots=True)
class CompletionAnswer:
    """An offer, or the reason why there is none."""

    offer: Offer | None
    reason: str = ""
