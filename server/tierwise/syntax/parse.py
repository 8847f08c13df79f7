"""Text to syntax tree. ``Parsed`` turns tree-sitter's bytes into ``core`` points in both directions.

Owner of a small cache of the newest parses. Costs about 5 ms per 1,000 lines: callers on the event loop hand longer
texts to a thread.
"""

from __future__ import annotations

import threading
from bisect import bisect_right
from collections.abc import Iterator
from functools import cached_property
from itertools import accumulate

from cachetools import LRUCache, cached
from tree_sitter import Node, Parser, QueryCursor, Tree

from tierwise.core.text import Point, Span, split_lines
from tierwise.syntax import grammars

__all__ = ["Node", "Parsed", "parse"]


def parse(language: str, text: str, *, keep: bool = True) -> Parsed | None:
    """The syntax tree of ``text``; None for a language without a grammar. Never fails: what does not parse becomes an
    error node. Safe to call and to use from any thread. ``keep`` it for the next question about the same text.
    """
    if language not in grammars.LANGUAGES:
        return None
    return _kept(language, text) if keep else _parse(language, text)


_KEPT_CHARACTERS = 1_500_000
"""Length of all texts whose trees are kept. A tree takes 27 bytes a character (measured over Python's library): 40 MB
at most. Outline, imports and errors of a text are asked one after the other, and a rename asks several times for each
of hundreds of files."""

_OVERHEAD = 1_000
"""What keeping a tree costs besides, in the same measure."""


def _size(parsed: Parsed) -> int:
    return len(parsed.text) + _OVERHEAD


_KEPT: LRUCache[tuple[object, ...], Parsed] = LRUCache(_KEPT_CHARACTERS, getsizeof=_size)


def _parse(language: str, text: str) -> Parsed:
    # A lone surrogate cannot be encoded; any replacement of the same length in characters keeps the columns right.
    data = text.encode("utf-8", "replace")
    return Parsed(language, text, data, Parser(grammars.grammar(language)).parse(data))


_kept = cached(_KEPT, lock=threading.Lock())(_parse)


class Parsed:
    """One parsed text. ``error_count`` and ``errors`` tell what did not parse; the rest is for this room."""

    def __init__(self, language: str, text: str, data: bytes, tree: Tree) -> None:
        self.language = language
        self.text = text
        self.root = tree.root_node
        self.data = data
        self._lines = split_lines(text)

    @property
    def error_count(self) -> int:
        """How many stretches did not parse, or had to be completed by the parser."""
        return len(self.errors)

    @cached_property
    def errors(self) -> tuple[Span, ...]:
        """Where it did not parse, in the order of the text; empty spans where something is missing."""
        return tuple(self.span(node) for node in _errors(self.root))

    def span(self, node: Node) -> Span:
        return Span(self.point(node.start_byte), self.point(node.end_byte))

    def source(self, node: Node) -> str:
        """The text of a node."""
        return self.text_between(node.start_byte, node.end_byte)

    def text_between(self, start: int, end: int) -> str:
        """The text between two byte offsets."""
        return self.data[start:end].decode("utf-8", "replace")

    def point(self, byte: int) -> Point:
        """The place of a byte offset. A carriage return alone ends a line here, though not for tree-sitter."""
        line = bisect_right(self._starts, byte) - 1
        start = self._starts[line]
        if self._ascii:
            return Point(line, byte - start)
        return Point(line, len(self.data[start:byte].decode("utf-8", "replace")))

    def byte(self, point: Point) -> int:
        """The byte offset of a place within the text."""
        if point.line >= len(self._lines):
            return len(self.data)
        start = self._starts[point.line]
        if self._ascii:
            return start + min(point.column, len(self._lines[point.line]))
        return start + len(self._lines[point.line][: point.column].encode("utf-8", "replace"))

    def matches(self, query: str, span: Span | None = None) -> list[dict[str, list[Node]]]:
        """Captures of every match of a query file, ordered by the patterns of the file, so that the more telling ones
        stand first there, then by the text; only matches that touch ``span``.
        """
        cursor = QueryCursor(grammars.query(self.language, query))
        if span is not None:
            cursor.set_byte_range(self.byte(span.start), self.byte(span.end))
        found = sorted(cursor.matches(self.root), key=lambda match: match[0])
        return [captures for _, captures in found]

    @cached_property
    def _ascii(self) -> bool:
        return len(self.data) == len(self.text)

    @cached_property
    def _starts(self) -> list[int]:
        if self._ascii:
            return list(accumulate(map(len, self._lines), initial=0))[:-1]
        return list(accumulate((len(line.encode("utf-8", "replace")) for line in self._lines), initial=0))[:-1]


def _errors(root: Node) -> Iterator[Node]:
    """Error and missing nodes, outermost first; only subtrees that contain one are entered."""
    pending = [root]
    while pending:
        node = pending.pop()
        if node.is_error or node.is_missing:
            yield node
        elif node.has_error:
            pending.extend(reversed(node.children))
