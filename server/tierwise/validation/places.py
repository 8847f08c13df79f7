"""Where a changeset may write: files the request covers, and in the request's file the lines it is about. Pure."""

from __future__ import annotations

import re
from pathlib import Path

from tierwise.core.changes import Changeset, CreateFile, FileEdit, RenameFile
from tierwise.core.languages import language
from tierwise.core.rejection import Rejection, RejectReason
from tierwise.core.secrets import is_secret_path
from tierwise.core.text import Span
from tierwise.edits.diff import LineChange, line_changes
from tierwise.validation.scope import EditScope

_SLACK = 1
"""Lines around the span that may change too: a blank line, a decorator, the brace below."""

_BAD_NAME = re.compile(r'[<>:"|?*\x00-\x1f]|[ .]$')
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)", re.IGNORECASE)
_REPOSITORY = re.compile(r"\.(?:git|hg|svn|jj)[ .]*$|git~\d+$", re.IGNORECASE)
_IMPORT = re.compile(
    r"\s*(?:import\b|from\s+\S+\s+import\b|use\s+[\w:{]|#\s*include\b|require\b|using\s|package\s|extern crate\b"
    r"|(?:const|let|var)\s+.*=\s*require\(|export\s+.*\bfrom\b|\"[^\"]+\"$|[\w$*{}, ]+,?$|[)}]\s*(?:from\s+.*)?;?$)"
)
_STARTS_IMPORT = re.compile(
    r"\s*(?:import\b|from\s+\S+\s+import\b|use\s|#\s*include\b|require\b|using\s|\w+.*require\()"
)


def stays_in_files(changeset: Changeset, scope: EditScope) -> Rejection | None:
    """No path outside the workspace folder, in a repository's own folder, secret, or not covered by the request."""
    for change in changeset.changes:
        match change:
            case FileEdit(base):
                problem = None if base.path is None else _forbidden(base.path, scope) or _uncovered(base.path, scope)
            case CreateFile(path):
                problem = _forbidden(path, scope) or _not_creatable(path, scope)
            case RenameFile(old, new):
                problem = _forbidden(old, scope) or _uncovered(old, scope)
                problem = problem or _forbidden(new, scope) or _not_creatable(new, scope)
        if problem:
            return Rejection(RejectReason.WRONG_FILE, problem)
    return None


def stays_in_span(changeset: Changeset, scope: EditScope) -> Rejection | None:
    """In the request's file, only the lines that were asked about; imports may come above them."""
    if scope.span is None or scope.may_change_elsewhere:
        return None
    for edit in changeset.edits:
        if edit.base.path != scope.target:
            continue
        for change in line_changes(edit):
            if not (_is_inside(change, scope.span) or _adds_only(change, scope) or _is_import(edit, change)):
                asked = f"lines {scope.span.start.line + 1}-{scope.span.end.line + 1}"
                where = f"line {change.start + 1} changes too"
                return Rejection(RejectReason.OUT_OF_SCOPE, f"The request is about {asked} of the file, but {where}.")
    return None


def _is_inside(change: LineChange, span: Span) -> bool:
    slack = 0 if change.start == change.stop else _SLACK  # what is put in may touch the span, but not lie beyond
    return span.start.line - slack <= change.start and change.stop <= span.end.line + 1 + slack


def _forbidden(path: Path, scope: EditScope) -> str | None:
    if not path.is_relative_to(scope.folder) or ".." in path.parts:
        return f"{path.name} is outside the workspace folder."
    name = path.relative_to(scope.folder).as_posix()
    if any(_REPOSITORY.match(part) for part in name.split("/")):
        return f"{name} belongs to the version control system."
    if is_secret_path(Path(name)):
        return f"{name} is a file for secrets."
    reason = scope.forbidden(path)
    return f"{name} is left alone ({reason})." if reason else None


def _uncovered(path: Path, scope: EditScope) -> str | None:
    if path in scope.allowed:
        return None
    return f"{path.relative_to(scope.folder).as_posix()} is not part of this request."


def _not_creatable(path: Path, scope: EditScope) -> str | None:
    name = path.relative_to(scope.folder).as_posix()
    if not scope.may_create and not scope.mentions(re.escape(path.name)):
        return f"{name} would be a new file, which the request does not ask for."
    parts = name.split("/")
    if any(_BAD_NAME.search(part) or _RESERVED.match(part) for part in parts):
        return f"{name} is not a file name that every system takes."
    if any(part.startswith(".") for part in parts) and not scope.mentions(re.escape(path.name)):
        return f"{name} would be a hidden file that the request does not name."
    if path in scope.allowed or scope.exists(path):
        return f"{name} exists already: change it with blocks that quote its lines."
    return None


def _adds_only(change: LineChange, scope: EditScope) -> bool:
    return scope.may_add and change.start == change.stop


def _is_import(edit: FileEdit, change: LineChange) -> bool:
    """Whether a change above the span only adds to or sorts the imports."""
    facts = language(edit.base.language)
    old = list(edit.base.lines.raw_range(change.start, change.stop))
    filled = [line.strip() for line in (*old, *change.lines) if line.strip()]
    code = [line for line in filled if not line.startswith(facts.line_comments or ("\0",))]
    near = [edit.base.lines.line(i) for i in range(max(0, change.start - 3), change.start)]
    begins = any(_STARTS_IMPORT.match(line) for line in (*code, *near))
    return begins and all(_IMPORT.match(line) for line in code)
