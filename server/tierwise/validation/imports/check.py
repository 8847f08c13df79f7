"""New imports must exist and be used. Pure.

An import that the user's words name is theirs: they may know of a package that no manifest mentions yet. Where the old
text imports modules of the workspace that cannot be found either, the workspace is not complete (generated code), and
nothing is said of such modules.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterator
from dataclasses import replace

from tierwise.core.checks import Skipped
from tierwise.core.rejection import Rejection, RejectReason
from tierwise.syntax.imports import Import, imports
from tierwise.validation.changed import ChangedFile
from tierwise.validation.imports import go, java, rust
from tierwise.validation.imports.ecmascript import LANGUAGES as ECMASCRIPT
from tierwise.validation.imports.ecmascript import EcmaScriptModules
from tierwise.validation.imports.found import Missing
from tierwise.validation.imports.python import PythonModules
from tierwise.validation.imports.unused import unused_imports
from tierwise.validation.project import Project

_Look = Callable[[Import, str], Missing | None]


def imports_exist(project: Project) -> Rejection | Skipped | None:
    """Nothing is imported that does not exist."""
    if not project.known:
        return Skipped("the workspace's files are not known")
    for file in project.changed:
        look = _looker(file, project)
        if look is None:
            continue
        for item in new_imports(file):
            missing = look(item, project.name_of(file))
            if missing is None or _is_wished(missing, project) or _is_optional(file, item):
                continue
            if missing.inside and _is_incomplete(file, item, look, project):
                continue
            what = f"{file.name} imports {missing.name!r}, which {missing.where}."
            return Rejection(RejectReason.BAD_IMPORT, what + _hint(missing, file))
    return None


def imports_are_used(project: Project) -> Rejection | None:
    """Nothing is newly imported without being used."""
    for file in project.changed:
        for name in unused_imports(file, list(new_imports(file))):
            if not project.scope.names(name):
                what = f"{file.name} imports {name} and does not use it: leave the import out."
                return Rejection(RejectReason.BAD_IMPORT, what)
    return None


def new_imports(file: ChangedFile) -> Iterator[Import]:
    """What the new text of a file imports and the old one does not; of the names only the new ones."""
    known: dict[str, set[str]] = {}
    for item in imports(file.language, file.before or ""):
        known.setdefault(item.module, {""}).update(item.names)
    for item in imports(file.language, file.after):
        old = known.get(item.module, set())
        names = tuple(name for name in item.names if name not in old)
        if names or "" not in old:
            yield replace(item, names=names)


def _looker(file: ChangedFile, project: Project) -> _Look | None:
    match file.language:
        case "python":
            return project.remembered(PythonModules).check
        case "go":
            return lambda item, name: go.check(item, name, project)
        case "rust":
            return lambda item, name: rust.check(item, name, project)
        case "java":
            return lambda item, name: java.check(item, name, project)
        case language if language in ECMASCRIPT:
            return project.remembered(EcmaScriptModules).check
        case _:
            return None


def _is_wished(missing: Missing, project: Project) -> bool:
    """Whether the user's words name a package that is looked for outside the workspace."""
    parts = [part for part in re.split(r"[^\w-]+", missing.name) if len(part) > 1]
    return not missing.inside and any(project.scope.mentions(rf"(?<!\w){re.escape(part)}(?!\w)") for part in parts)


def _is_optional(file: ChangedFile, item: Import) -> bool:
    """Whether a Python import may fail: it stands in a ``try`` that catches that."""
    if file.language != "python":
        return False
    lines = file.after.split("\n")
    start = item.span.start
    around = lines[max(0, start.line - 3) : start.line]
    below = "\n".join(lines[start.line : start.line + 6])
    return start.column > 0 and any(line.strip() == "try:" for line in around) and "except" in below


def _is_incomplete(file: ChangedFile, item: Import, look: _Look, project: Project) -> bool:
    """Whether the old text imports something of the same origin that is not there either."""
    top = re.split(r"[./:]", item.module.lstrip("./"))[0]
    name = project.name_of(file)
    for other in imports(file.language, file.before or ""):
        alike = (
            other.module.startswith(".") if item.module.startswith(".") else other.module.lstrip("./").startswith(top)
        )
        missing = look(other, name) if alike else None
        if missing is not None and missing.inside:
            return True
    return False


def _hint(missing: Missing, file: ChangedFile) -> str:
    known = {name for item in imports(file.language, file.before or "") for name in (item.module, *item.names)}
    close = difflib.get_close_matches(missing.name, sorted(known), n=1, cutoff=0.75)
    return f" Did you mean {close[0]!r}?" if close else " Import only what exists."
