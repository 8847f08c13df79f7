"""How far a name can be meant: everywhere, or only inside the function that it is local to. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from tierwise.core.documents import Document
from tierwise.core.text import Point
from tierwise.syntax.parse import Node, Parsed, parse
from tierwise.syntax.scopes import occurrences

LOCAL_SCOPES = frozenset({"function", "comprehension", "block"})
"""Kinds of scopes that nothing outside can name a variable of."""


@dataclass(frozen=True, slots=True)
class Reach:
    """``local``: only the bytes from ``start`` to ``end`` of the document at ``uri`` can mean the symbol."""

    local: bool = False
    uri: str = ""
    start: int = 0
    end: int = 0

    def covers(self, document: Document, byte: int) -> bool:
        """Whether a byte of a document lies within reach."""
        return not self.local or (document.uri == self.uri and self.start <= byte < self.end)


def reach_of(document: Document, point: Point, name: str) -> Reach:
    """The reach of what is called ``name`` at ``point``; everywhere where syntax does not tell."""
    parsed = parse(document.language, document.text)
    found = occurrences(parsed, name).at(parsed.byte(point)) if parsed is not None else None
    if parsed is None or found is None or found.binding is None:
        return Reach()
    scope = found.binding.scope
    if scope.kind not in LOCAL_SCOPES:
        return Reach()
    start, end = _with_documentation(parsed, scope.id, scope.start, scope.end)
    return Reach(True, document.uri, start, end)


def may_be_named_at(document: Document, point: Point) -> bool:
    """Whether a place is in code, a string included, or in a documentation comment, of which the tags name things; not
    in another comment, and not between the words.
    """
    at = document.lines.clamp(point)
    row = document.lines.line(at.line)
    parsed = parse(document.language, document.text)
    if parsed is None or not row[max(0, at.column - 1) : at.column + 1].strip():
        return False
    byte = parsed.byte(at)
    node: Node | None = parsed.root.descendant_for_byte_range(byte, byte)
    while node is not None and "comment" not in node.type:
        node = node.parent
    return node is None or parsed.source(node).startswith("/**")


def _with_documentation(parsed: Parsed, identifier: int, start: int, end: int) -> tuple[int, int]:
    """A scope, grown to the whole definition that it belongs to and the comments right before that."""
    node: Node | None = parsed.root.descendant_for_byte_range(start, max(start, end - 1))
    while node is not None and node.id != identifier and node.parent is not None:
        node = node.parent
    while node is not None and node.parent is not None and not _is_definition(node):
        if node.parent.parent is None:
            return start, end
        node = node.parent
    if node is None:
        return start, end
    while node.parent is not None and node.parent.type in _WRAPPERS:
        node = node.parent
    first = node
    while first.prev_sibling is not None and "comment" in first.prev_sibling.type:
        first = first.prev_sibling
    return first.start_byte, node.end_byte


_WRAPPERS = frozenset({"export_statement", "decorated_definition", "lexical_declaration", "variable_declarator"})


def _is_definition(node: Node) -> bool:
    return node.type.startswith(("function", "method", "arrow_function", "constructor", "lambda", "closure"))
