"""What must be true of a rename before anyone sees it. Reads through the view; the only look at the disk is whether a
file is write-protected.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable
from itertools import groupby
from pathlib import Path

from tierwise.core.changes import Changeset, FileEdit, RenameFile, TextEdit
from tierwise.core.documents import Document
from tierwise.core.text import Point, Span
from tierwise.core.workspace import WorkspaceView
from tierwise.rename.overlay import Overlay
from tierwise.rename.values import Engine, Found, Reason, RenameDeclined, Replacement
from tierwise.syntax.parse import parse

_VENDORED = frozenset(
    {"node_modules", "vendor", "third_party", "site-packages", "dist-packages", ".venv", "bower_components"}
)

# "Code generated ... DO NOT EDIT." is Go's convention (go help generate); "@generated" is the one of code review tools.
_GENERATED = re.compile(r"^\W*(?:Code generated .* DO NOT EDIT\.?|.*@generated\b)", re.MULTILINE)
_GENERATED_WITHIN_LINES = 20


def changeset_of(view: WorkspaceView, document: Document, found: Found, new_name: str) -> Changeset:
    """The edits, grouped by file, each of which holds what was found there. Raises RenameDeclined."""
    edits: list[FileEdit] = []
    ordered = sorted(found.certain, key=lambda item: (item.document.uri, item.span))
    for _, group in groupby(ordered, key=lambda item: item.document.uri):
        replacements = list(dict.fromkeys(group))
        base = replacements[0].document
        _check_file(view, document, base)
        for item in replacements:
            _check_text(item, new_name)
        edits.append(FileEdit(base, tuple(TextEdit(item.span, item.new) for item in replacements)))
    for edit in edits:
        _check_syntax(edit, new_name)
    return Changeset((*edits, *found.moves))


def check_moves(view: WorkspaceView, document: Document, moves: Iterable[RenameFile]) -> None:
    """Raise RenameDeclined unless every move stays in the document's folder and overwrites nothing. Looks at the disk:
    what the view hides must not be overwritten either.
    """
    folder = view.folder_of(document.path) if document.path is not None else None
    for move in moves:
        if folder is None or not move.old.is_relative_to(folder) or not move.new.is_relative_to(folder):
            raise RenameDeclined(Reason.OUTSIDE, f"{move.old.name} would move out of the workspace folder.")
        if os.path.exists(move.new):  # noqa: PTH110 - pathlib raises where one may not look
            raise RenameDeclined(Reason.CLASH, f"There is already a {move.new.name} where {move.old.name} would move.")


def is_untouchable(view: WorkspaceView, document: Document, base: Document) -> bool:
    """Whether a file must not be changed: hidden, third-party, generated or read-only."""
    return _forbidden(view, document, base) is not None


def check_meaning(
    view: WorkspaceView,
    document: Document,
    point: Point,
    found: Found,
    changes: Changeset,
    new_name: str,
    engine: Engine,
    cancelled: Callable[[], bool],
) -> None:
    """Rename back in the changed text: exactly the places that were changed must bear the name. Anything more was
    called so before (a clash), anything less is hidden by another of that name. Raises RenameDeclined.
    """
    overlay = Overlay(view, changes)
    comments = {(item.document.uri, item.span) for item in found.certain if item.in_comment}
    expected = {
        _key(overlay, edit.base, place) for edit in changes.edits for place in _new_places(edit, new_name, comments)
    }
    origin = min(
        (
            place
            for edit in changes.edits
            if edit.base.uri == document.uri
            for place in _new_places(edit, new_name, comments)
        ),
        key=lambda place: (abs(place.line - point.line), abs(place.column - point.column)),
        default=point,
    )
    try:
        back = engine.find(overlay, overlay.after(document), origin, found.name, cancelled)
    except RenameDeclined as declined:
        if declined.reason is Reason.CANCELLED:
            raise
        raise RenameDeclined(Reason.CLASH, f"'{new_name}' means something else there: {declined}") from declined
    now = {_key(overlay, item.document, _first(item, new_name)) for item in back.certain if not item.in_comment}
    doubtful = {_key(overlay, item.document, item.span.start) for item in back.uncertain}
    strange = sorted((now - expected) | (expected - now - doubtful))
    if strange:
        path, place = strange[0]
        where = f"{Path(path).name}:{place.line + 1}"
        if (path, place) in now:
            raise RenameDeclined(Reason.CLASH, f"'{new_name}' is already used at {where}; the two would become one.")
        raise RenameDeclined(Reason.CLASH, f"At {where} '{new_name}' would mean something else that has this name.")


def _check_file(view: WorkspaceView, document: Document, base: Document) -> None:
    why = _forbidden(view, document, base)
    if why is not None and base.path is not None:
        raise RenameDeclined(Reason.FORBIDDEN, f"{base.path.name} would have to change, but it is {why}.")


def _forbidden(view: WorkspaceView, document: Document, base: Document) -> str | None:
    """Why a file may not be changed; None where it may. ``document``: the one that was asked about."""
    if base.path is None:
        return None
    folder = view.folder_of(base.path)
    inside = list(base.path.relative_to(folder).parts[:-1]) if folder is not None else []
    is_shown = base.uri == document.uri and document.is_open
    if not is_shown and view.read(base.path) is None:
        return "ignored or not readable"
    if not _VENDORED.isdisjoint(inside):
        return f"third-party code ({inside[0]})"
    if _GENERATED.search("".join(base.lines.raw_range(0, _GENERATED_WITHIN_LINES))):
        return "generated; change its source"
    return "read-only" if _is_write_protected(base.path) else None


def _is_write_protected(path: Path) -> bool:
    try:
        return not path.stat().st_mode & 0o222
    except OSError:  # not on the disk (yet)
        return False


def _check_text(item: Replacement, new_name: str) -> None:
    if item.document.lines.slice(item.span) != item.old:
        where = f"{_name(item.document)}:{item.span.start.line + 1}"
        raise RenameDeclined(Reason.STALE, f"{where} no longer holds '{item.old}'; try again.")


def _check_syntax(edit: FileEdit, new_name: str) -> None:
    before = parse(edit.base.language, edit.base.text)
    after = parse(edit.base.language, edit.result.text)
    if before is not None and after is not None and after.error_count > before.error_count:
        raise RenameDeclined(Reason.SYNTAX, f"{_name(edit.base)} would not parse any more with '{new_name}'.")


def _name(document: Document) -> str:
    return document.path.name if document.path is not None else document.uri


def _new_places(edit: FileEdit, new_name: str, comments: set[tuple[str, Span]]) -> Iterable[Point]:
    """Where the new name stands in the code of the changed text."""
    shift_line = shift = 0
    for item in edit.edits:
        if item.span.start.line != shift_line:
            shift_line, shift = item.span.start.line, 0
        start = item.span.start.column + shift
        if (edit.base.uri, item.span) not in comments:
            yield Point(item.span.start.line, start + _offset(item.text, new_name))
        shift += len(item.text) - (item.span.end.column - item.span.start.column)


def _offset(text: str, new_name: str) -> int:
    match = re.search(rf"(?<!\w){re.escape(new_name)}(?!\w)", text)
    return match.start() if match is not None else 0


def _first(item: Replacement, new_name: str) -> Point:
    return Point(item.span.start.line, item.span.start.column + _offset(item.old, new_name))


def _key(overlay: Overlay, document: Document, place: Point) -> tuple[str, Point]:
    path = document.path
    return (document.uri if path is None else str(overlay.moved(path)), place)
