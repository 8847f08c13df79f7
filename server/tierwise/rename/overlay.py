"""A workspace as it would be after a rename, so that the result can be looked at before anything is changed. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from tierwise.core.changes import Changeset, FileEdit, RenameFile
from tierwise.core.documents import Document
from tierwise.core.uris import to_uri
from tierwise.core.workspace import Holders, WorkspaceView


class Overlay:
    """A ``WorkspaceView`` with a changeset applied to it."""

    def __init__(self, below: WorkspaceView, changes: Changeset) -> None:
        self._below = below
        self._moves = [change for change in changes.changes if isinstance(change, RenameFile)]
        edits = [change for change in changes.changes if isinstance(change, FileEdit)]
        edited = [self._edited(edit) for edit in edits]
        self._edited_by_uri = {edit.base.uri: document for edit, document in zip(edits, edited, strict=True)}
        self._documents = {document.path: document for document in edited if document.path is not None}

    def after(self, document: Document) -> Document:
        """The document as it would be."""
        return self._edited_by_uri.get(document.uri) or self._moved_document(document)

    def moved(self, path: Path) -> Path:
        """Where a file would be."""
        for move in self._moves:
            if path == move.old or path.is_relative_to(move.old):
                return move.new / path.relative_to(move.old) if path != move.old else move.new
        return path

    def folder_of(self, path: Path) -> Path | None:
        return self._below.folder_of(path)

    def read(self, path: Path) -> Document | None:
        if path in self._documents:
            return self._documents[path]
        before = self._before(path)
        if before is None:
            return None
        document = self._below.read(before)
        return None if document is None else self._moved_document(document)

    def files(self, folder: Path, languages: frozenset[str] | None = None) -> Iterator[Path]:
        below = self._below.files(folder, languages)
        return map(self.moved, below) if self._moves else below

    def files_with(self, folder: Path, word: str, languages: frozenset[str] | None = None) -> Iterator[Path]:
        """Files of the view below that hold the word, and edited ones that hold it now."""
        seen: set[Path] = set()
        pattern = re.compile(rf"(?<!\w){re.escape(word)}(?!\w)")
        for path, document in self._documents.items():
            seen.add(path)
            right_language = languages is None or document.language in languages
            if path.is_relative_to(folder) and right_language and pattern.search(document.text):
                yield path
        for path in self._below.files_with(folder, word, languages):
            after = self.moved(path)
            if after not in seen:
                yield after

    def holders(self, paths: Sequence[Path]) -> Holders:
        """What is known below, which says nothing of the edited files."""
        listed = set(paths)
        return _Holders(self._below.holders(paths), [path for path in self._documents if path in listed])

    def open_documents(self) -> tuple[Document, ...]:
        return tuple(self.after(document) for document in self._below.open_documents())

    def _edited(self, edit: FileEdit) -> Document:
        return self._moved_document(replace(edit.base, lines=edit.result))

    def _moved_document(self, document: Document) -> Document:
        if document.path is None or self.moved(document.path) == document.path:
            return document
        path = self.moved(document.path)
        return replace(document, path=path, uri=to_uri(path))

    def _before(self, path: Path) -> Path | None:
        """Where a file of the new workspace is now; None for places that were moved away from."""
        for move in self._moves:
            if path == move.new:
                return move.old
            if path.is_relative_to(move.new):
                return move.old / path.relative_to(move.new)
        return None if self.moved(path) != path else path


class _Holders:
    def __init__(self, below: Holders, edited: Sequence[Path]) -> None:
        self._below = below
        self._edited = edited

    def of(self, text: str) -> Iterable[Path]:
        return dict.fromkeys([*self._below.of(text), *self._edited])
