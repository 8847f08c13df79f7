"""Text as immutable lines: positions, spans, and a persistent line store.

Owner of no state. Columns are counted in Python code points; the client's units (UTF-8, UTF-16 or UTF-32) are
converted once, by ``columns.py``, where LSP is spoken.

Lines end at ``\\n``, ``\\r\\n`` or ``\\r`` and nowhere else (LSP 3.18, "Text Documents"); ``str.splitlines`` would also
split on form feeds and U+2028 and put every later edit on the wrong line.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, chain
from operator import eq

_CHUNK = 256
"""Lines per chunk: an edit copies one chunk and the list of chunks, so both stay near 256 for a 50,000-line file."""

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\n|\r)")


@dataclass(frozen=True, slots=True, order=True)
class Point:
    """A place between two characters: 0-based line, 0-based column in code points."""

    line: int
    column: int


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A stretch of text from ``start`` up to, not including, ``end``."""

    start: Point
    end: Point

    @staticmethod
    def at(point: Point) -> Span:
        """The empty span at ``point``."""
        return Span(point, point)

    @property
    def empty(self) -> bool:
        return self.start == self.end

    def contains(self, other: Span) -> bool:
        return self.start <= other.start and other.end <= self.end

    def touches(self, other: Span) -> bool:
        """Whether the two share a character or a border."""
        return self.start <= other.end and other.start <= self.end


def split_lines(text: str) -> list[str]:
    """Split into lines with their terminators; the last one has none and may be empty. Never returns an empty list."""
    if "\r" not in text:
        parts = text.split("\n")
        return [part + "\n" for part in parts[:-1]] + [parts[-1]]
    lines = _LINE.findall(text)
    lines.append(text[sum(map(len, lines)) :])
    return lines


def with_line_feeds(text: str) -> str:
    """The text with ``\\n`` for each terminator, so that two texts compare whatever the file they stand in uses."""
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


