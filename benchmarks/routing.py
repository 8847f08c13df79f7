"""Cascades on recorded outcomes of real models: what validators, an oracle and learning are worth.

The outcomes are recorded data and no part of this project: ``routing/swebench_verified_outcomes.csv`` below the folder
that TIERWISE_EVALUATION names (default ``../shared/evaluation``): whether each model resolved an issue, what it cost
and how many calls it took, one run each. ``claude-3-7-sonnet`` is left out, as its flags disagree with its published
rate.

A validator is two numbers here: the shares of right and of wrong answers that it accepts (``--accept RIGHT WRONG``).
By default they are those of ours, as ``--measure`` found them with the edits and mistakes of ``benchmarks.validators``
and left them in ``validators_rates.json``, beside the assumed 0.9 and 0.3. Made-up mistakes are plainer than those of
models, so our share of wrong answers is a lower bound; "subtle" counts the kinds alone that only running code can
decide (a renamed member, a dropped line, swapped arguments), which is nearer to them. With tests, it is the tests of
this project's own functions, which are denser than most. Expectations over the validator's verdicts are exact; only
the random order of the learning runs is chance, with fixed seeds.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import random
import statistics
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.validator_worlds import Edit
from tierwise.core.tasks import TaskClass, Tier
from tierwise.routing.learning import Thresholds
from tierwise.settings.models import Settings

ROOT = Path(__file__).parents[1]
RATES = Path(__file__).with_name("validators_rates.json")
LEFT_OUT = "claude-3-7-sonnet-20250219"
PAIR = ("gpt-5-mini", "gpt-5")
TRIO = ("gpt-5-mini", "sonnet-4-5-20250929", "claude-opus-4-5-20251101")
ASSUMED = {"assumed 0.90/0.30": (0.9, 0.3)}

REQUESTS, SEEDS = 2_000, 20
TOLD = 0.7
"""Share of the accepted answers of which it becomes known whether they were kept."""
FAILURES_USD = (0.25, 1.0, 4.0)

Rates = tuple[float, float]


@dataclass(frozen=True)
class Run:
    """One model at one issue. ``calls``: model calls, one after the other."""

    right: bool
    usd: float
    calls: int


Issue = Mapping[str, Run]


@dataclass(frozen=True)
class Expected:
    """Means over issues. ``wrong``: delivered though wrong; ``person``: rejected by all, left to a person."""

    usd: float
    calls: float
    right: float
    wrong: float
    person: float = 0.0


def run(console: Console | None = None, accept: Rates | None = None) -> dict[str, float]:
    """Print the tables. Returns resolve rate and cost of the main approaches, and the regrets."""
    console = console or Console()
    issues = outcomes(console)
    if not issues:
        return {}
    rates = {f"given {accept[0]:.2f}/{accept[1]:.2f}": accept} if accept else measured_rates(console)
    figures: dict[str, float] = {}
    for chain in (PAIR, TRIO):
        rows = approaches(issues, chain, rates)
        console.print(_table(f"{len(issues)} issues: {' → '.join(chain)}", rows))
        figures |= {f"{len(chain)} models, {name}: right": row.right for name, row in rows}
        figures |= {f"{len(chain)} models, {name}: usd": row.usd for name, row in rows}
    for scenario in SCENARIOS:
        figures |= _learning(console, issues, scenario, next(iter(rates.values())))
    return figures


def outcomes(console: Console) -> list[Issue]:
    """The recorded outcomes; none where the data is absent."""
    folder = Path(os.environ.get("TIERWISE_EVALUATION", ROOT / "../shared/evaluation"))
    file = folder / "routing/swebench_verified_outcomes.csv"
    if not file.is_file():
        console.print(f"No {file}: set TIERWISE_EVALUATION. Nothing was replayed.")
        return []
    with file.open(encoding="utf-8", newline="") as text:
        rows = list(csv.DictReader(text))
    models = [name.removesuffix("|cost") for name in rows[0] if name.endswith("|cost") and LEFT_OUT not in name]
    return [
        {m: Run(row[f"{m}|resolved"] == "1", float(row[f"{m}|cost"]), int(row[f"{m}|calls"])) for m in models}
        for row in rows
    ]


def measured_rates(console: Console) -> dict[str, Rates]:
    """Accept rates by name, the measured ones first."""
    found: dict[str, Rates] = {}
    if RATES.is_file():
        for name, pair in json.loads(RATES.read_text("utf-8")).items():
            found[f"ours, {name} {pair['right']:.2f}/{pair['wrong']:.2f}"] = (pair["right"], pair["wrong"])
    else:
        console.print(
            f"No {RATES.name}: run `python -m benchmarks.routing --measure 100` for our validators' own rates."
        )
    console.print("Accept rates (right/wrong answers): " + "; ".join([*found, *ASSUMED]))
    return found | ASSUMED


def measure(edits: int) -> dict[str, dict[str, float]]:
    """Our validators' accept rates over so many edits of each source, evenly chosen; with tests: over a fifteenth as
    many, of this project's own functions. Right ones count also where they are set aside. Takes minutes.
    """
    from benchmarks.validator_mutants import DECIDABLE
    from benchmarks.validator_tools import OwnTools
    from benchmarks.validator_worlds import own, recorded
    from benchmarks.validators import Tally, run_edits

    def rates(tallies: Sequence[Tally], name: str) -> dict[str, dict[str, float]]:
        right = sum((counts for tally in tallies for counts in (tally.right, *tally.aside.values())), Counter[str]())
        kinds = [(kind, counts) for tally in tallies for kind, counts in tally.wrong.items()]
        subtle = sum((counts for kind, counts in kinds if kind not in DECIDABLE), Counter[str]())
        found = {name: sum((counts for _, counts in kinds), Counter[str]()), f"{name}, subtle": subtle}
        return {key: {"right": _accepted(right), "wrong": _accepted(wrong)} for key, wrong in found.items()}

    ours, tools = list(own()), OwnTools()
    plain = [run_edits(_chosen(source, edits)) for source in (list(recorded()), ours)]
    tested = [run_edits(_chosen(ours, edits // 15), tools=tools)]
    tools.close()
    return rates(plain, "without tests") | rates(tested, "with tests")


def _accepted(counts: Counter[str]) -> float:
    return round(counts["accepted"] / max(1, counts.total()), 4)


def _chosen(source: Sequence[Edit], edits: int) -> Sequence[Edit]:
    return source[:: max(1, len(source) // max(1, edits))]


def approaches(issues: Sequence[Issue], chain: Sequence[str], rates: Mapping[str, Rates]) -> list[tuple[str, Expected]]:
    """The table's rows."""
    rows = [(f"always {model}", _mean([_alone(issue[model]) for issue in issues])) for model in chain]
    mixed = _mean([_alone(issue[model]) for issue in issues for model in chain])
    rows.append(("random mix, equal shares", mixed))
    for name, pair in rates.items():
        rows.append((f"cascade, {name}", _mean([cascade([issue[m] for m in chain], pair) for issue in issues])))
        taken = [cascade([issue[m] for m in chain], pair, last_is_taken=True) for issue in issues]
        rows.append(("  … and the last answer taken as it is", _mean(taken)))
    rows.append(("oracle: the cheapest that is right", _mean([_oracle([issue[m] for m in chain]) for issue in issues])))
    return rows


