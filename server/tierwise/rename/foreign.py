"""What a language server proposes, as occurrences that are checked like our own. Pure but for reading the view.

A proposal is taken whole or not at all: every part of it must be about the old name or the new one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from tierwise.core.changes import Changeset, FileEdit, RenameFile, TextEdit
from tierwise.core.documents import Document
from tierwise.core.renaming import RenameProposal
from tierwise.core.text import Lines, Point, Span
from tierwise.rename.values import Found, Reason, RenameDeclined, Replacement

_TAIL = re.compile(r"\w+$")
_HEAD = re.compile(r"^\w+")
_WORD = re.compile(r"\w+")


def found_in(proposal: RenameProposal, old_name: str, new_name: str, kind: str, *, plain: bool) -> Found:
    """The proposal's edits as occurrences. ``plain``: the old name is an identifier, so that every part must hold one
    of the names. Raises RenameDeclined where one of them is about something else.
    """
    certain: list[Replacement] = []
    for edit in proposal.changes.edits:
        for item in _widened(edit):
            old = edit.base.lines.slice(item.span)
            if plain and not _is_about(old, item.text, old_name, new_name):
                raise RenameDeclined(
                    Reason.STALE,
                    f"{proposal.engine} would change '{_short(old)}' at {_place(edit.base, item)} to "
                    f"'{_short(item.text)}', which is not the rename of '{old_name}'.",
                )
            if old != item.text:
                certain.append(Replacement(edit.base, item.span, old, item.text))
    return Found(old_name, kind, tuple(certain), moves=_moves(proposal.changes))


def _is_about(old: str, new: str, old_name: str, new_name: str) -> bool:
    """Whether a part replaces the old name, or writes it out beside the new one (``{ old: new }``, ``old as new``)."""
    names_old = not old.strip() or _holds(old, old_name) or _holds(old, new_name)
    return names_old and (_holds(new, new_name) or _holds(new, old_name))


def _holds(text: str, name: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text) is not None


def _widened(edit: FileEdit) -> Iterator[TextEdit]:
    """The parts of an edit, each grown to whole words: some engines replace only the letters that differ. Parts that
    meet in one word become one.
    """
    joined: list[tuple[Span, list[TextEdit]]] = []
    for item in edit.edits:
        span = _grown(edit.base.lines, item)
        if joined and joined[-1][0].end > span.start:
            before, items = joined[-1]
            joined[-1] = (Span(before.start, max(before.end, span.end)), [*items, item])
        else:
            joined.append((span, [item]))
    return (TextEdit(span, _replaced(edit.base.lines, span, items)) for span, items in joined)


def _grown(lines: Lines, item: TextEdit) -> Span:
    start, end = item.span.start, item.span.end
    old = lines.slice(item.span) or item.text
    left = _TAIL.search(lines.line(start.line)[: start.column]) if _WORD.match(old) else None
    right = _HEAD.match(lines.line(end.line)[end.column :]) if _WORD.search(old[-1:]) else None
    before, after = (0 if match is None else len(match[0]) for match in (left, right))
    return Span(Point(start.line, start.column - before), Point(end.line, end.column + after))


def _replaced(lines: Lines, span: Span, items: Sequence[TextEdit]) -> str:
    """What stands in ``span`` after the edits, which lie in it."""
    text, at = "", span.start
    for item in items:
        text += lines.slice(Span(at, item.span.start)) + item.text
        at = item.span.end
    return text + lines.slice(Span(at, span.end))


def _moves(changes: Changeset) -> tuple[RenameFile, ...]:
    return tuple(change for change in changes.changes if isinstance(change, RenameFile))


def _place(base: Document, item: TextEdit) -> str:
    name = base.path.name if base.path is not None else base.uri
    return f"{name}:{item.span.start.line + 1}"


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 40 else line[:39] + "…"
