"""Rename by syntax alone. One language model says what the occurrences of a word are; this decides what is renamed.

Owner of no state. Edits only what every model rule is certain of: one occurrence that may be the symbol and cannot be
told declines the whole rename.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from tierwise.core.changes import RenameFile
from tierwise.core.documents import Document
from tierwise.core.text import Point, Span
from tierwise.core.workspace import WorkspaceView
from tierwise.rename.syntactic.project import Project, SourceFile, in_error, place
from tierwise.rename.syntactic.sites import LOCAL, Analysis, Key, Outside, Site, Unknown
from tierwise.rename.values import Found, NotRenameable, Reason, Renameable, RenameDeclined, Replacement
from tierwise.syntax.parse import Parsed, parse
from tierwise.syntax.scopes import LOOSE, REFERENCE, Name, occurrences


class Model(Protocol):
    """What is particular to a language."""

    languages: frozenset[str]
    files: frozenset[str]
    """Languages whose files may refer to each other."""
    beside: frozenset[str]
    """Languages without a grammar here whose files may refer to these."""

    def name_span(self, parsed: Parsed, byte: int) -> tuple[int, int] | None:
        """The name that a cursor at ``byte`` means, in bytes."""
        ...

    def builtin(self, parsed: Parsed, name: Name) -> bool:
        """Whether a free name is part of the language."""
        ...

    def spelled(self, parsed: Parsed, name: Name) -> bool:
        """Whether an occurrence outside code is a name for the language all the same (a quoted property)."""
        ...

    def analyze(self, project: Project, word: str, name: Name) -> Analysis:
        """What the occurrences of ``word`` are, in all files that can matter for ``name`` of ``project.own``."""
        ...

    def check(self, analysis: Analysis, renamed: set[Key], old: str, new: str) -> None:
        """Raise RenameDeclined where the language gives the new name another meaning than the old one."""
        ...


class SyntaxEngine:
    """An ``Engine`` over one language model."""

    name = "syntax"
    exact = True

    def __init__(self, model: Model) -> None:
        self._model = model

    @property
    def languages(self) -> frozenset[str]:
        return self._model.languages

    def prepare(self, view: WorkspaceView, document: Document, point: Point) -> Renameable | NotRenameable:
        """Whether and what, by this file alone."""
        parsed = parse(document.language, document.text)
        span = self._model.name_span(parsed, parsed.byte(point)) if parsed is not None else None
        if parsed is None or span is None:
            return NotRenameable(Reason.NO_NAME, "There is no name at this place.")
        word = parsed.text_between(*span)
        name = occurrences(parsed, word).at(span[0])
        if name is None or (name.role == LOOSE and not self._model.spelled(parsed, name)):
            return NotRenameable(Reason.NO_NAME, f"'{word}' is not a name here.")
        if in_error(name.node):
            return NotRenameable(Reason.SYNTAX, f"The file does not parse around '{word}'.")
        if name.role == REFERENCE and name.binding is None and self._model.builtin(parsed, name):
            return NotRenameable(Reason.BUILTIN, f"'{word}' is built into the language and cannot be renamed.")
        kind = name.binding.kind if name.binding is not None else name.role
        return Renameable(Span(parsed.point(span[0]), parsed.point(span[1])), word, kind, self.name)

    def find(
        self, view: WorkspaceView, document: Document, point: Point, new_name: str, cancelled: Callable[[], bool]
    ) -> Found:
        """All occurrences, or RenameDeclined."""
        prepared = self.prepare(view, document, point)
        if isinstance(prepared, NotRenameable):
            raise RenameDeclined(prepared.reason, prepared.message)
        project = Project(view, document, self._model.files, cancelled)
        start = project.own.parsed.byte(prepared.span.start)
        name = project.own.occurrences(prepared.name).at(start)
        if name is None:
            raise LookupError(f"prepare found a name that is not there: {point}")
        try:
            analysis = self._model.analyze(project, prepared.name, name)
        except RecursionError as exc:
            raise RenameDeclined(Reason.UNDECIDED, "The code is nested too deeply to be followed.") from exc
        site = analysis.at(project.own, start)
        if site is None:
            raise RenameDeclined(Reason.UNDECIDED, _why(analysis, project.own, name, prepared.name))
        start_key = site.keys[site.meant]
        renamed = analysis.reach(start_key)
        _refuse(prepared.name, start_key, renamed, analysis)
        if any(site.sort != LOCAL for site in analysis.sites if not renamed.isdisjoint(site.keys)):
            _refuse_beside(project, self._model, prepared.name)
        self._model.check(analysis, renamed, prepared.name, new_name)
        certain = [_replacement(item, renamed, new_name) for item in analysis.sites]
        moves = _moves(project, analysis, renamed, new_name)
        return Found(prepared.name, site.kind, tuple(item for item in certain if item is not None), moves=moves)


def _refuse(word: str, start: Key, renamed: set[Key], analysis: Analysis) -> None:
    why = analysis.not_from.get(start) or next(
        (analysis.blocked[key] for key in renamed if key in analysis.blocked), None
    )
    if why is not None:
        raise RenameDeclined(Reason.UNDECIDED, f"'{word}' cannot be renamed here: {why}.")
    outside = next((key for key in renamed if isinstance(key, Outside)), None)
    if outside is not None:
        raise RenameDeclined(Reason.OUTSIDE, f"'{word}' is {outside.what}, so it cannot be renamed here.")
    sorts = {site.sort for site in analysis.sites if not renamed.isdisjoint(site.keys)}
    for item in analysis.unknown:
        if not item.sorts.isdisjoint(sorts):
            raise RenameDeclined(
                Reason.UNDECIDED, f"It cannot be told whether '{word}' at {_place(item)} is meant: {item.why}."
            )


def _refuse_beside(project: Project, model: Model, word: str) -> None:
    """What other files can name may also be named by files that nothing here can read."""
    path = next(project.paths_with(word, model.beside), None)
    if path is not None:
        raise RenameDeclined(
            Reason.UNDECIDED, f"'{word}' also stands in {path.name}, and files of this kind are not followed."
        )


def _replacement(site: Site, renamed: set[Key], new_name: str) -> Replacement | None:
    new = site.written(renamed, new_name)
    if new is None:
        return None
    old = site.file.parsed.text_between(site.start, site.end)
    return Replacement(site.file.document, site.file.span(site.start, site.end), old, new, site.in_comment)


def _moves(project: Project, analysis: Analysis, renamed: set[Key], new_name: str) -> tuple[RenameFile, ...]:
    """Files whose names follow what is renamed."""
    moves = [
        RenameFile(path, path.with_name(new_name + path.suffix))
        for key, path in analysis.moves.items()
        if key in renamed
    ]
    for move in moves:
        if move.new in project.paths():
            raise RenameDeclined(Reason.CLASH, f"There is already a file {move.new.name} beside {move.old.name}.")
    return tuple(moves)


def _why(analysis: Analysis, own: SourceFile, name: Name, word: str) -> str:
    for item in analysis.unknown:
        if item.file is own and item.name.start == name.start:
            return f"It cannot be told what '{word}' belongs to: {item.why}."
    return f"It cannot be told what '{word}' refers to."


def _place(item: Unknown) -> str:
    return place(item.file, item.file.parsed.point(item.name.start))
