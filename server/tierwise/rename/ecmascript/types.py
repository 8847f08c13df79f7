"""What type an expression of JavaScript or TypeScript has, as far as declarations say it.

Owner of what was computed for one rename. Declarations, annotations, ``new``, literals, imports and calls of annotated
functions are followed; where anything else is met the type is unknown, and so is the answer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from tierwise.rename.ecmascript.annotations import Annotations, union
from tierwise.rename.ecmascript.expected import Expected
from tierwise.rename.ecmascript.exports import Exports, Variable
from tierwise.rename.ecmascript.inheritance import Inheritance
from tierwise.rename.ecmascript.modules import External, ModuleKey
from tierwise.rename.ecmascript.namespaces import Namespaces
from tierwise.rename.ecmascript.patterns import Patterns
from tierwise.rename.ecmascript.shapes import (
    CLASSES,
    FOREIGN,
    FUNCTIONS,
    PLAIN,
    PLATFORM,
    PLATFORM_NAMES,
    ArrayOf,
    Declared,
    Foreign,
    Function,
    Namespace,
    Shape,
    Type,
    Types,
    shapes_of,
    string_text,
)
from tierwise.rename.syntactic.project import Project, SourceFile
from tierwise.syntax.parse import Node
from tierwise.syntax.scopes import Binding, Name

_DEPTH = 40
"""How deep declarations are followed before the type counts as unknown."""

_LITERALS = frozenset({"string", "template_string", "number", "true", "false", "null", "undefined", "regex"})
_WRAPPERS = frozenset({"parenthesized_expression", "non_null_expression", "await_expression", "sequence_expression"})


class TypeReader:
    """Types of the expressions of one project."""

    def __init__(self, project: Project, exports: Exports) -> None:
        self._project = project
        self._exports = exports
        self._modules = exports.modules
        self._known: dict[tuple[object, int, int, str], Types] = {}
        self._depth = 0
        self.inheritance = Inheritance(self)
        self.namespaces = Namespaces(project, exports, self)
        self._readers: Mapping[str, Callable[[SourceFile, Node], Types]] = {
            "identifier": self._name,
            "shorthand_property_identifier": self._name,
            "this": self.inheritance.this,
            "super": self._super,
            "object": self._object,
            "array": self._array,
            "member_expression": self._member_expression,
            "nested_identifier": self._member_expression,
            "subscript_expression": self._member_expression,
            "new_expression": self._new,
            "call_expression": self._call,
            "as_expression": self._asserted,
            "satisfies_expression": self._asserted,
            "type_assertion": self._asserted,
            "ternary_expression": self._ternary,
            "assignment_expression": self._assignment,
            "binary_expression": self._binary,
        }
        self.annotations = Annotations(self)
        self.patterns = Patterns(self)
        self.expected = Expected(self)

    def of(self, file: SourceFile, node: Node) -> Types:
        """The types that an expression can have; None where they are not known."""
        return self._once(file, node, "of", lambda: self._of(file, node))

    def variable(self, file: SourceFile, binding: Binding) -> Types:
        """The types of what a variable holds."""
        node = binding.definitions[0].node
        return self._once(
            file, node, "variable", lambda: union(self._definition(file, item) for item in binding.definitions)
        )

    def named(self, file: SourceFile, binding: Binding) -> Types:
        """The type that a name means where a type is expected."""
        node = binding.definitions[0].node
        return self._once(file, node, "named", lambda: self._named(file, binding))

    def member(self, types: Types, name: str) -> Types:
        """The types of a member of a value."""
        if types is None:
            return None
        return union(self._member(item, name) for item in types)

    def items(self, types: Types) -> Types:
        """The types of what a value yields when it is iterated."""
        if types is None:
            return None
        return union(
            item.items if isinstance(item, ArrayOf) else (FOREIGN if isinstance(item, Foreign) else None)
            for item in types
        )

    def _items(self, item: Type) -> Types:
        if isinstance(item, ArrayOf):
            return item.items
        return PLATFORM if isinstance(item, Foreign) and item.closed else None

    def exported_type(self, namespace: Namespace, name: str) -> Types:
        """The type that a namespace or module exports under a name."""
        return self.namespaces.exported_type(namespace, name)

    def object_type(self, file: SourceFile, node: Node) -> Types:
        """The type that is written out as ``{ name: type }``."""
        return frozenset({self.inheritance.shape_of_node(file, node)})

    def function(self, item: Function) -> tuple[SourceFile, Node] | None:
        """The node of a function."""
        file = self._project.file(item.path)
        node = file.root.descendant_for_byte_range(item.start, item.end) if file is not None else None
        while node is not None and node.type not in FUNCTIONS and node.parent is not None:
            if (node.parent.start_byte, node.parent.end_byte) != (item.start, item.end):
                break
            node = node.parent
        return (file, node) if file is not None and node is not None else None

    def result(self, item: Function) -> Types:
        """What a call of a function returns."""
        found = self.function(item)
        if found is None:
            return None
        file, node = found
        annotation = node.child_by_field_name("return_type")
        if annotation is not None:
            return self.annotations.of(file, annotation)
        body = node.child_by_field_name("body")
        if body is None or any(child.type in {"async", "*"} for child in node.children):
            return None
        if body.type != "statement_block":
            return self.of(file, body)
        values = list(_returned(body))
        return union(self.of(file, value) for value in values) if values else None

    def _once(self, file: SourceFile, node: Node, what: str, compute: Callable[[], Types]) -> Types:
        key = (file.path, node.start_byte, node.end_byte, f"{what}:{node.type}")
        if key not in self._known:
            if self._depth > _DEPTH:
                return None
            self._known[key] = None  # what refers to itself is unknown
            self._depth += 1
            try:
                self._known[key] = compute()
            finally:
                self._depth -= 1
        return self._known[key]

    def _of(self, file: SourceFile, node: Node) -> Types:
        if node.type in _LITERALS:
            return PLAIN
        if node.type in _WRAPPERS:
            return self.of(file, node.named_children[-1]) if node.named_children else None
        if node.type in FUNCTIONS:
            return frozenset({Function(file.path, node.start_byte, node.end_byte)})
        if node.type in CLASSES:
            return frozenset({self.inheritance.class_shape(file, node, static=True)})
        reader = self._readers.get(node.type)
        return reader(file, node) if reader is not None else None

    def _super(self, file: SourceFile, node: Node) -> Types:
        shapes = shapes_of(self.inheritance.this(file, node))
        return union(base for shape in shapes for base in self.inheritance.bases(shape))

    def _object(self, file: SourceFile, node: Node) -> Types:
        expected = self.expected.of(file, node)
        if expected is not None and shapes_of(expected):
            return expected
        return frozenset({self.inheritance.shape_of_node(file, node)})

    def _array(self, file: SourceFile, node: Node) -> Types:
        return frozenset({ArrayOf(union(self.of(file, child) for child in node.named_children))})

    def _asserted(self, file: SourceFile, node: Node) -> Types:
        if node.type == "type_assertion":
            arguments = node.named_children[0]
            return self.annotations.of(file, arguments.named_children[0]) if arguments.named_children else None
        return self.annotations.of(file, node.named_children[-1])

    def _ternary(self, file: SourceFile, node: Node) -> Types:
        branches = (node.child_by_field_name("consequence"), node.child_by_field_name("alternative"))
        return union(self.of(file, branch) if branch is not None else None for branch in branches)

    def _assignment(self, file: SourceFile, node: Node) -> Types:
        right = node.child_by_field_name("right")
        return self.of(file, right) if right is not None else None

    def _name(self, file: SourceFile, node: Node) -> Types:
        binding = file.binding(node)
        if binding is not None:
            return self.variable(file, binding)
        return PLATFORM if file.text(node) in PLATFORM_NAMES else None

    def _binary(self, file: SourceFile, node: Node) -> Types:
        operator = node.child_by_field_name("operator")
        if operator is None or operator.type not in {"||", "&&", "??"}:
            return PLAIN
        sides = (node.child_by_field_name("left"), node.child_by_field_name("right"))
        return union(self.of(file, side) if side is not None else None for side in sides)

    def _member_expression(self, file: SourceFile, node: Node) -> Types:
        owner = node.child_by_field_name("object")
        prop = node.child_by_field_name("property") or node.child_by_field_name("index")
        if owner is None or prop is None:
            return None
        name = string_text(file, prop) if node.type == "subscript_expression" else file.text(prop)
        if name is None:
            return self.items(self.of(file, owner)) if prop.type in {"number", "identifier"} else None
        return self.member(self.of(file, owner), name)

    def _member(self, item: Type, name: str) -> Types:
        if isinstance(item, Foreign):
            return PLATFORM if item.closed else None
        if isinstance(item, Namespace):
            variable = self.namespaces.in_namespace(item, name)
            if isinstance(variable, Variable):
                return self.variable(variable.file, variable.binding)
            if isinstance(variable, ModuleKey):
                return frozenset({Namespace(variable.path, variable.ambient)})
            return FOREIGN if isinstance(variable, External) else None
        if not isinstance(item, Shape):
            return None
        found, _ = self.inheritance.declaring(item, name)
        return (
            union(self._declared_type(one) for shape in found for one in self.inheritance.declared(shape, name))
            if found
            else None
        )

    def _declared_type(self, declared: Declared) -> Types:
        file, node = declared.file, declared.node
        annotation = node.child_by_field_name("type")
        if annotation is not None:
            return self.annotations.of(file, annotation)
        if node.type in FUNCTIONS:
            accessor = any(child.type in {"get", "set"} for child in node.children)
            function = Function(file.path, node.start_byte, node.end_byte)
            return self.result(function) if accessor else frozenset({function})
        if node.type == "shorthand_property_identifier":
            return self.of(file, node)
        value = node.child_by_field_name("value") or node.child_by_field_name("right")
        if node.type in {"enum_assignment", "property_identifier"}:
            return PLAIN
        return self.of(file, value) if value is not None else None

    def _new(self, file: SourceFile, node: Node) -> Types:
        constructor = node.child_by_field_name("constructor")
        types = self.of(file, constructor) if constructor is not None else None
        return None if types is None else union(self.inheritance.instance(item) for item in types)

    def _call(self, file: SourceFile, node: Node) -> Types:
        required = self._modules.required(file, node)
        if required is not None:
            return (
                FOREIGN if isinstance(required, External) else frozenset({Namespace(required.path, required.ambient)})
            )
        callee, arguments = node.child_by_field_name("function"), node.child_by_field_name("arguments")
        types = self.of(file, callee) if callee is not None else None
        if types is None or arguments is None:
            return None
        if all(isinstance(item, Foreign) for item in types):
            # A function of the platform that is given only such things has nothing of ours to return.
            given = [types, *(self.of(file, child) for child in arguments.named_children)]
            return PLATFORM if all(map(_is_closed, given)) else None
        return union(self.result(item) if isinstance(item, Function) else None for item in types)

    def _named(self, file: SourceFile, binding: Binding) -> Types:
        if binding.kind in {"class", "interface"}:
            return frozenset({self.inheritance.shape_of_binding(file, binding, static=False)})
        if binding.kind == "enum":
            return PLAIN
        definition = next(
            (item.node for item in binding.definitions if item.kind in {"class", "interface", "type"}), None
        )
        parent = (definition or binding.definitions[0].node).parent
        if definition is not None and parent is not None:
            if parent.type == "type_alias_declaration":
                return self.annotations.of(file, parent.child_by_field_name("value"))
            return frozenset({self.inheritance.shape_of_binding(file, binding, static=False)})
        if binding.kind == "typeparameter" and parent is not None:
            constraint = parent.child_by_field_name("constraint")
            return self.annotations.of(file, constraint.named_children[0]) if constraint is not None else None
        if binding.kind == "import":
            found = self._exports.imported(file, binding)
            if isinstance(found, Variable):
                return self.named(found.file, found.binding)
            return FOREIGN if isinstance(found, External) else None
        return None

    def _definition(self, file: SourceFile, name: Name) -> Types:
        parent, binding = name.node.parent, name.binding
        if parent is None or binding is None:
            return None
        match name.kind:
            case "class":
                return frozenset({self.inheritance.class_shape(file, parent, static=True)})
            case "enum":
                return frozenset({self.inheritance.shape_of_binding(file, binding, static=True)})
            case "function":
                return frozenset({Function(file.path, parent.start_byte, parent.end_byte)})
            case "namespace":
                return frozenset({Namespace(file.path, "", binding.definitions[0].start)})
            case "interface" | "type" | "typeparameter":
                return frozenset()
            case "import":
                return self._imported(file, name)
            case "alias":
                return self.of(file, parent.named_children[-1])
            case _:
                return self.patterns.variable(file, name.node)

    def _imported(self, file: SourceFile, name: Name) -> Types:
        if name.binding is None:
            return None
        found = self._exports.imported(file, name.binding)
        if isinstance(found, Variable):
            return self.variable(found.file, found.binding)
        if isinstance(found, ModuleKey):
            whole = self._exports.assigned_whole(found)
            other = self._project.file(found.path)
            if whole is not None and other is not None:
                return self.of(other, whole)
            return frozenset({Namespace(found.path, found.ambient)})
        return FOREIGN if isinstance(found, External) else None


def _returned(body: Node) -> Iterator[Node]:
    """Values of a function's return statements; nested functions have their own."""
    for child in body.named_children:
        if child.type == "return_statement":
            if child.named_children:
                yield child.named_children[0]
        elif child.type not in FUNCTIONS and child.type not in CLASSES:
            yield from _returned(child)


def _is_closed(types: Types) -> bool:
    return types is not None and all(isinstance(item, Foreign) and item.closed for item in types)
