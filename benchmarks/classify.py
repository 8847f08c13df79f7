"""The deterministic classifier on labelled commits: confusion matrix, leaving one repository out; throughput and p99.

The commits are recorded data and no part of this project: ``instructions/commits_labelled.csv.gz`` below the folder
that TIERWISE_EVALUATION names (default ``../shared/evaluation``). The points of the change's numbers are fitted here,
by multinomial logistic regression with the points of words held fixed; for the confusion matrix they are fitted anew
for each repository on all the others. The labels come from rules about the same numbers, so a high score says that the
points express those rules, not that difficulty can be foreseen; the words alone show how little can. The areas under
the curve say what the listed words and the static embedding add to the numbers, and how far each gets alone. The
embedding was learnt from made-up sentences (``benchmarks.words_fit``) and has seen none of these.
``python -m benchmarks.classify --write`` fits on everything and writes ``routing/points_fitted.toml``. Requests typed
in an IDE have no labelled class; for them the tables show the choices, and whether it is seen that an explanation is
wanted and no change.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import json
import math
import os
import time
from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tierwise.core.tasks import TaskClass
from tierwise.routing.classify import CLASSES, Classifier, probabilities, words_points
from tierwise.routing.points import Points, Signal, shipped_points
from tierwise.routing.signals import RequestFacts, signals
from tierwise.routing.words import HEADS, shipped_words
from tierwise.settings.models import Settings

ROOT = Path(__file__).parents[1]
EVALUATION = "../shared/evaluation"
TARGET = ROOT / "server/tierwise/routing/points_fitted.toml"

ROUNDS = 150
PULL = 0.5
"""L2 penalty: how strongly points are pulled towards 0."""

REASONS = {
    "scope known": "the extent of the change is known",
    "files<=1": "it touches one file",
    "files<=5": "it touches 2 to 5 files",
    "files<=7": "it touches 6 or 7 files",
    "files>7": "it touches more than 7 files",
    "hunks<=3": "at most 3 places change",
    "hunks<=10": "4 to 10 places change",
    "hunks<=30": "11 to 30 places change",
    "hunks>30": "more than 30 places change",
    "changed<=2": "at most 2 lines change",
    "changed<=9": "3 to 9 lines change",
    "changed<=30": "10 to 30 lines change",
    "changed<=200": "31 to 200 lines change",
    "changed>200": "more than 200 lines change",
    "moved": "files move and no line changes",
    "as many added as deleted": "as many lines are added as deleted",
    "line for line": "lines are replaced one for one",
}

# The labels come from rules that leave gaps (no label for one file with many places, for instance). These made-up
# changes say what is meant there: files, hunks, lines added, lines deleted, class, weight.
ANCHORS = (
    (1, 6, 20, 5, TaskClass.LOCAL, 60),
    (1, 8, 14, 12, TaskClass.LOCAL, 60),
    (1, 2, 50, 10, TaskClass.LOCAL, 60),
    (1, 12, 80, 40, TaskClass.LOCAL, 60),
    (1, 40, 300, 200, TaskClass.REPOSITORY, 60),
    (2, 3, 5, 2, TaskClass.LOCAL, 30),
    (3, 5, 6, 2, TaskClass.REPOSITORY, 30),
    (4, 20, 300, 100, TaskClass.REPOSITORY, 60),
    (5, 60, 400, 200, TaskClass.REPOSITORY, 30),
    (6, 20, 120, 50, TaskClass.REPOSITORY, 60),
    (7, 60, 500, 100, TaskClass.REPOSITORY, 30),
    (10, 15, 60, 40, TaskClass.REPOSITORY, 60),
    (12, 25, 120, 60, TaskClass.REPOSITORY, 30),
    (12, 25, 25, 25, TaskClass.MECHANICAL, 30),
    (20, 30, 30, 30, TaskClass.MECHANICAL, 30),
    (3, 0, 0, 0, TaskClass.MECHANICAL, 10),
)

INTENT_ROLES = {
    **dict.fromkeys(("generate", "edit", "tests", "doc", "fix", "new", "newNotebook"), "edit"),
    **dict.fromkeys(("explain", "terminalExplain"), "explain"),
}
"""What an intent wants; the others do not say."""

LONG = "please make this work again in all the callers of the parser, which fail with a strange error. " * 30

SETTINGS = {
    "providers": {"p": {"kind": "openai"}},
    "tiers": {tier: {"chain": [f"p/{tier}", "p/other"]} for tier in ("fast", "balanced", "frontier")},
}

Row = tuple[str, RequestFacts, TaskClass]
Example = tuple[tuple[str, ...], tuple[float, ...], int]
"""Fitted signals, points of the others, class."""


def run(console: Console | None = None) -> dict[str, float]:
    """Print the tables; returns accuracy, macro_f1, shipped_macro_f1, per_second and p99_us."""
    console = console or Console()
    rows = commits(console)
    if not rows:
        return {}
    held_out, areas = leave_one_repository_out(rows)
    shipped = Counter((label, decide(facts, shipped_points())) for _, facts, label in rows)
    console.print(_matrix(f"{len(rows)} commits, each by points fitted without its repository", held_out))
    console.print(
        f"accuracy {accuracy(held_out):.3f}, macro-F1 {macro_f1(held_out):.3f}; "
        f"with the points as shipped (fitted on these commits) {macro_f1(shipped):.3f}; "
        f"by the words alone {macro_f1(_words_alone(rows)):.3f}"
    )
    console.print(_areas(areas))
    role_accuracy = _ide_requests(console)
    per_second, p99 = speed(rows)
    long_p99 = speed([(name, replace(facts, instruction=LONG), label) for name, facts, label in rows])[1]
    console.print(
        f"{per_second:,.0f} decisions a second, p99 {p99:.0f} µs; of {len(LONG):,} characters {long_p99:.0f} µs"
    )
    return {
        "auc_numbers": areas["numbers"][-1],
        "auc_all": areas["numbers, listed words, embedding"][-1],
        "auc_embedding_alone": areas["embedding alone"][-1],
        "role_accuracy": role_accuracy,
        "accuracy": accuracy(held_out),
        "macro_f1": macro_f1(held_out),
        "shipped_macro_f1": macro_f1(shipped),
        "per_second": per_second,
        "p99_us": p99,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="fit on everything and write points_fitted.toml")
    if not parser.parse_args().write:
        run()
        return
    console = Console()
    if rows := commits(console):
        TARGET.write_text(_toml(fit(rows)), encoding="utf-8")
        console.print(f"{TARGET.relative_to(ROOT)} written from {len(rows)} commits.")


def commits(console: Console) -> list[Row]:
    """The labelled commits: repository, facts, class; none where the data is absent."""
    file = _folder() / "commits_labelled.csv.gz"
    if not file.is_file():
        console.print(f"No {file}: set TIERWISE_EVALUATION. Nothing was classified.")
        return []
    with gzip.open(file, "rt", encoding="utf-8", newline="") as text:
        return [
            (
                row["repo"],
                RequestFacts(
                    instruction=row["text"],
                    kind=row["conv_type"],
                    language=row["language"],
                    n_files=int(row["n_files"]),
                    n_hunks=int(row["n_hunks"]),
                    lines_added=int(row["lines_added"]),
                    lines_deleted=int(row["lines_deleted"]),
                ),
                TaskClass(row["label"]),
            )
            for row in csv.DictReader(text)
        ]


def leave_one_repository_out(
    rows: Sequence[Row],
) -> tuple[Counter[tuple[TaskClass, TaskClass]], dict[str, tuple[float, ...]]]:
    """How often each class was taken for each: (true, taken); and, by what is looked at, the areas under the curve of
    each class against the rest, the mean last.
    """
    counts: Counter[tuple[TaskClass, TaskClass]] = Counter()
    found: defaultdict[str, list[tuple[tuple[float, ...], TaskClass]]] = defaultdict(list)
    for repository in sorted({row[0] for row in rows}):
        points = shipped_points().with_signals(fit([row for row in rows if row[0] != repository]))
        for name, facts, label in rows:
            if name == repository:
                parts = views(facts, points)
                counts[label, CLASSES[max(range(4), key=parts["numbers, listed words, embedding"].__getitem__)]] += 1
                for view, part in parts.items():
                    found[view].append((part, label))
    areas = {view: tuple(area(found[view], task_class) for task_class in CLASSES) for view in found}
    return counts, {view: (*each, sum(each) / len(each)) for view, each in areas.items()}


def views(facts: RequestFacts, points: Points) -> dict[str, tuple[float, ...]]:
    """The classes' shares by what is looked at."""
    names, said = signals(facts, points), shipped_words().say(facts.wish)
    numbers = tuple(name for name in names if name in REASONS)
    words = tuple(name for name in names if name.startswith("words"))
    alone = () if said is None else said.classes
    weighed = tuple(value * points.embedding.scope_unknown for value in alone)
    return {
        "numbers": probabilities(numbers, points),
        "numbers, listed words": probabilities(names, points),
        "numbers, listed words, embedding": probabilities(names, points, words_points(facts, said, points)),
        "listed words alone": probabilities(words, points),
        "embedding alone": probabilities((), points, alone),
        "listed words, embedding": probabilities(words, points, weighed),
    }


