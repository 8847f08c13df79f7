"""Which file an import of JavaScript or TypeScript means, as far as the workspace says it.

Reads through the project only. Follows relative paths, ``paths`` and ``baseUrl`` of tsconfig.json, the workspace's own
package names, and ambient modules (``declare module "x"``). Anything else is an installed package.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import Any, cast

from tierwise.rename.syntactic.project import Project, SourceFile, around
from tierwise.syntax.parse import Node

TYPESCRIPT = frozenset({"typescript", "typescriptreact"})
LANGUAGES = TYPESCRIPT | {"javascript", "javascriptreact"}

_EXTENSIONS = (".ts", ".tsx", ".d.ts", ".js", ".jsx", ".mts", ".cts", ".d.mts", ".d.cts", ".mjs", ".cjs")
_WRITTEN = {".js": (".ts", ".tsx", ".d.ts"), ".jsx": (".tsx",), ".mjs": (".mts", ".d.mts"), ".cjs": (".cts", ".d.cts")}
"""TypeScript imports are written with the extension of the file that will come of them."""
_COMMENT = re.compile(r'("(?:[^"\\]|\\.)*")|//[^\n]*|/\*.*?\*/|,(?=\s*[}\]])', re.DOTALL)


@dataclass(frozen=True, slots=True)
class ModuleKey:
    """A module: a file, or an ambient module by its name in that file."""

    path: Path
    ambient: str = ""


@dataclass(frozen=True, slots=True)
class External:
    """A module outside the workspace, as it is written."""

    specifier: str


Resolved = ModuleKey | External


class Modules:
    """The modules of one project."""

    def __init__(self, project: Project) -> None:
        self._project = project

    def resolve(self, file: SourceFile, specifier: str) -> Resolved:
        """What ``specifier`` means in ``file``."""
        if specifier.startswith("."):
            found = self._file(_normal(file.path.parent / specifier))
            return External(specifier) if found is None else ModuleKey(found)
        if specifier in self._ambient:
            return ModuleKey(self._ambient[specifier], specifier)
        for candidate in self._mapped(file, specifier):
            found = self._file(candidate)
            if found is not None:
                return ModuleKey(found)
        return External(specifier)

    def of(self, file: SourceFile, node: Node) -> ModuleKey:
        """The module that ``node`` stands in."""
        ambient = around(node, "module")
        while ambient is not None:
            name = ambient.child_by_field_name("name")
            if name is not None and name.type == "string":
                return ModuleKey(file.path, file.text(name)[1:-1])
            ambient = around(ambient, "module")
        return ModuleKey(file.path)

    def source(self, file: SourceFile, statement: Node) -> Resolved | None:
        """The module that an import or export statement, or a ``require``, names; None where it names none."""
        source = statement.child_by_field_name("source")
        if source is None or source.type != "string":
            return None
        return self.resolve(file, file.text(source)[1:-1])

    def required(self, file: SourceFile, call: Node) -> Resolved | None:
        """The module of ``require("x")`` or ``import("x")``."""
        function, arguments = call.child_by_field_name("function"), call.child_by_field_name("arguments")
        if call.type != "call_expression" or function is None or arguments is None or not arguments.named_children:
            return None
        first = arguments.named_children[0]
        if first.type != "string" or file.text(function) not in {"require", "import"}:
            return None
        if function.type == "identifier" and file.binding(function) is not None:
            return None
        return self.resolve(file, file.text(first)[1:-1])

    def _file(self, path: Path) -> Path | None:
        paths = self._project.paths()
        if path in paths:
            return path
        for written, sources in _WRITTEN.items():
            if path.name.endswith(written):
                stem = path.name.removesuffix(written)
                found = next(
                    (path.with_name(stem + item) for item in sources if path.with_name(stem + item) in paths), None
                )
                if found is not None:
                    return found
        beside = (path.with_name(path.name + item) for item in _EXTENSIONS)
        inside = (path / f"index{item}" for item in _EXTENSIONS)
        return next((item for item in chain(beside, inside) if item in paths), None)

    def _mapped(self, file: SourceFile, specifier: str) -> Iterator[Path]:
        for config in self._configs:
            if not file.path.is_relative_to(config.folder):
                continue
            for pattern, targets in config.paths:
                rest = _match(pattern, specifier)
                if rest is not None:
                    yield from (_normal(config.base / target.replace("*", rest)) for target in targets)
            if config.has_base:
                yield _normal(config.base / specifier)
        for name, folder in self._packages.items():
            if specifier == name:
                yield from (folder / "src", folder)
            elif specifier.startswith(f"{name}/"):
                rest = specifier.removeprefix(f"{name}/")
                yield from (folder / rest, folder / "src" / rest)

    @cached_property
    def _configs(self) -> tuple[_Config, ...]:
        """Path mappings, those of inner folders first."""
        found: list[_Config] = []
        for name in ("tsconfig.json", "tsconfig.base.json", "jsconfig.json"):
            for path in self._project.paths_named(name):
                options = _table(_json(self._project.text(path)).get("compilerOptions"))
                base = options.get("baseUrl")
                mapping = tuple((key, _texts(value)) for key, value in _table(options.get("paths")).items())
                if base is not None or mapping:
                    root = _normal(path.parent / str(base or "."))
                    found.append(_Config(path.parent, root, base is not None, mapping))
        return tuple(sorted(found, key=lambda config: -len(config.folder.parts)))

    @cached_property
    def _packages(self) -> dict[str, Path]:
        found = {
            str(_json(self._project.text(path)).get("name") or ""): path.parent
            for path in self._project.paths_named("package.json")
        }
        found.pop("", None)
        return found

    @cached_property
    def _ambient(self) -> dict[str, Path]:
        found: dict[str, Path] = {}
        for file in self._project.files_with("declare"):
            if file.document.language in TYPESCRIPT:
                for name in _ambient_names(file):
                    found[name] = file.path
        return found


@dataclass(frozen=True, slots=True)
class _Config:
    folder: Path
    base: Path
    has_base: bool
    paths: tuple[tuple[str, tuple[str, ...]], ...]


def _ambient_names(file: SourceFile) -> Iterator[str]:
    for statement in file.root.named_children:
        inner = (
            statement.named_children[0]
            if statement.type == "ambient_declaration" and statement.named_children
            else None
        )
        name = inner.child_by_field_name("name") if inner is not None and inner.type == "module" else None
        if name is not None and name.type == "string":
            yield file.text(name)[1:-1]


def _match(pattern: str, specifier: str) -> str | None:
    """What the star of a path mapping stands for."""
    head, star, tail = pattern.partition("*")
    if not star:
        return "" if specifier == pattern else None
    if specifier.startswith(head) and specifier.endswith(tail) and len(specifier) >= len(head) + len(tail):
        return specifier[len(head) : len(specifier) - len(tail)]
    return None


def _json(text: str | None) -> dict[str, Any]:
    """A JSON object with comments and trailing commas; empty where it is none."""
    try:
        return _table(json.loads(_COMMENT.sub(lambda match: match.group(1) or "", text or "{}")))
    except ValueError:
        return {}


def _table(value: object) -> dict[str, Any]:
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def _texts(value: object) -> tuple[str, ...]:
    return tuple(map(str, cast("list[object]", value))) if isinstance(value, list) else ()


def _normal(path: Path) -> Path:
    """The path without ``..``, by its text alone."""
    parts: list[str] = []
    for part in path.parts:
        if part == ".." and parts:
            parts.pop()
        elif part != ".":
            parts.append(part)
    return Path(*parts)
