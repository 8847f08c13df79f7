"""The text around the cursor, within a budget, cut where the next keystroke will cut it too. Pure."""

from __future__ import annotations

from itertools import accumulate, takewhile

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
    rest = lines.raw(point.line)[point.column :]
    below = point.line + 1
    sizes = accumulate(map(len, lines.raw_range(below, lines.count)), initial=len(rest))
    whole = sum(1 for _ in takewhile(room.__ge__, sizes)) - 1
    return (rest + "".join(lines.raw_range(below, below + whole)))[: max(room, 0)]


def _before(document: Document, point: Point, room: int) -> str:
    lines = document.lines
    head = lines.raw(point.line)[: point.column]
    start = _aligned_start(document, point.line, room - len(head))
    if start > point.line - _ALIGN // 2:  # never for the sake of alignment give up what little there is
        sizes = accumulate(map(len, lines.back_from(point.line)), initial=len(head))
        start = point.line - max(sum(1 for _ in takewhile(room.__ge__, sizes)) - 1, 0)
    return ("".join(lines.raw_range(start, point.line)) + head)[-max(room, 1) :]


def _aligned_start(document: Document, stop: int, room: int) -> int:
    """The first of the lines at which a window may start and from which up to ``stop`` all fits; else ``stop``."""
    best, start = stop, stop // _ALIGN * _ALIGN
    end = stop
    while start >= 0:
        room -= sum(map(len, document.lines.raw_range(start, end)))
        if room < 0:
            break
        best, end, start = start, start, start - _ALIGN
    return best
