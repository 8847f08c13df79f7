"""Chains from the model servers that run on this machine."""

from pathlib import Path

import pytest

from tierwise.core.tasks import Tier
from tierwise.settings.facts import CacheStyle
from tierwise.settings.load import Layer, Surroundings, load
from tierwise.settings.local import LocalServer, LocalServerKind
from tierwise.settings.locations import shipped_profiles
from tierwise.settings.models import FimDialect, ProviderKind, Settings
from tierwise.settings.profiles import ProfileCatalogue

OLLAMA, LLAMA_CPP, VLLM, LMSTUDIO = LocalServerKind


def server(kind: LocalServerKind, *models: str, port: int = 9) -> LocalServer:
    return LocalServer(kind, f"http://127.0.0.1:{port}", models)


def found(*servers: LocalServer) -> Settings:
    catalogue = ProfileCatalogue(shipped_profiles(), Path("/no/such/folder"))
    loaded = load([Layer("test", {"profile": "local"})], Surroundings(catalogue, {}, servers))
    assert loaded.problems == ()
    return loaded.settings


CHOICES = [
    ([server(OLLAMA, "llama3.2:3b", "qwen2.5-coder:7b")], "ollama-fim/qwen2.5-coder:7b", "ollama/qwen2.5-coder:7b"),
    (
        [server(OLLAMA, "qwen2.5-coder:32b", "qwen2.5-coder:1.5b")],
        "ollama-fim/qwen2.5-coder:1.5b",
        "ollama/qwen2.5-coder:32b",
    ),
    ([server(OLLAMA, "nomic-embed-text", "qwen3-coder:30b")], "ollama/qwen3-coder:30b", "ollama/qwen3-coder:30b"),
    ([server(OLLAMA, "gpt-oss:20b", "starcoder2:3b")], "ollama-fim/starcoder2:3b", "ollama/gpt-oss:20b"),
    ([server(OLLAMA, "gemma4:12b")], "ollama/gemma4:12b", "ollama/gemma4:12b"),
    (
        [server(LLAMA_CPP, "/models/Qwen2.5-Coder-3B-Q8_0.gguf")],
        "llama.cpp-fim//models/Qwen2.5-Coder-3B-Q8_0.gguf",
        "llama.cpp//models/Qwen2.5-Coder-3B-Q8_0.gguf",
    ),
    (
        [server(VLLM, "Qwen/Qwen3-Coder-30B-A3B-Instruct")],
        "vllm-fim/Qwen/Qwen3-Coder-30B-A3B-Instruct",
        "vllm/Qwen/Qwen3-Coder-30B-A3B-Instruct",
    ),
    ([server(LMSTUDIO, "text-embedding-bge", "codestral-22b")], "lmstudio-fim/codestral-22b", "lmstudio/codestral-22b"),
]


@pytest.mark.parametrize(("servers", "fast", "balanced"), CHOICES)
def test_which_model_does_what(servers: list[LocalServer], fast: str, balanced: str) -> None:
    settings = found(*servers)
    assert settings.tiers[Tier.FAST].chain == (fast,)
    assert settings.tiers[Tier.BALANCED].chain == (balanced,)
    assert settings.tiers[Tier.FRONTIER].chain


DIALECTS = [
    (OLLAMA, FimDialect.OLLAMA, None, CacheStyle.IMPLICIT),
    (LLAMA_CPP, FimDialect.LLAMA_CPP, None, CacheStyle.LLAMA_CPP),
    (VLLM, FimDialect.COMPLETIONS, "qwen2.5-coder", CacheStyle.IMPLICIT),
    (LMSTUDIO, FimDialect.COMPLETIONS, "qwen2.5-coder", CacheStyle.IMPLICIT),
]


@pytest.mark.parametrize(("kind", "dialect", "template", "cache"), DIALECTS)
def test_how_each_server_is_spoken_to(kind, dialect, template, cache) -> None:
    settings = found(server(kind, "qwen2.5-coder-7b", port=7))
    (fim,), (chat,) = settings.chain(Tier.FAST), settings.chain(Tier.BALANCED)
    assert (fim.provider.kind, fim.provider.dialect, fim.provider.template) == (ProviderKind.FIM, dialect, template)
    assert (chat.provider.kind, chat.provider.base_url) == (ProviderKind.OPENAI_COMPATIBLE, "http://127.0.0.1:7/v1")
    assert fim.provider.base_url == "http://127.0.0.1:7"
    assert fim.facts.fim_template == "qwen2.5-coder"
    assert (fim.facts.cache.style, chat.facts.json_schema) == (cache, True)


def test_a_fallback_comes_from_another_server_never_from_the_same() -> None:
    """Two models of one server would take each other's memory."""
    settings = found(
        server(OLLAMA, "qwen2.5-coder:7b", "starcoder2:3b", "qwen3-coder:30b"),
        server(LLAMA_CPP, "qwen2.5-coder-1.5b.gguf"),
        server(OLLAMA, "qwen2.5-coder:3b", port=8),
    )
    assert settings.tiers[Tier.FAST].chain == (
        "ollama-fim/qwen2.5-coder:7b",
        "ollama-2-fim/qwen2.5-coder:3b",
        "llama.cpp-fim/qwen2.5-coder-1.5b.gguf",
    )
    assert settings.providers["ollama-2-fim"].base_url == "http://127.0.0.1:8"
    assert not settings.routing.hedge


@pytest.mark.parametrize("servers", [(), (server(OLLAMA),), (server(OLLAMA, "nomic-embed-text"),)])
def test_without_a_model_the_embedded_engine_completes(servers: tuple[LocalServer, ...]) -> None:
    catalogue = ProfileCatalogue(shipped_profiles(), Path("/no/such/folder"))
    settings = load([Layer("test", {"profile": "local"})], Surroundings(catalogue, {}, servers)).settings
    assert settings.tiers[Tier.FAST].chain == ("embedded/workspace",)
    assert settings.chain(Tier.BALANCED) == ()
