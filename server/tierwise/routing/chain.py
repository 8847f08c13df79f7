"""One answer out of a chain of models, on time: hedge, fallback, breakers, first-token budget, deadline.

Owner of the calls of one run. Retries exist here and nowhere below. It never mixes the text of two models, never lets
a call outlive its run, and never delivers a piece after the deadline.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from types import TracebackType
from typing import Self

from tierwise.core.clock import Clock
from tierwise.core.errors import ConfigError, ProviderError
from tierwise.core.events import AttemptRecord, AttemptResult
from tierwise.core.models import FinishReason, ModelRequest, Usage
from tierwise.core.tasks import Tier
from tierwise.routing.attempt import Attempt, Books, failure_reason, skipped_record
from tierwise.routing.breakers import Breakers, Paused, Permit
from tierwise.routing.latency import LatencyBook
from tierwise.routing.outcomes import AllFailed, AttemptReason, RunEnd, TooLate, Trouble
from tierwise.routing.owner import TaskOwner
from tierwise.routing.policy import Limits
from tierwise.routing.ports import ClientSource
from tierwise.routing.spending import Spending
from tierwise.routing.waiting import News
from tierwise.settings.models import ResolvedModel

CLOSE_GRACE_S = 0.1
"""How long leaving a run waits for closed calls to be over; a socket that takes longer to close is not waited for."""

ADAPTER_SLACK_S = 0.5
"""By so much the adapters' own timeouts are looser than ours, so that a limit is always noticed here."""

AT_ONCE = 2
"""Calls of one run that may be under way at the same time: a primary and its hedge."""


class ChainRunner:
    """Opens runs. One per server; ``aclose`` ends whatever still runs in the background."""

    def __init__(
        self, clients: ClientSource, breakers: Breakers, latencies: LatencyBook, spending: Spending, clock: Clock
    ) -> None:
        self._books = Books(clients, breakers, latencies, spending, clock, TaskOwner())

    def open(
        self,
        chain: Sequence[ResolvedModel],
        build: Callable[[ResolvedModel], ModelRequest],
        *,
        tier: Tier,
        limits: Limits,
        hedge: bool,
        arrived: float,
        patience_s: float | None = None,
    ) -> ChainRun:
        """A run that has not begun: enter it with ``async with``, iterate it for the text.

        ``build`` makes the request for a model when its turn comes; the time limits in it are overwritten by what is
        left. What ``build`` raises goes to the caller as it is. ``arrived`` is the clock's monotonic time at which the
        request came in; all limits count from there. ``patience_s``: listen this long for a first token although the
        budget, by which the hedge is timed, is shorter: the caller answers without us in between.
        """
        return ChainRun(
            self._books,
            chain,
            build,
            tier=tier,
            limits=limits,
            hedge=hedge,
            arrived=arrived,
            patience_s=patience_s,
        )

    async def aclose(self) -> None:
        """Close every socket and wait until they are closed."""
        await self._books.owner.aclose()


