"""What the classifier is told of a place: how far its symbol reaches, whether others may use it, what can check it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tierwise.core.clock import SystemClock
from tierwise.core.tasks import Task
from tierwise.core.text import Point, Span
from tierwise.features.learning import Listeners
from tierwise.features.place import gather
from tierwise.features.routing_facts import facts_of
from tierwise.features.tools_found import tools_found
from tierwise.routing.signals import RequestFacts
from tierwise.session.privacy import FolderTerms
from tierwise.session.session import Session


def facts(folder: Path, files: dict[str, str], line: int = 0) -> RequestFacts:
    """The facts of a cursor at the beginning of a line of the first file."""
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    session = Session(SystemClock(), Listeners())
    session.set_folders({folder: FolderTerms()})
    document = session.view().read(folder / next(iter(files)))
    assert document is not None
    place = gather(session.view(), document, Span.at(Point(line, 4)), Task.EDIT)
    return facts_of(Task.EDIT, place, "make it faster", 2)


def test_the_symbols_reach(tmp_path: Path) -> None:
    code = "def price(item):\n    return tax(item.cents) + shipping(item)\n\n\ndef _tax(value):\n    return value\n"
    uses = "from shop import price\n\nprint(price(1), price(2))\n"
    found = facts(tmp_path, {"shop.py": code, "till.py": uses, "other.py": "x = 1\n"})
    assert (found.fan_in, found.fan_out, found.context_files) == (3, 2, 2)
    assert found.is_public is True
    assert (found.n_diagnostics, found.folder, found.path) == (2, str(tmp_path), "shop.py")
    assert facts(tmp_path, {"shop.py": code}, line=4).is_public is False


@pytest.mark.parametrize(
    ("name", "code", "public"),
    [
        ("a.go", "package a\n\nfunc Total() int { return 0 }\n", True),
        ("a.go", "package a\n\nfunc total() int { return 0 }\n", False),
        ("a.rs", "\n\npub fn total() -> i32 { 0 }\n", True),
        ("a.rs", "\n\nfn total() -> i32 { 0 }\n", False),
        ("a.ts", "\n\nexport function total() { return 0 }\n", True),
        ("a.ts", "\n\nfunction total() { return 0 }\n", False),
    ],
)
def test_what_others_may_use(tmp_path: Path, name: str, code: str, public: bool) -> None:
    assert facts(tmp_path, {name: code}, line=2).is_public is public


def test_outside_all_definitions_nothing_is_known_of_a_symbol(tmp_path: Path) -> None:
    found = facts(tmp_path, {"a.py": "x = 1\ny = 2\n"})
    assert (found.fan_in, found.fan_out, found.is_public) in {(None, None, None), (0, 0, True)}


def test_checkers_are_found_where_they_are_there_and_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    (tmp_path / "bin").mkdir()
    for place in ("bin/go", "bin/ruff", "p/.venv/bin/pytest", "p/.venv/Scripts/pytest.exe"):
        (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / place).write_text("#!/bin/sh\n")
        (tmp_path / place).chmod(0o755)
    folder = tmp_path / "p"
    (folder / "pytest.ini").write_text("")
    (folder / "go.mod").write_text("")
    found = tools_found(folder)
    assert "tests:pytest" in found
    assert "linter:ruff" not in found, "nothing says that it is used here"
    assert "tests:cargo" not in found
