"""From a region said anew to the first change in it, also while it is still being said. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

from tierwise.core.changes import TextEdit
from tierwise.core.text import Lines
from tierwise.edits.diff import LineChange, one_edit

_ANCHOR = 2
"""Lines that must agree again for a change to be over."""


def region_changes(old: Sequence[str], new: Sequence[str], *, complete: bool) -> list[LineChange]:
    """What changed between the lines of a region (without terminators), in order; blanks at line ends do not count.

    Not ``complete``: ``new`` is only the beginning, and only changes that cannot grow any more are given.
    """
    mine, theirs = [line.rstrip() for line in old], [line.rstrip() for line in new]
    return list(_whole(mine, theirs) if complete else _begun(mine, theirs))


def _whole(mine: Sequence[str], theirs: Sequence[str]) -> Iterator[LineChange]:
    for tag, i, j, k, m in SequenceMatcher(None, mine, theirs, autojunk=False).get_opcodes():
        if tag != "equal":
            yield LineChange(i, j, tuple(theirs[k:m]))


def _begun(mine: Sequence[str], theirs: Sequence[str]) -> Iterator[LineChange]:
    i = j = 0
    while i < len(mine) and j < len(theirs):
        if mine[i] == theirs[j]:
            i, j = i + 1, j + 1
            continue
        again = _again(mine[i:], theirs[j:])
        if again is None:
            return
        yield LineChange(i, i + again[0], tuple(theirs[j : j + again[1]]))
        i, j = i + again[0], j + again[1]


def _again(mine: Sequence[str], theirs: Sequence[str]) -> tuple[int, int] | None:
    """After how many lines of each both go on alike, as few as possible; None where that is not certain yet: what is
    still to come might agree after fewer.
    """
    for total in range(1, len(theirs) - _ANCHOR + 1):
        for skipped in range(min(total, len(mine)) + 1):
            anchor = mine[skipped : skipped + _ANCHOR]
            there = theirs[total - skipped : total - skipped + _ANCHOR]
            if len(anchor) == _ANCHOR and anchor == there and any(anchor):
                return skipped, total - skipped
    return None


def change_edit(lines: Lines, first: int, change: LineChange) -> TextEdit:
    """The change of a region whose first line is ``first`` of ``lines``, as the one edit of what differs in it."""
    start, stop = first + change.start, first + change.stop
    new = [line + lines.terminator for line in change.lines]
    if stop >= lines.count or (stop == lines.count - 1 and not lines.raw(stop)):
        stop = min(stop, lines.count)
        if lines.raw(lines.count - 1):  # the last line has no terminator, and whichever is the last then has none
            if start > 0:
                start, new = start - 1, [lines.line(start - 1) + lines.terminator, *new]
            new[-1:] = [line.removesuffix(lines.terminator) for line in new[-1:]]
    return one_edit(lines, start, stop, "".join(new))
