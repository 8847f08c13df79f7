"""HTTP details and control of the socket: what arrives byte by byte, what is refused, what is recorded."""

from __future__ import annotations

import asyncio
import json
import re
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from typing import Any

import httpx
import pytest

from tierwise.core.errors import Declined, UsageError
from tierwise.simulator import Fault, FaultKind, Reply, Rule, Script, Simulator, Wire

CHAT = {"model": "gpt-6-luna", "messages": [{"role": "user", "content": "hello"}]}
STREAM = {**CHAT, "stream": True}
KEY = {"authorization": "Bearer k"}


@pytest.fixture
async def sim() -> AsyncIterator[Simulator]:
    async with Simulator() as running:
        yield running


@pytest.fixture
async def http(sim: Simulator) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=sim.base_url, headers=KEY, verify=False) as made:
        yield made


def raw_request(body: dict[str, Any], host: str = "127.0.0.1", *, size: int | None = None) -> bytes:
    data = json.dumps(body).encode()
    head = f"POST /v1/chat/completions HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer k\r\n"
    return f"{head}Content-Length: {size or len(data)}\r\n\r\n".encode() + data


Raw = Callable[[Simulator, bytes], Awaitable[tuple[asyncio.StreamReader, asyncio.StreamWriter]]]


@pytest.fixture
async def raw() -> AsyncIterator[Raw]:
    """Open a socket and send bytes; closed after the test."""
    opened: list[asyncio.StreamWriter] = []

    async def send(sim: Simulator, data: bytes) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader, writer = await asyncio.open_connection("127.0.0.1", sim.port)
        opened.append(writer)
        writer.write(data)
        await writer.drain()
        return reader, writer

    yield send
    for writer in opened:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


async def test_each_event_is_a_chunk_of_its_own(sim: Simulator, raw: Raw) -> None:
    sim.script = Script.saying("one two")
    reader, _ = await raw(sim, raw_request(STREAM))
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    assert b"transfer-encoding: chunked" in head
    assert b"content-type: text/event-stream" in head
    sizes = []
    while size := int(await reader.readline(), 16):
        event = await reader.readexactly(size + 2)
        assert event.startswith(b"data: ")
        assert event.endswith(b"\n\n\r\n")
        sizes.append(size)
    assert len(sizes) == 5
    assert sim.requests[0].bytes_sent == sum(sizes)


async def test_a_drip_tears_characters(sim: Simulator, http: httpx.AsyncClient) -> None:
    sim.script = Script.saying("ü", fault=Fault(kind=FaultKind.DRIP))
    async with http.stream("POST", "/v1/chat/completions", json=STREAM) as answer:
        pieces = [piece async for piece in answer.aiter_raw()]
    assert all(len(piece) == 1 for piece in pieces)
    assert "ü" in b"".join(pieces).decode()


async def test_a_split_falls_into_a_character(sim: Simulator, http: httpx.AsyncClient) -> None:
    sim.script = Script.saying("grüße", fault=Fault(kind=FaultKind.SPLIT_UTF8))
    async with http.stream("POST", "/v1/chat/completions", json=STREAM) as answer:
        pieces = [piece async for piece in answer.aiter_raw()]
    assert any(piece.startswith("ü".encode()[1:]) for piece in pieces)


async def test_whole_answers_have_faults_too(sim: Simulator, http: httpx.AsyncClient) -> None:
    sim.script = Script.saying("x", fault=Fault(kind=FaultKind.GARBAGE))
    garbage = await http.post("/v1/chat/completions", json=CHAT)
    assert garbage.status_code == 200
    with pytest.raises(ValueError, match="Expecting value"):
        garbage.json()
    sim.script = Script.saying("x", fault=Fault(kind=FaultKind.MALFORMED_EVENT))
    with pytest.raises(ValueError, match="line 1"):
        (await http.post("/v1/chat/completions", json=CHAT)).json()
    for kind in (FaultKind.CUT_MID_STREAM, FaultKind.CUT_BEFORE_FIRST_TOKEN, FaultKind.CUT_BEFORE_HEADERS):
        sim.script = Script.saying("x", fault=Fault(kind=kind))
        with pytest.raises(httpx.RemoteProtocolError):
            await http.post("/v1/chat/completions", json=CHAT)
    assert [seen.closed_by_client for seen in sim.requests] == [False] * 5


