"""The embedded engine: how fast, how much memory, and how often it is right, on code it has seen and has not seen."""

from __future__ import annotations

from collections.abc import Callable

from rich.console import Console
from rich.table import Table

from benchmarks import embedded_speed as speed
from benchmarks.embedded_cases import (
    Probes,
    evaluation,
    functions_alone,
    infilling,
    own_files,
    sessions,
    standard_library,
    trace,
    written_again,
)
from benchmarks.embedded_scores import CHOSEN, Least, Place, Score, played, recorded, repeated
from tierwise.embedded.generate import ATTENTION

UNSEEN: dict[str, Callable[[], Probes]] = {
    "holes in functions, one line (HumanEval)": lambda: infilling("SingleLineInfilling", 4),
    "holes in functions, any span (HumanEval)": lambda: infilling("RandomSpanInfillingLight", 2),
    "functions of Python's library, alone": lambda: functions_alone(standard_library(1_000)[11::40], 6),
}
SEEN: dict[str, Callable[[], Probes]] = {
    "recorded commits, half that nothing was fitted on": lambda: sessions(0, 2, 1),
    "keystrokes of a Rust file": lambda: trace("rustcode"),
    "keystrokes of a Svelte file": lambda: trace("sveltecomponent"),
    "blocks of this repository, written again": lambda: written_again(own_files(), 150),
}
OTHERS: tuple[tuple[float, Least], ...] = (
    (3.0, (0.5, 0.5)),
    (3.0, (0.6, 0.6)),
    (3.0, (0.5, 0.7)),
    (3.0, (0.6, 0.7)),
    (8.0, (0.5, 0.6)),
)
"""Other attention and least confidence, to show the choice."""


def run(console: Console | None = None) -> None:
    """Print the tables."""
    console = console or Console()
    _speed(console)
    if not evaluation().exists():
        console.print("The folder of recorded sets (TIERWISE_EVALUATION) is absent: only code of this machine is used.")
    found: dict[str, list[Place]] = {}
    for title, sources in (("Code it has not seen", UNSEEN), ("Code it has seen", SEEN)):
        table = Table(title=title, title_justify="left")
        for column in (
            "written",
            "keys",
            "asked: offered",
            "shown per 100 keys",
            "right",
            "to the line's end",
            "keys saved",
        ):
            table.add_column(column, justify="left" if column == "written" else "right")
        for name, source in sources.items():
            places = recorded(source())
            if places:
                found[name] = places
                table.add_row(*_row(name, played(places)))
                table.add_row(*_row("  (bare repetition)", played(repeated(source()))), style="dim")
        console.print(table)
    _calibration(console, found)
    _choice(console, found)


def _speed(console: Console) -> None:
    engine, workspace = speed.workspace()
    table = Table(title=f"{speed.LINES:,} lines in a workspace of {workspace.files:,} files", title_justify="left")
    for column in ("ms", "p50", "p95", "p99", "bare p50", "bare p95", "× at p95"):
        table.add_column(column, justify="left" if column == "ms" else "right")
    for times in speed.typing(engine):
        ours, bare = ([_quantile(values, q) for q in (0.5, 0.95, 0.99)] for values in (times.ms, times.bare))
        figures = [f"{value:.2f}" for value in ours] + [f"{value:.3f}" for value in bare[:2]]
        table.add_row(times.what, *figures, f"{ours[1] / max(bare[1], 1e-6):.0f}")
    console.print(table)
    first, nothing = speed.first_answer()
    console.print(
        f"learnt: {workspace.megabytes:.1f} MB in {workspace.seconds:.1f} s, its rests for others included "
        f"(reading alone {workspace.read_seconds:.2f} s)\n"
        f"memory for it: {workspace.mib:.0f} MiB, {workspace.mib * 2**20 / workspace.megabytes / 1e6:.1f} × the text\n"
        f"from the start of a process to the first completion: {first:.0f} ms (a bare interpreter {nothing:.0f} ms)"
    )


def _row(name: str, score: Score) -> tuple[str, ...]:
    return (
        name,
        f"{score.keys:,}",
        f"{score.offered / max(1, score.asked):.1%}",
        f"{100 * score.shown / max(1, score.keys):.1f}",
        f"{score.precision:.0%}",
        f"{score.whole / max(1, score.shown):.0%}",
        f"{score.saving:.1%}",
    )


def _calibration(console: Console, found: dict[str, list[Place]]) -> None:
    table = Table(title="When it says so, it is right", title_justify="left")
    table.add_column("confidence")
    for name in found:
        table.add_column(name, justify="right")
    scores = [played(places) for places in found.values()]
    for tenth in range(int(10 * min(CHOSEN)), 10):
        cells = [score.bins[tenth] for score in scores]
        said = sum(cell[2] for cell in cells) / max(1, sum(cell[0] for cell in cells))
        table.add_row(
            f"{said:.2f}", *(f"{cell[1] / cell[0]:.2f} of {cell[0]:.0f}" if cell[0] else "-" for cell in cells)
        )
    console.print(table)


def _choice(console: Console, found: dict[str, list[Place]]) -> None:
    """What other thresholds would show and save, over all sources: each counts the same."""
    table = Table(title="The choice, mean of all rows above", title_justify="left")
    for column in ("attention", "least of a line, of a part", "shown per 100 keys", "right", "keys saved"):
        table.add_column(column, justify="right")
    for attention, least in ((ATTENTION, CHOSEN), *OTHERS):
        scores = [played(places, attention, least) for places in found.values()]
        shown, right, saved = (
            sum(values) / len(scores)
            for values in zip(*((s.shown / s.keys, s.precision, s.saving) for s in scores), strict=True)
        )
        chosen = (attention, least) == (ATTENTION, CHOSEN)
        table.add_row(
            f"{attention:.0f}", f"{least[0]:.2f}, {least[1]:.2f}", f"{100 * shown:.1f}", f"{right:.0%}", f"{saved:.1%}",
            style="bold" if chosen else None,
        )  # fmt: skip
    console.print(table)


def _quantile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]
