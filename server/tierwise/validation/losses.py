"""What must not get lost: definitions, documentation and licence headers that the request does not name. Pure.

A definition is not lost when it goes on under another name or in another file, when a new one stands in its place and
nobody asks for the old one any more, or when the change itself took its last use away; of a name that others bear,
when it took more uses away than it brings.
"""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice

from tierwise.core.changes import Changeset, FileEdit
from tierwise.core.rejection import Rejection, RejectReason
from tierwise.core.text import Lines, Point
from tierwise.edits.diff import LineChange, line_changes
from tierwise.syntax.outline import Definition, outline
from tierwise.validation.changed import ChangedFile
from tierwise.validation.project import Project
from tierwise.validation.scope import EditScope

_FUNCTIONS = frozenset({"function", "method", "macro"})
_KEPT_KINDS = _FUNCTIONS | {"class", "struct", "interface", "trait", "enum", "type", "module"}
_REMOVES = re.compile(r"\b(?:remove|delete|drop|get rid of|clean|prune|strip|inline|merge)", re.IGNORECASE)
_SWEEPING = re.compile(
    r"\b(?:unused|unneeded|unnecessary|useless|dead|obsolete|deprecated|legacy|redundant|duplicated?)\s+(?:\w+\s+)?"
    r"(?:api|class|code|constructor|definition|func|helper|interface|method|module|struct|stuff|test|trait|type)",
    re.IGNORECASE,
)
_PART = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")
_LICENCE = re.compile(r"licen[sc]e|copyright|spdx|all rights reserved", re.IGNORECASE)
_HEADER_LINES = 60

_SAME_BODY = 0.6
"""Similarity of two definitions' lines from which one counts as the other under a new name."""

_MOST_FILES = 20
"""Files with a lost definition's name that are read for others of that name."""

_COMPARED_LINES = 400
"""Lines of a definition up to which its lines are compared with others'."""


def keeps_definitions(project: Project) -> Rejection | None:
    """No function, class or the like goes away unless the user's words name it or the change made it superfluous."""
    for lost in _Losses(project).unexcused():
        item = lost.item
        what = f"{item.kind} {'.'.join((*item.parents, item.name))} of {lost.file.name} would be lost: keep it."
        return Rejection(RejectReason.LOST_TEXT, what)
    return None


def keeps_documentation(project: Project) -> Rejection | None:
    """No definition that stays loses its docstring; documentation in comments is the comments' affair."""
    if project.scope.mentions(r"doc|comment"):
        return None
    for file in project.changed:
        if file.language != "python" or file.before is None:
            continue
        old, new = _singles(outline("python", file.before)), _singles(outline("python", file.after))
        for key, item in old.items():
            if item.doc and key in new and not new[key].doc:
                return Rejection(RejectReason.LOST_TEXT, f"The documentation of {item.name} would be lost: keep it.")
    return None


def keeps_licence(changeset: Changeset, scope: EditScope) -> Rejection | None:
    """No line about licence or copyright goes away from the head of a file."""
    if scope.mentions(r"licen[sc]e|copyright|header"):
        return None
    for edit in changeset.edits:
        head = [line.strip() for line in edit.base.lines.raw_range(0, _HEADER_LINES)]
        legal = [line for line in head if _LICENCE.search(line)]
        if not legal:
            continue
        kept = {line.strip() for line in edit.result.raw_range(0, 2 * _HEADER_LINES)}
        lost = [line for line in legal if line not in kept]
        if lost:
            return Rejection(RejectReason.LOST_TEXT, f"The licence header would lose {lost[0]!r}: keep it.")
    return None


@dataclass(frozen=True, slots=True)
class _Item:
    """A definition in a changed file, before or after."""

    file: ChangedFile
    item: Definition

    @property
    def first(self) -> int:
        return self.item.span.start.line

    @property
    def last(self) -> int:
        return self.item.span.end.line

    @property
    def key(self) -> tuple[str, ...]:
        return (*self.item.parents, self.item.name)


