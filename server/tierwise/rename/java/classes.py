"""Classes of Java: where the name of a type leads, what a class declares and inherits. Reads through the project only.

Owner of what was found during one rename. "Class" means interfaces, enums, records and annotation types too.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tierwise.rename.syntactic.project import Project, SourceFile, ancestors
from tierwise.syntax.parse import Node
from tierwise.syntax.scopes import Binding

LANGUAGES = frozenset({"java"})

DECLARATIONS = frozenset(
    [
        "class_declaration",
        "interface_declaration",
        "enum_declaration",
        "record_declaration",
        "annotation_type_declaration",
    ]
)
_ANONYMOUS = frozenset({"object_creation_expression", "enum_constant"})


@dataclass(frozen=True, slots=True)
class Class:
    """A class of the workspace, by the first byte of its declaration."""

    path: Path
    start: int


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """A type of the language or of a library: nothing of ours is known in it."""

    name: str


@dataclass(frozen=True, slots=True)
class ArrayOf:
    """An array."""

    item: Type | None


Type = Class | Elsewhere | ArrayOf


@dataclass(frozen=True, slots=True)
class Method:
    """One declaration of a method."""

    owner: Class
    file: SourceFile
    node: Node

    @property
    def arity(self) -> int | None:
        """How many arguments it takes; None where the number varies."""
        parameters = self.node.child_by_field_name("parameters")
        listed = parameters.named_children if parameters is not None else []
        if any(item.type == "spread_parameter" for item in listed):
            return None
        return sum(item.type == "formal_parameter" for item in listed)


class Classes:
    """The classes of one project."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._nodes: dict[Class, tuple[SourceFile, Node]] = {}

    def of(self, file: SourceFile, node: Node) -> Class:
        """The class that a declaration, or an expression with a class body, makes."""
        key = Class(file.path, node.start_byte)
        self._nodes[key] = (file, node)
        return key

    def node(self, key: Class) -> tuple[SourceFile, Node]:
        return self._nodes[key]

    def around(self, file: SourceFile, node: Node) -> Iterator[Class]:
        """The classes whose bodies hold ``node``, innermost first."""
        inside = node
        for item in ancestors(node):
            if item.type in DECLARATIONS or item.type in _ANONYMOUS:
                body = body_of(item)
                in_body = body is not None and body.start_byte <= inside.start_byte < body.end_byte
                in_header = item.type == "record_declaration" and inside != item.child_by_field_name("name")
                if in_body or in_header:
                    yield self.of(file, item)
            inside = item

    def package(self, file: SourceFile) -> str:
        for node in file.root.named_children:
            if node.type == "package_declaration":
                return "".join(file.text(node.named_children[-1]).split())
        return ""

    def named(self, file: SourceFile, place: Node, name: str) -> Type | None:
        """The type that a simple name means at a place; None for type parameters."""
        for binding in file.occurrences(name).bindings:
            if "type" in binding.space and binding.scope.kind != "module" and _sees(binding, place):
                if binding.kind == "typeparameter":
                    return None
                declaration = binding.definitions[0].node.parent
                if declaration is not None and binding.scope.kind != "class":
                    return self.of(file, declaration)
        for outer in self.around(file, place):
            found = self.nested(outer, name)
            if found is not None:
                return found
        return self._top(file, name) or self._imported(file, name) or Elsewhere(name)

    def nested(self, owner: Class, name: str) -> Type | None:
        """A type declared in a class or inherited by it."""
        for item in self.family(owner):
            if isinstance(item, Class):
                file, node = self.node(item)
                for child in members(node):
                    if child.type in DECLARATIONS and _name(file, child) == name:
                        return self.of(file, child)
        return None

    def written(self, file: SourceFile, node: Node | None) -> Type | None:
        """The type that a type expression means; None where it is not known."""
        if node is None:
            return None
        match node.type:
            case "type_identifier" | "identifier":
                name = file.text(node)
                return None if name == "var" else self.named(file, node, name)
            case "generic_type" | "annotated_type":
                heads = [
                    child
                    for child in node.named_children
                    if child.type in {"type_identifier", "scoped_type_identifier"}
                ]
                return self.written(file, heads[0]) if heads else None
            case "scoped_type_identifier" | "scoped_identifier" | "field_access":
                return self._scoped(file, node)
            case "array_type":
                return ArrayOf(self.written(file, node.child_by_field_name("element")))
            case "integral_type" | "floating_point_type" | "boolean_type" | "void_type":
                return Elsewhere(file.text(node))
            case _:
                return None

    def supers(self, owner: Class) -> list[Type | None]:
        """What a class extends and implements, as written; without ``Object``."""
        file, node = self.node(owner)
        if node.type == "object_creation_expression":
            return [self.written(file, node.child_by_field_name("type"))]
        if node.type == "enum_constant":
            outer = next(iter(ancestors(node)), None)
            enum = outer.parent if outer is not None else None
            return [self.of(file, enum)] if enum is not None else []
        found: list[Type | None] = []
        for child in node.named_children:
            if child.type == "superclass":
                found.append(self.written(file, child.named_children[0]))
            elif child.type in {"super_interfaces", "extends_interfaces"}:
                listed = child.named_children[0].named_children if child.named_children else []
                found += [self.written(file, item) for item in listed]
        return found

    def family(self, owner: Class) -> list[Type | None]:
        """A class and all that it inherits from; entries that are not ours say that more is inherited."""
        found: list[Type | None] = [owner]
        pending = [owner]
        while pending:
            for item in self.supers(pending.pop()):
                if item not in found:
                    found.append(item)
                    if isinstance(item, Class):
                        pending.append(item)
        return found

    def fields(self, owner: Class, name: str) -> list[Node]:
        """Identifiers that define a field, constant or record component of a class."""
        file, node = self.node(owner)
        found: list[Node] = []
        for child in members(node):
            for declarator in child.children_by_field_name("declarator"):
                found += [
                    item for item in (declarator.child_by_field_name("name"),) if item and file.text(item) == name
                ]
            if child.type == "enum_constant" and _name(file, child) == name:
                found += [item for item in (child.child_by_field_name("name"),) if item]
        parameters = node.child_by_field_name("parameters") if node.type == "record_declaration" else None
        for parameter in parameters.named_children if parameters is not None else ():
            found += [item for item in (parameter.child_by_field_name("name"),) if item and file.text(item) == name]
        return found

    def methods(self, owner: Class, name: str) -> list[Method]:
        """Methods of a name that a class declares itself."""
        file, node = self.node(owner)
        kinds = {"method_declaration", "annotation_type_element_declaration"}
        return [
            Method(owner, file, child) for child in members(node) if child.type in kinds and _name(file, child) == name
        ]

    def _scoped(self, file: SourceFile, node: Node) -> Type | None:
        parts = [child for child in node.named_children if child.type != "annotation"]
        if len(parts) < 2:
            return None
        outer = self.written(file, parts[0])
        name = file.text(parts[-1])
        if isinstance(outer, Class):
            return self.nested(outer, name)
        return self._qualified("".join(file.text(node).split())) or Elsewhere(name)

    def _top(self, file: SourceFile, name: str) -> Type | None:
        for node in file.root.named_children:
            if node.type in DECLARATIONS and _name(file, node) == name:
                return self.of(file, node)
        return None

    def _imported(self, file: SourceFile, name: str) -> Type | None:
        wildcards: list[str] = []
        for node in file.root.named_children:
            if node.type != "import_declaration":
                continue
            path = "".join(file.text(node.named_children[0]).split())
            if any(child.type == "asterisk" for child in node.named_children):
                wildcards.append(path)
            elif path.rpartition(".")[2] == name:
                return self._qualified(path) or Elsewhere(name)
        found = self._in_package(file, self.package(file), name)
        if found is not None:
            return found
        for path in wildcards:
            found = self._qualified(f"{path}.{name}")
            if found is not None:
                return found
        return None

    def _qualified(self, path: str) -> Class | None:
        """The class of a full name, ``package.Outer.Inner``."""
        parts = path.split(".")
        for length in range(len(parts) - 1, 0, -1):
            top = self._of_package(".".join(parts[:length]), parts[length])
            if top is None:
                continue
            current: Type | None = top
            for name in parts[length + 1 :]:
                current = self.nested(current, name) if isinstance(current, Class) else None
            return current if isinstance(current, Class) else None
        return None

    def _of_package(self, package: str, name: str) -> Class | None:
        for path in self._project.layout.names.get(f"{name}.java", ()):
            file = self._project.file(path)
            if file is not None and self.package(file) == package:
                found = self._top(file, name)
                if isinstance(found, Class):
                    return found
        return None

    def _in_package(self, file: SourceFile, package: str, name: str) -> Class | None:
        found = self._of_package(package, name)
        if found is not None:
            return found
        beside = self._project.layout.folders.get(file.path.parent, ())
        for path in self._project.that_may_hold(beside, name):  # a class beside the one that its file is named after
            other = self._project.file(path) if name in (self._project.text(path) or "") else None
            top = self._top(other, name) if other is not None else None
            if isinstance(top, Class):
                return top
        return None


def body_of(node: Node) -> Node | None:
    """The braces of a class."""
    body = node.child_by_field_name("body")
    if body is not None:
        return body
    return next((child for child in node.named_children if child.type == "class_body"), None)


def members(node: Node) -> Iterator[Node]:
    """Declarations right in a class's body."""
    body = body_of(node)
    for child in body.named_children if body is not None else ():
        if child.type == "enum_body_declarations":
            yield from child.named_children
        else:
            yield child


def _name(file: SourceFile, node: Node) -> str | None:
    name = node.child_by_field_name("name")
    return file.text(name) if name is not None else None


def _sees(binding: Binding, place: Node) -> bool:
    return binding.scope.start <= place.start_byte < binding.scope.end
