"""Renames from case files, through the service and the bundled engines."""

from __future__ import annotations

from pathlib import Path

import pytest
from rename_cases import FOLDER, Case, read_cases, view_of

from tierwise.core.changes import RenameFile
from tierwise.rename.engines import bundled_engines
from tierwise.rename.service import Renamer
from tierwise.rename.values import RenameDeclined, RenameResult

CASES = Path(__file__).parents[2] / "cases" / "rename"
ALL = [(file.stem, case) for file in sorted(CASES.glob("*.txt")) for case in read_cases(file)]


@pytest.mark.parametrize("case", [case for _, case in ALL], ids=[f"{stem}: {case.title}" for stem, case in ALL])
def test_case(case: Case) -> None:
    check(case)


def check(case: Case) -> None:
    outcome = run(case)
    expected, _, part = case.header.get("declined", "").partition(" ")
    if isinstance(outcome, RenameDeclined):
        assert (outcome.reason.value, True) == (expected, part in str(outcome)), str(outcome)
        return
    assert texts(case, outcome) == case.after
    assert not expected, "renamed, but should be declined"
    uncertain = {
        (relative(item.document.path), item.span.start.line, item.span.start.column) for item in outcome.uncertain
    }
    assert uncertain == case.uncertain
    moves = [change for change in outcome.changeset.changes if isinstance(change, RenameFile)]
    assert ", ".join(f"{relative(move.old)} -> {relative(move.new)}" for move in moves) == case.header.get("moves", "")


def run(case: Case) -> RenameResult | RenameDeclined:
    view = view_of(case.files, case.open)
    assert case.cursor is not None
    name, point = case.cursor
    options = dict(item.split("=") for item in case.header.get("option", "").split())
    renamer = Renamer(bundled_engines(packages=lambda _: (), aliases=options.get("aliases", "yes") == "yes"))
    try:
        return renamer.rename(view, view.documents[FOLDER / name], point, case.new, cancelled=lambda: False)
    except RenameDeclined as declined:
        return declined


def texts(case: Case, result: RenameResult) -> dict[str, str]:
    changed = {relative(edit.base.path): edit.result.text for edit in result.changeset.edits}
    return case.files | changed


def relative(path: Path | None) -> str:
    return "" if path is None else path.relative_to(FOLDER).as_posix()
