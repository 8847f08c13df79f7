"""Rust's imports: crates that are declared, and names that the workspace writes somewhere. Pure."""

from __future__ import annotations

import re

from tierwise.syntax.imports import Import, imports
from tierwise.validation.imports.found import NOWHERE, Missing
from tierwise.validation.manifests import rust_crates
from tierwise.validation.project import Project

_OURS = frozenset({"crate", "self", "super"})
_STANDARD = frozenset({"std", "core", "alloc", "proc_macro", "test"})
_RUST = frozenset({"rust"})


def check(item: Import, file: str, project: Project) -> Missing | None:
    """What of an import does not exist; None where all does, or where it cannot be told.

    A name of the workspace need only stand somewhere in it: macros and globs make names that no look-up finds.
    """
    del file
    first, *rest = item.module.split("::")
    if first in _STANDARD or not first:
        return None
    if first in _OURS:
        return _written(item, [part for part in (*rest, *item.names) if part not in _OURS | {"*"}], project)
    crates = rust_crates(project)
    if first in (crates or frozenset()) or _is_local(first, project) or _is_used_elsewhere(first, project):
        return None
    return Missing(first, f"is neither in {NOWHERE}")


def _written(item: Import, names: list[str], project: Project) -> Missing | None:
    for name in names:
        here = any(
            len(re.findall(rf"\b{re.escape(name)}\b", text)) > 0
            for file in project.changed
            if file.language == "rust"
            for text in (file.before or "", _without_imports(file.after))
        )
        if not here and not any(True for _ in project.others_with(name, _RUST)) and not _is_file(name, project):
            return Missing(name, f"of {item.module} is nowhere in the workspace", inside=True)
    return None


def _without_imports(text: str) -> str:
    return re.sub(r"^\s*(?:pub(?:\([^)]*\))?\s+)?use\s[^;]*;", "", text, flags=re.MULTILINE)


def _is_file(name: str, project: Project) -> bool:
    return any(path.endswith((f"/{name}.rs", f"/{name}/mod.rs")) for path in project.names)


def _is_local(first: str, project: Project) -> bool:
    """Whether a module, enum or type of a changed file is meant."""
    local = re.compile(
        rf"\b(?:mod|enum|struct|trait|union|type|crate)\s+{re.escape(first)}\b|\bas\s+{re.escape(first)}\b"
    )
    imported = re.compile(rf"\buse\b[^;]*\b{re.escape(first)}\b")
    for file in project.changed:
        if file.language == "rust" and (local.search(file.after) or imported.search(file.before or "")):
            return True
    return _is_file(first, project)


def _is_used_elsewhere(first: str, project: Project) -> bool:
    texts = [file.before for file in project.changed if file.before and file.language == "rust"]
    texts += [text for _, text in project.others_with(first, _RUST)]
    called = re.compile(rf"(?<![\w:]){re.escape(first)}::")
    return any(
        called.search(text) or any(i.module.split("::")[0] == first for i in imports("rust", text)) for text in texts
    )
