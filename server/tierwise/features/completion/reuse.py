"""Answers that are already here: what the user typed since is how a known answer begins. Owner of that memory.

An answer is kept as the line it was made for plus its text, so that typing on and deleting back both find it. Edits
elsewhere move it along; an edit of the lines it rests on drops it.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace

from tierwise.core.documents import Document
from tierwise.core.ports import DocumentEdit
from tierwise.core.text import Point, Span, split_lines, with_line_feeds

_PER_DOCUMENT = 24
_DOCUMENTS = 100
"""Documents whose answers are kept, closed ones too: they may be opened again."""
_LONGEST_LINE = 20_000
"""Characters; each answer keeps its line, and one of a minified file is as long as that."""
_BACK = 60
"""Deleting back more than this many characters is a change of mind."""
_CLOSERS = frozenset(")]}>\"'`;, ")


@dataclass(frozen=True, slots=True)
class Known:
    """A finished answer: at ``anchor``, ``head`` (its line up to there) was continued; ``tail`` followed."""

    anchor: Point
    head: str
    whole: str
    """``head`` with the answer's text."""
    tail: str
    above: str
    source: str
    breaks: int
    """Line breaks in the answer's text."""


@dataclass(frozen=True, slots=True)
class Remainder:
    """What is left of a known answer at the cursor."""

    text: str
    source: str


class Reuse:
    """Known answers per document, the newest first."""

    def __init__(self) -> None:
        self._known: dict[str, deque[Known]] = {}

    def add(self, document: Document, point: Point, text: str, source: str, place: Point) -> None:
        """Remember an answer that was made for ``point`` of ``document``, which is at ``place`` now; ``text`` is the
        part after the cursor.
        """
        line = document.lines.line(point.line)
        if len(line) > _LONGEST_LINE:
            return
        head, tail = line[: point.column], line[point.column :]
        known = Known(place, head, head + text, tail, _above(document, point), source, len(split_lines(text)) - 1)
        answers = self._known.pop(document.uri, None) or deque(maxlen=_PER_DOCUMENT)
        answers.appendleft(known)
        self._known[document.uri] = answers
        if len(self._known) > _DOCUMENTS:
            del self._known[next(iter(self._known))]

    def find(self, document: Document, point: Point) -> Remainder | None:
        """The rest of the newest answer that fits what now stands before and after the cursor; before all others of one
        that was made for no more than that: what was typed after it and deleted again is not offered first.
        """
        lines = document.lines
        typed = lines.raw(point.line)[: point.column] if point.line < lines.count else ""
        deleted: Remainder | None = None
        for known in self._known.get(document.uri, ()):
            if known.anchor.line == point.line and not known.whole.startswith(typed):
                continue  # by far the most, while one line is typed
            remainder = _remainder(known, document, point)
            if not remainder:
                continue
            found = Remainder(remainder, known.source)
            if point >= Point(known.anchor.line, len(known.head)):
                return found
            deleted = deleted or found
        return deleted

    def edited(self, edit: DocumentEdit) -> None:
        """Move the answers below an edit with their lines."""
        known = self._known.get(edit.after.uri)
        grown = edit.after.lines.count - edit.before.lines.count
        if not known or grown == 0:
            return
        last = edit.span.end.line
        moved = [_moved(item, grown) if item.anchor.line > last else item for item in known]
        known.clear()
        known.extend(moved)


def _moved(known: Known, lines: int) -> Known:
    return replace(known, anchor=Point(known.anchor.line + lines, known.anchor.column))


def _remainder(known: Known, document: Document, point: Point) -> str | None:
    line = known.anchor.line
    if not line <= point.line <= line + known.breaks or point.line >= document.lines.count:
        return None
    whole = known.whole
    typed = with_line_feeds(document.lines.slice(Span(Point(line, 0), point)))
    if len(typed) < len(known.head) - _BACK or not whole.startswith(typed) or len(typed) == len(whole):
        return None
    if not _same_tail(known.tail, document.lines.line(point.line)[point.column :]):
        return None
    return whole[len(typed) :] if _above(document, Point(line, 0)) == known.above else None


def _same_tail(old: str, new: str) -> bool:
    """The rest of the line is what it was, or grew by what the editor closes on its own."""
    return new.endswith(old) and _CLOSERS.issuperset(new[: len(new) - len(old)])


def _above(document: Document, point: Point) -> str:
    """The two lines above: enough to tell one place from a similar one."""
    return "".join(document.lines.raw_range(point.line - 2, point.line))
