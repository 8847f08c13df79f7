"""Replies from case files, parsed and applied."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from tierwise.core.changes import Changeset, CreateFile, FileEdit
from tierwise.core.documents import Document
from tierwise.core.languages import language_of
from tierwise.core.rejection import Rejection
from tierwise.core.text import Lines
from tierwise.edits.apply import apply_blocks
from tierwise.edits.formats import FORMATS

FOLDER = Path("/project").absolute()
CASES = Path(__file__).parents[2] / "cases" / "edits"
ALL = [
    (file.stem, case)
    for file in sorted(CASES.glob("*.toml"))
    for case in tomllib.loads(file.read_text("utf-8"))["case"]
]


@pytest.mark.parametrize(("format_name", "case"), ALL, ids=[case["name"] for _, case in ALL])
def test_case(format_name: str, case: dict[str, Any]) -> None:
    check(FORMATS[format_name.replace("_", "-")].name, case)


def check(format_name: str, case: dict[str, Any]) -> None:
    files = {FOLDER / name: document(name, text) for name, text in case["files"].items()}
    reader = FORMATS[format_name].reader(list(case["files"]))
    reader.feed(case["reply"])
    blocks = reader.finish(complete=case.get("complete", True))
    result = blocks if isinstance(blocks, Rejection) else apply_blocks(blocks, files, next(iter(files)), FOLDER)
    if isinstance(result, Rejection):
        assert result.reason.value == case.get("reject"), result
        assert case.get("evidence", "") in result.evidence
    else:
        assert texts(result) == case.get("after"), "applied, but should be rejected"


def document(name: str, text: str) -> Document:
    path = FOLDER / name
    return Document(path.as_uri(), path, language_of(path).id, 1, Lines.of(text))


def texts(changes: Changeset) -> dict[str, str]:
    found: dict[str, str] = {}
    for change in changes.changes:
        match change:
            case CreateFile(path, text):
                found[path.relative_to(FOLDER).as_posix()] = text
            case FileEdit(base):
                assert base.path
                found[base.path.relative_to(FOLDER).as_posix()] = change.result.text
            case _:
                raise AssertionError(change)
    return found
