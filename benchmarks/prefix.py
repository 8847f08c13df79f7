"""Prompt prefixes: what the input of working sessions costs under each provider's rules, against the least possible.

Recorded sessions are replayed (``benchmarks.prefix_replay`` says what is asked in them) through the real session,
context choice, ledger, refreshes and wire formats into the simulator's cache accounting, with the simulator's own
prices, on a clock that is set by hand: the result is the same on every machine. Only prompts are counted; answers cost
the same whatever the prefix.

The bound (``benchmarks.prefix_bound``) knows the whole session beforehand and pays for every line only what that line
by itself needs; no prefix that is really sent can reach it. ``x bound`` is our cost against it, all refreshes counted;
the bound itself sends nothing but the session's own requests. ``x bound with refreshes`` lets the bound keep copies
alive by further requests too, with the same foresight. Beside it the same needs as whole files in each prompt, in a
stable order and with the current file first, each with the cheaper of the provider's lifetimes for that session.
For a server of one's own, tokens to compute stand for money.

Assumed: a token is four bytes (the simulator's rule); the requests sampled as ``benchmarks.prefix_replay`` says; the
context that the profile ``anthropic`` gives its frontier tier, for all models. Besides our own small session there
are those below TIERWISE_EVALUATION (default ``../shared/evaluation``), which are recorded data of public repositories
and no part of this project; without them only our own is played.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.prefix_bound import Terms, bound
from benchmarks.prefix_provider import HandClock, Provider
from benchmarks.prefix_replay import Recorded, Replay, Replayed, plain_prompts, recorded
from tierwise.core.models import ModelRef
from tierwise.settings.facts import ModelFacts
from tierwise.settings.models import ProviderKind, ProviderSettings, ResolvedModel, Settings
from tierwise.settings.store import open_store
from tierwise.simulator.table import model_rules

ROOT = Path(__file__).parents[1]
SAMPLE = 8
"""Of the sessions, every so many-th is played under the rules of further providers."""


@dataclass(frozen=True)
class Setting:
    """A row: a model, the simulated provider that plays it, and whether copies are kept alive."""

    label: str
    provider: str
    model: str
    keep_warm_minutes: int = 60
    facts: ModelFacts | None = None


LOCAL = {
    "llama.cpp": {
        "cache": {"style": "llama.cpp", "min_tokens": 0},
        "context_tokens": 8_192,
        "max_output_tokens": 1_000,
    },
    "vllm": {"cache": {"style": "implicit", "min_tokens": 0, "ttl_s": 86_400}},
}
"""As the profile ``local`` has them; contexts are what such servers have unless told otherwise (llama.cpp) and what is
assumed of a model that nothing is known of."""
MAIN = Setting("Anthropic, opus-5-5", "anthropic", "claude-opus-5-5")
SETTINGS = (
    Setting("Anthropic, no refreshes", "anthropic", "claude-opus-5-5", 0),
    Setting("Anthropic, haiku-5-5", "anthropic", "claude-haiku-5-5"),
    Setting("OpenAI, gpt-6.1-sol", "openai", "gpt-6.1-sol"),
    Setting("OpenAI, gpt-5.4", "openai", "gpt-5.4"),
    Setting("DashScope, qwen3-coder-plus", "dashscope", "qwen3-coder-plus"),
    Setting("Gemini, 3.1-pro-preview", "gemini", "gemini-3.1-pro-preview"),
    Setting("DeepSeek, v4-pro", "deepseek", "deepseek-v4-pro"),
    Setting("Groq, gpt-oss-120b", "groq", "openai/gpt-oss-120b"),
    *(Setting(name, name, "local", facts=ModelFacts.model_validate(LOCAL[name])) for name in LOCAL),
)


@dataclass(frozen=True)
class Outcome:
    """One session under one setting. Costs in US dollars, or tokens to compute."""

    name: str
    replayed: Replayed
    bound: float
    bound_refreshed: float
    stable: float
    current: float

    @property
    def ratio(self) -> float:
        return self.replayed.usd / self.bound


def run(console: Console | None = None) -> dict[str, float]:
    """Print the tables; returns the median and p90 against the bound under Anthropic's rules."""
    console = console or Console()
    folder = Path(os.environ.get("TIERWISE_EVALUATION", ROOT.parent / "shared" / "evaluation"))
    sessions = recorded(folder)
    if len(sessions) == 1:
        console.print("no recorded sessions (TIERWISE_EVALUATION): only our own is played")
    main = [outcome(session, MAIN) for session in sessions]
    console.print(_table(f"Input cost of {len(sessions)} sessions, median and p90 of sessions", [(MAIN, main)]))
    console.print(_details(main))
    some = sessions[::SAMPLE]
    rows = [(setting, [outcome(session, setting) for session in some]) for setting in SETTINGS]
    console.print(_table(f"Other rules, {len(some)} of the sessions", rows))
    missed = sum(item.replayed.misses for _, outcomes in rows for item in outcomes)
    console.print(f"unexplained misses under these rules: {missed}")
    ratios = [item.ratio for item in main]
    return {"median": statistics.median(ratios), "p90": _p90(ratios)}


