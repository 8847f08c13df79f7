"""The text around the cursor, within a budget, cut where the next keystroke will cut it too. Pure.

Done for every keystroke, so lines are measured many at once, as text.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import accumulate, takewhile

from tierwise.core.documents import Document
from tierwise.core.text import Lines, Point
from tierwise.core.tokens import size

_PREFIX_SHARE = 0.75
_ALIGN = 32
"""The window starts at a multiple of this many lines, so that a server's cache of the prompt's beginning holds while
the user types on: an unaligned window would move with every new line."""

_SHORT_LINE = 24
"""Characters; of lines that are shorter on average more must be looked at than first thought."""


def around(document: Document, point: Point, characters: int) -> tuple[str, str]:
    """Prefix and suffix of ``point``, together of about ``characters`` at most, as ``tokens.size`` counts them; a short
    suffix leaves its share to the prefix. Both end at line borders unless a single line is longer than the whole
    budget.
    """
    room = characters
    prefix, suffix = _around(document, point, room)
    while (taken := size(prefix) + size(suffix)) > characters and room > 0:
        room = min(room - 1, room * characters // taken)
        prefix, suffix = _around(document, point, room)
    return prefix, suffix


def _around(document: Document, point: Point, characters: int) -> tuple[str, str]:
    suffix = _after(document.lines, point, int(characters * (1 - _PREFIX_SHARE)))
    prefix = _before(document.lines, point, characters - len(suffix))
    return prefix, suffix


def _after(lines: Lines, point: Point, room: int) -> str:
    rest = lines.raw(point.line)[point.column :]
    return (rest + _fitting_below(lines, point.line + 1, room - len(rest)))[: max(room, 0)]


def _fitting_below(lines: Lines, first: int, room: int) -> str:
    """The whole lines from ``first`` on that fit into ``room`` characters."""
    if room <= 0:
        return ""
    looked = room // _SHORT_LINE + _ALIGN
    while len(text := "".join(lines.raw_range(first, first + looked))) <= room and first + looked < lines.count:
        looked *= 2
    if len(text) <= room:
        return text
    if "\r" in text:
        return "".join(lines.raw_range(first, first + _fitting(lines.raw_range(first, first + looked), room)))
    return text[: text.rfind("\n", 0, room) + 1]


def _before(lines: Lines, point: Point, room: int) -> str:
    head, stop = lines.raw(point.line)[: point.column], point.line
    first = stop - _fitting_above(lines, stop, room - len(head))
    start = -(-first // _ALIGN) * _ALIGN
    if start > stop - _ALIGN // 2:  # never for the sake of alignment give up what little there is
        start = first
    return ("".join(lines.raw_range(start, stop)) + head)[-max(room, 1) :]


def _fitting_above(lines: Lines, stop: int, room: int) -> int:
    """How many of the lines directly above ``stop`` fit into ``room`` characters."""
    if room <= 0:
        return 0
    looked = room // _SHORT_LINE + _ALIGN
    while len(text := "".join(lines.raw_range(stop - looked, stop))) <= room and looked < stop:
        looked *= 2
    if len(text) <= room:
        return stop
    if "\r" in text:
        return _fitting(lines.back_from(stop), room)
    cut = len(text) - room
    return text.count("\n", cut) - (text[cut - 1] != "\n")


def _fitting(lines: Iterable[str], room: int) -> int:
    """How many of these lines fit into ``room`` characters."""
    return sum(1 for _ in takewhile(room.__ge__, accumulate(map(len, lines))))
