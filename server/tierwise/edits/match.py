"""Where a SEARCH text stands in a file: exactly, or with a tolerance that cannot change its meaning.

Pure. Never picks one of several places: the caller sees all of them.
"""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_CANDIDATES = 4000
"""Lines that the search for a similar passage compares at most; it only serves an explanation."""

_QUOTED_LINES = 24
"""Lines of a passage that are quoted as evidence."""


@dataclass(frozen=True, slots=True)
class Match:
    """The file's lines ``start`` up to ``stop``.

    ``added`` stands before each of the file's lines but not before the searched ones; ``removed`` the other way
    round. At most one of the two is not empty. ``exact``: no tolerance was needed.
    """

    start: int
    stop: int
    exact: bool
    added: str = ""
    removed: str = ""

    def reindent(self, line: str) -> str | None:
        """A replacement line with the file's indentation; None when it has less than what must go."""
        if not line.strip():
            return line.strip(" \t") if self.added or self.removed else line
        if self.removed:
            return line.removeprefix(self.removed) if line.startswith(self.removed) else None
        return self.added + line


def find(lines: Sequence[str], wanted: Sequence[str]) -> list[Match]:
    """All places of ``wanted`` in ``lines`` (both without terminators) at the strictest level that has any.

    The levels: equal; equal but for white space at the ends of lines; the same with all indentations shifted by one
    and the same string.
    """
    if not wanted or len(wanted) > len(lines):
        return []
    if exact := [Match(i, i + len(wanted), True) for i in _places(lines, wanted)]:
        return exact
    lines = [line.rstrip() for line in lines]
    wanted = [line.rstrip() for line in wanted]
    if trimmed := [Match(i, i + len(wanted), False) for i in _places(lines, wanted)]:
        return trimmed
    places = _places([line.lstrip() for line in lines], [line.lstrip() for line in wanted])
    shifted = (_shift(lines[i : i + len(wanted)], wanted, i) for i in places)
    return [match for match in shifted if match]


def stands(lines: Sequence[str], wanted: Sequence[str]) -> bool:
    """Whether ``wanted`` stands in ``lines`` exactly."""
    return 0 < len(wanted) <= len(lines) and any(True for _ in _places(lines, wanted))


def nearest(lines: Sequence[str], wanted: Sequence[str]) -> tuple[int, int] | None:
    """The passage of ``lines`` most like ``wanted`` as (start, stop), or None when nothing is alike."""
    keys = [line.strip() for line in lines]
    words = Counter(key for line in wanted if (key := line.strip()))
    best, place, size = 0, 0, max(1, len(wanted))
    score = 0
    for i, key in enumerate(keys):
        score += key in words
        if i >= size:
            score -= keys[i - size] in words
        if score > best:
            best, place = score, max(0, i - size + 1)
    if best:
        return place, min(len(lines), place + size)
    return _alike(keys, words, size)


def quoted(lines: Sequence[str], start: int, stop: int) -> str:
    """Lines as evidence shows them, cut where they are many."""
    shown = lines[start : min(stop, start + _QUOTED_LINES)]
    rest = stop - start - len(shown)
    return "\n".join(shown) + (f"\n({rest} more lines)" if rest > 0 else "")


def _places(lines: Sequence[str], wanted: Sequence[str]) -> Iterator[int]:
    rare = max(range(len(wanted)), key=lambda i: len(wanted[i]))  # a long line is seldom elsewhere
    size, place, lines = len(wanted), rare - 1, list(lines)
    while True:
        try:
            place = lines.index(wanted[rare], place + 1)
        except ValueError:
            return
        start = place - rare
        if lines[start : start + size] == wanted:
            yield start


def _shift(lines: Sequence[str], wanted: Sequence[str], start: int) -> Match | None:
    pairs = [(_indent(a), _indent(b)) for a, b in zip(lines, wanted, strict=True) if a]
    if not pairs:
        return None
    have, asked = pairs[0]
    if have.endswith(asked):
        added = have.removesuffix(asked)
        if all(a == added + b for a, b in pairs):
            return Match(start, start + len(wanted), False, added=added)
    if asked.endswith(have):
        removed = asked.removesuffix(have)
        if all(b == removed + a for a, b in pairs):
            return Match(start, start + len(wanted), False, removed=removed)
    return None


def _indent(line: str) -> str:
    return line[: len(line) - len(line.lstrip())]


def _alike(keys: list[str], words: Counter[str], size: int) -> tuple[int, int] | None:
    longest = max(words, key=len, default="")
    close = difflib.get_close_matches(longest, list(dict.fromkeys(keys[:_CANDIDATES])), n=1, cutoff=0.6)
    if not close:
        return None
    place = max(0, keys.index(close[0]) - size // 2)
    return place, min(len(keys), place + size)
