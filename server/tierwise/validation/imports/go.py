"""Go's imports: packages of the workspace's modules, of required modules, and of the standard library. Pure."""

from __future__ import annotations

import re

from tierwise.syntax.imports import Import, imports
from tierwise.validation.imports.found import NOWHERE, Missing
from tierwise.validation.known import words
from tierwise.validation.manifests import go_modules
from tierwise.validation.project import Project

_VERSION = re.compile(r"v\d+$")
_HOSTED = re.compile(r"([\w.-]+\.[a-z]+(?:/[^/]+){1,2})")


def check(item: Import, file: str, project: Project) -> Missing | None:
    """What of an import does not exist; None where it does, or where it cannot be told."""
    del file
    path = item.module
    if path in words("go_packages") or path.startswith(("golang.org/x/", "internal/", "vendor/", ".")):
        return None
    modules = list(go_modules(project))
    for folder, module, required in modules:
        if path == module or path.startswith(module + "/"):
            inner = "/".join(filter(None, [folder, path.removeprefix(module).strip("/")]))
            if inner in project.folders or project.exists(inner):
                return None
            return Missing(path, f"is no package of the module {module}", inside=True)
        if any(path == other or path.startswith(other + "/") for other in required):
            return None
    if "." not in path.split("/")[0]:
        return Missing(path, "is no package of the standard library")
    if project.exists(f"vendor/{path}") or _is_imported_elsewhere(path, project):
        return None
    return Missing(path, f"is neither in {NOWHERE}")


def package_names(path: str) -> frozenset[str]:
    """What the package at a path may be called: by its last part, without versions and what marks it as Go."""
    parts = [part for part in path.split("/") if not _VERSION.fullmatch(part)] or [path]
    last = re.sub(r"\.v\d+$", "", parts[-1])
    names = {last, last.replace("-", "_"), last.replace("-", ""), last.removesuffix(".go")}
    for affix in ("go-", "go.", "golang-", "gopkg-"):
        names.add(last.removeprefix(affix).replace("-", "_"))
        names.add(last.removeprefix(affix).replace("-", ""))
    for affix in ("-go", ".go", "-golang", "-sdk"):
        names.add(last.removesuffix(affix).replace("-", "_"))
        names.add(last.removesuffix(affix).replace("-", ""))
    names |= set(re.split(r"[-.]", last))
    return frozenset(name for name in names if name)


def _is_imported_elsewhere(path: str, project: Project) -> bool:
    """Whether the workspace imports something of the same repository already."""
    host = _HOSTED.match(path)
    root = host[1] if host else path
    texts = [file.before for file in project.changed if file.before and file.language == "go"]
    texts += [text for _, text in project.others_with(root.rpartition("/")[2], frozenset({"go"}))]
    return any(item.module == root or item.module.startswith(root + "/") for t in texts for item in imports("go", t))
