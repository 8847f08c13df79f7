"""Exactly one event per request, whatever its end; and what the session has cost so far.

Owner of the session's totals. It hears nothing of prompts or code: an event's reason is always a typed word.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, Self

from tierwise.core.changes import Changeset
from tierwise.core.clock import Clock
from tierwise.core.documents import Document
from tierwise.core.errors import BudgetReached, Declined, ProviderError, Stale, UsageError
from tierwise.core.events import AttemptRecord, EventSink, Feedback, FeedbackEvent, Outcome, RequestEvent
from tierwise.core.models import Usage
from tierwise.core.tasks import Harness, Task, TaskClass, Tier
from tierwise.core.text import Point
from tierwise.routing.outcomes import reason_of

if TYPE_CHECKING:
    from tierwise.routing.classify import Decision


@dataclass(frozen=True, slots=True)
class Totals:
    """What this session has spent and saved, in US dollars, and its prompt tokens."""

    cost_usd: float = 0.0
    saved_usd: float = 0.0
    usage: Usage = field(default_factory=Usage)
    requests: int = 0


class LooksAfter(Protocol):
    """Who looks what becomes of answers."""

    def proposed(self, request_id: str, changeset: Changeset) -> None:
        """An accepted change goes to the editor."""
        ...

    def inserted(self, request_id: str, document: Document, start: Point, text: str) -> None:
        """The user took a completion; ``document`` is as it is now."""
        ...


class Recorder:
    """Writes events and keeps the totals; ``watch`` lets the editor's money display follow, ``look_after`` whoever
    wants to see what becomes of answers.
    """

    def __init__(self, sink: EventSink, clock: Clock) -> None:
        self._sink = sink
        self._clock = clock
        self._watchers: list[Callable[[RequestEvent, Totals], None]] = []
        self._after: list[LooksAfter] = []
        self.totals = Totals()

    def watch(self, watcher: Callable[[RequestEvent, Totals], None]) -> None:
        """Call ``watcher`` after each event."""
        self._watchers.append(watcher)

    def look_after(self, watcher: LooksAfter) -> None:
        """Tell ``watcher`` of each answer that goes to the editor."""
        self._after.append(watcher)

    def proposed(self, request_id: str, changeset: Changeset) -> None:
        """A change is about to go to the editor."""
        for watcher in self._after:
            watcher.proposed(request_id, changeset)

    def inserted(self, request_id: str, document: Document, start: Point, text: str) -> None:
        """The user took a completion: ``text`` stands at ``start`` now."""
        for watcher in self._after:
            watcher.inserted(request_id, document, start, text)

    def hear(self, request_id: str, feedback: Feedback) -> None:
        """Take what became of an answer."""
        self._sink.hear(FeedbackEvent(request_id, self._clock.now(), feedback))

    def begin(self, task: Task, folder: str, document: Document | None, harness: Harness, arrived: float) -> Recording:
        """Start the record of one request that arrived at ``arrived`` (monotonic seconds)."""
        return Recording(self, self._clock, task, folder, document.language if document else "", harness, arrived)

    def write(self, event: RequestEvent) -> None:
        """Take a finished event."""
        totals = self.totals
        self.totals = Totals(
            totals.cost_usd + event.cost_usd,
            totals.saved_usd + event.saved_usd,
            totals.usage + event.usage,
            totals.requests + 1,
        )
        self._sink.record(event)
        for watcher in self._watchers:
            watcher(event, self.totals)


class Recording:
    """The event of one request in the making. As a context manager it ends with the block, by whatever way it ends."""

    def __init__(
        self, recorder: Recorder, clock: Clock, task: Task, folder: str, language: str, harness: Harness, arrived: float
    ) -> None:
        self.id = uuid.uuid4().hex
        self._recorder = recorder
        self._clock = clock
        self._at = clock.now()
        self._task = task
        self._folder = folder
        self._language = language
        self._harness = harness
        self._arrived = arrived
        self._written = False
        self._answered_ms: float | None = None
        self.task_class = TaskClass.MECHANICAL
        self.tier: Tier | None = None
        self._confidence: float | None = None
        self._by_policy: Tier | None = None
        self._tools: tuple[str, ...] = ()
        self._feedback: frozenset[Feedback] = frozenset()
        self._expected_cached_tokens = 0
        self._cache_misses = 0
        self._rewrites: tuple[str, ...] = ()
        self.outcome = Outcome.FAILED
        self.reason = ""
        self.source = ""
        self.escalations = 0
        self.first_token_ms: float | None = None
        self.first_token_budget_ms: float | None = None
        self.saved_usd = 0.0
        self.attempts: list[AttemptRecord] = []

    def decided(self, decision: Decision, *, chosen: bool = False) -> None:
        """Class and tier are settled. ``chosen``: the user named the tier."""
        self.task_class, self.tier = decision.task_class, decision.tier
        self._confidence, self._by_policy, self._tools = decision.confidence, decision.by_policy, decision.tools
        if chosen and decision.tier is not decision.by_policy:
            self._feedback = frozenset({Feedback.OVERRIDDEN})
            self._recorder.hear(self.id, Feedback.OVERRIDDEN)

    def cached(self, expected_tokens: int, rewrite: str | None, *, missed: bool) -> None:
        """What the prefix ledger expected of one call's cache, whether the prefix was written anew and why, and
        whether the provider had much less without a reason.
        """
        self._expected_cached_tokens += expected_tokens
        self._cache_misses += missed
        self._rewrites += () if rewrite is None else (rewrite,)

    def proposes(self, changeset: Changeset) -> None:
        """An accepted change goes to the editor: from now on it is seen what becomes of it."""
        self._recorder.proposed(self.id, changeset)

    def answered(self, outcome: Outcome, reason: str = "", source: str = "") -> None:
        """The answer is on its way to the editor; the event may be written later, when all its calls have ended."""
        self.outcome, self.reason, self.source = outcome, reason, source
        self._answered_ms = self._elapsed_ms()

    def finish(self, more: Iterable[AttemptRecord] = ()) -> None:
        """Write the event; only the first call counts."""
        if self._written:
            return
        self._written = True
        self.attempts.extend(more)
        usage = sum((attempt.usage for attempt in self.attempts if attempt.usage), Usage())
        event = RequestEvent(
            id=self.id,
            at=self._at,
            task=self._task,
            task_class=self.task_class,
            tier=self.tier,
            harness=self._harness,
            folder=self._folder,
            language=self._language,
            outcome=self.outcome,
            reason=self.reason,
            source=self.source,
            attempts=tuple(self.attempts),
            escalations=self.escalations,
            first_token_ms=self.first_token_ms,
            total_ms=self._answered_ms if self._answered_ms is not None else self._elapsed_ms(),
            usage=usage,
            cost_usd=sum(attempt.cost_usd for attempt in self.attempts),
            saved_usd=self.saved_usd,
            first_token_budget_ms=self.first_token_budget_ms,
            confidence=self._confidence,
            by_policy=self._by_policy,
            tools=self._tools,
            feedback=self._feedback,
            expected_cached_tokens=self._expected_cached_tokens,
            cache_misses=self._cache_misses,
            rewrites=self._rewrites,
        )
        self._recorder.write(event)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        if error is not None and self._answered_ms is None:
            self.answered(*_outcome_of(error), self.source)
        self.finish()

    def _elapsed_ms(self) -> float:
        return (self._clock.monotonic() - self._arrived) * 1000


def _outcome_of(error: BaseException) -> tuple[Outcome, str]:
    match error:
        case asyncio.CancelledError():
            return Outcome.CANCELLED, "cancelled"
        case Stale():
            return Outcome.STALE, "stale"
        case BudgetReached():
            return Outcome.DECLINED, "budget"
        case Declined() | UsageError():
            return Outcome.DECLINED, type(error).__name__.lower()
        case ProviderError():
            return Outcome.FAILED, str(reason_of(error))
        case _:
            return Outcome.FAILED, type(error).__name__