class _Losses:
    """The definitions of one changeset that are there before and not after."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._scope = project.scope
        self._old = [i for f in project.changed if f.before is not None for i in _items(f, f.before)]
        self._new = [i for f in project.changed for i in _items(f, f.after)]
        self._keys = frozenset((new.file.name, new.key) for new in self._new)

    def unexcused(self) -> Iterator[_Item]:
        """Those that nothing excuses, outermost first, and last those within functions."""
        for lost in self._lost:
            if not self._is_excused(lost):
                yield lost
        for file in self._project.changed:
            for lost in self._cut_out(file, file.before or ""):
                if not self._scope.names(lost.item.name):
                    yield lost

    def _cut_out(self, file: ChangedFile, before: str) -> Iterator[_Item]:
        """Definitions within functions and calls that the edit takes out and leaves all else about them as it is."""
        edit = self._project.edit_of(file)
        cuts = [change for change in (line_changes(edit) if edit is not None else ()) if not change.lines]
        inner = [item for item in outline(file.language, before) if item.kind in _FUNCTIONS] if cuts else []
        spare = Counter(item.name for item in outline(file.language, file.after))
        spare.subtract(item.name for item in inner)
        known = [old.item for old in self._old if old.file is file]
        gone = [lost.item for lost in self._lost if lost.file is file]
        for item in inner:
            lost = _Item(file, item)
            cut = any(cut.start <= lost.first and lost.last < cut.stop for cut in cuts)
            judged = item in known or any(outer.span.contains(item.span) for outer in gone)
            if cut and not judged and spare[item.name] < 0 and not self._lost_its_uses(lost):
                yield lost

    @cached_property
    def _lost(self) -> list[_Item]:
        keys = Counter((new.file.name, new.key) for new in self._new)
        missing: list[_Item] = []
        for old in self._old:
            keys[old.file.name, old.key] -= 1
            if keys[old.file.name, old.key] < 0:
                missing.append(old)
        spare = Counter(key[-1] for (_, key), count in keys.items() for _ in range(count))
        lost: list[_Item] = []
        for old in missing:
            spare[old.item.name] -= 1
            within = any(outer.file is old.file and outer.item.span.contains(old.item.span) for outer in lost)
            if spare[old.item.name] < 0 and not within:  # else the same name stands elsewhere: it was moved
                lost.append(old)
        return lost

    def _is_excused(self, lost: _Item) -> bool:
        if self._scope.names(lost.item.name):
            return True
        used = self._is_used(lost.item.name, lost.file.language)
        if used and not self._has_namesake(lost):
            return False
        return self._lives_on(lost) or self._lost_its_uses(lost) or (not used and self._is_to_go(lost))

    def _is_used(self, name: str, language: str) -> bool:
        """Whether a name is still asked for, anywhere; it may be another's of that name."""
        if any(_word(name).search(file.after) for file in self._project.changed if file.language == language):
            return True
        return any(True for _ in self._project.others_with(name, frozenset({language})))

    def _has_namesake(self, lost: _Item) -> bool:
        """Whether something else of that name stays, which may be what is asked for: another type's method, say."""
        name, language = lost.item.name, lost.file.language
        same = (new for new in self._new if new.item.name == name and _family(new) == _family(lost))
        if any(new.file is not lost.file or (new.key != lost.key and lost.item.parents) for new in same):
            return True
        others = islice(self._project.others_with(name, frozenset({language})), _MOST_FILES)
        items = (item for _, text in others for item in outline(language, text) if item.name == name)
        return any((item.kind in _FUNCTIONS) == _family(lost) for item in items if item.kind in _KEPT_KINDS)

    def _lives_on(self, lost: _Item) -> bool:
        """Whether a new definition stands in its place, or much of its text goes on under another name."""
        old_names = {old.item.name for old in self._old}
        fresh = [new for new in self._new if new.item.name not in old_names and _family(new) == _family(lost)]
        change = _change_at(self._project.edit_of(lost.file), lost.first)
        for new in fresh:
            in_place = change is not None and new.file is lost.file and _stands_in(new, change, self._project)
            if in_place or self._is_renamed(lost, new):
                return True
        return False

    def _is_renamed(self, lost: _Item, new: _Item) -> bool:
        """Whether a new definition goes on with a lost one's text, and not just with what all of its kind look like."""
        text = _body(new, before=False)
        likeness = _likeness(_body(lost, before=True), text)
        if likeness < _SAME_BODY:
            return False
        kept = {key for file, key in self._keys if file == new.file.name}
        others = (i for i in self._old if i.file is new.file and i is not lost and i.key in kept)
        return all(_likeness(_body(other, before=True), text) < likeness for other in others)

    def _lost_its_uses(self, lost: _Item) -> bool:
        """Whether the change takes uses of it away, outside of its own text, and brings fewer."""
        word, fewer = _word(lost.item.name), 0
        for file in self._project.changed:
            edit = self._project.edit_of(file)
            for change in line_changes(edit) if edit is not None else ():
                own = range(lost.first, lost.last + 1) if file is lost.file else range(0)
                gone = (
                    [edit.base.lines.line(n) for n in range(change.start, change.stop) if n not in own] if edit else []
                )
                fewer += len(word.findall("\n".join(gone))) - len(word.findall("".join(change.lines)))
        return fewer > 0

    def _is_to_go(self, lost: _Item) -> bool:
        """Whether the user wants something to go that this may well be."""
        if not self._scope.mentions(_REMOVES.pattern):
            return False
        parts = {part.lower() for part in (*_PART.findall(lost.item.name), lost.item.kind)}
        wished = {part.lower() for part in _PART.findall(self._scope.instruction)}
        return bool(_SWEEPING.search(self._scope.instruction)) or bool(parts & wished - {"test", "get", "set", "the"})


