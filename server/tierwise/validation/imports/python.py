"""Python's imports: modules of the workspace, the standard library, installed and declared packages. Pure.

Where several things could be meant (a folder of scripts, several source roots), one that exists is enough.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from functools import cached_property
from pathlib import PurePosixPath

from tierwise.syntax.imports import Import, imports
from tierwise.validation.imports.found import NOWHERE, Found, Missing, Module
from tierwise.validation.known import words
from tierwise.validation.manifests import python_modules
from tierwise.validation.project import Project

_LANGUAGE = frozenset({"python"})
_DEEPEST = 6
"""Star imports that are followed from one module to the next."""


class PythonModules:
    """Looks modules up for one changeset; remembers what it found."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._found: dict[tuple[str, str], Found] = {}
        self._exports: dict[str, frozenset[str] | None] = {}

    def find(self, dotted: str, file: str) -> Found:
        """The module that ``dotted`` (with leading dots where it is relative) means in ``file``."""
        folder = file.rpartition("/")[0]
        key = (dotted, folder)
        if key not in self._found:
            self._found[key] = self._relative(dotted, folder) if dotted.startswith(".") else self._find(dotted, folder)
        return self._found[key]

    def check(self, item: Import, file: str) -> Missing | None:
        """What of an import does not exist; None where all does, or where it cannot be told."""
        found = self.find(item.module, file)
        if isinstance(found, Missing):
            return found
        if found is None or found.exports is None:
            return None
        for name in item.names:
            if name != "*" and name not in found.exports:
                inner = f"{item.module}{name}" if item.module.endswith(".") else f"{item.module}.{name}"
                if isinstance(self.find(inner, file), Missing):
                    return Missing(name, f"is not defined in {item.module}", inside=self._is_ours(item.module, file))
        return None

    def _is_ours(self, dotted: str, file: str) -> bool:
        return dotted.startswith(".") or bool(self._places(dotted.partition(".")[0], file.rpartition("/")[0]))

    def _relative(self, dotted: str, folder: str) -> Found:
        depth = len(dotted) - len(dotted.lstrip("."))
        parts = PurePosixPath(folder).parts
        if depth - 1 > len(parts):
            return Missing(dotted, "leads out of the workspace", inside=True)
        base = "/".join([*parts[: len(parts) - depth + 1], *filter(None, dotted.lstrip(".").split("."))])
        return self._at(base) or Missing(dotted, "is no module of this package", inside=True)

    def _find(self, dotted: str, folder: str) -> Found:
        top = dotted.partition(".")[0]
        ours = [found for base in self._places(dotted, folder) if (found := self._at(base)) is not None]
        outside = self._outside(dotted, top)
        if ours:
            return _either(ours + ([outside] if isinstance(outside, Module) else []))
        if self._places(top, folder):
            return outside if isinstance(outside, Module) else Missing(dotted, "is no module of the workspace", True)
        return outside

    def _outside(self, dotted: str, top: str) -> Found:
        library, folder = self._project.scope.library, self._project.folder
        text = None if library is None else library.module(folder, dotted)
        if text is not None:
            return Module(self._of_text(dotted, text, is_package=True))
        if top in sys.stdlib_module_names:
            complete = library is not None and library.knows(top)
            return Missing(dotted, "is no module of the standard library") if complete and "." in dotted else None
        if library is not None and top in library.packages(folder):
            return None
        declared = self._declared
        if top.lower() in declared or top in declared or self._is_imported_elsewhere(top):
            return None
        return Missing(dotted, f"is neither in {NOWHERE}")

    @cached_property
    def _declared(self) -> frozenset[str]:
        declared = python_modules(self._project)
        return words("python_well_known") if declared is None else declared

    def _is_imported_elsewhere(self, top: str) -> bool:
        """Whether the workspace uses a package already, whatever its manifests say."""
        texts = [file.before for file in self._project.changed if file.before and file.language == "python"]
        texts += [text for _, text in self._project.others_with(top, _LANGUAGE)]
        return any(item.module.partition(".")[0] == top for text in texts for item in imports("python", text))

    def _places(self, dotted: str, folder: str) -> list[str]:
        """Where in the workspace a module could be that exists there at least as a name."""
        path = dotted.replace(".", "/")
        bases = (f"{root}/{path}" if root else path for root in dict.fromkeys([*self._roots, folder]))
        return [base for base in bases if self._exists(base)]

    @cached_property
    def _roots(self) -> tuple[str, ...]:
        """Folders from which the workspace's packages are imported."""
        names = [name for name in self._project.names if name.endswith((".py", ".pyi"))]
        packages = {name.rpartition("/")[0] for name in names if name.endswith(("/__init__.py", "/__init__.pyi"))}
        roots = {"", "src", "lib"}
        for package in packages:
            parent = package.rpartition("/")[0]
            if parent not in packages:
                roots.add(parent)
        return tuple(sorted(roots))

    def _exists(self, base: str) -> bool:
        names = self._project.names
        return (
            any(base + end in names for end in (".py", ".pyi", ".pyx", ".so", ".pyd"))
            or base in self._project.folders
            or self._project.exists(base + ".py")
        )

    def _at(self, base: str) -> Module | None:
        """The module at a path of the workspace."""
        if not self._exists(base):
            return None
        for name in (f"{base}/__init__.pyi", f"{base}/__init__.py", f"{base}.pyi", f"{base}.py"):
            text = self._project.text(name)
            if text is not None:
                key = name.removesuffix("/__init__.py").removesuffix("/__init__.pyi")
                exports = self._of_text(key, text, is_package="/__init__." in name, place=name)
                return Module(exports if exports is None else exports | self._inner(base))
        if base in self._project.folders and not self._project.exists(base + ".py"):
            return Module(self._inner(base))
        return Module(None)

    def _inner(self, base: str) -> frozenset[str]:
        """The modules within a package."""
        start = base + "/" if base else ""
        inner = (name[len(start) :].split("/")[0] for name in self._project.names if name.startswith(start))
        return frozenset(name.split(".")[0] for name in inner)

    def _of_text(
        self, key: str, text: str, *, is_package: bool, place: str = "", depth: int = 0
    ) -> frozenset[str] | None:
        if key in self._exports:
            return self._exports[key]
        self._exports[key] = None  # modules may import all of each other
        names = exported(text)
        if names is None or depth > _DEEPEST:
            return None
        found = set(names)
        for star in _stars(text):
            inner = self._starred(star, key, is_package=is_package, place=place)
            if inner is None:
                return None
            found |= inner
        self._exports[key] = frozenset(found)
        return self._exports[key]

    def _starred(self, star: str, key: str, *, is_package: bool, place: str) -> frozenset[str] | None:
        if place:
            found = self.find(star, place)
        elif star.startswith("."):
            dots = len(star) - len(star.lstrip(".")) - is_package
            parts = key.split(".")[: len(key.split(".")) - dots]
            found = self._outside(".".join([*parts, *filter(None, star.lstrip(".").split("."))]), parts[0])
        else:
            found = self._outside(star, star.partition(".")[0])
        return found.exports if isinstance(found, Module) else None


