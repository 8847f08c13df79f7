"""Types of variables, parameters, and what destructuring takes apart. Pure but for what ``TypeReader`` looks up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tierwise.rename.ecmascript.annotations import union
from tierwise.rename.ecmascript.shapes import FUNCTIONS, PLAIN, Function, Types, key_text
from tierwise.rename.syntactic.project import SourceFile
from tierwise.syntax.parse import Node

if TYPE_CHECKING:
    from tierwise.rename.ecmascript.types import TypeReader

_OBJECTS = frozenset({"object_pattern", "object"})
_ARRAYS = frozenset({"array_pattern", "array"})
_PARAMETERS = frozenset({"required_parameter", "optional_parameter"})


class Patterns:
    """Where the value of a pattern comes from."""

    def __init__(self, types: TypeReader) -> None:
        self._types = types

    def variable(self, file: SourceFile, node: Node) -> Types:
        """The types of a variable or parameter by the identifier that defines it."""
        if node.type == "shorthand_property_identifier_pattern":
            pattern = node.parent
            if pattern is not None and pattern.type == "object_assignment_pattern":
                pattern = pattern.parent
            return self._types.member(self.source(file, pattern), file.text(node)) if pattern is not None else None
        return self.source(file, node)

    def source(self, file: SourceFile, node: Node) -> Types:
        """The types of the value that an identifier or pattern is given."""
        parent = node.parent
        if parent is None:
            return None
        if parent.type in _PARAMETERS:
            return self._parameter(file, parent)
        if parent.type in _ARRAYS:
            return self._types.items(self.source(file, parent))
        match parent.type:
            case "variable_declarator":
                return self._declared(file, parent, "value")
            case "formal_parameters" | "arrow_function":
                return self._contextual_parameter(file, node)
            case "assignment_pattern":
                outer = self.source(file, parent)
                right = parent.child_by_field_name("right")
                return outer if outer is not None else self._types.of(file, right) if right is not None else None
            case "assignment_expression":
                right = parent.child_by_field_name("right")
                return self._types.of(file, right) if right is not None else None
            case "pair_pattern" | "pair":
                return self._pair(file, parent)
            case "for_in_statement":
                return self._loop(file, parent)
            case "parenthesized_expression":
                return self.source(file, parent)
            case _:
                return None

    def _declared(self, file: SourceFile, declaration: Node, value: str) -> Types:
        annotation, given = declaration.child_by_field_name("type"), declaration.child_by_field_name(value)
        if annotation is not None:
            return self._types.annotations.of(file, annotation)
        if given is not None:
            return self._types.of(file, given)
        loop = declaration.parent.parent if declaration.parent is not None else None
        return self._loop(file, loop) if loop is not None and loop.type == "for_in_statement" else None

    def _parameter(self, file: SourceFile, parameter: Node) -> Types:
        annotation, default = parameter.child_by_field_name("type"), parameter.child_by_field_name("value")
        if annotation is not None:
            return self._types.annotations.of(file, annotation)
        given = self._contextual_parameter(file, parameter)
        return given if given is not None else self._types.of(file, default) if default is not None else None

    def _contextual_parameter(self, file: SourceFile, parameter: Node) -> Types:
        """The type that a parameter gets from what the function is passed to."""
        parent = parameter.parent
        function = parent.parent if parent is not None and parent.type == "formal_parameters" else parent
        if function is None or function.type not in FUNCTIONS:
            return None
        parameters = function.child_by_field_name("parameters")
        index = parameters.named_children.index(parameter) if parameters is not None else 0
        if index == 0 and (item := self._types.expected.callback_item(file, function)) is not None:
            return item
        expected = self._types.expected.of(file, function)
        if expected is None:
            return None
        functions = [item for item in expected if isinstance(item, Function)]
        return union(self.parameter_type(item, index) for item in functions) if functions else None

    def parameter_type(self, function: Function, index: int) -> Types:
        """The annotated type of a function's parameter."""
        found = self._types.function(function)
        if found is None:
            return None
        file, node = found
        parameters = node.child_by_field_name("parameters")
        listed = (
            [item for item in parameters.named_children if item.type != "comment"] if parameters is not None else []
        )
        if listed and file.text(listed[0]).startswith("this"):
            listed = listed[1:]
        if index >= len(listed):
            return None
        annotation = listed[index].child_by_field_name("type")
        return self._types.annotations.of(file, annotation) if annotation is not None else None

    def _pair(self, file: SourceFile, pair: Node) -> Types:
        key = pair.child_by_field_name("key")
        name = key_text(file, key) if key is not None else None
        outer = pair.parent
        if name is None or outer is None or outer.type not in _OBJECTS:
            return None
        return self._types.member(self.source(file, outer), name)

    def _loop(self, file: SourceFile, loop: Node) -> Types:
        right, operator = loop.child_by_field_name("right"), loop.child_by_field_name("operator")
        if operator is not None and operator.type == "in":
            return PLAIN
        return self._types.items(self._types.of(file, right)) if right is not None else None