async def test_later_faults_strike_later(sim: Simulator, http: httpx.AsyncClient) -> None:
    for after, text in ((0, ""), (2, "one two"), (9, "one two three")):
        sim.script = Script.saying("one two three", fault=Fault(kind=FaultKind.CUT_MID_STREAM, after=after))
        found = [""]
        with pytest.raises(httpx.RemoteProtocolError):
            await read_text(http, found)
        assert found == [text]


async def read_text(http: httpx.AsyncClient, into: list[str]) -> None:
    """Keep the text that arrives, whatever ends it."""
    async with http.stream("POST", "/v1/chat/completions", json=STREAM) as answer:
        async for line in answer.aiter_lines():
            if line.startswith("data: {"):
                into[0] += json.loads(line[6:])["choices"][0]["delta"].get("content", "")


async def test_requests_on_one_connection_are_answered_in_turn(sim: Simulator, raw: Raw) -> None:
    sim.script = Script(rules=(Rule(reply=lambda call: call.text),))
    texts = ["first", "second", "third"]
    bodies = [{**CHAT, "messages": [{"role": "user", "content": text}]} for text in texts]
    reader, _ = await raw(sim, b"".join(raw_request(body) for body in bodies))
    for text in texts:
        head = await reader.readuntil(b"\r\n\r\n")
        size = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length"))
        body = json.loads(await reader.readexactly(int(size.split(b":")[1])))
        assert body["choices"][0]["message"]["content"] == text


async def test_a_client_that_waits_for_a_go_ahead_gets_it(sim: Simulator, raw: Raw) -> None:
    head, _, body = raw_request(CHAT).partition(b"\r\n\r\n")
    reader, writer = await raw(sim, head + b"\r\nExpect: 100-continue\r\n\r\n")
    assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 \r\n\r\n"
    writer.write(body)
    assert (await reader.readline()).startswith(b"HTTP/1.1 200")


async def test_a_client_that_leaves_before_its_request_is_whole_is_forgotten(sim: Simulator, raw: Raw) -> None:
    _, writer = await raw(sim, raw_request(CHAT, size=10_000))
    writer.close()
    await writer.wait_closed()
    async with httpx.AsyncClient(base_url=sim.base_url, headers=KEY, verify=False) as http:
        await http.post("/v1/chat/completions", json=CHAT)
    assert len(sim.requests) == 1


async def test_nonsense_closes_the_connection(sim: Simulator, raw: Raw) -> None:
    reader, _ = await raw(sim, b"\x00\x01 hello\r\n\r\n")
    assert await reader.read() == b""
    assert sim.requests == []


