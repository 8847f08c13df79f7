"""Changes from case files and the verdict on each."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from tierwise.core.changes import Changeset, CreateFile, FileChange, FileEdit
from tierwise.core.documents import Document
from tierwise.core.languages import language_of
from tierwise.core.tasks import Task
from tierwise.core.text import Lines, Point, Span
from tierwise.edits.diff import minimal_edits
from tierwise.validation.changesets import EditScope, check_changeset

FOLDER = Path("/project").absolute()
CASES = Path(__file__).parents[2] / "cases" / "validation"
ALL = [case for file in sorted(CASES.glob("*.toml")) for case in tomllib.loads(file.read_text("utf-8"))["case"]]


@pytest.mark.parametrize("case", ALL, ids=[case["name"] for case in ALL])
def test_case(case: dict[str, Any]) -> None:
    check(case)


def check(case: dict[str, Any]) -> None:
    path = place(case.get("path", "app.py"))
    base = Document(path.as_uri(), path, language_of(path).id, 1, Lines.of(case["before"]))
    changes: list[FileChange] = []
    if edits := minimal_edits(base.lines, Lines.of(case["after"])):
        changes.append(FileEdit(base, edits))
    changes += [CreateFile(place(name), text) for name, text in case.get("create", {}).items()]
    verdict = check_changeset(Changeset(tuple(changes)), scope(case, path))
    if verdict is None:
        assert "reject" not in case, "accepted, but should be rejected"
    else:
        assert verdict.reason.value == case.get("reject"), verdict
        assert case.get("evidence", "") in verdict.evidence


def scope(case: dict[str, Any], path: Path) -> EditScope:
    span = None
    if "lines" in case:
        first, last = case["lines"]
        span = Span(Point(first - 1, 0), Point(last - 1, 10_000))
    taken = {place(name) for name in case.get("taken", [])}
    ignored = {place(name) for name in case.get("ignored", [])}
    return EditScope(
        FOLDER,
        frozenset(place(name) for name in case["covered"]) if "covered" in case else frozenset({path}),
        path,
        span,
        Task(case.get("task", "edit")),
        case.get("wish", ""),
        lambda path: "ignored" if path in ignored else None,
        taken.__contains__,
    )


def place(name: str) -> Path:
    return FOLDER.parent.joinpath(name[3:]) if name.startswith("../") else FOLDER / name
