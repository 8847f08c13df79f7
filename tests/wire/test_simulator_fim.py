"""The FIM dialects and the local servers, over plain HTTP."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from tierwise.simulator import Fault, FaultKind, Reply, Rule, Script, Simulator, Wire

KEY = {"authorization": "Bearer k"}
TEXT = "    return größe\n"


@pytest.fixture
async def sim() -> AsyncIterator[Simulator]:
    async with Simulator(Script.saying(TEXT)) as running:
        yield running


@pytest.fixture
async def http(sim: Simulator) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=sim.base_url, verify=False) as made:
        yield made


def events(body: str) -> list[Any]:
    """The JSON of a stream of server-sent events."""
    lines = [line.removeprefix("data: ") for line in body.splitlines() if line.startswith("data: ")]
    return [json.loads(line) for line in lines if line != "[DONE]"]


async def post(http: httpx.AsyncClient, path: str, **body: Any) -> httpx.Response:
    return await http.post(path, json=body, headers=KEY)


async def test_infill_whole(http: httpx.AsyncClient) -> None:
    answer = (await post(http, "/infill", input_prefix="def f():\n", input_suffix="\n", n_predict=64)).json()
    assert (answer["content"], answer["stop"], answer["stop_type"]) == (TEXT, True, "eos")
    assert (answer["tokens_evaluated"], answer["tokens_predicted"]) == (4, 5)
    assert answer["timings"]["cache_n"] == 0
    assert answer["timings"]["prompt_n"] == 4


async def test_infill_streams_data_lines(http: httpx.AsyncClient) -> None:
    body = {"input_prefix": "def f():\n", "input_suffix": "\n", "stream": True}
    found = events((await post(http, "/infill", **body)).text)
    assert "".join(event["content"] for event in found) == TEXT
    assert [event["stop"] for event in found] == [False, False, True]
    assert found[-1]["tokens_cached"] == 8
    assert [event["tokens_predicted"] for event in found] == [3, 5, 5]


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"input_prefix": "x"}, "input_suffix"),
        ({"input_suffix": "x"}, "input_prefix"),
        ({"input_prefix": "x", "input_suffix": "", "input_extra": [{"filename": "a"}]}, "text"),
        ({"input_prefix": 5, "input_suffix": ""}, "input_prefix"),
    ],
)
async def test_infill_refuses_half_a_request(http: httpx.AsyncClient, body: dict[str, Any], says: str) -> None:
    answer = await post(http, "/infill", **body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, 400)
    assert says in answer.json()["error"]["message"]


async def test_a_slot_reuses_what_stayed_the_same(http: httpx.AsyncClient) -> None:
    async def reused(prefix: str, **more: Any) -> int:
        body = {"input_prefix": prefix, "input_suffix": "end", "n_predict": 8, **more}
        return (await post(http, "/infill", **body)).json()["timings"]["cache_n"]

    code = "x = 1\n" * 200
    assert await reused(code, id_slot=0) == 0
    assert await reused(code + "y", id_slot=0) == 300
    assert await reused(code + "y", id_slot=0, cache_prompt=False) == 0
    assert await reused(code + "y", id_slot=1) == 0


async def test_a_long_prefix_slides_out_of_the_cache_as_it_does_in_the_server(http: httpx.AsyncClient) -> None:
    async def asked(prefix: str) -> dict[str, Any]:
        body = {"input_prefix": prefix, "input_suffix": "s" * 9_000, "n_predict": 8}
        return (await post(http, "/infill", **body)).json()

    code = "".join(f"line {number}\n" for number in range(2_000))
    first = await asked(code)
    assert first["tokens_evaluated"] == 1_536 + 510
    assert (await asked(code + "more\n"))["timings"]["cache_n"] == 0


async def test_the_current_line_follows_the_prefix_and_takes_room_from_the_suffix(
    http: httpx.AsyncClient, sim: Simulator
) -> None:
    body = {"input_prefix": "def f():\n", "prompt": "    return ", "input_suffix": "s" * 9_000, "n_predict": 0}
    answer = (await post(http, "/infill", **body)).json()
    assert answer["tokens_evaluated"] == 5 + (512 - 2 - 3)
    assert (answer["tokens_predicted"], answer["stop_type"]) == (1, "limit")
    sim.script = Script(rules=(Rule(ends_with="():\n    return ", reply=Reply(text="found")),))
    assert (await post(http, "/infill", **{**body, "n_predict": 9})).json()["content"] == "found"


async def test_a_prompt_beyond_the_context_is_refused(http: httpx.AsyncClient) -> None:
    for path, body in (
        ("/llama.cpp/v1/completions", {"prompt": "x" * 40_000}),
        ("/llama.cpp/v1/chat/completions", {"messages": [{"role": "user", "content": "x" * 40_000}]}),
        ("/llama.cpp/v1/messages", {"messages": [{"role": "user", "content": "x" * 40_000}]}),
    ):
        answer = await post(http, path, **body)
        assert answer.status_code == 400
        assert "exceeds the available context size (8192 tokens)" in answer.text


async def test_extra_files_come_first_and_keep_their_end(http: httpx.AsyncClient, sim: Simulator) -> None:
    extra = [{"filename": "a.py", "text": "a = 1\n" * 8_000}]
    body = {"input_prefix": "p" * 8, "input_suffix": "s" * 8, "input_extra": extra, "n_predict": 100}
    answer = (await post(http, "/infill", **body)).json()
    assert answer["tokens_evaluated"] == (8_192 - 2_048 - 200) + 2 + 2
    assert sim.requests[0].text.startswith("a.py\na = 1\n")


async def test_llama_cpp_tells_how_it_is(http: httpx.AsyncClient) -> None:
    assert (await http.get("/health")).json() == {"status": "ok"}
    assert (await http.get("/props")).json()["total_slots"] == 4
    await post(http, "/infill", input_prefix="x" * 40, input_suffix="", id_slot=2)
    assert [slot.get("n_prompt_tokens") for slot in (await http.get("/slots")).json()] == [None, None, 10, None]
    assert (await http.get("/llama.cpp/nothing")).json()["error"] == {
        "code": 404,
        "message": "File Not Found",
        "type": "not_found_error",
    }


async def test_ollama_streams_lines_unless_told_otherwise(http: httpx.AsyncClient) -> None:
    body = {"model": "qwen2.5-coder:7b", "prompt": "def f():\n", "suffix": "\n"}
    lines = [json.loads(line) for line in (await post(http, "/api/generate", **body)).text.splitlines()]
    assert "".join(line["response"] for line in lines) == TEXT
    assert [line["done"] for line in lines] == [False, False, True]
    assert (lines[-1]["done_reason"], lines[-1]["prompt_eval_count"], lines[-1]["eval_count"]) == ("stop", 4, 5)
    whole = (await post(http, "/api/generate", **body, stream=False)).json()
    assert (whole["response"], whole["prompt_eval_cached_count"]) == (TEXT, 3)


async def test_ollama_limits_and_loading(http: httpx.AsyncClient) -> None:
    short = {"model": "m", "prompt": "x", "stream": False, "options": {"num_predict": 2, "stop": ["zz"]}}
    answer = (await post(http, "/api/generate", **short)).json()
    assert (answer["response"], answer["done_reason"]) == (TEXT[:8], "length")
    stopped = {"model": "m", "prompt": "x", "stream": False, "options": {"stop": ["größe"]}}
    assert (await post(http, "/api/generate", **stopped)).json()["response"] == "    return "
    loaded = (await post(http, "/api/generate", model="m", stream=False)).json()
    assert (loaded["response"], loaded["done_reason"]) == ("", "load")
    assert (await http.get("/api/tags")).json()["models"][0]["name"] == "qwen2.5-coder:7b"
    assert (await http.get("/api/version")).json()["version"]


async def test_ollama_errors_are_a_string(http: httpx.AsyncClient, sim: Simulator) -> None:
    sim.script = Script.failing(FaultKind.NOT_FOUND, message="model 'm' not found")
    answer = await post(http, "/api/generate", model="m", prompt="x")
    assert (answer.status_code, answer.json()) == (404, {"error": "model 'm' not found"})


async def test_mistral_answers_fim_as_a_chat(http: httpx.AsyncClient) -> None:
    body = {"model": "codestral-2508", "prompt": "def f():\n", "suffix": "\n", "max_tokens": 64}
    whole = (await post(http, "/v1/fim/completions", **body)).json()
    assert whole["choices"][0]["message"]["content"] == TEXT
    assert whole["usage"]["prompt_tokens"] == 4
    chunks = events((await post(http, "/v1/fim/completions", **body, stream=True)).text)
    assert "".join(chunk["choices"][0]["delta"].get("content", "") for chunk in chunks) == TEXT
    assert chunks[-1]["usage"]["completion_tokens"] == 5
    refused = await post(http, "/v1/fim/completions", **body, nonsense=1)
    assert (refused.status_code, refused.json()["object"]) == (422, "error")


async def test_deepseek_answers_fim_as_a_completion(http: httpx.AsyncClient) -> None:
    body = {"model": "deepseek-flash", "prompt": "x" * 800, "suffix": "\n", "max_tokens": 64}
    whole = (await post(http, "/beta/completions", **body)).json()
    assert whole["choices"][0]["text"] == TEXT
    again = (await post(http, "/beta/completions", **{**body, "suffix": "other"})).json()
    assert again["usage"]["prompt_cache_hit_tokens"] == 0
    third = (await post(http, "/beta/completions", **{**body, "suffix": "third"})).json()
    assert third["usage"]["prompt_cache_hit_tokens"] == 200
    assert (await post(http, "/beta/completions", **{**body, "max_tokens": 5_000})).status_code == 400


async def test_plain_completions_differ_in_the_suffix(http: httpx.AsyncClient, sim: Simulator) -> None:
    body = {"model": "m", "prompt": "<fim_prefix>x", "max_tokens": 64}
    for path in ("/v1/completions", "/vllm/v1/completions"):
        refused = await post(http, path, **body, suffix="y")
        assert refused.status_code == 400
        assert refused.json()["error"]["message"] == "suffix is not currently supported"
    overlooked = (await post(http, "/llama.cpp/v1/completions", **body, suffix="y")).json()
    assert overlooked["usage"]["prompt_tokens"] == 4
    assert "timings" in overlooked
    assert sim.requests[-1].text == "<fim_prefix>x"


async def test_plain_completions_stream_and_stop(http: httpx.AsyncClient) -> None:
    body = {"model": "m", "prompt": "x", "max_tokens": 64, "stream": True, "stream_options": {"include_usage": True}}
    chunks = events((await post(http, "/v1/completions", **body, stop=["\n"])).text)
    assert "".join(chunk["choices"][0]["text"] for chunk in chunks if chunk["choices"]) == TEXT[:-1]
    assert chunks[-1]["usage"] == {"prompt_tokens": 1, "completion_tokens": 5, "total_tokens": 6}
    unlimited = (await post(http, "/v1/completions", model="m", prompt="x")).json()
    assert unlimited["choices"][0]["finish_reason"] == "stop"


async def test_without_a_limit_a_plain_completion_is_short(http: httpx.AsyncClient, sim: Simulator) -> None:
    sim.script = Script.saying("abcd" * 20)
    short = (await post(http, "/v1/completions", model="m", prompt="x")).json()
    assert (short["usage"]["completion_tokens"], short["choices"][0]["finish_reason"]) == (16, "length")
    whole = (await post(http, "/llama.cpp/v1/completions", model="m", prompt="x")).json()
    assert whole["usage"]["completion_tokens"] == 20


async def test_the_completions_provider_is_a_choice() -> None:
    async with (
        Simulator(completions="llama.cpp") as sim,
        httpx.AsyncClient(base_url=sim.base_url, verify=False) as http,
    ):
        assert (await post(http, "/v1/completions", model="m", prompt="x", suffix="y")).status_code == 200


async def test_one_provider_can_stand_alone() -> None:
    async with Simulator(provider="ollama") as sim, httpx.AsyncClient(base_url=sim.base_url, verify=False) as http:
        assert (await http.get("/api/tags")).status_code == 200
        assert (await http.get("/v1/models")).json()["data"][0]["owned_by"] == "ollama"
        assert (await http.get("/props")).status_code == 404
        assert (await http.get("/ollama/api/tags")).status_code == 404


async def test_a_reply_can_continue_the_true_text(http: httpx.AsyncClient, sim: Simulator) -> None:
    truth = "def add(a, b):\n    return a + b\n\nprint(add(1, 2))\n"

    def middle(call: Any) -> Reply:
        return Reply(text=truth[len(call.prefix) : len(truth) - len(call.suffix)])

    sim.script = Script(rules=(Rule(wire=Wire.INFILL, ends_with="return ", reply=middle),))
    body = {"input_prefix": truth[:26], "input_suffix": truth[31:]}
    assert (await post(http, "/infill", **body)).json()["content"] == "a + b"


FIM = [
    ("/infill", {"input_prefix": "x", "input_suffix": "y"}),
    ("/api/generate", {"model": "m", "prompt": "x", "suffix": "y"}),
    ("/v1/completions", {"model": "m", "prompt": "x", "max_tokens": 64}),
    ("/beta/completions", {"model": "m", "prompt": "x", "suffix": "y"}),
    ("/v1/fim/completions", {"model": "m", "prompt": "x", "suffix": "y"}),
]


@pytest.mark.parametrize(("path", "body"), FIM)
async def test_every_dialect_has_the_faults(
    http: httpx.AsyncClient, sim: Simulator, path: str, body: dict[str, Any]
) -> None:
    async def streamed(kind: FaultKind) -> str:
        sim.script = Script.saying("größe zwei", fault=Fault(kind=kind))
        return (await post(http, path, **body, stream=True)).text

    plain = await streamed(FaultKind.EMPTY)
    assert "gr" not in plain
    for kind in (FaultKind.DRIP, FaultKind.SPLIT_UTF8, FaultKind.NOISE):
        assert "größe" in await streamed(kind)
    assert "Simulated: overloaded" in await streamed(FaultKind.ERROR_EVENT)
    broken = (await streamed(FaultKind.MALFORMED_EVENT)).splitlines()
    assert any(not _is_json(line.removeprefix("data: ")) for line in broken if line and line != "data: [DONE]")
    first_finished = await streamed(FaultKind.FINISH_FIRST)
    assert first_finished.index("stop") < first_finished.index("größe")
    with pytest.raises(httpx.RemoteProtocolError):
        await streamed(FaultKind.CUT_MID_STREAM)
    sim.script = Script.failing(FaultKind.RATE_LIMIT, retry_after_s=3)
    limited = await post(http, path, **body)
    assert (limited.status_code, limited.headers["retry-after"]) == (429, "3")


def _is_json(line: str) -> bool:
    try:
        json.loads(line)
    except ValueError:
        return False
    return True