def cascade(runs: Sequence[Run], rates: Rates, *, last_is_taken: bool = False) -> Expected:
    """One issue through a chain, each answer judged by a validator that accepts with these rates."""
    usd = calls = right = wrong = 0.0
    here = 1.0
    for number, answer in enumerate(runs):
        usd += here * answer.usd
        calls += here * answer.calls
        accepted = 1.0 if last_is_taken and number == len(runs) - 1 else rates[0] if answer.right else rates[1]
        right += here * accepted * answer.right
        wrong += here * accepted * (not answer.right)
        here *= 1 - accepted
    return Expected(usd, calls, right, wrong, here)


# ------------------------------------------------------------------------------------------------ learning


@dataclass(frozen=True)
class Scenario:
    """``phases``: the shares of the issues, from the easiest (0) to the hardest (1), that each quarter draws from, and
    the model of the fast tier then.
    """

    name: str
    phases: tuple[tuple[float, float, str], ...]


SCENARIOS = (
    Scenario(
        "difficulty changes: easy, hard, mixed, easy",
        ((0.0, 0.5, PAIR[0]), (0.6, 1.0, PAIR[0]), (0.0, 1.0, PAIR[0]), (0.0, 0.5, PAIR[0])),
    ),
    Scenario(
        "the fast tier's model changes: strong, weak, strong, weak",
        tuple((0.0, 1.0, model) for model in (PAIR[0], "qwen2-5-coder-32b-instruct") * 2),
    ),
)


