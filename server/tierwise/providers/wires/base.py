"""What every wire format offers, and what they share in building bodies and reading events.

Owner of no state; a ``Reader`` belongs to one answer.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, Protocol, TypeAlias, cast

from tierwise.core.models import FinishReason, ModelRequest, Usage
from tierwise.settings.facts import ModelFacts
from tierwise.settings.models import ResolvedModel

Json: TypeAlias = dict[str, Any]
Event: TypeAlias = Mapping[str, Any]


class Wire(Protocol):
    """One format of requests and streamed answers."""

    @property
    def path(self) -> str:
        """Where it listens, below the provider's base URL."""
        ...

    def body(self, request: ModelRequest, resolved: ResolvedModel) -> Json:
        """The request as JSON. Raises BadRequest for a kind of prompt that this format cannot carry."""
        ...

    def reader(self) -> Reader:
        """A new reader, for one answer."""
        ...


class Reader(ABC):
    """Reads the events of one answer in order.

    ``started``: the model is at work, shown by text or by thinking. ``finish`` is set by the event that ends the
    answer; a stream that stops without it was cut. ``usage`` is None until the provider reported one.
    """

    started: bool = False
    finish: FinishReason | None = None
    usage: Usage | None = None

    @abstractmethod
    def read(self, event: Event) -> str:
        """The answer's text in this event, "" for none; unknown events have none. Raises ErrorEvent."""


class ErrorEvent(Exception):
    """An event that reports an error; ``body`` is what it said. Never leaves this room: ``client`` maps it."""

    def __init__(self, body: object) -> None:
        super().__init__("error event")
        self.body = body


def merged(body: Json, facts: ModelFacts, *, quiet: bool) -> Json:
    """``body`` with the fields that the model's facts add, for a quiet request those of ``quiet_body`` too."""
    body = _merge(body, facts.default_body)
    return _merge(body, facts.quiet_body) if quiet else body


def max_tokens(request: ModelRequest, facts: ModelFacts) -> int:
    """Answer tokens to ask for."""
    return min(request.max_output_tokens, facts.max_output_tokens)


def sampling(request: ModelRequest, facts: ModelFacts) -> Json:
    """The temperature, where the request has one and the model takes one."""
    if request.temperature is None or not facts.temperature:
        return {}
    return {"temperature": request.temperature}


def stop(request: ModelRequest, facts: ModelFacts, field: str) -> Json:
    """As many stop strings as the model takes; ``client`` holds the answer to the rest."""
    strings = list(request.stop[: facts.stop_sequences])
    return {field: strings} if strings else {}


def effort(request: ModelRequest, facts: ModelFacts) -> str | None:
    """The effort, where the model knows that level."""
    return request.effort if request.effort in facts.efforts else None


def mapping(value: object) -> Event:
    """``value`` if it is a JSON object, else an empty one: readers must survive any event."""
    return cast("Event", value) if isinstance(value, Mapping) else {}


def count(event: Event, *names: str) -> int:
    """The first of the fields that is a number, as a count; 0 without one."""
    for name in names:
        value = event.get(name)
        if isinstance(value, int | float):
            return max(0, int(value))
    return 0


def tokens(
    total: int, output: int, *, cached: int = 0, written: int = 0, written_long: int = 0, reasoning: int = 0
) -> Usage:
    """Counts as a ``Usage`` that adds up, whatever a server reports: money is computed from it."""
    cached = min(cached, total)
    written = min(written, total - cached)
    return Usage(total, cached, written, min(written_long, written), output, min(reasoning, output))


def text_of(event: Event, name: str) -> str:
    """A field that should be text; "" if it is not."""
    value = event.get(name)
    return value if isinstance(value, str) else ""


def _merge(base: Json, extra: Mapping[str, Any]) -> Json:
    result = dict(base)
    for key, value in extra.items():
        old = result.get(key)
        inner: Json = cast("Json", old) if isinstance(old, dict) else {}
        result[key] = _merge(inner, cast("Event", value)) if isinstance(value, Mapping) else value
    return result
