"""What a type annotation of TypeScript stands for. Pure but for what ``Types`` looks up."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from tierwise.rename.ecmascript.shapes import FOREIGN, PLAIN, ArrayOf, Foreign, Function, Namespace, Type, Types
from tierwise.rename.syntactic.project import SourceFile
from tierwise.syntax.parse import Node
from tierwise.syntax.scopes import Binding

_ARRAYS = frozenset({"Array", "ReadonlyArray", "Set", "ReadonlySet", "Iterable", "IterableIterator", "Generator"})
_SAME = frozenset({"Partial", "Required", "Readonly", "NonNullable", "Awaited", "Promise", "PromiseLike"})
"""Types of the language whose members (after ``await``) are those of their argument."""
_FUNCTION_TYPES = frozenset({"function_type", "constructor_type"})


class Lookups(Protocol):
    """What annotations need to know of values and names."""

    def of(self, file: SourceFile, node: Node) -> Types: ...

    def named(self, file: SourceFile, binding: Binding) -> Types:
        """The type that a name means in a type."""
        ...

    def exported_type(self, namespace: Namespace, name: str) -> Types: ...

    def object_type(self, file: SourceFile, node: Node) -> Types: ...


class Annotations:
    """Reads type nodes."""

    def __init__(self, lookups: Lookups) -> None:
        self._lookups = lookups

    def of(self, file: SourceFile, node: Node | None) -> Types:
        """The types that a type node allows; None where they are not known."""
        if node is None:
            return None
        match node.type:
            case "type_annotation" | "parenthesized_type" | "readonly_type" | "opting_type_annotation":
                return self.of(file, node.named_children[0]) if node.named_children else None
            case "union_type" | "intersection_type":
                return union(self.of(file, child) for child in node.named_children)
            case "predefined_type":
                return None if file.text(node) in {"any", "unknown", "object"} else PLAIN
            case "literal_type" | "template_literal_type" | "type_predicate" | "asserts":
                return PLAIN
            case "array_type":
                return frozenset({ArrayOf(self.of(file, node.named_children[0]))})
            case "object_type":
                return self._lookups.object_type(file, node)
            case "type_query":
                return self._lookups.of(file, node.named_children[0]) if node.named_children else None
            case _ if node.type in _FUNCTION_TYPES:
                return frozenset({Function(file.path, node.start_byte, node.end_byte)})
            case _:
                return self._reference(file, node)

    def _reference(self, file: SourceFile, node: Node) -> Types:
        if node.type == "generic_type":
            return self._generic(file, node)
        if node.type == "nested_type_identifier":
            return self._nested(file, node)
        if node.type not in {"type_identifier", "identifier"}:
            return None
        binding = file.binding(node)
        return FOREIGN if binding is None else self._lookups.named(file, binding)

    def _generic(self, file: SourceFile, node: Node) -> Types:
        head, arguments = node.named_children[0], node.child_by_field_name("type_arguments")
        first = arguments.named_children[0] if arguments is not None and arguments.named_children else None
        if head.type != "type_identifier" or file.binding(head) is not None:
            return self._reference(file, head)
        name = file.text(head)
        if name in _ARRAYS:
            return frozenset({ArrayOf(self.of(file, first))})
        if name in _SAME:
            return self.of(file, first)
        return None  # a type of the language or a package, made of types that may be ours

    def _nested(self, file: SourceFile, node: Node) -> Types:
        module, name = node.child_by_field_name("module"), node.child_by_field_name("name")
        around = self._lookups.of(file, module) if module is not None else None
        if around is None or name is None:
            return None
        results: list[Types] = []
        for item in around:
            if isinstance(item, Namespace):
                results.append(self._lookups.exported_type(item, file.text(name)))
            else:
                results.append(FOREIGN if isinstance(item, Foreign) else None)
        return union(results)


def union(parts: Iterable[Types]) -> Types:
    """All types of all parts; unknown if one is."""
    found: set[Type] = set()
    for part in parts:
        if part is None:
            return None
        found |= part
    return frozenset(found)
