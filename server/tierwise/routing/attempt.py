"""One call of one model, in a task of its own, and the record of how it ended.

Owner of that task and of what it received. The task alone touches the client's generator, so cancelling it closes the
provider's socket. It never decides what the end of the call means: the chain does, and says it once.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass

from tierwise.core.clock import Clock
from tierwise.core.errors import ProviderError, TierwiseError, Transient
from tierwise.core.events import AttemptRecord, AttemptResult
from tierwise.core.models import Finished, ModelRequest, TextDelta, Usage
from tierwise.core.tasks import Tier
from tierwise.core.tokens import TokenEstimator, prompt_characters
from tierwise.routing.breakers import Breakers, Paused, Permit
from tierwise.routing.latency import LatencyBook
from tierwise.routing.outcomes import AttemptReason, Trouble, reason_of
from tierwise.routing.owner import TaskOwner
from tierwise.routing.ports import ClientSource
from tierwise.routing.spending import Spending
from tierwise.settings.models import ResolvedModel

HUNG_S = 5.0
"""Silence from which on a call that was given up may count against its breaker…"""

HUNG_FACTOR = 3.0
"""…if it is also so many times the model's usual first-token time. Less is slowness, and no reason to stop asking."""


@dataclass(frozen=True, slots=True)
class Books:
    """Everything that outlives a call."""

    clients: ClientSource
    breakers: Breakers
    latencies: LatencyBook
    spending: Spending
    clock: Clock
    owner: TaskOwner


class Attempt:
    """A running or ended call. ``changed`` is called whenever there is something new to look at."""

    def __init__(
        self,
        books: Books,
        permit: Permit,
        request: ModelRequest,
        *,
        tier: Tier,
        arrived: float,
        changed: Callable[[], None],
    ) -> None:
        self.model: ResolvedModel = permit.model
        self.pieces: deque[str] = deque()
        self.finished: Finished | None = None
        self.error: ProviderError | None = None
        self.fault: BaseException | None = None
        self.first_at: float | None = None
        self.ended = False
        self.record: AttemptRecord | None = None
        self.trouble: Trouble | None = None
        self._books = books
        self._permit = permit
        self._request = request
        self._tier = tier
        self._arrived = arrived
        self._changed = changed
        self._characters = 0
        self.started = books.clock.monotonic()
        self._ended_at = self.started
        self.task = books.owner.start(self._pump())
        self.task.add_done_callback(self._on_end)

    @property
    def spoke(self) -> bool:
        """Whether it said something; an answer that is complete and empty is an answer too."""
        return self.first_at is not None or self.finished is not None

    @property
    def broken(self) -> bool:
        """Whether it ended in an error."""
        return self.error is not None or self.fault is not None

    def close(self) -> None:
        """Close the socket, if it is still open."""
        self.task.cancel()

    def conclude(self, result: AttemptResult, reason: str = "") -> AttemptRecord:
        """Say what the call was worth: writes its record and tells the books, once; later calls change nothing."""
        if self.record is None:
            self.record = self._make_record(result, reason)
            self._tell_breaker(result)
            self._tell_latencies()
            self._books.spending.charge(self.record.cost_usd)
        return self.record

    async def _pump(self) -> None:
        client = self._books.clients.client(self.model)
        async with aclosing(client.stream(self._request)) as parts:
            async for part in parts:
                match part:
                    case TextDelta(text):
                        self._hear(text)
                    case Finished():
                        self.finished = part
                        return

    def _hear(self, text: str) -> None:
        if self.first_at is None:
            self.first_at = self._books.clock.monotonic()
            self._books.breakers.spoke(self._permit)
        self._characters += len(text)
        self.pieces.append(text)
        self._changed()

    def _on_end(self, task: asyncio.Task[None]) -> None:
        self.ended = True
        if self.record is None:
            self._ended_at = self._books.clock.monotonic()
        raised = None if task.cancelled() else task.exception()
        if self.finished is None:  # a complete answer stays one, even if its connection could not be closed cleanly
            match raised:
                case ProviderError():
                    self.error = raised
                case None:
                    self.error = self._transient("ended its answer in the middle; try again.")
                case _:
                    self.fault = raised
        self._changed()

    def _make_record(self, result: AttemptResult, reason: str) -> AttemptRecord:
        ended = self._ended_at if self.ended else self._books.clock.monotonic()
        self._ended_at = ended
        usage = self.finished.usage if self.finished else None
        return AttemptRecord(
            self.model.ref,
            self._tier,
            result,
            started_ms=(self.started - self._arrived) * 1000,
            first_token_ms=None if self.first_at is None else (self.first_at - self._arrived) * 1000,
            ended_ms=(ended - self._arrived) * 1000,
            usage=usage,
            cost_usd=self.model.facts.cost_usd(usage or self._estimate()),
            reason=reason,
        )

    def _estimate(self) -> Usage:
        """What a call that told no usage will be billed for: a closed stream costs its prompt and what it had said; a
        call that failed before its first token costs nothing.
        """
        if self.broken and self.first_at is None:
            return Usage()
        tokens = TokenEstimator()
        prompt = prompt_characters(self._request.prompt) / tokens.chars_per_token
        return Usage(input_tokens=int(prompt), output_tokens=int(self._characters / tokens.chars_per_token))

    def _tell_breaker(self, result: AttemptResult) -> None:
        breakers = self._books.breakers
        if self.error is not None and not self.task.cancelled():
            self.trouble = breakers.failed(self._permit, self.error)
        elif self.spoke:
            breakers.succeeded(self._permit)
        elif result is AttemptResult.LATE and self._hung():
            breakers.failed(self._permit, self._transient("is silent."))
        else:
            breakers.released(self._permit)

    def _transient(self, what: str) -> Transient:
        ref = self.model.ref
        return Transient(f"{ref} {what}", provider=ref.provider, model=ref.model)

    def _hung(self) -> bool:
        silence = self._ended_at - self.started
        usual = self._books.latencies.p90_s(self.model) or 0.0
        return silence >= HUNG_S and silence >= HUNG_FACTOR * usual

    def _tell_latencies(self) -> None:
        latencies = self._books.latencies
        if self.first_at is not None:
            latencies.first_token(self.model, self.first_at - self.started)
            if self.finished is not None and self.finished.usage is not None:
                latencies.rate(self.model, self.finished.usage.output_tokens, self._ended_at - self.first_at)
        elif not self.spoke and not self.broken:
            latencies.silence(self.model, self._ended_at - self.started)


def skipped_record(paused: Paused, tier: Tier, at_ms: float) -> AttemptRecord:
    """The record of a model that was not called because its breaker is open."""
    return AttemptRecord(paused.model, tier, AttemptResult.FAILED, at_ms, None, at_ms, None, 0.0, AttemptReason.PAUSED)


def failure_reason(attempt: Attempt) -> AttemptReason:
    """The record's word for an attempt that ended in an error."""
    if attempt.error is not None:
        return reason_of(attempt.error)
    return AttemptReason.DECLINED if isinstance(attempt.fault, TierwiseError) else AttemptReason.FAULT
