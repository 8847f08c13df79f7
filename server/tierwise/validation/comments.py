"""Comments must not get lost while the code that they are about stays. Pure.

A comment counts as lost when the new texts do not hold it any more and the code it stands at is still there: the line
below it, the code before it on its line, or what stands above and below of one that is set apart. It is not lost but
- reworded, when a new comment stands where it stood or says much of the same;
- out of date, when it speaks of what its code does not say any more;
- done, when it notes work that the user's words ask for;
- code, when what it hid is code now.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tierwise.core.changes import Changeset, FileEdit
from tierwise.core.rejection import Rejection, RejectReason
from tierwise.edits.diff import LineChange
from tierwise.validation.changed import changed_files
from tierwise.validation.known import words
from tierwise.validation.notes import Note, notes
from tierwise.validation.remains import Remains
from tierwise.validation.scope import EditScope

_DIRECTIVE = re.compile(
    r"noqa|type:\s*ignore|pyright:|pylint:|mypy:|ruff:|eslint|prettier|tslint|ts-ignore|ts-expect|ts-nocheck|nolint|nosec"
    r"|pragma|fmt:|isort:|@ts-|@__|#__|istanbul|c8 ignore|sourceMappingURL|region\b"
)
"""Words for tools that an edit may make superfluous; those that build the program (``go:embed``) are not among them."""

_WORD = re.compile(r"[^\W\d_]{2,}|\d+")
_NAME = re.compile(r"\w{2,}")
_OPEN_WORK = re.compile(r"\b(?:todo|fixme|xxx|hack)\b", re.IGNORECASE)
_TIDIES = re.compile(r"\b(?:clean|tidy|trim|prune|strip)", re.IGNORECASE)
_CODE = re.compile(
    r"[;{}]$|^[\w.]+\(.*\)[,:]?$|^[\w.\[\]'\"]+\s*[-+*/|&]?=\s*\S|^(?:if|elif|for|while|return|import|from|def|else|with|assert)\b"
    r".*[:()\]]$"
)
_SAID_AGAIN = 0.5
"""Share of a lost comment's words from which a new comment counts as the old one in other words."""

_SHORT = 12
"""Characters below which a line of code says little of what a comment above it is about ("try:")."""


def keeps_comments(changeset: Changeset, scope: EditScope) -> Rejection | None:
    """No comment goes away while the code it is about stays, unless the user's words are about comments."""
    if scope.mentions("comment") and (scope.removes or scope.mentions(_TIDIES.pattern)):
        return None
    said = _Said.of(changeset)
    for edit in changeset.edits if said.gone else ():
        for lost in _Losses(edit, said).all():
            if not _is_asked_for(lost, scope):
                shown = lost.lines[0] if len(lost.lines) == 1 else " ".join(lost.lines)[:200]
                return Rejection(RejectReason.LOST_TEXT, f"The comment {shown!r} would be lost: keep it.")
    return None


@dataclass(frozen=True, slots=True)
class _Said:
    """Lines of comments: those ``gone`` from the old texts, and those ``fresh`` in the new ones, with their numbers."""

    gone: Counter[str]
    fresh: Counter[str]

    @classmethod
    def of(cls, changeset: Changeset) -> _Said:
        old, new = Counter[str](), Counter[str]()
        for file in changed_files(changeset):
            if file.before is not None:
                old.update(line for note in notes(file.language, file.before) for line in note.lines)
            new.update(line for note in notes(file.language, file.after) for line in note.lines)
        return cls(old - new, new - old)


@dataclass(frozen=True, slots=True)
class _Lost:
    """The lines that a comment lost. ``replaced``: whether a new one has come nearby, whatever it says."""

    lines: tuple[str, ...]
    replaced: bool


