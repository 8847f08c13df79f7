"""Comments must not get lost while the code that they are about stays. Pure.

A comment counts as lost when no comment of the new texts says the same or much of it, and the code it stands at is
still there: the line below it, the code before it on its line, or what stands above and below of one that is set apart.
One that speaks of what its code does not say any more is out of date, not lost.
"""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tierwise.core.changes import Changeset, FileEdit
from tierwise.core.languages import language
from tierwise.core.rejection import Rejection, RejectReason
from tierwise.core.text import Lines
from tierwise.edits.diff import LineChange, line_changes
from tierwise.edits.scanner import comment_start
from tierwise.syntax.comments import comments
from tierwise.validation.changed import changed_files
from tierwise.validation.known import words
from tierwise.validation.scope import EditScope

_DIRECTIVE = re.compile(
    r"noqa|type:\s*ignore|pyright:|pylint:|mypy:|ruff:|eslint|prettier|tslint|ts-ignore|ts-expect|ts-nocheck|nolint|nosec"
    r"|pragma|fmt:|isort:|@ts-|@__|#__|istanbul|c8 ignore|go:\w|\+build|sourceMappingURL|region\b"
)
_MARKS = re.compile(r"^(?:/\*+|//[/!]*|#+!?|--+|<!--|\*(?!/)|;+)|(?:\*+/|-->)$")
_WORD = re.compile(r"[^\W\d_]{2,}|\d+")
_NAME = re.compile(r"\w{2,}")
_NOTE = re.compile(r"\b(?:todo|fixme|xxx|hack)\b", re.IGNORECASE)
_CODE = re.compile(
    r"[;{}]$|^[\w.]+\(.*\)[,:]?$|^[\w.\[\]'\"]+\s*[-+*/|&]?=\s*\S|^(?:if|elif|for|while|return|import|from|def|else|with|assert)\b"
    r".*[:()\]]$"
)
_SAME_CODE = 0.75
"""Similarity from which a changed line counts as the one that a comment was about."""

_SAID_AGAIN = 0.5
"""Share of a lost comment's words from which a new comment counts as the old one in other words."""

_TELLING = 12
"""Characters from which a line of code is told from others by its text alone."""

_COMPARED_LINES = 400
"""New lines of one change up to which old code is looked for among them by similarity."""


def keeps_comments(changeset: Changeset, scope: EditScope) -> Rejection | None:
    """No comment goes away while the code it is about stays, unless the user's words are about comments."""
    if scope.mentions("comment") and scope.removes:
        return None
    gone = _gone(changeset)
    for edit in changeset.edits if gone else ():
        for note in _lost(edit, gone):
            if not _is_asked_for(note, scope):
                shown = note.lines[0] if len(note.lines) == 1 else " ".join(note.lines)[:200]
                return Rejection(RejectReason.LOST_TEXT, f"The comment {shown!r} would be lost: keep it.")
    return None


@dataclass(frozen=True, slots=True)
class _Note:
    """A comment, or several lines of them that belong together. ``code``: what stands on its line besides."""

    first: int
    last: int
    lines: tuple[str, ...]
    code: str
    reworded: bool = False
    """Whether some comment, whatever it says, has come in its place."""


def _gone(changeset: Changeset) -> Counter[str]:
    """What comments of the old texts say, line by line, and none of the new ones."""
    old: Counter[str] = Counter()
    new: Counter[str] = Counter()
    for file in changed_files(changeset):
        if file.before is not None:
            old.update(line for note in notes(file.language, file.before) for line in note.lines)
        new.update(line for note in notes(file.language, file.after) for line in note.lines)
    return old - new


def notes(identifier: str, text: str) -> Iterator[_Note]:
    """The comments of a text; line comments on adjacent lines belong together."""
    open_note: _Note | None = None
    for note in _single(identifier, text):
        if open_note is not None and not open_note.code and not note.code and note.first == open_note.last + 1:
            open_note = _Note(open_note.first, note.last, open_note.lines + note.lines, "")
            continue
        if open_note is not None:
            yield open_note
        open_note = note
    if open_note is not None:
        yield open_note


def _single(identifier: str, text: str) -> Iterator[_Note]:
    lines = Lines.of(text)
    known = comments(identifier, text)
    if known is None:
        facts = language(identifier)
        for number in range(lines.count):
            line = lines.line(number)
            start = comment_start(facts, line)
            if start is not None:
                yield _Note(number, number, tuple(_plain([line[start:]])), line[:start].strip())
        return
    for comment in known:
        start, end = comment.span.start, comment.span.end
        code = (lines.line(start.line)[: start.column] + " " + lines.line(end.line)[end.column :]).strip()
        if code == "{ }" or code == "{  }":
            code = ""
        yield _Note(start.line, end.line, tuple(_plain(comment.text.split("\n"))), code)


def _plain(lines: Sequence[str]) -> Iterator[str]:
    """What lines of comments say, without marks; nothing for lines that say nothing."""
    for line in lines:
        bare = line.strip()
        for _ in range(2):
            bare = _MARKS.sub("", bare).strip()
        if any(map(str.isalnum, bare)):
            yield " ".join(bare.split())


