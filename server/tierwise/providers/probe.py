"""Is a provider there, how far away, and which models has it; which model servers run on this machine.

Owner of no state. Only asks for lists of models: it spends no tokens, loads no model and shows no key.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from tierwise.core.errors import ProviderError
from tierwise.core.models import ModelRequest, RawPrompt
from tierwise.core.tasks import Role
from tierwise.providers.connections.addresses import base_url, endpoint
from tierwise.providers.connections.base import UNUSABLE, transport_error, unusable
from tierwise.providers.connections.http_client import http_client
from tierwise.providers.errors import Call, from_status, missing_key
from tierwise.providers.wires.base import mapping, text_of
from tierwise.settings.local import LocalServer, LocalServerKind
from tierwise.settings.models import FimDialect, ProviderKind, ProviderSettings, ResolvedModel

if TYPE_CHECKING:
    import httpx2

_ANTHROPIC_VERSION = "2023-06-01"
"""The oldest API version, which every server that speaks Anthropic's API knows; listing models is the same in all."""

LOCAL_ADDRESSES = (
    "http://127.0.0.1:11434",  # Ollama
    "http://127.0.0.1:8080",  # llama.cpp's llama-server
    "http://127.0.0.1:8012",  # llama.cpp's llama-server, as its editor plugins start it
    "http://127.0.0.1:8000",  # vLLM
    "http://127.0.0.1:1234",  # LM Studio
)
"""Where model servers listen unless they are told otherwise."""


@dataclass(frozen=True, slots=True)
class ProbeResult:
    """What asking a provider for its models showed. ``reachable``: it answered with a list. ``latency_ms`` is the time
    of that exchange on a new connection, None without an answer. ``problem`` is one sentence, None when all is well.
    """

    reachable: bool
    latency_ms: float | None
    models: tuple[str, ...]
    problem: str | None


async def probe(resolved: ResolvedModel, environ: Mapping[str, str], timeout_s: float = 5.0) -> ProbeResult:
    """Ask the model's provider for its models, once. Raises ConfigError for a provider without an address."""
    settings, ref = resolved.provider, resolved.ref
    address = base_url(ref.provider, settings)
    key = environ.get(settings.api_key_env, "").strip() if settings.api_key_env else ""
    if settings.api_key_env and not key:
        return ProbeResult(False, None, (), str(missing_key(ref, settings.api_key_env)))
    call = Call(resolved, _question(timeout_s), address, key)
    started = time.perf_counter()
    try:
        async with asyncio.timeout(timeout_s):
            listed = await _listed(call)
    except TimeoutError:
        return ProbeResult(False, None, (), f"Provider {ref.provider} gave no list of models within {timeout_s:g} s")
    except ProviderError as error:
        return ProbeResult(False, None, (), str(error))
    elapsed = (time.perf_counter() - started) * 1000
    return ProbeResult(True, elapsed, _names(listed), _unknown(resolved, listed))


async def find_local_servers(timeout_s: float, addresses: Sequence[str] = LOCAL_ADDRESSES) -> tuple[LocalServer, ...]:
    """The model servers that answer on this machine within ``timeout_s`` seconds, in the order of ``addresses``.

    A port is first tried bare: where nothing listens, no HTTP library is imported and nothing is sent. What listens but
    does not list models is left alone.
    """
    open_ports = await asyncio.gather(*(_listens(address, timeout_s) for address in addresses))
    found = [address for address, listens in zip(addresses, open_ports, strict=True) if listens]
    if not found:
        return ()
    async with await asyncio.to_thread(http_client, ProviderSettings(kind=ProviderKind.FIM), found[0]) as client:
        servers = await asyncio.gather(*(_identify(client, address, timeout_s) for address in found))
    return tuple(server for server in servers if server is not None)


def _question(timeout_s: float) -> ModelRequest:
    """A request that is never sent: it gives the error messages their time limits."""
    return ModelRequest(Role.COMPLETE, RawPrompt(""), 0, first_token_s=timeout_s, deadline_s=timeout_s)


async def _listed(call: Call) -> Mapping[str, Any]:
    import httpx2

    settings = call.resolved.provider
    try:
        client = await asyncio.to_thread(http_client, settings, call.address)
    except UNUSABLE as error:
        raise unusable(call, error) from error
    async with client:
        try:
            response = await client.get(_list_url(call), headers=_headers(call), timeout=settings.connect_timeout_s)
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise transport_error(call, error) from error
    if not response.is_success:
        raise from_status(call, response.status_code, response.headers, _json(response))
    return _json(response)


