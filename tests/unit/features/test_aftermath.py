"""What becomes of an answer: each case is a document, a change, and what the editor does next."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tierwise.core.changes import Changeset, FileEdit, TextEdit
from tierwise.core.documents import Document
from tierwise.core.events import Feedback
from tierwise.core.ports import DocumentEdit
from tierwise.core.text import Lines, Point, Span
from tierwise.features.aftermath import Aftermath

TEXT = "import os\n\n\ndef f(a):\n    return a\n\n\ndef g(b):\n    return b\n"
CHANGE = [((3, 0, 5, 0), "def f(a):\n    return a + 1\n"), ((8, 11, 8, 12), "b * 2")]
"""Two places, as (line, column, line, column) and the new text."""


@dataclass
class World:
    """A clock set by hand, open documents, and everything that was heard."""

    seconds: float = 0.0
    documents: dict[str, Document] = field(default_factory=dict)
    told: list[str] = field(default_factory=list)
    ended: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.aftermath = Aftermath(
            self, lambda _, word: self.told.append(word.value), lambda _, kept: self.ended.append(kept)
        )

    def monotonic(self) -> float:
        return self.seconds

    def now(self) -> None:
        raise AssertionError("the time of day decides nothing here")

    def open(self, name: str = "a", text: str = TEXT) -> Document:
        document = Document(f"file:///{name}.py", Path(f"/{name}.py"), "python", 1, Lines.of(text))
        self.documents[name] = document
        return document

    def edit(self, place: tuple[int, int, int, int], text: str, name: str = "a") -> None:
        before = self.documents[name]
        span = Span(Point(*place[:2]), Point(*place[2:]))
        after = before.changed(span, text, (before.version or 0) + 1)
        self.documents[name] = after
        self.aftermath.edited(DocumentEdit(before, after, span, text))

    def replace_all(self, text: str, name: str = "a") -> None:
        end = self.documents[name].lines.end
        self.edit((0, 0, end.line, end.column), text, name)

    def apply(self, change=CHANGE, name: str = "a") -> None:
        for place, text in reversed(change):
            self.edit(place, text, name)


def proposal(*documents: Document, change=CHANGE) -> Changeset:
    edits = tuple(TextEdit(Span(Point(*place[:2]), Point(*place[2:])), text) for place, text in change)
    return Changeset(tuple(FileEdit(document, edits) for document in documents))


def propose(world: World, *documents: Document, change=CHANGE) -> None:
    world.aftermath.proposed("r", proposal(*documents, change=change))


APPLIED = "import os\n\n\ndef f(a):\n    return a + 1\n\n\ndef g(b):\n    return b * 2\n"


@pytest.mark.parametrize(
    ("does", "told", "kept"),
    [
        (lambda w: w.apply(), ["accepted"], 1.0),
        (lambda w: w.replace_all(APPLIED), ["accepted"], 1.0),
        (
            lambda w: [
                w.edit((0, 0, 0, 0), "# note\n"),
                w.edit((9, 11, 9, 12), "b * 2"),
                w.edit((4, 0, 6, 0), "def f(a):\n    return a + 1\n"),
            ],
            ["accepted"],
            1.0,
        ),
        (lambda w: [w.apply(), w.edit((0, 9, 0, 9), ", sys")], ["accepted"], 1.0),
        (lambda w: [w.apply(), w.edit((5, 0, 5, 0), "\nX = 1\n")], ["accepted"], 1.0),
        (lambda w: [w.apply(), w.replace_all(TEXT)], ["accepted", "undone"], 0.0),
        (
            lambda w: [
                w.apply(),
                w.edit((3, 0, 5, 0), "def f(a):\n    return a\n"),
                w.edit((8, 0, 9, 0), "    return b\n"),
            ],
            ["accepted", "edited-after", "undone"],
            0.0,
        ),
        (
            lambda w: [w.apply(), w.edit((8, 12, 8, 16), ""), w.edit((4, 12, 4, 16), "")],
            ["accepted", "edited-after", "undone"],
            0.0,
        ),
        (
            lambda w: [w.replace_all(APPLIED), w.replace_all("# x\n" + APPLIED), w.replace_all(APPLIED[:-7] + "c\n")],
            ["accepted", "edited-after"],
            0.5,
        ),
        (
            lambda w: [w.apply(), w.edit((0, 0, 0, 0), "\n"), w.edit((5, 15, 5, 16), "2")],
            ["accepted", "edited-after"],
            0.5,
        ),
        (lambda w: [w.apply(), w.edit((8, 11, 8, 16), "c")], ["accepted", "edited-after"], 0.5),
        (lambda w: w.edit((8, 11, 8, 12), "b * 2"), ["partly-accepted"], 0.5),
        (lambda w: w.edit((0, 0, 0, 0), "# other\n"), ["rejected"], 0.0),
        (lambda w: None, ["rejected"], 0.0),
        (lambda w: w.edit((3, 0, 5, 0), "def f(a, b):\n    return b\n"), ["rejected"], 0.0),
    ],
)
def test_an_edit(does, told: list[str], kept: float) -> None:
    world = World()
    propose(world, world.open())
    does(world)
    world.aftermath.settle()
    assert world.told == told
    assert world.ended == [kept]


def test_after_a_minute_what_happens_has_another_reason() -> None:
    world = World()
    propose(world, world.open())
    world.apply()
    world.seconds += 61
    world.replace_all(TEXT)
    assert (world.told, world.ended) == (["accepted"], [1.0])


def test_what_is_never_applied_is_rejected_in_the_end() -> None:
    world = World()
    propose(world, world.open())
    world.seconds += 200
    world.edit((0, 0, 0, 0), "x")
    assert (world.told, world.ended) == (["rejected"], [0.0])


def test_all_open_files_must_take_it() -> None:
    world = World()
    propose(world, world.open("a"), world.open("b"))
    world.apply(name="a")
    assert world.told == []
    world.apply(name="b")
    assert world.told == ["accepted"]
    world.aftermath.closed(world.documents["b"])
    assert world.ended == [1.0]


def test_half_of_the_files_is_partly() -> None:
    world = World()
    propose(world, world.open("a"), world.open("b"))
    world.apply(name="a")
    world.aftermath.settle()
    assert (world.told, world.ended) == (["partly-accepted"], [0.5])


def test_files_that_are_not_open_cannot_be_followed() -> None:
    world = World()
    closed = Document("file:///c.py", Path("/c.py"), "python", None, Lines.of(TEXT))
    propose(world, closed)
    world.aftermath.settle()
    assert (world.told, world.ended) == ([], [])


def test_a_deletion() -> None:
    world = World()
    change = [((3, 0, 7, 0), "")]
    propose(world, world.open(), change=change)
    world.apply(change)
    world.edit((3, 0, 3, 0), "def f(a):\n    return a\n\n\n")
    assert (world.told, world.ended) == (["accepted", "undone"], [0.0])


@pytest.mark.parametrize(
    ("then", "told", "kept"),
    [
        (None, ["accepted"], 1.0),
        (((1, 11, 1, 11), " # more"), ["accepted"], 1.0),
        (((2, 0, 2, 0), "y = 2\n"), ["accepted"], 1.0),
        (((0, 4, 1, 11), ""), ["accepted", "undone"], 0.0),
        (((1, 0, 1, 11), ""), ["accepted", "partly-accepted"], 0.5),
        (((0, 4, 0, 7), "min"), ["accepted", "edited-after"], 0.5),
    ],
)
def test_a_completion(then, told: list[str], kept: float) -> None:
    world = World()
    text = "max(1,\n        10)"
    world.open(text=f"x = {text}\nrest\n")
    world.aftermath.inserted("r", world.documents["a"], Point(0, 4), text)
    if then is not None:
        place, new = then
        world.edit(place, new)
    world.aftermath.settle()
    assert (world.told, world.ended) == (told, [kept])


def test_a_completion_that_is_not_there_is_ignored() -> None:
    world = World()
    world.aftermath.inserted("r", world.open(), Point(0, 0), "export os")
    world.aftermath.inserted("r", world.open(), Point(99, 0), "x")
    assert world.told == []


def test_the_oldest_give_way() -> None:
    world = World()
    document = world.open()
    for number in range(70):
        world.aftermath.proposed(str(number), proposal(document))
    assert world.told == [Feedback.REJECTED.value] * 6