def _learning(console: Console, issues: Sequence[Issue], scenario: Scenario, rates: Rates) -> dict[str, float]:
    """Regret of the learnt start against the best fixed one, in percent of that one's loss."""
    table = Table(
        title=f"Learning where to begin ({scenario.name}); {REQUESTS} requests, {SEEDS} orders, validator "
        f"{rates[0]:.2f}/{rates[1]:.2f}"
    )
    for head in (
        "a failure costs",
        "begin at fast",
        "at balanced",
        "at frontier",
        "learnt",
        "regret",
        "best per phase",
    ):
        table.add_column(head, justify="right")
    figures: dict[str, float] = {}
    for failure in FAILURES_USD:
        runs = [_simulate(issues, scenario, rates, failure, seed) for seed in range(SEEDS)]
        fixed = {tier: statistics.mean(run.fixed[tier] for run in runs) for tier in Tier}
        learnt = statistics.mean(run.learnt for run in runs)
        regrets = [run.learnt / min(run.fixed.values()) - 1 for run in runs]
        per_phase = statistics.mean(run.per_phase for run in runs)
        table.add_row(
            f"${failure:.2f}",
            *(f"${fixed[tier]:.3f}" for tier in Tier),
            f"${learnt:.3f}",
            f"{statistics.mean(regrets):+.1%} ± {statistics.stdev(regrets):.1%}",
            f"${per_phase:.3f}",
        )
        figures[f"{scenario.name}, ${failure}: regret"] = statistics.mean(regrets)
    console.print(table)
    console.print(
        "Loss per request: money spent, and the price of a failure for each answer that was wrong or left to a person. "
        "Negative regret: better than any fixed start. Best per phase knows the best start of each phase beforehand."
    )
    return figures


@dataclass(frozen=True)
class _Simulated:
    """Mean losses per request, in US dollars."""

    learnt: float
    fixed: Mapping[Tier, float]
    per_phase: float


class _Clock:
    """Requests every five minutes."""

    def __init__(self) -> None:
        self.seconds = 1_700_000_000.0

    def monotonic(self) -> float:
        return self.seconds

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.seconds, UTC)


