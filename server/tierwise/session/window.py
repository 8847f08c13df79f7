"""The text around the cursor, within a budget, cut where the next keystroke will cut it too. Pure."""

from __future__ import annotations

from tierwise.core.documents import Document
from tierwise.core.text import Point

_PREFIX_SHARE = 0.75
_ALIGN = 32
"""The window starts at a multiple of this many lines, so that a server's cache of the prompt's beginning holds while
the user types on: an unaligned window would move with every new line."""


def around(document: Document, point: Point, characters: int) -> tuple[str, str]:
    """Prefix and suffix of ``point``, together at most about ``characters``; a short suffix leaves its share to the
    prefix. Both end at line borders unless a single line is longer than the whole budget.
    """
    suffix = _after(document, point, int(characters * (1 - _PREFIX_SHARE)))
    prefix = _before(document, point, characters - len(suffix))
    return prefix, suffix


def _after(document: Document, point: Point, room: int) -> str:
    lines = document.lines
    pieces = [lines.raw(point.line)[point.column :]]
    used = len(pieces[0])
    for line in lines.raw_range(point.line + 1, lines.count):
        used += len(line)
        if used > room:
            break
        pieces.append(line)
    return "".join(pieces)[: max(room, 0)]


def _before(document: Document, point: Point, room: int) -> str:
    lines = document.lines
    head = lines.raw(point.line)[: point.column]
    used, start = len(head), point.line
    for line in lines.back_from(point.line):
        used += len(line)
        if used > room:
            break
        start -= 1
    aligned = -(-start // _ALIGN) * _ALIGN
    if aligned <= point.line - _ALIGN // 2:  # never for the sake of alignment give up what little there is
        start = aligned
    return ("".join(lines.raw_range(start, point.line)) + head)[-max(room, 1) :]
