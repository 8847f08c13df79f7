"""Every adapter, pointed at a simulator: what the wire tests of the providers share."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self

from tierwise.core.models import (
    ChatPrompt,
    FimPrompt,
    Finished,
    ModelRef,
    ModelRequest,
    Prompt,
    PromptBlock,
    RawPrompt,
    Speaker,
    StreamPart,
    TextDelta,
)
from tierwise.core.tasks import Role
from tierwise.providers.registry import ProviderRegistry
from tierwise.settings.facts import ModelFacts
from tierwise.settings.models import ProviderSettings, ResolvedModel

KEY = "sk-wire-0123456789abcdef"
CERTIFICATE = Path(__file__).parents[1] / "cases" / "providers" / "tls" / "loopback.pem"
ENVIRON = {"SIMULATED_KEY": KEY}

CHAT = ChatPrompt((PromptBlock(Speaker.SYSTEM, "Be brief."), PromptBlock(Speaker.USER, "Say something about parsers.")))
FIM = FimPrompt("def parse(text):\n    ", "\n    return tree\n", "parse.py", "demo")
RAW = RawPrompt("<|fim_prefix|>def parse(text):\n    <|fim_suffix|>\n    return tree\n<|fim_middle|>")


@dataclass(frozen=True)
class Adapter:
    """One row: settings, where the simulator plays it, a model that it has, and the kind of prompt that it takes."""

    kind: str
    path: str
    model: str
    prompt: Prompt
    key: bool = True
    dialect: str | None = None
    facts: dict[str, Any] = field(default_factory=dict)
    far: bool = False
    """Whether such a provider is elsewhere, and is to be asked as such though the simulator is here."""

    def resolved(self, base_url: str, facts: dict[str, Any] | None = None, **provider: Any) -> ResolvedModel:
        """The model, with its provider at ``base_url``."""
        settings: dict[str, Any] = {
            "kind": self.kind,
            "dialect": self.dialect,
            "base_url": base_url + self.path,
            "api_key_env": "SIMULATED_KEY" if self.key else None,
        }
        if self.far and base_url.startswith("http:"):
            settings["ca_bundle"] = str(CERTIFICATE)  # nothing that needs one is taken for a server of this machine
        return ResolvedModel(
            ModelRef("far", self.model),
            ProviderSettings.model_validate(settings | provider),
            ModelFacts.model_validate(self.facts | (facts or {})),
        )


ADAPTERS: dict[str, Adapter] = {
    "messages": Adapter("anthropic", "", "claude-haiku-5-5", CHAT, facts={"temperature": False}),
    "responses": Adapter("openai", "/v1", "gpt-6-luna", CHAT, facts={"temperature": False}),
    "chat": Adapter(
        "openai",
        "/v1",
        "gpt-6-luna",
        CHAT,
        facts={"api": "chat", "temperature": False, "max_tokens_field": "max_completion_tokens"},
    ),
    "compatible": Adapter("openai-compatible", "/groq/openai/v1", "llama-3.3-70b-versatile", CHAT),
    "infill": Adapter("fim", "/llama.cpp", "qwen2.5-coder", FIM, key=False, dialect="llama.cpp"),
    "ollama": Adapter("fim", "", "qwen2.5-coder:7b", FIM, key=False, dialect="ollama"),
    "mistral": Adapter("fim", "/mistral", "codestral-2508", FIM, dialect="mistral", far=True),
    "deepseek": Adapter("fim", "/deepseek/beta", "deepseek-flash", FIM, dialect="deepseek", far=True),
    "completions": Adapter("fim", "/vllm", "qwen2.5-coder-7b", RAW, key=False, dialect="completions"),
    "mercury-edit": Adapter("fim", "/inception", "mercury-edit-2", RAW, dialect="mercury-edit", far=True),
}


def request(adapter: Adapter, **fields: Any) -> ModelRequest:
    """A small request; time limits are far away unless a test sets them."""
    asked = ModelRequest(Role.COMPLETE, adapter.prompt, max_output_tokens=200, first_token_s=20.0, deadline_s=30.0)
    return replace(asked, **fields)


def stream(registry: ProviderRegistry, resolved: ResolvedModel, asked: ModelRequest) -> AsyncGenerator[StreamPart]:
    """The answer of the model."""
    return registry.client(resolved).stream(asked)


async def answer(registry: ProviderRegistry, resolved: ResolvedModel, asked: ModelRequest) -> tuple[str, Finished]:
    """The whole answer; checks that its parts keep the rules of the port."""
    async with aclosing(stream(registry, resolved, asked)) as parts:
        seen = [part async for part in parts]
    *deltas, last = seen
    assert isinstance(last, Finished), seen
    assert all(isinstance(delta, TextDelta) and delta.text for delta in deltas), seen
    return "".join(delta.text for delta in deltas if isinstance(delta, TextDelta)), last


class _Server:
    """A port of this machine for the length of a test. ``tls``: with the certificate that only tests trust."""

    def __init__(self, *, tls: bool = False) -> None:
        self._server: asyncio.Server | None = None
        self._tls = tls
        self._open: set[asyncio.StreamWriter] = set()
        self.connections = 0

    async def __aenter__(self) -> Self:
        context: ssl.SSLContext | None = None
        if self._tls:
            context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            context.load_cert_chain(CERTIFICATE)
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0, ssl=context)
        return self

    async def __aexit__(self, *exc: object) -> None:
        assert self._server is not None
        self._server.close()
        for writer in self._open:
            writer.transport.abort()  # from Python 3.12 on a server waits for its connections
        await self._server.wait_closed()

    @property
    def base_url(self) -> str:
        assert self._server is not None
        port = self._server.sockets[0].getsockname()[1]
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{port}"

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._open.add(writer)
        try:
            await self.serve(reader, writer)
        except (OSError, asyncio.IncompleteReadError):
            pass  # the client went away
        finally:
            self._open.discard(writer)
            writer.close()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        raise NotImplementedError


class Relay(_Server):
    """Passes bytes on to another port, and counts the connections it was given."""

    def __init__(self, port: int, *, tls: bool = False) -> None:
        super().__init__(tls=tls)
        self._target = port

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there_reader, there_writer = await asyncio.open_connection("127.0.0.1", self._target)
        await asyncio.gather(_pump(reader, there_writer), _pump(there_reader, writer))


class Abrupt(_Server):
    """Passes one request on to another port, and closes as soon as its answer is through: as llama.cpp does."""

    def __init__(self, port: int) -> None:
        super().__init__()
        self._target = port

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there_reader, there_writer = await asyncio.open_connection("127.0.0.1", self._target)
        try:
            there_writer.write(await _request(reader))
            writer.write(await there_reader.readuntil(b"0\r\n\r\n"))
            await writer.drain()
        finally:
            there_writer.close()


class Playback(_Server):
    """Answers every request with the same bytes in the given pieces, and keeps the first line of each request.

    ``linger``: the connection stays open after the last piece, as if more were to come.
    """

    def __init__(self, *pieces: bytes, linger: bool = False) -> None:
        super().__init__()
        self._pieces = pieces
        self._linger = linger
        self.asked: list[str] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked = await _request(reader)
        self.asked.append(asked.partition(b"\r\n")[0].decode())
        for piece in self._pieces:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0)
        if self._linger:
            await reader.read()  # until the client closes


def http(body: bytes, content_type: str = "text/event-stream", status: str = "200 OK") -> bytes:
    """A response that ends when its connection does."""
    return f"HTTP/1.1 {status}\r\ncontent-type: {content_type}\r\nconnection: close\r\n\r\n".encode() + body


async def _request(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readuntil(b"\r\n\r\n")
    length = next((line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), b":0")
    return head + await reader.readexactly(int(length.partition(b":")[2]))


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    finally:
        writer.close()
