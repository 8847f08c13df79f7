"""What follows from some edits without a model: cases from ``tests/cases/next_edit``, through the session's history."""

from __future__ import annotations

import tomllib
from pathlib import Path, PurePosixPath
from typing import Any

import pytest

from tierwise.core.clock import SystemClock
from tierwise.core.documents import Document
from tierwise.core.languages import language_of
from tierwise.core.text import Point, Span, advance
from tierwise.embedded.next_edit.predict import predict
from tierwise.embedded.next_edit.values import Guess
from tierwise.features.next_edit.recent import standing
from tierwise.session.documents import OpenDocuments
from tierwise.session.history import EditHistory

FOLDER = Path(__file__).parents[2] / "cases" / "next_edit"
CASES: list[dict[str, Any]] = [
    case for path in sorted(FOLDER.glob("*.toml")) for case in tomllib.loads(path.read_text(encoding="utf-8"))["case"]
]
SUFFIXES = {"python": "py", "typescript": "ts", "javascript": "js", "go": "go", "rust": "rs"}


class World:
    """Open documents with their history."""

    def __init__(self, texts: dict[str, str]) -> None:
        self.documents = OpenDocuments()
        self.history = EditHistory(SystemClock())
        self.version = 1
        for name, text in reversed(texts.items()):
            self.documents.open(self.uri(name), language_of(PurePosixPath(name)).id, 1, text)

    def uri(self, name: str) -> str:
        return f"file:///w/{name}"

    def document(self, name: str) -> Document:
        document = self.documents.get(self.uri(name))
        assert document is not None
        return document

    def replace(self, name: str, old: str, new: str) -> None:
        """Type ``new`` over ``old``, whole tokens apart from what both begin and end with."""
        document = self.document(name)
        assert document.text.count(old) == 1, f"{old!r} occurs {document.text.count(old)} times"
        start = advance(Point(0, 0), document.text[: document.text.index(old)])
        self.version += 1
        edit = self.documents.change(document.uri, self.version, Span(start, advance(start, old)), new)
        assert edit is not None
        self.history.record(edit)

    def guesses(self) -> list[Guess]:
        documents = {document.uri: document for document in self.documents}
        changes = standing(self.history.recent(), documents, SystemClock().monotonic())
        if not changes:
            return []
        first = documents[changes[0].uri]
        return predict(changes, [first, *(d for d in documents.values() if d is not first)], None)


def line_after(guess: Guess) -> str:
    """The lines that a guess makes of those it touches; "-" where it takes them out."""
    lines = guess.document.lines
    after = lines.splice(guess.span, guess.text)
    last = guess.span.end.line - (guess.span.end.column == 0 and guess.span.end > guess.span.start)
    stop = last + 1 + after.count - lines.count
    return "".join(after.raw_range(guess.span.start.line, stop)).rstrip("\r\n") or "-"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_what_follows(case: dict[str, Any]) -> None:
    main = f"a.{SUFFIXES[case.get('language', 'python')]}"
    world = World({main: case["text"], **case.get("others", {})})
    for edit in case["edits"]:
        name, old, new = (main, *edit) if len(edit) == 2 else edit
        world.replace(name, old, new)
    expected = [tuple(item) if len(item) == 3 else (main, *item) for item in case["then"]]
    found = [
        (guess.document.uri.removeprefix("file:///w/"), guess.span.start.line + 1, line_after(guess))
        for guess in world.guesses()
    ]
    assert found == expected
