"""Rename: other tools' own tests through the real server, engine by engine.

Run alone: ``python -m benchmarks.rename [--suite NAME] [--engine bundled|server|all] [--failures] [--case TEXT]``, or
with ``--aims`` to play what the aims are about and fail where one is missed. Language servers are looked for in
``$ENGINES_HOME/bin`` (``make test-engines`` installs them) and on PATH.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from dataclasses import dataclass
from functools import partial

from rich.console import Console
from rich.table import Table

from benchmarks.rename_speed import servers
from benchmarks.rename_suites import SUITES, Score, folder, play, recorded

ENGINES = {"bundled": ("bundled",), "server": ("server",), "all": ("server", "bundled")}


@dataclass(frozen=True, slots=True)
class Aim:
    """What a suite shall come to: the share that passes at least, and how many wrong edits may be among the rest."""

    passed: float
    wrong: int | None = None

    def missed(self, score: Score) -> bool:
        return score.passed < self.passed or (self.wrong is not None and score.counts["wrong"] > self.wrong)

    def __str__(self) -> str:
        return f"≥ {self.passed:.0%}" + ("" if self.wrong is None else f", {self.wrong} wrong")


AIMS = {
    ("jedi", "bundled"): Aim(1.0),
    ("pyright_fourslash", "bundled"): Aim(1.0),
    ("typescript_fourslash", "server"): Aim(0.97),
    ("gopls", "server"): Aim(0.97),
    ("typescript_fourslash", "bundled"): Aim(0.6, wrong=0),
    ("gopls", "bundled"): Aim(0.6, wrong=0),
}
"""By suite and engines. Syntax alone may refuse what it cannot decide; it may not guess."""


def run(console: Console | None = None) -> dict[str, float]:
    """Play all suites with the bundled engines; the share that passes, by suite."""
    console = console or Console()
    if not folder().is_dir():
        console.print(f"no recorded tests in {folder()}; set TIERWISE_EVALUATION")
        return {}
    scores = {suite: asyncio.run(play(recorded(suite), ENGINES["bundled"])) for suite in SUITES}
    console.print(table({(suite, "bundled"): score for suite, score in scores.items()}))
    return {suite: score.passed for suite, score in scores.items()}


def table(scores: dict[tuple[str, str], Score]) -> Table:
    """One row per suite and choice of engines."""
    shown = Table(title="Recorded rename tests, through the server", title_justify="left")
    for column in ("suite", "engines", "cases", "passed", "share", "refused", "wrong", "aim", "found by", "s a case"):
        left = column in {"suite", "engines", "aim", "found by"}
        shown.add_column(column, justify="left" if left else "right", no_wrap=column == "suite")
    for (suite, engines), score in scores.items():
        by = ", ".join(f"{name} {count}" for name, count in score.engines.most_common() if name != "nobody")
        shown.add_row(
            suite,
            engines,
            str(score.cases),
            str(score.counts["passed"]),
            f"{score.passed:.1%}",
            str(score.counts["refused"]),
            str(score.counts["wrong"]),
            str(AIMS.get((suite, engines), "")),
            by,
            f"{score.total_s / max(1, score.cases):.2f}",
        )
    return shown


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--suite", choices=SUITES, action="append", help="only this suite (may be given again)")
    parser.add_argument("--engine", choices=ENGINES, action="append", help="which engines (may be given again)")
    parser.add_argument("--aims", action="store_true", help="what has an aim; status 1 where one is missed")
    parser.add_argument("--failures", action="store_true", help="print every case that did not pass")
    parser.add_argument("--case", default="", help="only cases whose name contains this text")
    args = parser.parse_args()
    if not folder().is_dir():
        print(
            f"benchmarks/rename.py: skipped: no recorded tests in {folder()}; set TIERWISE_EVALUATION", file=sys.stderr
        )
        return 0 if args.aims else 1  # the recorded tests are not part of the repository, unlike what the aims follow
    chosen = [(suite, engines) for suite in args.suite or SUITES for engines in args.engine or ["bundled"]]
    scores: dict[tuple[str, str], Score] = {}
    for suite, engines in AIMS if args.aims else chosen:
        told = partial(_tell, engines) if args.failures else lambda _: None
        scores[suite, engines] = asyncio.run(play(recorded(suite, args.case), ENGINES[engines], servers(), told))
    Console(width=140).print(table(scores))
    missed = [" ".join(key) for key, score in scores.items() if args.aims and AIMS[key].missed(score)]
    if missed:
        print(f"benchmarks/rename.py: missed the aim: {', '.join(missed)}", file=sys.stderr)
    return 1 if missed else 0


def _tell(engines: str, failure: str) -> None:
    print(f"{engines:8} {failure}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
