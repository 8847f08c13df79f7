"""The profiles that come with the package: complete, consistent, and current."""

from __future__ import annotations

import re
import tomllib
from datetime import date
from pathlib import Path

import pytest

from tierwise.core.models import ModelRef, Usage
from tierwise.core.tasks import Tier
from tierwise.settings.facts import CacheStyle
from tierwise.settings.load import Layer, Surroundings, load
from tierwise.settings.local import LocalServer, LocalServerKind
from tierwise.settings.locations import shipped_profiles
from tierwise.settings.models import ProviderKind, Settings
from tierwise.settings.profiles import ProfileCatalogue

SHIPPED = ProfileCatalogue(shipped_profiles(), Path("/no/such/folder"))
OLLAMA = LocalServer(LocalServerKind.OLLAMA, "http://127.0.0.1:11434", ("qwen2.5-coder:7b", "qwen3-coder:30b"))
CLOUD = ["anthropic", "code-chain", "deepseek", "gemini", "mistral", "openai", "openrouter", "qwen"]
WANTED = sorted([*CLOUD, "auto", "embedded", "local"])

TODAY = date(2026, 11, 20)
"""When the facts were collected. A model in a chain must live for at least a quarter of a year more."""


def settings_of(profile: str) -> Settings:
    around = Surroundings(SHIPPED, {}, (OLLAMA,) if profile == "local" else ())
    loaded = load([Layer("test", {"profile": profile})], around)
    assert [p for p in loaded.problems if "is not set" not in p.sentence and "are not set" not in p.sentence] == []
    return loaded.settings


def chains(profile: str) -> list[tuple[Tier, ModelRef]]:
    settings = settings_of(profile)
    return [(tier, model.ref) for tier in Tier for model in settings.chain(tier)]


CHAINED = [(profile, tier, ref) for profile in WANTED for tier, ref in chains(profile)]
EACH_MODEL = pytest.mark.parametrize(("profile", "tier", "ref"), CHAINED, ids=str)


def test_the_profiles_there_are() -> None:
    assert SHIPPED.names() == tuple(WANTED)
    for name in WANTED:
        assert 20 < len(SHIPPED.get(name).description) < 110


@pytest.mark.parametrize("name", [*CLOUD, "local"])
def test_every_profile_fills_every_tier(name: str) -> None:
    settings = settings_of(name)
    for tier in Tier:
        assert settings.chain(tier), tier


@EACH_MODEL
def test_every_model_in_a_chain_has_facts_and_prices(profile: str, tier: Tier, ref: ModelRef) -> None:
    model = settings_of(profile).resolve(ref)
    if model.provider.api_key_env is None:
        assert model.embedded or model.provider.base_url.startswith("http://127.0.0.1:")
        assert model.facts.prices.input == 0
        return
    assert model.provider.base_url.startswith("https://")
    assert model.facts.prices.input > 0
    assert model.facts.prices.output > model.facts.prices.input
    assert model.facts.prices.cache_read is None or model.facts.prices.cache_read < model.facts.prices.input
    assert model.facts.context_tokens > 32_768, "facts are given, not the defaults of an unknown model"


@EACH_MODEL
def test_no_model_in_a_chain_retires_soon(profile: str, tier: Tier, ref: ModelRef) -> None:
    retires = settings_of(profile).facts(ref).retires
    assert retires is None or (date.fromisoformat(retires) - TODAY).days > 90


@EACH_MODEL
def test_a_tiers_limits_fit_its_models(profile: str, tier: Tier, ref: ModelRef) -> None:
    settings = settings_of(profile)
    limits, facts = settings.tiers[tier], settings.facts(ref)
    if not settings.resolve(ref).embedded and profile != "local":
        assert limits.context_tokens + limits.max_output_tokens <= facts.context_tokens
        assert limits.max_output_tokens <= facts.max_output_tokens
    assert limits.first_token_ms < limits.deadline_ms
    jump = facts.price_cliff
    if jump is not None and jump.prices.input > 2 * facts.prices.input:
        assert limits.context_tokens < jump.above_tokens, "a prompt must not run over a cliff"
    if limits.effort is not None and facts.efforts and limits.effort not in facts.efforts:
        assert len(facts.efforts) < 5, "an effort that the model does not know is not sent; its own default holds"