async def test_foreign_hosts_are_not_answered(sim: Simulator, raw: Raw) -> None:
    reader, _ = await raw(sim, raw_request(CHAT, host="evil.example"))
    assert (await reader.readline()).startswith(b"HTTP/1.1 403")
    assert sim.requests == []


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the machine has no second loopback address")
async def test_only_one_address_is_bound(sim: Simulator) -> None:
    assert sim.base_url == f"http://127.0.0.1:{sim.port}"
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.2", sim.port)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "/v1/v1/messages", 404),
        ("POST", "/v1/nothing", 404),
        ("GET", "/v1/messages", 405),
        ("POST", "/v1/models", 405),
        ("POST", "/deepseek/v1/messages", 404),
        ("POST", "/nobody/v1/messages", 404),
        ("GET", "/simulator/nothing", 404),
    ],
)
async def test_only_the_right_path_and_method_are_answered(
    http: httpx.AsyncClient, method: str, path: str, status: int
) -> None:
    assert (await http.request(method, path, json={})).status_code == status


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"x"', b"\xff\xfe"])
async def test_a_body_that_is_no_object_is_refused(http: httpx.AsyncClient, body: bytes) -> None:
    answer = await http.post("/v1/chat/completions", content=body)
    assert answer.status_code == 400
    assert "JSON" in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    "change",
    [
        {"model": None},
        {"model": 5},
        {"messages": "hello"},
        {"messages": [5]},
        {"messages": [{"role": "user", "content": 5}]},
        {"stream": "yes"},
        {"max_completion_tokens": "many"},
        {"max_completion_tokens": 0},
        {"stop": [1], "reasoning_effort": "none"},
        {"response_format": "json"},
        {"prompt_cache_options": []},
        {"tools": {}},
    ],
)
async def test_fields_of_the_wrong_type_are_refused(http: httpx.AsyncClient, change: dict[str, Any]) -> None:
    answer = await http.post("/v1/chat/completions", json={**CHAT, **change})
    assert answer.status_code == 400, answer.text
    assert answer.json()["error"]["message"]


async def test_a_request_beyond_the_limit_is_too_large(http: httpx.AsyncClient, sim: Simulator) -> None:
    huge = b'{"model": "' + b"x" * (32 * 1024 * 1024) + b'"}'
    answer = await http.post("/v1/messages", content=huge, headers={"anthropic-version": "2026-10-21"})
    assert (answer.status_code, answer.json()["error"]["type"]) == (413, "request_too_large")


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/v1/messages", 401),
        ("/v1/chat/completions", 401),
        ("/v1/responses", 401),
        ("/v1/models", 401),
        ("/v1/fim/completions", 401),
        ("/beta/completions", 401),
        ("/gemini/v1beta/openai/chat/completions", 400),
        ("/v1/completions", 400),
        ("/infill", 400),
        ("/vllm/v1/chat/completions", 400),
        ("/ollama/v1/chat/completions", 400),
    ],
)
async def test_who_asks_for_a_key(sim: Simulator, path: str, status: int) -> None:
    async with httpx.AsyncClient(base_url=sim.base_url, verify=False) as http:
        answer = await http.request("GET" if path.endswith("models") else "POST", path, json={})
        assert answer.status_code == status
        asked = status == 401 or "gemini" in path
        assert (re.search("API key|api-key|Unauthorized|Auth", answer.text) is not None) is asked


async def test_delays_are_kept_and_stop_with_the_client(sim: Simulator, http: httpx.AsyncClient) -> None:
    sim.script = Script.saying("x", first_token_ms=3_600_000)
    asking = asyncio.create_task(http.post("/v1/chat/completions", json=STREAM))
    (seen,) = await sim.wait_for_requests(1, wire=Wire.CHAT)
    assert seen.first_token is None
    asking.cancel()
    assert await sim.wait_closed(seen)
    assert seen.use is None
    sim.script = Script.saying("one two", first_token_ms=1, token_ms=1)
    assert (await http.post("/v1/chat/completions", json=CHAT)).status_code == 200


async def test_a_very_long_answer_waits_for_a_slow_reader(sim: Simulator, http: httpx.AsyncClient, raw: Raw) -> None:
    long = Reply(chunks=("x" * 1_000_000,), repeat=40, ignore_limits=True)
    sim.script = Script(rules=(Rule(times=1, reply=long), Rule(reply=Reply(text="short"))))
    reader, _ = await raw(sim, raw_request(STREAM))
    (seen,) = await sim.wait_for_requests(1)
    await sim.wait_first_token(seen)
    assert (await http.post("/v1/chat/completions", json=CHAT)).status_code == 200
    assert not seen.done
    total, end = 0, b""
    while b"[DONE]" not in end:
        piece = await reader.read(1 << 20)
        total, end = total + len(piece), (end + piece)[-100:]
    await sim.wait_finished(seen)
    assert seen.output_tokens == 40 * 1_000_000 // 4
    assert total > 40_000_000


