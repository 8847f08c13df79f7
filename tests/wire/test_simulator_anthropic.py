"""Anthropic's own client against the simulator: answers, usage, refusals, faults, and closing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import nullcontext
from datetime import UTC, datetime
from typing import Any

import pytest

from tierwise.simulator import Fault, FaultKind, Reply, Rule, Script, Simulator, Stop, Wire

HELLO = [{"role": "user", "content": "hello"}]
HAIKU = "claude-haiku-5-5"
RULES = {"type": "text", "text": "r" * 8_000, "cache_control": {"type": "ephemeral"}}


class ManualClock:
    def __init__(self) -> None:
        self.seconds = 0.0

    def monotonic(self) -> float:
        return self.seconds

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.seconds, UTC)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
async def sim(clock: ManualClock) -> AsyncIterator[Simulator]:
    async with Simulator(Script.saying("Grüße an alle Leser"), clock=clock) as running:
        yield running


@pytest.fixture
async def client(sim: Simulator) -> AsyncIterator[Any]:
    import anthropic

    transport = anthropic.DefaultAsyncHttpxClient(verify=False)  # loading certificates takes longer than a test
    async with anthropic.AsyncAnthropic(
        base_url=sim.base_url, api_key="secret", max_retries=0, http_client=transport
    ) as made:
        yield made


async def ask(client: Any, **fields: Any) -> Any:
    given: dict[str, Any] = {"model": HAIKU, "max_tokens": 100, "messages": HELLO}
    return await client.messages.create(**{**given, **fields})


async def test_a_whole_answer(sim: Simulator, client: Any) -> None:
    message = await ask(client, system="be kind")
    assert message.content[0].text == "Grüße an alle Leser"
    assert (message.stop_reason, message.model, message.role) == ("end_turn", HAIKU, "assistant")
    assert (message.usage.input_tokens, message.usage.output_tokens) == (4, 6)
    seen = sim.requests[0]
    assert (seen.wire, seen.status, seen.model, seen.text) == (Wire.ANTHROPIC, 200, HAIKU, "be kind\nhello")
    assert seen.key_header == "authorization"
    assert "secret" not in str(seen.as_json())


async def test_a_streamed_answer_has_the_documented_events(client: Any) -> None:
    async with client.messages.stream(model=HAIKU, max_tokens=100, messages=HELLO) as stream:
        kinds = [event.type async for event in stream]
        message = await stream.get_final_message()
    assert message.content[0].text == "Grüße an alle Leser"
    assert message.usage.output_tokens == 6
    raw = [kind for kind in kinds if kind != "text"]
    deltas = ["content_block_delta"] * 4
    start = ["message_start", "content_block_start"]
    assert raw == [*start, *deltas, "content_block_stop", "message_delta", "message_stop"]


async def test_thinking_comes_before_the_text_and_is_counted(sim: Simulator, client: Any) -> None:
    sim.script = Script.saying("done", thinking="let me see")
    async with client.messages.stream(model=HAIKU, max_tokens=100, messages=HELLO) as stream:
        streamed = await stream.get_final_message()
    for message in (streamed, await ask(client)):
        assert [block.type for block in message.content] == ["thinking", "text"]
        assert message.content[0].thinking == "let me see"
        assert message.usage.output_tokens == 4
        assert message.usage.output_tokens_details.thinking_tokens == 3
    quiet = await ask(client, thinking={"type": "disabled"})
    assert [block.type for block in quiet.content] == ["text"]
    hidden = await ask(client, thinking={"type": "adaptive", "display": "omitted"})
    assert hidden.content[0].thinking == ""


async def test_the_second_request_reads_what_the_first_wrote(sim: Simulator, client: Any, clock: ManualClock) -> None:
    first = (await ask(client, system=[RULES])).usage
    assert (first.cache_creation_input_tokens, first.cache_read_input_tokens, first.input_tokens) == (2_000, 0, 2)
    assert first.cache_creation.ephemeral_5m_input_tokens == 2_000
    clock.seconds = 299
    second = (await ask(client, system=[RULES])).usage
    assert (second.cache_creation_input_tokens, second.cache_read_input_tokens) == (0, 2_000)
    clock.seconds = 299 + 300
    third = (await ask(client, system=[RULES])).usage
    assert (third.cache_creation_input_tokens, third.cache_read_input_tokens) == (2_000, 0)
    costs = [seen.cost_usd for seen in sim.requests]
    assert costs[0] == pytest.approx((2_000 * 0.125 + 2 * 0.1 + 6 * 0.5) / 1e6)
    assert costs[1] == pytest.approx((2_000 * 0.01 + 2 * 0.1 + 6 * 0.5) / 1e6)
    assert sim.totals.cost_usd == pytest.approx(sum(costs))
    assert (sim.totals.requests, sim.totals.read_tokens) == (3, 2_000)


async def test_streaming_reports_the_same_usage(client: Any) -> None:
    await ask(client, system=[RULES])
    async with client.messages.stream(model=HAIKU, max_tokens=9, system=[RULES], messages=HELLO) as stream:
        usage = (await stream.get_final_message()).usage
    assert (usage.cache_read_input_tokens, usage.cache_creation_input_tokens, usage.input_tokens) == (2_000, 0, 2)


async def test_the_long_lifetime(client: Any, clock: ManualClock) -> None:
    long = {**RULES, "cache_control": {"type": "ephemeral", "ttl": "1h"}}
    assert (await ask(client, system=[long])).usage.cache_creation.ephemeral_1h_input_tokens == 2_000
    clock.seconds = 3_000
    assert (await ask(client, system=[long])).usage.cache_read_input_tokens == 2_000


async def test_automatic_marking_caches_up_to_the_last_block(client: Any) -> None:
    long = [{"role": "user", "content": "u" * 4_000}]
    control = {"type": "ephemeral"}
    assert (await ask(client, messages=long, cache_control=control)).usage.cache_creation_input_tokens == 1_000
    assert (await ask(client, messages=long, cache_control=control)).usage.cache_read_input_tokens == 1_000


@pytest.mark.parametrize(
    ("change", "read"),
    [
        ({}, 3_000),
        ({"output_config": {"effort": "low"}}, 2_000),
        ({"thinking": {"type": "disabled"}}, 2_000),
        ({"tools": [{"name": "grep", "input_schema": {"type": "object"}}]}, 0),
        ({"model": "claude-sonnet-5-5"}, 0),
    ],
)
async def test_what_invalidates_how_much(client: Any, change: dict[str, Any], read: int) -> None:
    marked = {"type": "text", "text": "f" * 4_000, "cache_control": {"type": "ephemeral"}}
    fields: dict[str, Any] = {"system": [RULES], "messages": [{"role": "user", "content": [marked]}]}
    await ask(client, **fields)
    assert (await ask(client, **fields, **change)).usage.cache_read_input_tokens == read


async def test_prewarming_says_nothing_and_fills_the_cache(client: Any) -> None:
    warm = await ask(client, system=[RULES], max_tokens=0)
    assert (warm.content, warm.stop_reason, warm.usage.output_tokens) == ([], "max_tokens", 0)
    assert warm.usage.cache_creation_input_tokens == 2_000
    assert (await ask(client, system=[RULES])).usage.cache_read_input_tokens == 2_000


async def test_tokens_are_counted_without_an_answer(sim: Simulator, client: Any) -> None:
    count = await client.messages.count_tokens(model=HAIKU, system=[RULES], messages=HELLO)
    assert count.input_tokens == 2_002
    assert sim.requests[0].use is None


async def test_models_are_listed(client: Any) -> None:
    listed = await client.models.list()
    assert HAIKU in [model.id for model in listed.data]


async def test_limits_of_the_request_end_the_answer(sim: Simulator, client: Any) -> None:
    short = await ask(client, max_tokens=2)
    assert (short.content[0].text, short.stop_reason) == ("Grüße ", "max_tokens")
    stopped = await ask(client, stop_sequences=["alle"])
    assert (stopped.content[0].text, stopped.stop_reason, stopped.stop_sequence) == (
        "Grüße an ",
        "stop_sequence",
        "alle",
    )
    sim.script = Script.saying("no", stop=Stop.REFUSAL)
    assert (await ask(client)).stop_reason == "refusal"


TOO_MANY = [{**RULES, "text": f"{number}"} for number in range(5)]
LONG = {"type": "ephemeral", "ttl": "1h"}
LONG_LAST = [RULES, {"type": "text", "text": "x", "cache_control": LONG}]
ASSISTANT_LAST = [*HELLO, {"role": "assistant", "content": "{"}]
OPEN_SCHEMA = {"format": {"type": "json_schema", "schema": {"type": "object", "properties": {}}}}
CLOSED_SCHEMA = {"format": {"type": "json_schema", "schema": {"type": "object", "additionalProperties": False}}}
GREP = {"name": "grep", "input_schema": {"type": "object"}}
FORCED = {"tools": [GREP], "tool_choice": {"type": "any"}}
PREWARM = {"max_tokens": 0}


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"extra_body": {"temperature": 0.5}}, "temperature: Extra inputs"),
        ({"extra_body": {"temperature": 1.0}}, "temperature: Extra inputs"),
        ({"extra_body": {"top_k": 5}}, "top_k: Extra inputs"),
        ({"extra_body": {"nonsense": 1}}, "nonsense: Extra inputs"),
        (
            {"extra_headers": {"anthropic-version": "2023-06-01"}, "extra_body": {"temperature": 0.5}},
            "not supported by this model",
        ),
        ({"extra_headers": {"anthropic-version": "2024-01-01"}}, "not a valid version"),
        ({"messages": []}, "at least one message"),
        ({"messages": [{"role": "user", "content": ""}]}, "content must be non-empty"),
        ({"messages": [{"role": "user", "content": [{"type": "text", "text": ""}]}]}, "must be non-empty"),
        ({"messages": [{"role": "narrator", "content": "x"}]}, "role: Input should be"),
        ({"messages": ASSISTANT_LAST}, "does not support assistant message prefill"),
        ({"system": TOO_MANY}, "A maximum of 4 blocks with cache_control may be provided. Found 5."),
        ({"system": TOO_MANY[:4], "cache_control": {"type": "ephemeral"}}, "all 4 are in use"),
        ({"system": LONG_LAST}, "must not come after a ttl='5m'"),
        ({"system": [{**RULES, "cache_control": {"type": "ephemeral", "ttl": "2h"}}]}, "Input should be '5m' or '1h'"),
        ({"max_tokens": 200_000, "stream": True}, "200000 > 128000"),
        ({"stop_sequences": ["\n\n"]}, "non-whitespace"),
        ({"output_config": {"effort": "huge"}}, "output_config.effort"),
        ({"thinking": {"type": "enabled", "budget_tokens": 2_000}}, '"enabled" is not supported'),
        ({"thinking": {"type": "disabled"}, "output_config": {"effort": "max"}}, 'effort "max"'),
        ({"model": "claude-sonnet-5-5", "thinking": {"type": "disabled"}}, "use adaptive or between_tools"),
        ({"model": "claude-opus-5-5", "thinking": {"type": "disabled"}}, "use adaptive"),
        ({"model": "claude-opus-5-5", **FORCED}, "forcing a tool is not supported"),
        ({"model": "claude-haiku-4-5", "output_config": {"effort": "low"}}, "does not support the effort"),
        (
            {"model": "claude-haiku-4-5", "max_tokens": 500, "thinking": {"type": "enabled", "budget_tokens": 1_024}},
            "must be greater than",
        ),
        ({"output_config": OPEN_SCHEMA}, "additionalProperties"),
        ({"model": "claude-haiku-4-5", "messages": ASSISTANT_LAST, "output_config": CLOSED_SCHEMA}, "prefill"),
        ({"speed": "fast"}, "fast mode"),
        ({**PREWARM, "stream": True}, "0 cannot be combined with stream"),
        ({**PREWARM, "output_config": CLOSED_SCHEMA}, "0 cannot be combined with output_config"),
        ({**PREWARM, **FORCED}, "0 cannot be combined with a forced"),
        ({"messages": [{"role": "user", "content": "x" * 4_000_004}]}, "prompt is too long"),
    ],
)
async def test_what_the_api_refuses(sim: Simulator, client: Any, fields: dict[str, Any], says: str) -> None:
    import anthropic

    with pytest.raises(anthropic.BadRequestError, match=says.replace("(", r"\(")) as caught:
        await ask(client, **fields)
    assert caught.value.type == "invalid_request_error"
    assert caught.value.request_id
    assert says in sim.requests[0].error


@pytest.mark.parametrize(
    "fields",
    [
        {
            "model": "claude-haiku-4-5",
            "extra_headers": {"anthropic-version": "2023-06-01"},
            "extra_body": {"temperature": 0.5},
        },
        {"model": "claude-haiku-4-5", "messages": ASSISTANT_LAST},
        {"model": "claude-sonnet-5-5", "thinking": {"type": "between_tools"}, "output_config": {"effort": "low"}},
        {"thinking": {"type": "disabled"}, "output_config": {"effort": "low"}},
        {"messages": [*HELLO, {"role": "assistant", "content": "a"}, {"role": "system", "content": "now terse"}]},
        {"output_config": CLOSED_SCHEMA},
        {"model": "claude-opus-5-5", "speed": "fast"},
        FORCED,
    ],
)
async def test_what_the_api_takes(client: Any, fields: dict[str, Any]) -> None:
    assert (await ask(client, **fields)).stop_reason == "end_turn"


async def test_a_key_is_asked_for_unless_that_is_switched_off() -> None:
    import httpx

    headers = {"anthropic-version": "2026-10-21"}
    body = {"model": HAIKU, "max_tokens": 5, "messages": HELLO}
    for check, status in ((True, 401), (False, 200)):
        async with Simulator(check_auth=check) as sim, httpx.AsyncClient(base_url=sim.base_url) as http:
            answer = await http.post("/v1/messages", json=body, headers=headers)
            assert answer.status_code == status
            if check:
                assert answer.json()["error"]["type"] == "authentication_error"
                with_key = await http.post("/v1/messages", json=body, headers={**headers, "x-api-key": "k"})
                assert with_key.status_code == 200


@pytest.mark.parametrize(
    ("kind", "error", "status", "word"),
    [
        (FaultKind.RATE_LIMIT, "RateLimitError", 429, "rate_limit_error"),
        (FaultKind.OVERLOADED, "OverloadedError", 529, "overloaded_error"),
        (FaultKind.SERVER_ERROR, "InternalServerError", 500, "api_error"),
        (FaultKind.UNAVAILABLE, "ServiceUnavailableError", 503, "api_error"),
        (FaultKind.GATEWAY_TIMEOUT, "GatewayTimeoutError", 504, "timeout_error"),
        (FaultKind.UNAUTHORIZED, "AuthenticationError", 401, "authentication_error"),
        (FaultKind.PAYMENT_REQUIRED, "PaymentRequiredError", 402, "billing_error"),
        (FaultKind.FORBIDDEN, "PermissionDeniedError", 403, "permission_error"),
        (FaultKind.NOT_FOUND, "NotFoundError", 404, "not_found_error"),
        (FaultKind.TOO_LARGE, "ContentTooLargeError", 413, "request_too_large"),
    ],
)
async def test_an_http_fault_is_the_typed_error_of_the_client(
    sim: Simulator, client: Any, kind: FaultKind, error: str, status: int, word: str
) -> None:
    import anthropic

    sim.script = Script.failing(kind, retry_after_s=1.5 if kind is FaultKind.RATE_LIMIT else None)
    for stream in (False, True):
        with pytest.raises(getattr(anthropic, error)) as caught:
            await ask(client, stream=stream)
        assert (caught.value.status_code, caught.value.type) == (status, word)
        wait = caught.value.response.headers.get("retry-after")
        assert wait == ("1.5" if kind is FaultKind.RATE_LIMIT else None)
    assert sim.requests[0].use is None


async def collect(stream: Any, into: list[str]) -> None:
    """Keep the text that arrives, whatever ends it."""
    async for event in stream:
        if event.type == "content_block_delta":
            into[0] += event.delta.text


@pytest.mark.parametrize(
    ("kind", "text", "error"),
    [
        (FaultKind.CUT_BEFORE_FIRST_TOKEN, "", "RemoteProtocolError"),
        (FaultKind.CUT_MID_STREAM, "Grüße", "RemoteProtocolError"),
        (FaultKind.MALFORMED_EVENT, "Grüße", "JSONDecodeError"),
        (FaultKind.ERROR_EVENT, "Grüße", "APIStatusError"),
        (FaultKind.FINISH_FIRST, "Grüße an alle Leser", None),
        (FaultKind.MISSING_END, "Grüße an alle Leser", None),
        (FaultKind.EMPTY, "", None),
        (FaultKind.DRIP, "Grüße an alle Leser", None),
        (FaultKind.SPLIT_UTF8, "Grüße an alle Leser", None),
        (FaultKind.NOISE, "Grüße an alle Leser", None),
    ],
)
async def test_a_fault_within_the_stream(
    sim: Simulator, client: Any, kind: FaultKind, text: str, error: str | None
) -> None:
    sim.script = Script.saying("Grüße an alle Leser", fault=Fault(kind=kind))
    found = [""]
    with nullcontext() if error is None else pytest.raises(Exception) as caught:
        await collect(await ask(client, stream=True), found)
    assert found == [text]
    assert error is None or caught.type.__name__ == error
    assert not await sim.wait_closed(sim.requests[0])


async def test_a_connection_that_is_closed_without_a_byte(sim: Simulator, client: Any) -> None:
    import anthropic

    sim.script = Script.failing(FaultKind.CUT_BEFORE_HEADERS)
    with pytest.raises(anthropic.APIConnectionError):
        await ask(client)


@pytest.mark.parametrize(
    "kind", [FaultKind.HANG_BEFORE_HEADERS, FaultKind.HANG_AFTER_HEADERS, FaultKind.HANG_MID_STREAM]
)
async def test_a_hang_ends_when_the_client_gives_up(sim: Simulator, client: Any, kind: FaultKind) -> None:
    sim.script = Script.saying("one two three", fault=Fault(kind=kind))
    asking = asyncio.create_task(_read_all(client))
    (seen,) = await sim.wait_for_requests(1)
    if kind is FaultKind.HANG_MID_STREAM:
        await sim.wait_first_token(seen)
    asking.cancel()
    assert await sim.wait_closed(seen)
    assert seen.status == (None if kind is FaultKind.HANG_BEFORE_HEADERS else 200)
    assert (seen.use is not None) is (kind is FaultKind.HANG_MID_STREAM)


async def _read_all(client: Any) -> None:
    async for _ in await ask(client, stream=True):
        pass


async def test_closing_a_stream_is_seen_and_paid_as_far_as_it_came(sim: Simulator, client: Any) -> None:
    sim.script = Script.saying("one two three", token_ms=60_000)
    stream = await ask(client, stream=True)
    async for event in stream:
        if event.type == "content_block_delta":
            break
    await stream.close()
    seen = sim.requests[0]
    assert await sim.wait_closed(seen)
    assert seen.output_tokens == 1
    assert seen.bytes_sent > 0


async def test_a_reply_may_be_computed_from_the_request(sim: Simulator, client: Any) -> None:
    async def later(call: Any) -> Reply:
        return Reply(text=f"{call.model} read {call.text!r}")

    sim.script = Script(rules=(Rule(times=1, reply=lambda call: call.text.upper()), Rule(reply=later)))
    assert (await ask(client)).content[0].text == "HELLO"
    assert (await ask(client)).content[0].text == f"{HAIKU} read 'hello'"


async def test_a_reply_that_raises_is_a_server_error_that_says_so(sim: Simulator, client: Any) -> None:
    import anthropic

    sim.script = Script(rules=(Rule(reply=lambda call: call.nothing),))
    with pytest.raises(anthropic.InternalServerError, match="own reply raised AttributeError"):
        await ask(client)
