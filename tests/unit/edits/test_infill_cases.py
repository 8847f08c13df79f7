"""Completions from case files, streamed in pieces of every size and shaped."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from tierwise.core.documents import Document
from tierwise.core.rejection import Rejection
from tierwise.core.text import Lines, Point, advance
from tierwise.edits.infill import Infill, InfillMode, InfillShaper

CASES = Path(__file__).parents[2] / "cases" / "infill"
ALL = [case for file in sorted(CASES.glob("*.toml")) for case in tomllib.loads(file.read_text("utf-8"))["case"]]


@pytest.mark.parametrize("piece", [1, 5, 10_000])
@pytest.mark.parametrize("case", ALL, ids=[case["name"] for case in ALL])
def test_case(case: dict[str, Any], piece: int) -> None:
    check(case, piece)


def check(case: dict[str, Any], piece: int) -> None:
    before, _, rest = case["code"].partition("█")
    document = Document("file:///project/a", None, case["language"], 1, Lines.of(before + rest))
    point = advance(Point(0, 0), before)
    mode = InfillMode(case["mode"]) if "mode" in case else None
    shaper = InfillShaper(document, point, mode, case.get("selected"), line_repeated=case.get("repeated", False))
    stopped = stream(shaper, case["answer"], piece)
    result = shaper.finish(stopped or case.get("complete", True))
    if isinstance(result, Rejection):
        assert result.reason.value == case.get("reject"), result
    else:
        assert marked(document, result) == case.get("after")
    if case.get("stops"):
        assert stopped


def stream(shaper: InfillShaper, answer: str, piece: int) -> bool:
    return any(shaper.feed(answer[start : start + piece]) for start in range(0, len(answer), piece))


def marked(document: Document, infill: Infill) -> str:
    return document.lines.splice(infill.span, f"█{infill.text}▌").text
