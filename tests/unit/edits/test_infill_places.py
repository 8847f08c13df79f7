"""Which places invite several lines, and what a reader of blocks tells while it reads."""

from __future__ import annotations

import pytest

from tierwise.core.documents import Document
from tierwise.core.text import Lines, Point, Span, advance
from tierwise.edits.hole import Hole
from tierwise.edits.infill import Infill, InfillMode, InfillShaper
from tierwise.edits.search_replace import BlockStream


@pytest.mark.parametrize(
    ("language", "code", "several"),
    [
        ("python", "def f():\n    █\n", True),
        ("python", "def f():█\n", True),
        ("python", "def f():  # why█\n", False),
        ("python", "if x:  # why\n█\n", True),
        ("python", "x = █\n", False),
        ("python", "f(█)\n", False),
        ("python", "s = 'a:█\n", False),
        ("python", "def f():\n    █x = 1\n", False),
        ("typescript", "function f() {█}\n", True),
        ("typescript", "function f() {█\n}\n", True),
        ("typescript", "const a = 1;█\n", False),
        ("go", "// f does:█\n", False),
        ("plaintext", "█", True),
    ],
)
def test_the_place_decides_when_nobody_else_does(language: str, code: str, several: bool) -> None:
    before, _, rest = code.partition("█")
    document = Document("file:///a", None, language, 1, Lines.of(before + rest))
    shaper = InfillShaper(document, advance(Point(0, 0), before), None)
    shaper.prepare()
    assert shaper.feed("a = 1\n") is not several


def test_a_point_outside_is_moved_inside() -> None:
    document = Document("file:///a", None, "python", 1, Lines.of("x = \n"))
    shaper = InfillShaper(document, Point(0, 99), InfillMode.SINGLE)
    shaper.feed("1")
    result = shaper.finish(complete=True)
    assert isinstance(result, Infill)
    assert result.span.start == Point(0, 4)


def test_a_block_reader_tells_where_it_is() -> None:
    stream = BlockStream()
    assert stream.feed("app.py\n<<<<<<< SEARCH\na\n") == ()
    assert stream.inside
    (block,) = stream.feed("=======\nb\n>>>>>>> REPLACE\nprose")
    assert (block.path, block.search, block.replace, block.line) == ("app.py", "a\n", "b\n", 2)
    assert not stream.inside
    assert not stream.broken
    stream.feed("\n>>>>>>> REPLACE\n")
    assert stream.broken


@pytest.mark.parametrize("eol", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize(
    ("code", "above", "below"),
    [
        ("█", (), ()),
        ("a\n█", ("a",), ()),
        ("█\n", (), ("",)),
        ("a\n\nb█c\nd", ("a", ""), ("d",)),
        ("a\nb█\n\nd\n", ("a",), ("", "d", "")),
    ],
)
def test_the_lines_around_a_place_have_no_terminators(
    eol: str, code: str, above: tuple[str, ...], below: tuple[str, ...]
) -> None:
    before, _, rest = code.replace("\n", eol).partition("█")
    hole = Hole.at(Document("file:///a", None, "python", 1, Lines.of(before + rest)), advance(Point(0, 0), before))
    assert (hole.around.above, hole.around.below) == (above, below)


def test_what_is_known_of_the_lines_around_holds_while_their_line_grows() -> None:
    lines = Lines.of("def f():\n    x = \n    return x\n")
    holes = [
        Hole.at(Document("file:///a", None, language, 1, lines.splice(Span.at(place), typed)), place)
        for language in ("python", "go")
        for place, typed in ((Point(1, 8), ""), (Point(1, 8), "1"), (Point(2, 4), "y"))
    ]
    assert holes[0].around is holes[1].around
    assert len({id(hole.around) for hole in holes}) == 4


@pytest.mark.parametrize("piece", ["a", " ", "/", "'", "(", "<", "f(b[1]);", "`${", "\\"])
def test_a_line_as_long_as_a_file(piece: str) -> None:
    before = "a" + piece * 300_000 + " "
    document = Document("file:///a", None, "javascript", 1, Lines.of(before))
    shaper = InfillShaper(document, Point(0, len(before)), None)
    shaper.feed("value")
    assert shaper.finish(complete=True) == Infill("value", Span.at(Point(0, len(before))))