def _lost(edit: FileEdit, gone: Counter[str]) -> Iterator[_Note]:
    """The comments that go away although their code stays; each with the lines that are gone only."""
    place = _Place(edit, edit.base.lines, line_changes(edit))
    for note in notes(edit.base.language, edit.base.text):
        change = place.change(note.first, note.last)
        lines = tuple(line for line in note.lines if line in gone)
        if change is None or not lines or any(_DIRECTIVE.search(line) for line in lines):
            continue
        if place.says_again(change, lines) or not _is_about_what_stays(place, note):
            continue
        yield _Note(note.first, note.last, lines, note.code, any(place.new_notes(change)))


@dataclass(frozen=True, slots=True)
class _Place:
    edit: FileEdit
    base: Lines
    changes: list[LineChange]

    def change(self, first: int, last: int) -> LineChange | None:
        """The change that takes one of these old lines away."""
        return next((change for change in self.changes if change.start <= last and first < change.stop), None)

    def says_again(self, change: LineChange, old: Sequence[str]) -> bool:
        """Whether a comment among the new lines says much of what an old one said, or its code is no comment now."""
        new = "".join(change.lines)
        if all(_CODE.search(line) and line in " ".join(new.split()) for line in old):
            return True
        said = _words(" ".join(old))
        return any(_share(said, _words(" ".join(note.lines))) >= _SAID_AGAIN for note in self.new_notes(change))

    def new_notes(self, change: LineChange) -> Iterator[_Note]:
        shift = sum(len(c.lines) - (c.stop - c.start) for c in self.changes if c.start < change.start)
        first, last = change.start + shift, change.start + shift + len(change.lines)
        for note in notes(self.edit.base.language, self.edit.result.text):
            if note.first < last and first <= note.last:
                yield note

    def code(self, number: int) -> str:
        """The code of a line, without a comment behind it."""
        if not 0 <= number < self.base.count:
            return ""
        line = self.base.line(number)
        return line[: comment_start(language(self.edit.base.language), line)].strip()

    def outdates(self, note: _Note) -> bool:
        """Whether a comment names something of its line of code that the line does not say any more."""
        number = note.first if note.code else note.last + 1
        change = self.change(number, number)
        if change is None:
            return False
        gone = _names(self.code(number)) - _names("".join(self._new_code(change)))
        return bool(gone & _names(" ".join(note.lines)))

    def stays(self, number: int, code: str) -> bool:
        """Whether the code of an old line is still there, at most slightly changed."""
        change = self.change(number, number)
        if change is None:
            return True
        if any(_alike(code, new, len(change.lines)) for new in self._new_code(change)):
            return True
        whole = _squeezed("".join(self._new_code(change)))
        if _squeezed(code) in whole:  # the same in other lines
            return True
        return len(code) >= _TELLING and any(code in self._new_code(other) for other in self.changes)

    def _new_code(self, change: LineChange) -> list[str]:
        facts = language(self.edit.base.language)
        found = (line[: comment_start(facts, line)].strip() for line in change.lines)
        return [code for code in found if code]


def _is_about_what_stays(place: _Place, note: _Note) -> bool:
    if place.outdates(note):
        return False
    if note.code:
        return place.stays(note.first, note.code)
    below = note.last + 1
    if code := place.code(below):
        following = _next_code(place, below, 1) if len(code) < _TELLING else None  # "try:" alone says little
        return place.stays(below, code) and (following is None or place.stays(*following))
    before, after = _next_code(place, note.first, -1), _next_code(place, note.last, 1)
    return all(place.stays(*found) for found in (before, after) if found is not None)


def _squeezed(code: str) -> str:
    return re.sub(r"[\s,]", "", code).rstrip("([{")


def _next_code(place: _Place, number: int, step: int) -> tuple[int, str] | None:
    number += step
    while 0 <= number < place.base.count:
        if code := place.code(number):
            return number, code
        number += step
    return None


def _alike(old: str, new: str, size: int) -> bool:
    """Equal or, in a change of bearable size, similar."""
    if old == new or size > _COMPARED_LINES:
        return old == new
    matcher = difflib.SequenceMatcher(None, old, new)
    return (
        matcher.real_quick_ratio() >= _SAME_CODE
        and matcher.quick_ratio() >= _SAME_CODE
        and matcher.ratio() >= _SAME_CODE
    )


def _is_asked_for(note: _Note, scope: EditScope) -> bool:
    """Whether the user's words are about comments and it has a new wording, or it notes work that they ask for."""
    if note.reworded and scope.mentions("comment"):
        return True
    text = " ".join(note.lines)
    if not _NOTE.search(text):
        return False
    return scope.mentions(_NOTE.pattern) or len(_words(text) & _words(scope.instruction)) >= 2


def _names(text: str) -> set[str]:
    """The identifiers and numbers of a text."""
    return set(_NAME.findall(text))


def _words(text: str) -> set[str]:
    found = {word.lower() for word in _WORD.findall(text)}
    return found - words("comment_words") or found


def _share(part: set[str], whole: set[str]) -> float:
    return len(part & whole) / len(part) if part else 0.0
