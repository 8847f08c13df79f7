"""Asking providers for their models, and finding the model servers of this machine."""

from __future__ import annotations

from contextlib import AsyncExitStack
from typing import Any

import pytest
from providers_wire import ADAPTERS, ENVIRON, KEY, Playback, http

from tierwise.core.models import ModelRef
from tierwise.providers.probe import find_local_servers, probe
from tierwise.settings.facts import ModelFacts
from tierwise.settings.local import LocalServerKind
from tierwise.settings.models import ProviderSettings, ResolvedModel
from tierwise.simulator import Simulator, Wire


@pytest.mark.parametrize("name", [name for name in ADAPTERS if name != "deepseek"])
async def test_a_provider_lists_its_models(name: str) -> None:
    adapter = ADAPTERS[name]
    async with Simulator() as sim:
        result = await probe(adapter.resolved(sim.base_url), ENVIRON)
        assert [seen.wire in (Wire.MODELS, Wire.STATUS) for seen in sim.requests] == [True]
    assert result.reachable
    assert result.models
    assert result.latency_ms is not None
    assert result.latency_ms > 0
    assert result.problem is None or adapter.model in result.problem


async def test_deepseek_lists_its_models_beside_the_beta_path() -> None:
    async with Simulator() as sim:
        result = await probe(ADAPTERS["deepseek"].resolved(sim.base_url), ENVIRON)
        assert sim.requests[0].path == "/deepseek/models"
    assert result.reachable


async def test_a_name_that_is_not_in_the_list() -> None:
    adapter = ADAPTERS["messages"]
    async with Simulator() as sim:
        resolved = adapter.resolved(sim.base_url)
        assert (await probe(resolved, ENVIRON)).problem is None
        wrong = ResolvedModel(ModelRef("far", "claude-hiku-5-5"), resolved.provider, resolved.facts)
        result = await probe(wrong, ENVIRON)
    assert result.reachable
    assert result.problem == "Model claude-hiku-5-5 is not in the list of provider far: check its name"


PROBLEMS: list[tuple[bytes, str]] = [
    (http(b'{"error": {"message": "bad key"}}', "application/json", "401 No"), "check the key in SIMULATED_KEY"),
    (http(b"", "text/plain", "404 No"), "is unknown to provider far"),
    (http(b"oops", "text/plain", "500 No"), "failed (HTTP 500)"),
    (b"", "was cut"),
]


@pytest.mark.parametrize(("raw", "words"), PROBLEMS)
async def test_a_problem_is_one_sentence(raw: bytes, words: str) -> None:
    async with Playback(raw) as server:
        result = await probe(ADAPTERS["chat"].resolved(server.base_url), ENVIRON)
    assert not result.reachable
    assert result.problem is not None
    assert words in result.problem
    assert KEY not in result.problem


@pytest.mark.parametrize("provider", [{"ca_bundle": "/does/not/exist.pem"}, {"proxy": "gopher://x"}])
async def test_settings_that_cannot_work(provider: dict[str, Any]) -> None:
    result = await probe(ADAPTERS["infill"].resolved("http://127.0.0.1:9", **provider), {})
    assert not result.reachable
    assert result.problem is not None
    assert "cannot be asked" in result.problem


async def test_a_missing_key_is_not_tried() -> None:
    async with Playback() as server:
        result = await probe(ADAPTERS["chat"].resolved(server.base_url), {})
        assert server.connections == 0
    assert result.problem is not None
    assert result.problem.startswith("Set SIMULATED_KEY (provider far)")


async def test_no_answer_in_time() -> None:
    async with Playback(linger=True) as server:
        result = await probe(ADAPTERS["infill"].resolved(server.base_url), {}, timeout_s=0.1)
    assert result.problem == "Provider far gave no list of models within 0.1 s"


async def test_a_server_that_answers_with_something_else() -> None:
    resolved = ResolvedModel(
        ModelRef("far", "m"), ProviderSettings(kind="openai-compatible", base_url="http://127.0.0.1:9"), ModelFacts()
    )
    async with Playback(http(b"[1, 2]", "application/json")) as server:
        found = resolved.provider.model_copy(update={"base_url": server.base_url})
        result = await probe(ResolvedModel(resolved.ref, found, resolved.facts), {})
    assert result.reachable
    assert result.models == ()


LM_STUDIO = b'{"object": "list", "data": [{"id": "m", "object": "model", "owned_by": "organization_owner"}]}'


async def test_servers_of_this_machine() -> None:
    async with AsyncExitStack() as stack:
        simulators = [
            await stack.enter_async_context(Simulator(provider=kind)) for kind in ("ollama", "llama.cpp", "vllm")
        ]
        lm_studio = await stack.enter_async_context(Playback(http(LM_STUDIO, "application/json")))
        stranger = await stack.enter_async_context(Playback(http(b"<html>", "text/html")))
        async with Playback() as gone:
            nobody = gone.base_url
        servers = [*(sim.base_url for sim in simulators), lm_studio.base_url]
        found = await find_local_servers(5.0, [stranger.base_url, *servers, nobody])
        asked = [seen.path for sim in simulators for seen in sim.requests]
    assert [server.kind for server in found] == list(LocalServerKind)
    assert [server.base_url for server in found] == servers
    assert all(server.models for server in found)
    assert found[-1].models == ("m",)
    assert not any("generate" in path or "completion" in path for path in asked)


async def test_a_server_that_lists_models_but_is_none_of_the_known_ones() -> None:
    async with Simulator(provider="cerebras", check_auth=False) as sim:
        assert await find_local_servers(5.0, [sim.base_url]) == ()
        assert sim.requests[0].path == "/v1/models"


async def test_a_silent_port_holds_nothing_up() -> None:
    async with Playback(linger=True) as server:
        assert await find_local_servers(0.1, [server.base_url]) == ()
