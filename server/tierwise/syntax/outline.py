"""What a file defines, calls and imports, read from its syntax tree through the query files of each language.

Pure. The kinds are the capture names of ``queries/LANGUAGE/outline.scm``; a language is added by its query files and
a line in ``grammars.py``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tree_sitter import Node

from tierwise.core.text import Point, Span
from tierwise.syntax.imports import Import, imports
from tierwise.syntax.parse import Parsed, parse

__all__ = ["Definition", "Import", "calls", "definition_names", "enclosing", "imports", "outline"]

_WRAPPERS = frozenset(
    {
        "decorated_definition",
        "export_statement",
        "ambient_declaration",
        "type_declaration",
        "lexical_declaration",
        "variable_declaration",
    }
)
"""Nodes that belong to the definition they hold, where it is the only one."""

MOST_CHARACTERS = 1_000_000
"""A longer text is data or generated, and its definitions tell nothing. While it is parsed nobody is answered: an array
of two million numbers takes two seconds, and as long again for each question about it.
"""

_DOC_PREFIX = re.compile(r"^\s*(?:/\*\*?|\*/|///?!?|//!|\*(?!/)|#+)[ \t]?|\s*\*/\s*$")
_SPACES = re.compile(r"\s+")
_QUOTES = re.compile(r"""^[A-Za-z]*("{3}|'{3}|"|')(.*)\1$""", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Definition:
    """One definition. ``kind``: class, struct, interface, trait, enum, type, function, method, field, variable,
    constant, module or macro. ``span`` includes decorators and ``export``; ``signature`` is all before the body on one
    line; ``doc`` the docstring or the comment right above, without its marks; ``parents`` the names it is nested in,
    outermost first (for methods of Go and Rust: the type they belong to).
    """

    name: str
    kind: str
    span: Span
    name_span: Span
    signature: str
    doc: str
    parents: tuple[str, ...]


def outline(language: str, text: str) -> tuple[Definition, ...]:
    """All definitions in the order of the text; empty for a language without a grammar and for a text of data."""
    parsed = None if len(text) > MOST_CHARACTERS else parse(language, text)
    if parsed is None:
        return ()
    found: dict[int, _Found] = {}
    for captures in parsed.matches("outline"):
        item = _found(captures)
        found.setdefault(item.name.start_byte, item)
    return tuple(_definitions(parsed, sorted(found.values(), key=lambda item: (item.outer.start_byte, -item.end))))


def definition_names(language: str, text: str) -> frozenset[str]:
    """Only the names of what ``outline`` finds, in a quarter of its time. For texts that nobody asks about again."""
    parsed = parse(language, text, keep=False)
    if parsed is None:
        return frozenset()
    found = (_found(captures) for captures in parsed.matches("outline"))
    return frozenset(parsed.source(item.name) for item in found if item.kind != "container")


def enclosing(definitions: Sequence[Definition], point: Point) -> Definition | None:
    """The innermost definition whose span holds ``point``; None outside all of them."""
    holding = [item for item in definitions if item.span.start <= point <= item.span.end]
    return max(holding, key=lambda item: (item.span.start, _reversed(item.span.end)), default=None)


def calls(language: str, text: str, span: Span) -> tuple[str, ...]:
    """Names called within ``span`` (of a method only its own name), each once, in the order of the text; none in a
    text of data.
    """
    parsed = None if len(text) > MOST_CHARACTERS else parse(language, text)
    if parsed is None:
        return ()
    nodes = [node for captures in parsed.matches("calls", span) for node in captures["name"]]
    nodes.sort(key=lambda node: node.start_byte)
    return tuple(dict.fromkeys(parsed.source(node) for node in nodes if span.contains(parsed.span(node))))


@dataclass(frozen=True, slots=True)
class _Found:
    kind: str
    node: Node
    name: Node
    body: Node | None
    owner: Node | None

    @property
    def outer(self) -> Node:
        return _outermost(self.node)

    @property
    def end(self) -> int:
        return self.outer.end_byte


def _found(captures: dict[str, list[Node]]) -> _Found:
    body, owner = captures.get("body"), captures.get("owner")
    kind = next(key for key in captures if key not in {"name", "body", "owner"})
    name = (captures.get("name") or captures["owner"])[0]
    return _Found(kind, captures[kind][0], name, body[0] if body else None, owner[0] if owner else None)


def _outermost(node: Node) -> Node:
    """The definition with its decorators, ``export`` and, where it is the only one, its declaration keyword."""
    parent = node.parent
    while parent is not None and parent.type in _WRAPPERS:
        if sum(child.type == node.type for child in parent.named_children) > 1:
            break
        node, parent = parent, parent.parent
    return node


def _definitions(parsed: Parsed, items: list[_Found]) -> Iterator[Definition]:
    around: list[tuple[int, str, str]] = []
    for item in items:
        outer = item.outer
        while around and around[-1][0] < item.end:
            around.pop()
        name = parsed.source(item.name)
        parents = tuple(entry[1] for entry in around)
        if item.kind == "container":
            around.append((item.end, _type_name(name), "container"))
            continue
        if item.owner is not None:
            parents += (_type_name(parsed.source(item.owner)),)
        kind = item.kind
        if kind == "function" and around and around[-1][2] in {"class", "container", "trait"}:
            kind = "method"
        if item.body is not None:
            around.append((item.end, name, kind))
        yield Definition(
            name,
            kind,
            parsed.span(outer),
            parsed.span(item.name),
            _signature(parsed, item),
            _doc(parsed, item),
            parents,
        )


def _type_name(source: str) -> str:
    """The bare name of a type expression such as ``&mut Tree<K>`` or ``*Server``."""
    words = re.findall(r"\w+", re.split(r"[<\[]", source, maxsplit=1)[0])
    return words[-1] if words else source


def _signature(parsed: Parsed, item: _Found) -> str:
    source = parsed.source(item.node)
    if item.body is not None:
        source = parsed.text_between(item.node.start_byte, item.body.start_byte)
    elif item.kind in {"variable", "constant", "field", "type"}:
        source = source.split("\n", 1)[0]
    return _SPACES.sub(" ", source).strip().rstrip("{:;,=").removesuffix("=>").strip()


def _doc(parsed: Parsed, item: _Found) -> str:
    if parsed.language == "python":
        return _docstring(parsed, item.body)
    comments: list[str] = []
    node = item.outer.prev_sibling
    below = item.outer.start_point.row
    while node is not None and (_is_comment(node) or node.type == "attribute_item"):
        # Rust's line comments include their line end, so their last row is the one after.
        last = node.end_point.row - (1 if node.end_point.column == 0 else 0)
        before = node.prev_sibling
        if last < below - 1 or (
            before is not None and before.end_point.row == node.start_point.row and node.start_point.column
        ):
            break
        if _is_comment(node):
            comments.append(parsed.source(node))
        below, node = node.start_point.row, before
    lines = [_DOC_PREFIX.sub("", line) for comment in reversed(comments) for line in comment.strip().split("\n")]
    return "\n".join(line.rstrip() for line in lines).strip()


def _is_comment(node: Node) -> bool:
    return node.type in {"comment", "line_comment", "block_comment"}


def _docstring(parsed: Parsed, body: Node | None) -> str:
    first = body.named_children[0] if body is not None and body.named_children else None
    if first is None or first.type != "expression_statement" or first.named_children[0].type != "string":
        return ""
    match = _QUOTES.match(parsed.source(first).strip())
    lines = (match.group(2) if match else "").strip().split("\n")
    indents = [len(line) - len(line.lstrip()) for line in lines[1:] if line.strip()]
    cut = min(indents, default=0)
    return "\n".join([lines[0].rstrip(), *(line[cut:].rstrip() for line in lines[1:])])


def _reversed(point: Point) -> tuple[int, int]:
    return (-point.line, -point.column)
