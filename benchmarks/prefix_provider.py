"""The simulated providers' caches without sockets and without waiting: our wire formats on one side, the simulator's
parsers, cache rules and prices on the other, and a clock that is set by hand.
"""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from tierwise.core.models import ChatPrompt, ModelClient, ModelRequest
from tierwise.core.tasks import Role
from tierwise.providers.client import WireClient
from tierwise.providers.errors import Call
from tierwise.providers.wires.base import Wire
from tierwise.providers.wires.chat import ChatWire
from tierwise.providers.wires.messages import MessagesWire
from tierwise.providers.wires.responses import ResponsesWire
from tierwise.settings.models import ProviderKind, ResolvedModel
from tierwise.simulator.answer import make_answer
from tierwise.simulator.bodies import RawRequest
from tierwise.simulator.caching import CacheBook, CacheUse, Prices
from tierwise.simulator.call import Wire as SimulatedWire
from tierwise.simulator.script import Reply
from tierwise.simulator.table import model_prices
from tierwise.simulator.wires.registry import ANSWERS, PARSERS

COMPUTED = Prices(input=1.0, cache_read=0.0)
"""A server of one's own costs no money: what counts is the tokens that it has to compute."""


class HandClock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.time = 0.0

    def monotonic(self) -> float:
        return self.time

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.time, UTC)


@dataclass(frozen=True)
class Paid:
    """One call: what it took from the cache, what its prompt cost, and whether it was there for the cache alone."""

    at: float
    use: CacheUse
    usd: float
    warms: bool


class Provider:
    """One simulated provider with an empty cache. Implements ``routing.ports.ClientSource``."""

    def __init__(self, name: str, clock: HandClock) -> None:
        self.name = name
        self.clock = clock
        self.paid: list[Paid] = []
        self._book = CacheBook()

    def client(self, model: ResolvedModel, /) -> ModelClient:
        return WireClient(model, _Connection(self), wire_of(model))

    def prices(self, model: str) -> Prices:
        """What tokens cost here."""
        prices = model_prices(self.name, model)
        return prices if prices.input else COMPUTED

    def take(
        self, request: ModelRequest, model: ResolvedModel, body: dict[str, Any], path: str
    ) -> list[dict[str, Any]]:
        """Account for a request; the events of its answer. Raises what the provider would refuse."""
        kind = _WIRES[type(wire_of(model))]
        headers = {"anthropic-version": "2026-10-21"} if kind is SimulatedWire.ANTHROPIC else {}
        call = PARSERS[kind](RawRequest(self.name, path, headers, body, "somebody"))
        ticket = self._book.ask(self.name, call.rules.cache, call.prompt, self.clock.time)
        ticket.began()
        ticket.ended("")
        usd = self.prices(model.ref.model).cost_usd(ticket.use, 0)
        self.paid.append(Paid(self.clock.time, ticket.use, usd, request.warms))
        answer = make_answer(call, Reply(text="Done."), ticket.use, number=1, created=0)
        spoken = ANSWERS[kind](call, answer)
        if not call.stream:
            return [json.loads(spoken.whole())]
        pieces = [*spoken.opening(finish_first=False)]
        for chunk in answer.chunks:
            pieces += spoken.piece(chunk)
        return list(_events(b"".join([*pieces, *spoken.closing()])))

    def ask(self, model: ResolvedModel, prompt: ChatPrompt, cache_key: str) -> None:
        """Send a prompt that was made elsewhere, through the model's own wire."""
        request = ModelRequest(Role.EDIT, prompt, 100, 60.0, 60.0, cache_key=cache_key)
        wire = wire_of(model)
        self.take(request, model, wire.body(request, model), wire.path)


def wire_of(model: ResolvedModel) -> Wire:
    """The wire format of a model that converses."""
    match model.provider.kind:
        case ProviderKind.ANTHROPIC:
            return MessagesWire()
        case ProviderKind.OPENAI if model.facts.api != "chat":
            return ResponsesWire()
        case _:
            return ChatWire()


_WIRES: dict[type, SimulatedWire] = {
    MessagesWire: SimulatedWire.ANTHROPIC,
    ResponsesWire: SimulatedWire.RESPONSES,
    ChatWire: SimulatedWire.CHAT,
}


class _Connection:
    """Stands where a real connection stands."""

    key = ""
    address = ""

    def __init__(self, provider: Provider) -> None:
        self._provider = provider

    async def open(self) -> None:
        """Nothing to open."""

    async def aclose(self) -> None:
        """Nothing to close."""

    async def events(self, call: Call, path: str, body: dict[str, Any]) -> AsyncGenerator[dict[str, Any], None]:
        for event in self._provider.take(call.request, call.resolved, body, path):
            yield event


def _events(stream: bytes) -> list[dict[str, Any]]:
    lines = [line.removeprefix(b"data: ") for line in stream.split(b"\n") if line.startswith(b"data: ")]
    return [json.loads(line) for line in lines if line != b"[DONE]"]
