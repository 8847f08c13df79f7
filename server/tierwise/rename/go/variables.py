"""Types of Go's variables, by the statements that define them. Pure but for what the type reader looks up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tierwise.rename.go.values import ELSEWHERE, Container, Elsewhere, Literal, Several, Type
from tierwise.rename.syntactic.project import SourceFile
from tierwise.syntax.parse import Node

if TYPE_CHECKING:
    from tierwise.rename.go.types import TypeReader


class Variables:
    """What variables, constants, parameters and functions hold."""

    def __init__(self, types: TypeReader) -> None:
        self._types = types

    def of(self, file: SourceFile, node: Node) -> Type | None:
        """The type of what an identifier defines, by the statement that defines it."""
        parent = node.parent
        if parent is None:
            return None
        match parent.type:
            case "parameter_declaration":
                return self._types.written(file, parent.child_by_field_name("type"))
            case "variadic_parameter_declaration":
                return Container(self._types.written(file, parent.child_by_field_name("type")), ELSEWHERE)
            case "var_spec" | "const_spec":
                annotation, values = parent.child_by_field_name("type"), parent.child_by_field_name("value")
                if annotation is not None:
                    return self._types.written(file, annotation)
                return self._assigned(file, parent.children_by_field_name("name").index(node), values)
            case "function_declaration":
                return Literal(file.path, parent.start_byte, parent.end_byte)
            case "type_spec" | "type_alias":
                return self._types.written(file, node)
            case "expression_list":
                return self._from_list(file, parent, node)
            case _:
                return None

    def _from_list(self, file: SourceFile, left: Node, node: Node) -> Type | None:
        statement = left.parent
        if statement is None:
            return None
        index = left.named_children.index(node)
        right = statement.child_by_field_name("right")
        if statement.type == "short_var_declaration":
            return self._assigned(file, index, right)
        if statement.type == "range_clause" and right is not None:
            return self._ranged(file, index, right)
        if statement.type == "receive_statement" and right is not None:
            return self._types.of(file, right) if index == 0 else ELSEWHERE
        return None  # the variable of a type switch has another type in each clause

    def _assigned(self, file: SourceFile, index: int, values: Node | None) -> Type | None:
        if values is None:
            return None
        listed = values.named_children
        if index < len(listed) and len(listed) > 1:
            return self._types.of(file, listed[index])
        whole = self._types.of(file, listed[0])
        if isinstance(whole, Several):
            return whole.items[index] if index < len(whole.items) else None
        if index == 0:
            return whole
        return (
            ELSEWHERE
            if listed[0].type in {"index_expression", "type_assertion_expression", "unary_expression"}
            else None
        )

    def _ranged(self, file: SourceFile, index: int, right: Node) -> Type | None:
        whole = self._types.of(file, right)
        if isinstance(whole, Elsewhere):
            return ELSEWHERE
        for item in self._types.containers(whole):
            return item.item if index == 1 else item.key
        return None
