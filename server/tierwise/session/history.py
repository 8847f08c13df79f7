"""What the user just did: a bounded ring of hunks, keystrokes of one place merged into one. Owner of that ring."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace

from tierwise.core.clock import Clock
from tierwise.core.documents import Document
from tierwise.core.ports import DocumentEdit

_MAX_HUNKS = 200
MAX_LINES = 80
"""A hunk larger than this is a paste or a reformatting: it says little of what comes next, and is cut."""
_MERGE_LINES = 2
"""Edits at most this many lines from the last hunk continue it."""


@dataclass(frozen=True, slots=True)
class Hunk:
    """``old`` lines of ``uri`` became ``new``, which stand from ``line`` (0-based) on now, unless they were edited
    again since; ``at`` is monotonic seconds of the last edit.
    """

    uri: str
    line: int
    old: tuple[str, ...]
    new: tuple[str, ...]
    at: float

    @property
    def whole(self) -> bool:
        """Whether nothing of it was cut off."""
        return len(self.old) < MAX_LINES and len(self.new) < MAX_LINES


class EditHistory:
    """Hunks in order of time, across documents."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._hunks: deque[Hunk] = deque(maxlen=_MAX_HUNKS)
        self.revision = 0
        """Grows with every change of the ring."""

    def record(self, edit: DocumentEdit) -> None:
        """Add one edit, merged into the last hunk where it continues it. Costs O(edit + hunks), and O(file) for an
        edit that replaces a whole file: only the lines that differ count.
        """
        first, stop = _changed(edit)
        grown = edit.after.lines.count - edit.before.lines.count
        if stop == first and grown == 0:
            return
        self.revision += 1
        previous = self._hunks[-1] if self._hunks else None
        if previous is not None and _continues(previous, edit.before, first, stop):
            self._hunks.pop()
            old = _union(previous, edit.before, first, stop)
            first, stop = min(first, previous.line), max(stop, previous.line + len(previous.new))
        else:
            old = tuple(edit.before.lines.raw_range(first, min(stop, first + MAX_LINES)))
        self._shift(edit.after.uri, stop, grown)
        new = tuple(edit.after.lines.raw_range(first, min(stop + grown, first + MAX_LINES)))
        if old != new:
            self._hunks.append(Hunk(edit.after.uri, first, old, new, self._clock.monotonic()))

    def recent(self) -> Iterator[Hunk]:
        """The newest first."""
        return reversed(self._hunks)

    def forget(self, uri: str) -> None:
        """Drop what was recorded of one document (it turned out to be forbidden, or was deleted)."""
        kept = [hunk for hunk in self._hunks if hunk.uri != uri]
        self._hunks.clear()
        self._hunks.extend(kept)
        self.revision += 1

    def _shift(self, uri: str, line: int, grown: int) -> None:
        """Move the hunks that stand at or below ``line`` along with their text."""
        if grown:
            for index, hunk in enumerate(self._hunks):
                if hunk.uri == uri and hunk.line >= line:
                    self._hunks[index] = replace(hunk, line=hunk.line + grown)


def _changed(edit: DocumentEdit) -> tuple[int, int]:
    """The lines of ``before`` that differ, from the first up to, not including, the last: equal ones at both ends of
    the edit are left out.
    """
    before, after = edit.before.lines, edit.after.lines
    first, stop = edit.span.start.line, edit.span.end.line + 1
    grown = after.count - before.count
    while first < min(stop, stop + grown) and before.raw(first) == after.raw(first):
        first += 1
    while first < min(stop, stop + grown) and before.raw(stop - 1) == after.raw(stop - 1 + grown):
        stop -= 1
    return first, stop


def _continues(hunk: Hunk, before: Document, first: int, stop: int) -> bool:
    if hunk.uri != before.uri or not hunk.whole:
        return False
    end = hunk.line + len(hunk.new)
    near = first <= end + _MERGE_LINES and stop > hunk.line - _MERGE_LINES
    return near and max(stop, end) - min(first, hunk.line) <= MAX_LINES


def _union(hunk: Hunk, before: Document, first: int, stop: int) -> tuple[str, ...]:
    """The old text of the hunk's region widened to hold lines ``first`` up to ``stop`` of ``before``."""
    end = hunk.line + len(hunk.new)
    above = before.lines.raw_range(first, hunk.line) if first < hunk.line else ()
    below = before.lines.raw_range(end, stop) if stop > end else ()
    return (*above, *hunk.old, *below)
