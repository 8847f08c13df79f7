"""Rename: the files after it must be exactly as expected, or it must be declined where it cannot be done."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from tierwise.core.changes import Changeset
from tierwise.core.documents import Document
from tierwise.core.errors import Declined
from tierwise.gold.cases import RenameCase
from tierwise.gold.changed import texts_after
from tierwise.gold.desk import Desk
from tierwise.gold.results import Finding, Verdict


async def ask(desk: Desk, document: Document, folder: Path, case: RenameCase) -> Finding:
    """Ask for the rename; nothing is written."""
    try:
        result = await desk.rename.rename(document, case.place.span.start, case.new)
    except Declined as declined:
        return judge_refusal(case, str(declined))
    return judge(case, result.changeset, folder)


def judge(case: RenameCase, changeset: Changeset, folder: Path) -> Finding:
    """Compare the files after the rename with the expected ones."""
    if case.declined:
        return Finding(Verdict.WRONG, 0.0, f"done, although {case.declined}")
    wrong = _differences(case.after, texts_after(case.place.files, changeset, folder))
    return Finding(Verdict.WRONG, 0.0, "; ".join(wrong[:2])) if wrong else Finding(Verdict.RIGHT, 1.0)


def judge_refusal(case: RenameCase, sentence: str) -> Finding:
    """A refusal is right where the rename cannot be done, and otherwise harmless."""
    if case.declined:
        return Finding(Verdict.RIGHT, 1.0)
    return Finding(Verdict.REFUSED, 0.0, sentence)


def _differences(expected: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    """Files that came or went, and the first line of each other file that is not as expected."""
    found = [f"{name} is {'gone' if name in expected else 'new'}" for name in sorted(expected.keys() ^ after.keys())]
    for name in sorted(expected.keys() & after.keys()):
        want, have = expected[name].split("\n"), after[name].split("\n")
        pairs = zip(want, have, strict=False)
        at = next((number for number, (a, b) in enumerate(pairs, start=1) if a != b), None)
        if at is not None or len(want) != len(have):
            found.append(f"{name}:{at or min(len(want), len(have))} is not as expected")
    return found
