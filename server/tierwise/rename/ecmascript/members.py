"""Which members of which shapes an occurrence means. Pure but for what the type reader looks up."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tierwise.rename.ecmascript.exports import ExportKey, Exports, Variable
from tierwise.rename.ecmascript.modules import ModuleKey
from tierwise.rename.ecmascript.shapes import (
    CLASSES,
    Foreign,
    Function,
    Namespace,
    Shape,
    Type,
    Types,
)
from tierwise.rename.ecmascript.types import TypeReader
from tierwise.rename.syntactic.project import SourceFile, ancestors
from tierwise.rename.syntactic.sites import Key, Outside
from tierwise.syntax.parse import Node, Parsed
from tierwise.syntax.scopes import LOOSE, Name

_ELSEWHERE = Outside("a member of something outside the workspace")
_EXPANDABLE = frozenset({".js", ".jsx", ".mjs", ".cjs"})
"""Files in which an object may get members that its declaration does not have."""
_KEYED = frozenset(
    {
        "pair",
        "pair_pattern",
        "method_definition",
        "property_signature",
        "method_signature",
        "abstract_method_signature",
        "public_field_definition",
        "field_definition",
        "enum_assignment",
        "enum_body",
    }
)


@dataclass(frozen=True, slots=True)
class MemberKey:
    """A member of a shape."""

    shape: Shape
    name: str


@dataclass(frozen=True, slots=True)
class ExpandoKey:
    """A property that is put on a function."""

    path: Path
    start: int
    name: str


@dataclass(frozen=True, slots=True)
class Undecided:
    """Why it is not known what a member belongs to."""

    why: str


class Members:
    """The member occurrences of one project."""

    def __init__(self, types: TypeReader, exports: Exports) -> None:
        self._types = types
        self._exports = exports

    def keys(self, file: SourceFile, node: Node, name: str) -> tuple[Key, ...] | Undecided:
        """What the property name ``node`` (an identifier, or a string that spells one) means."""
        parent = node.parent
        if parent is None:
            return Undecided("it stands alone")
        if node.type == "private_property_identifier":
            return self._private(file, node, name)
        if parent.type in {"member_expression", "nested_identifier", "subscript_expression"}:
            owner = parent.child_by_field_name("object")
            if owner is None or self._exports.is_exports_object(file, owner):
                return (self._own_export(file, node, name),)
            return self._of_owner(self._types.of(file, owner), name, "the type of its owner is unknown")
        if parent.type == "nested_type_identifier":
            module = parent.child_by_field_name("module")
            return self._of_owner(
                self._types.of(file, module) if module is not None else None, name, "its namespace is unknown"
            )
        if parent.type == "arguments":
            return self._of_owner(
                self._types.of(file, parent.named_children[0]), name, "the type of its owner is unknown"
            )
        if parent.type == "jsx_attribute":
            return self._of_owner(
                self._types.expected.attribute(file, parent), name, "the component's properties are unknown"
            )
        if parent.type == "lookup_type":
            types = self._types.annotations.of(file, parent.named_children[0])
            return self._of_owner(types, name, "the type is unknown")
        return self._of_key(file, parent, name)

    def shorthand(self, file: SourceFile, node: Node, name: str) -> tuple[Key, ...] | Undecided:
        """The property side of ``{ name }`` in a literal or a pattern."""
        around = node.parent
        if around is not None and around.type == "object_assignment_pattern":
            around = around.parent
        if around is None:
            return Undecided("it stands alone")
        if around.type == "object_pattern":
            return self._of_owner(self._types.patterns.source(file, around), name, "what is taken apart is unknown")
        if self._exports.in_exports_object(file, around):
            return (self._own_export(file, node, name),)
        return self._of_literal(file, around, name)

    def of_shape(self, shape: Shape, name: str) -> tuple[Key, ...] | Undecided:
        """A member of a shape, with all that it overrides or implements."""
        found, unknown = self._types.inheritance.declaring(shape, name)
        if unknown and not (found and self._is_private(found, name)) and not self._is_literal(shape, found):
            return Undecided("its class or interface also inherits from outside the workspace")
        if not found and shape.path.suffix not in _EXPANDABLE:
            return Undecided("the type of its owner does not declare it")
        if len(found) > 1 and shape not in found and self._is_object(shape):
            return Undecided("the object takes it from several others")
        return tuple(MemberKey(item, name) for item in sorted(found, key=_order)) or (MemberKey(shape, name),)

    def _own_export(self, file: SourceFile, node: Node, name: str) -> Key:
        module = self._exports.modules.of(file, node)
        key = self._exports.key(module, name)
        return key if isinstance(key, ExportKey) else Outside("not exported by this module")

    def _of_key(self, file: SourceFile, parent: Node, name: str) -> tuple[Key, ...] | Undecided:
        if parent.type == "computed_property_name" and parent.parent is not None:
            return self._of_key(file, parent.parent, name)
        if parent.type not in _KEYED or parent.parent is None:
            return Undecided("its place says nothing about it")
        around = parent if parent.type == "enum_body" else parent.parent
        if around.type in {"object", "object_pattern"} and parent.type == "pair_pattern":
            return self._of_owner(self._types.patterns.source(file, around), name, "what is taken apart is unknown")
        if around.type == "object":
            if self._exports.in_exports_object(file, around):
                return (self._own_export(file, parent, name),)
            return self._of_literal(file, around, name)
        if around.type == "object_type":
            owner = around.parent
            if owner is None or owner.type != "interface_declaration":
                return self.of_shape(self._types.inheritance.shape_of_node(file, around), name)
        declaration = around.parent
        if declaration is None:
            return Undecided("its place says nothing about it")
        static = declaration.type in CLASSES and any(child.type == "static" for child in parent.children)
        return self.of_shape(self._shape(file, declaration, static=static), name)

    def _shape(self, file: SourceFile, declaration: Node, *, static: bool) -> Shape:
        name = declaration.child_by_field_name("name")
        binding = file.binding(name) if name is not None else None
        if binding is not None:
            return self._types.inheritance.shape_of_binding(
                file, binding, static=static or declaration.type == "enum_declaration"
            )
        return self._types.inheritance.class_shape(file, declaration, static=static)

    def _of_literal(self, file: SourceFile, literal: Node, name: str) -> tuple[Key, ...] | Undecided:
        expected = self._types.expected.of(file, literal)
        if expected is None:
            return Undecided("the type that is expected there is unknown")
        shapes = [item for item in expected if isinstance(item, Shape)]
        if not shapes:
            if any(isinstance(item, Foreign) and not item.plain for item in expected):
                return (_ELSEWHERE,)
            return self.of_shape(self._types.inheritance.shape_of_node(file, literal), name)
        declaring = [shape for shape in shapes if self._types.inheritance.declaring(shape, name)[0]]
        return _joined(self.of_shape(shape, name) for shape in declaring or shapes)

    def _of_owner(self, types: Types, name: str, why: str) -> tuple[Key, ...] | Undecided:
        if types is None:
            return Undecided(why)
        useful = [item for item in types if not (isinstance(item, Foreign) and item.plain)]
        if any(isinstance(item, Namespace) for item in useful):
            useful = [item for item in useful if not isinstance(item, Function)]
        if not useful:
            return (_ELSEWHERE,)
        return _joined(self._of_type(item, name) for item in useful)

    def _of_type(self, item: Type, name: str) -> tuple[Key, ...] | Undecided:
        if isinstance(item, Shape):
            return self.of_shape(item, name)
        if isinstance(item, Namespace):
            return self._in_namespace(item, name)
        if isinstance(item, Function):
            return (ExpandoKey(item.path, item.start, name),)
        return (_ELSEWHERE,)

    def _in_namespace(self, namespace: Namespace, name: str) -> tuple[Key, ...] | Undecided:
        if namespace.start < 0:
            key = self._exports.key(ModuleKey(namespace.path, namespace.ambient), name)
            if key is not None:
                return (key,) if isinstance(key, ExportKey) else (_ELSEWHERE,)
        variable = self._types.namespaces.in_namespace(namespace, name)
        if isinstance(variable, Variable):
            return (variable.key,)
        return Undecided("the module does not say what this is")

    def _private(self, file: SourceFile, node: Node, name: str) -> tuple[Key, ...] | Undecided:
        """``#name`` belongs to the innermost class around it that declares it."""
        for item in ancestors(node):
            if item.type in CLASSES:
                for static in (False, True):
                    shape = self._shape(file, item, static=static)
                    if self._types.inheritance.declared(shape, name):
                        return (MemberKey(Shape(shape.path, shape.start), name),)
        return Undecided("no class around it declares it")

    def _is_private(self, shapes: Iterable[Shape], name: str) -> bool:
        for shape in shapes:
            for item in self._types.inheritance.declared(shape, name):
                marks = [child for child in item.node.children if child.type == "accessibility_modifier"]
                if not any(item.file.text(mark) == "private" for mark in marks):
                    return False
        return True

    def _is_literal(self, shape: Shape, found: set[Shape]) -> bool:
        """Whether an object literal itself has the property, so that what it spreads does not matter."""
        return shape in found and self._is_object(shape)

    def _is_object(self, shape: Shape) -> bool:
        return any(node.type == "object" for _, node in self._types.inheritance.nodes(shape))