def area(found: Sequence[tuple[tuple[float, ...], TaskClass]], task_class: TaskClass) -> float:
    """The area under the curve: how often a request of the class is ranked above another one, ties counting half."""
    at = CLASSES.index(task_class)
    inside = [part[at] for part, label in found if label is task_class]
    outside = sorted(part[at] for part, label in found if label is not task_class)
    wins = sum(bisect_left(outside, value) + bisect_right(outside, value) for value in inside)
    return wins / 2 / max(1, len(inside) * len(outside))


def decide(facts: RequestFacts, points: Points) -> TaskClass:
    parts = views(facts, points)["numbers, listed words, embedding"]
    return CLASSES[max(range(len(CLASSES)), key=parts.__getitem__)]


def fit(rows: Iterable[Row]) -> dict[str, Signal]:
    """Points of the change's numbers, by gradient ascent with a step per parameter (AdaGrad)."""
    examples = _examples(rows)
    total = sum(examples.values())
    points = {name: [0.0] * 4 for name in REASONS}
    seen = {name: [1e-6] * 4 for name in REASONS}
    for _ in range(ROUNDS):
        slope = {name: [-PULL * value for value in values] for name, values in points.items()}
        for (names, fixed, label), weight in examples.items():
            sums = [fixed[c] + sum(points[name][c] for name in names) for c in range(4)]
            highest = max(sums)
            shares = [math.exp(value - highest) for value in sums]
            whole = sum(shares)
            for c in range(4):
                pull = weight * ((c == label) - shares[c] / whole)
                for name in names:
                    slope[name][c] += pull
        for name, values in points.items():
            for c in range(4):
                step = slope[name][c] / total * 4
                seen[name][c] += step * step
                values[c] += 0.6 * step / math.sqrt(seen[name][c])
    return {
        name: Signal.model_validate({"points": [round(v, 1) + 0.0 for v in points[name]], "reason": reason})
        for name, reason in REASONS.items()
    }


