"""What belongs to a place: the definition that is meant, and the tests that stand beside it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tierwise.core.clock import SystemClock
from tierwise.core.tasks import Task
from tierwise.core.text import Point, Span
from tierwise.features.learning import Listeners
from tierwise.features.place import Place, gather
from tierwise.prompts.requests import Part
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


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("room", [40, 61, 62, 63, 400, 100_000])
@pytest.mark.parametrize("shown", [False, True])
def test_lines_near_the_request_are_named_as_what_they_are(tmp_path: Path, end: str, room: int, shown: bool) -> None:
    """With any terminator, in any room, whether the prompt shows the file or not."""
    (tmp_path / "a.py").write_bytes("".join(f"name_{number} = {number}{end}" for number in range(120)).encode())
    session = Session(SystemClock(), Listeners())
    session.set_folders({tmp_path: FolderTerms()})
    document = session.view().read(tmp_path / "a.py")
    assert document is not None
    found = gather(session.view(), document, Span(Point(3, 0), Point(100, 0)), Task.EXPLAIN)
    target = found.target_for(document.lines if shown else None, room)
    parts = (Part(target.first, target.lines),) if target.parts is None else target.parts
    assert any(part.lines for part in parts) == (room > 100 or not shown)
    for part in parts:
        assert part.lines == "".join(document.lines.raw_range(part.first - 1, part.last)) or not part.lines
