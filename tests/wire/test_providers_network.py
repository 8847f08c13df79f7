"""Between here and the provider: proxies, certificates, redirects, nobody there, and streams of odd shapes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from providers_wire import ADAPTERS, CERTIFICATE, ENVIRON, Playback, Relay, answer, http, request

from tierwise.core.errors import BadRequest, Transient
from tierwise.core.models import FinishReason
from tierwise.providers.registry import ProviderRegistry
from tierwise.simulator import Script, Simulator

INFILL = ADAPTERS["infill"]
DONE = b'data: {"content": "", "stop": true, "stop_type": "eos", "tokens_predicted": 1, "tokens_evaluated": 2}\n\n'
X = b'data: {"content": "x", "stop": false}\n\n'


@pytest.fixture
async def registry(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[ProviderRegistry]:
    for variable in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(variable, raising=False)
        monkeypatch.delenv(variable.lower(), raising=False)
    found = ProviderRegistry(ENVIRON)
    yield found
    await found.aclose()


@pytest.mark.parametrize("name", ADAPTERS)
async def test_nobody_there(name: str, registry: ProviderRegistry) -> None:
    adapter = ADAPTERS[name]
    async with Playback() as gone:
        address = gone.base_url
    with pytest.raises(Transient) as caught:
        await answer(registry, adapter.resolved(address), request(adapter))
    assert f"cannot be reached at {address}: is the server running?" in str(caught.value)


@pytest.mark.parametrize("name", ADAPTERS)
async def test_a_redirect_is_not_followed(name: str, registry: ProviderRegistry) -> None:
    adapter = ADAPTERS[name]
    async with Playback() as elsewhere:
        location = f"HTTP/1.1 307 Temporary\r\nlocation: {elsewhere.base_url}/\r\ncontent-length: 0\r\n\r\n"
        async with Playback(location.encode()) as first:
            with pytest.raises(BadRequest, match="redirects elsewhere"):
                await answer(registry, adapter.resolved(first.base_url), request(adapter))
        assert elsewhere.asked == []


@pytest.mark.parametrize("name", ADAPTERS)
async def test_a_header_that_http_does_not_allow(name: str, registry: ProviderRegistry) -> None:
    adapter = ADAPTERS[name]
    async with Playback() as server:
        with pytest.raises(BadRequest) as caught:
            await answer(registry, adapter.resolved(server.base_url, headers={"x-bad": "a\nb"}), request(adapter))
    assert "a base_url or header that HTTP does not allow" in str(caught.value)


@pytest.mark.parametrize("name", ADAPTERS)
async def test_certificates(name: str, registry: ProviderRegistry) -> None:
    adapter = ADAPTERS[name]
    async with Simulator(Script.saying("x")) as sim, Relay(sim.port, tls=True) as relay:
        with pytest.raises(Transient, match=r"not trusted; see providers\.far\.ca_bundle"):
            await answer(registry, adapter.resolved(relay.base_url), request(adapter))
        trusting = adapter.resolved(relay.base_url, ca_bundle=str(CERTIFICATE))
        assert (await answer(registry, trusting, request(adapter)))[0] == "x"
        assert len(sim.requests) == 1


async def test_certificates_of_the_environment(registry: ProviderRegistry, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
    async with Simulator(Script.saying("x")) as sim, Relay(sim.port, tls=True) as relay:
        assert (await answer(registry, INFILL.resolved(relay.base_url), request(INFILL)))[0] == "x"


@pytest.mark.parametrize("name", ADAPTERS)
@pytest.mark.parametrize("source", ["settings", "environment"])
async def test_a_proxy(name: str, source: str, registry: ProviderRegistry, monkeypatch: pytest.MonkeyPatch) -> None:
    adapter = ADAPTERS[name]
    async with Playback(http(b'{"error": "no"}', "application/json", "503 Down")) as proxy:
        settings = {}
        if source == "settings":
            settings = {"proxy": proxy.base_url}
        else:
            monkeypatch.setenv("HTTP_PROXY", proxy.base_url)
        resolved = adapter.resolved("http://model.invalid", **settings)
        with pytest.raises(Transient, match="HTTP 503"):
            await answer(registry, resolved, request(adapter))
        assert proxy.asked[0].startswith(f"POST http://model.invalid{adapter.path}")


async def test_this_machine_is_not_reached_through_a_proxy_of_the_environment(
    registry: ProviderRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with Playback() as proxy, Simulator(Script.saying("x")) as sim:
        monkeypatch.setenv("HTTP_PROXY", proxy.base_url)
        assert (await answer(registry, INFILL.resolved(sim.base_url), request(INFILL)))[0] == "x"
        assert proxy.connections == 0


async def test_a_proxy_that_is_not_there(registry: ProviderRegistry) -> None:
    async with Playback() as gone:
        address = gone.base_url
    resolved = INFILL.resolved("http://model.invalid", proxy=address)
    with pytest.raises(Transient, match=r"cannot be reached at http://model\.invalid"):
        await answer(registry, resolved, request(INFILL))


CHUNK = b'data: {"choices":[{"delta":{"content":"x"},"finish_reason":"stop"}]}\n\n'
TEXT_CHUNK = b'data: {"choices":[{"text":"x","finish_reason":"stop"}]}\n\n'
END = b'event: message_delta\ndata: {"type":"message_delta","delta":{"stop_reason":"end_turn"}}\n\n'
NOISE = b": hello\n\nevent: ping\nid: 1\nretry: 5\n\ndata: []\n\ndata: 7\n\n"
LINES = http(b'{"response": "a\xc2\x85b\xe2\x80\xa8c"}\n\n{"response": "", "done": true}', "application/x-ndjson")

ODD: list[tuple[str, bytes, str, FinishReason]] = [
    ("infill", http(X + DONE), "x", FinishReason.STOP),
    ("infill", http((X + DONE).replace(b"\n", b"\r\n")), "x", FinishReason.STOP),
    ("infill", http(X + NOISE + DONE), "x", FinishReason.STOP),
    ("ollama", LINES, "a\x85b\u2028c", FinishReason.UNKNOWN),
    ("compatible", http(CHUNK + b"data: [DONE]\n\n"), "x", FinishReason.STOP),
    ("compatible", http(CHUNK), "x", FinishReason.STOP),
    ("completions", http(TEXT_CHUNK + b"data: [DONE]\n\n"), "x", FinishReason.STOP),
    ("messages", http(END), "", FinishReason.STOP),
]


@pytest.mark.parametrize(("name", "raw", "text", "reason"), ODD)
@pytest.mark.parametrize("torn", [False, True])
async def test_odd_streams(
    name: str, raw: bytes, text: str, reason: FinishReason, torn: bool, registry: ProviderRegistry
) -> None:
    pieces = [byte.to_bytes() for byte in raw] if torn else [raw]
    async with Playback(*pieces) as server:
        adapter = ADAPTERS[name]
        got, finished = await answer(registry, adapter.resolved(server.base_url), request(adapter))
    assert (got, finished.reason) == (text, reason)


LINGERING: list[tuple[str, bytes]] = [
    ("infill", X + DONE),
    ("compatible", CHUNK),
    (
        "responses",
        b'data: {"type":"response.output_text.delta","delta":"x"}\n\ndata: {"type":"response.completed"}\n\n',
    ),
]


@pytest.mark.parametrize(("name", "body"), LINGERING)
async def test_a_complete_answer_does_not_wait_for_a_server_that_lingers(
    name: str, body: bytes, registry: ProviderRegistry
) -> None:
    async with Playback(http(body), linger=True) as server:
        adapter = ADAPTERS[name]
        text, finished = await answer(registry, adapter.resolved(server.base_url), request(adapter))
    assert (text, finished.reason) == ("x", FinishReason.STOP)


NO_ANSWERS: list[tuple[str, bytes, str]] = [
    ("infill", http(b"<html>portal</html>", "text/html"), "The answer of"),
    ("infill", http(X), "broke off before its end"),
    ("infill", http(X + DONE[:-2]), "broke off before its end"),
    ("infill", http(b""), "ended before it began"),
    ("infill", http(b"data: \xff\xfe\n\n"), "is malformed"),
    ("compatible", http(b"data: [DONE]\n\n"), "ended before it began"),
    ("messages", http(b"<html>portal</html>", "text/html"), "ended before it began"),
    ("ollama", http(b"<html>", "text/html"), "is malformed"),
]


@pytest.mark.parametrize(("name", "raw", "words"), NO_ANSWERS)
async def test_what_is_no_answer(name: str, raw: bytes, words: str, registry: ProviderRegistry) -> None:
    async with Playback(raw) as server:
        adapter = ADAPTERS[name]
        with pytest.raises(Transient, match=words):
            await answer(registry, adapter.resolved(server.base_url), request(adapter))


GEMINI: list[tuple[Any, type[Exception]]] = [
    (b'[{"error": {"code": 400, "message": "m", "status": "INVALID_ARGUMENT"}}]', BadRequest),
    (b'[{"error": {"code": 503, "message": "m", "status": "UNAVAILABLE"}}]', Transient),
]


@pytest.mark.parametrize(("raw", "error"), GEMINI)
async def test_errors_in_a_list(raw: bytes, error: type[Exception], registry: ProviderRegistry) -> None:
    adapter = ADAPTERS["compatible"]
    async with Playback(http(b"data: " + raw + b"\n\n")) as server:
        with pytest.raises(error):
            await answer(registry, adapter.resolved(server.base_url), request(adapter))
