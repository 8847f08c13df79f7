"""What the user just did: a bounded ring of hunks, keystrokes of one place merged into one. Owner of that ring."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from tierwise.core.clock import Clock
from tierwise.core.documents import Document
from tierwise.core.ports import DocumentEdit

_MAX_HUNKS = 200
_MAX_LINES = 80
"""A hunk larger than this is a paste or a reformatting: it says little of what comes next, and is cut."""
_MERGE_LINES = 2
"""Edits at most this many lines from the last hunk continue it."""


@dataclass(frozen=True, slots=True)
class Hunk:
    """``old`` lines from ``line`` (0-based) of ``uri`` became ``new``; ``at`` is monotonic seconds of the last edit."""

    uri: str
    line: int
    old: tuple[str, ...]
    new: tuple[str, ...]
    at: float


class EditHistory:
    """Hunks in order of time, across documents."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._hunks: deque[Hunk] = deque(maxlen=_MAX_HUNKS)

    def record(self, edit: DocumentEdit) -> None:
        """Add one edit, merged into the last hunk where it continues it. Costs O(hunk)."""
        first, last = edit.span.start.line, edit.span.end.line
        grown = edit.after.lines.count - edit.before.lines.count
        previous = self._hunks[-1] if self._hunks else None
        if previous is not None and _continues(previous, edit.before, first, last):
            self._hunks.pop()
            first, old = _union(previous, edit.before, first, last)
            size = max(last + 1, previous.line + len(previous.new)) - first
        else:
            old = tuple(edit.before.lines.raw_range(first, min(last + 1, first + _MAX_LINES)))
            size = last + 1 - first
        new = tuple(edit.after.lines.raw_range(first, first + min(size + grown, _MAX_LINES)))
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


def _continues(hunk: Hunk, before: Document, first: int, last: int) -> bool:
    if hunk.uri != before.uri or max(len(hunk.old), len(hunk.new)) >= _MAX_LINES:
        return False
    end = hunk.line + len(hunk.new)
    near = first <= end + _MERGE_LINES and last >= hunk.line - _MERGE_LINES
    return near and max(last + 1, end) - min(first, hunk.line) <= _MAX_LINES


def _union(hunk: Hunk, before: Document, first: int, last: int) -> tuple[int, tuple[str, ...]]:
    """The old text of the hunk's region widened to hold lines ``first`` to ``last`` of ``before``."""
    end = hunk.line + len(hunk.new)
    above = before.lines.raw_range(first, hunk.line) if first < hunk.line else ()
    below = before.lines.raw_range(end, last + 1) if last >= end else ()
    return min(first, hunk.line), (*above, *hunk.old, *below)
