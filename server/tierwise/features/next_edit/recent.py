"""The last changes as the prediction takes them: those that still stand, with the lines where they stand now. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from tierwise.core.documents import Document
from tierwise.embedded.next_edit.values import Change
from tierwise.session.history import Hunk

RECENT_S = 600.0
"""Seconds after which an edit belongs to other work."""
_MOST = 40


def standing(hunks: Iterable[Hunk], documents: Mapping[str, Document], now: float) -> list[Change]:
    """The changes of ``documents`` (open ones, by URI) among ``hunks``, the newest first, that nothing has changed
    again. ``now`` in monotonic seconds.
    """
    return list(_standing(hunks, documents, now))[:_MOST]


def _standing(hunks: Iterable[Hunk], documents: Mapping[str, Document], now: float) -> Iterator[Change]:
    for hunk in hunks:
        if now - hunk.at > RECENT_S:
            return
        document = documents.get(hunk.uri)
        if document is None or not hunk.whole:
            continue
        if tuple(document.lines.raw_range(hunk.line, hunk.line + len(hunk.new))) == hunk.new:
            yield Change(hunk.uri, hunk.line, hunk.old, hunk.new)
