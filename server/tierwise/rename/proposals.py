"""Names that somebody proposes, brought into the file's style and checked: what is left can be renamed to at once.

Pure but for reading the view.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from tierwise.core.documents import Document
from tierwise.core.text import Point
from tierwise.rename.identifiers import check_new_name
from tierwise.rename.service import Renamer
from tierwise.rename.snapshot import Snapshot
from tierwise.rename.values import Reason, Renameable, RenameDeclined
from tierwise.rename.words import Style, restyled, style_of

MAX_NAMES = 5

_WRONG = frozenset({Reason.CLASH, Reason.INVALID_NAME, Reason.KEYWORD, Reason.SAME_NAME, Reason.SYNTAX})
_NAME = re.compile(r"[^\W\d]\w*")


def file_style(document: Document, name: str) -> Style:
    """How names like this one are written in a file."""
    return style_of(name, _NAME.findall(document.text))


def usable_names(
    view: Snapshot,
    renamer: Renamer,
    document: Document,
    prepared: Renameable,
    proposed: Iterable[str],
    cancelled: Callable[[], bool],
) -> tuple[str, ...]:
    """The first ``MAX_NAMES`` of the proposed names that the symbol can be renamed to, in the file's style."""
    style = file_style(document, prepared.name)
    found: list[str] = []
    for name in dict.fromkeys(restyled(name, style, prepared.name) for name in proposed):
        if name and _is_usable(view, renamer, document, prepared, name, cancelled):
            found.append(name)
        if len(found) == MAX_NAMES:
            break
    return tuple(found)


def uses_of(document: Document, prepared: Renameable, limit: int) -> Iterator[tuple[Point, str]]:
    """Other lines of the document that hold the name, those nearest to its place first."""
    whole = re.compile(rf"(?<![\w$]){re.escape(prepared.name)}(?![\w$])")
    here = prepared.span.start.line
    found = [
        (Point(number, match.start()), line.rstrip("\r\n"))
        for number, line in enumerate(document.lines)
        if number != here and (match := whole.search(line)) is not None
    ]
    yield from sorted(found, key=lambda item: abs(item[0].line - here))[:limit]


def _is_usable(
    view: Snapshot,
    renamer: Renamer,
    document: Document,
    prepared: Renameable,
    name: str,
    cancelled: Callable[[], bool],
) -> bool:
    try:
        check_new_name(document.language, prepared.name, name, is_property=False)
        renamer.rename(view, document, prepared.span.start, name, cancelled=cancelled)
    except RenameDeclined as declined:
        if declined.reason in _WRONG:
            return False
        # The bundled engines cannot tell; a name that is used nowhere here is free.
        return re.search(rf"(?<!\w){re.escape(name)}(?!\w)", document.text) is None
    return True
