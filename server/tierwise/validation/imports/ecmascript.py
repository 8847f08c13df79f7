"""Imports of JavaScript and TypeScript: files of the workspace, Node's own modules, declared packages. Pure."""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Iterator
from functools import cached_property
from pathlib import PurePosixPath
from typing import Any, cast

from tierwise.core.languages import language_of
from tierwise.syntax.imports import Import, imports
from tierwise.syntax.parse import Node, Parsed, parse
from tierwise.validation.imports.found import NOWHERE, Missing
from tierwise.validation.known import words
from tierwise.validation.manifests import node_packages
from tierwise.validation.project import Project

LANGUAGES = frozenset({"javascript", "javascriptreact", "typescript", "typescriptreact"})
_ENDINGS = (".ts", ".tsx", ".d.ts", ".js", ".jsx", ".mjs", ".cjs", ".mts", ".cts", ".json", ".vue", ".svelte")
_DEEPEST = 8


class EcmaScriptModules:
    """Looks modules up for one changeset."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._exports: dict[str, frozenset[str] | None] = {}

    def check(self, item: Import, file: str) -> Missing | None:
        """What of an import does not exist; None where all does, or where it cannot be told."""
        source = item.module.split("?")[0]
        if source.startswith("."):
            target = self._file(posixpath.normpath(posixpath.join(posixpath.dirname(file), source)))
            if target is None:
                return Missing(item.module, "is no file of the workspace", inside=True)
            return self._names(item, target)
        if source.startswith(("/", "#")) or ":" in source:
            return None if not source.startswith("node:") else self._builtin(source)
        return self._package(item, source, file)

    def _builtin(self, source: str) -> Missing | None:
        name = source.removeprefix("node:")
        return None if name in words("node_modules") else Missing(source, "is no module of Node.js")

    def _package(self, item: Import, source: str, file: str) -> Missing | None:
        if source in words("node_modules"):
            return None
        parts = source.split("/")
        package = "/".join(parts[:2]) if source.startswith("@") and len(parts) > 1 else parts[0]
        declared = node_packages(self._project, file) or frozenset()
        if package in declared or f"@types/{package.removeprefix('@').replace('/', '__')}" in declared:
            return None
        if self._is_alias(source, file) or self._project.exists(f"node_modules/{package}"):
            return None
        if self._is_imported_elsewhere(package):
            return None
        return Missing(item.module, f"is neither in {NOWHERE}")

    def _is_alias(self, source: str, file: str) -> bool:
        """Whether a path mapping of the workspace's configuration, or a file from its base, may be meant."""
        for folder in PurePosixPath(file).parents:
            for name in ("tsconfig.json", "jsconfig.json", "tsconfig.base.json"):
                options = self._options((folder / name).as_posix().removeprefix("./"))
                patterns = options.get("paths", {})
                if isinstance(patterns, dict) and any(
                    source.startswith(str(pattern).rstrip("*")) for pattern in cast("dict[str, object]", patterns)
                ):
                    return True
                base = options.get("baseUrl")
                if isinstance(base, str) and self._file(posixpath.normpath((folder / base / source).as_posix())):
                    return True
        return False

    def _options(self, name: str) -> dict[str, Any]:
        text = re.sub(r"^\s*//.*$|/\*.*?\*/|,(?=\s*[}\]])", "", self._project.text(name) or "", flags=re.MULTILINE)
        try:
            table = json.loads(text or "{}")
        except ValueError:
            return {}
        options: object = cast("dict[str, Any]", table).get("compilerOptions") if isinstance(table, dict) else None
        return cast("dict[str, Any]", options) if isinstance(options, dict) else {}

    def _is_imported_elsewhere(self, package: str) -> bool:
        """Whether the workspace imports it, or something below the same alias, already."""
        head = package.split("/", maxsplit=1)[0] if package.startswith(("@/", "~/", "~")) else package
        last = re.split(r"[/-]", head)[-1]
        texts = [(f.language, f.before) for f in self._project.changed if f.before and f.language in LANGUAGES]
        texts += [(_language(name), text) for name, text in self._project.others_with(last, LANGUAGES)]
        return any(
            found.module == head or found.module.startswith(head + "/")
            for identifier, text in texts
            for found in imports(identifier, text)
        )

    def _file(self, path: str) -> str | None:
        """The file that a path without its ending means."""
        bare = re.sub(r"\.[cm]?jsx?$", "", path)
        choices = [path, *(bare + end for end in _ENDINGS), *(f"{path}/index{end}" for end in _ENDINGS)]
        for name in (posixpath.normpath(choice) for choice in choices):
            if name in self._project.names:
                return name
        folder, _, stem = path.rpartition("/")
        inner = f"{folder}/" if folder else ""
        found = (n for n in self._beside.get(folder, ()) if n.startswith(f"{inner}{stem}."))
        return next(found, None) or (path if self._project.exists(path) or path in self._project.folders else None)

    @cached_property
    def _beside(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for name in self._project.names:
            found.setdefault(name.rpartition("/")[0], []).append(name)
        return found

    def _names(self, item: Import, target: str) -> Missing | None:
        exports = self._exported(target, 0)
        if exports is None:
            return None
        for name in item.names:
            if name not in exports and name != "*" and name.isidentifier():
                what = "has no default export" if name == "default" else f"is not exported by {item.module}"
                return Missing(item.module if name == "default" else name, what, inside=True)
        return None

    def _exported(self, name: str, depth: int) -> frozenset[str] | None:
        """What a file exports; None where that cannot be told (CommonJS, other languages)."""
        if name in self._exports:
            return self._exports[name]
        self._exports[name] = None  # files may export all of each other
        text = self._project.text(name)
        parsed = parse(_language(name), text) if text is not None else None
        if text is None or parsed is None or depth > _DEEPEST or parsed.error_count:
            return None
        if re.search(
            r"\bmodule\.exports\b|^\s*exports\.|^\s*export\s*=|Object\.defineProperty\(exports", text, re.MULTILINE
        ):
            return None
        found: set[str] = set()
        for statement in parsed.root.named_children:
            if statement.type == "export_statement":
                names = self._of_statement(parsed, statement, name, depth)
                if names is None:
                    return None
                found |= names
            elif name.endswith(".d.ts"):
                found |= set(_declared(parsed, statement))
        self._exports[name] = frozenset(found)
        return self._exports[name]

    def _of_statement(self, parsed: Parsed, node: Node, name: str, depth: int) -> set[str] | None:
        source = node.child_by_field_name("source")
        kinds = {child.type for child in node.children}
        if "default" in kinds:
            return {"default"}
        if source is not None and "*" in kinds:
            path = parsed.source(source)[1:-1]
            target = self._file(posixpath.normpath(posixpath.join(posixpath.dirname(name), path)))
            inner = self._exported(target, depth + 1) if target is not None and path.startswith(".") else None
            return None if inner is None else set(inner) - {"default"}
        return set(_declared(parsed, node))


def _declared(parsed: Parsed, node: Node) -> Iterator[str]:
    """The names that an export statement or a declaration gives to others."""
    for child in node.named_children:
        if child.type == "export_specifier":
            alias = child.child_by_field_name("alias") or child.child_by_field_name("name")
            if alias is not None:
                yield parsed.source(alias).strip("'\"")
        elif child.type == "namespace_export":
            yield from (parsed.source(inner).strip("'\"") for inner in child.named_children)
        elif child.type == "variable_declarator":
            name = child.child_by_field_name("name")
            if name is not None:
                yield from _pattern(parsed, name)
        elif child.type in {"export_clause", "lexical_declaration", "variable_declaration", "ambient_declaration"}:
            yield from _declared(parsed, child)
        elif (name := child.child_by_field_name("name")) is not None:
            yield parsed.source(name)
    if node.type.endswith("_declaration") and (name := node.child_by_field_name("name")) is not None:
        yield parsed.source(name)


def _pattern(parsed: Parsed, node: Node) -> Iterator[str]:
    if node.type in {"identifier", "shorthand_property_identifier_pattern"}:
        yield parsed.source(node)
    else:
        for child in node.named_children:
            yield from _pattern(parsed, child)


def _language(name: str) -> str:
    return language_of(PurePosixPath(name)).id
