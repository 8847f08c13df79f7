"""The embedded engine as completion uses it."""

from __future__ import annotations

from tierwise.core.documents import Document
from tierwise.core.text import Point, Span
from tierwise.embedded.engine import EmbeddedEngine
from tierwise.embedded.values import Suggestion
from tierwise.features.completion.words import Word, WordList

_WORDS = 40
_LONGEST_NAME = 200
"""Characters; what is longer is data, and not looked through to its start."""


class EmbeddedCompletion(EmbeddedEngine):
    """The engine, with its answers in the words of this room."""

    def suggest(self, document: Document, point: Point, *, multiline: bool) -> str | None:
        """Text to put in at ``point``, None where the engine is not sure enough of anything."""
        found = self.complete(document, point, multiline=multiline)
        return found.text if isinstance(found, Suggestion) else None

    def words(self, document: Document, point: Point) -> WordList:
        """Names that continue what is typed before ``point``, the likeliest first."""
        line = document.lines.line(point.line)
        start, stop = point.column, max(0, point.column - _LONGEST_NAME)
        while start > stop and (line[start - 1] == "_" or line[start - 1].isalnum()):
            start -= 1
        span = Span(Point(point.line, start), point)
        items = self.items(document, point, _WORDS)
        return WordList(span, tuple(Word(item.text, item.kind, item.detail) for item in items))
