"""What must not get lost: definitions, comments and licence headers that the request does not name. Pure."""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Iterator, Sequence

from tierwise.core.changes import Changeset, CreateFile, FileEdit
from tierwise.core.languages import Language, language, language_of
from tierwise.core.rejection import Rejection, RejectReason
from tierwise.edits.diff import LineChange, line_changes
from tierwise.edits.scanner import comment_start
from tierwise.syntax.outline import Definition, outline
from tierwise.validation.scope import EditScope

_KEPT_KINDS = frozenset(
    {"class", "struct", "interface", "trait", "enum", "type", "function", "method", "module", "macro"}
)
_LICENCE = re.compile(r"licen[sc]e|copyright|spdx|all rights reserved", re.IGNORECASE)
_HEADER_LINES = 60
_DIRECTIVE = re.compile(r"noqa|type:\s*ignore|pyright:|pylint:|eslint|ts-ignore|ts-expect|nolint|pragma|fmt:|isort:")
_SAME_CODE = 0.9
"""Similarity from which a changed line counts as the one that a comment was about."""

_SAME_COMMENT = 0.5
"""Similarity from which a new comment counts as the old one in other words."""

_COMPARED_LINES = 400
"""New lines of one change up to which old comments are looked for among them by similarity."""


def keeps_definitions(changeset: Changeset, scope: EditScope) -> Rejection | None:
    """No function, class or the like goes away unless the user's words name it or ask for such a change, and none
    loses its documentation.
    """
    before = [item for edit in changeset.edits for item in _outline(edit.base.language, edit.base.text)]
    after = list(_definitions_after(changeset))
    if not before:
        return None
    bodies = {(*item.parents, item.name) for item in before if item.kind in {"function", "method"}}
    before = [item for item in before if item.parents not in bodies]  # what is inside a function is its own affair
    counts = Counter(item.name for item in after)
    for item in before:
        counts[item.name] -= 1
        if counts[item.name] < 0 and not (scope.names(item.name) or scope.removes):
            what = f"{item.kind} {'.'.join((*item.parents, item.name))} would be lost: keep it."
            return Rejection(RejectReason.LOST_TEXT, what)
    return None if scope.mentions(r"doc|comment") else _lost_doc(before, after)


def keeps_comments(changeset: Changeset, scope: EditScope) -> Rejection | None:
    """No comment goes away while the code it is about stays."""
    if scope.mentions("comment"):
        return None
    added = {_plain(line) for edit in changeset.edits for change in line_changes(edit) for line in change.lines}
    added |= {
        _plain(line)
        for change in changeset.changes
        if isinstance(change, CreateFile)
        for line in change.text.split("\n")
    }
    for edit in changeset.edits:
        facts = language(edit.base.language)
        for change in line_changes(edit):
            for comment in _lost_comments(edit, change, facts, added):
                if not _is_named(comment, scope):
                    return Rejection(RejectReason.LOST_TEXT, f"The comment {comment!r} would be lost: keep it.")
    return None


def keeps_licence(changeset: Changeset, scope: EditScope) -> Rejection | None:
    """No line about licence or copyright goes away from the head of a file."""
    if scope.mentions(r"licen[sc]e|copyright|header"):
        return None
    for edit in changeset.edits:
        head = [line.strip() for line in edit.base.lines.raw_range(0, _HEADER_LINES)]
        legal = [line for line in head if _LICENCE.search(line)]
        if not legal:
            continue
        kept = {line.strip() for line in edit.result.raw_range(0, 2 * _HEADER_LINES)}
        lost = [line for line in legal if line not in kept]
        if lost:
            return Rejection(RejectReason.LOST_TEXT, f"The licence header would lose {lost[0]!r}: keep it.")
    return None


def _outline(identifier: str, text: str) -> list[Definition]:
    return [item for item in outline(identifier, text) if item.kind in _KEPT_KINDS]


def _definitions_after(changeset: Changeset) -> Iterator[Definition]:
    for change in changeset.changes:
        match change:
            case FileEdit(base):
                yield from _outline(base.language, change.result.text)
            case CreateFile(path, text):
                yield from _outline(language_of(path).id, text)
            case _:
                pass


def _lost_doc(before: Sequence[Definition], after: Sequence[Definition]) -> Rejection | None:
    documented = {(item.parents, item.name): item for item in before if item.doc}
    for item in after:
        if (item.parents, item.name) in documented and not item.doc:
            return Rejection(RejectReason.LOST_TEXT, f"The documentation of {item.name} would be lost: keep it.")
    return None


def _lost_comments(edit: FileEdit, change: LineChange, facts: Language, added: set[str]) -> Iterator[str]:
    old = [edit.base.lines.line(i) for i in range(change.start, min(change.stop, edit.base.lines.count))]
    for i, line in enumerate(old):
        start = comment_start(facts, line)
        if start is None or _plain(line) in added or _DIRECTIVE.search(line, start):
            continue
        code, comment = line[:start].strip(), line[start:].strip()
        if not any(map(str.isalnum, comment)) or any(comment in text for text in added):
            continue
        if _is_reworded(comment, change, facts):
            continue
        about = code or _next_code(edit, change, old[i + 1 :], facts)
        if about and _stays(about, change, facts, inside=bool(code) or _is_inside(old[i + 1 :], facts)):
            yield comment


def _is_reworded(comment: str, change: LineChange, facts: Language) -> bool:
    for line in change.lines:
        start = comment_start(facts, line)
        if start is not None and _alike(comment, line[start:].strip(), change, _SAME_COMMENT):
            return True
    return False


def _next_code(edit: FileEdit, change: LineChange, rest: Sequence[str], facts: Language) -> str:
    """The code that a comment above it is about."""
    for line in (*rest, *(raw.rstrip("\r\n") for raw in edit.base.lines.raw_range(change.stop, change.stop + 3))):
        if not line.strip():
            return ""
        code = line[: comment_start(facts, line)].strip()
        if code:
            return code
    return ""


def _is_inside(rest: Sequence[str], facts: Language) -> bool:
    """Whether code follows the comment within the replaced lines."""
    return any(line[: comment_start(facts, line)].strip() for line in rest)


def _stays(about: str, change: LineChange, facts: Language, *, inside: bool) -> bool:
    if not inside:
        return True
    for line in change.lines:
        code = line[: comment_start(facts, line)].strip()
        if code and _alike(about, code, change, _SAME_CODE):
            return True
    return False


def _alike(old: str, new: str, change: LineChange, least: float) -> bool:
    """Equal or, in a change of bearable size, similar."""
    if old == new or len(change.lines) > _COMPARED_LINES:
        return old == new
    matcher = difflib.SequenceMatcher(None, old, new)
    return matcher.real_quick_ratio() >= least and matcher.quick_ratio() >= least and matcher.ratio() >= least


def _is_named(comment: str, scope: EditScope) -> bool:
    """Whether the user's words are about the comment: a noted task to be done, or half of its words."""
    words = {word.lower() for word in re.findall(r"[^\W\d_]{3,}", comment)}
    wished = {word.lower() for word in re.findall(r"[^\W\d_]{3,}", scope.instruction)}
    if words & {"todo", "fixme", "xxx", "hack"} and wished:
        return True
    return bool(words) and 2 * len(words & wished) >= len(words)


def _plain(line: str) -> str:
    return " ".join(line.split())
