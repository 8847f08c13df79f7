"""What a larger request is given to read, within a strict budget, and why: whole files along the dependency
neighbourhood first, outlines of what does not fit, then the files that were worked on lately.

Owner of no state. The choice depends on the view it is given and on nothing else; each piece carries its reason.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tierwise.core.commits import Commit
from tierwise.core.documents import Document
from tierwise.core.tasks import Task
from tierwise.core.text import Lines, Span
from tierwise.core.tokens import size
from tierwise.session.prefix_line import Item, Key
from tierwise.session.prefix_text import FILE
from tierwise.session.related import (
    Related,
    Why,
    called,
    imported_files,
    relative_name,
    signature_lines,
    tests_beside,
    users,
)
from tierwise.session.view import FrozenView
from tierwise.syntax.outline import calls

OUTLINE, SUMMARY, COMMITS = "outline", "summary", "commits"
"""Forms of what is shown of a file besides its text."""
_MAX_FILES = 16
_MAX_WORKED_ON = 12
_MAX_CALLS = 40
_TESTED = frozenset({Task.EDIT, Task.FIX, Task.REVIEW})
"""Tasks for which the tests of a file say what it has to do."""
_WHOLE_SHARE, _SHARE = 0.6, 0.75
"""Shares of the budget for whole files that a request needs, and for them with all else that it needs. What is left is
for later changes and for files that are worth showing while there is room."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A file that may be shown. ``names``: what ties it to the request (imported or called names, the symbol)."""

    name: str
    document: Document
    why: Why
    names: tuple[str, ...] = ()

    @property
    def needed(self) -> bool:
        """Whether the request needs it, and may change it; the others are worth showing while there is room."""
        return self.why not in (Why.TESTED, Why.WORKED_ON)


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of the choice. ``item`` is None for a file that found no room."""

    candidate: Candidate
    item: Item | None
    chars: int

    @property
    def reason(self) -> str:
        """Why it is there, or why it is not, for a person."""
        candidate = self.candidate
        names = f": {', '.join(candidate.names[:4])}" if candidate.names else ""
        if self.item is None:
            return f"{candidate.why}{names}; no room for it"
        form = "" if self.item.form in (FILE, COMMITS) else f"; only its {self.item.form} fits"
        return f"{candidate.why}{names}{form}"


def candidates(view: FrozenView, document: Document, span: Span, task: Task | None = None) -> tuple[Candidate, ...]:
    """The files that belong to a place, the most needed first, each once."""
    related: list[Related] = list(tests_beside(view, document, example=True)) if task is Task.TESTS else []
    imported = imported_files(view, document)
    known = frozenset(item.document.path for item in imported if item.document.path is not None)
    own = frozenset({document.path} if document.path is not None else ())
    names = calls(document.language, document.text, span)[:_MAX_CALLS]
    related += [*imported, *called(view, document, names, known | own), *users(view, document, span)]
    found = {document.uri: Candidate(relative_name(view, document), document, Why.OWN)}
    for item in related:
        if len(found) < _MAX_FILES:
            found.setdefault(item.document.uri, _candidate(view, item))
    lately = [Related(other, Why.WORKED_ON) for other in view.worked_on if _same_folder(view, document, other)]
    tests = tests_beside(view, document, example=False) if task in _TESTED else ()
    for item in [*(replace(test, why=Why.TESTED) for test in tests), *lately[: _MAX_WORKED_ON + 1]]:
        found.setdefault(item.document.uri, _candidate(view, item))
    return tuple(found.values())


def fit(
    view: FrozenView,
    found: Sequence[Candidate],
    room: int,
    taken: int = 0,
    *,
    summary: Callable[[Document], Lines | None],
    shown: Collection[Key] = (),
    commits: Lines | None = None,
) -> tuple[Piece, ...]:
    """What of the candidates is shown, and how, in ``room`` characters, of which ``taken`` are spent. ``summary`` gives
    a summary of a document where there is one; ``shown`` is what the prompt shows already: a file that it shows whole
    needs no outline, and takes no room from others. ``commits``: the latest commits of the first candidate.
    """
    pieces: list[Piece] = []
    used = 0
    whole_room, all_room = (min(share * room, room - taken) for share in (_WHOLE_SHARE, _SHARE))
    for candidate in found:
        if not candidate.needed:
            pieces.append(_piece(candidate, candidate.document.lines, FILE, optional=True))
            continue
        piece = _piece(candidate, candidate.document.lines, FILE)
        if used + piece.chars > whole_room and (FILE, candidate.name) in shown:
            pieces.append(_piece(candidate, candidate.document.lines, FILE, optional=True))
            continue
        if used + piece.chars > whole_room:
            piece = _shortened(view, candidate, summary)
        if piece is None or used + piece.chars > all_room:
            piece = Piece(candidate, None, 0)
        used += piece.chars
        pieces.append(piece)
    if commits is not None and found:
        piece = _piece(replace(found[0], why=Why.COMMITS), commits, COMMITS)
        pieces.insert(1, piece if used + piece.chars <= all_room else replace(piece, item=None, chars=0))
    return tuple(pieces)


def as_lines(commits: Sequence[Commit]) -> Lines | None:
    """The commits of a file as prompts show them; None without any."""
    if not commits:
        return None
    return Lines.of("".join(f"{commit.date} {commit.subject}\n" for commit in commits))


def _shortened(view: FrozenView, candidate: Candidate, summary: Callable[[Document], Lines | None]) -> Piece | None:
    summarized = summary(candidate.document)
    if summarized is not None:
        return _piece(candidate, summarized, SUMMARY)
    lines = signature_lines(view, candidate.document)
    return _piece(candidate, Lines.of("".join(f"{line}\n" for line in lines)), OUTLINE) if lines else None


def _piece(candidate: Candidate, lines: Lines, form: str, *, optional: bool = False) -> Piece:
    item = Item(candidate.name, lines, candidate.document, form, optional)
    return Piece(candidate, item, size(lines.text) + size(candidate.name) + 2 * len(form) + 18)


def _candidate(view: FrozenView, item: Related) -> Candidate:
    return Candidate(relative_name(view, item.document), item.document, item.why, item.names)


def _same_folder(view: FrozenView, document: Document, other: Document) -> bool:
    """Whether both stand in one workspace folder: each folder has its own prompts."""
    return _folder(view, document) == _folder(view, other)


def _folder(view: FrozenView, document: Document) -> Path | None:
    return None if document.path is None else view.folder_of(document.path)
