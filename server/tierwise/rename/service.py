"""Rename: choose an engine, let it find, check everything, make the changeset.

Owner of no state. Runs in a worker thread on a frozen view. Never edits an occurrence that is not certain, and never
writes a file.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tierwise.core.changes import Changeset
from tierwise.core.documents import Document
from tierwise.core.renaming import RenameProposal
from tierwise.core.text import Point
from tierwise.core.workspace import WorkspaceView
from tierwise.rename.captures import check_scopes
from tierwise.rename.checks import changeset_of, check_meaning, check_moves
from tierwise.rename.foreign import found_in
from tierwise.rename.identifiers import check_new_name
from tierwise.rename.snapshot import Snapshot
from tierwise.rename.values import (
    UNDEFINED,
    Engine,
    Found,
    NotRenameable,
    Reason,
    Renameable,
    RenameDeclined,
    RenameResult,
)


class Renamer:
    """``engines``: the best first; the first that serves a document's language is asked."""

    def __init__(self, engines: Sequence[Engine]) -> None:
        self._engines = tuple(engines)

    def engine_name(self, language: str) -> str:
        """The engine that would be asked in files of a language; empty where there is none."""
        engine = self._engine(language)
        return "" if engine is None else engine.name

    def prepare(self, view: WorkspaceView, document: Document, point: Point) -> Renameable | NotRenameable:
        """Whether the name at ``point`` can be renamed; cheap enough to ask at a key press (20 ms)."""
        engine = self._engine(document.language)
        if engine is None:
            return _no_engine(document.language)
        if not document.is_open and document.path is not None and view.read(document.path) is None:
            return NotRenameable(Reason.FORBIDDEN, f"{document.path.name} is ignored or not readable.")
        return engine.prepare(view, document, document.lines.clamp(point))

    def rename(
        self, view: WorkspaceView, document: Document, point: Point, new_name: str, *, cancelled: Callable[[], bool]
    ) -> RenameResult:
        """Rename what stands at ``point`` everywhere. Raises RenameDeclined with one sentence and its reason.

        ``cancelled`` is asked between files.
        """
        view = Snapshot.of(view, cancelled)
        prepared = self.prepare(view, document, point)
        engine = self._engine(document.language)
        if isinstance(prepared, NotRenameable) or engine is None:
            refusal = prepared if isinstance(prepared, NotRenameable) else _no_engine(document.language)
            raise RenameDeclined(refusal.reason, refusal.message)
        if prepared.name.startswith("#") and not new_name.startswith("#"):
            new_name = f"#{new_name}"  # private names of JavaScript are written with it, and people leave it out
        check_new_name(document.language, prepared.name, new_name, is_property=prepared.kind in _PROPERTIES)
        at = prepared.span.start
        found = engine.find(view, document, at, new_name, cancelled)
        changes = changeset_of(view, document, found, new_name)
        if found.kind != UNDEFINED and (engine.exact or _occurs(view, document, new_name, engine.languages)):
            check_meaning(view, document, at, found, changes, new_name, engine, cancelled)
        return _result(changes, engine.name, found, new_name)

    def look_ahead(
        self, view: WorkspaceView, document: Document, point: Point, *, cancelled: Callable[[], bool]
    ) -> None:
        """Find what stands at ``point`` everywhere, so that a rename that follows finds all of it read and parsed.
        Raises RenameDeclined.
        """
        prepared, engine = self.prepare(view, document, point), self._engine(document.language)
        if isinstance(prepared, Renameable) and engine is not None:
            engine.find(Snapshot.of(view, cancelled), document, prepared.span.start, prepared.name, cancelled)

    def accept(
        self, view: WorkspaceView, document: Document, prepared: Renameable, new_name: str, proposal: RenameProposal
    ) -> RenameResult:
        """Check what another program would do, and make it ours. Raises RenameDeclined."""
        view = Snapshot.of(view)
        old_name = proposal.old_name or prepared.name
        if old_name.startswith("#") and not new_name.startswith("#"):
            new_name = f"#{new_name}"
        plain = old_name.removeprefix("#").isidentifier()  # gopls also renames signatures and package paths
        if plain:
            check_new_name(document.language, old_name, new_name, is_property=prepared.kind in _PROPERTIES)
        found = found_in(proposal, old_name, new_name, prepared.kind, plain=plain)
        check_moves(view, document, found.moves)
        changes = changeset_of(view, document, found, new_name)
        for edit in changes.edits if plain else ():
            check_scopes(edit, old_name, new_name)
        return _result(changes, proposal.engine, found, new_name)

    def _engine(self, language: str) -> Engine | None:
        return next((engine for engine in self._engines if language in engine.languages), None)


_PROPERTIES = frozenset({"attribute", "property", "field", "method"})


def _result(changes: Changeset, engine: str, found: Found, new_name: str) -> RenameResult:
    count = sum(len(edit.edits) for edit in changes.edits)
    return RenameResult(changes, engine, count, len(changes.edits), found.uncertain, found.name, new_name, found.kind)


def _no_engine(language: str) -> NotRenameable:
    return NotRenameable(Reason.NO_ENGINE, f"Tierwise cannot rename in files of the language '{language}'.")


def _occurs(view: WorkspaceView, document: Document, word: str, languages: frozenset[str]) -> bool:
    """Whether a name is in use already, in the document or in its folder."""
    folder = view.folder_of(document.path) if document.path is not None else None
    in_folder = folder is not None and next(iter(view.files_with(folder, word, languages)), None) is not None
    return in_folder or word in document.text
