"""What a larger request is given to read: what belongs to its place, within its budget, each piece with its reason."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tierwise.core.clock import SystemClock
from tierwise.core.commits import Commit
from tierwise.core.documents import Document
from tierwise.core.tasks import Task
from tierwise.core.text import Lines, Point, Span
from tierwise.core.uris import to_uri
from tierwise.features.learning import Listeners
from tierwise.session.context import COMMITS, OUTLINE, SUMMARY, Candidate, as_lines, candidates, fit
from tierwise.session.prefix_text import FILE, snapshot
from tierwise.session.privacy import FolderTerms
from tierwise.session.related import Why
from tierwise.session.session import Session

FILES = {
    "shop/cart.py": "from shop.price import Price\n\n\nclass Cart:\n"
    "    def total(self):\n        return audit(Price())\n",
    "shop/price.py": '"""Prices."""\n\n\nclass Price:\n    """A price."""\n\n    def net(self):\n        return 1\n'
    + "#\n" * 200,
    "shop/audit.py": "def audit(price):\n    return price\n",
    "shop/till.py": "from shop.cart import Cart\n\n\ndef pay():\n    return Cart().total()\n",
    "shop/other.py": "total = 1  # of something else\n",
    "tests/test_cart.py": "from shop.cart import Cart\n",
    "docs/notes.py": "x = 1\n",
}
PLACE = Span(Point(4, 4), Point(5, 31))
"""The method ``total``."""


@pytest.fixture
def session(tmp_path: Path) -> Session:
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    session = Session(SystemClock(), Listeners())
    session.set_folders({tmp_path: FolderTerms()})
    session.index()
    assert session.wait_indexed(60)
    return session


def opened(session: Session, folder: Path, name: str) -> Document:
    return session.open(to_uri(folder / name), "python", 1, FILES[name])


def chosen(session: Session, folder: Path, task: Task = Task.EXPLAIN) -> list[tuple[str, Why]]:
    document = opened(session, folder, "shop/cart.py")
    return [(found.name, found.why) for found in candidates(session.view(), document, PLACE, task)]


def test_imports_what_is_called_and_who_calls(session: Session, tmp_path: Path) -> None:
    assert chosen(session, tmp_path) == [
        ("shop/cart.py", Why.OWN),
        ("shop/price.py", Why.IMPORTED),
        ("shop/audit.py", Why.CALLED),
        ("shop/till.py", Why.USES),
        ("shop/other.py", Why.USES),
    ]


def test_tests_come_with_changes_and_work_with_everything(session: Session, tmp_path: Path) -> None:
    opened(session, tmp_path, "docs/notes.py")
    session.change(to_uri(tmp_path / "docs/notes.py"), 2, Span.at(Point(0, 0)), "y = 2\n")
    assert chosen(session, tmp_path, Task.EDIT)[-2:] == [
        ("tests/test_cart.py", Why.TESTED),
        ("docs/notes.py", Why.WORKED_ON),
    ]
    assert ("tests/test_cart.py", Why.TESTED) not in chosen(session, tmp_path, Task.EXPLAIN)
    assert chosen(session, tmp_path, Task.TESTS)[1] == ("tests/test_cart.py", Why.TESTS)


def none(_document: Document) -> None:
    return None


def test_what_does_not_fit_is_outlined_and_says_so(session: Session, tmp_path: Path) -> None:
    document = opened(session, tmp_path, "shop/cart.py")
    view = session.view()
    found = candidates(view, document, PLACE)
    pieces = fit(view, found, 800, summary=none, commits=as_lines([Commit("1a", "Ada", "2026-01-02", "Round totals")]))
    forms = [(piece.candidate.name, piece.item and piece.item.form) for piece in pieces]
    assert forms[:3] == [("shop/cart.py", FILE), ("shop/cart.py", COMMITS), ("shop/price.py", OUTLINE)]
    outline = pieces[2].item
    assert outline is not None
    assert outline.lines.text == "class Price  # A price.\n    def net(self)\n"
    assert pieces[2].reason == "imported: Price; only its outline fits"
    assert "Ada" not in "".join(piece.item.lines.text for piece in pieces if piece.item)
    assert fit(view, found, 60, summary=none)[2].reason == "defines what is called: audit; no room for it"


def test_a_summary_takes_the_place_of_an_outline(session: Session, tmp_path: Path) -> None:
    document = opened(session, tmp_path, "shop/cart.py")
    found = candidates(session.view(), document, PLACE)
    pieces = fit(session.view(), found, 800, summary=lambda _: Lines.of("Prices are integers.\n"))
    summary = pieces[1].item
    assert summary is not None
    assert (summary.form, summary.lines.text) == (SUMMARY, "Prices are integers.\n")


def test_a_file_that_is_shown_whole_needs_no_outline(session: Session, tmp_path: Path) -> None:
    """It is kept current while there is room for it, and takes none from the others."""
    document = opened(session, tmp_path, "shop/cart.py")
    found = candidates(session.view(), document, PLACE)
    before = fit(session.view(), found, 800, summary=none)
    pieces = fit(session.view(), found, 800, summary=none, shown={(FILE, "shop/price.py")})
    kept = pieces[1].item
    assert kept is not None
    assert (kept.form, kept.name, kept.optional) == (FILE, "shop/price.py", True)
    assert kept.lines.same_as(found[1].document.lines)
    assert [piece.item for piece in pieces[2:]] == [piece.item for piece in before[2:]]


TEXTS = st.lists(st.integers(0, 60), min_size=1, max_size=9)


@settings(deadline=None)
@given(TEXTS, st.integers(0, 4000), st.sets(st.integers(0, 8)), st.sets(st.integers(0, 8)))
def test_the_budget_is_strict(sizes: list[int], room: int, lately: set[int], shown: set[int]) -> None:
    session = Session(SystemClock(), Listeners())
    found: list[Candidate] = []
    for number, size in enumerate(sizes):
        text = "".join(f"def f_{line}():\n    return {line}\n" for line in range(size))
        document = Document(f"file:///w/{number}.py", Path(f"/w/{number}.py"), "python", None, Lines.of(text))
        why = Why.OWN if number == 0 else Why.WORKED_ON if number in lately else Why.IMPORTED
        found.append(Candidate(f"{number}.py", document, why))
    pieces = fit(session.view(), found, room, summary=none, shown={(FILE, f"{number}.py") for number in shown})
    needed = [piece.item for piece in pieces if piece.item is not None and not piece.item.optional]
    assert sum(len(snapshot(item.form, item.name, item.lines)) for item in needed) <= room
    assert [piece.candidate for piece in pieces] == found
    assert all(piece.reason for piece in pieces)