def spelled(parsed: Parsed, name: Name) -> Node | None:
    """The string that spells a property name, where a loose occurrence is all of one."""
    string = name.node.parent
    if name.role != LOOSE or string is None or string.type not in {"string", "template_string"}:
        return None
    whole = name.node.type == "string_fragment" and (name.node.start_byte, name.node.end_byte) == (name.start, name.end)
    if not whole or len(string.named_children) != 1 or string.parent is None:
        return None
    parent = string.parent
    if parent.type == "literal_type" and parent.parent is not None and parent.parent.type == "lookup_type":
        return parent if parent.parent.named_children[0] != parent else None
    if parent.type == "subscript_expression":
        return string if parent.child_by_field_name("index") == string else None
    if parent.type == "arguments":
        return string if _is_define_property(parsed, parent) and parent.named_children[1:2] == [string] else None
    if parent.type == "computed_property_name":
        return string
    if parent.type in _KEYED:
        key = parent.child_by_field_name("key") or parent.child_by_field_name("name")
        return string if key == string or parent.type == "enum_body" else None
    return None


def _is_define_property(parsed: Parsed, arguments: Node) -> bool:
    call = arguments.parent
    function = call.child_by_field_name("function") if call is not None else None
    return function is not None and parsed.source(function) == "Object.defineProperty"


def _joined(parts: Iterable[tuple[Key, ...] | Undecided]) -> tuple[Key, ...] | Undecided:
    keys: dict[Key, None] = {}
    for part in parts:
        if isinstance(part, Undecided):
            return part
        keys |= dict.fromkeys(part)
    return tuple(keys)


def _order(shape: Shape) -> tuple[str, int, bool]:
    return (str(shape.path), shape.start, shape.static)
