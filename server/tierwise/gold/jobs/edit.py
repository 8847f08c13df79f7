"""Edits: asked through the whole cascade, then checked as data; code is run only where the user allowed it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from tierwise.core.documents import Document
from tierwise.features.actions import Diagnostic
from tierwise.features.edit import EditRequest
from tierwise.gold.cases import EditCase
from tierwise.gold.changed import texts_after
from tierwise.gold.checks import look
from tierwise.gold.confined import run_confined
from tierwise.gold.desk import Desk
from tierwise.gold.results import Check, Finding, Verdict


async def ask(desk: Desk, document: Document, folder: Path, case: EditCase, *, run_code: bool) -> Finding:
    """Ask for the edit and check what comes. Raises as ``EditFlow.edit`` does."""
    answer = await desk.edit.edit(request_of(case, document, desk.clock.monotonic()), _nobody)
    after = texts_after(case.place.files, answer.changeset, folder)
    checks = look(case, after, desk.syntax)
    if case.run:
        checks = (*checks, await _run(case, after, folder) if run_code else Check(RUNS, None, guard=True))
    return judge(checks)


def request_of(case: EditCase, document: Document, arrived: float) -> EditRequest:
    """The request that an editor would send."""
    span = case.place.span
    diagnostic = Diagnostic(span, case.diagnostic) if case.diagnostic else None
    return EditRequest(case.task, document, span, case.instruction, diagnostic, arrived)


def judge(checks: tuple[Check, ...]) -> Finding:
    """The share of the checks that are met; nothing where a guard is not, or where the code does the wrong thing."""
    missing = next((f"{check.says} {check.note}".strip() for check in checks if check.met is False), "")
    note = f"not met: {missing}" if missing else ""
    if any(check.guard and check.met is False for check in checks):
        return Finding(Verdict.WRONG, 0.0, note, checks)
    asked = [check for check in checks if not check.guard]
    met = sum(check.met is True for check in asked)
    verdict = Verdict.RIGHT if met == len(asked) else Verdict.PARTIAL if met else Verdict.WRONG
    return Finding(verdict, met / len(asked), note, checks)


RUNS = "does the right thing when it is run"


async def _run(case: EditCase, after: Mapping[str, str], folder: Path) -> Check:
    """Run the case's code on the edited files, written to a folder of their own beside the case's."""
    edited = folder.parent / "edited"
    for name, text in after.items():
        path = edited / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="")
    fault = await run_confined(edited, case.run)
    return Check(RUNS, not fault, fault, guard=True)


def _nobody(_stage: str) -> None:
    """Progress within a case is not shown."""
