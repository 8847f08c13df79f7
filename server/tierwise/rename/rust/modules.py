"""Modules and items of Rust: what a path means. Reads through the project only.

Owner of what was found during one rename.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from tierwise.rename.syntactic.project import Project, SourceFile, ancestors, around
from tierwise.syntax.parse import Node
from tierwise.syntax.scopes import Binding

LANGUAGES = frozenset({"rust"})

_ROOTS = ("lib.rs", "main.rs")
_DEPTH = 12
"""How many re-exports are followed; longer chains are circles."""
_PACKAGE_NAME = re.compile(r'^\s*name\s*=\s*"([^"]+)"', re.MULTILINE)
_PATHS = frozenset({"scoped_identifier", "scoped_type_identifier", "scoped_use_list", "use_wildcard"})

# The Rust Reference, "Preludes", 2024 edition.
_PRELUDE = frozenset(
    [
        *(
            "Option",
            "Some",
            "None",
            "Result",
            "Ok",
            "Err",
            "Box",
            "String",
            "Vec",
            "ToString",
            "ToOwned",
            "Clone",
            "Copy",
        ),
        *(
            "Send",
            "Sync",
            "Sized",
            "Drop",
            "Fn",
            "FnMut",
            "FnOnce",
            "Default",
            "From",
            "Into",
            "TryFrom",
            "TryInto",
            "Eq",
        ),
        *(
            "PartialEq",
            "Ord",
            "PartialOrd",
            "AsRef",
            "AsMut",
            "Iterator",
            "IntoIterator",
            "Extend",
            "FromIterator",
            "drop",
        ),
        *("DoubleEndedIterator", "ExactSizeIterator", "Debug", "Hash", "Unpin", "Future", "IntoFuture"),
    ]
)
_TYPES = frozenset({"struct", "enum", "trait", "type", "module"})


@dataclass(frozen=True, slots=True)
class Module:
    """A module: a file, and the inline modules in it."""

    path: Path
    inline: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Item:
    """A function, type, constant, module or macro, by its first definition; ``space``: type, value or macro."""

    path: Path
    start: int
    space: str


@dataclass(frozen=True, slots=True)
class Foreign:
    """Anything outside the workspace."""

    path: str


@dataclass(frozen=True, slots=True)
class Associated:
    """A member of a type or trait, reached by a path."""

    owner: Item
    name: str


Target = Module | Item | Associated | Foreign


class Modules:
    """The modules of one project."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._nodes: dict[Item, tuple[SourceFile, Node]] = {}

    def of(self, file: SourceFile, node: Node) -> Module:
        """The module that a place is in."""
        names = [
            file.text(name)
            for item in ancestors(node)
            if item.type == "mod_item" and (name := item.child_by_field_name("name")) is not None and name != node
        ]
        return Module(file.path, tuple(reversed(names)))

    def node(self, item: Item) -> tuple[SourceFile, Node]:
        """The identifier that defines an item."""
        return self._nodes[item]

    def declaration(self, item: Item) -> tuple[SourceFile, Node] | None:
        """The whole definition of an item."""
        file, node = self._nodes[item]
        return (file, node.parent) if node.parent is not None else None

    def item(self, file: SourceFile, binding: Binding) -> Item:
        """The item that a binding defines."""
        first = binding.definitions[0]
        space = "type" if first.kind in _TYPES else "macro" if first.kind == "macro" else "value"
        item = Item(file.path, first.start, space)
        self._nodes[item] = (file, first.node)
        return item

    def segments(self, file: SourceFile, node: Node) -> list[tuple[str, Node]]:
        """The parts of a path, use trees around it included, down to the identifier ``node``."""
        own = node
        parts = [(file.text(node), node)]
        parent = node.parent
        if parent is not None and parent.type in {"scoped_identifier", "scoped_type_identifier"}:
            if parent.child_by_field_name("name") == node:
                path = parent.child_by_field_name("path")
                parts = [*self._path(file, path), *parts]
            own = _path_top(parent) if parent.child_by_field_name("name") == node else node
        for item in ancestors(own):
            if item.type == "scoped_use_list":
                path = item.child_by_field_name("path")
                if path is not None and not _holds(path, node):
                    parts = [*self._path(file, path), *parts]
            elif item.type == "use_declaration":
                break
        return parts

    def resolve(self, file: SourceFile, node: Node, space: str, depth: int = _DEPTH) -> Target | None:
        """What a path that ends with the identifier ``node`` means; None where it is not known."""
        if depth == 0:
            return None
        parts = self.segments(file, node)
        names = [name for name, _ in parts]
        in_use = around(node, "use_declaration") is not None
        start = self._first(file, parts[0][1], names[0], "type" if len(names) > 1 else space, in_use, depth)
        current = start
        for index, name in enumerate(names[1:], 1):
            current = self._inside(current, name, "type" if index < len(names) - 1 else space, depth)
        return current

    def lookup(self, module: Module, name: str, space: str, depth: int = _DEPTH) -> Target | None:
        """What a module makes visible under a name, imports included."""
        file = self._project.file(module.path)
        if file is None or depth == 0:
            return None
        for binding in self._in_module(file, module, name):
            if binding.kind == "import":
                found = self.imported(file, binding, space, depth - 1)
                if found is not None:
                    return found
            elif space in binding.space or "*" in binding.space:
                return self._of_binding(file, binding)
        for source in self._selves(file, module, name):
            return self.resolve(file, source, "type", depth - 1)
        for source in self._globs(file, module):
            found = self.resolve(file, source, "type", depth - 1)
            inner = self._inside(found, name, space, depth - 1) if not isinstance(found, Foreign) else None
            if inner is not None:
                return inner
        return None

    def imported(self, file: SourceFile, binding: Binding, space: str, depth: int = _DEPTH) -> Target | None:
        """What an imported name stands for."""
        node = binding.definitions[0].node
        parent = node.parent
        if parent is not None and parent.type == "use_as_clause":
            path = parent.child_by_field_name("path")
            last = path.child_by_field_name("name") or path if path is not None else None
            return self.resolve(file, last, space, depth) if last is not None else None
        return self.resolve(file, node, space, depth)

    def owner_of(self, file: SourceFile, node: Node) -> Item | Foreign | None:
        """The type of the ``impl`` block, or the trait, that a place is in."""
        for item in ancestors(node):
            if item.type == "impl_item":
                return self.named(file, item.child_by_field_name("type"))
            if item.type == "trait_item":
                name = item.child_by_field_name("name")
                binding = file.binding(name) if name is not None else None
                return self.item(file, binding) if binding is not None else None
        return None

    def named(self, file: SourceFile, node: Node | None) -> Item | Foreign | None:
        """The item that a type expression names, through references and arguments."""
        while node is not None and node.type in {"generic_type", "reference_type", "pointer_type", "dynamic_type"}:
            node = node.child_by_field_name("type") or node.child_by_field_name("trait")
        if node is None or node.type not in {"type_identifier", "scoped_type_identifier", "identifier"}:
            return Foreign("") if node is not None and node.type.endswith("_type") else None
        last = node.child_by_field_name("name") or node
        found = self.resolve(file, last, "type")
        return found if isinstance(found, (Item, Foreign)) else None

    def _first(self, file: SourceFile, node: Node, name: str, space: str, in_use: bool, depth: int) -> Target | None:
        module = self.of(file, node)
        match name:
            case "crate":
                return self._root(file.path)
            case "self":
                return module
            case "super":
                return self._parent(module)
            case "Self":
                return self.owner_of(file, node)
            case _:
                pass
        binding = None if in_use else file.binding(node)
        if binding is not None and binding.scope.kind != "module":
            if binding.kind == "import":
                return self.imported(file, binding, space, depth - 1)
            return self._of_binding(file, binding) if binding.kind != "typeparameter" else None
        found = self.lookup(module, name, space, depth - 1)
        if found is not None:
            return found
        package = self._packages.get(name)
        if package is not None:
            return Module(package)
        is_whole = node.parent is None or (node.parent.type not in _PATHS and not in_use)
        return None if is_whole and space != "macro" and name not in _PRELUDE else Foreign(name)

    def _inside(self, owner: Target | None, name: str, space: str, depth: int) -> Target | None:
        if isinstance(owner, Foreign):
            return owner
        if isinstance(owner, Module):
            if name == "super":
                return self._parent(owner)
            return owner if name == "self" else self.lookup(owner, name, space, depth)
        return Associated(owner, name) if isinstance(owner, Item) else None

    def _of_binding(self, file: SourceFile, binding: Binding) -> Target | None:
        if binding.kind != "module":
            return self.item(file, binding)
        return self.module_of(file, binding.definitions[0].node)

    def module_of(self, file: SourceFile, name: Node) -> Module | None:
        """The module that ``mod name`` declares."""
        declaration = name.parent
        outer = self.of(file, name)
        if declaration is not None and declaration.child_by_field_name("body") is not None:
            return Module(outer.path, (*outer.inline, file.text(name)))
        base = outer.path.parent if outer.path.name in {*_ROOTS, "mod.rs"} or self._is_root(outer.path) else None
        folder = base if base is not None else outer.path.parent / outer.path.stem
        folder = folder.joinpath(*outer.inline)
        for candidate in (folder / f"{file.text(name)}.rs", folder / file.text(name) / "mod.rs"):
            if candidate in self._project.paths():
                return Module(candidate)
        return None

    def module_item(self, module: Module) -> Item | None:
        """The ``mod name`` that declares a module."""
        outer = self._parent(module)
        name = module.inline[-1] if module.inline else _stem(module.path)
        file = self._project.file(outer.path) if outer is not None else None
        if file is None or outer is None:
            return None
        for binding in self._in_module(file, outer, name):
            if binding.kind == "module":
                return self.item(file, binding)
        return None

    def _in_module(self, file: SourceFile, module: Module, name: str) -> Iterator[Binding]:
        for binding in file.occurrences(name).bindings:
            if binding.scope.kind == "module" and self.of(file, binding.definitions[0].node) == module:
                yield binding

    def _globs(self, file: SourceFile, module: Module) -> Iterator[Node]:
        """Last parts of the paths that ``use path::*`` takes everything from."""
        for captures in file.parsed.matches("imports"):
            for node in captures.get("tree", ()):
                if self.of(file, node) == module:
                    yield from _wildcards(node)

    def _selves(self, file: SourceFile, module: Module, name: str) -> Iterator[Node]:
        """Last parts of the paths that ``use path::{self}`` makes visible under their own name."""
        for item in file.occurrences(name).names:
            tree = around(item.node, "scoped_use_list") if item.role == "path" else None
            path = tree.child_by_field_name("path") if tree is not None else None
            entries = tree.child_by_field_name("list") if tree is not None else None
            if path is None or entries is None or (path.child_by_field_name("name") or path) != item.node:
                continue
            if any(child.type == "self" for child in entries.named_children) and self.of(file, item.node) == module:
                yield item.node

    def _path(self, file: SourceFile, path: Node | None) -> list[tuple[str, Node]]:
        if path is None:
            return []
        if path.type in {"scoped_identifier", "scoped_type_identifier"}:
            name = path.child_by_field_name("name")
            return [*self._path(file, path.child_by_field_name("path")), *([(file.text(name), name)] if name else [])]
        if path.type == "generic_type":
            return self._path(file, path.child_by_field_name("type"))
        return [(file.text(path), path)]

    def _is_root(self, path: Path) -> bool:
        return path.parent.name in {"bin", "tests", "examples", "benches"} or path.name == "build.rs"

    def _root(self, path: Path) -> Module | None:
        if path.name in _ROOTS or self._is_root(path):
            return Module(path)
        above = self._parent(Module(path))
        return self._root(above.path) if above is not None and above.path != path else None

    def _parent(self, module: Module) -> Module | None:
        if module.inline:
            return Module(module.path, module.inline[:-1])
        path = module.path
        folder = path.parent.parent if path.name == "mod.rs" else path.parent
        name = _stem(path)
        files = [folder / root for root in _ROOTS] + [folder / "mod.rs", folder.with_suffix(".rs")]
        for candidate in files:
            file = self._project.file(candidate) if candidate in self._project.paths() and candidate != path else None
            if file is not None and any(item.kind == "module" for item in file.occurrences(name).bindings):
                return Module(candidate)
        return None

    @cached_property
    def _packages(self) -> dict[str, Path]:
        """Library crates of the workspace by the name that others use."""
        found: dict[str, Path] = {}
        for path in self._project.paths_named("Cargo.toml"):
            match = _PACKAGE_NAME.search(self._project.text(path) or "")
            library = path.parent / "src" / "lib.rs"
            if match is not None and library in self._project.paths():
                found[match.group(1).replace("-", "_")] = library
        return found


def _stem(path: Path) -> str:
    return path.parent.name if path.name == "mod.rs" else path.stem


def _path_top(node: Node) -> Node:
    """The outermost path that ends with the same name."""
    while node.parent is not None and node.parent.type in {"scoped_identifier", "scoped_type_identifier"}:
        if node.parent.child_by_field_name("name") != node:
            break
        node = node.parent
    return node


def _holds(outer: Node, inner: Node) -> bool:
    return outer.start_byte <= inner.start_byte and inner.end_byte <= outer.end_byte


def _wildcards(tree: Node) -> Iterator[Node]:
    if tree.type == "use_wildcard":
        inner = tree.named_children[0] if tree.named_children else None
        if inner is not None:
            yield inner.child_by_field_name("name") or inner
    pending: Sequence[Node] = tree.named_children if tree.type in {"use_list", "scoped_use_list"} else ()
    for child in pending:
        yield from _wildcards(child)