@pytest.mark.parametrize("profile", WANTED)
def test_the_fast_tier_is_fast(profile: str) -> None:
    settings = settings_of(profile)
    fast = settings.tiers[Tier.FAST]
    assert fast.first_token_ms < 1_000
    assert fast.deadline_ms <= 2_000
    assert fast.max_output_tokens <= 256
    assert fast.context_tokens <= 6_000
    assert fast.quiet
    for model in settings.chain(Tier.FAST):
        thinks = model.facts.efforts
        assert model.facts.quiet_body or not thinks, f"{model.ref} would think before it completes"


@pytest.mark.parametrize("profile", CLOUD)
def test_tiers_grow(profile: str) -> None:
    settings = settings_of(profile)
    fast, balanced, frontier = (settings.tiers[tier] for tier in Tier)
    assert fast.context_tokens < balanced.context_tokens < frontier.context_tokens
    assert fast.deadline_ms < balanced.deadline_ms < frontier.deadline_ms
    assert fast.max_output_tokens < balanced.max_output_tokens < frontier.max_output_tokens
    usage = Usage(input_tokens=5_000, output_tokens=500)
    costs = [settings.chain(tier)[0].facts.cost_usd(usage) for tier in Tier]
    assert costs[-1] == max(costs)


ADDRESSES = {
    "anthropic": ("anthropic", "https://api.anthropic.com"),
    "openai": ("openai", "https://api.openai.com/v1"),
    "gemini": ("openai-compatible", "https://generativelanguage.googleapis.com/v1beta/openai"),
    "deepseek": ("openai-compatible", "https://api.deepseek.com"),
    "deepseek-fim": ("fim", "https://api.deepseek.com/beta"),
    "mistral": ("openai-compatible", "https://api.mistral.ai/v1"),
    "mistral-fim": ("fim", "https://api.mistral.ai"),
    "dashscope": ("openai-compatible", "https://dashscope-intl.aliyuncs.com/compatible-mode/v1"),
    "openrouter": ("openai-compatible", "https://openrouter.ai/api/v1"),
    "fireworks": ("openai-compatible", "https://api.fireworks.ai/inference/v1"),
    "groq": ("openai-compatible", "https://api.groq.com/openai/v1"),
    "cerebras": ("openai-compatible", "https://api.cerebras.ai/v1"),
    "together": ("openai-compatible", "https://api.together.xyz/v1"),
    "inception": ("openai-compatible", "https://api.inceptionlabs.ai/v1"),
    "inception-fim": ("fim", "https://api.inceptionlabs.ai"),
    "inception-edit": ("fim", "https://api.inceptionlabs.ai"),
    "ollama": ("openai-compatible", "http://127.0.0.1:11434/v1"),
    "ollama-fim": ("fim", "http://127.0.0.1:11434"),
    "llama.cpp": ("openai-compatible", "http://127.0.0.1:8080/v1"),
    "llama.cpp-fim": ("fim", "http://127.0.0.1:8080"),
    "vllm": ("openai-compatible", "http://127.0.0.1:8000/v1"),
    "vllm-fim": ("fim", "http://127.0.0.1:8000"),
    "lmstudio": ("openai-compatible", "http://127.0.0.1:1234/v1"),
    "lmstudio-fim": ("fim", "http://127.0.0.1:1234"),
    "embedded": ("embedded", None),
}


LOCAL_MODELS = {"zeta", "zeta2", "sweep-next-edit"}
"""Known models that cost nothing: a server of one's own has them."""


def test_known_providers_and_where_they_listen() -> None:
    providers = settings_of("embedded").providers
    assert {name: (p.kind.value, p.base_url) for name, p in providers.items()} == ADDRESSES
    for name, provider in providers.items():
        local = provider.base_url is None or provider.base_url.startswith("http://127.0.0.1:")
        assert (provider.api_key_env is None) is local, name
        assert (provider.kind is ProviderKind.FIM) is (provider.dialect is not None), name


