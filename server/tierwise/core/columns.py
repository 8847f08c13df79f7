"""Positions of an LSP peer to ours and back: the only place that knows UTF-8, UTF-16 and UTF-32 columns.

Pure. A column in the middle of a character falls back to its start, one past the end of a line to its end (LSP 3.18).
"""

from __future__ import annotations

from tierwise.core.text import Lines, Point, Span

_CODECS = {"utf-8": ("utf-8", 1), "utf-16": ("utf-16-le", 2)}


class Columns:
    """Conversion in one position encoding, for a whole connection."""

    def __init__(self, encoding: str) -> None:
        self.encoding = encoding
        self._codec, self._unit = _CODECS.get(encoding, ("", 0))

    def point(self, lines: Lines, line: int, character: int) -> Point:
        """The place of a peer's position; clamped to the text."""
        if line >= lines.count:
            return lines.end
        if line < 0:
            return Point(0, 0)
        text = lines.line(line)
        return Point(line, self.column(text, max(0, character)))

    def span(self, lines: Lines, start: tuple[int, int], end: tuple[int, int]) -> Span:
        """The span of a peer's range; one that ends before it starts is turned around."""
        a, b = self.point(lines, *start), self.point(lines, *end)
        return Span(min(a, b), max(a, b))

    def column(self, text: str, character: int) -> int:
        """The code-point column of a peer's column in a line's text."""
        if not self._unit or text.isascii():
            return min(character, len(text))
        head = text.encode(self._codec, "surrogatepass")[: character * self._unit]
        return len(head.decode(self._codec, "ignore"))

    def character(self, text: str, column: int) -> int:
        """The peer's column of a code-point column in a line's text."""
        if not self._unit or text.isascii():
            return column
        return len(text[:column].encode(self._codec, "surrogatepass")) // self._unit

    def position(self, lines: Lines, point: Point) -> dict[str, int]:
        """A place as LSP writes it."""
        return {"line": point.line, "character": self.character(lines.raw(point.line), point.column)}

    def range(self, lines: Lines, span: Span) -> dict[str, dict[str, int]]:
        """A span as LSP writes it."""
        return {"start": self.position(lines, span.start), "end": self.position(lines, span.end)}