class _Losses:
    """The comments that go away in one edit although their code stays."""

    def __init__(self, edit: FileEdit, said: _Said) -> None:
        self._edit = edit
        self._said = said
        self._remains = Remains(edit)
        every = notes(edit.base.language, edit.result.text)
        self._new = [note for note in every if any(line in said.fresh for line in note.lines)]

    def all(self) -> Iterator[_Lost]:
        """In the order of the text; each with the lines that are gone only."""
        for note in notes(self._edit.base.language, self._edit.base.text):
            change = self._remains.change(note.first, note.last)
            lines = tuple(line for line in note.lines if line in self._said.gone)
            if change is None or not lines or any(_DIRECTIVE.search(line) for line in lines):
                continue
            near = list(self._near(change))
            if _says_again(lines, near, change) or self._is_out_of_date(note) or self._hides_code(lines, change):
                continue
            if self._stays(note) or (len(lines) < len(note.lines) and not near):  # else the rest went elsewhere
                yield _Lost(lines, bool(near))

    def _near(self, change: LineChange) -> Iterator[Note]:
        """The new comments that come with a change."""
        first = self._remains.moved(change.start)
        last = first + len(change.lines)
        return (note for note in self._new if note.first < last and first <= note.last)

    def _is_out_of_date(self, note: Note) -> bool:
        """Whether a comment names something of its line of code that the line does not say any more."""
        number = note.first if note.code else note.last + 1
        change = self._remains.change(number, number)
        if change is None:
            return False
        new = " ".join(code for _, code in self._remains.new_code(change))
        return bool((_names(self._remains.code(number)) - _names(new)) & _names(" ".join(note.lines)))

    def _hides_code(self, lines: Sequence[str], change: LineChange) -> bool:
        """Whether it is code without effect, and the code beside it changes with it."""
        if not all(_CODE.search(line) for line in lines):
            return False
        if any(self._remains.code(number) for number in range(change.start, change.stop)):
            return True
        return any(True for _ in self._remains.new_code(change))

    def _stays(self, note: Note) -> bool:
        """Whether the code that a comment is about is there, without a new comment on it."""
        remains = self._remains
        if note.code:
            return self._is_bare(note.first)
        below = note.last + 1
        if code := remains.code(below):
            following = remains.following(below, 1) if len(code) < _SHORT else None
            return self._is_bare(below) and (following is None or remains.place(following) is not None)
        around = [remains.following(note.first, -1), remains.following(note.last, 1)]
        places = [remains.place(number) for number in around if number is not None]
        kept = [place for place in places if place is not None]
        between = any(kept[0] <= new.first <= kept[-1] for new in self._new) if kept else False
        return len(kept) == len(places) and not between

    def _is_bare(self, number: int) -> bool:
        """Whether the code of an old line stands somewhere, and no new comment above or behind it."""
        place = self._remains.place(number)
        return place is not None and not any(note.first <= place <= note.last + 1 for note in self._new)


def _says_again(old: Sequence[str], near: Sequence[Note], change: LineChange) -> bool:
    """Whether a new comment says much of what an old one said, or its code is no comment now."""
    new = " ".join("".join(change.lines).split())
    if all(_CODE.search(line) and line in new for line in old):
        return True
    said = _words(" ".join(old))
    return any(_share(said, _words(" ".join(note.lines))) >= _SAID_AGAIN for note in near)


def _is_asked_for(lost: _Lost, scope: EditScope) -> bool:
    """Whether the user's words are about comments and it has a new wording, or about what it notes or speaks of."""
    if lost.replaced and scope.mentions("comment"):
        return True
    text = " ".join(lost.lines)
    if not _OPEN_WORK.search(text):
        return False
    return scope.mentions(_OPEN_WORK.pattern) or len(_words(text) & _words(scope.instruction)) >= 2


def _names(text: str) -> set[str]:
    """The identifiers and numbers of a text."""
    return set(_NAME.findall(text)) - words("comment_words")


def _words(text: str) -> set[str]:
    found = {word.lower() for word in _WORD.findall(text)}
    return found - words("comment_words") or found


def _share(part: set[str], whole: set[str]) -> float:
    return len(part & whole) / len(part) if part else 0.0
