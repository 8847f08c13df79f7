"""Fields and methods of Go: which declaration a selector means, and which interfaces a method may serve.

Pure but for what the type reader looks up.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tierwise.rename.go.packages import Package, Packages
from tierwise.rename.go.types import TypeReader
from tierwise.rename.go.values import Elsewhere, Literal, Named, Type
from tierwise.rename.syntactic.project import Project, SourceFile
from tierwise.syntax.parse import Node

# Methods that interfaces of the standard library ask for. By syntax it cannot be told whether a type is used as one.
STANDARD_METHODS = frozenset(
    [
        *(
            "String",
            "GoString",
            "Format",
            "Error",
            "Unwrap",
            "Is",
            "As",
            "Timeout",
            "Temporary",
            "Read",
            "Write",
            "Close",
        ),
        *("Seek", "ReadAt", "WriteAt", "ReadFrom", "WriteTo", "ReadByte", "UnreadByte", "WriteByte", "ReadRune", "Len"),
        *("Less", "Swap", "Push", "Pop", "ServeHTTP", "RoundTrip", "Header", "WriteHeader", "Flush", "Hijack", "Lock"),
        *("Unlock", "MarshalJSON", "UnmarshalJSON", "MarshalText", "UnmarshalText", "MarshalBinary", "UnmarshalBinary"),
        *("MarshalXML", "UnmarshalXML", "GobEncode", "GobDecode", "Scan", "Value", "Set", "Open", "Stat", "ReadDir"),
        *("Name", "Size", "Mode", "ModTime", "IsDir", "Sys", "Done", "Err", "Deadline", "Network", "Enabled", "Handle"),
        *("WithAttrs", "WithGroup", "Accept", "Addr", "LocalAddr", "RemoteAddr", "SetDeadline"),
    ]
)


@dataclass(frozen=True, slots=True)
class MemberKey:
    """A field of a struct or a method of an interface that is written out at a place, or a method of a named type."""

    owner: Literal | Named
    name: str


@dataclass(frozen=True, slots=True)
class Member:
    """One declaration of a field or method."""

    file: SourceFile
    node: Node
    key: MemberKey
    embedded: bool = False


def find_members(types: TypeReader, packages: Packages, owner: Type | None, name: str) -> list[Member] | None:
    """The declarations that ``x.name`` means for an ``x`` of this type, by Go's rule of the shallowest depth. Empty: it
    is none of ours; None: it cannot be told.
    """
    level: list[Type] = [owner] if owner is not None else []
    if owner is None:
        return None
    seen: set[Type] = set()
    while level:
        found = [item for part in level for item in declared(types, packages, part, name)]
        if found:
            return found
        seen |= set(level)
        below = [item for part in level for item in embedded(types, part)]
        if any(item is None for item in below):
            return None
        level = [item for item in below if item is not None and item not in seen]
    return []


def declared(types: TypeReader, packages: Packages, owner: Type, name: str) -> Iterator[Member]:
    """Members that a type declares itself."""
    if isinstance(owner, Named):
        alias = [target for target in _aliased(types, owner) if target != owner]
        for target in alias:
            yield from declared(types, packages, target, name)
        if not alias:
            yield from methods(types, packages, owner, name)
    for literal in types.struct(owner):
        found = types.node(literal)
        if found is not None:
            yield from _in_literal(types, found[0], found[1], literal, owner, name)


def methods(types: TypeReader, packages: Packages, owner: Named, name: str) -> Iterator[Member]:
    """Methods that are declared for a named type."""
    for file, item in packages.named(owner.package, name):
        method = item.node.parent
        if method is None or method.type != "method_declaration" or method.child_by_field_name("name") != item.node:
            continue
        if owner.path is None and receiver_name(file, method) == owner.name:
            yield Member(file, method, MemberKey(owner, name))


def embedded(types: TypeReader, owner: Type) -> Iterator[Type | None]:
    """Types whose members a type takes over."""
    for literal in types.struct(owner):
        found = types.node(literal)
        if found is None:
            continue
        file, node = found
        for field in _fields(node):
            if field.child_by_field_name("name") is None:
                yield types.written(file, field.child_by_field_name("type"))
        for item in node.named_children if node.type == "interface_type" else ():
            if item.type == "type_elem" and len(item.named_children) == 1:
                yield types.written(file, item.named_children[0])


def embedded_name(file: SourceFile, field: Node) -> Node | None:
    """The identifier that names an embedded field: the last part of its type."""
    inner = field.child_by_field_name("type")
    while inner is not None:
        if inner.type in {"type_identifier", "identifier"}:
            return inner
        if inner.type == "qualified_type":
            return inner.child_by_field_name("name")
        inner = inner.child_by_field_name("type") or (inner.named_children[0] if inner.named_children else None)
    return None


def receiver_name(file: SourceFile, method: Node) -> str | None:
    """The name of the type that a method is declared for."""
    receiver = method.child_by_field_name("receiver")
    declaration = receiver.named_children[0] if receiver is not None and receiver.named_children else None
    node = declaration.child_by_field_name("type") if declaration is not None else None
    while node is not None and node.type != "type_identifier":
        node = node.child_by_field_name("type") or (node.named_children[0] if node.named_children else None)
    return file.text(node) if node is not None else None


class Interfaces:
    """Which interfaces of the workspace a type's methods satisfy, by the names of the methods."""

    def __init__(self, project: Project, types: TypeReader, packages: Packages) -> None:
        self._project = project
        self._types = types
        self._packages = packages
        self._method_names: dict[Package, dict[str, set[str]]] = {}

    def asking_for(self, name: str) -> list[MemberKey]:
        """Interface methods of this name."""
        found: list[MemberKey] = []
        for file in self._project.files_with(name):
            for item in file.occurrences(name).names:
                element = item.node.parent
                if (
                    element is not None
                    and element.type == "method_elem"
                    and element.child_by_field_name("name") == item.node
                ):
                    key = self.key_of(file, element, name)
                    if key is not None:
                        found.append(key)
        return found

    def key_of(self, file: SourceFile, element: Node, name: str) -> MemberKey | None:
        """The key of an interface's method."""
        interface = element.parent
        if interface is None or interface.type != "interface_type":
            return None
        return MemberKey(Literal(file.path, interface.start_byte, interface.end_byte), name)

    def satisfied_by(self, interface: MemberKey, owner: Named) -> bool:
        """Whether a type, or one that embeds it, has methods of all the names that the interface asks for."""
        asked = self._asked(interface.owner)
        return any(asked <= self._methods(item, frozenset()) for item in (owner, *self._embedding(owner)))

    def _asked(self, interface: Type) -> set[str]:
        names: set[str] = set()
        found = self._types.node(interface) if isinstance(interface, Literal) else None
        for element in found[1].named_children if found is not None else ():
            if element.type == "method_elem" and found is not None:
                name = element.child_by_field_name("name")
                names |= {found[0].text(name)} if name is not None else set()
        for item in embedded(self._types, interface):
            for literal in self._types.struct(item):
                names |= self._asked(literal)
        return names

    def _methods(self, owner: Type, seen: frozenset[Type]) -> set[str]:
        if owner in seen:
            return set()
        names: set[str] = set()
        if isinstance(owner, Named):
            names |= self._declared(owner.package).get(owner.name, set())
        for literal in self._types.struct(owner):
            names |= self._asked(literal)
        for item in embedded(self._types, owner):
            if item is not None and not isinstance(item, Elsewhere):
                names |= self._methods(item, seen | {owner})
        return names

    def _declared(self, package: Package) -> dict[str, set[str]]:
        if package not in self._method_names:
            found: dict[str, set[str]] = {}
            for file in self._packages.files(package):
                for node in file.root.named_children:
                    name = node.child_by_field_name("name")
                    receiver = receiver_name(file, node) if node.type == "method_declaration" else None
                    if receiver is not None and name is not None:
                        found.setdefault(receiver, set()).add(file.text(name))
            self._method_names[package] = found
        return self._method_names[package]

    def _embedding(self, owner: Named) -> Iterator[Named]:
        for file in self._project.files_with(owner.name):
            for item in file.occurrences(owner.name).names:
                field = _field_around(item.node)
                spec = (
                    field.parent.parent.parent if field is not None and field.parent and field.parent.parent else None
                )
                name = spec.child_by_field_name("name") if spec is not None and spec.type == "type_spec" else None
                if field is None or name is None or embedded_name(file, field) != item.node:
                    continue
                if self._types.written(file, field.child_by_field_name("type")) == owner:
                    yield Named(self._packages.of(file), file.text(name))


