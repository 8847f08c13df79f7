"""Symbols and files that are named after the renamed one, each as a rename of its own: found by rule, checked like any
other, offered and never forced.

A symbol is looked for where the renamed one is used: in the files that its rename touches, and in its own. Owner of no
state; reads through the view only.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from tierwise.core.changes import Changeset, RenameFile
from tierwise.core.documents import Document
from tierwise.core.text import Point, Span
from tierwise.rename.mentions import Renamed
from tierwise.rename.python.links import is_assigned
from tierwise.rename.reach import LOCAL_SCOPES
from tierwise.rename.service import Renamer
from tierwise.rename.snapshot import Snapshot
from tierwise.rename.tied import moved_file
from tierwise.rename.values import RenameDeclined
from tierwise.rename.words import Derivation
from tierwise.syntax.parse import parse
from tierwise.syntax.scopes import DEFINITION, Name, occurrences

MAX_RELATED = 25
"""More names than that are not looked through by anybody."""

_IDENTIFIER = re.compile(r"[^\W\d][\w$]*")


class RelatedKind(StrEnum):
    SYMBOL = "symbol"
    FILE = "file"


@dataclass(frozen=True, slots=True)
class Related:
    """``old`` would become ``new``. Its changes overlap with those of no other and stand on the same documents."""

    kind: RelatedKind
    old: str
    new: str
    changes: Changeset


def find_related(
    view: Snapshot,
    renamer: Renamer,
    renamed: Renamed,
    cancelled: Callable[[], bool],
    give_way: Callable[[], None] = lambda: None,
) -> tuple[Related, ...]:
    """All that were found before ``cancelled`` said to stop, symbols first. ``give_way`` is called between names."""
    derivation = Derivation.of(renamed.old_name, renamed.new_name)
    if derivation is None:
        return ()
    finder = _Finder(view, renamer, renamed, derivation, cancelled, give_way)
    return tuple(finder.run())


@dataclass(frozen=True, slots=True)
class _Candidate:
    document: Document
    point: Point
    old: str
    new: str


class _Finder:
    def __init__(
        self,
        view: Snapshot,
        renamer: Renamer,
        renamed: Renamed,
        derivation: Derivation,
        cancelled: Callable[[], bool],
        give_way: Callable[[], None],
    ) -> None:
        self._view = view
        self._give_way = give_way
        self._renamer = renamer
        self._renamed = renamed
        self._derivation = derivation
        self._cancelled = cancelled
        self._taken: dict[str, list[Span]] = {}
        self._moved = {change.old for change in renamed.changes.changes if isinstance(change, RenameFile)}
        self._take(renamed.changes)

    def run(self) -> Iterator[Related]:
        count = 0
        for related in self._all():
            if not self._overlaps(related.changes):
                self._take(related.changes)
                yield related
                count += 1
            if count == MAX_RELATED or self._cancelled():
                return

    def _all(self) -> Iterator[Related]:
        documents = self._documents()
        for document in documents:
            self._give_way()
            for candidate in self._symbols(document):
                self._give_way()
                if self._cancelled():
                    return
                changes = None if self._is_taken(candidate) else self._rename(candidate)
                if changes is not None:
                    yield Related(RelatedKind.SYMBOL, candidate.old, candidate.new, changes)
        if not self._renamed.reach.local:
            yield from (related for document in documents if (related := self._file(document)) is not None)

    def _documents(self) -> list[Document]:
        own = self._renamed.document
        others = {document.uri: document for document in self._renamed.touched}
        others.pop(own.uri, None)
        return [own] if self._renamed.reach.local else [own, *others.values()]

    def _symbols(self, document: Document) -> Iterator[_Candidate]:
        """Definitions of names that are made of the old name and more, in the order of the text."""
        parsed = parse(document.language, document.text)
        if parsed is None:
            return
        found: list[_Candidate] = []
        for word in sorted(set(_IDENTIFIER.findall(parsed.text))):
            new = self._derivation.apply(word)
            if new is None or word == self._renamed.old_name or new in {word, self._renamed.new_name}:
                continue
            found += [
                _Candidate(document, parsed.point(name.start), word, new)
                for name in occurrences(parsed, word).names
                if _defines(name) and self._in_reach(document, name)
            ]
        yield from sorted(found, key=lambda item: item.point)

    def _in_reach(self, document: Document, name: Name) -> bool:
        """What is named after a local variable is local too."""
        reach = self._renamed.reach
        if not reach.local:
            return True
        inside = name.binding is not None and name.binding.scope.kind in LOCAL_SCOPES
        return inside and reach.covers(document, name.start)

    def _rename(self, candidate: _Candidate) -> Changeset | None:
        try:
            result = self._renamer.rename(
                self._view, candidate.document, candidate.point, candidate.new, cancelled=self._cancelled
            )
        except RenameDeclined:
            return None  # what cannot be renamed for itself is not offered
        return None if result.uncertain else result.changeset

    def _file(self, document: Document) -> Related | None:
        path = document.path
        if path is None or path in self._moved or self._cancelled():
            return None
        stem, dot, rest = path.name.partition(".")
        new = self._derivation.apply(stem)
        if new is None or new == stem:
            return None
        changes = moved_file(self._view, self._renamer, document, new, self._cancelled)
        if changes is None:
            return None
        return Related(RelatedKind.FILE, path.name, f"{new}{dot}{rest}", changes)

    def _is_taken(self, candidate: _Candidate) -> bool:
        spans = self._taken.get(candidate.document.uri, ())
        return any(span.start <= candidate.point < span.end for span in spans)

    def _take(self, changes: Changeset) -> None:
        for edit in changes.edits:
            self._taken.setdefault(edit.base.uri, []).extend(item.span for item in edit.edits)
        self._moved |= {change.old for change in changes.changes if isinstance(change, RenameFile)}

    def _overlaps(self, changes: Changeset) -> bool:
        if any(isinstance(change, RenameFile) and change.old in self._moved for change in changes.changes):
            return True
        for edit in changes.edits:
            spans = sorted([*self._taken.get(edit.base.uri, ()), *(item.span for item in edit.edits)])
            if any(left.end > right.start or left == right for left, right in pairwise(spans)):
                return True
        return False


def _defines(name: Name) -> bool:
    """Whether an occurrence defines what it names, other than by importing it."""
    if name.role == DEFINITION:
        return name.kind != "import"
    parent = name.node.parent
    if name.role != "member" or parent is None:
        return False
    return parent.child_by_field_name("name") == name.node or is_assigned(name)