def _word(name: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w){re.escape(name)}(?!\w)")


def _items(file: ChangedFile, text: str) -> list[_Item]:
    """The definitions that count; what is inside a function is its own affair."""
    items = [item for item in outline(file.language, text) if item.kind in _KEPT_KINDS]
    found: list[_Item] = []
    end = Point(-1, 0)
    for item in items:  # in the order of the text, outer ones first
        if item.span.end > end:
            found.append(_Item(file, item))
            if item.kind in _FUNCTIONS:
                end = max(end, item.span.end)
    return found


def _family(item: _Item) -> bool:
    return item.item.kind in _FUNCTIONS


def _body(item: _Item, *, before: bool) -> list[str]:
    text = item.file.before if before else item.file.after
    lines = Lines.of(text or "").raw_range(item.first, item.last + 1)
    name = re.compile(rf"(?<!\w){re.escape(item.item.name)}(?!\w)")
    return [name.sub("", line).strip() for line in lines if line.strip()]


def _likeness(old: Sequence[str], new: Sequence[str]) -> float:
    if max(len(old), len(new)) > _COMPARED_LINES or min(len(old), len(new)) < 2:
        return float(list(old) == list(new))
    return difflib.SequenceMatcher(None, old, new, autojunk=False).ratio()


def _change_at(edit: FileEdit | None, line: int) -> LineChange | None:
    changes = line_changes(edit) if edit is not None else []
    return next((change for change in changes if change.start <= line < change.stop), None)


def _stands_in(new: _Item, change: LineChange, project: Project) -> bool:
    """Whether a new definition begins within the new lines of a change."""
    edit = project.edit_of(new.file)
    if edit is None:
        return False
    shift = sum(len(c.lines) - (c.stop - c.start) for c in line_changes(edit) if c.start < change.start)
    return change.start + shift <= new.first < change.start + shift + len(change.lines)


def _singles(items: Sequence[Definition]) -> dict[tuple[str, ...], Definition]:
    """Definitions whose name stands once."""
    counts = Counter((*item.parents, item.name) for item in items)
    return {key: item for item in items if counts[key := (*item.parents, item.name)] == 1}
