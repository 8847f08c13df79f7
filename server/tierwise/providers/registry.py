"""From a resolved model to a client: which connection and which wire format each kind of provider has.

Owner of the connections: one per provider settings and key, shared by all models behind them, closed by ``aclose``.
A new kind of provider is one adapter and one line here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass

from cachetools import LRUCache

from tierwise.core.errors import ConfigError
from tierwise.core.models import ModelClient
from tierwise.providers.client import WireClient
from tierwise.providers.connections.addresses import base_url
from tierwise.providers.connections.anthropic_sdk import AnthropicConnection
from tierwise.providers.connections.base import UNUSABLE, Connection
from tierwise.providers.connections.local import LocalConnection, is_local
from tierwise.providers.connections.openai_sdk import OpenAIConnection
from tierwise.providers.connections.remote import RemoteConnection
from tierwise.providers.wires.base import Wire
from tierwise.providers.wires.chat import ChatWire
from tierwise.providers.wires.fim import (
    CompletionsWire,
    DeepSeekWire,
    InfillWire,
    MercuryEditWire,
    MistralWire,
    OllamaWire,
)
from tierwise.providers.wires.messages import MessagesWire
from tierwise.providers.wires.responses import ResponsesWire
from tierwise.settings.models import FimDialect, ProviderKind, ProviderSettings, ResolvedModel

_FOUND = 64
"""Settings of providers, as the objects they are, whose connection is known without comparing them."""


class ProviderRegistry:
    """Clients for resolved models. ``environ`` is where API keys are looked up, by the names that settings give."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self._connections: dict[tuple[str, str], Connection] = {}
        self._found: LRUCache[int, tuple[ProviderSettings, str, Connection]] = LRUCache(_FOUND)

    def client(self, resolved: ResolvedModel) -> ModelClient:
        """A client for the model. Cheap, imports and connects nothing. Raises ConfigError for a provider that has no
        address or cannot be called.
        """
        connection = self._connection(resolved)
        return WireClient(resolved, connection, _adapter(resolved).wire(resolved))

    async def warm(self, models: Iterable[ResolvedModel]) -> None:
        """Import what these models need and make their HTTP clients, off the event loop. Sends nothing. What cannot
        work is left for the first request, which says why.
        """
        found: dict[int, Connection] = {}
        for resolved in models:
            with suppress(ConfigError):
                connection = self._connection(resolved)
                found[id(connection)] = connection
        await asyncio.gather(*map(_open, found.values()))

    async def aclose(self) -> None:
        """Close every connection. Clients must not be used afterwards."""
        connections, self._connections = self._connections, {}
        self._found.clear()
        await asyncio.gather(*(connection.aclose() for connection in connections.values()))

    def _connection(self, resolved: ResolvedModel) -> Connection:
        settings = resolved.provider
        key = (self._environ.get(settings.api_key_env) or "").strip() if settings.api_key_env else ""
        found = self._found.get(id(settings))
        if found is not None and found[0] is settings and found[1] == key:
            return found[2]
        name = (settings.model_dump_json(), key)
        connection = self._connections.get(name)
        if connection is None:
            connection = _adapter(resolved).connect(settings, key, base_url(resolved.ref.provider, settings))
            self._connections[name] = connection
        self._found[id(settings)] = settings, key, connection
        return connection


@dataclass(frozen=True, slots=True)
class _Adapter:
    connect: Callable[[ProviderSettings, str, str], Connection]
    wire: Callable[[ResolvedModel], Wire]


def _plain(settings: ProviderSettings, key: str, address: str) -> Connection:
    kind = LocalConnection if is_local(settings, address) else RemoteConnection
    return kind(settings, key, address)


def _openai_wire(resolved: ResolvedModel) -> Wire:
    return ChatWire() if resolved.facts.api == "chat" else ResponsesWire()


def _fim_wire(resolved: ResolvedModel) -> Wire:
    dialect = resolved.provider.dialect
    if dialect is None:
        known = ", ".join(FimDialect)
        raise ConfigError(f"providers.{resolved.ref.provider}.dialect is missing: one of {known}")
    return _FIM_WIRES[dialect]()


_FIM_WIRES: dict[FimDialect, Callable[[], Wire]] = {
    FimDialect.LLAMA_CPP: InfillWire,
    FimDialect.OLLAMA: OllamaWire,
    FimDialect.MISTRAL: MistralWire,
    FimDialect.DEEPSEEK: DeepSeekWire,
    FimDialect.COMPLETIONS: CompletionsWire,
    FimDialect.MERCURY_EDIT: MercuryEditWire,
}

_ADAPTERS: dict[ProviderKind, _Adapter] = {
    ProviderKind.ANTHROPIC: _Adapter(AnthropicConnection, lambda _: MessagesWire()),
    ProviderKind.OPENAI: _Adapter(OpenAIConnection, _openai_wire),
    ProviderKind.OPENAI_COMPATIBLE: _Adapter(OpenAIConnection, lambda _: ChatWire()),
    ProviderKind.FIM: _Adapter(_plain, _fim_wire),
}


def _adapter(resolved: ResolvedModel) -> _Adapter:
    found = _ADAPTERS.get(resolved.provider.kind)
    if found is None:
        raise ConfigError(
            f"Provider {resolved.ref.provider} ({resolved.provider.kind}) runs here and is called by no wire"
        )
    return found


async def _open(connection: Connection) -> None:
    with suppress(*UNUSABLE):
        await connection.open()
