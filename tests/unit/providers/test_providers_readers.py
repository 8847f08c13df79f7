"""Readers as data: each case of tests/cases/providers/events is a stream of events and what it says."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from providers_cases import load

from tierwise.core.models import FinishReason, Usage
from tierwise.providers.wires.base import ErrorEvent, Reader
from tierwise.providers.wires.chat import ChatWire
from tierwise.providers.wires.fim import InfillWire, OllamaWire
from tierwise.providers.wires.messages import MessagesWire
from tierwise.providers.wires.responses import ResponsesWire

READERS: dict[str, Callable[[], Reader]] = {
    "messages": MessagesWire().reader,
    "chunks": ChatWire().reader,
    "responses": ResponsesWire().reader,
    "infill": InfillWire().reader,
    "ollama": OllamaWire().reader,
}


def check(wire: str, case: dict[str, Any]) -> None:
    reader = READERS[wire]()
    if case.get("error"):
        with pytest.raises(ErrorEvent):
            [reader.read(event) for event in case["events"]]
        return
    texts = [text for event in case["events"] if (text := reader.read(event))]
    usage = None if case["usage"] is None else Usage(**case["usage"])
    finish = None if case["finish"] is None else FinishReason(case["finish"])
    assert (texts, reader.finish, reader.started, reader.usage) == (case["text"], finish, case["started"], usage)


@pytest.mark.parametrize(("wire", "case"), [pytest.param(w, c, id=f"{w}: {n}") for w, n, c in load("events")])
def test_events(wire: str, case: dict[str, Any]) -> None:
    check(wire, case)


def _with_damage(value: Any) -> Iterator[Any]:
    """``value`` with each of its parts in turn replaced by something of another kind, or left out."""
    yield from (None, True, -3, "x", [], {}, [{}], {"x": [1]})
    if isinstance(value, dict):
        for key in value:
            yield {name: item for name, item in value.items() if name != key}
            for damaged in _with_damage(value[key]):
                yield value | {key: damaged}
    elif isinstance(value, list):
        for index, item in enumerate(value):
            for damaged in _with_damage(item):
                yield [*value[:index], damaged, *value[index + 1 :]]


@pytest.mark.parametrize(("wire", "case"), [pytest.param(w, c, id=f"{w}: {n}") for w, n, c in load("events")])
def test_damaged_events_break_no_reader(wire: str, case: dict[str, Any]) -> None:
    for index, event in enumerate(case["events"]):
        for damaged in _with_damage(event):
            reader = READERS[wire]()
            for sent in (*case["events"][:index], damaged, *case["events"][index + 1 :]):
                try:
                    assert not isinstance(sent, dict) or isinstance(reader.read(sent), str)
                except ErrorEvent:
                    break
            usage = reader.usage or Usage()
            assert min(usage.input_tokens, usage.cached_tokens, usage.cache_write_tokens, usage.output_tokens) >= 0
            assert usage.cached_tokens + usage.cache_write_tokens <= usage.input_tokens