def test_every_known_model() -> None:
    models = settings_of("embedded").models
    assert len(models) > 50
    for name, facts in models.items():
        steps = [facts.price_cliff, *facts.price_steps] if facts.price_cliff else []
        edges = [0, *(step.above_tokens for step in steps), facts.context_tokens]
        prices = [facts.prices, *(step.prices for step in steps)]
        assert edges == sorted(edges), name
        assert [p.input for p in prices] == sorted(p.input for p in prices), name
        assert facts.prices.input > 0 or name in LOCAL_MODELS, name
        if facts.cache.style in {CacheStyle.ANTHROPIC, CacheStyle.DASHSCOPE, CacheStyle.OPENAI_MARKED}:
            assert facts.prices.cache_read < facts.prices.input < facts.prices.cache_write, name
        if facts.cache.long_ttl_s is not None and facts.prices.cache_write is not None:
            assert facts.cache.long_ttl_s > facts.cache.ttl_s
            assert facts.prices.cache_write_long > facts.prices.cache_write, name


def test_models_that_anthropic_serves_take_no_temperature() -> None:
    """The API version that the SDK announces has removed it; sending one is an error on every model."""
    models = settings_of("embedded").models
    claude = {name: facts for name, facts in models.items() if name.startswith("claude-")}
    assert len(claude) >= 14
    assert not any(facts.temperature for facts in claude.values())


def test_a_price_stands_once() -> None:
    """Profiles choose; what a model costs stands with the known models only."""
    for name in WANTED:
        assert "prices" not in (shipped_profiles() / f"{name}.toml").read_text()
    seen: dict[str, Path] = {}
    for file in sorted((shipped_profiles() / "known").glob("*.toml")):
        for model in tomllib.loads(file.read_text()).get("models", {}):
            assert model not in seen, f"{model} stands in {seen.get(model)} and {file}"
            seen[model] = file


def test_a_price_cliff_holds_for_the_whole_request() -> None:
    models = settings_of("embedded").models
    haiku, plus = models["claude-haiku-5-5"], models["qwen3-coder-plus"]
    assert haiku.cost_usd(Usage(input_tokens=100_000)) == pytest.approx(0.01)
    assert haiku.cost_usd(Usage(input_tokens=100_001)) == pytest.approx(0.0500005)
    prices = [plus.prices_for(tokens).input for tokens in (32_000, 32_001, 128_001, 256_001)]
    assert prices == [1.0, 1.8, 3.0, 6.0]


AUTO = [
    ({}, "embedded"),
    ({"ANTHROPIC_API_KEY": ""}, "embedded"),
    ({"ANTHROPIC_API_KEY": "  "}, "embedded"),
    ({"ANTHROPIC_API_KEY": "k", "OPENAI_API_KEY": "k"}, "anthropic"),
    ({"OPENAI_API_KEY": "k", "GEMINI_API_KEY": "k"}, "openai"),
    ({"GEMINI_API_KEY": "k", "DEEPSEEK_API_KEY": "k"}, "gemini"),
    ({"DEEPSEEK_API_KEY": "k", "MISTRAL_API_KEY": "k"}, "deepseek"),
    ({"MISTRAL_API_KEY": "k", "DASHSCOPE_API_KEY": "k"}, "mistral"),
    ({"DASHSCOPE_API_KEY": "k", "OPENROUTER_API_KEY": "k"}, "qwen"),
    ({"OPENROUTER_API_KEY": "k"}, "openrouter"),
    ({"FIREWORKS_API_KEY": "k"}, "embedded"),
]


@pytest.mark.parametrize(("environ", "chosen"), AUTO)
def test_what_auto_means(environ: dict[str, str], chosen: str) -> None:
    assert SHIPPED.resolve("auto", {}, environ, ()).name == chosen
    with_server = SHIPPED.resolve("auto", {}, environ, (OLLAMA,)).name
    assert with_server == ("local" if chosen == "embedded" else chosen)


def test_auto_looks_for_the_key_variable_that_the_user_named() -> None:
    over = {"providers": {"openai": {"api_key_env": "MY_KEY"}, "gemini": {"api_key_env": ""}}}
    assert SHIPPED.resolve("auto", over, {"MY_KEY": "k"}, ()).name == "openai"
    assert SHIPPED.resolve("auto", over, {}, ()).name == "gemini", "a gateway that needs no key"


