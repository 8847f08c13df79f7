"""Whether every changed file still parses: no error that was not there before. Pure."""

from __future__ import annotations

import ast

from tierwise.core.changes import Changeset, CreateFile, FileEdit
from tierwise.core.languages import language_of
from tierwise.core.rejection import Rejection, RejectReason
from tierwise.core.text import Lines, Span
from tierwise.syntax.parse import parse
from tierwise.validation.scope import EditScope

_SHOWN = 2
"""Lines shown above and below an error."""


def parses(changeset: Changeset, scope: EditScope) -> Rejection | None:
    """No new syntax error in any changed or created file."""
    del scope
    return new_errors(changeset)


def new_errors(changeset: Changeset) -> Rejection | None:
    """The first changed or created file that no longer parses, though it did before."""
    for change in changeset.changes:
        match change:
            case FileEdit(base):
                name = base.path.name if base.path else base.uri
                problem = _new_error(base.language, base.text, change.result, name)
            case CreateFile(path, text):
                problem = _new_error(language_of(path).id, "", Lines.of(text), path.name)
            case _:
                continue
        if problem:
            return problem
    return None


def _new_error(language: str, before: str, after: Lines, name: str) -> Rejection | None:
    parsed = parse(language, after.text)
    if parsed is None:
        return None
    known = parse(language, before)
    if parsed.error_count > (known.error_count if known else 0) and not _is_python(language, after.text):
        return _rejection(name, after, _first_new(parsed.errors, known.errors if known else ()))
    if language == "python" and (line := _wrong_indentation(before, after.text)):
        return _rejection(name, after, line - 1)
    return None


def _is_python(language: str, text: str) -> bool:
    """Whether Python itself takes a text that the grammar does not."""
    if language != "python":
        return False
    try:
        ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def _first_new(errors: tuple[Span, ...], known: tuple[Span, ...]) -> int:
    """The line of the first error that is not at the head of the old ones."""
    for i, error in enumerate(errors):
        if i >= len(known) or error != known[i]:
            return error.start.line
    return errors[-1].start.line


def _wrong_indentation(before: str, after: str) -> int | None:
    """The line of an indentation error that Python sees and the grammar does not mind; 1-based."""
    try:
        ast.parse(after)
    except IndentationError as exc:
        line = exc.lineno or 1
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    else:
        return None
    try:
        ast.parse(before)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    return line


def _rejection(name: str, after: Lines, line: int) -> Rejection:
    line = min(line, after.count - 1)
    shown = after.raw_range(line - _SHOWN, line + _SHOWN + 1)
    passage = "".join(text if text.endswith("\n") else text + "\n" for text in shown)
    what = f"{name} would no longer parse at line {line + 1} of the new text:\n{passage.rstrip()}"
    return Rejection(RejectReason.SYNTAX_ERROR, what)
