"""Names inside strings that Python itself reads as names: annotations, ``__all__``, ``__slots__``. Pure.

Anything else in a string is a mention, which is never certain.
"""

from __future__ import annotations

from enum import StrEnum

from tierwise.syntax.parse import Node, Parsed, parse
from tierwise.syntax.scopes import LOOSE, REFERENCE, Name, occurrences

_EXPORTS = frozenset({"__all__"})
_FORMS = frozenset(
    [
        *("Union", "Optional", "Callable", "Type", "ClassVar", "Final", "List", "Dict", "Set", "FrozenSet", "Tuple"),
        *("Iterable", "Iterator", "Sequence", "Mapping", "Awaitable", "Generator", "AsyncIterator", "AsyncIterable"),
        "Coroutine",
    ]
)
"""What is subscripted only to make a type (``typing``), so that a string in it is a type too, wherever it stands."""
_MEMBERS = frozenset({"__slots__", "__match_args__"})


class StringName(StrEnum):
    """What a name in a string refers to."""

    ANNOTATION = "annotation"
    """Looked up where the string stands (PEP 484, forward references)."""
    EXPORT = "export"
    """A name of the module."""
    MEMBER = "member"
    """A member of the class around it."""


def string_name(parsed: Parsed, name: Name) -> StringName | None:
    """What a loose occurrence is, if Python reads it as a name."""
    content = name.node
    string = content.parent
    if name.role != LOOSE or content.type != "string_content" or string is None or string.type != "string":
        return None
    if parsed.source(string)[0] not in "'\"":
        return None
    whole = (content.start_byte, content.end_byte) == (name.start, name.end)
    if whole and (target := _listed_in(parsed, string)) is not None:
        if target in _EXPORTS:
            return StringName.EXPORT
        return StringName.MEMBER if target in _MEMBERS else None
    if _is_annotation(parsed, string) and _is_plain_name(parsed.source(content), name.start - content.start_byte, name):
        return StringName.ANNOTATION
    return None


def _listed_in(parsed: Parsed, string: Node) -> str | None:
    """The variable to whose list of strings ``string`` is assigned or added."""
    node = string.parent
    while node is not None and node.type in {"list", "tuple", "set", "expression_list", "parenthesized_expression"}:
        node = node.parent
    if node is None:
        return None
    if node.type in {"assignment", "augmented_assignment"}:
        left = node.child_by_field_name("left")
        return parsed.source(left) if left is not None else None
    if node.type == "argument_list" and node.parent is not None:
        function = node.parent.child_by_field_name("function")
        owner = (
            function.child_by_field_name("object") if function is not None and function.type == "attribute" else None
        )
        return parsed.source(owner) if owner is not None else None
    return None


def _is_annotation(parsed: Parsed, string: Node) -> bool:
    """Whether a string stands where a type is expected; ``Literal`` holds strings that are values."""
    node = string
    parent = node.parent
    while parent is not None:
        if parent.type in {"generic_type", "subscript"}:
            head = parent.named_children[0]
            name = parsed.source(head).rpartition(".")[2]
            if name == "Literal" or (name == "Annotated" and not _is_first_argument(parent, node)):
                return False
            if name in _FORMS and node != head:
                return True
        elif parent.type == "type":
            if parent.parent is not None and parent.parent.type not in {"type_parameter", "generic_type"}:
                return True
        elif parent.type == "argument_list":
            return _is_type_argument(parsed, parent, node)
        elif parent.type not in {"type_parameter", "list", "binary_operator", "union_type", "expression_list", "tuple"}:
            return False
        node, parent = parent, parent.parent
    return False


def _is_first_argument(generic: Node, node: Node) -> bool:
    arguments = generic.named_children[1:]
    first = arguments[0].named_children[0] if arguments and arguments[0].type == "type_parameter" else arguments[0]
    return first.start_byte == node.start_byte


def _is_type_argument(parsed: Parsed, arguments: Node, node: Node) -> bool:
    call = arguments.parent
    function = call.child_by_field_name("function") if call is not None else None
    if function is None or parsed.source(function).rpartition(".")[2] != "cast":
        return False
    return arguments.named_children[0].start_byte == node.start_byte


def _is_plain_name(text: str, start: int, name: Name) -> bool:
    """Whether the word at byte ``start`` of an annotation's text is a name of its own, not a member of something."""
    inner = parse("python", text)
    if inner is None or inner.error_count:
        return False
    word = text.encode()[start : start + name.end - name.start].decode()
    return any(item.start == start and item.role == REFERENCE for item in occurrences(inner, word).names)
