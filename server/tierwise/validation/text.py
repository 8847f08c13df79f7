"""What must not stand in the new lines of a changeset, whatever the language. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePath

from tierwise.core.changes import Changeset, CreateFile, FileEdit
from tierwise.core.languages import is_code, language_of
from tierwise.core.rejection import Rejection, RejectReason
from tierwise.core.text import split_lines
from tierwise.edits.diff import line_changes
from tierwise.validation.scope import EditScope

_COMMENT = r"\s*(?:#+|//+|/\*+|\*|--+|<!--|;+|%+|\{/\*|\"{3}|'{3})?\s*[\[({]?\s*"
_CODE_WORDS = (
    r"(?:code|implementation|functions?|methods?|class(?:es)?|imports?|tests?|logic|content|lines?|file|fields?|body"
    r"|cases?|definitions?|parts?|setup|stuff|rows?|entries|items)"
)
_REST = r"(?:rest|remainder|remaining|existing|previous|other|original|same|unchanged)"
_ELLIPSIS = re.compile(rf"{_COMMENT}(?:\.{{3}}|…)\s*[\[({{]?\s*(?:the\s+)?{_REST}\b", re.IGNORECASE)
_UNCHANGED = re.compile(
    rf"{_COMMENT}(?:\.{{3}}|…)?\s*\(?(?:the\s+)?{_REST}\b[^.=;]{{0,50}}\b(?:{_CODE_WORDS})\b[^.=;]{{0,40}}"
    r"(?:\b(?:unchanged|the same|stays?|remains?|here|omitted|as before|as is|continues?|goes here)\b|\.{3}|…)",
    re.IGNORECASE,
)
_BARE = re.compile(
    rf"{_COMMENT}(?:\(?unchanged\)?|omitted for brevity|rest of (?:the )?{_CODE_WORDS}[^=;]{{0,30}}"
    rf"|existing {_CODE_WORDS}|your (?:code|implementation|logic) (?:goes )?here)\s*(?:\.{{3}}|…|\.)?\s*[\])}}]?\s*"
    r"(?:\*/|-->|\*/\})?\s*$",
    re.IGNORECASE,
)
_STARTS_COMMENT = re.compile(r"\s*(?:#|//|/\*|\*|--|<!--|;|%|\{/\*|\.{3}|…|\[|\()")
_CONFLICT = re.compile(r"(?:<{7}|>{7})(?: |$)")


def leaves_nothing_out(changeset: Changeset, scope: EditScope) -> Rejection | None:
    """No "... rest of the code ..." in place of code."""
    del scope
    for name, line in _new_lines(changeset):
        if is_placeholder(line):
            what = f"In {name}, the line {line.strip()!r} stands for code that was left out: write all of it."
            return Rejection(RejectReason.PLACEHOLDER, what)
    return None


def has_no_conflict_markers(changeset: Changeset, scope: EditScope) -> Rejection | None:
    """No marker of a block or of a merge in code."""
    del scope
    for name, line in _new_lines(changeset):
        if _CONFLICT.match(line) and is_code(language_of_name(name)):
            what = f"In {name}, the marker {line.strip()!r} would become part of the file."
            return Rejection(RejectReason.MALFORMED_BLOCK, what)
    return None


def is_placeholder(line: str) -> bool:
    """Whether a line says that code was left out where it stands."""
    if not _STARTS_COMMENT.match(line):
        return False
    return bool(_ELLIPSIS.match(line) or _UNCHANGED.match(line) or _BARE.match(line))


def language_of_name(name: str) -> str:
    """The language identifier of a file name; files without a telling one count as code."""
    path = PurePath(name)
    return language_of(path).id if path.suffix else "python"


def _new_lines(changeset: Changeset) -> Iterator[tuple[str, str]]:
    """Lines that stand in no changed file yet, with the name of their file."""
    old = {line.strip() for edit in changeset.edits for line in edit.base.lines}
    for change in changeset.changes:
        match change:
            case FileEdit(base):
                lines = [line for part in line_changes(change) for line in part.lines]
                name = base.path.name if base.path else base.uri
            case CreateFile(path, text):
                lines, name = split_lines(text), path.name
            case _:
                continue
        yield from ((name, line.rstrip("\r\n")) for line in lines if line.strip() and line.strip() not in old)
