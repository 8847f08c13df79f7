"""What type an expression of Go has, as far as the workspace's declarations say it.

Owner of what was computed for one rename. Pointers count as what they point to: selectors see through them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from tierwise.rename.go.packages import PREDECLARED, Declaration, Package, Packages
from tierwise.rename.go.values import ELSEWHERE, Container, Elsewhere, Literal, Named, Several, Space, Type
from tierwise.rename.go.variables import Variables
from tierwise.rename.syntactic.project import Project, SourceFile, ancestors
from tierwise.syntax.parse import Node
from tierwise.syntax.scopes import Binding

_DEPTH = 40
_BASIC = frozenset(
    [
        *("int_literal", "float_literal", "imaginary_literal", "rune_literal", "raw_string_literal", "true", "false"),
        *("interpreted_string_literal", "nil", "iota"),
    ]
)
_TYPED = frozenset({"composite_literal", "type_conversion_expression", "type_assertion_expression"})
_COMPARISONS = frozenset({"==", "!=", "<", "<=", ">", ">=", "&&", "||"})


class TypeReader:
    """Types of the expressions of one project."""

    def __init__(self, project: Project, packages: Packages) -> None:
        self._project = project
        self._packages = packages
        self._variables = Variables(self)
        self._known: dict[tuple[Path, int, int, str], Type | None] = {}
        self._depth = 0
        self._readers: Mapping[str, Callable[[SourceFile, Node], Type | None]] = {
            "identifier": self._name,
            "package_identifier": self._name,
            "type_identifier": self._name,
            "selector_expression": self._selector,
            "qualified_type": self.written,
            "literal_value": self.literal,
            "parenthesized_expression": self._parenthesized,
            "unary_expression": self._unary,
            "binary_expression": self._binary,
            "call_expression": self._call,
            "index_expression": self._index,
            "slice_expression": self._slice,
        }

    def of(self, file: SourceFile, node: Node) -> Type | None:
        """The type of an expression; None where it is not known."""
        return self._once(file, node, "of", lambda: self._of(file, node))

    def written(self, file: SourceFile, node: Node | None) -> Type | None:
        """The type that a type expression means."""
        if node is None:
            return None
        return self._once(file, node, "type", lambda: self._written(file, node))

    def node(self, literal: Literal) -> tuple[SourceFile, Node] | None:
        """The node of a written-out type."""
        file = self._project.file(literal.path)
        node = file.root.descendant_for_byte_range(literal.start, literal.end) if file is not None else None
        return (file, node) if file is not None and node is not None else None

    def underlying(self, item: Named) -> Iterator[tuple[SourceFile, Node]]:
        """The type expressions that a declared type is defined by, one for each of its definitions."""
        for file, binding in self._definitions(item):
            for name in binding.definitions:
                spec = name.node.parent
                inner = spec.child_by_field_name("type") if spec is not None else None
                if inner is not None:
                    yield file, inner

    def is_alias(self, item: Named) -> bool:
        return any(inner.parent is not None and inner.parent.type == "type_alias" for _, inner in self.underlying(item))

    def struct(self, item: Type | None, seen: frozenset[Type] = frozenset()) -> list[Literal]:
        """The structs that a type is, through definitions by other types."""
        if isinstance(item, Literal):
            return [item]
        if not isinstance(item, Named) or item in seen:
            return []
        found: list[Literal] = []
        for file, inner in self.underlying(item):
            found += self.struct(self.written(file, inner), seen | {item})
        return found

    def results(self, file: SourceFile, function: Node) -> Type | None:
        """What a function returns."""
        result = function.child_by_field_name("result")
        if result is None:
            return ELSEWHERE
        if result.type != "parameter_list":
            return self.written(file, result)
        items: list[Type | None] = []
        for parameter in result.named_children:
            if parameter.type == "parameter_declaration":
                count = max(1, len(parameter.children_by_field_name("name")))
                items += [self.written(file, parameter.child_by_field_name("type"))] * count
        return items[0] if len(items) == 1 else Several(tuple(items))

    def variable(self, file: SourceFile, binding: Binding) -> Type | None:
        """The type of what a name of a file holds."""
        name = binding.definitions[0]
        return self._once(file, name.node, "variable", lambda: self._variables.of(file, name.node))

    def declared(self, found: list[Declaration]) -> Type | None:
        """The type of what a name of a package holds."""
        types = {self.variable(item.file, item.binding) for item in found}
        return next(iter(types)) if len(types) == 1 else None

    def _once(self, file: SourceFile, node: Node, what: str, compute: Callable[[], Type | None]) -> Type | None:
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

    def _of(self, file: SourceFile, node: Node) -> Type | None:
        if node.type in _BASIC:
            return ELSEWHERE
        if node.type == "func_literal":
            return Literal(file.path, node.start_byte, node.end_byte)
        if node.type in _TYPED:
            return self.written(file, node.child_by_field_name("type"))
        reader = self._readers.get(node.type)
        return reader(file, node) if reader is not None else None

    def _binary(self, file: SourceFile, node: Node) -> Type | None:
        operator, left = node.child_by_field_name("operator"), node.child_by_field_name("left")
        if operator is None or left is None or operator.type in _COMPARISONS:
            return ELSEWHERE
        return self.of(file, left)

    def _index(self, file: SourceFile, node: Node) -> Type | None:
        operand = node.child_by_field_name("operand")
        return self._item(self.of(file, operand)) if operand is not None else None

    def _slice(self, file: SourceFile, node: Node) -> Type | None:
        operand = node.child_by_field_name("operand")
        return self.of(file, operand) if operand is not None else None

    def _parenthesized(self, file: SourceFile, node: Node) -> Type | None:
        return self.of(file, node.named_children[0])

    def literal(self, file: SourceFile, value: Node) -> Type | None:
        """The type of the braces of a composite literal, also where it is left out."""
        parent = value.parent
        if parent is None:
            return None
        if parent.type == "composite_literal":
            return self.written(file, parent.child_by_field_name("type"))
        outer = next((item for item in ancestors(value) if item.type == "literal_value"), None)
        around = self.literal(file, outer) if outer is not None else None
        is_key = parent.parent is not None and parent.parent.child_by_field_name("key") == parent
        for item in self.containers(around):
            return item.key if is_key else item.item
        return None

    def containers(self, item: Type | None, seen: frozenset[Type] = frozenset()) -> list[Container]:
        """The container that a type is, through definitions by other types."""
        if isinstance(item, Container):
            return [item]
        if not isinstance(item, Named) or item in seen:
            return []
        return [
            found
            for file, inner in self.underlying(item)
            for found in self.containers(self.written(file, inner), seen | {item})
        ]

    def _name(self, file: SourceFile, node: Node) -> Type | None:
        binding = file.binding(node)
        name = file.text(node)
        if binding is not None and binding.kind == "import":
            binding = None
        if binding is not None and binding.scope.kind != "module":
            return self.variable(file, binding)
        found = self._packages.declarations(self._packages.of(file), name)
        if found:
            return self.declared(found)
        imported = self._packages.imported_as(file, name)
        if imported is not None:
            return Space(imported.package) if isinstance(imported.package, Package) else ELSEWHERE
        return ELSEWHERE if name in PREDECLARED else None

    def _selector(self, file: SourceFile, node: Node) -> Type | None:
        operand, field = node.child_by_field_name("operand"), node.child_by_field_name("field")
        if operand is None or field is None:
            return None
        owner = self.of(file, operand)
        name = file.text(field)
        if isinstance(owner, Space):
            return self.declared(self._packages.declarations(owner.package, name))
        if isinstance(owner, Elsewhere):
            return ELSEWHERE
        from tierwise.rename.go.members import find_members  # members need types, and types their members

        found = find_members(self, self._packages, owner, name)
        return self._member_type(found[0].file, found[0].node) if found is not None and found else None

    def _member_type(self, file: SourceFile, node: Node) -> Type | None:
        if node.type in {"method_declaration", "method_elem"}:
            return Literal(file.path, node.start_byte, node.end_byte)
        return self.written(file, node.child_by_field_name("type"))

    def _unary(self, file: SourceFile, node: Node) -> Type | None:
        operator, operand = node.child_by_field_name("operator"), node.child_by_field_name("operand")
        if operand is None or operator is None:
            return None
        inner = self.of(file, operand)
        return self._item(inner) if operator.type == "<-" else inner

    def _item(self, owner: Type | None) -> Type | None:
        if isinstance(owner, Elsewhere):
            return ELSEWHERE
        if isinstance(owner, Named):
            found = self.containers(owner)
            return found[0].item if found else owner  # a generic type with its arguments
        return owner.item if isinstance(owner, Container) else None

    def _call(self, file: SourceFile, node: Node) -> Type | None:
        callee, arguments = node.child_by_field_name("function"), node.child_by_field_name("arguments")
        if callee is None or arguments is None:
            return None
        first = arguments.named_children[0] if arguments.named_children else None
        if callee.type == "identifier" and file.binding(callee) is None and first is not None:
            name = file.text(callee)
            if name in {"new", "make"} and not self._packages.declarations(self._packages.of(file), name):
                return self.written(file, first)
            if name == "append" and not self._packages.declarations(self._packages.of(file), name):
                return self.of(file, first)
        target = self.of(file, callee)
        if isinstance(target, Named):
            return target  # a conversion
        if isinstance(target, Elsewhere):
            return self._of_foreign_call(file, arguments)
        found = self.node(target) if isinstance(target, Literal) else None
        return self._result_type(*found) if found is not None else None

    def _result_type(self, file: SourceFile, function: Node) -> Type | None:
        parameters = function.child_by_field_name("type_parameters")
        result = self.results(file, function)
        # What a generic function returns depends on what it is given, unless it is a type of its own.
        return result if parameters is None or isinstance(result, (Named, Elsewhere)) else None

    def _of_foreign_call(self, file: SourceFile, arguments: Node) -> Type | None:
        """A foreign function given only foreign things has nothing of ours to return."""
        given = [self.of(file, item) for item in arguments.named_children]
        return ELSEWHERE if all(isinstance(item, Elsewhere) for item in given) else None

    def _written(self, file: SourceFile, node: Node) -> Type | None:
        match node.type:
            case "type_identifier" | "identifier":
                return self._type_name(file, node)
            case "qualified_type" | "selector_expression":
                return self._qualified(file, node)
            case "pointer_type" | "parenthesized_type" | "parenthesized_expression" | "unary_expression" | "type_elem":
                return self.written(file, node.named_children[0]) if node.named_children else None
            case "generic_type":
                return self._generic(file, node)
            case "slice_type" | "array_type" | "implicit_length_array_type":
                return Container(self.written(file, node.child_by_field_name("element")), ELSEWHERE)
            case "map_type":
                value, key = node.child_by_field_name("value"), node.child_by_field_name("key")
                return Container(self.written(file, value), self.written(file, key))
            case "channel_type":
                item = self.written(file, node.child_by_field_name("value"))
                return Container(item, item)
            case "struct_type" | "interface_type" | "function_type":
                return Literal(file.path, node.start_byte, node.end_byte)
            case _:
                return None

    def _generic(self, file: SourceFile, node: Node) -> Type | None:
        """A generic type by its head; one of another package that is made of our types may hand them out."""
        head, arguments = (
            self.written(file, node.child_by_field_name("type")),
            node.child_by_field_name("type_arguments"),
        )
        given = arguments.named_children if arguments is not None else []
        if isinstance(head, Elsewhere) and not all(isinstance(self.written(file, item), Elsewhere) for item in given):
            return None
        return head

    def _type_name(self, file: SourceFile, node: Node) -> Type | None:
        binding = file.binding(node)
        name = file.text(node)
        package = self._packages.of(file)
        if binding is not None and binding.scope.kind != "module":
            if binding.kind == "type":
                return Named(package, name, file.path, binding.definitions[0].start)
            return None  # a type parameter
        if self._packages.declarations(package, name):
            return Named(package, name)
        for imported in self._packages.imports(file):
            target = imported.package if imported.is_dot else None
            if isinstance(target, Package) and self._packages.declarations(target, name):
                return Named(target, name)
        return ELSEWHERE if name in PREDECLARED else None

    def _qualified(self, file: SourceFile, node: Node) -> Type | None:
        package = node.child_by_field_name("package") or node.child_by_field_name("operand")
        name = node.child_by_field_name("name") or node.child_by_field_name("field")
        space = self.of(file, package) if package is not None else None
        if isinstance(space, Space) and name is not None:
            return Named(space.package, file.text(name))
        return ELSEWHERE if isinstance(space, Elsewhere) else None

    def _definitions(self, item: Named) -> Iterator[tuple[SourceFile, Binding]]:
        if item.path is None:
            yield from ((found.file, found.binding) for found in self._packages.declarations(item.package, item.name))
            return
        file = self._project.file(item.path)
        for binding in file.occurrences(item.name).bindings if file is not None else ():
            if file is not None and binding.definitions[0].start == item.start:
                yield file, binding
