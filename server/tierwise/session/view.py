"""The workspace at one moment, as requests see it. Implements ``core.workspace.WorkspaceView``; never mutates."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from tierwise.core.documents import Document
from tierwise.core.languages import language_of
from tierwise.session.files import FileCache
from tierwise.session.listing import FolderListing
from tierwise.session.privacy import FolderRules, Forbidden


class FrozenView:
    """Open documents as they were when the request came, and the disk through the file cache."""

    def __init__(
        self,
        documents: Mapping[Path, Document],
        rules: Mapping[Path, FolderRules],
        files: FileCache,
        listings: Mapping[Path, FolderListing],
    ) -> None:
        self._documents = documents
        self._rules = rules
        self._files = files
        self._listings = listings
        self._folder_of: dict[Path, Path | None] = {}
        self._inner_first = sorted(rules, key=lambda folder: len(folder.parts), reverse=True)

    @property
    def folders(self) -> tuple[Path, ...]:
        return tuple(self._rules)

    def folder_of(self, path: Path) -> Path | None:
        if path in self._rules:
            return path
        parent = path.parent  # remembered per folder of the disk: a rename asks for every file of the workspace
        if parent not in self._folder_of:
            inner = (folder for folder in self._inner_first if parent.is_relative_to(folder))
            self._folder_of[parent] = next(inner, None)
        return self._folder_of[parent]

    def forbidden(self, path: Path) -> Forbidden | None:
        """Why a path may not be read, by its name; None where it may."""
        folder = self.folder_of(path)
        return Forbidden.OUTSIDE if folder is None else self._rules[folder].reason(path)

    def read(self, path: Path) -> Document | None:
        folder = self.folder_of(path)
        if folder is None or self._rules[folder].reason(path) is not None:
            return None
        document = self._documents.get(path) or self._files.read(path, self._rules[folder].max_bytes)
        return document if isinstance(document, Document) else None

    def files(self, folder: Path, languages: frozenset[str] | None = None) -> Iterator[Path]:
        listing = self._listings.get(folder)
        if listing is None:
            return
        for path in listing.paths():
            if languages is None or language_of(path).id in languages:
                yield path

    def files_with(self, folder: Path, word: str, languages: frozenset[str] | None = None) -> Iterator[Path]:
        whole = re.compile(rf"(?<!\w){re.escape(word)}(?!\w)")
        for path in self.files(folder, languages):
            document = self.read(path)
            if document is not None and any(word in line and whole.search(line) for line in document.lines):
                yield path

    def open_documents(self) -> tuple[Document, ...]:
        return tuple(d for path, d in self._documents.items() if self.forbidden(path) is None)
