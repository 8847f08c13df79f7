"""Searches of one rename in a thread, and what they find as it is remembered. Owner of no state."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import TypeVar

from tierwise.core.changes import Changeset
from tierwise.core.clock import Clock
from tierwise.core.documents import Document
from tierwise.core.errors import Declined
from tierwise.core.text import Point
from tierwise.features.rename.adjudicate import Verdict
from tierwise.features.rename.offers import Remembered, after, key_of, uri_after
from tierwise.rename.mentions import Mention, Renamed, Where, find_mentions
from tierwise.rename.reach import reach_of
from tierwise.rename.related import Related, find_related
from tierwise.rename.service import Renamer
from tierwise.rename.snapshot import Snapshot
from tierwise.rename.values import RenameResult

_T = TypeVar("_T")

_MAX_HOLDERS = 200
"""Files in which related names are looked for afterwards, at most."""

DONE = Changeset(())
"""Stands for changes that were made already."""


async def in_thread(work: Callable[[threading.Event], _T]) -> _T:
    """Run ``work`` in a thread; its event is set when the caller is cancelled."""
    cancelled = threading.Event()
    try:
        return await asyncio.to_thread(work, cancelled)
    except asyncio.CancelledError:
        cancelled.set()
        raise


async def mentions_of(
    view: Snapshot, renamed: Renamed, give_way: Callable[[], None] = lambda: None
) -> tuple[Mention, ...]:
    """All candidates. ``give_way`` is called between files."""
    return await in_thread(lambda _: find_mentions(view, renamed, give_way))


async def related_to(
    view: Snapshot,
    renamer: Renamer,
    renamed: Renamed,
    clock: Clock,
    until: float,
    give_way: Callable[[], None] = lambda: None,
) -> tuple[tuple[Related, ...], bool]:
    """Related names found before ``until`` (monotonic seconds), and whether those are all. ``give_way`` is called
    between names.
    """

    def search(cancelled: threading.Event) -> tuple[tuple[Related, ...], bool]:
        found = find_related(view, renamer, renamed, lambda: cancelled.is_set() or clock.monotonic() > until, give_way)
        return found, clock.monotonic() <= until

    return await in_thread(search)


async def as_renamed(document: Document, point: Point, certain: RenameResult) -> Renamed:
    """A rename that is about to be made."""
    reach = await in_thread(lambda _: reach_of(document, document.lines.clamp(point), certain.old_name))
    return Renamed(document, certain.old_name, certain.new_name, certain.changeset, certain.uncertain, reach)


async def as_applied(view: Snapshot, document: Document, remembered: Remembered) -> Renamed:
    """A rename that was made. Raises Declined where its symbol is not found again."""

    def look(_: threading.Event) -> Renamed:
        reach = reach_of(document, document.lines.clamp(remembered.anchor), remembered.new_name)
        if reach.local is not remembered.local:
            raise Declined(f"'{remembered.new_name}' is not where it was renamed any more; rename it again.")
        folder = view.folder_of(document.path) if document.path is not None else None
        paths = [] if folder is None or reach.local else list(view.files_with(folder, remembered.new_name))
        holders = [holder for path in paths[:_MAX_HOLDERS] if (holder := view.read(path)) is not None]
        return Renamed(document, remembered.old_name, remembered.new_name, DONE, (), reach, tuple(holders))

    return await in_thread(look)


def remember(view: Snapshot, renamed: Renamed, point: Point, kind: str) -> Remembered:
    """A rename with nothing left yet."""
    document, changes = renamed.document, renamed.changes
    return Remembered(
        folder=view.folder_of(document.path) if document.path is not None else None,
        anchor_uri=uri_after(document, changes),
        anchor=_anchor(document, changes, document.lines.clamp(point)),
        old_name=renamed.old_name,
        new_name=renamed.new_name,
        kind=kind,
        local=renamed.reach.local,
    )


def remember_mentions(remembered: Remembered, mentions: tuple[Mention, ...], changes: Changeset) -> None:
    remembered.mentions |= {key_of(mention, changes) for mention in mentions}


def remember_verdict(remembered: Remembered, verdict: Verdict, changes: Changeset) -> None:
    """Keep what a model said; what it rejected is not left any more."""
    for mention in verdict.asked:
        key = key_of(mention, changes)
        accepted = mention in verdict.accepted
        remembered.verdicts[key] = accepted
        if not accepted:
            remembered.mentions.discard(key)


def is_prose(mention: Mention) -> bool:
    """Whether changing a mention can break nothing: no program reads it."""
    return mention.where in {Where.COMMENT, Where.DOCUMENT}


def _anchor(document: Document, changes: Changeset, point: Point) -> Point:
    """Where the name that was renamed at ``point`` begins afterwards."""
    edit = next((edit for edit in changes.edits if edit.base.uri == document.uri), None)
    if edit is None:
        return point
    own = next((item for item in edit.edits if item.span.start <= point <= item.span.end), None)
    return after(edit, point if own is None else own.span.start)