def exported(text: str) -> frozenset[str] | None:
    """The names that a module binds at its top level; None where it makes names in other ways, or does not parse."""
    if "globals()" in text or "sys.modules[" in text or "exec(" in text:
        return None
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    names = set(_bound(tree.body)) | {
        name for node in ast.walk(tree) if isinstance(node, ast.Global) for name in node.names
    }
    if "__getattr__" in names:
        return None
    return frozenset(names | {"__name__", "__doc__", "__file__", "__all__", "__version__", "__path__", "__dict__"})


def _bound(body: list[ast.stmt]) -> Iterator[str]:
    """Names bound by statements that run when the module is imported."""
    for statement in body:
        match statement:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
            case ast.Import(names=names) | ast.ImportFrom(names=names):
                yield from ((alias.asname or alias.name).partition(".")[0] for alias in names)
            case _:
                for node in _here(statement):
                    if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
                        yield node.id
                    elif isinstance(node, ast.stmt) and node is not statement:
                        yield from _bound([node])
                    elif isinstance(node, ast.ExceptHandler | ast.match_case):
                        yield from _bound(node.body)


def _here(statement: ast.AST) -> Iterator[ast.AST]:
    """The nodes of a statement but not those within statements inside it."""
    pending = [statement]
    while pending:
        node = pending.pop()
        yield node
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.stmt):
                yield child
            elif not isinstance(child, ast.Lambda):
                pending.append(child)


def _stars(text: str) -> Iterator[str]:
    return (item.module for item in imports("python", text) if "*" in item.names)


def _either(found: list[Module]) -> Module:
    names: frozenset[str] = frozenset()
    for module in found:
        if module.exports is None:
            return module
        names |= module.exports
    return Module(names)
