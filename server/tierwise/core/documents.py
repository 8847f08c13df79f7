"""A document as everyone below ``lsp`` sees it: frozen, with its version."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tierwise.core.text import Lines, Point, Span


@dataclass(frozen=True, slots=True)
class Document:
    """One state of one file. A change makes a new ``Document``; nobody mutates one.

    ``path`` is absolute, or None for a buffer that is no file (``untitled:``). ``version`` is the client's number for
    an open document and None for a file read from disk. ``language`` is LSP's language identifier of a language that
    Tierwise knows; ``called`` is the editor's own word for it, "" for a file read from disk.
    """

    uri: str
    path: Path | None
    language: str
    version: int | None
    lines: Lines
    called: str = ""

    @property
    def text(self) -> str:
        return self.lines.text

    @property
    def is_open(self) -> bool:
        return self.version is not None

    def changed(self, span: Span, new: str, version: int | None) -> Document:
        """This document after one edit; ``span`` is clamped to the text."""
        lines = self.lines
        inside = Span(lines.clamp(span.start), lines.clamp(span.end))
        return Document(self.uri, self.path, self.language, version, lines.splice(inside, new), self.called)

    def word_at(self, point: Point) -> Span | None:
        """The identifier that touches ``point``, by Unicode's identifier rules; None where there is none."""
        text = self.lines.line(point.line)
        start = end = min(point.column, len(text))
        while start > 0 and _in_word(text[start - 1]):
            start -= 1
        while end < len(text) and _in_word(text[end]):
            end += 1
        if start == end or text[start].isdigit():
            return None
        return Span(Point(point.line, start), Point(point.line, end))


def _in_word(char: str) -> bool:
    return char == "_" or char.isalnum() or ("a" + char).isidentifier()
