"""Each adapter against the simulated provider: what goes out and what comes back when all is well."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from providers_wire import ADAPTERS, CERTIFICATE, ENVIRON, KEY, Abrupt, Relay, answer, request

from tierwise import __version__
from tierwise.core.models import ChatPrompt, FinishReason, ModelRef, PromptBlock, Schema, Speaker, Usage
from tierwise.providers.registry import ProviderRegistry
from tierwise.settings.models import ResolvedModel
from tierwise.simulator import Reply, Rule, Script, Simulator, Stop

TEXT = "Ein Parser liest — »Bäume« 🌳 — aus Text.\nfür alle"


@pytest.fixture
async def registry() -> AsyncIterator[ProviderRegistry]:
    found = ProviderRegistry(ENVIRON)
    yield found
    await found.aclose()


@pytest.mark.parametrize("name", ADAPTERS)
async def test_an_answer(name: str, registry: ProviderRegistry) -> None:
    adapter = ADAPTERS[name]
    async with Simulator(Script.saying(TEXT)) as sim:
        text, finished = await answer(registry, adapter.resolved(sim.base_url), request(adapter))
        seen = sim.requests[0]
    assert text == TEXT
    assert finished.reason is FinishReason.STOP
    assert finished.usage is not None
    assert finished.usage.input_tokens > 0
    assert finished.usage.output_tokens == seen.output_tokens
    assert bool(seen.key_header) == adapter.key
    assert seen.stream
    assert seen.model == adapter.model


@pytest.mark.parametrize("name", ADAPTERS)
async def test_headers_name_the_program_and_nobody(
    name: str, registry: ProviderRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_CUSTOM_HEADERS", "x-person: me")
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "x-person: me")
    monkeypatch.setenv("OPENAI_ORG_ID", "org-1")
    adapter = ADAPTERS[name]
    async with Simulator(Script.saying("x")) as sim:
        resolved = adapter.resolved(sim.base_url, headers={"X-Team": "blue"})
        await answer(registry, resolved, request(adapter))
        headers = sim.requests[0].headers
    assert headers["user-agent"] == f"tierwise/{__version__}"
    assert headers["x-team"] == "blue"
    assert not any(header.startswith("x-stainless") or header == "x-person" for header in headers)
    assert ("openai-organization" in headers) == (adapter.kind == "openai")
    assert KEY not in str(headers)


@pytest.mark.parametrize("name", ADAPTERS)
async def test_the_token_limit(name: str, registry: ProviderRegistry) -> None:
    adapter = ADAPTERS[name]
    async with Simulator(Script.saying("one two three four five six seven eight nine ten", repeat=9)) as sim:
        _, finished = await answer(registry, adapter.resolved(sim.base_url), request(adapter, max_output_tokens=16))
    assert finished.reason is FinishReason.LENGTH


@pytest.mark.parametrize("name", [name for name in ADAPTERS if name not in ("infill", "ollama")])
async def test_a_refusal(name: str, registry: ProviderRegistry) -> None:
    adapter = ADAPTERS[name]
    async with Simulator(Script.saying("no", stop=Stop.REFUSAL)) as sim:
        _, finished = await answer(registry, adapter.resolved(sim.base_url), request(adapter))
    assert finished.reason is FinishReason.REFUSAL


@pytest.mark.parametrize("name", ADAPTERS)
async def test_stop_strings_hold_even_where_the_provider_takes_none(name: str, registry: ProviderRegistry) -> None:
    adapter = ADAPTERS[name]
    chunks = ("first\n", "\nsecond", " END ", "third")
    async with Simulator(Script.saying("", chunks=chunks, ignore_limits=True)) as sim:
        resolved = adapter.resolved(sim.base_url, facts={"stop_sequences": 0})
        text, finished = await answer(registry, resolved, request(adapter, stop=("END", "\n\n")))
    assert text == "first"
    assert finished.reason is FinishReason.STOP


@pytest.mark.parametrize("name", ["messages", "responses", "chat", "compatible"])
async def test_thinking_is_no_text(name: str, registry: ProviderRegistry) -> None:
    adapter = ADAPTERS[name]
    async with Simulator(Script.saying("done", thinking="hm hm hm")) as sim:
        text, finished = await answer(registry, adapter.resolved(sim.base_url), request(adapter))
    assert text == "done"
    assert finished.reason is FinishReason.STOP


@pytest.mark.parametrize("name", ["responses", "chat", "compatible", "mistral", "deepseek", "completions"])
async def test_usage_that_is_not_reported_is_none(name: str, registry: ProviderRegistry) -> None:
    adapter = ADAPTERS[name]
    async with Simulator(Script.saying("x", report_usage=False)) as sim:
        text, finished = await answer(registry, adapter.resolved(sim.base_url), request(adapter))
    assert text == "x"
    assert finished.usage is None


@pytest.mark.parametrize("name", ["messages", "responses", "chat"])
async def test_a_schema_reaches_the_provider(name: str, registry: ProviderRegistry) -> None:
    adapter = ADAPTERS[name]
    properties = {"accept": {"type": "array", "items": {"type": "integer"}}}
    schema = {"type": "object", "properties": properties, "required": ["accept"], "additionalProperties": False}
    rule = Rule(schema_name="*", reply=Reply(text='{"accept": [1]}'))
    async with Simulator(Script(rules=(rule,))) as sim:
        resolved = adapter.resolved(sim.base_url, facts={"json_schema": True})
        text, _ = await answer(registry, resolved, request(adapter, schema=Schema("mentions", schema)))
    assert text == '{"accept": [1]}'


LONG = PromptBlock(Speaker.USER, "A line of a file that many requests share.\n" * 400, stable=True, mark=True)

CACHES: list[tuple[str, str]] = [
    ("messages", "anthropic"),
    ("responses", "openai-marked"),
    ("chat", "openai-marked"),
]


@pytest.mark.parametrize(("name", "style"), CACHES)
async def test_a_marked_prefix_is_written_once_and_read_then(name: str, style: str, registry: ProviderRegistry) -> None:
    adapter = ADAPTERS[name]
    usages: list[Usage] = []
    async with Simulator(Script.saying("x")) as sim:
        resolved = adapter.resolved(sim.base_url, facts={"cache": {"style": style}})
        for question in ("What is it?", "And why?"):
            prompt = ChatPrompt((LONG, PromptBlock(Speaker.USER, question)))
            _, finished = await answer(registry, resolved, request(adapter, prompt=prompt, cache_key="folder"))
            assert finished.usage is not None
            usages.append(finished.usage)
        uses = [seen.use for seen in sim.requests]
    first, second = usages
    assert first.cache_write_tokens > 1000
    assert first.cached_tokens == 0
    assert second.cached_tokens == first.cache_write_tokens
    assert second.cache_write_tokens == 0
    for usage, use in zip(usages, uses, strict=True):
        assert use is not None
        assert usage.cached_tokens == use.read_tokens
        assert usage.input_tokens >= usage.cached_tokens + usage.cache_write_tokens


async def test_the_long_lifetime_is_asked_for_and_reported(registry: ProviderRegistry) -> None:
    adapter = ADAPTERS["messages"]
    async with Simulator(Script.saying("x")) as sim:
        resolved = adapter.resolved(sim.base_url, facts={"cache": {"style": "anthropic", "long_ttl_s": 3600}})
        prompt = ChatPrompt((replace(LONG, long=True), PromptBlock(Speaker.USER, "What is it?")))
        _, finished = await answer(registry, resolved, request(adapter, prompt=prompt))
    assert finished.usage is not None
    assert finished.usage.cache_write_long_tokens == finished.usage.cache_write_tokens > 1000


async def test_a_slot_keeps_the_prompt_warm(registry: ProviderRegistry) -> None:
    adapter = ADAPTERS["infill"]
    async with Simulator(Script.saying("x")) as sim:
        resolved = adapter.resolved(sim.base_url, slot=0)
        for _ in range(2):
            _, finished = await answer(registry, resolved, request(adapter))
        bodies = [seen.body for seen in sim.requests]
    assert all(body["id_slot"] == 0 and body["cache_prompt"] is True for body in bodies)
    assert finished.usage is not None
    assert 0 < finished.usage.cached_tokens <= finished.usage.input_tokens


@pytest.mark.parametrize("name", ADAPTERS)
async def test_a_connection_is_shared_and_used_again(name: str, registry: ProviderRegistry) -> None:
    adapter = ADAPTERS[name]
    near = adapter.kind == "fim" and not adapter.far
    async with Simulator(Script.saying("x")) as sim, Relay(sim.port, tls=not near) as relay:
        resolved = adapter.resolved(relay.base_url, ca_bundle=None if near else str(CERTIFICATE))
        other = ResolvedModel(ModelRef("far", adapter.model + "-2"), resolved.provider, resolved.facts)
        await registry.warm([resolved, other])
        assert relay.connections == 0
        for model in (resolved, other, resolved):
            await answer(registry, model, request(adapter))
        await registry.aclose()
        assert (relay.connections, len(sim.requests)) == (1, 3)


@pytest.mark.parametrize("name", ADAPTERS)
async def test_a_server_that_closes_without_having_said_so(name: str, registry: ProviderRegistry) -> None:
    adapter = ADAPTERS[name]
    async with Simulator(Script.saying("x")) as sim, Abrupt(sim.port) as server:
        for _ in range(5):
            assert (await answer(registry, adapter.resolved(server.base_url), request(adapter)))[0] == "x"
        assert (server.connections, len(sim.requests)) == (5, 5)


WARMED = """
import asyncio, sys
from providers_wire import ADAPTERS, ENVIRON, Playback, answer, http, request
from tierwise.core.errors import Transient
from tierwise.providers.registry import ProviderRegistry

async def main():
    registry = ProviderRegistry(ENVIRON)
    async with Playback(http(b"")) as server:
        models = [ADAPTERS[name].resolved(server.base_url) for name in ("messages", "chat", "infill")]
        await registry.warm(models)
        before = set(sys.modules)
        for name, model in zip(("messages", "chat", "infill"), models):
            try:
                await answer(registry, model, request(ADAPTERS[name]))
            except Transient:
                pass
        assert server.connections == 3
        print(sorted(set(sys.modules) - before))
    await registry.aclose()

asyncio.run(main())
"""


def test_the_first_request_imports_nothing() -> None:
    here = str(Path(__file__).parent)
    done = subprocess.run([sys.executable, "-c", WARMED], cwd=here, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, "[]"), done.stderr