def _aliased(types: TypeReader, owner: Named) -> Iterator[Type]:
    for file, inner in types.underlying(owner):
        if inner.parent is not None and inner.parent.type == "type_alias":
            target = types.written(file, inner)
            if target is not None:
                yield target


def _in_literal(
    types: TypeReader, file: SourceFile, node: Node, literal: Literal, owner: Type, name: str
) -> Iterator[Member]:
    for field in _fields(node):
        for item in field.children_by_field_name("name"):
            if file.text(item) == name:
                yield Member(file, field, MemberKey(literal, name))
        inner = embedded_name(file, field) if field.child_by_field_name("name") is None else None
        if inner is not None and file.text(inner) == name:
            yield Member(file, field, MemberKey(literal, name), embedded=True)
    for element in node.named_children if node.type == "interface_type" else ():
        item = element.child_by_field_name("name") if element.type == "method_elem" else None
        if item is not None and file.text(item) == name:
            yield Member(file, element, MemberKey(literal, name))


def _fields(struct: Node) -> Iterator[Node]:
    for part in struct.named_children if struct.type == "struct_type" else ():
        yield from (item for item in part.named_children if item.type == "field_declaration")


def _field_around(node: Node) -> Node | None:
    around = node.parent
    while around is not None and around.type in {"pointer_type", "qualified_type", "generic_type"}:
        around = around.parent
    return around if around is not None and around.type == "field_declaration" else None