def speed(rows: Sequence[Row]) -> tuple[float, float]:
    """Decisions a second, and the p99 of one in microseconds, warm. Each is made five times and the fastest counts:
    what else the machine does at the time is not ours.
    """
    classifier, settings = Classifier(), Settings.model_validate(SETTINGS)
    times: list[float] = []
    for _, facts, _ in rows:
        best = math.inf
        for _ in range(5):
            began = time.perf_counter()
            classifier.decide(facts, settings)
            best = min(best, time.perf_counter() - began)
        times.append(best)
    return len(times) / sum(times), sorted(times)[int(0.99 * len(times))] * 1e6


def accuracy(counts: Counter[tuple[TaskClass, TaskClass]]) -> float:
    return sum(n for (true, taken), n in counts.items() if true is taken) / counts.total()


def macro_f1(counts: Counter[tuple[TaskClass, TaskClass]]) -> float:
    def f1(task_class: TaskClass) -> float:
        right = counts[task_class, task_class]
        true = sum(n for (label, _), n in counts.items() if label is task_class)
        taken = sum(n for (_, label), n in counts.items() if label is task_class)
        return 2 * right / (true + taken) if true + taken else 0.0

    return sum(map(f1, CLASSES)) / len(CLASSES)


def _examples(rows: Iterable[Row]) -> dict[Example, float]:
    """Equal rows made one, weighted so that rare classes count for more than their number, but not for as much."""
    rows = list(rows)
    base = shipped_points().with_signals({name: Signal(points=(0, 0, 0, 0), reason="") for name in REASONS})
    of_class = Counter(label for _, _, label in rows)
    examples: dict[Example, float] = defaultdict(float)

    def count(facts: RequestFacts, label: TaskClass, weight: float) -> None:
        names = signals(facts, base)
        fixed = tuple(
            round(sum(base.signals[name].points[c] for name in names if name not in REASONS), 2) for c in range(4)
        )
        examples[tuple(name for name in names if name in REASONS), fixed, CLASSES.index(label)] += weight

    for _, facts, label in rows:
        count(facts, label, math.sqrt(len(rows) / 4 / of_class[label]))
    for files, hunks, added, deleted, label, weight in ANCHORS:
        facts = RequestFacts(n_files=files, n_hunks=hunks, lines_added=added, lines_deleted=deleted)
        count(facts, label, weight)
    return examples


