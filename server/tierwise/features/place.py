"""What a larger request is about and what belongs to it: gathered once per request, in a worker thread."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tierwise.core.documents import Document
from tierwise.core.tasks import Task
from tierwise.core.text import Lines, Point, Span, split_lines
from tierwise.core.tokens import clipped, size
from tierwise.features.tools_found import tools_found
from tierwise.prompts.requests import Part, Target
from tierwise.session import window
from tierwise.session.context import Candidate, candidates
from tierwise.session.line_diff import changes
from tierwise.session.related import Why
from tierwise.session.view import FrozenView
from tierwise.syntax.outline import Definition, calls, enclosing

_AROUND = 12_000
"""Characters around the lines in question that are sent where the whole file does not fit."""
_QUOTED = 40
"""Lines in question up to which all are repeated at the end of the prompt. Repeated text is new to the provider on
every request: a line costs there what twenty cost in the part that is cached."""
_TAGS = 60
"""Characters that tags take around a stretch of repeated lines, beside the file's name."""
_BEGIN, _END, _NEAR = 10, 4, 2
"""Lines that are repeated of more: the first, the last, and those around what was changed since the file was shown."""


@dataclass(frozen=True, slots=True)
class Symbol:
    """The definition a request is about: the places that use it, in the files that belong to the request; how many
    other definitions it uses; whether others outside may use it.
    """

    fan_in: int
    fan_out: int
    public: bool


@dataclass(frozen=True, slots=True)
class Place:
    """The document and span of a request, the files that may be shown for it (its own first), and the workspace's
    facts, all as they were when the request came.

    ``symbol`` is None outside all definitions. ``tools`` are the checkers found for the folder.
    """

    view: FrozenView
    document: Document
    span: Span
    folder: Path | None
    candidates: tuple[Candidate, ...]
    facts: str
    target: Target
    symbol: Symbol | None = None
    tools: tuple[str, ...] = ()

    @property
    def files(self) -> tuple[Candidate, ...]:
        """The files that the request needs: those it may change."""
        return tuple(candidate for candidate in self.candidates if candidate.needed)

    @property
    def folder_name(self) -> str:
        return str(self.folder) if self.folder else ""

    def target_for(self, whole: Lines | None, room: int) -> Target:
        """The target as the end of a prompt names it, in about ``room`` characters. ``whole``: the file's text as the
        prompt showed it last, before changes that it told of; None where it does not show the file.
        """
        target = self.target
        if whole is None:
            lines = _clipped(target.lines, room)
            around = "".join(window.around(self.document, self.span.start, min(_AROUND, max(0, room - size(lines)))))
            parts = None if lines == target.lines else (Part(target.first, lines),)
            return replace(target, around=around, parts=parts)
        if target.last - target.first < _QUOTED and size(target.lines) <= room:
            return target
        return replace(target, parts=tuple(self._parts(whole, room)))

    def _parts(self, whole: Lines, room: int) -> Iterator[Part]:
        """Of many lines that the prompt shows already: how they begin and end, and what was changed since they were
        shown in one piece.
        """
        first, last = self.target.first - 1, self.target.last - 1
        wanted = [] if self.target.whole else [(first, first + _BEGIN - 1), (last - _END + 1, last)]
        wanted += [
            (max(first, change.b1 - _NEAR), min(last, change.b2 - 1 + _NEAR))
            for change in changes(list(whole), list(self.document.lines))
        ]
        at = first
        for start, stop in sorted(pair for pair in wanted if pair[0] <= pair[1]):
            text = "".join(self.document.lines.raw_range(max(at, start), stop + 1))
            taken = size(text) + size(self.target.path) + _TAGS
            if text and taken <= room:
                room -= taken
                yield Part(max(at, start) + 1, text)
            at = max(at, stop + 1)


def _clipped(text: str, room: int) -> str:
    """As many whole lines of a text as fit."""
    fitting = clipped(text, room)
    if fitting == text:
        return text
    if text.startswith("\n", len(fitting)):
        fitting = fitting.removesuffix("\r")  # half a terminator
    return "".join(split_lines(fitting)[:-1])


def gather(view: FrozenView, document: Document, span: Span, task: Task | None = None) -> Place:
    """Everything about a place. Costs some 10 ms per 1,000 lines on first sight."""
    folder = view.folder_of(document.path) if document.path is not None else None
    span = _meant(view, document, span)
    found = candidates(view, document, span, task)
    if view.renew(item.document.path for item in found if item.document.path is not None):
        found = candidates(view, document, span, task)
    return Place(
        view,
        document,
        span,
        folder,
        found,
        _facts(view, folder),
        _target(found[0].name, document, span),
        _symbol(view, document, span, found),
        tools_found(folder) if folder else (),
    )


def _meant(view: FrozenView, document: Document, span: Span) -> Span:
    """A cursor without a selection means the definition around it, or the whole file outside all of them. A selection
    of whole lines begins where their text does: its first blanks still belong to what is around.
    """
    if not span.empty:
        return _without_first_blanks(document, span)
    definition = enclosing(view.outline(document), span.start)
    return definition.span if definition else Span(Point(0, 0), document.lines.end)


def _symbol(view: FrozenView, document: Document, span: Span, found: Sequence[Candidate]) -> Symbol | None:
    definition = enclosing(view.outline(document), span.start)
    if definition is None:
        return None
    name, whole = definition.name, re.compile(rf"(?<!\w){re.escape(definition.name)}(?!\w)")
    using = (document, *(item.document for item in found if item.why is Why.USES))
    places = sum(len(whole.findall(line)) for other in using for line in other.lines if name in line)
    fan_out = len(calls(document.language, document.text, span))
    return Symbol(max(0, places - 1), fan_out, _public(document, definition))


def _public(document: Document, definition: Definition) -> bool:
    """Whether a definition can be used from outside, as far as its own line tells."""
    names = (*definition.parents, definition.name)
    before = document.lines.slice(Span(definition.span.start, definition.name_span.start)).split()
    match document.language:
        case "python":
            return not any(name.startswith("_") for name in names)
        case "go":
            return all(name[:1].isupper() for name in names)
        case "rust" | "java":
            return any(word.startswith("pub") for word in before)
        case _:
            return "export" in before or bool(definition.parents)


def _without_first_blanks(document: Document, span: Span) -> Span:
    for number in range(span.start.line, span.end.line + 1):
        line = document.lines.line(number)
        first = span.start.column if number == span.start.line else 0
        if line[first:].strip():
            start = Point(number, len(line) - len(line[first:].lstrip()))
            return Span(min(start, span.end), span.end)
    return span


def _target(name: str, document: Document, span: Span) -> Target:
    last = span.end.line if span.end.column or span.end.line == span.start.line else span.end.line - 1
    lines = "".join(document.lines.raw_range(span.start.line, last + 1))
    whole = span.start == Point(0, 0) and last >= document.lines.count - 2
    return Target(name, span.start.line + 1, last + 1, lines, whole)


def _facts(view: FrozenView, folder: Path | None) -> str:
    """A few stable words on the workspace; equal for all requests as long as its files are of the same kinds."""
    if folder is None:
        return "<workspace>A single file.</workspace>\n"
    files = view.map(folder)
    main = ", ".join(files.languages) if files is not None else ""
    known = f" It has {', '.join(sorted(files.manifests))}." if files is not None and files.manifests else ""
    return f"<workspace>Folder {folder.name}. Languages: {main or 'none known'}.{known}</workspace>\n"
