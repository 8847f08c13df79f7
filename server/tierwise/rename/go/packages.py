"""Packages of Go: which folder an import path means, and what a package declares. Reads through the project only."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from tierwise.rename.syntactic.project import Project, SourceFile
from tierwise.syntax.parse import Node
from tierwise.syntax.scopes import Binding, Name

LANGUAGES = frozenset({"go"})

_MODULE = re.compile(r'^\s*module\s+"?([^\s"]+)"?', re.MULTILINE)
_VERSION = re.compile(r"v\d+")

# The Go Programming Language Specification, "Predeclared identifiers".
PREDECLARED = frozenset(
    [
        *("any", "bool", "byte", "comparable", "complex64", "complex128", "error", "float32", "float64", "int", "int8"),
        *("int16", "int32", "int64", "rune", "string", "uint", "uint8", "uint16", "uint32", "uint64", "uintptr"),
        *(
            "true",
            "false",
            "iota",
            "nil",
            "append",
            "cap",
            "clear",
            "close",
            "complex",
            "copy",
            "delete",
            "imag",
            "len",
        ),
        *("make", "max", "min", "new", "panic", "print", "println", "real", "recover"),
    ]
)


@dataclass(frozen=True, slots=True)
class Package:
    """A package of the workspace: its folder and the name in its files (a folder may hold ``p`` and ``p_test``)."""

    folder: Path
    name: str


@dataclass(frozen=True, slots=True)
class Foreign:
    """A package outside the workspace."""

    path: str


@dataclass(frozen=True, slots=True)
class Declaration:
    """One definition at the top of a package."""

    file: SourceFile
    binding: Binding


@dataclass(frozen=True, slots=True)
class Import:
    """One import of a file. ``name`` is the local one, None for dot and blank imports."""

    spec: Node
    path: str
    name: str | None
    package: Package | Foreign
    is_dot: bool


class Packages:
    """The packages of one project."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._imports: dict[Path, list[Import]] = {}
        self._own: dict[Path, Package] = {}
        self._declared: dict[tuple[Package, str], list[Declaration]] = {}

    def of(self, file: SourceFile) -> Package:
        """The package that a file belongs to."""
        if file.path not in self._own:
            self._own[file.path] = self.of_file(file)
        return self._own[file.path]

    @staticmethod
    def of_file(file: SourceFile) -> Package:
        """The package that a file belongs to."""
        for node in file.root.named_children:
            if node.type == "package_clause" and node.named_children:
                return Package(file.path.parent, file.text(node.named_children[0]))
        return Package(file.path.parent, "")

    def imports(self, file: SourceFile) -> list[Import]:
        """What a file imports."""
        if file.path not in self._imports:
            nodes = [item["import"][0] for item in file.parsed.matches("imports")]
            self._imports[file.path] = [self._import(file, node) for node in nodes]
        return self._imports[file.path]

    def imported_as(self, file: SourceFile, name: str) -> Import | None:
        """The import that a name means in a file."""
        return next((item for item in self.imports(file) if item.name == name), None)

    def files(self, package: Package, word: str = "") -> Iterator[SourceFile]:
        """The files of a package, in a stable order; only those whose text holds ``word``, where one is given."""
        paths = self._project.layout.folders.get(package.folder, ())
        for path in self._project.that_may_hold(paths, word) if word else paths:
            if word not in (self._project.text(path) or ""):
                continue  # need not be parsed: a workspace may hold thousands
            file = self._project.file(path)
            if file is not None and self.of(file) == package:
                yield file

    def declarations(self, package: Package, name: str) -> list[Declaration]:
        """Definitions of a name at the top of a package; several where files for different systems have their own."""
        key = (package, name)
        if key not in self._declared:
            self._declared[key] = [
                Declaration(file, binding)
                for file in self.files(package, name)
                for binding in file.occurrences(name).bindings
                if binding.scope.kind == "module" and binding.kind != "import"
            ]
        return self._declared[key]

    def named(self, package: Package, name: str) -> Iterator[tuple[SourceFile, Name]]:
        """Every occurrence of a word in a package."""
        for file in self.files(package, name):
            for item in file.occurrences(name).names:
                yield file, item

    def resolve(self, path: str) -> Package | Foreign:
        """The package that an import path means."""
        for module in sorted(self._modules, key=len, reverse=True):
            if path == module or path.startswith(f"{module}/"):
                folder = self._modules[module].joinpath(*path[len(module) :].strip("/").split("/"))
                found = self._main_package(folder)
                return found if found is not None else Foreign(path)
        return Foreign(path)

    def _main_package(self, folder: Path) -> Package | None:
        """The package of a folder that others can import."""
        for path in self._project.layout.folders.get(folder, ()):
            file = self._project.file(path)
            if file is not None and not path.name.endswith("_test.go"):
                return self.of(file)
        return None

    def _import(self, file: SourceFile, node: Node) -> Import:
        path_node, name_node = node.child_by_field_name("path"), node.child_by_field_name("name")
        path = file.text(path_node)[1:-1] if path_node is not None else ""
        package = self.resolve(path)
        if name_node is not None:
            name = file.text(name_node) if name_node.type == "package_identifier" else None
            return Import(node, path, name, package, name_node.type == "dot")
        return Import(node, path, package.name if isinstance(package, Package) else _guessed(path), package, False)

    @cached_property
    def _modules(self) -> dict[str, Path]:
        """Module paths and their folders."""
        found: dict[str, Path] = {}
        for path in self._project.paths_named("go.mod"):
            match = _MODULE.search(self._project.text(path) or "")
            if match is not None:
                found[match.group(1)] = path.parent
        return found


def _guessed(path: str) -> str:
    """The name that a package of this path most likely has: its last part, without a version."""
    parts = path.split("/")
    last = parts[-2] if len(parts) > 1 and _VERSION.fullmatch(parts[-1]) else parts[-1]
    return re.sub(r"\.v\d+$", "", last).removeprefix("go-")


def is_exported(name: str) -> bool:
    """Whether other packages can see a name (its first letter is upper case)."""
    return name[:1].isupper()