def _words_alone(rows: Sequence[Row]) -> Counter[tuple[TaskClass, TaskClass]]:
    points = shipped_points()
    return Counter(
        (label, decide(RequestFacts(instruction=facts.instruction, kind=facts.kind), points))
        for _, facts, label in rows
    )


def _ide_requests(console: Console) -> float:
    """Print what is chosen for requests typed in an IDE; the share of right roles where the intent tells it."""
    file = _folder() / "copilot_intents.csv"
    if not file.is_file():
        console.print(f"No {file}: requests typed in an IDE are left out.")
        return 0.0
    with file.open(encoding="utf-8", newline="") as text:
        rows = list(csv.DictReader(text))
    chosen: defaultdict[str, Counter[str]] = defaultdict(Counter)
    roles: Counter[tuple[str, str]] = Counter()
    classifier, settings = Classifier(), Settings.model_validate(SETTINGS)
    for row in rows:
        decision = classifier.decide(RequestFacts(instruction=row["text"]), settings)
        chosen[f"{row['location']}: {row['intent']}"][decision.task_class] += 1
        if (role := INTENT_ROLES.get(row["intent"])) is not None:
            roles[role, decision.role] += 1
    table = Table(title=f"{len(rows)} requests typed in an IDE: class chosen by the words alone, by intent")
    table.add_column("intent")
    for task_class in CLASSES:
        table.add_column(task_class, justify="right")
    for intent, counts in sorted(chosen.items(), key=lambda item: -item[1].total()):
        table.add_row(intent, *(str(counts[task_class] or "") for task_class in CLASSES))
    console.print(table)
    table = Table(title=f"What is wanted, for the {roles.total()} of them whose intent says it")
    table.add_column("intent wants")
    for role in HEADS["role"]:
        table.add_column(f"→ {role}", justify="right")
    for wanted in sorted(set(INTENT_ROLES.values())):
        table.add_row(wanted, *(str(roles[wanted, role]) for role in HEADS["role"]))
    console.print(table)
    return sum(n for (wanted, taken), n in roles.items() if wanted == taken) / max(1, roles.total())


def _areas(areas: dict[str, tuple[float, ...]]) -> Table:
    table = Table(title="Area under the curve, each class against the rest (0.5: chance), each repository held out")
    table.add_column("looked at")
    for name in (*CLASSES, "mean"):
        table.add_column(name, justify="right")
    for view, values in areas.items():
        table.add_row(view, *(f"{value:.3f}" for value in values))
    return table


def _matrix(title: str, counts: Counter[tuple[TaskClass, TaskClass]]) -> Table:
    table = Table(title=title)
    table.add_column("labelled")
    for task_class in CLASSES:
        table.add_column(f"→ {task_class}", justify="right")
    table.add_column("recall", justify="right")
    for true in CLASSES:
        row = [counts[true, taken] for taken in CLASSES]
        table.add_row(true, *map(str, row), f"{counts[true, true] / max(1, sum(row)):.3f}")
    return table


def _toml(fitted: dict[str, Signal]) -> str:
    lines = [
        "# Written by `python -m benchmarks.classify --write`: points of the numbers of a change. See points.toml.",
        "",
    ]
    for name, signal in fitted.items():
        lines += [f'[signals."{name}"]', f"points = {list(signal.points)}", f"reason = {json.dumps(signal.reason)}"]
    return "\n".join(lines) + "\n"


def _folder() -> Path:
    return Path(os.environ.get("TIERWISE_EVALUATION", ROOT / EVALUATION)) / "instructions"


if __name__ == "__main__":
    main()
