"""One event per request: what was asked, who answered, how fast, at what price, and how it ended."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from tierwise.core.models import ModelRef, Usage
from tierwise.core.tasks import Harness, Task, TaskClass, Tier


class Outcome(StrEnum):
    """How a request ended."""

    ANSWERED = "answered"
    """An answer went to the editor."""
    EMPTY = "empty"
    """Nothing was worth showing; ``reason`` says why."""
    CANCELLED = "cancelled"
    """The editor took the request back."""
    SUPERSEDED = "superseded"
    """A newer request took its place."""
    STALE = "stale"
    """The document moved on before the answer was ready."""
    DECLINED = "declined"
    """It must not or cannot be done (a rename that would clash, a forbidden file)."""
    QUEUED = "queued"
    """Every allowed tier was rejected; it waits for a person."""
    FAILED = "failed"
    """No provider answered, or a fault of ours."""


class AttemptResult(StrEnum):
    """How one call of one model ended."""

    USED = "used"
    LATE = "late"
    HEDGED_AWAY = "hedged-away"
    REJECTED = "rejected"
    CANCELLED = "cancelled"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class AttemptRecord:
    """One call of one model. Times are milliseconds from the arrival of the request."""

    model: ModelRef
    tier: Tier
    result: AttemptResult
    started_ms: float
    first_token_ms: float | None
    ended_ms: float
    usage: Usage | None
    cost_usd: float
    reason: str = ""


class Feedback(StrEnum):
    """What became of an answer in the editor."""

    SHOWN = "shown"
    """The editor says that it was to be seen; it says nothing of what came then."""
    ACCEPTED = "accepted"
    PARTLY = "partly-accepted"
    """Some of its changes were applied, or only its beginning was kept."""
    REJECTED = "rejected"
    """It was offered and not taken."""
    UNDONE = "undone"
    """It was applied and taken back within a minute."""
    EDITED = "edited-after"
    """It was applied, and changed by hand within a minute."""
    OVERRIDDEN = "overridden"
    """The user asked for another tier than the one that was chosen."""


@dataclass(frozen=True, slots=True)
class FeedbackEvent:
    """What became of the answer to the request ``request_id``. A request may have several."""

    request_id: str
    at: datetime
    feedback: Feedback


@dataclass(frozen=True, slots=True)
class RequestEvent:
    """Exactly one per request, written when it ends, whatever its end.

    ``reason`` is a typed word (an enum's value), never free text with code in it. ``saved_usd`` is what the cache
    saved against sending the same tokens without one. ``folder`` is the workspace folder's path, "" without one.
    ``first_token_budget_ms`` is the limit that held for this request, None where none did. ``confidence`` is the
    classifier's, None where it was not asked; ``by_policy`` is the tier before anything learnt or chosen changed it;
    ``tools`` are the checkers found in the folder. ``feedback`` is what is known when the event is written, and all
    of it when events are read back. ``expected_cached_tokens`` is what the prefix ledger expected to find in the
    provider's cache, ``cache_misses`` how many calls found much less and nothing explains it, ``rewrites`` why prefixes
    were written anew or gone back to.
    """

    id: str
    at: datetime
    task: Task
    task_class: TaskClass
    tier: Tier | None
    harness: Harness
    folder: str
    language: str
    outcome: Outcome
    reason: str
    source: str
    """Where the answer came from: ``provider/model``, ``embedded``, ``reuse``, an engine's name, or ""."""
    attempts: tuple[AttemptRecord, ...]
    escalations: int
    first_token_ms: float | None
    total_ms: float
    usage: Usage
    cost_usd: float
    saved_usd: float = 0.0
    first_token_budget_ms: float | None = None
    confidence: float | None = None
    by_policy: Tier | None = None
    tools: tuple[str, ...] = ()
    feedback: frozenset[Feedback] = frozenset()
    expected_cached_tokens: int = 0
    cache_misses: int = 0
    rewrites: tuple[str, ...] = ()


class EventSink(Protocol):
    def record(self, event: RequestEvent) -> None:
        """Take one event. Never blocks on the disk and never raises."""
        ...

    def hear(self, event: FeedbackEvent) -> None:
        """Take one piece of feedback, in the same way."""
        ...
