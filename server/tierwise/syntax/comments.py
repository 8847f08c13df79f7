"""Where a file's comments are: on lines of their own, behind code or within it. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from tierwise.core.text import Span
from tierwise.syntax.parse import Node, Parsed, parse


@dataclass(frozen=True, slots=True)
class Comment:
    """One comment as the text has it, with its marks and without the line's end."""

    span: Span
    text: str


def comments(language: str, text: str) -> tuple[Comment, ...] | None:
    """All comments in the order of the text; None for a language without a grammar."""
    parsed = parse(language, text)
    if parsed is None:
        return None
    nodes = [node for captures in parsed.matches("comments") for node in captures["comment"]]
    return tuple(_comment(parsed, node) for node in sorted(nodes, key=lambda node: node.start_byte))


def _comment(parsed: Parsed, node: Node) -> Comment:
    source = parsed.source(node).rstrip("\r\n")  # the line comments of Rust include their line's end
    end = node.start_byte + len(source.encode("utf-8", "replace"))
    return Comment(Span(parsed.point(node.start_byte), parsed.point(end)), source)
