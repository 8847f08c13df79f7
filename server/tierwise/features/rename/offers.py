"""What a rename left to be done: mentions and related names, remembered until they are done, or out of date.

Owner of the newest few of these. What is offered is found anew in the text as it is when it is asked for; only verdicts
are remembered, by the line a mention stands in. Nothing is offered of a rename that was not applied.
"""

from __future__ import annotations

import re
import uuid
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from tierwise.core import uris
from tierwise.core.changes import Changeset, FileEdit, RenameFile
from tierwise.core.documents import Document
from tierwise.core.text import Lines, Point, Span
from tierwise.rename.mentions import Mention
from tierwise.rename.related import Related

MAX_REMEMBERED = 8
"""Renames whose rest is kept; the oldest is forgotten first."""

_LOOKED_AT = 20
"""So many files are looked at to see whether something is still left; a code action must be there at once."""


class Rest(StrEnum):
    """A kind of what is left."""

    MENTIONS = "mentions"
    RELATED = "related"


@dataclass(frozen=True, slots=True)
class MentionKey:
    """A mention after the rename: its file, the line it stands in, and which occurrence of ``old`` in it it is."""

    uri: str
    line: str
    old: str
    occurrence: int


@dataclass(slots=True)
class Remembered:
    """One rename that was answered. ``anchor`` is where the renamed name stands after it. ``verdicts`` are those of a
    model; ``mentions`` are left to be updated, ``related`` are names that are left, with the file of each.
    """

    folder: Path | None
    anchor_uri: str
    anchor: Point
    old_name: str
    new_name: str
    kind: str
    local: bool
    verdicts: dict[MentionKey, bool] = field(default_factory=dict[MentionKey, bool])
    mentions: set[MentionKey] = field(default_factory=set[MentionKey])
    related: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])
    id: str = field(default_factory=lambda: uuid.uuid4().hex)


@dataclass(frozen=True, slots=True)
class Offered:
    """Something that can be done at a place: an action's title, the rename's id, and which part of its rest."""

    title: str
    id: str
    rest: Rest


class Offers:
    """The renames of one session whose rest may still be wanted."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, Remembered] = OrderedDict()

    def keep(self, remembered: Remembered) -> None:
        """Remember a rename. It replaces an earlier one of the same symbol."""
        for key, other in tuple(self._kept.items()):
            same_place = other.anchor_uri == remembered.anchor_uri
            if same_place and {other.old_name, other.new_name} & {remembered.old_name, remembered.new_name}:
                del self._kept[key]
        self._kept[remembered.id] = remembered
        while len(self._kept) > MAX_REMEMBERED:
            self._kept.popitem(last=False)

    def get(self, identifier: str) -> Remembered | None:
        return self._kept.get(identifier)

    def at(
        self, document: Document, folder: Path | None, span: Span, current: Callable[[str], Document | None]
    ) -> list[Offered]:
        """What can be offered for a stretch of a document, the newest rename first. ``current`` reads a file."""
        found: list[Offered] = []
        for remembered in reversed(self._kept.values()):
            if remembered.folder != folder or not _speaks_of(document, span, remembered):
                continue
            anchor = current(remembered.anchor_uri)
            if anchor is None or not _holds(anchor.text, remembered.new_name):
                continue
            found += [_offered(remembered, rest, count) for rest, count in _left(remembered, current) if count]
        return found


def key_of(mention: Mention, changes: Changeset) -> MentionKey:
    """The mention as it can be found again after ``changes``; an empty changeset where they are made already."""
    start = mention.span.start
    edit = next((edit for edit in changes.edits if edit.base.uri == mention.document.uri), None)
    line, column = mention.line, start.column
    if edit is not None:
        line, column = edit.result.line(start.line), after(edit, start).column
    before = len(re.findall(rf"(?<!\w){re.escape(mention.old)}(?!\w)", line[:column]))
    return MentionKey(uri_after(mention.document, changes), line.strip(), mention.old, before)


def after(edit: FileEdit, point: Point) -> Point:
    """Where a place is after an edit that adds no lines."""
    shift = sum(
        len(item.text) - (item.span.end.column - item.span.start.column)
        for item in edit.edits
        if item.span.end.line == point.line and item.span.end <= point
    )
    return Point(point.line, point.column + shift)


def uri_after(document: Document, changes: Changeset) -> str:
    """The URI of a document after the moves of a changeset."""
    for change in changes.changes:
        if isinstance(change, RenameFile) and document.path is not None and document.path.is_relative_to(change.old):
            return uris.to_uri(change.new / document.path.relative_to(change.old))
    return document.uri


def related_keys(related: Iterable[Related], changes: Changeset) -> set[tuple[str, str]]:
    """Each related name with the URI of a file that holds it after ``changes``; for a file that would move no name."""
    found: set[tuple[str, str]] = set()
    for item in related:
        found |= {(uri_after(edit.base, changes), item.old) for edit in item.changes.edits[:1]}
        if not item.changes.edits:
            found |= {(uris.to_uri(move.old), "") for move in item.changes.changes if isinstance(move, RenameFile)}
    return found


def _left(remembered: Remembered, current: Callable[[str], Document | None]) -> Iterable[tuple[Rest, int]]:
    documents: dict[str, Document | None] = {}

    def text(uri: str) -> str:
        if uri not in documents and len(documents) < _LOOKED_AT:
            documents[uri] = current(uri)
        document = documents.get(uri)
        return "" if document is None else document.text

    yield Rest.MENTIONS, sum(key.line in text(key.uri) for key in remembered.mentions)
    yield Rest.RELATED, sum(_holds(text(uri), name) if name else text(uri) != "" for uri, name in remembered.related)


def _offered(remembered: Remembered, rest: Rest, count: int) -> Offered:
    old, new = remembered.old_name, remembered.new_name
    if rest is Rest.MENTIONS:
        noun = "mention" if count == 1 else "mentions"
        return Offered(f"Update {count} {noun} of '{old}' to '{new}'", remembered.id, rest)
    noun = "name" if count == 1 else "names"
    return Offered(f"Rename {count} {noun} made of '{old}' after '{new}'", remembered.id, rest)


def _speaks_of(document: Document, span: Span, remembered: Remembered) -> bool:
    """Whether one of the two names stands in the lines of a span."""
    lines: Lines = document.lines
    text = "".join(lines.raw_range(span.start.line, span.end.line + 1))
    return _holds(text, remembered.new_name) or _holds(text, remembered.old_name)


def _holds(text: str, name: str) -> bool:
    return name in text and re.search(rf"(?<![\w$]){re.escape(name)}(?![\w$])", text) is not None
