"""Every name that a change brings in, or whose definition it takes away, must be defined where it is used. Pure."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping

from tierwise.core.rejection import Rejection, RejectReason
from tierwise.validation.changed import ChangedFile
from tierwise.validation.imports.found import Module
from tierwise.validation.imports.python import PythonModules
from tierwise.validation.names.python import unbound
from tierwise.validation.names.scoped import undefined
from tierwise.validation.project import Project


def names_resolve(project: Project) -> Rejection | None:
    """No file uses a name that nothing defines there, unless it did so before."""
    for file in project.changed:
        missing = _python(file, project) if file.language == "python" else undefined(file, project)
        if missing:
            names = sorted(missing.items(), key=lambda found: found[1])
            shown = ", ".join(f"{name} (line {line + 1})" for name, line in names)
            what = f"{file.name} would use names that nothing defines there: {shown}."
            return Rejection(RejectReason.UNRESOLVED_NAME, what + _hint(names[0][0], file))
    return None


def _python(file: ChangedFile, project: Project) -> Mapping[str, int]:
    before, after = unbound(file.before or ""), unbound(file.after)
    if before is None or after is None:
        return {}
    new = {name: line - 1 for name, line in after.names.items() if name not in before.names}
    for star in after.stars if new else ():
        found = project.remembered(PythonModules).find(star, project.name_of(file))
        if not isinstance(found, Module) or found.exports is None:
            return {}
        new = {name: line for name, line in new.items() if name not in found.exports}
    return new


def _hint(name: str, file: ChangedFile) -> str:
    known = set(re.findall(r"[^\W\d]\w*", file.before or "")) - {name}
    close = difflib.get_close_matches(name, sorted(known), n=1, cutoff=0.75)
    return f" Did you mean {close[0]}?" if close else ""
