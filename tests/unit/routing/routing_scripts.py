"""Scripted models: clients that implement the port and say what a table tells them, in virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field

from routing_virtual_time import LoopClock

from tierwise.core.errors import Auth, BadRequest, Declined, ProviderError, RateLimited, Refused, Transient
from tierwise.core.models import (
    ChatPrompt,
    Finished,
    FinishReason,
    ModelClient,
    ModelRef,
    ModelRequest,
    PromptBlock,
    Speaker,
    StreamPart,
    TextDelta,
    Usage,
)
from tierwise.core.tasks import Role, Tier
from tierwise.routing.breakers import Breakers
from tierwise.routing.chain import ChainRun, ChainRunner
from tierwise.routing.latency import LatencyBook
from tierwise.routing.policy import Limits
from tierwise.routing.spending import Spending
from tierwise.settings.facts import ModelFacts, Prices
from tierwise.settings.models import ProviderKind, ProviderSettings, ResolvedModel

PRICES = Prices(input=1.0, output=10.0)


def model(name: str, *, first_token_ms: int | None = None, kind: str = "openai-compatible") -> ResolvedModel:
    """A resolved ``provider/model``; each provider at an address of its own."""
    ref = ModelRef.parse(name)
    address = f"https://{ref.provider}.test"
    facts = ModelFacts(prices=PRICES, first_token_ms=first_token_ms)
    return ResolvedModel(ref, ProviderSettings(kind=ProviderKind(kind), base_url=address), facts)


def request(_: ResolvedModel | None = None) -> ModelRequest:
    prompt = ChatPrompt((PromptBlock(Speaker.USER, "x" * 3200),))
    return ModelRequest(Role.COMPLETE, prompt, max_output_tokens=64, first_token_s=1.0, deadline_s=1.0)


@dataclass
class Stage:
    """Implements ``ClientSource``. A script is a list of ``"MILLISECONDS what"``, counted from the call:

    a word is text, ``.`` the end (``. length``, ``. 500/20`` with tokens), ``!transient`` and its kin an error,
    ``cut`` the end of the connection, ``hang`` silence for ever, ``forbidden`` a request that must not leave,
    ``bug`` an error that no client may raise.
    A model with ``slow_close`` needs so many seconds to close its socket.
    """

    scripts: dict[str, list[str]]
    slow_close: dict[str, float] = field(default_factory=dict)
    opened: list[str] = field(default_factory=list)
    closed: list[str] = field(default_factory=list)
    requests: list[ModelRequest] = field(default_factory=list)

    def client(self, model: ResolvedModel, /) -> ModelClient:
        script = self.scripts[str(model.ref)]
        if script == ["no key"]:
            raise _error("auth", model.ref)
        return _Scripted(model.ref, script, self)


class _Scripted:
    def __init__(self, ref: ModelRef, script: list[str], stage: Stage) -> None:
        self._ref = ref
        self._script = script
        self._stage = stage

    @property
    def ref(self) -> ModelRef:
        return self._ref

    async def stream(self, request: ModelRequest) -> AsyncGenerator[StreamPart, None]:
        loop = asyncio.get_running_loop()
        began = loop.time()
        name = str(self._ref)
        self._stage.opened.append(name)
        self._stage.requests.append(request)
        try:
            for line in self._script:
                at, what, *more = line.split(" ", 2)
                if what == "hang":
                    await loop.create_future()
                await asyncio.sleep(max(0.0, began + float(at) / 1000 - loop.time()))
                if what == "cut":
                    return
                if what == "forbidden":
                    raise Declined(f"{name} must not see this.")
                if what == "bug":
                    raise KeyError("bug")
                if what.startswith("!"):
                    raise _error(what[1:], self._ref, *more)
                yield _finished(more) if what == "." else TextDelta(what)
        finally:
            try:
                await asyncio.sleep(self._stage.slow_close.get(name, 0.0))
            finally:
                self._stage.closed.append(name)


def _finished(more: Sequence[str]) -> Finished:
    match more:
        case [tokens] if "/" in tokens:
            sent, said = tokens.split("/")
            return Finished(FinishReason.STOP, Usage(input_tokens=int(sent), output_tokens=int(said)))
        case [reason]:
            return Finished(FinishReason(reason), None)
        case _:
            return Finished(FinishReason.STOP, Usage(input_tokens=100, output_tokens=10))


def _error(kind: str, ref: ModelRef, retry_after: str = "") -> ProviderError:
    provider, name = ref.provider, ref.model
    if kind == "limited":
        wait = float(retry_after) if retry_after else None
        return RateLimited(f"{ref} is at its limit.", provider=provider, model=name, retry_after_s=wait)
    kinds = {"transient": Transient, "auth": Auth, "bad": BadRequest, "refused": Refused}
    return kinds[kind](f"{ref} failed: {kind}.", provider=provider, model=name)


class Play:
    """A runner on a stage, with everything that outlives a run within reach."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.clock = LoopClock()
        self.breakers = Breakers(self.clock)
        self.latencies = LatencyBook()
        self.spending = Spending(self.clock)
        self.runner = ChainRunner(stage, self.breakers, self.latencies, self.spending, self.clock)

    def open(
        self,
        chain: Sequence[ResolvedModel],
        *,
        first_token_s: float = 0.7,
        deadline_s: float = 1.5,
        hedge: bool = True,
        patience_s: float | None = None,
    ) -> ChainRun:
        limits = Limits(first_token_s, deadline_s, 1000, 64)
        arrived = self.clock.monotonic()
        return self.runner.open(
            chain, request, tier=Tier.FAST, limits=limits, hedge=hedge, arrived=arrived, patience_s=patience_s
        )