async def test_the_simulator_closes_what_still_hangs(raw: Raw) -> None:
    async with Simulator(Script.failing(FaultKind.HANG_AFTER_HEADERS)) as sim:
        reader, _ = await raw(sim, raw_request(STREAM))
        await reader.readuntil(b"\r\n\r\n")
        (seen,) = await sim.wait_for_requests(1)
    assert seen.done
    assert not seen.closed_by_client
    assert await reader.read() == b""


async def test_waiting_has_an_end(sim: Simulator) -> None:
    with pytest.raises(TimeoutError):
        await sim.wait_for_requests(1, timeout_s=0.01)


async def test_it_can_be_steered_from_outside(http: httpx.AsyncClient, sim: Simulator) -> None:
    set_script = await http.post("/simulator/script", json={"rules": [{"reply": {"text": "steered"}}]})
    assert set_script.json() == {"rules": 1}
    answer = await http.post("/v1/chat/completions", json=CHAT)
    assert answer.json()["choices"][0]["message"]["content"] == "steered"
    (seen,) = (await http.get("/simulator/requests")).json()
    assert (seen["wire"], seen["model"], seen["text"], seen["status"], seen["rule"]) == (
        "chat",
        "gpt-6-luna",
        "hello",
        200,
        0,
    )
    assert seen["headers"]["authorization"] == "[redacted]"
    assert (seen["use"]["input_tokens"], seen["output_tokens"], seen["closed_by_client"]) == (2, 2, False)
    wrong = await http.post("/simulator/script", json={"rules": [{"modle": "x"}]})
    assert (wrong.status_code, "rules.0.modle" in wrong.json()["error"]) == (400, True)
    await http.post("/simulator/reset")
    assert (await http.get("/simulator/requests")).json() == []
    assert sim.script.rules[0].reply == Reply(text="steered")


async def test_reset_forgets_caches_and_counts(http: httpx.AsyncClient, sim: Simulator) -> None:
    sim.script = Script(rules=(Rule(times=1, reply=Reply(text="once")), Rule(reply=Reply(text="then"))))
    long = {**CHAT, "messages": [{"role": "user", "content": "x" * 8_000}], "prompt_cache_key": "k"}

    async def asked() -> tuple[str, int]:
        answer = (await http.post("/v1/chat/completions", json=long)).json()
        cached = answer["usage"]["prompt_tokens_details"]["cached_tokens"]
        return answer["choices"][0]["message"]["content"], cached

    assert [await asked(), await asked()] == [("once", 0), ("then", 2_000)]
    sim.reset()
    assert await asked() == ("once", 0)


async def test_a_cache_entry_is_not_there_before_the_first_token(http: httpx.AsyncClient, sim: Simulator) -> None:
    long = {**STREAM, "messages": [{"role": "user", "content": "x" * 8_000}], "prompt_cache_key": "k"}
    sim.script = Script(
        rules=(Rule(times=1, reply=Reply(text="x", first_token_ms=3_600_000)), Rule(reply=Reply(text="y")))
    )
    slow = asyncio.create_task(http.post("/v1/chat/completions", json=long))
    await sim.wait_for_requests(1)
    await http.post("/v1/chat/completions", json=long)
    await http.post("/v1/chat/completions", json=long)
    slow.cancel()
    reads = [seen.use.read_tokens for seen in sim.requests if seen.use is not None]
    assert reads == [0, 2_000]
    assert await sim.wait_closed(sim.requests[0])


async def test_a_taken_port_and_an_unknown_provider_are_said(sim: Simulator) -> None:
    with pytest.raises(Declined, match=f"cannot listen on 127.0.0.1:{sim.port}"):
        await Simulator(port=sim.port).start()
    with pytest.raises(UsageError, match="no provider 'nobody'"):
        Simulator(provider="nobody")
