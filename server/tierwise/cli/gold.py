"""``tierwise gold``: how good and how dear a profile is on the jobs Tierwise does, with the user's own models.

Asks before it spends anything, shows the cost as it goes, and can be interrupted: the scores so far are printed. Scores
only: however they come out, the exit status is 0.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from pathlib import Path

from rich.console import Console

from tierwise import __version__
from tierwise.app import GOLD_EVENTS_FILE, spent_today
from tierwise.cli.figures import console
from tierwise.cli.gold_desk import Bench, bench
from tierwise.cli.gold_print import Progress, ask_consent, describe_estimate, print_run
from tierwise.core.clock import SystemClock
from tierwise.core.errors import Declined, UsageError
from tierwise.core.tasks import Tier
from tierwise.gold.cases import Case, load_cases
from tierwise.gold.purse import Estimate, Purse, estimate
from tierwise.gold.results import Result
from tierwise.gold.runner import Options, Runner, split
from tierwise.gold.scores import Run, as_json
from tierwise.settings.locations import state_folder
from tierwise.telemetry.events import EventStore

INTERRUPTED = 130
"""What shells report for SIGINT: 128 and the signal's number."""


def add(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Scores, never pass or fail, how good and how dear a profile is on the jobs Tierwise does: completion, rename, "
        "edits, explanations and routing, on cases that come with it. With a model configured the cases go to it, "
        "through the same features as an editor's requests; without one the embedded engine is scored."
    )
    parser.add_argument("--profile", metavar="P", help="score this profile (default: the one that you use)")
    parser.add_argument(
        "--only", metavar="PATTERN", action="append", default=[], help="cases by id: 'edit/*', '*/go/*'"
    )
    parser.add_argument("--json", action="store_true", help="print scores and results as one JSON object")
    parser.add_argument("--yes", action="store_true", help="agree to the estimate without being asked")
    parser.add_argument("--limit", metavar="USD", type=_dollars, help="send no further case once this much is spent")
    parser.add_argument(
        "--run-code",
        action="store_true",
        help="also run the Python cases with the models' changes in them: in a process with limits, which keep "
        "mistakes from doing harm but are no wall against hostile code",
    )


def run(args: argparse.Namespace) -> int:
    cases = load_cases(args.only)
    if not cases:
        raise UsageError(f"no case matches {' or '.join(args.only)}; an id is such as edit/python/add-currency")
    wishes = Wishes(args.profile, args.yes, args.limit, args.run_code)
    session = _Session(cases, wishes, os.environ, console(stderr=True))
    status = 0
    try:
        asyncio.run(session.run())
    except KeyboardInterrupt:
        status = INTERRUPTED
    outcome = session.outcome(interrupted=status != 0)
    if outcome is None:
        return status
    if args.json:
        print(json.dumps(as_json(outcome), indent=2, ensure_ascii=False))
    else:
        print_run(console(), outcome)
    return status


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the command line says. ``limit_usd`` None: only the settings' budgets hold."""

    profile: str | None = None
    yes: bool = False
    limit_usd: float | None = None
    run_code: bool = False


@dataclass(slots=True)
class _Session:
    """One run, from the estimate to the last result. Owner of the results, so that an interrupted run has some."""

    cases: Sequence[Case]
    wishes: Wishes
    environ: Mapping[str, str]
    notes: Console
    results: list[Result] = field(default_factory=list[Result])
    _frame: Run | None = None
    _began: float = 0.0

    async def run(self) -> None:
        """Everything that needs the event loop. Raises ``UsageError`` or ``Declined`` where nothing may be spent."""
        clock, state = SystemClock(), state_folder(self.environ)
        spent = await asyncio.to_thread(spent_today, state, clock)
        kept = EventStore(state / GOLD_EVENTS_FILE, clock)
        with tempfile.TemporaryDirectory(prefix="tierwise-gold-", ignore_cleanup_errors=True) as name:
            scratch = await asyncio.to_thread(Path(name).resolve)
            async with bench(self.environ, scratch / "state", self.wishes.profile, spent) as on:
                on.recorder.watch(lambda event, _totals: kept.record(event) if event.attempts else None)
                try:
                    await self._run(on, scratch / "cases", spent)
                finally:
                    await asyncio.to_thread(kept.close)

    async def _run(self, on: Bench, scratch: Path, spent: float) -> None:
        settings = on.desk.settings
        runnable, not_run = split(self.cases, settings)
        costs = estimate(runnable, settings, on.desk.decide)
        self._consent(on, costs)
        self._began = time.monotonic()
        self._frame = Run(
            version=__version__,
            profile=on.profile,
            asked_profile=settings.profile,
            tiers={tier: settings.tiers[tier].chain for tier in Tier if tier in settings.tiers},
            started=SystemClock().now().isoformat(timespec="seconds"),
            seconds=0.0,
            cases=self.cases,
            results=self.results,
            not_run=not_run,
            estimate=costs,
            code_was_run=self.wishes.run_code,
        )
        purse = Purse(settings.budget, self.wishes.limit_usd, spent)
        runner = Runner(on.desk, scratch, Options(purse, self.wishes.run_code))
        with Progress(self.notes, runnable) as progress:
            try:
                async with aclosing(runner.run(runnable)) as results:
                    async for result in results:
                        self.results.append(result)
                        progress.advance(result)
            finally:
                self._frame = replace(self._frame, not_run=(*not_run, *runner.skipped))

    def _consent(self, on: Bench, costs: Estimate) -> None:
        """Go on only with the user's word, where anything can be spent."""
        for problem in on.problems:
            self.notes.print(problem, style="yellow", markup=False)
        if costs.free:
            return
        said = describe_estimate(costs, self.wishes.limit_usd)
        if self.wishes.yes:
            self.notes.print(said)
        elif not sys.stdin.isatty():
            raise UsageError(f"{said} --yes agrees to it, --limit USD bounds it")
        elif not ask_consent(self.notes, said):
            raise Declined("nothing was sent and nothing spent")

    def outcome(self, *, interrupted: bool) -> Run | None:
        """The run as far as it came; None where it did not begin."""
        if self._frame is None:
            return None
        seconds = time.monotonic() - self._began
        return replace(self._frame, seconds=seconds, results=tuple(self.results), interrupted=interrupted)


def _dollars(text: str) -> float:
    try:
        amount = float(text.removeprefix("$"))
    except ValueError:
        amount = -1.0
    if not 0 <= amount < 1_000_000:
        raise argparse.ArgumentTypeError(f"{text!r} is no amount in US dollars")
    return amount
