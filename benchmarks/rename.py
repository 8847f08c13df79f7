"""Rename: other tools' own tests through the real server, engine by engine.

Run alone: ``python -m benchmarks.rename [--suite NAME] [--engine bundled|server|all] [--failures] [--case TEXT]``.
Language servers are looked for in ``$ENGINES_HOME/bin`` (``make test-engines`` installs them) and on PATH.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.rename_suites import SUITES, Score, folder, play, recorded

ENGINES = {"bundled": ("bundled",), "server": ("server",), "all": ("server", "bundled")}


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
    for column in ("suite", "engines", "cases", "passed", "share", "refused", "wrong", "found by", "s a case"):
        shown.add_column(column, justify="left" if column in {"suite", "engines", "found by"} else "right")
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
            by,
            f"{score.total_s / max(1, score.cases):.2f}",
        )
    return shown


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--suite", choices=SUITES, action="append", help="only this suite (may be given again)")
    parser.add_argument("--engine", choices=ENGINES, action="append", help="which engines (may be given again)")
    parser.add_argument("--failures", action="store_true", help="print every case that did not pass")
    parser.add_argument("--case", default="", help="only cases whose name contains this text")
    args = parser.parse_args()
    if not folder().is_dir():
        print(f"benchmarks/rename.py: no recorded tests in {folder()}; set TIERWISE_EVALUATION", file=sys.stderr)
        return 1
    scores: dict[tuple[str, str], Score] = {}
    for suite in args.suite or SUITES:
        for engines in args.engine or ["bundled"]:
            score = asyncio.run(play(recorded(suite, args.case), ENGINES[engines], servers()))
            scores[suite, engines] = score
            for failure in score.failures if args.failures else ():
                print(f"{engines:8} {failure}")
    Console(width=130).print(table(scores))
    return 0


def servers() -> str:
    """The folder of the language servers that the tests install."""
    home = os.environ.get("ENGINES_HOME") or str(Path.home() / ".cache" / "engines")
    return str(Path(home) / "bin")


if __name__ == "__main__":
    sys.exit(main())
