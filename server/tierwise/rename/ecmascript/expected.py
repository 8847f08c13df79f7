"""What type the surroundings of an expression want it to have. Pure but for what ``TypeReader`` looks up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tierwise.rename.ecmascript.annotations import union
from tierwise.rename.ecmascript.shapes import (
    FUNCTIONS,
    ArrayOf,
    Foreign,
    Function,
    Namespace,
    Shape,
    Types,
    key_text,
    shapes_of,
)
from tierwise.rename.syntactic.project import SourceFile, ancestors
from tierwise.syntax.parse import Node

if TYPE_CHECKING:
    from tierwise.rename.ecmascript.types import TypeReader

NOTHING: Types = frozenset()
"""The surroundings want nothing in particular."""

_DECLARATIONS = frozenset(
    {"variable_declarator", "public_field_definition", "required_parameter", "optional_parameter"}
)
_TRANSPARENT = frozenset({"parenthesized_expression", "ternary_expression", "binary_expression", "spread_element"})
_CALLBACKS = frozenset(
    {
        "forEach",
        "map",
        "filter",
        "find",
        "findIndex",
        "findLast",
        "some",
        "every",
        "flatMap",
        "sort",
        "toSorted",
        "then",
    }
)
"""Methods of arrays whose callbacks get items first, and the one of imports that gives the module."""


class Expected:
    """Contextual types: ``NOTHING`` where there is no context, None where there is one that is not known."""

    def __init__(self, types: TypeReader) -> None:
        self._types = types

    def of(self, file: SourceFile, node: Node) -> Types:
        """The types wanted of the expression ``node``."""
        parent = node.parent
        if parent is None:
            return NOTHING
        if parent.type in _DECLARATIONS:
            annotation = parent.child_by_field_name("type")
            return self._types.annotations.of(file, annotation) if annotation is not None else NOTHING
        if parent.type in _TRANSPARENT:
            return self.of(file, parent)
        return self._in(file, parent, node)

    def _in(self, file: SourceFile, parent: Node, node: Node) -> Types:
        match parent.type:
            case "assignment_expression":
                return self._assigned(file, parent, node)
            case "pair":
                return self._property(file, parent)
            case "array":
                outer = self.of(file, parent)
                return self._types.items(outer) if outer else outer
            case "as_expression" | "satisfies_expression":
                return self._types.annotations.of(file, parent.named_children[-1])
            case "arguments":
                return self._argument(file, parent, node)
            case "return_statement":
                return self._returned(file, parent)
            case "arrow_function":
                return self._result_of(file, parent)
            case "jsx_expression":
                return self._attribute(file, parent)
            case "await_expression" | "yield_expression":
                return None
            case _:
                return NOTHING

    def attribute(self, file: SourceFile, attribute: Node) -> Types:
        """The types of the properties of a JSX element's component."""
        element = attribute.parent
        name = element.child_by_field_name("name") if element is not None else None
        if name is None or (name.type == "identifier" and file.text(name)[0].islower()):
            return None  # an element of the host: its attributes are declared in a package
        components = self._types.of(file, name)
        return None if components is None else union(self._properties(item) for item in components)

    def _properties(self, component: object) -> Types:
        if isinstance(component, Function):
            return self._types.patterns.parameter_type(component, 0)
        if isinstance(component, Foreign):
            return frozenset({component})
        if isinstance(component, Shape):
            return self._types.member(self._types.inheritance.instance(component), "props")
        return None

    def _assigned(self, file: SourceFile, assignment: Node, node: Node) -> Types:
        left = assignment.child_by_field_name("left")
        if left is None or left == node or left.type in {"object_pattern", "array_pattern"}:
            return NOTHING
        types = self._types.of(file, left)
        return types if types is not None else NOTHING

    def _property(self, file: SourceFile, pair: Node) -> Types:
        key, literal = pair.child_by_field_name("key"), pair.parent
        outer = self.of(file, literal) if literal is not None else NOTHING
        name = key_text(file, key) if key is not None else None
        if not outer or name is None:
            return outer if not outer else None
        return self._types.member(outer, name)

    def _argument(self, file: SourceFile, arguments: Node, node: Node) -> Types:
        call = arguments.parent
        callee = (
            call.child_by_field_name("function") or call.child_by_field_name("constructor")
            if call is not None
            else None
        )
        if call is None or callee is None:
            return None
        given = [child for child in arguments.named_children if child.type != "comment"]
        index = given.index(node)
        if any(child.type == "spread_element" for child in given[:index]):
            return None
        types = self._types.of(file, callee)
        if types is None:
            return None
        return union(self._parameter(item, index, is_new=call.type == "new_expression") for item in types)

    def _parameter(self, item: object, index: int, *, is_new: bool) -> Types:
        if isinstance(item, Function):
            return self._types.patterns.parameter_type(item, index)
        if isinstance(item, Shape) and is_new:
            instances = shapes_of(self._types.inheritance.instance(item))
            found = [shape for one in instances for shape in self._types.inheritance.declaring(one, "constructor")[0]]
            for shape in found:
                for declared in self._types.inheritance.declared(shape, "constructor"):
                    place = Function(declared.file.path, declared.node.start_byte, declared.node.end_byte)
                    return self._types.patterns.parameter_type(place, index)
        return None

    def callback_item(self, file: SourceFile, function: Node) -> Types:
        """The type of the first parameter of a callback that is given to an array's method."""
        arguments = function.parent
        call = arguments.parent if arguments is not None and arguments.type == "arguments" else None
        callee = call.child_by_field_name("function") if call is not None else None
        if callee is None or callee.type != "member_expression" or arguments is None:
            return None
        name, owner = callee.child_by_field_name("property"), callee.child_by_field_name("object")
        if (
            name is None
            or owner is None
            or file.text(name) not in _CALLBACKS
            or arguments.named_children[0] != function
        ):
            return None
        types = self._types.of(file, owner)
        if file.text(name) == "then" and types and all(isinstance(item, Namespace) for item in types):
            return types  # import("x").then(...)
        arrays = [item for item in types or () if isinstance(item, ArrayOf)]
        return self._types.items(frozenset(arrays)) if types and len(arrays) == len(types) else None

    def _returned(self, file: SourceFile, statement: Node) -> Types:
        function = next((item for item in ancestors(statement) if item.type in FUNCTIONS), None)
        return self._result_of(file, function) if function is not None else NOTHING

    def _result_of(self, file: SourceFile, function: Node) -> Types:
        annotation = function.child_by_field_name("return_type")
        if annotation is not None:
            return self._types.annotations.of(file, annotation)
        expected = self.of(file, function)
        if expected is None:
            return None
        functions = [item for item in expected if isinstance(item, Function)]
        return union(self._types.result(item) for item in functions) if functions else NOTHING

    def _attribute(self, file: SourceFile, expression: Node) -> Types:
        attribute = expression.parent
        if attribute is None or attribute.type != "jsx_attribute":
            return NOTHING
        name = file.text(attribute.named_children[0])
        return self._types.member(self.attribute(file, attribute), name)
