"""Runs cases one after the other, each in a folder of its own, through the features as an editor would.

Owner of the temporary folders and of the events while a case runs. It judges nothing, spends nothing on a case once a
limit in money is reached, and leaves no file behind. Ending the generator ends the case under way.
"""

from __future__ import annotations

import asyncio
import shutil
from collections import Counter
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tierwise.core.documents import Document
from tierwise.core.errors import BudgetReached, ConfigError, Declined, ProviderError
from tierwise.core.events import Outcome, RequestEvent
from tierwise.core.tasks import Tier
from tierwise.features.explain import has_model
from tierwise.features.recording import Totals
from tierwise.gold.cases import Case, CompletionCase, EditCase, ExplainCase, RenameCase, RouteCase
from tierwise.gold.desk import Desk
from tierwise.gold.jobs import completion, edit, explanation, rename, routing
from tierwise.gold.purse import Purse, asks_a_model
from tierwise.gold.results import Finding, NotRun, Result, Verdict
from tierwise.settings.models import Settings

PATIENCE = 5
"""Failed requests in a row after which no further case is sent to a model: the provider is down or the key is wrong."""

EVENT_S = 60.0
"""How long after an answer its event may come: a completion's calls may go on for some seconds."""


@dataclass(frozen=True, slots=True)
class Options:
    """``run_code``: run the code of the cases that have some, with the models' changes in it."""

    purse: Purse
    run_code: bool = False


def split(cases: Sequence[Case], settings: Settings) -> tuple[tuple[Case, ...], tuple[NotRun, ...]]:
    """The cases that can be run under these settings, and how many of which job cannot, and why."""
    modelled = any(has_model(settings, tier) for tier in Tier)
    runnable = tuple(case for case in cases if modelled or not isinstance(case, EditCase))
    left = sum(isinstance(case, EditCase) for case in cases) if not modelled else 0
    return runnable, (NotRun(EditCase.job, left, NEEDS_MODEL),) if left else ()


NEEDS_MODEL = "needs a model: set a provider's key, start a local model server, or choose a profile (tierwise profiles)"


class Runner:
    """One run. ``skipped`` fills up while it goes on."""

    def __init__(self, desk: Desk, scratch: Path, options: Options) -> None:
        self._desk = desk
        self._scratch = scratch
        self._options = options
        self._events: asyncio.Queue[RequestEvent] = asyncio.Queue()
        self._failures = 0
        self._fault = ""
        self._skipped: Counter[tuple[type[Case], str]] = Counter()
        desk.recorder.watch(self._heard)

    @property
    def skipped(self) -> tuple[NotRun, ...]:
        """Cases that came up and were not sent, by job and reason."""
        return tuple(NotRun(kind.job, count, reason) for (kind, reason), count in self._skipped.items())

    async def run(self, cases: Sequence[Case]) -> AsyncGenerator[Result, None]:
        """The results, in the order of the cases; those that were skipped have none."""
        for number, case in enumerate(cases, start=1):
            if reason := self._stop(case):
                self._skipped[(type(case), reason)] += 1
                continue
            try:
                finding, event = await self._play(case, self._scratch / f"{number:03}")
            except BudgetReached as reached:
                self._skipped[(type(case), str(reached))] += 1
                continue
            self._count(finding)
            yield Result(case, finding, event)

    def _stop(self, case: Case) -> str:
        """Why a case must not be sent to a model; "" where it may, or sends nothing."""
        if not asks_a_model(case, self._desk.settings):
            return ""
        if self._failures >= PATIENCE:
            return f"{PATIENCE} requests in a row failed, the last: {self._fault}"
        return self._options.purse.reached(self._desk.recorder.totals.cost_usd)

    def _count(self, finding: Finding) -> None:
        if finding.verdict is Verdict.FAILED:
            self._failures, self._fault = self._failures + 1, finding.note
        else:
            self._failures = 0

    async def _play(self, case: Case, scratch: Path) -> tuple[Finding, RequestEvent | None]:
        """One case in its folder, which is gone afterwards."""
        if isinstance(case, RouteCase):
            return routing.ask(self._desk, case), None
        folder = scratch / "project"
        try:
            await asyncio.to_thread(_write, folder, case)
            document = await self._desk.workspace.open(folder, folder / case.place.path)
            return await self._ask(case, document, folder)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
            await self._desk.workspace.close()

    async def _ask(self, case: Case, document: Document, folder: Path) -> tuple[Finding, RequestEvent]:
        """Ask, and wait for the request's event. Raises ``BudgetReached``."""
        while not self._events.empty():
            self._events.get_nowait()
        try:
            finding = await self._judged(case, document, folder)
        except (ProviderError, ConfigError) as error:
            finding = Finding(Verdict.FAILED, 0.0, str(error))
        except Declined as declined:
            finding = Finding(Verdict.REJECTED, 0.0, str(declined))
        event = await asyncio.wait_for(self._events.get(), EVENT_S)
        return _with_reasons(finding, event), event

    async def _judged(self, case: Case, document: Document, folder: Path) -> Finding:
        desk = self._desk
        match case:
            case CompletionCase():
                return await completion.ask(desk, document, case)
            case RenameCase():
                return await rename.ask(desk, document, folder, case)
            case EditCase():
                return await edit.ask(desk, document, folder, case, run_code=self._options.run_code)
            case ExplainCase():
                return await explanation.ask(desk, document, case)
            case _:
                raise AssertionError(f"{case.id} asks nothing")

    def _heard(self, event: RequestEvent, _totals: Totals) -> None:
        self._events.put_nowait(event)


def _with_reasons(finding: Finding, event: RequestEvent) -> Finding:
    """A completion without an offer that failed for the lack of any answer is a failure, not silence."""
    if finding.verdict is Verdict.SILENT and event.outcome is Outcome.FAILED:
        reasons = [attempt.reason for attempt in event.attempts if attempt.reason]
        note = f"no model answered ({reasons[-1]})" if reasons else "no model answered"
        return Finding(Verdict.FAILED, 0.0, note, offered_for=finding.offered_for)
    if finding.verdict is Verdict.REJECTED and event.outcome is Outcome.QUEUED:
        reasons = [attempt.reason for attempt in event.attempts if attempt.reason]
        return Finding(Verdict.REJECTED, 0.0, f"rejected: {', '.join(reasons)}")
    return finding


def _write(folder: Path, case: Case) -> None:
    assert not isinstance(case, RouteCase)
    for name, text in case.place.files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="")
