"""What type an expression of Java has, as far as the workspace's declarations say it. Owner of no state."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tierwise.rename.java.classes import DECLARATIONS, ArrayOf, Class, Classes, Elsewhere, Method, Type
from tierwise.rename.syntactic.project import SourceFile, around
from tierwise.syntax.parse import Node
from tierwise.syntax.scopes import Binding

_DEPTH = 30
_PLAIN = frozenset(
    [
        *("decimal_integer_literal", "hex_integer_literal", "octal_integer_literal", "binary_integer_literal", "true"),
        *(
            "decimal_floating_point_literal",
            "hex_floating_point_literal",
            "string_literal",
            "character_literal",
            "false",
        ),
        *("null_literal", "class_literal", "instanceof_expression", "update_expression", "binary_expression"),
        "unary_expression",
    ]
)
_TYPE_NODES = frozenset({"type_identifier", "generic_type", "scoped_type_identifier", "array_type"})
_PLAIN_TYPE = Elsewhere("a plain value")


class TypeReader:
    """Types of the expressions of one project."""

    def __init__(self, classes: Classes) -> None:
        self._classes = classes
        self._depth = 0
        self._readers: Mapping[str, Callable[[SourceFile, Node], Type | None]] = {
            "identifier": self._name,
            "this": self._this,
            "super": self._super,
            "parenthesized_expression": self._parenthesized,
            "field_access": self._field_access,
            "method_invocation": self._invocation,
            "object_creation_expression": self._creation,
            "cast_expression": self._creation,
            "array_creation_expression": self._array,
            "array_access": self._item,
            "assignment_expression": self._assignment,
            "ternary_expression": self._ternary,
        }

    def of(self, file: SourceFile, node: Node) -> Type | None:
        """The type of an expression; a class's name stands for the class. None where it is not known."""
        if self._depth > _DEPTH:
            return None
        self._depth += 1
        try:
            return self._of(file, node)
        finally:
            self._depth -= 1

    def variable(self, file: SourceFile, identifier: Node) -> Type | None:
        """The type of the variable that an identifier defines."""
        declaration = identifier.parent
        if declaration is None:
            return None
        if declaration.type == "variable_declarator" and declaration.parent is not None:
            holder = declaration.parent
            annotation = holder.child_by_field_name("type") or _first_type(holder)
            value = declaration.child_by_field_name("value")
            item = self._declared(file, annotation, value)
            if declaration.child_by_field_name("dimensions") is not None or holder.type == "spread_parameter":
                return ArrayOf(item)
            return item
        if declaration.type == "enum_constant":
            enum = around(declaration, "enum_declaration")
            return self._classes.of(file, enum) if enum is not None else None
        if declaration.type == "enhanced_for_statement":
            annotation = declaration.child_by_field_name("type")
            whole = declaration.child_by_field_name("value")
            if annotation is not None and file.text(annotation) != "var":
                return self._classes.written(file, annotation)
            owner = self.of(file, whole) if whole is not None else None
            return owner.item if isinstance(owner, ArrayOf) else None
        if declaration.type == "instanceof_expression":
            return self._classes.written(file, declaration.child_by_field_name("right"))
        annotation = declaration.child_by_field_name("type") or _first_type(declaration)
        return self._declared(file, annotation, declaration.child_by_field_name("value"))

    def lexical(self, file: SourceFile, node: Node, name: str) -> tuple[Binding | None, Class | None, bool]:
        """What a simple name of a value means: a local variable, or a member of a class around it. The last says
        whether an inner class could have inherited it from elsewhere instead.
        """
        local = local_binding(file, node, name)
        doubtful = False
        for owner in self._classes.around(file, node):
            _, declaration = self._classes.node(owner)
            if local is not None and local.scope.start >= declaration.start_byte:
                return local, None, False
            for item in self._classes.family(owner):
                if isinstance(item, Class) and self._classes.fields(item, name):
                    return None, owner, doubtful
            doubtful = doubtful or self._extends_elsewhere(owner)
        return local, None, False

    def field(self, owner: Class, name: str) -> tuple[SourceFile, Node] | None:
        """The definition of a field, in a class or what it inherits from."""
        for item in self._classes.family(owner):
            found = self._classes.fields(item, name) if isinstance(item, Class) else []
            if found and isinstance(item, Class):
                return self._classes.node(item)[0], found[0]
        return None

    def methods(self, owner: Class, name: str) -> list[Method]:
        """Methods of a name, declared or inherited."""
        return [
            method
            for item in self._classes.family(owner)
            if isinstance(item, Class)
            for method in self._classes.methods(item, name)
        ]

    def caller(self, file: SourceFile, invocation: Node) -> Type | None:
        """The class on whose methods a call without an object is looked up."""
        name = invocation.child_by_field_name("name")
        if name is None:
            return None
        for owner in self._classes.around(file, invocation):
            if self.methods(owner, file.text(name)):
                return owner
        return None

    def _extends_elsewhere(self, owner: Class) -> bool:
        """Whether fields could come from a class that is not ours."""
        return any(not isinstance(item, Class) for item in self._classes.family(owner))

    def _of(self, file: SourceFile, node: Node) -> Type | None:
        if node.type in _PLAIN:
            return _PLAIN_TYPE
        if node.type in _TYPE_NODES:
            return self._classes.written(file, node)
        if node.type in DECLARATIONS:
            return self._classes.of(file, node)
        reader = self._readers.get(node.type)
        return reader(file, node) if reader is not None else None

    def _this(self, file: SourceFile, node: Node) -> Type | None:
        return next(self._classes.around(file, node), None)

    def _super(self, file: SourceFile, node: Node) -> Type | None:
        own = next(self._classes.around(file, node), None)
        above = self._classes.supers(own) if own is not None else []
        return above[0] if above else Elsewhere("Object")

    def _parenthesized(self, file: SourceFile, node: Node) -> Type | None:
        return self.of(file, node.named_children[0])

    def _creation(self, file: SourceFile, node: Node) -> Type | None:
        if any(child.type == "class_body" for child in node.named_children):
            return self._classes.of(file, node)
        return self._classes.written(file, node.child_by_field_name("type"))

    def _array(self, file: SourceFile, node: Node) -> Type | None:
        return ArrayOf(self._classes.written(file, node.child_by_field_name("type")))

    def _item(self, file: SourceFile, node: Node) -> Type | None:
        array = node.child_by_field_name("array")
        owner = self.of(file, array) if array is not None else None
        return owner.item if isinstance(owner, ArrayOf) else None

    def _assignment(self, file: SourceFile, node: Node) -> Type | None:
        left = node.child_by_field_name("left")
        return self.of(file, left) if left is not None else None

    def _ternary(self, file: SourceFile, node: Node) -> Type | None:
        sides = [node.child_by_field_name(name) for name in ("consequence", "alternative")]
        types = {self.of(file, side) for side in sides if side is not None}
        return types.pop() if len(types) == 1 else None

    def _name(self, file: SourceFile, node: Node) -> Type | None:
        name = file.text(node)
        local, owner, doubtful = self.lexical(file, node, name)
        if local is not None:
            return self.variable(file, local.definitions[0].node)
        if owner is not None and not doubtful:
            found = self.field(owner, name)
            return self.variable(*found) if found is not None else None
        return None if doubtful else self._classes.named(file, node, name)

    def _field_access(self, file: SourceFile, node: Node) -> Type | None:
        owner_node, field = node.child_by_field_name("object"), node.child_by_field_name("field")
        if owner_node is None or field is None:
            return None
        owner = self.of(file, owner_node)
        if field.type == "this":
            return owner
        name = file.text(field)
        if isinstance(owner, Class):
            found = self.field(owner, name)
            return self.variable(*found) if found is not None else self._classes.nested(owner, name)
        if isinstance(owner, Elsewhere):
            whole = self._classes.written(file, node)  # a.b.C, a class by its full name
            return whole if isinstance(whole, Class) else None
        return _PLAIN_TYPE if isinstance(owner, ArrayOf) else None

    def _invocation(self, file: SourceFile, node: Node) -> Type | None:
        owner_node, name = node.child_by_field_name("object"), node.child_by_field_name("name")
        owner = self.of(file, owner_node) if owner_node is not None else self.caller(file, node)
        if not isinstance(owner, Class) or name is None:
            return None
        arguments = node.child_by_field_name("arguments")
        count = len(arguments.named_children) if arguments is not None else 0
        found = [item for item in self.methods(owner, file.text(name)) if item.arity in {count, None}]
        types = {self._classes.written(item.file, item.node.child_by_field_name("type")) for item in found}
        if found and len(types) == 1:
            return types.pop()
        components = self._classes.fields(owner, file.text(name)) if count == 0 else []
        return self.variable(self._classes.node(owner)[0], components[0]) if components and not found else None

    def _declared(self, file: SourceFile, annotation: Node | None, value: Node | None) -> Type | None:
        if annotation is not None and file.text(annotation) != "var":
            return self._classes.written(file, annotation)
        return self.of(file, value) if value is not None else None


def local_binding(file: SourceFile, node: Node, name: str) -> Binding | None:
    """The innermost variable of a function that a name means at a place."""
    seen = [
        binding
        for binding in file.occurrences(name).bindings
        if binding.scope.kind in {"function", "block"}
        and "value" in binding.space
        and binding.scope.start <= node.start_byte < binding.scope.end
        and binding.since <= node.start_byte
    ]
    return max(seen, key=lambda binding: (binding.scope.start, -binding.scope.end, binding.since), default=None)


def _first_type(node: Node) -> Node | None:
    return next(
        (child for child in node.named_children if child.type.endswith("type") or child.type == "type_identifier"), None
    )