def _list_url(call: Call) -> str:
    settings = call.resolved.provider
    if settings.dialect is FimDialect.OLLAMA:
        return endpoint(call.address, "/api/tags")
    if settings.dialect is FimDialect.DEEPSEEK:
        return call.address.removesuffix("/beta") + "/models"
    if settings.kind in (ProviderKind.OPENAI, ProviderKind.OPENAI_COMPATIBLE):
        return call.address + "/models"
    if settings.kind is ProviderKind.ANTHROPIC:
        return endpoint(call.address, "/v1/models?limit=1000")  # else it is the first page of 20
    return endpoint(call.address, "/v1/models")


def _headers(call: Call) -> dict[str, str]:
    settings = call.resolved.provider
    headers = {"Authorization": f"Bearer {call.key}"} if call.key else {}
    if settings.kind is ProviderKind.ANTHROPIC:
        headers["anthropic-version"] = _ANTHROPIC_VERSION
    return headers | settings.headers


def _unknown(resolved: ResolvedModel, listed: Mapping[str, Any]) -> str | None:
    """A sentence if the list lacks the model. An empty list says nothing, one of dated names (``NAME-2026-10-01``) does
    not deny an alias, and llama.cpp answers with the one model it was started with, under any name.
    """
    model, names = resolved.ref.model, _names(listed)
    if not names or (len(names) == 1 and _LLAMA_CPP in _owners(listed)):
        return None
    if any(name in (model, f"{model}:latest") or name.startswith(f"{model}-") for name in names):
        return None
    return f"Model {model} is not in the list of provider {resolved.ref.provider}: check its name"


async def _listens(address: str, timeout_s: float) -> bool:
    host, _, port = address.rpartition("/")[2].partition(":")
    try:
        async with asyncio.timeout(timeout_s):
            _, writer = await asyncio.open_connection(host, int(port))
    except (OSError, TimeoutError):
        return False
    writer.close()
    return True


async def _identify(client: httpx2.AsyncClient, address: str, timeout_s: float) -> LocalServer | None:
    """Every one of them lists its models the way OpenAI does, under an owner of its own; a list under another owner is
    told apart by an endpoint that only one of them has.
    """
    listed = await _get(client, f"{address}/v1/models", timeout_s)
    if not isinstance(listed.get("data"), list):
        return None
    owners = _owners(listed)
    kind = next((kind for owner, kind in _OWNERS.items() if owner in owners), None)
    if kind is None:
        kind = await _kind_by_endpoint(client, address, timeout_s)
    return None if kind is None else LocalServer(kind, address, _names(listed))


_LLAMA_CPP = "llamacpp"

_OWNERS = {
    "library": LocalServerKind.OLLAMA,
    _LLAMA_CPP: LocalServerKind.LLAMA_CPP,
    "vllm": LocalServerKind.VLLM,
    "organization_owner": LocalServerKind.LMSTUDIO,
}

_ENDPOINTS = (
    ("/api/tags", "models", LocalServerKind.OLLAMA),
    ("/props", "default_generation_settings", LocalServerKind.LLAMA_CPP),
    ("/version", "version", LocalServerKind.VLLM),
    ("/api/v0/models", "data", LocalServerKind.LMSTUDIO),
)


async def _kind_by_endpoint(client: httpx2.AsyncClient, address: str, timeout_s: float) -> LocalServerKind | None:
    answers = await asyncio.gather(*(_get(client, address + path, timeout_s) for path, _, _ in _ENDPOINTS))
    return next((kind for answer, (_, field, kind) in zip(answers, _ENDPOINTS, strict=True) if field in answer), None)


async def _get(client: httpx2.AsyncClient, url: str, timeout_s: float) -> Mapping[str, Any]:
    """The JSON object at ``url``, an empty one for anything else."""
    import httpx2

    try:
        async with asyncio.timeout(timeout_s):
            response = await client.get(url)
    except (httpx2.HTTPError, OSError):
        return {}
    return _json(response) if response.is_success else {}


def _json(response: httpx2.Response) -> Mapping[str, Any]:
    try:
        value: object = json.loads(response.content)
    except ValueError:
        return {}
    return mapping(value)


def _names(listed: Mapping[str, Any]) -> tuple[str, ...]:
    names = (text_of(item, "id") or text_of(item, "name") for item in _items(listed))
    return tuple(name for name in names if name)


def _owners(listed: Mapping[str, Any]) -> set[str]:
    return {text_of(item, "owned_by") for item in _items(listed)}


def _items(listed: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    items = listed.get("data") or listed.get("models")
    return [mapping(item) for item in cast("list[object]", items)] if isinstance(items, list) else []
