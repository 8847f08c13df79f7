"""A server whose models are scripted, for the gold set's own tests: the right answer of a case, or a wrong one."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tierwise.cli.gold_desk import Bench, bench
from tierwise.core.text import Lines
from tierwise.gold.cases import Case, CompletionCase, EditCase, ExplainCase
from tierwise.gold.purse import Purse
from tierwise.gold.results import Result
from tierwise.gold.runner import Options, Runner
from tierwise.simulator import Reply, Rule, Script, Simulator

KEY = "sk-gold-0123456789abcdef"
CONFIG = """
profile = "embedded"
[providers.far]
kind = "anthropic"
base_url = "{base_url}"
api_key_env = "FAR_KEY"
[routing]
hedge = false
repair_turns = 0
max_escalations = 1
breaker_failures = 1000
[tiers.fast]
chain = ["far/claude-haiku-5-5"]
first_token_ms = 20000
deadline_ms = 30000
[tiers.balanced]
chain = ["far/claude-sonnet-5-5"]
first_token_ms = 20000
deadline_ms = 30000
[tiers.frontier]
chain = ["far/claude-opus-5-5"]
first_token_ms = 20000
deadline_ms = 30000
"""


def environ(folder: Path, config: str = 'profile = "embedded"\n', **more: str) -> dict[str, str]:
    """A user's environment below ``folder``, with these settings."""
    file = folder / "config.toml"
    file.write_text(config, encoding="utf-8")
    return {
        "TIERWISE_CONFIG": str(file),
        "XDG_CONFIG_HOME": str(folder / "config"),
        "XDG_STATE_HOME": str(folder / "state"),
        **more,
    }


def right(case: Case) -> str:
    """What a model says that knows the right answer."""
    match case:
        case CompletionCase():
            return _fill(case, case.middles[0])
        case EditCase() | ExplainCase():
            return case.reply
        case _:
            return ""


def wrong(case: Case) -> str:
    """What a model says that is mistaken."""
    match case:
        case CompletionCase():
            return _fill(case, "elsewhere(never)")
        case EditCase() | ExplainCase():
            return case.wrong
        case _:
            return ""


def _fill(case: CompletionCase, middle: str) -> str:
    start = case.place.span.start
    line = Lines.of(case.place.text).line(start.line)
    return f"<fill>{line[: start.column]}{middle}</fill>"


@dataclass
class World:
    """A bench at a simulator. ``say`` answers for the case under way."""

    bench: Bench
    simulator: Simulator
    scratch: Path
    say: Callable[[Case], str] = right
    runner: Runner | None = None
    _case: list[Case] = field(default_factory=list)

    def new_runner(self, *, run_code: bool = False, limit: float | None = None) -> Runner:
        return Runner(self.bench.desk, self.scratch, Options(Purse(self.bench.desk.settings.budget, limit), run_code))

    async def run(self, cases: Sequence[Case], *, run_code: bool = False, limit: float | None = None) -> list[Result]:
        return [result async for result in self.results(cases, run_code=run_code, limit=limit)]

    async def results(
        self, cases: Sequence[Case], *, run_code: bool = False, limit: float | None = None
    ) -> AsyncIterator[Result]:
        self.runner = self.new_runner(run_code=run_code, limit=limit)
        self.simulator.script = Script(rules=(Rule(reply=lambda _call: Reply(text=self.say(self._case[0]))),))
        self._case[:] = cases[:1]
        async for result in self.runner.run(cases):
            at = cases.index(result.case) + 1
            self._case[:] = cases[at : at + 1]
            yield result


@asynccontextmanager
async def world(folder: Path, config: str = CONFIG) -> AsyncIterator[World]:
    async with Simulator() as simulator:
        surroundings = environ(folder, config.format(base_url=simulator.base_url), FAR_KEY=KEY)
        async with bench(surroundings, folder / "scratch" / "state", None, 0.0) as on:
            yield World(on, simulator, folder / "scratch" / "cases")
