"""Every model of every shipped profile against the simulated provider, whose rules were written down independently: a
fact that is wrong is refused there.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from providers_wire import FIM, KEY, RAW, answer

from tierwise.core.models import ChatPrompt, FinishReason, ModelRequest, PromptBlock, Schema, Speaker
from tierwise.core.tasks import Role, Tier
from tierwise.providers.probe import find_local_servers
from tierwise.providers.registry import ProviderRegistry
from tierwise.settings.local import LocalServer
from tierwise.settings.models import FimDialect, ProviderKind, ResolvedModel, TierSettings
from tierwise.settings.store import open_store
from tierwise.simulator import Script, Simulator

PLAYED = {
    "https://api.anthropic.com": "anthropic",
    "https://api.openai.com": "openai",
    "https://generativelanguage.googleapis.com": "gemini",
    "https://dashscope-intl.aliyuncs.com": "dashscope",
    "https://api.deepseek.com": "deepseek",
    "https://api.mistral.ai": "mistral",
    "https://api.groq.com": "groq",
    "https://api.cerebras.ai": "cerebras",
    "https://openrouter.ai": "openrouter",
    "https://api.together.xyz": "together",
    "https://api.fireworks.ai": "fireworks",
    "https://api.inceptionlabs.ai": "inception",
}
"""Who plays the provider behind an address."""

PROFILES = sorted(path.stem for path in (Path(__file__).parents[2] / "tier_profiles").glob("*.toml"))
REPLY = '{"accept": [1]}'
SCHEMA = Schema(
    "mentions",
    {
        "type": "object",
        "properties": {"accept": {"type": "array", "items": {"type": "integer"}}},
        "required": ["accept"],
        "additionalProperties": False,
    },
)
CHAT = ChatPrompt(
    (
        PromptBlock(Speaker.SYSTEM, "Answer in JSON.", stable=True, mark=True),
        PromptBlock(Speaker.USER, "A file.\n" * 1000, stable=True, mark=True),
        PromptBlock(Speaker.USER, "Which mentions are meant?"),
    )
)


@pytest.fixture
async def registry() -> AsyncIterator[ProviderRegistry]:
    found = ProviderRegistry(dict.fromkeys(("SIMULATED_KEY",), KEY))
    yield found
    await found.aclose()


def chains(
    profile: str, folder: Path, servers: tuple[LocalServer, ...] = ()
) -> list[tuple[TierSettings, ResolvedModel]]:
    """Every model of the profile's chains that is called by a wire, with its tier."""
    store = open_store({"HOME": str(folder), "XDG_CONFIG_HOME": str(folder), "XDG_STATE_HOME": str(folder)})
    store.set_local_servers(servers)
    store.set_editor_settings(None, {"profile": profile})
    settings = store.for_folder(None)
    found = [(settings.tiers[tier], model) for tier in Tier for model in settings.chain(tier)]
    return [(tier, model) for tier, model in found if not model.embedded]


def simulated(model: ResolvedModel, base_url: str) -> ResolvedModel:
    """The model at the simulator. Raises KeyError for an address that nobody plays."""
    address = model.provider.base_url or ""
    host = "/".join(address.split("/")[:3])
    moved = {"base_url": f"{base_url}/{PLAYED[host]}{address.removeprefix(host)}", "api_key_env": "SIMULATED_KEY"}
    return replace(model, provider=model.provider.model_copy(update=moved))


def requests(tier: TierSettings, model: ResolvedModel) -> list[ModelRequest]:
    """What the tier asks for, once as it stands and once as quiet as the model can be."""
    fields: dict[str, Any] = {"schema": SCHEMA, "cache_key": "folder"}
    prompt: Any = CHAT
    if model.provider.kind is ProviderKind.FIM:
        prompt, fields = (RAW if model.provider.dialect is FimDialect.COMPLETIONS else FIM), {}
    asked = ModelRequest(
        Role.COMPLETE,
        prompt,
        max_output_tokens=tier.max_output_tokens,
        first_token_s=20.0,
        deadline_s=30.0,
        temperature=tier.temperature,
        effort=tier.effort,
        quiet=tier.quiet,
        stop=("\n\n\n", "<END>", "<STOP>", "<HALT>"),
        **fields,
    )
    return [asked, replace(asked, quiet=True, effort=None, temperature=0.1)]


@pytest.mark.parametrize("profile", PROFILES)
async def test_no_provider_refuses_what_its_facts_allow(
    profile: str, registry: ProviderRegistry, tmp_path: Path
) -> None:
    async with Simulator(Script.saying(REPLY)) as sim:
        for tier, model in chains(profile, tmp_path):
            await check(registry, tier, simulated(model, sim.base_url))


@pytest.mark.parametrize("kind", ["ollama", "llama.cpp", "vllm"])
async def test_a_server_found_on_this_machine_serves_the_local_profile(
    kind: str, registry: ProviderRegistry, tmp_path: Path
) -> None:
    async with Simulator(Script.saying(REPLY), provider=kind) as sim:
        found = chains("local", tmp_path, await find_local_servers(10.0, [sim.base_url]))
        assert {tier.max_output_tokens for tier, _ in found} >= {96, 2000}, "completions and edits"
        for tier, model in found:
            await check(registry, tier, model)


async def check(registry: ProviderRegistry, tier: TierSettings, model: ResolvedModel) -> None:
    for asked in requests(tier, model):
        text, finished = await answer(registry, model, asked)
        assert text == REPLY, model.ref
        assert finished.reason is FinishReason.STOP, model.ref
