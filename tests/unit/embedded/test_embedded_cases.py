"""Places in code with what is suggested there, from case files."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from tierwise.core.documents import Document
from tierwise.core.languages import language_of
from tierwise.core.text import Lines, Point, advance
from tierwise.embedded.engine import EmbeddedEngine
from tierwise.embedded.values import Silence

FOLDER = Path("/project").absolute()
CASES = Path(__file__).parents[2] / "cases" / "embedded"
CURSOR = "<|>"


def cases(name: str) -> list[Any]:
    loaded = tomllib.loads((CASES / name).read_text("utf-8"))["case"]
    return [pytest.param(case, id=case["name"]) for case in loaded]


@pytest.mark.parametrize("case", cases("completion.toml"))
def test_completion(case: dict[str, Any]) -> None:
    check(case)


@pytest.mark.parametrize("case", cases("names.toml"))
def test_names(case: dict[str, Any]) -> None:
    engine, document, point = placed(case)
    words = engine.items(document, point, case.get("limit", 20))
    found = [word.text for word in words]
    if "first" in case:
        assert found[: len(case["first"])] == case["first"], found
    assert set(case.get("has", [])) <= set(found), found
    assert not set(case.get("lacks", [])) & set(found), found
    for text, (kind, detail) in case.get("known", {}).items():
        assert next((word.kind, word.detail) for word in words if word.text == text) == (kind, detail)
    assert len(found) == len(set(found)) <= case.get("limit", 20)


def check(case: dict[str, Any]) -> None:
    """``suggests`` is the whole text, ``begins`` how it begins, ``silent`` the reason why there is none."""
    engine, document, point = placed(case)
    found = engine.complete(document, point, multiline=case.get("multiline", True), max_lines=case.get("max_lines", 12))
    if isinstance(found, Silence):
        assert found.value == case.get("silent"), (
            f"silent ({found}) instead of {case.get('suggests', case.get('begins'))!r}"
        )
        return
    assert "silent" not in case, found
    if "suggests" in case:
        assert found.text == case["suggests"], found
    assert found.text.startswith(case.get("begins", "")), found
    assert case.get("evidence", found.evidence.value) == found.evidence.value


def placed(case: dict[str, Any]) -> tuple[EmbeddedEngine, Document, Point]:
    """An engine that knows the case's files, the open document, and the cursor in it."""
    engine = EmbeddedEngine()
    for name, text in case.get("files", {}).items():
        engine.learn(str(FOLDER / name), language_of(FOLDER / name).id, text)
    before, after = case["text"].split(CURSOR)
    path = FOLDER / case.get("file", "edited.py")
    document = Document(path.as_uri(), path, language_of(path).id, 1, Lines.of(before + after))
    engine.opened(document)
    engine.wait()
    return engine, document, advance(Point(0, 0), before)