def outcome(session: Recorded, setting: Setting) -> Outcome:
    """Replay one session and count what the same needs would have cost otherwise."""
    model, settings = _resolved(setting)
    provider = Provider(setting.provider, HandClock())
    replayed = asyncio.run(Replay(session, provider, model, settings).run())
    rules = model_rules(setting.provider, setting.model).cache
    terms = Terms.of(rules, provider.prices(setting.model))
    return Outcome(
        session.name,
        replayed,
        bound(replayed.served, terms) / 1e6,
        bound(replayed.served, terms, refreshes=True) / 1e6,
        *(_plain(replayed, order, setting, model) for order in ("stable", "current")),
    )


def _plain(replayed: Replayed, order: str, setting: Setting, model: ResolvedModel) -> float:
    """Whole files in every prompt, with the lifetime that turns out cheaper."""
    costs: list[float] = []
    for long in (False, True):
        provider = Provider(setting.provider, HandClock())
        for at, prompt in plain_prompts(replayed, order, long=long):
            provider.clock.time = at
            provider.ask(model, prompt, "plain")
        costs.append(sum(paid.usd for paid in provider.paid))
    return min(costs)


def _resolved(setting: Setting) -> tuple[ResolvedModel, Settings]:
    """The model with its shipped facts, and the settings of the profile that sets the context."""
    with tempfile.TemporaryDirectory() as home:
        places = dict.fromkeys(("HOME", "USERPROFILE", "XDG_CONFIG_HOME", "XDG_STATE_HOME"), home)
        store = open_store({**places, "ANTHROPIC_API_KEY": "none"})
        section = {"profile": "anthropic", "cache": {"keep_warm_minutes": setting.keep_warm_minutes}}
        store.set_editor_settings(None, section)
        settings = store.for_folder(None)
    ref = ModelRef(setting.provider, setting.model)
    if setting.facts is not None:
        provider = ProviderSettings(kind=ProviderKind.OPENAI_COMPATIBLE, base_url="http://127.0.0.1")
        return ResolvedModel(ref, provider, setting.facts), settings
    model = settings.resolve(ref)
    return ResolvedModel(ref, model.provider.model_copy(update={"api_key_env": None}), model.facts), settings


# Tables


def _table(title: str, rows: Sequence[tuple[Setting, Sequence[Outcome]]]) -> Table:
    table = Table(title=title, title_justify="left")
    for column in ("rules", "x bound", "with refreshes", "stable order x", "current first x", "cached", "rewrites"):
        table.add_column(column, justify="left" if column == "rules" else "right")
    for setting, outcomes in rows:
        rewrites = statistics.mean(sum(item.replayed.rewrites.values()) for item in outcomes)
        read, tokens = (sum(getattr(i.replayed, n) for i in outcomes) for n in ("read_tokens", "input_tokens"))
        table.add_row(
            setting.label,
            _pair(outcomes, lambda item: item.ratio),
            _pair(outcomes, lambda item: item.replayed.usd / item.bound_refreshed),
            _pair(outcomes, lambda item: item.stable / item.bound),
            _pair(outcomes, lambda item: item.current / item.bound),
            f"{read / tokens:.1%}",
            f"{rewrites:.1f}",
        )
    return table


def _details(outcomes: Sequence[Outcome]) -> str:
    """Sums over all sessions, and where they cost most against the bound."""
    total = sum(item.replayed.usd for item in outcomes)
    why: Counter[str] = Counter()
    for item in outcomes:
        why.update(item.replayed.rewrites)
    refreshed = sum(item.replayed.refresh_usd for item in outcomes) / total
    dearest = sorted(outcomes, key=lambda item: -item.ratio)[:8]
    bounds, stable, current = (sum(getattr(item, name) for item in outcomes) for name in ("bound", "stable", "current"))
    requests, refreshes, misses = (
        sum(len(item.replayed.served) for item in outcomes),
        sum(item.replayed.refreshes for item in outcomes),
        sum(item.replayed.misses for item in outcomes),
    )
    halves = " / ".join(
        f"{statistics.mean(item.ratio for item in half):.3f}" for half in (outcomes[::2], outcomes[1::2])
    )
    lines = [
        f"mean of every second session / of the others {halves}",
        f"in all x bound {total / bounds:.3f}, x stable {total / stable:.3f}, x current first {total / current:.3f}",
        f"requests {requests}, refreshes {refreshes} ({refreshed:.1%} of the cost), unexplained misses {misses}",
        "prefixes written anew: " + ", ".join(f"{reason} {count}" for reason, count in why.most_common()),
        "most against the bound: " + ", ".join(f"{item.name} {item.ratio:.2f}" for item in dearest),
    ]
    return "\n".join(lines)


def _pair(outcomes: Sequence[Outcome], value: Callable[[Outcome], float]) -> str:
    values = [value(item) for item in outcomes]
    return f"{statistics.median(values):.3f} / {_p90(values):.3f}"


def _p90(values: Sequence[float]) -> float:
    """The smallest value that nine of ten do not exceed."""
    return sorted(values)[max(0, -(-9 * len(values) // 10) - 1)]


if __name__ == "__main__":
    run()
