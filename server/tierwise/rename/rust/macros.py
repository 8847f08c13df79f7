"""Identifiers that macros of Rust are given as bare tokens. Pure.

Only macros whose arguments are known to be expressions are looked into; what any other does with its tokens is unknown.
"""

from __future__ import annotations

from enum import Enum, auto

from tierwise.rename.syntactic.project import SourceFile, around
from tierwise.syntax.parse import Node
from tierwise.syntax.scopes import LOOSE, Name

_FORMATTING = frozenset(
    [
        *("print", "println", "eprint", "eprintln", "format", "write", "writeln", "panic", "format_args", "assert"),
        *("assert_eq", "assert_ne", "debug_assert", "debug_assert_eq", "debug_assert_ne", "todo", "unimplemented"),
        *("unreachable", "trace", "debug", "info", "warn", "error", "bail", "ensure", "anyhow"),
    ]
)
_EXPRESSIONS = _FORMATTING | {"vec", "dbg"}


class Token(Enum):
    """What an identifier among tokens is."""

    VALUE = auto()
    FIELD_OF_SELF = auto()
    MEMBER = auto()
    UNKNOWN = auto()


def token(file: SourceFile, name: Name) -> Token:
    """What a token of a macro's arguments stands for."""
    if macro_name(file, name.node) not in _EXPRESSIONS or _in_braces(name.node):
        return Token.UNKNOWN
    before, after = name.node.prev_sibling, name.node.next_sibling
    previous = file.text(before) if before is not None else ""
    following = file.text(after) if after is not None else ""
    if following.startswith("::") or previous.startswith("::") or following in {"!", "=", "=>"}:
        return Token.UNKNOWN
    if previous == ".":
        owner = before.prev_sibling if before is not None else None
        further = owner.prev_sibling if owner is not None else None
        of_self = owner is not None and owner.type == "self" and (further is None or file.text(further) != ".")
        return Token.FIELD_OF_SELF if of_self else Token.MEMBER
    if previous in {"|", ":", "let", "mut", "for", "'"}:
        return Token.UNKNOWN  # a closure, a type, a pattern
    return Token.VALUE


def formatted(file: SourceFile, name: Name) -> bool:
    """Whether a word in a string is an argument that the format string itself names."""
    string = around(name.node, "string_literal", "raw_string_literal") if name.role == LOOSE else None
    if string is None or string.parent is None or string.parent.type != "token_tree":
        return False
    if macro_name(file, string) not in _FORMATTING:
        return False
    data = file.parsed.data
    braces = 0
    while data[name.start - 1 - braces : name.start - braces] == b"{":
        braces += 1
    return braces % 2 == 1 and data[name.end : name.end + 1] in {b"}", b":"}


def macro_name(file: SourceFile, node: Node) -> str:
    """The last part of the name of the macro around a place."""
    call = around(node, "macro_invocation")
    macro = call.child_by_field_name("macro") if call is not None else None
    return file.text(macro).rpartition("::")[2] if macro is not None else ""


def _in_braces(node: Node) -> bool:
    """Whether a token stands in braces, where statements and patterns may be."""
    tree = node.parent
    while tree is not None and tree.type == "token_tree":
        if tree.children and tree.children[0].type == "{":
            return True
        tree = tree.parent
    return False