class Lines:
    """An immutable text held as lines; ``splice`` returns a new one that shares all untouched chunks.

    A splice costs O(length of the edit + 256 + lines/256), whatever the size of the file. Safe to hand to other
    threads.
    """

    __slots__ = ("_chunks", "_starts", "count")

    count: int
    """Number of lines, at least 1: a text that ends with a terminator has an empty last line."""

    def __init__(self, chunks: tuple[tuple[str, ...], ...], starts: list[int] | None = None) -> None:
        """``starts``: the first line of each chunk, and the number of lines, where they are known already."""
        self._chunks = chunks
        self._starts = list(accumulate(map(len, chunks), initial=0)) if starts is None else starts
        self.count = self._starts[-1]

    @staticmethod
    def of(text: str) -> Lines:
        return Lines(_chunked(split_lines(text)))

    def raw(self, index: int) -> str:
        """Line ``index`` with its terminator. Raises IndexError outside ``range(count)``."""
        if not 0 <= index < self.count:
            raise IndexError(f"line {index} of {self.count}")
        chunk = bisect_right(self._starts, index) - 1
        return self._chunks[chunk][index - self._starts[chunk]]

    def line(self, index: int) -> str:
        """Line ``index`` without its terminator. Raises IndexError outside ``range(count)``."""
        return self.raw(index).rstrip("\r\n")

    def __iter__(self) -> Iterator[str]:
        return chain.from_iterable(self._chunks)

    def raw_range(self, start: int, stop: int) -> Iterator[str]:
        """Lines ``start`` up to ``stop``, with terminators, clamped to the text."""
        return chain.from_iterable(self._pieces(max(0, start), min(stop, self.count)))

    def _pieces(self, start: int, stop: int) -> Iterator[tuple[str, ...]]:
        if start >= stop:
            return
        chunk = bisect_right(self._starts, start) - 1
        while chunk < len(self._chunks) and self._starts[chunk] < stop:
            base = self._starts[chunk]
            yield self._chunks[chunk][max(0, start - base) : stop - base]
            chunk += 1

    def back_from(self, stop: int) -> Iterator[str]:
        """The lines above line ``stop``, with terminators, nearest first."""
        chunk = bisect_right(self._starts, min(stop, self.count) - 1) - 1
        while chunk >= 0:
            yield from reversed(self._chunks[chunk][: stop - self._starts[chunk]])
            chunk -= 1

    def same_as(self, other: Lines) -> bool:
        """Whether both hold the same text; costs little for two states of one document, which share their chunks."""
        if self is other or self.count != other.count:
            return self is other
        return self._chunks == other._chunks or all(map(eq, self, other))

    @property
    def text(self) -> str:
        return "".join(map("".join, self._chunks))

    @property
    def end(self) -> Point:
        """The place after the last character."""
        return Point(self.count - 1, len(self.raw(self.count - 1)))

    @property
    def terminator(self) -> str:
        """The terminator of the first line, ``\\n`` for a text of one line: what new lines should end with."""
        first = self.raw(0)
        return first[len(first.rstrip("\r\n")) :] or "\n"

    def clamp(self, point: Point) -> Point:
        """The nearest place that exists; a column past the end of a line falls back to its end (LSP 3.18)."""
        if point.line >= self.count:
            return self.end
        if point.line < 0:
            return Point(0, 0)
        return Point(point.line, min(max(0, point.column), len(self.line(point.line))))

    def slice(self, span: Span) -> str:
        """The text of ``span``, which must lie within the text (see ``clamp``)."""
        start, end = span.start, span.end
        if start.line == end.line:
            return self.raw(start.line)[start.column : end.column]
        middle = "".join(self.raw_range(start.line + 1, end.line))
        return self.raw(start.line)[start.column :] + middle + self.raw(end.line)[: end.column]

    def before(self, point: Point, lines: int) -> str:
        """The text up to ``point``, reaching back at most ``lines`` whole lines above its own."""
        return "".join(self.raw_range(point.line - lines, point.line)) + self.raw(point.line)[: point.column]

    def after(self, point: Point, lines: int) -> str:
        """The text from ``point``, reaching down at most ``lines`` whole lines below its own."""
        rest = self.raw(point.line)[point.column :]
        return rest + "".join(self.raw_range(point.line + 1, point.line + 1 + lines))

    def splice(self, span: Span, new: str) -> Lines:
        """The text with ``span`` (within the text) replaced by ``new``."""
        first, last = span.start.line, span.end.line
        middle = self.raw(first)[: span.start.column] + new + self.raw(last)[span.end.column :]
        if middle.startswith("\n") and first > 0 and self.raw(first - 1).endswith("\r"):
            first -= 1  # the edit brought a lone \r and a \n together: they are one terminator now
            middle = self.raw(first) + middle
        lines = split_lines(middle)
        if last < self.count - 1:
            lines.pop()  # the empty piece after the last terminator is the start of the untouched next line
        return self._replace(first, last, lines)

    def _replace(self, first: int, last: int, lines: list[str]) -> Lines:
        low = bisect_right(self._starts, first) - 1
        high = bisect_right(self._starts, last) - 1
        head = self._chunks[low][: first - self._starts[low]]
        tail = self._chunks[high][last - self._starts[high] + 1 :]
        if len(head) + len(lines) + len(tail) < _CHUNK // 4 and high + 1 < len(self._chunks):
            high += 1  # keep chunks from crumbling
            tail += self._chunks[high]
        middle = _chunked([*head, *lines, *tail])
        as_before = low == high and [*map(len, middle)] == [len(self._chunks[low])]
        return Lines((*self._chunks[:low], *middle, *self._chunks[high + 1 :]), self._starts if as_before else None)


def _chunked(lines: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    if len(lines) <= 2 * _CHUNK:
        return (tuple(lines),) if lines else ()
    return tuple(tuple(lines[i : i + _CHUNK]) for i in range(0, len(lines), _CHUNK))


def advance(start: Point, text: str) -> Point:
    """The place after ``text`` when it is put in at ``start``."""
    pieces = split_lines(text)
    if len(pieces) == 1:
        return Point(start.line, start.column + len(text))
    return Point(start.line + len(pieces) - 1, len(pieces[-1]))
