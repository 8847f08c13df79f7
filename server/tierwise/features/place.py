"""What a larger request is about and what belongs to it: gathered once per request, in a worker thread."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tierwise.core.documents import Document
from tierwise.core.languages import is_code, language_of
from tierwise.core.tasks import Task
from tierwise.core.text import Point, Span
from tierwise.features.tools_found import tools_found
from tierwise.prompts.requests import Target
from tierwise.session import window
from tierwise.session.prefix_line import Item
from tierwise.session.related import Related, imported_files, relative_name, tests_beside, users
from tierwise.session.view import FrozenView
from tierwise.syntax.outline import Definition, calls, enclosing, outline

_MAX_FILES = 16
_AROUND = 12_000
"""Characters around the lines in question that are sent where the whole file does not fit."""
_MANIFESTS = ("pyproject.toml", "package.json", "Cargo.toml", "go.mod", "pom.xml", "build.gradle", "Makefile")


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
    """The document and span of a request, the files that belong to it (its own first), and the workspace's facts.

    ``symbol`` is None outside all definitions. ``tools`` are the checkers found for the folder.
    """

    document: Document
    span: Span
    folder: Path | None
    files: tuple[Item, ...]
    facts: str
    target: Target
    symbol: Symbol | None = None
    tools: tuple[str, ...] = ()

    @property
    def folder_name(self) -> str:
        return str(self.folder) if self.folder else ""

    def target_for(self, shown: frozenset[str]) -> Target:
        """The target as the tail names it; with more of the file where the prefix does not show it."""
        if self.target.path in shown:
            return self.target
        prefix, suffix = window.around(self.document, self.span.start, _AROUND)
        return replace(self.target, around=prefix + suffix)


def gather(view: FrozenView, document: Document, span: Span, task: Task | None = None) -> Place:
    """Everything about a place. Costs some 10 ms per 1,000 lines on first sight."""
    folder = view.folder_of(document.path) if document.path is not None else None
    span = _meant(document, span)
    related: list[Related] = list(tests_beside(view, document)) if task is Task.TESTS else []
    using = users(view, document, span)
    related += [*imported_files(view, document), *using]
    files = [Item(relative_name(view, document), document.lines, document)]
    for item in related:
        name = relative_name(view, item.document)
        if len(files) < _MAX_FILES and all(name != file.name for file in files):
            files.append(Item(name, item.document.lines, item.document))
    return Place(
        document,
        span,
        folder,
        tuple(files),
        _facts(view, folder),
        _target(files[0].name, document, span),
        _symbol(document, span, using),
        tools_found(folder) if folder else (),
    )


def _meant(document: Document, span: Span) -> Span:
    """A cursor without a selection means the definition around it, or the whole file outside all of them. A selection
    of whole lines begins where their text does: its first blanks still belong to what is around.
    """
    if not span.empty:
        return _without_first_blanks(document, span)
    definition = enclosing(outline(document.language, document.text), span.start)
    return definition.span if definition else Span(Point(0, 0), document.lines.end)


def _symbol(document: Document, span: Span, using: Sequence[Related]) -> Symbol | None:
    definition = enclosing(outline(document.language, document.text), span.start)
    if definition is None:
        return None
    whole = re.compile(rf"(?<!\w){re.escape(definition.name)}(?!\w)")
    places = sum(len(whole.findall(other.text)) for other in (document, *(item.document for item in using)))
    fan_out = len(calls(document.language, document.text, span))
    return Symbol(max(0, places - 1), fan_out, _public(document.language, definition))


def _public(language: str, definition: Definition) -> bool:
    """Whether a definition can be used from outside, as far as its own line tells."""
    names = (*definition.parents, definition.name)
    match language:
        case "python":
            return not any(name.startswith("_") for name in names)
        case "go":
            return all(name[:1].isupper() for name in names)
        case "rust" | "java":
            return definition.signature.startswith(("pub", "public"))
        case _:
            return definition.signature.startswith("export") or bool(definition.parents)


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
    languages: Counter[str] = Counter()
    manifests: set[str] = set()
    for path in view.files(folder):
        kind = language_of(path).id
        if is_code(kind):
            languages[kind] += 1
        if path.name in _MANIFESTS and path.parent == folder:
            manifests.add(path.name)
    main = ", ".join(sorted(name for name, _ in languages.most_common(4)))
    known = f" It has {', '.join(sorted(manifests))}." if manifests else ""
    return f"<workspace>Folder {folder.name}. Languages: {main or 'none known'}.{known}</workspace>\n"
