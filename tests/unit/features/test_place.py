"""What belongs to a place: the definition that is meant, and the tests that stand beside it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tierwise.core.clock import SystemClock
from tierwise.core.tasks import Task
from tierwise.core.text import Point, Span
from tierwise.features.learning import Listeners
from tierwise.features.place import Place, gather
from tierwise.session.privacy import FolderTerms
from tierwise.session.session import Session

CART = "class Cart:\n    def total(self):\n        return 0\n\n    def empty(self):\n        return True\n"


def place(folder: Path, files: dict[str, str], span: Span, task: Task) -> Place:
    """The place ``span`` in the first of ``files``."""
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    session = Session(SystemClock(), Listeners())
    session.set_folders({folder: FolderTerms()})
    document = session.view().read(folder / next(iter(files)))
    assert document is not None
    return gather(session.view(), document, span, task)


def test_whole_lines_mean_what_stands_in_them(tmp_path: Path) -> None:
    files = {
        "cart.py": CART,
        "till.py": "from cart import Cart\n\nopen_till = Cart().empty\n",
        "notes.py": "total = 1\n",
    }
    found = place(tmp_path, files, Span(Point(4, 0), Point(5, 19)), Task.EDIT)
    assert found.span == Span(Point(4, 4), Point(5, 19))
    assert [file.name for file in found.files] == ["cart.py", "till.py"], "users of the method, not of the class"


@pytest.mark.parametrize(
    ("tests", "expected"),
    [
        (["tests/test_cart.py", "tests/test_till.py"], ["tests/test_cart.py"]),
        (["cart_test.py"], ["cart_test.py"]),
        (["tests/test_till.py", "shop/test_door.py"], ["shop/test_door.py"]),
        (["shop/latest.py", "shop/contest.py"], []),
    ],
)
def test_tests_are_shown_to_who_writes_tests(tmp_path: Path, tests: list[str], expected: list[str]) -> None:
    files = {"shop/cart.py": CART, **dict.fromkeys(tests, "import unittest\n")}
    span = Span(Point(0, 0), Point(5, 19))
    assert [file.name for file in place(tmp_path, files, span, Task.TESTS).files] == ["shop/cart.py", *expected]
    assert [file.name for file in place(tmp_path, files, span, Task.EDIT).files] == ["shop/cart.py"]
