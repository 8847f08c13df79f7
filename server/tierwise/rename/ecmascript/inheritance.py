"""Shapes of JavaScript and TypeScript: their declarations, what they inherit, and what ``this`` is.

Owner of the shapes that one rename met.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from tierwise.rename.ecmascript.annotations import union
from tierwise.rename.ecmascript.shapes import (
    CLASSES,
    FOREIGN,
    FUNCTIONS,
    Declared,
    Foreign,
    Function,
    Shape,
    Type,
    Types,
    declared_members,
    heritage,
    shapes_of,
    spreads,
)
from tierwise.rename.syntactic.project import SourceFile
from tierwise.syntax.parse import Node
from tierwise.syntax.scopes import Binding

if TYPE_CHECKING:
    from tierwise.rename.ecmascript.types import TypeReader


class Inheritance:
    """Shapes and their bases."""

    def __init__(self, types: TypeReader) -> None:
        self._types = types
        self._nodes: dict[Shape, list[tuple[SourceFile, Node]]] = {}

    def shape_of_node(self, file: SourceFile, node: Node) -> Shape:
        """The shape of an object literal, object type or class expression."""
        shape = Shape(file.path, node.start_byte, static=False)
        known = self._nodes.setdefault(shape, [])
        if not any(item == node for _, item in known):
            known.append((file, node))
        return shape

    def shape_of_binding(self, file: SourceFile, binding: Binding, *, static: bool) -> Shape:
        """The shape of a class, interface, enum or constructor function with all its declarations."""
        shape = Shape(file.path, binding.definitions[0].start, static)
        if shape not in self._nodes:
            nodes = [item.node.parent for item in binding.definitions if item.node.parent is not None]
            self._nodes[shape] = [(file, node) for node in nodes]
        return shape

    def class_shape(self, file: SourceFile, node: Node, *, static: bool) -> Shape:
        """The shape of a class by its declaration or expression."""
        name = node.child_by_field_name("name")
        binding = file.binding(name) if name is not None else None
        if binding is not None:
            return self.shape_of_binding(file, binding, static=static)
        shape = Shape(file.path, node.start_byte, static)
        self._nodes.setdefault(shape, [(file, node)])
        return shape

    def nodes(self, shape: Shape) -> list[tuple[SourceFile, Node]]:
        """The declarations of a shape that was met."""
        return self._nodes.get(shape, [])

    def declared(self, shape: Shape, name: str) -> list[Declared]:
        """Declarations of a member in the shape itself."""
        return [
            item
            for file, node in self._nodes.get(shape, ())
            for item in declared_members(file, node, name)
            if node.type not in CLASSES or item.static == shape.static
        ]

    def declaring(self, shape: Shape, name: str) -> tuple[set[Shape], bool]:
        """All shapes that declare a member for ``shape``, itself and what it inherits from; and whether there is any
        among these of which nothing is known.
        """
        found: set[Shape] = set()
        seen: set[Shape] = set()
        unknown = circular = False
        pending = [shape]
        while pending:
            current = pending.pop()
            if current in seen:
                circular = circular or current == shape
                continue
            seen.add(current)
            if self.declared(current, name):
                found.add(current)
            bases = list(self.bases(current))
            unknown = unknown or any(map(_may_hold_more, bases))
            pending += [item for base in bases for item in shapes_of(base)]
        return found, unknown or (circular and len(found) > 1)

    def this(self, file: SourceFile, node: Node) -> Types:
        """What ``this`` is at a place."""
        for item in _enclosing_functions(node):
            parent = item.parent
            if item.type == "method_definition" and parent is not None and parent.type == "object":
                return frozenset({self.shape_of_node(file, parent)})
            if item.type == "class_body" and parent is not None:
                return self._this_in_class(file, parent, node)
            if item.type in FUNCTIONS and item.type != "method_definition":
                return self._this_in_function(file, item)
        return None

    def instance(self, item: Type) -> Types:
        """What ``new`` makes of a value."""
        if isinstance(item, Shape) and item.static:
            shape = Shape(item.path, item.start, static=False)
            self._nodes.setdefault(shape, self._nodes.get(item, []))
            return frozenset({shape})
        if isinstance(item, Foreign):
            return FOREIGN
        if isinstance(item, Function):
            found = self._types.function(item)
            if found is not None and found[1].type == "function_declaration":
                return self._this_in_function(*found)
        return None

    def bases(self, shape: Shape) -> Iterator[Types]:
        """The types that a shape inherits from, one entry for each that is written."""
        for file, node in self._nodes.get(shape, ()):
            if node.type == "object":
                yield from (self._types.of(file, other) for other in spreads(node))
            for other, is_value in heritage(node):
                types = self._types.of(file, other) if is_value else self._types.annotations.of(file, other)
                if is_value and types is not None and not shape.static:
                    types = union(self.instance(item) if not isinstance(item, Foreign) else FOREIGN for item in types)
                if is_value or not shape.static:
                    yield types

    def _this_in_class(self, file: SourceFile, node: Node, place: Node) -> Types:
        member = place
        for item in _enclosing_functions(place):
            if item.type == "class_body":
                break
            member = item
        static = any(child.type == "static" for child in member.children) or member.type == "class_static_block"
        return frozenset({self.class_shape(file, node, static=static)})

    def _this_in_function(self, file: SourceFile, node: Node) -> Types:
        """An object that a constructor function of JavaScript makes."""
        if file.document.language.startswith("typescript") or node.type != "function_declaration":
            return None
        name = node.child_by_field_name("name")
        binding = file.binding(name) if name is not None else None
        return frozenset({self.shape_of_binding(file, binding, static=False)}) if binding is not None else None


def _enclosing_functions(node: Node) -> Iterator[Node]:
    """Functions and class bodies around a place that decide what ``this`` is; arrow functions do not."""
    around = node.parent
    while around is not None:
        if around.type in {"class_body", "class_static_block"} or (
            around.type in FUNCTIONS and around.type != "arrow_function"
        ):
            yield around
        elif around.parent is not None and around.parent.type == "class_body":
            yield around  # a field's initializer
        around = around.parent


def _may_hold_more(base: Types) -> bool:
    """Whether something is inherited of which nothing is known here."""
    return base is None or any(isinstance(item, Foreign) and not item.plain for item in base)
