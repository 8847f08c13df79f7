"""Java's imports: types of the workspace, the platform's packages, and packages of declared groups. Pure."""

from __future__ import annotations

from tierwise.syntax.imports import Import, imports
from tierwise.validation.imports.found import NOWHERE, Missing
from tierwise.validation.manifests import java_groups
from tierwise.validation.project import Project

_PLATFORM = ("java.", "javax.", "jdk.", "org.w3c.dom", "org.xml.sax", "com.sun.", "sun.", "org.ietf.jgss", "netscape.")
_JAVA = frozenset({"java"})


def check(item: Import, file: str, project: Project) -> Missing | None:
    """What of an import does not exist; None where it does, or where it cannot be told."""
    del file
    if f"{item.module}.".startswith(_PLATFORM):
        return None
    path = item.module.replace(".", "/")
    ours = [folder for folder in project.folders if folder == path or folder.endswith("/" + path)]
    if ours:
        return _of_package(item, ours, project)
    outer = path.rpartition("/")[0]
    for name in project.names:  # a nested type, or static members: the module is a type
        if name.endswith((f"/{path}.java", f"/{outer}.java")) or name in {f"{path}.java", f"{outer}.java"}:
            return None
    if _is_declared(item.module, project) or _is_imported_elsewhere(item.module, project):
        return None
    return Missing(item.module, f"is neither in {NOWHERE}")


def _of_package(item: Import, folders: list[str], project: Project) -> Missing | None:
    for name in item.names:
        wanted = [f"{folder}/{name}.java" for folder in folders]
        beside = any(path.rpartition("/")[0] in folders for path, _ in project.others_with(name, _JAVA))
        if name != "*" and not beside and not any(project.exists(path) for path in wanted):
            return Missing(name, f"is no type of {item.module}", inside=True)
    return None


def _is_declared(module: str, project: Project) -> bool:
    parts = module.split(".")
    for group in java_groups(project) or ():
        shared = group.split(".")
        if parts[:2] == shared[:2] or (len(shared) == 1 and shared[0] in parts):
            return True
    return False


def _is_imported_elsewhere(module: str, project: Project) -> bool:
    """Whether the workspace imports something of the same origin already."""
    root = module.split(".")[:3]
    texts = [file.before for file in project.changed if file.before and file.language == "java"]
    texts += [text for _, text in project.others_with(root[-1], _JAVA)]
    return any(found.module.split(".")[:3] == root for text in texts for found in imports("java", text))