class ChainRun:
    """The pieces of one answer, and afterwards how it came about.

    Iteration raises ``AllFailed``, ``TooLate``, ``ConfigError`` (no model to call), and after the first token the
    winner's own ``ProviderError``; ``partial`` then holds what was received. At the deadline iteration just stops:
    look at ``end``.
    """

    def __init__(
        self,
        books: Books,
        chain: Sequence[ResolvedModel],
        build: Callable[[ResolvedModel], ModelRequest],
        *,
        tier: Tier,
        limits: Limits,
        hedge: bool,
        arrived: float,
        patience_s: float | None,
    ) -> None:
        self.embedded: ResolvedModel | None = next((model for model in chain if model.embedded), None)
        """The chain's entry for the embedded engine, which is never called here."""
        self.end: RunEnd | None = None
        self._books = books
        self._waiting = [model for model in chain if not model.embedded]
        self._build = build
        self._tier = tier
        self._hedge = hedge
        self._arrived = arrived
        budget_s = min(limits.first_token_s, limits.deadline_s)
        self._budget_s = budget_s if patience_s is None else patience_s
        self._hedge_for = arrived + budget_s
        self._first_token_by = arrived + self._budget_s
        self._deadline = arrived + limits.deadline_s
        self._news = News(books.clock)
        self._entered = False
        self._log: list[Attempt | AttemptRecord] = []
        self._failures: list[ProviderError] = []
        self._winner: Attempt | None = None
        self._heard: list[str] = []
        self._verdict: tuple[AttemptResult, str] | None = None

    async def __aenter__(self) -> Self:
        self._entered = True
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None
    ) -> None:
        if self.end is RunEnd.FINISHED and self._winner is not None:
            self._winner.conclude(AttemptResult.USED)
        elif self.end is None:
            cancelled = kind is not None and issubclass(kind, asyncio.CancelledError | GeneratorExit)
            self._leave(RunEnd.CANCELLED if cancelled or self._winner is None else RunEnd.STOPPED)
        await self._books.owner.ended((attempt.task for attempt in self._attempts), CLOSE_GRACE_S)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> str:
        if not self._entered:
            raise RuntimeError("a run must be entered with 'async with', so that its calls are closed")
        if self.end is not None:
            raise StopAsyncIteration
        if self._winner is None:
            self._winner = await self._race()
        return await self._next_piece(self._winner)

    @property
    def records(self) -> tuple[AttemptRecord, ...]:
        """One record per model that was called or passed over, in the chain's order; complete once the run is left."""
        records = (entry.record if isinstance(entry, Attempt) else entry for entry in self._log)
        complete = [record for record in records if record is not None]
        if self._verdict is None or self._winner is None:
            return tuple(complete)
        result, reason = self._verdict
        won = self._winner.record
        return tuple(replace(record, result=result, reason=reason) if record is won else record for record in complete)

    @property
    def winner(self) -> ResolvedModel | None:
        """The model whose text this is; None while and where nobody spoke."""
        return self._winner.model if self._winner else None

    @property
    def finish(self) -> FinishReason:
        """How the winner ended its answer; UNKNOWN where it did not come to its end."""
        return self._winner.finished.reason if self._winner and self._winner.finished else FinishReason.UNKNOWN

    @property
    def usage(self) -> Usage | None:
        """The winner's tokens; None where its provider told none."""
        return self._winner.finished.usage if self._winner and self._winner.finished else None

    @property
    def first_token_ms(self) -> float | None:
        """Milliseconds from the request's arrival to the winner's first piece."""
        if self._winner is None or self._winner.first_at is None:
            return None
        return (self._winner.first_at - self._arrived) * 1000

    @property
    def partial(self) -> str:
        """All text that was delivered so far."""
        return "".join(self._heard)

    @property
    def failures(self) -> tuple[ProviderError, ...]:
        """The errors before the first token, also those that a fallback made good."""
        return tuple(self._failures)

    @property
    def troubles(self) -> tuple[Trouble, ...]:
        """What a person must learn of, once, though the run may have gone well."""
        return tuple(attempt.trouble for attempt in self._attempts if attempt.trouble is not None)

    def judge(self, result: AttemptResult, reason: str) -> None:
        """What the winner's text turned out to be worth; changes its record (an answer that was rejected)."""
        self._verdict = result, reason

    @property
    def _attempts(self) -> Iterable[Attempt]:
        return (entry for entry in self._log if isinstance(entry, Attempt))

    @property
    def _running(self) -> list[Attempt]:
        return [attempt for attempt in self._attempts if attempt.record is None]

    async def _race(self) -> Attempt:
        """Call models until one speaks; close the others."""
        if not self._waiting:
            self.end = RunEnd.FAILED
            raise ConfigError(
                f"The {self._tier} tier has no model to call: add PROVIDER/MODEL to tiers.{self._tier}.chain."
            )
        now = self._books.clock.monotonic()
        while True:
            self._bury_failed()
            if (speaker := self._first_speaker()) is not None:
                self._crown(speaker)
                return speaker
            if now >= self._first_token_by and (self._running or self._waiting):
                raise self._too_late()
            if not self._running and not self._call_next(now):
                self._leave(RunEnd.FAILED)
                raise AllFailed(self._tier, self._failures)
            hedge_at = self._hedge_at()
            if hedge_at is not None and now >= hedge_at:
                self._call_next(now)
                hedge_at = None
            now = await self._news.wait_until(self._first_token_by if hedge_at is None else hedge_at)

    def _first_speaker(self) -> Attempt | None:
        """Who spoke first, and in time; of two at the same time the earlier in the chain."""
        speakers = [attempt for attempt in self._running if attempt.spoke]
        on_time = [a for a in speakers if a.first_at is None or a.first_at <= self._first_token_by]
        return min(on_time, key=lambda a: a.first_at or 0.0, default=None)

    def _crown(self, winner: Attempt) -> None:
        for attempt in self._running:
            if attempt is not winner:
                attempt.conclude(AttemptResult.HEDGED_AWAY, AttemptReason.HEDGE_LOST)
                attempt.close()

    def _bury_failed(self) -> None:
        for attempt in self._running:
            if not attempt.broken or attempt.spoke:  # who spoke before failing may be the winner
                continue
            attempt.conclude(AttemptResult.FAILED, failure_reason(attempt))
            if attempt.error is None:
                self._leave(RunEnd.FAILED)
                assert attempt.fault is not None
                raise attempt.fault
            self._failures.append(attempt.error)

    def _hedge_at(self) -> float | None:
        """When the next model is to be started beside the running one; None: not at all."""
        running = self._running
        if not self._hedge or not self._waiting or not 0 < len(running) < AT_ONCE:
            return None
        late = running[0]
        left = self._hedge_for - late.started
        return late.started + self._books.latencies.hedge_delay_s(late.model, left)

    def _call_next(self, now: float) -> bool:
        """Start the next model that may be called; False where there is none."""
        while self._waiting:
            model = self._waiting.pop(0)
            admitted = self._books.breakers.admit(model)
            if isinstance(admitted, Paused):
                self._log.append(skipped_record(admitted, self._tier, (now - self._arrived) * 1000))
                self._failures.append(admitted.error())
                continue
            self._log.append(self._call(admitted, now))
            return True
        return False

    def _call(self, permit: Permit, now: float) -> Attempt:
        try:
            request = self._build(permit.model)
        except BaseException:
            self._books.breakers.released(permit)
            self._leave(RunEnd.FAILED)
            raise
        request = replace(
            request,
            first_token_s=self._first_token_by - now + ADAPTER_SLACK_S,
            deadline_s=self._deadline - now + ADAPTER_SLACK_S,
        )
        return Attempt(self._books, permit, request, tier=self._tier, arrived=self._arrived, changed=self._news.tell)

    def _too_late(self) -> TooLate:
        first = next(iter(self._attempts), None)
        ref = first.model.ref if first else self._waiting[0].ref
        self._leave(RunEnd.TOO_LATE)
        return TooLate(ref, self._tier, self._budget_s, self._failures)

    async def _next_piece(self, winner: Attempt) -> str:
        now = self._books.clock.monotonic()
        while now < self._deadline:
            if winner.pieces:
                self._heard.append(winner.pieces.popleft())
                return self._heard[-1]
            if winner.ended or winner.finished:
                self._finish(winner)
                raise StopAsyncIteration
            now = await self._news.wait_until(self._deadline)
        self._leave(RunEnd.DEADLINE)
        raise StopAsyncIteration

    def _finish(self, winner: Attempt) -> None:
        """The winner has nothing more to say. What a good end means to the books can wait until the run is left: who
        listens has something to do with the text first.
        """
        if not winner.broken:
            self.end = RunEnd.FINISHED
            return
        winner.conclude(AttemptResult.FAILED, failure_reason(winner))
        self._leave(RunEnd.FAILED)
        fault = winner.error or winner.fault
        assert fault is not None
        raise fault

    def _leave(self, end: RunEnd) -> None:
        """Close everything that still runs, and say why."""
        self.end = end
        for attempt in self._running:
            attempt.conclude(*self._end_of(attempt, end))
            attempt.close()

    def _end_of(self, attempt: Attempt, end: RunEnd) -> tuple[AttemptResult, AttemptReason]:
        won = attempt is self._winner
        match end:
            case RunEnd.STOPPED if won:
                return AttemptResult.USED, AttemptReason.STOPPED_EARLY
            case RunEnd.DEADLINE if won:
                return AttemptResult.LATE, AttemptReason.DEADLINE
            case RunEnd.TOO_LATE:
                return AttemptResult.LATE, AttemptReason.SILENT_TOO_LONG
            case _:
                return AttemptResult.CANCELLED, AttemptReason.CANCELLED