def _simulate(issues: Sequence[Issue], scenario: Scenario, rates: Rates, failure: float, seed: int) -> _Simulated:
    chance, clock = random.Random(seed), _Clock()
    thresholds, settings = Thresholds(clock), _settings(failure)
    ordered = sorted(issues, key=lambda issue: sum(run.right for run in issue.values()), reverse=True)
    fixed: list[dict[Tier, float]] = []
    learnt = 0.0
    for low, high, small in scenario.phases:
        pool = ordered[int(low * len(ordered)) : int(high * len(ordered))]
        phase = dict.fromkeys(Tier, 0.0)
        for _ in range(REQUESTS // len(scenario.phases)):
            clock.seconds += 300
            issue = chance.choice(pool)
            runs = dict(zip(Tier, (issue[small], issue[TRIO[1]], issue[TRIO[2]]), strict=True))
            verdicts = {tier: chance.random() < rates[0 if run.right else 1] for tier, run in runs.items()}
            for tier in Tier:
                phase[tier] += _play(runs, verdicts, tier, failure)
            start, _ = thresholds.start("f", TaskClass.LOCAL, Tier.BALANCED, settings)
            learnt += _play(runs, verdicts, start, failure)
            _teach(thresholds, runs, verdicts, start, chance)
        fixed.append(phase)
    totals = {tier: sum(phase[tier] for phase in fixed) / REQUESTS for tier in Tier}
    return _Simulated(learnt / REQUESTS, totals, sum(min(phase.values()) for phase in fixed) / REQUESTS)


def _play(runs: Mapping[Tier, Run], verdicts: Mapping[Tier, bool], start: Tier, failure: float) -> float:
    """The loss of one request that begins at ``start``."""
    loss = 0.0
    tier: Tier | None = start
    while tier is not None:
        loss += runs[tier].usd
        if verdicts[tier]:
            return loss + (0.0 if runs[tier].right else failure)
        tier = tier.stronger
    return loss + failure


def _teach(
    thresholds: Thresholds, runs: Mapping[Tier, Run], verdicts: Mapping[Tier, bool], start: Tier, chance: random.Random
) -> None:
    """What a session would learn of it: verdicts at once, and of some answers whether they were kept."""
    tier: Tier | None = start
    while tier is not None:
        thresholds.outcome("f", TaskClass.LOCAL, tier, passed=verdicts[tier], cost_usd=runs[tier].usd)
        if verdicts[tier]:
            if chance.random() < TOLD:
                thresholds.judged("f", TaskClass.LOCAL, tier, float(runs[tier].right))
            return
        tier = tier.stronger


def _settings(failure: float) -> Settings:
    """Three tiers whose foreseen costs are of the order of the recorded ones' ratio, not their size."""
    prices = {"fast": 0.25, "balanced": 3.0, "frontier": 5.0}
    return Settings.model_validate(
        {
            "providers": {"p": {"kind": "openai"}},
            "tiers": {tier: {"chain": [f"p/{tier}"]} for tier in prices},
            "models": {tier: {"prices": {"input": price, "output": 5 * price}} for tier, price in prices.items()},
            "routing": {"failure_usd": failure},
        }
    )


def _alone(answer: Run) -> Expected:
    return Expected(answer.usd, answer.calls, float(answer.right), float(not answer.right))


def _oracle(runs: Sequence[Run]) -> Expected:
    return _alone(
        min((run for run in runs if run.right), key=lambda run: run.usd, default=min(runs, key=lambda r: r.usd))
    )


def _mean(rows: Sequence[Expected]) -> Expected:
    def mean(name: str) -> float:
        return statistics.mean(getattr(row, name) for row in rows)

    return Expected(mean("usd"), mean("calls"), mean("right"), mean("wrong"), mean("person"))


def _table(title: str, rows: Sequence[tuple[str, Expected]]) -> Table:
    table = Table(title=title, caption="Latency as model calls in a row: the record holds no times.")
    for head in ("approach", "cost per 10k tasks", "latency (calls)", "resolve rate", "wrong delivered", "to a person"):
        table.add_column(head, justify="left" if head == "approach" else "right", no_wrap=head == "approach")
    for name, row in rows:
        shares = (f"{share:.1%}" for share in (row.right, row.wrong, row.person))
        table.add_row(name, f"${row.usd * 10_000:,.0f}", f"{row.calls:.1f}", *shares)
    return table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--accept", nargs=2, type=float, metavar=("RIGHT", "WRONG"), help="the validator's accept rates"
    )
    parser.add_argument("--measure", type=int, metavar="EDITS", help="measure our validators' rates over so many edits")
    arguments = parser.parse_args()
    if arguments.measure:
        RATES.write_text(json.dumps(measure(arguments.measure), indent=2) + "\n", encoding="utf-8")
    accept = arguments.accept
    run(accept=None if accept is None else (accept[0], accept[1]))


if __name__ == "__main__":
    main()
