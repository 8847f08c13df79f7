"""What the registry promises before anything is sent: cheap clients, shared connections, clear errors."""

from __future__ import annotations

import subprocess
import sys
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest
from providers_cases import model, request

from tierwise.core.errors import Auth, BadRequest, ConfigError, ProviderError
from tierwise.core.models import ModelRequest
from tierwise.providers.registry import ProviderRegistry
from tierwise.settings.models import ResolvedModel

NOWHERE = "http://127.0.0.1:9/v1"


async def failure(registry: ProviderRegistry, resolved: ResolvedModel, asked: ModelRequest) -> ProviderError:
    async with aclosing(registry.client(resolved).stream(asked)) as parts:
        with pytest.raises(ProviderError) as caught:
            await anext(parts)
    return caught.value


def test_no_sdk_and_no_http_library_is_imported_before_it_is_needed() -> None:
    program = """
import sys
import tierwise.providers.probe
from tierwise.core.models import ModelRef
from tierwise.providers.registry import ProviderRegistry
from tierwise.settings.facts import ModelFacts
from tierwise.settings.models import ProviderSettings, ResolvedModel

registry = ProviderRegistry({})
for kind in ("anthropic", "openai", "openai-compatible"):
    settings = ProviderSettings(kind=kind, base_url="http://h")
    registry.client(ResolvedModel(ModelRef("p", "m"), settings, ModelFacts()))
for address in ("http://h", "http://127.0.0.1:9"):
    settings = ProviderSettings(kind="fim", dialect="llama.cpp", base_url=address)
    registry.client(ResolvedModel(ModelRef("p", "m"), settings, ModelFacts()))
print([name for name in ("aiohttp", "anthropic", "openai", "httpx", "httpx2") if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


CONFIG: list[tuple[dict[str, Any], str]] = [
    ({"kind": "embedded"}, "runs here"),
    ({"kind": "openai-compatible"}, "providers.p.base_url is missing"),
    ({"kind": "fim", "base_url": "http://h"}, "providers.p.dialect is missing: one of llama.cpp"),
    ({"kind": "fim", "dialect": "completions"}, "providers.p.base_url is missing"),
]


@pytest.mark.parametrize(("provider", "words"), CONFIG)
async def test_settings_that_cannot_be_called(provider: dict[str, Any], words: str) -> None:
    registry = ProviderRegistry({})
    resolved = model(**provider)
    with pytest.raises(ConfigError, match=words):
        registry.client(resolved)
    await registry.warm([resolved])


async def test_a_client_knows_its_model() -> None:
    client = ProviderRegistry({}).client(model("anthropic", "claude-x"))
    assert str(client.ref) == "p/claude-x"


@pytest.mark.parametrize("environ", [{}, {"SOME_KEY": ""}, {"SOME_KEY": " \n"}])
async def test_a_missing_key_names_the_variable(environ: dict[str, str]) -> None:
    error = await failure(ProviderRegistry(environ), model("anthropic", api_key_env="SOME_KEY"), request())
    assert isinstance(error, Auth)
    assert str(error).startswith("Set SOME_KEY (provider p)")


@pytest.mark.parametrize("key", ["sk-1\r\nX-Evil: 1", "sk 1", "schlüssel"])
async def test_a_key_that_cannot_be_sent_is_not_shown(key: str) -> None:
    error = await failure(ProviderRegistry({"SOME_KEY": key}), model("anthropic", api_key_env="SOME_KEY"), request())
    assert isinstance(error, Auth)
    assert "SOME_KEY" in str(error)
    assert key not in str(error)


async def test_a_prompt_of_the_wrong_kind_is_not_sent() -> None:
    error = await failure(ProviderRegistry({}), model("openai-compatible", base_url=NOWHERE), request("raw"))
    assert isinstance(error, BadRequest)


FIM = {"kind": "fim", "dialect": "llama.cpp", "base_url": NOWHERE}

UNUSABLE: list[tuple[dict[str, Any], str]] = [
    ({"ca_bundle": "/does/not/exist.pem"}, "the file in providers.p.ca_bundle"),
    ({"ca_bundle": str(Path(__file__))}, "the file in providers.p.ca_bundle"),
    ({"proxy": "gopher://h"}, "the proxy or a header of providers.p is not valid"),
]


@pytest.mark.parametrize(("provider", "words"), UNUSABLE)
async def test_settings_that_only_fail_when_used(provider: dict[str, Any], words: str) -> None:
    registry = ProviderRegistry({})
    resolved = model(**(FIM | provider))
    await registry.warm([resolved])
    error = await failure(registry, resolved, request({"prefix": "a", "suffix": "b"}))
    await registry.aclose()
    assert isinstance(error, BadRequest)
    assert words in str(error)
