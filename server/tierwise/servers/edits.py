"""A WorkspaceEdit of somebody else as a changeset against the documents of our view. Pure but for reading the view."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any, cast

from tierwise.core import uris
from tierwise.core.changes import Changeset, FileEdit, RenameFile, TextEdit
from tierwise.core.columns import Columns
from tierwise.core.documents import Document
from tierwise.core.text import Point, Span
from tierwise.core.workspace import WorkspaceView


class UnusableEdit(Exception):
    """The edit has not LSP's shape, does not fit the text as we know it, or does what no rename needs."""


def changeset_of(raw: object, columns: Columns, view: WorkspaceView, document: Document) -> Changeset:
    """The edit as a changeset. ``document``, about which was asked, need not be on the disk. Raises UnusableEdit."""
    reader = _Reader(columns, view, document)
    for change in _changes(raw):
        reader.take(change)
    return reader.changeset()


def span_of(raw: object, columns: Columns, document: Document) -> Span | None:
    """A range of a document; None for what is none."""
    try:
        place = _table(raw)
        return Span(_point(columns, document, place.get("start")), _point(columns, document, place.get("end")))
    except UnusableEdit:
        return None


@dataclass(slots=True)
class _Reader:
    """Takes the changes one by one; text edits of one file may come in several pieces."""

    columns: Columns
    view: WorkspaceView
    document: Document
    edits: dict[Path, tuple[Document, list[TextEdit]]] = field(
        default_factory=dict[Path, tuple[Document, list[TextEdit]]]
    )
    moves: list[RenameFile] = field(default_factory=list[RenameFile])

    def take(self, change: dict[str, Any]) -> None:
        kind = change.get("kind")
        if kind == "rename":
            self.moves.append(RenameFile(self._path(change.get("oldUri")), self._path(change.get("newUri"))))
            return
        if kind == "delete" and self._is_left_empty(self._path(change.get("uri"))):
            return  # an empty folder disturbs nobody
        if kind is not None:
            raise UnusableEdit(f"the edit would {kind} a file")
        path = self._before(self._path(_table(change.get("textDocument")).get("uri")))
        if path not in self.edits:
            base = self.document if path == self.document.path else self.view.read(path)
            if base is None:
                raise UnusableEdit(f"{path.name} would have to change, but it is ignored or not readable")
            self.edits[path] = (base, [])
        base, edits = self.edits[path]
        edits += [self._edit(base, _table(item)) for item in _list(change.get("edits"))]

    def changeset(self) -> Changeset:
        files: list[FileEdit] = []
        for base, edits in self.edits.values():
            ordered = tuple(dict.fromkeys(sorted(edits, key=lambda edit: (edit.span, edit.text))))
            if any(left.span.end > right.span.start for left, right in pairwise(ordered)):
                raise UnusableEdit(f"edits of {_name(base)} overlap")
            if ordered:
                files.append(FileEdit(base, ordered))
        files.sort(key=lambda file: file.base.uri)
        return Changeset((*files, *self.moves))

    def _edit(self, base: Document, raw: dict[str, Any]) -> TextEdit:
        place, text = _table(raw.get("range")), raw.get("newText")
        if not isinstance(text, str):
            raise UnusableEdit("an edit has no text")
        start, end = (_point(self.columns, base, place.get(edge)) for edge in ("start", "end"))
        return TextEdit(Span(start, end), text)

    def _path(self, uri: object) -> Path:
        path = uris.to_path(uri) if isinstance(uri, str) else None
        if path is None:
            raise UnusableEdit("the edit changes something that is no file")
        return self._as_named_here(path)

    def _as_named_here(self, path: Path) -> Path:
        """The path below the folder as the view names it: servers resolve symbolic links on the way to it."""
        folder = self.view.folder_of(self.document.path) if self.document.path is not None else None
        if folder is None or self.view.folder_of(path) is not None:
            return path
        real = folder.resolve()
        return folder / path.relative_to(real) if path.is_relative_to(real) else path

    def _is_left_empty(self, folder: Path) -> bool:
        """Whether all files of a folder have moved elsewhere by now."""
        top = self.view.folder_of(folder)
        inside = {path for path in self.view.files(top) if path.is_relative_to(folder)} if top is not None else {folder}
        return bool(self.moves) and inside <= {move.old for move in self.moves}

    def _before(self, path: Path) -> Path:
        """Where a file is now that the edit speaks of after it moved it."""
        for move in self.moves:
            if path.is_relative_to(move.new):
                return move.old / path.relative_to(move.new)
        return path


def _changes(raw: object) -> Iterator[dict[str, Any]]:
    table = _table(raw)
    listed = table.get("documentChanges")
    if isinstance(listed, list):
        yield from (_table(change) for change in cast("list[object]", listed))
        return
    for uri, edits in _table(table.get("changes") or {}).items():
        yield {"textDocument": {"uri": uri}, "edits": edits}


def _point(columns: Columns, base: Document, raw: object) -> Point:
    table = _table(raw)
    line, character = table.get("line"), table.get("character")
    if not isinstance(line, int) or not isinstance(character, int):
        raise UnusableEdit("an edit has no place")
    point = columns.point(base.lines, line, character)
    if columns.position(base.lines, point) != {"line": line, "character": character}:
        raise UnusableEdit(f"{_name(base)} has no place {line + 1}:{character + 1}")
    return point


def _name(document: Document) -> str:
    return document.path.name if document.path is not None else document.uri


def _table(raw: object) -> dict[str, Any]:
    if not isinstance(raw, dict):
        raise UnusableEdit("the edit does not have the shape that LSP gives it")
    return cast("dict[str, Any]", raw)


def _list(raw: object) -> list[object]:
    if not isinstance(raw, list):
        raise UnusableEdit("the edit does not have the shape that LSP gives it")
    return cast("list[object]", raw)
