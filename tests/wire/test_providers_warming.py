"""A request for no answer: the next one finds its prompt in the provider's cache."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from providers_wire import ADAPTERS, ENVIRON, answer, request

from tierwise.core.models import ChatPrompt, FimPrompt, PromptBlock, Speaker
from tierwise.providers.registry import ProviderRegistry
from tierwise.simulator import Script, Simulator

LONG = "def parse(text):\n    return text.split()\n" * 200
PREFIX = (
    PromptBlock(Speaker.SYSTEM, "Be brief.\n", stable=True),
    PromptBlock(Speaker.USER, LONG, stable=True, mark=True),
)
PROMPTS = {
    "messages": (ChatPrompt(PREFIX), ChatPrompt((*PREFIX, PromptBlock(Speaker.USER, "What is it?")))),
    "responses": (ChatPrompt(PREFIX), ChatPrompt((*PREFIX, PromptBlock(Speaker.USER, "What is it?")))),
    "infill": (FimPrompt(LONG[:900], "", "a.py", "demo"), FimPrompt(LONG[:940], "\n", "a.py", "demo")),
}
CACHES = {
    "messages": {"style": "anthropic", "min_tokens": 512, "long_ttl_s": 3600, "prewarm": True},
    "responses": {"style": "openai-marked", "min_tokens": 1024, "prewarm": True},
    "infill": {"style": "llama.cpp", "min_tokens": 0, "prewarm": True},
}


@pytest.fixture
async def registry() -> AsyncIterator[ProviderRegistry]:
    found = ProviderRegistry(ENVIRON)
    yield found
    await found.aclose()


@pytest.mark.parametrize("name", PROMPTS)
async def test_the_next_request_finds_the_prompt(name: str, registry: ProviderRegistry) -> None:
    adapter, (before, after) = ADAPTERS[name], PROMPTS[name]
    async with Simulator(Script.saying("A parser.")) as sim:
        resolved = adapter.resolved(sim.base_url, {"cache": CACHES[name]})
        text, warmed = await answer(registry, resolved, request(adapter, prompt=before, max_output_tokens=0))
        _, finished = await answer(registry, resolved, request(adapter, prompt=after))
    assert warmed.usage is not None
    assert warmed.usage.output_tokens <= 1, "llama.cpp samples a token all the same"
    assert len(text) <= 4 * warmed.usage.output_tokens
    assert finished.usage is not None
    assert finished.usage.cached_tokens > 0.7 * finished.usage.input_tokens
