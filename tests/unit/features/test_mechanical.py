"""Changes that need no model, from case files; every one of them parses."""

from __future__ import annotations

import ast
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tierwise.core.changes import apply_edits
from tierwise.core.clock import SystemClock
from tierwise.core.documents import Document
from tierwise.core.text import Lines, Point, Span, advance
from tierwise.features.mechanical.imports import module_name
from tierwise.features.mechanical.offers import offers
from tierwise.session.files import FileCache
from tierwise.session.index import Names, WorkspaceIndex
from tierwise.session.listing import FolderListing
from tierwise.session.privacy import FolderRules, FolderTerms
from tierwise.session.view import FrozenView, Knowledge

CASES = tomllib.loads((Path(__file__).parents[2] / "cases/mechanical/python.toml").read_text("utf-8"))["case"]


@pytest.fixture(scope="module")
def view(tmp_path_factory: pytest.TempPathFactory) -> FrozenView:
    folder = tmp_path_factory.mktemp("work")
    (folder / "shop").mkdir()
    (folder / "shop" / "__init__.py").write_text("")
    (folder / "shop" / "prices.py").write_text("def tax(value):\n    return value\n")
    rules = FolderRules(folder, FolderTerms())
    index = WorkspaceIndex()
    index.put(folder / "shop" / "prices.py", Names(("tax", "value"), ("tax",)))
    return FrozenView({}, {folder: rules}, FileCache(), {folder: FolderListing(rules, SystemClock())}, Knowledge(index))


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_case(view: FrozenView, case: dict[str, Any]) -> None:
    (folder,) = view.folders
    before, _, rest = case["before"].partition("¦")
    path = folder / "app.py"
    document = Document(path.as_uri(), path, "python", 1, Lines.of(before + rest))
    found = {offer.title: offer for offer in offers(view, document, Span.at(advance(Point(0, 0), before)))}
    for offer in found.values():
        ast.parse(apply_edits(document.lines, offer.edits).text)
    if "after" not in case:
        assert case["title"] not in found
        return
    after = apply_edits(document.lines, found[case["title"]].edits).text
    assert after == case["after"]


def test_a_text_that_does_not_parse_offers_nothing(view: FrozenView) -> None:
    (folder,) = view.folders
    path = folder / "app.py"
    document = Document(path.as_uri(), path, "python", 1, Lines.of("def f(:\n"))
    assert offers(view, document, Span.at(Point(0, 0))) == ()


def test_modules_are_named_from_above_their_outermost_package() -> None:
    names = frozenset({"src/shop/__init__.py", "src/shop/api/__init__.py", "src/shop/api/v1.py", "tool.py", "a-b.py"})
    found = [module_name(name, names) for name in sorted(names)]
    assert found == ["", "shop", "shop.api", "shop.api.v1", "tool"]
