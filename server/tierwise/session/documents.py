"""The open documents. Owner of their state; the only place where an edit becomes a new ``Document``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from tierwise.core import uris
from tierwise.core.documents import Document
from tierwise.core.languages import PLAIN, language, language_of
from tierwise.core.ports import DocumentEdit
from tierwise.core.text import Lines, Point, Span


class OpenDocuments:
    """What the editor has open, by URI, most recently used last. A change costs O(edit), never O(file)."""

    def __init__(self) -> None:
        self._documents: dict[str, Document] = {}

    def open(self, uri: str, language_id: str, version: int, text: str) -> Document:
        """Take a document over from the editor; a second open replaces the first."""
        path = uris.to_path(uri)
        known = language(language_id)
        if known is PLAIN and path is not None:
            known = language_of(path)
        document = Document(uri, path, known.id, version, Lines.of(text), language_id)
        self._documents.pop(uri, None)
        self._documents[uri] = document
        return document

    def call(self, uri: str, path: Path) -> Document:
        """Take a document for the file at ``path``, whatever its URI says."""
        document = self._documents[uri] = replace(self._documents[uri], path=path)
        return document

    def change(self, uri: str, version: int, span: Span | None, text: str) -> DocumentEdit | None:
        """Apply one change; ``span`` None replaces everything. None for a document that is not open."""
        before = self._documents.pop(uri, None)
        if before is None:
            return None
        lines = before.lines
        span = Span(_START, lines.end) if span is None else Span(lines.clamp(span.start), lines.clamp(span.end))
        after = Document(uri, before.path, before.language, version, lines.splice(span, text), before.called)
        self._documents[uri] = after
        return DocumentEdit(before, after, span, text)

    def close(self, uri: str) -> Document | None:
        return self._documents.pop(uri, None)

    def touch(self, uri: str) -> None:
        """Count a request as use, so that the order of recency is the user's."""
        document = self._documents.pop(uri, None)
        if document is not None:
            self._documents[uri] = document

    def get(self, uri: str) -> Document | None:
        return self._documents.get(uri)

    def __iter__(self) -> Iterator[Document]:
        """The most recently used first."""
        return reversed(self._documents.values())


_START = Point(0, 0)
