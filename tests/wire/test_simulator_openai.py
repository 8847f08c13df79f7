"""OpenAI's own client against the simulator: Chat Completions and Responses, of OpenAI and of others on its wire."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import nullcontext
from typing import Any

import pytest

from tierwise.simulator import Fault, FaultKind, Script, Simulator, Stop, UsageOverride, Wire

HELLO = [{"role": "user", "content": "hello"}]
LUNA = "gpt-6-luna"
TEXT = "Grüße an alle Leser"


@pytest.fixture
async def sim() -> AsyncIterator[Simulator]:
    async with Simulator(Script.saying(TEXT)) as running:
        yield running


class Clients:
    """Clients for any provider of one simulator, closed together."""

    def __init__(self, sim: Simulator) -> None:
        self._sim = sim
        self._made: list[Any] = []

    def at(self, path: str) -> Any:
        import openai

        transport = openai.DefaultAsyncHttpxClient(verify=False)  # loading certificates takes longer than a test
        made = openai.AsyncOpenAI(
            base_url=self._sim.base_url + path, api_key="secret", max_retries=0, http_client=transport
        )
        self._made.append(made)
        return made

    async def aclose(self) -> None:
        for made in self._made:
            await made.close()


@pytest.fixture
async def clients(sim: Simulator) -> AsyncIterator[Clients]:
    made = Clients(sim)
    yield made
    await made.aclose()


@pytest.fixture
def client(clients: Clients) -> Any:
    return clients.at("/v1")


async def chat(client: Any, **fields: Any) -> Any:
    given: dict[str, Any] = {"model": LUNA, "messages": HELLO}
    return await client.chat.completions.create(**{**given, **fields})


async def respond(client: Any, **fields: Any) -> Any:
    given: dict[str, Any] = {"model": LUNA, "input": "hello"}
    return await client.responses.create(**{**given, **fields})


async def test_a_whole_chat_answer(sim: Simulator, client: Any) -> None:
    answer = await chat(client, messages=[{"role": "developer", "content": "be kind"}, *HELLO])
    assert (answer.choices[0].message.content, answer.choices[0].finish_reason) == (TEXT, "stop")
    usage = answer.usage
    assert (usage.prompt_tokens, usage.completion_tokens, usage.total_tokens) == (4, 6, 10)
    assert (usage.prompt_tokens_details.cached_tokens, usage.prompt_tokens_details.cache_write_tokens) == (0, 0)
    seen = sim.requests[0]
    assert (seen.wire, seen.provider, seen.text) == (Wire.CHAT, "openai", "be kind\nhello")


@pytest.mark.parametrize("wanted", [True, False])
async def test_a_streamed_chat_answer(client: Any, wanted: bool) -> None:
    options = {"stream_options": {"include_usage": True}} if wanted else {}
    chunks = [chunk async for chunk in await chat(client, stream=True, **options)]
    assert chunks[0].choices[0].delta.role == "assistant"
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices) == TEXT
    assert [chunk.choices[0].finish_reason for chunk in chunks if chunk.choices][-1] == "stop"
    assert [chunk.usage.completion_tokens for chunk in chunks if chunk.usage] == ([6] if wanted else [])
    assert (not chunks[-1].choices) is wanted


@pytest.mark.parametrize("padded", [True, False])
async def test_obfuscation_pads_until_it_is_switched_off(client: Any, padded: bool) -> None:
    options = {} if padded else {"stream_options": {"include_obfuscation": False}}
    chunks = [chunk async for chunk in await chat(client, stream=True, **options)]
    assert any(chunk.obfuscation for chunk in chunks) is padded
    events = [event async for event in await respond(client, stream=True, **options)]
    assert any(event.to_dict().get("obfuscation") for event in events) is padded


async def test_limits_of_the_request_end_the_answer(sim: Simulator, client: Any) -> None:
    short = (await chat(client, max_completion_tokens=2)).choices[0]
    assert (short.message.content, short.finish_reason) == ("Grüße ", "length")
    stopped = (await chat(client, stop=["alle"], reasoning_effort="none")).choices[0]
    assert (stopped.message.content, stopped.finish_reason) == ("Grüße an ", "stop")
    sim.script = Script.saying("no", stop=Stop.REFUSAL)
    assert (await chat(client)).choices[0].finish_reason == "content_filter"


async def test_reasoning_is_counted_and_not_shown(sim: Simulator, client: Any) -> None:
    sim.script = Script.saying("done", thinking="let me see")
    answer = await chat(client)
    assert (answer.choices[0].message.content, answer.usage.completion_tokens) == ("done", 4)
    assert answer.usage.completion_tokens_details.reasoning_tokens == 3
    quiet = await chat(client, reasoning_effort="none")
    assert quiet.usage.completion_tokens_details.reasoning_tokens == 0


def file_and_question(question: str, **mark: Any) -> list[dict[str, Any]]:
    part = {"type": "text", "text": "f" * 8_000, **mark}
    return [{"role": "user", "content": [part, {"type": "text", "text": question}]}]


POINT = {"prompt_cache_breakpoint": {"mode": "explicit"}}


async def test_a_break_point_keeps_what_stands_before_it(client: Any) -> None:
    first = (await chat(client, messages=file_and_question("one", **POINT), prompt_cache_key="k")).usage
    assert first.prompt_tokens_details.cache_write_tokens == 2_001
    second = (await chat(client, messages=file_and_question("two", **POINT), prompt_cache_key="k")).usage
    details = second.prompt_tokens_details
    assert (details.cached_tokens, details.cache_write_tokens) == (2_000, 1)


async def test_explicit_mode_writes_nothing_else(sim: Simulator, client: Any) -> None:
    fields: dict[str, Any] = {"prompt_cache_key": "k", "prompt_cache_options": {"mode": "explicit"}}
    unmarked = (await chat(client, messages=file_and_question("one"), **fields)).usage.prompt_tokens_details
    assert (unmarked.cached_tokens, unmarked.cache_write_tokens) == (0, 0)
    await chat(client, messages=file_and_question("one", **POINT), **fields)
    marked = (await chat(client, messages=file_and_question("two", **POINT), **fields)).usage.prompt_tokens_details
    assert (marked.cached_tokens, marked.cache_write_tokens) == (2_000, 0)
    assert sim.requests[1].cost_usd == pytest.approx((2_000 * 0.125 + 0.1 + 6 * 0.5) / 1e6)
    assert sim.requests[2].cost_usd == pytest.approx((2_000 * 0.01 + 0.1 + 6 * 0.5) / 1e6)


async def test_another_effort_has_another_cache(client: Any) -> None:
    fields: dict[str, Any] = {"messages": file_and_question("one"), "prompt_cache_key": "k"}
    await chat(client, **fields)
    reads = [
        (await chat(client, **fields, reasoning_effort=effort)).usage.prompt_tokens_details.cached_tokens
        for effort in ("medium", "low")
    ]
    assert reads == [2_001, 0]


async def test_older_models_cache_by_themselves_in_steps(client: Any) -> None:
    await chat(client, model="gpt-4.1", messages=file_and_question("one"))
    details = (await chat(client, model="gpt-4.1", messages=file_and_question("two"))).usage.prompt_tokens_details
    assert details.cached_tokens == 1_920
    assert details.cache_write_tokens is None


STRICT = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"], "additionalProperties": False}


def schema(shape: dict[str, Any], *, strict: bool = True) -> dict[str, Any]:
    return {"type": "json_schema", "json_schema": {"name": "numbers", "schema": shape, "strict": strict}}


async def test_an_answer_follows_its_schema(sim: Simulator, client: Any) -> None:
    sim.script = Script()
    assert (await chat(client, response_format=schema(STRICT))).choices[0].message.content == '{"n": 0}'
    form = {"format": {"type": "json_schema", "name": "numbers", "schema": STRICT, "strict": True}}
    assert (await respond(client, text=form)).output_text == '{"n": 0}'


@pytest.mark.parametrize(
    ("fields", "says", "code"),
    [
        ({"extra_body": {"nonsense": 1}}, "Unknown parameter: 'nonsense'", "unknown_parameter"),
        ({"max_tokens": 5}, "Use 'max_completion_tokens' instead", "unsupported_parameter"),
        ({"temperature": 0.2}, "Only the default", "unsupported_value"),
        ({"temperature": 3, "reasoning_effort": "none"}, "between 0 and 2", None),
        ({"stop": "x"}, "'stop' is not supported", "unsupported_parameter"),
        ({"stop": list("abcde"), "reasoning_effort": "none"}, "at most 4", None),
        ({"model": "gpt-6.1-sol", "reasoning_effort": "none"}, "does not support 'none'", "unsupported_value"),
        ({"model": "gpt-4.1", "reasoning_effort": "low"}, "reasoning_effort", "unsupported_parameter"),
        ({"model": "gpt-4.1", "prompt_cache_options": {"mode": "explicit"}}, "prompt_cache_options", None),
        ({"model": "gpt-4.1", "messages": file_and_question("x", **POINT)}, "prompt_cache_breakpoint", None),
        ({"prompt_cache_key": "k" * 65}, "maximum length 64", None),
        ({"extra_body": {"prompt_cache_options": {"ttl": "12h"}}}, "Supported values are: 30m", None),
        ({"extra_body": {"prompt_cache_options": {"mode": "always"}}}, "prompt_cache_options.mode", None),
        ({"messages": []}, "empty array", None),
        ({"messages": [{"role": "user", "content": "x" * 3_700_000}]}, "maximum context length", None),
        ({"stream_options": {"include_usage": True}}, "only allowed when 'stream'", None),
        ({"response_format": schema({"type": "object", "properties": {}})}, "additionalProperties", None),
        ({"response_format": schema({**STRICT, "required": []})}, "Missing 'n'", "invalid_json_schema"),
        ({"tools": [{"type": "function", "function": {"name": "f"}}]}, "/v1/responses", None),
    ],
)
async def test_what_chat_refuses(client: Any, fields: dict[str, Any], says: str, code: str | None) -> None:
    import openai

    with pytest.raises(openai.BadRequestError, match=says) as caught:
        await chat(client, **fields)
    assert code is None or caught.value.code == code


@pytest.mark.parametrize(
    "fields",
    [
        {"temperature": 0.2, "stop": ["x"], "reasoning_effort": "none"},
        {"temperature": 1},
        {"model": "gpt-4.1", "temperature": 0.2, "max_tokens": 5, "stop": ["x"]},
        {"response_format": {"type": "json_object"}},
        {"response_format": schema({"type": "object"}, strict=False)},
    ],
)
async def test_what_chat_takes(client: Any, fields: dict[str, Any]) -> None:
    assert (await chat(client, **fields)).object == "chat.completion"


async def test_a_whole_response(sim: Simulator, client: Any) -> None:
    answer = await respond(client, instructions="be kind")
    assert (answer.output_text, answer.status) == (TEXT, "completed")
    assert (answer.usage.input_tokens, answer.usage.output_tokens) == (4, 6)
    assert answer.usage.input_tokens_details.cached_tokens == 0
    assert sim.requests[0].text == "be kind\nhello"


async def test_a_streamed_response_has_the_documented_events(sim: Simulator, client: Any) -> None:
    sim.script = Script.saying("a b", thinking="hm")
    events = [event async for event in await respond(client, stream=True)]
    assert [event.sequence_number for event in events] == list(range(len(events)))
    assert [event.type.removeprefix("response.") for event in events] == [
        "created",
        "in_progress",
        "output_item.added",
        "output_item.done",
        "output_item.added",
        "content_part.added",
        "output_text.delta",
        "output_text.delta",
        "output_text.done",
        "content_part.done",
        "output_item.done",
        "completed",
    ]
    done = events[-1].response
    assert done.output_text == "a b"
    assert [item.type for item in done.output] == ["reasoning", "message"]
    assert done.usage.output_tokens_details.reasoning_tokens == 1


async def test_a_long_response_is_incomplete(sim: Simulator, client: Any) -> None:
    sim.script = Script.saying("word " * 100)
    answer = await respond(client, max_output_tokens=16)
    assert (answer.status, answer.incomplete_details.reason) == ("incomplete", "max_output_tokens")


async def test_responses_report_both_lifetimes_and_prewarm(client: Any) -> None:
    part = {"type": "input_text", "text": "f" * 8_000, "prompt_cache_breakpoint": {"mode": "explicit", "ttl": "12h"}}

    def asked(question: str) -> list[dict[str, Any]]:
        return [{"role": "user", "content": [part, {"type": "input_text", "text": question}]}]

    options = {"mode": "explicit", "prewarm": True}
    warm = await respond(client, input=asked("one"), prompt_cache_key="k", prompt_cache_options=options)
    assert (warm.output, warm.status, warm.usage.output_tokens) == ([], "completed", 0)
    details = warm.usage.input_tokens_details
    assert details.cache_write_tokens_details.ttl_12h_tokens == 2_000
    hit = await respond(client, input=asked("two"), prompt_cache_key="k")
    details = hit.usage.input_tokens_details
    assert (details.cached_tokens, details.cache_write_tokens_details.ttl_30m_tokens) == (2_000, 1)


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"extra_body": {"stop": ["x"]}}, "Unknown parameter: 'stop'"),
        ({"max_output_tokens": 5}, "Expected a value >= 16"),
        ({"temperature": 0.2}, "Only the default"),
        ({"reasoning": {"effort": "minimal"}}, "'minimal'"),
        ({"prompt_cache_options": {"ttl": "1h"}}, "30m, 12h"),
        (
            {"text": {"format": {"type": "json_schema", "name": "n", "schema": {"type": "object"}, "strict": True}}},
            "add",
        ),
        ({"extra_body": {"input": None}}, "'input'"),
    ],
)
async def test_what_responses_refuse(client: Any, fields: dict[str, Any], says: str) -> None:
    import openai

    with pytest.raises(openai.BadRequestError, match=says):
        await respond(client, **fields)


@pytest.mark.parametrize("endpoint", [chat, respond])
@pytest.mark.parametrize(
    ("kind", "error", "status"),
    [
        (FaultKind.RATE_LIMIT, "RateLimitError", 429),
        (FaultKind.OVERLOADED, "InternalServerError", 503),
        (FaultKind.SERVER_ERROR, "InternalServerError", 500),
        (FaultKind.UNAUTHORIZED, "AuthenticationError", 401),
        (FaultKind.FORBIDDEN, "PermissionDeniedError", 403),
        (FaultKind.NOT_FOUND, "NotFoundError", 404),
        (FaultKind.TOO_LARGE, "APIStatusError", 413),
    ],
)
async def test_an_http_fault_is_the_typed_error_of_the_client(
    sim: Simulator, client: Any, endpoint: Any, kind: FaultKind, error: str, status: int
) -> None:
    import openai

    sim.script = Script.failing(kind, message="as scripted")
    with pytest.raises(getattr(openai, error), match="as scripted") as caught:
        await endpoint(client)
    assert caught.value.status_code == status


def text_of(chunk: Any) -> str:
    """What one event of either endpoint adds to the text."""
    if chunk.object == "chat.completion.chunk" if hasattr(chunk, "object") else False:
        return (chunk.choices[0].delta.content or "") if chunk.choices else ""
    return chunk.delta if chunk.type == "response.output_text.delta" else ""


@pytest.mark.parametrize("endpoint", [chat, respond])
@pytest.mark.parametrize(
    ("kind", "text", "error"),
    [
        (FaultKind.CUT_MID_STREAM, "Grüße", "RemoteProtocolError"),
        (FaultKind.MALFORMED_EVENT, "Grüße", "JSONDecodeError"),
        (FaultKind.FINISH_FIRST, TEXT, None),
        (FaultKind.MISSING_END, TEXT, None),
        (FaultKind.EMPTY, "", None),
        (FaultKind.DRIP, TEXT, None),
        (FaultKind.SPLIT_UTF8, TEXT, None),
        (FaultKind.NOISE, TEXT, None),
    ],
)
async def test_a_fault_within_the_stream(
    sim: Simulator, client: Any, endpoint: Any, kind: FaultKind, text: str, error: str | None
) -> None:
    sim.script = Script.saying(TEXT, fault=Fault(kind=kind))
    found = ""
    with nullcontext() if error is None else pytest.raises(Exception) as caught:
        async for chunk in await endpoint(client, stream=True):
            found += text_of(chunk)
    assert found == text
    assert error is None or error in (caught.type.__name__, type(caught.value.__cause__).__name__)


async def test_an_error_event_in_a_chat_stream(sim: Simulator, client: Any) -> None:
    import openai

    sim.script = Script.saying(TEXT, fault=Fault(kind=FaultKind.ERROR_EVENT, message="as scripted"))
    with pytest.raises(openai.APIError, match="as scripted"):
        async for _ in await chat(client, stream=True):
            pass


async def test_an_error_event_in_a_response_stream(sim: Simulator, client: Any) -> None:
    sim.script = Script.saying(TEXT, fault=Fault(kind=FaultKind.ERROR_EVENT, message="as scripted"))
    events = [event async for event in await respond(client, stream=True)]
    assert [event.type for event in events[-2:]] == ["error", "response.failed"]
    assert events[-1].response.error.message == "as scripted"


async def test_closing_a_stream_is_seen(sim: Simulator, client: Any) -> None:
    sim.script = Script.saying("one two three", token_ms=60_000)
    stream = await chat(client, stream=True)
    async for chunk in stream:
        if chunk.choices[0].delta.content:
            break
    await stream.close()
    assert await sim.wait_closed(sim.requests[0])
    assert sim.requests[0].output_tokens == 1


async def test_other_providers_are_lenient_and_report_in_their_own_words(sim: Simulator, clients: Clients) -> None:
    deepseek = clients.at("/deepseek")
    fields: dict[str, Any] = {"model": "deepseek-flash", "messages": file_and_question("x"), "temperature": 0.2}
    await chat(deepseek, **fields, extra_body={"nonsense": 1})
    usage = (await chat(deepseek, **fields)).usage
    assert (usage.prompt_cache_hit_tokens, usage.prompt_cache_miss_tokens) == (2_000, 1)

    dashscope = clients.at("/dashscope/compatible-mode/v1")
    marked = file_and_question("x", cache_control={"type": "ephemeral"})
    details = (await chat(dashscope, model="qwen3-coder-plus", messages=marked)).usage.prompt_tokens_details
    assert (details.cache_creation_input_tokens, details.cache_type) == (2_000, "ephemeral")
    details = (await chat(dashscope, model="qwen3-coder-plus", messages=marked)).usage.prompt_tokens_details
    assert details.cached_tokens == 2_000

    vllm = clients.at("/vllm/v1")
    await chat(vllm, model="any", messages=file_and_question("x"))
    assert (await chat(vllm, model="any", messages=file_and_question("x"))).usage.prompt_tokens_details is None
    assert sim.requests[-1].use is not None
    assert sim.requests[-1].use.read_tokens == 2_000

    groq = clients.at("/groq/openai/v1")
    await chat(groq, model="openai/gpt-oss-120b", messages=file_and_question("x"))
    again = await chat(groq, model="openai/gpt-oss-120b", messages=file_and_question("y"))
    assert again.usage.prompt_tokens_details.cached_tokens == 1_920


@pytest.mark.parametrize(
    ("path", "fields", "status"),
    [
        ("/mistral/v1", {"model": "devstral-latest", "stream_options": {"include_usage": True}, "stream": True}, 422),
        ("/mistral/v1", {"model": "devstral-latest", "max_completion_tokens": 5}, 422),
        ("/mistral/v1", {"model": "devstral-latest", "reasoning_effort": "low"}, 400),
        ("/mistral/v1", {"model": "codestral-2508", "reasoning_effort": "high"}, 400),
        ("/mistral/v1", {"model": "devstral-latest", "reasoning_effort": "none", "max_tokens": 5}, 200),
        ("/gemini/v1beta/openai", {"model": "gemini-3.8-flash", "reasoning_effort": "minimal"}, 400),
        ("/gemini/v1beta/openai", {"model": "gemini-3.8-flash", "temperature": 0.2}, 400),
        ("/gemini/v1beta/openai", {"model": "gemini-2.5-pro", "reasoning_effort": "none"}, 400),
        ("/gemini/v1beta/openai", {"model": "gemini-2.5-flash", "reasoning_effort": "none", "temperature": 0}, 200),
        ("/gemini/v1beta/openai", {"model": "gemini-2.5-flash", "stop": list("abcdef")}, 400),
    ],
)
async def test_what_single_providers_refuse(
    sim: Simulator, clients: Clients, path: str, fields: dict[str, Any], status: int
) -> None:
    import openai

    with nullcontext() if status == 200 else pytest.raises(openai.APIStatusError):
        await chat(clients.at(path), **fields)
    assert sim.requests[0].status == status


@pytest.mark.parametrize(
    ("path", "switch"),
    [
        ("/deepseek", {"thinking": {"type": "disabled"}}),
        ("/dashscope/compatible-mode/v1", {"enable_thinking": False}),
        ("/vllm/v1", {"chat_template_kwargs": {"enable_thinking": False}}),
        ("/openrouter/api/v1", {"reasoning": {"enabled": False}}),
        ("/ollama/v1", {"reasoning_effort": "none"}),
    ],
)
async def test_thinking_ends_where_its_switch_is_off(
    sim: Simulator, clients: Clients, path: str, switch: dict[str, Any]
) -> None:
    sim.script = Script.saying("abcd", thinking="hm")
    usage = [
        (await chat(clients.at(path), model="m", extra_body=extra)).usage.completion_tokens for extra in ({}, switch)
    ]
    assert usage == [2, 1]


async def test_the_last_chunk_of_some_carries_the_usage_unasked(clients: Clients) -> None:
    for path in ("/deepseek", "/mistral/v1"):
        chunks = [chunk async for chunk in await chat(clients.at(path), model="m", stream=True)]
        assert chunks[-1].choices[0].finish_reason == "stop"
        assert chunks[-1].usage.completion_tokens == 6


async def test_thinking_is_shown_where_the_provider_has_a_field_for_it(sim: Simulator, clients: Clients) -> None:
    sim.script = Script.saying("x", thinking="hm")
    whole = await chat(clients.at("/deepseek"), model="deepseek-v4-pro")
    assert whole.choices[0].message.reasoning_content == "hm"
    chunks = [chunk async for chunk in await chat(clients.at("/vllm/v1"), model="m", stream=True)]
    assert "hm" in [getattr(chunk.choices[0].delta, "reasoning", None) for chunk in chunks]


async def test_usage_can_be_made_up_or_left_out(sim: Simulator, client: Any) -> None:
    sim.script = Script.saying("x", usage=UsageOverride(input_tokens=500, cache_read_tokens=400))
    usage = (await chat(client)).usage
    assert (usage.prompt_tokens, usage.prompt_tokens_details.cached_tokens) == (500, 400)
    sim.script = Script.saying("x", report_usage=False)
    assert (await chat(client)).usage is None


async def test_gemini_puts_its_errors_into_a_list(sim: Simulator, clients: Clients) -> None:
    import openai

    sim.script = Script.failing(FaultKind.RATE_LIMIT)
    with pytest.raises(openai.RateLimitError) as caught:
        await chat(clients.at("/gemini/v1beta/openai"), model="gemini-3.8-flash")
    assert isinstance(caught.value.response.json(), list)


async def test_models_are_listed(clients: Clients) -> None:
    assert LUNA in [model.id for model in (await clients.at("/v1").models.list()).data]
    assert [model.id for model in (await clients.at("/deepseek").models.list()).data] == [
        "deepseek-flash",
        "deepseek-v4-pro",
    ]


async def test_unknown_names_are_404_when_asked_for(clients: Clients) -> None:
    import openai

    async with Simulator(known_models_only=True) as strict:
        made = Clients(strict)
        with pytest.raises(openai.NotFoundError) as caught:
            await chat(made.at("/v1"), model="gpt-nonsense")
        assert caught.value.code == "model_not_found"
        await made.aclose()
