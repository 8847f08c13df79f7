"""Which lines differ between two texts, in time that hardly depends on how: it runs on the event loop. Pure.

Lines that occur once in both texts anchor the comparison where they stand in the same order (patience diff);
only what lies between two anchors is aligned line by line, and where that is long it counts as replaced. difflib alone
would take seconds for two texts of many equal lines.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_MAX_CELLS = 10_000
"""Lines of one side times lines of the other, between two anchors, up to which they are aligned: a few milliseconds."""


@dataclass(frozen=True, slots=True)
class Change:
    """Lines ``a1`` up to ``a2`` of the old text gave way to ``b1`` up to ``b2`` of the new one (0-based)."""

    a1: int
    a2: int
    b1: int
    b2: int


def changes(old: Sequence[str], new: Sequence[str]) -> list[Change]:
    """What differs, in order; nothing for equal texts. Neighbouring changes are one."""
    found: list[Change] = []
    for change in _between(old, new):
        if found and found[-1].a2 == change.a1 and found[-1].b2 == change.b1:
            found[-1] = Change(found[-1].a1, change.a2, found[-1].b1, change.b2)
        else:
            found.append(change)
    return found


def _between(old: Sequence[str], new: Sequence[str]) -> Iterator[Change]:
    head = _common(old, new)
    tail = _common(old[head:][::-1], new[head:][::-1])
    a, b, end_a, end_b = head, head, len(old) - tail, len(new) - tail
    for next_a, next_b in [*_anchors(old[a:end_a], new[b:end_b]), (end_a - head, end_b - head)]:
        yield from _aligned(old, new, Change(a, head + next_a, b, head + next_b))
        a, b = head + next_a + 1, head + next_b + 1


def _aligned(old: Sequence[str], new: Sequence[str], gap: Change) -> Iterator[Change]:
    rows, columns = gap.a2 - gap.a1, gap.b2 - gap.b1
    if not rows and not columns:
        return
    if not rows or not columns or rows * columns > _MAX_CELLS:
        yield gap
        return
    from difflib import SequenceMatcher  # not needed for the first keystrokes

    matcher = SequenceMatcher(None, old[gap.a1 : gap.a2], new[gap.b1 : gap.b2], autojunk=False)
    for tag, a1, a2, b1, b2 in matcher.get_opcodes():
        if tag != "equal":
            yield Change(gap.a1 + a1, gap.a1 + a2, gap.b1 + b1, gap.b1 + b2)


def _anchors(old: Sequence[str], new: Sequence[str]) -> list[tuple[int, int]]:
    """Places of lines that are unique in both, the longest sequence of them that rises on both sides."""
    counts_old, counts_new = Counter(old), Counter(new)
    where = {line: place for place, line in enumerate(new) if counts_new[line] == 1}
    pairs = [(a, where[line]) for a, line in enumerate(old) if counts_old[line] == 1 and line in where]
    ends: list[int] = []
    piles: list[int] = []
    before: list[int] = []
    for index, (_, b) in enumerate(pairs):
        pile = bisect_left(ends, b)
        before.append(piles[pile - 1] if pile else -1)
        if pile == len(ends):
            ends.append(b)
            piles.append(index)
        else:
            ends[pile], piles[pile] = b, index
    chosen: list[tuple[int, int]] = []
    at = piles[-1] if piles else -1
    while at >= 0:
        chosen.append(pairs[at])
        at = before[at]
    return chosen[::-1]


def _common(a: Sequence[str], b: Sequence[str]) -> int:
    for count, (x, y) in enumerate(zip(a, b, strict=False)):
        if x != y:
            return count
    return min(len(a), len(b))
