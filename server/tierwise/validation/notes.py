"""What the comments of a text say, and which of their lines belong together. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tierwise.core.languages import language
from tierwise.core.text import Lines
from tierwise.edits.scanner import comment_start
from tierwise.syntax.comments import comments

_MARKS = re.compile(r"^(?:/\*+|//[/!]*|#+!?|--+|<!--|\*(?!/)|;+)|(?:\*+/|-->)$")


@dataclass(frozen=True, slots=True)
class Note:
    """A comment, or several lines of them that belong together: its first and last line, 0-based. ``lines``: what it
    says, without marks. ``code``: what stands on its line besides.
    """

    first: int
    last: int
    lines: tuple[str, ...]
    code: str


def notes(identifier: str, text: str) -> Iterator[Note]:
    """The comments of a text; line comments on adjacent lines belong together."""
    open_note: Note | None = None
    for note in _single(identifier, text):
        if open_note is not None and not open_note.code and not note.code and note.first == open_note.last + 1:
            open_note = Note(open_note.first, note.last, open_note.lines + note.lines, "")
            continue
        if open_note is not None:
            yield open_note
        open_note = note
    if open_note is not None:
        yield open_note


def _single(identifier: str, text: str) -> Iterator[Note]:
    lines = Lines.of(text)
    known = comments(identifier, text)
    if known is None:
        facts = language(identifier)
        for number in range(lines.count):
            line = lines.line(number)
            start = comment_start(facts, line)
            if start is not None:
                yield Note(number, number, tuple(_plain([line[start:]])), line[:start].strip())
        return
    for comment in known:
        start, end = comment.span.start, comment.span.end
        code = (lines.line(start.line)[: start.column] + " " + lines.line(end.line)[end.column :]).strip()
        if code == "{ }" or code == "{  }":
            code = ""
        yield Note(start.line, end.line, tuple(_plain(comment.text.split("\n"))), code)


def _plain(lines: Sequence[str]) -> Iterator[str]:
    """What lines of comments say, without marks; nothing for lines that say nothing."""
    for line in lines:
        bare = line.strip()
        for _ in range(2):
            bare = _MARKS.sub("", bare).strip()
        if any(map(str.isalnum, bare)):
            yield " ".join(bare.split())
