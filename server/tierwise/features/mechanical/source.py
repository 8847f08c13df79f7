"""A Python text, parsed: nodes by place, places by node. Pure."""

from __future__ import annotations

import ast
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from tierwise.core.changes import TextEdit
from tierwise.core.text import Lines, Point, Span

LARGEST = 500_000
"""Characters up to which a text is parsed: code actions are asked for at every movement of the cursor."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A change that is ready. ``kind`` is a code action's; ``edits`` are sorted and do not overlap."""

    title: str
    kind: str
    edits: tuple[TextEdit, ...]


@dataclass(frozen=True, eq=False)
class Source:
    """``tree`` has every node of the text in it."""

    lines: Lines
    tree: ast.Module

    def span(self, node: ast.expr | ast.stmt) -> Span:
        """Where a node stands."""
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        start = self._point(node.lineno, node.col_offset)
        return Span(start, self._point(node.end_lineno, node.end_col_offset))

    def text(self, node: ast.expr | ast.stmt) -> str:
        """What a node says."""
        return self.lines.slice(self.span(node))

    def around(self, place: Span) -> Iterator[ast.expr | ast.stmt]:
        """The nodes that hold ``place``, the innermost first; an f-string is one, whatever it holds."""
        found = [
            node
            for node in _walk(self.tree)
            if isinstance(node, ast.expr | ast.stmt) and self.span(node).contains(place)
        ]
        return reversed(found)  # breadth first: what is inside comes later

    def indent(self, line: int) -> str:
        """The blanks that a line begins with."""
        text = self.lines.line(line)
        return text[: len(text) - len(text.lstrip())]

    def _point(self, line: int, column: int) -> Point:
        raw = self.lines.line(line - 1)
        if raw.isascii():
            return Point(line - 1, column)
        return Point(line - 1, len(raw.encode()[:column].decode("utf-8", "replace")))


def _walk(tree: ast.AST) -> Iterator[ast.AST]:
    """All nodes, breadth first, but for those inside f-strings: before Python 3.12 they do not tell their true places,
    and neither line ends nor the string's own quotes may be put there.
    """
    waiting = deque([tree])
    while waiting:
        node = waiting.popleft()
        yield node
        if not isinstance(node, ast.JoinedStr):
            waiting.extend(ast.iter_child_nodes(node))


def source(text: str) -> Source | None:
    """The text parsed; None where it does not parse, is too large, or counts its lines otherwise than an editor."""
    if len(text) > LARGEST or "\f" in text:
        return None
    return _parsed(text)


@lru_cache(maxsize=8)
def _parsed(text: str) -> Source | None:
    try:
        return Source(Lines.of(text), ast.parse(text))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
