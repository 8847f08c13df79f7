"""Every adapter against every fault: the error that comes of it, or the answer that comes in spite of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

import pytest
from providers_wire import ADAPTERS, ENVIRON, KEY, answer, request, stream

from tierwise.core.errors import Auth, BadRequest, ProviderError, RateLimited, Transient
from tierwise.core.models import FinishReason, StreamPart, TextDelta
from tierwise.providers.registry import ProviderRegistry
from tierwise.simulator import Fault, FaultKind, Reply, Rule, Script, Simulator

TEXT = ("Ein »Parser« ", "liest Bäume 🌳 ", "aus Text.")
SOON = {"first_token_s": 0.1, "deadline_s": 5.0}
THEN = {"deadline_s": 0.4}

FAILS: list[tuple[FaultKind, dict[str, Any], dict[str, float], type[ProviderError], str]] = [
    (FaultKind.RATE_LIMIT, {"retry_after_s": 7}, {}, RateLimited, "it asks to wait 7 s"),
    (FaultKind.RATE_LIMIT, {}, {}, RateLimited, "over its rate limit (HTTP 429"),
    (FaultKind.OVERLOADED, {}, {}, Transient, "try again later"),
    (FaultKind.SERVER_ERROR, {}, {}, Transient, "failed (HTTP 500"),
    (FaultKind.UNAVAILABLE, {}, {}, Transient, "failed (HTTP 503"),
    (FaultKind.GATEWAY_TIMEOUT, {}, {}, Transient, "failed (HTTP 504"),
    (FaultKind.UNAUTHORIZED, {}, {}, Auth, "denied access"),
    (FaultKind.PAYMENT_REQUIRED, {}, {}, Auth, "denied access"),
    (FaultKind.FORBIDDEN, {}, {}, Auth, "denied access"),
    (FaultKind.NOT_FOUND, {}, {}, BadRequest, "is unknown to provider far"),
    (FaultKind.BAD_REQUEST, {"message": "the thing is too odd"}, {}, BadRequest, "the thing is too odd"),
    (FaultKind.BAD_REQUEST, {"message": f"bad key {KEY}"}, {}, BadRequest, "[hidden]"),
    (FaultKind.TOO_LARGE, {}, {}, BadRequest, "rejected the request (HTTP 413"),
    (FaultKind.HANG_BEFORE_HEADERS, {}, SOON, Transient, "no first token within 0.1 s"),
    (FaultKind.HANG_AFTER_HEADERS, {}, SOON, Transient, "no first token within 0.1 s"),
    (FaultKind.HANG_MID_STREAM, {}, THEN, Transient, "did not finish its answer within 0.4 s"),
    (FaultKind.CUT_BEFORE_HEADERS, {}, {}, Transient, "was cut"),
    (FaultKind.CUT_BEFORE_FIRST_TOKEN, {}, {}, Transient, "was cut"),
    (FaultKind.CUT_MID_STREAM, {}, {}, Transient, "was cut"),
    (FaultKind.MALFORMED_EVENT, {}, {}, Transient, "is malformed"),
    (FaultKind.MALFORMED_EVENT, {"after": 0}, {}, Transient, "is malformed"),
    (FaultKind.ERROR_EVENT, {}, {}, Transient, "failed (in mid-stream"),
    (FaultKind.ERROR_EVENT, {"after": 0}, {}, Transient, "failed (in mid-stream"),
    (FaultKind.MISSING_END, {}, {}, Transient, "broke off before its end"),
    (FaultKind.GARBAGE, {}, {}, Transient, "The answer of"),
]


async def collect(parts: AsyncIterator[StreamPart], texts: list[str]) -> None:
    """Take text until the stream fails; it must not end."""
    async for part in parts:
        assert isinstance(part, TextDelta), "an end although the answer was broken"
        texts.append(part.text)


SURVIVED = [FaultKind.DRIP, FaultKind.SPLIT_UTF8, FaultKind.NOISE, FaultKind.FINISH_FIRST]


@pytest.fixture
async def registry() -> AsyncIterator[ProviderRegistry]:
    found = ProviderRegistry(ENVIRON)
    yield found
    await found.aclose()


@pytest.mark.parametrize("name", ADAPTERS)
@pytest.mark.parametrize(
    ("kind", "fault", "limits", "error", "words"),
    [pytest.param(*row, id=" ".join([row[0].value, *map(str, row[1].values())])) for row in FAILS],
)
async def test_a_fault_becomes_one_error(
    name: str,
    kind: FaultKind,
    fault: dict[str, Any],
    limits: dict[str, float],
    error: type[ProviderError],
    words: str,
    registry: ProviderRegistry,
) -> None:
    adapter = ADAPTERS[name]
    rule = Rule(reply=Reply(chunks=TEXT, fault=Fault(kind=kind, **fault)))
    async with Simulator(Script(rules=(rule,))) as sim:
        resolved = adapter.resolved(sim.base_url)
        await registry.warm([resolved])
        texts: list[str] = []
        async with aclosing(stream(registry, resolved, request(adapter, **limits))) as parts:
            with pytest.raises(ProviderError) as caught:
                await collect(parts, texts)
        assert len(sim.requests) == 1, "never retries"
        await sim.wait_finished(sim.requests[0])
    assert type(caught.value) is error
    message = str(caught.value)
    assert words in message
    assert adapter.model in message
    assert KEY not in message
    assert "\n" not in message
    assert "".join(TEXT).startswith("".join(texts))
    if isinstance(caught.value, RateLimited):
        assert caught.value.retry_after_s == fault.get("retry_after_s")


@pytest.mark.parametrize("name", ADAPTERS)
@pytest.mark.parametrize("kind", SURVIVED)
async def test_a_fault_that_harms_nothing(name: str, kind: FaultKind, registry: ProviderRegistry) -> None:
    adapter = ADAPTERS[name]
    rule = Rule(reply=Reply(chunks=TEXT, fault=Fault(kind=kind)))
    async with Simulator(Script(rules=(rule,))) as sim:
        text, finished = await answer(registry, adapter.resolved(sim.base_url), request(adapter))
    assert text == "".join(TEXT)
    assert finished.reason is FinishReason.STOP


@pytest.mark.parametrize("name", ADAPTERS)
async def test_an_empty_answer_is_an_answer(name: str, registry: ProviderRegistry) -> None:
    adapter = ADAPTERS[name]
    async with Simulator(Script.failing(FaultKind.EMPTY)) as sim:
        text, finished = await answer(registry, adapter.resolved(sim.base_url), request(adapter))
    assert text == ""
    assert finished.reason is FinishReason.STOP