def test_a_named_profile_without_its_keys_says_which(world) -> None:
    world.key("ANTHROPIC_API_KEY").user("profile = 'openai'")
    said = "OPENAI_API_KEY is not set in the environment; set it, or choose another profile (tierwise profiles)"
    assert world.said() == [f'profile "openai": {said}']
    assert world.store.active_profile(None) == "openai"


def test_local_without_a_server_says_so_once_somebody_has_looked(world) -> None:
    world.user("profile = 'local'")
    assert world.said() == []
    assert world.settings.tiers[Tier.FAST].chain == ("embedded/workspace",)
    world.store.set_local_servers(())
    (sentence,) = world.said()
    assert sentence.startswith('profile "local": no model server answers on this machine; start one, or ')
    world.store.set_local_servers((OLLAMA,))
    assert world.said() == []


def test_a_users_own_profile_comes_first(world) -> None:
    world.key("ANTHROPIC_API_KEY")
    world.profile("anthropic", "description = 'Mine'\n[tiers.fast]\nchain = ['anthropic/claude-sonnet-5-5']\n")
    world.profile("mine", "description = 'Mine too'\n[tiers.fast]\nchain = ['anthropic/claude-opus-5-5']\n")
    assert world.settings.tiers[Tier.FAST].chain == ("anthropic/claude-sonnet-5-5",)
    world.user("profile = 'mine'")
    assert world.said() == []
    assert world.settings.tiers[Tier.FAST].chain == ("anthropic/claude-opus-5-5",)


BROKEN_PROFILES = {
    "description = 'x'\n[tiers.fast\n": r"config.toml: profile: config/\S+/mine.toml:2:12: is not TOML: expected",
    "[tiers.fast]\nquiet = true\n": r"config.toml: profile: config/\S+/mine.toml: description: is missing",
    "description = 'x'\nprofile = 'y'\n": r"mine.toml: profile: a profile cannot name another one",
    "description = 'x'\n[tiers.fast]\nchan = 1\n": r'profile "mine": tiers.fast.chan: is not a setting; did you mean',
    "description = 'x'\n[tiers.fast]\nchain = ['zzz/m']\n": r'"mine": tiers.fast.chain: names the provider "zzz"',
    "description = 'x'\nchoose = ['nothing']\n": r'config.toml: profile: no profile is named "nothing"',
    "description = 'x'\n[found]\nprefer = 3\n": r"mine.toml: found.prefer: must be a table, not 3",
}


@pytest.mark.parametrize(("toml", "says"), BROKEN_PROFILES.items())
def test_a_broken_profile_of_the_users(world, toml: str, says: str) -> None:
    world.user("profile = 'mine'\n[budget]\nday_usd = 2\n").profile("mine", toml)
    (sentence,) = world.said()
    assert re.search(says, sentence), sentence
    assert world.settings.tiers[Tier.FAST].chain == ("embedded/workspace",)
    assert world.settings.budget.day_usd == 2


def test_a_profile_that_breaks_keeps_what_it_was(world) -> None:
    world.key("ANTHROPIC_API_KEY").user("profile = 'mine'")
    world.profile("mine", "description = 'x'\n[tiers.fast]\nchain = ['anthropic/claude-opus-5-5']\n")
    assert world.said() == []
    world.profile("mine", "description = ")
    assert len(world.said()) == 1
    assert world.settings.tiers[Tier.FAST].chain == ("anthropic/claude-opus-5-5",)


def test_an_address_in_the_environment_moves_a_provider_and_a_setting_still_wins(world) -> None:
    world.environ |= {"ANTHROPIC_API_KEY": "value-of-a-key", "ANTHROPIC_BASE_URL": "http://127.0.0.1:1234"}
    assert world.settings.providers["anthropic"].base_url == "http://127.0.0.1:1234"
    world.user('[providers.anthropic]\nbase_url = "https://gateway.example"').store.reload()
    assert world.settings.providers["anthropic"].base_url == "https://gateway.example"
