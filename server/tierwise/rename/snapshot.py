"""The workspace as one rename sees it: every file is looked at on the disk at most once, then only in memory.

Owner of what was read during one rename; made anew for each. Reads through the view only.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tierwise.core.documents import Document
from tierwise.core.languages import language_of
from tierwise.core.workspace import WorkspaceView
from tierwise.rename.values import stop_if


@dataclass(frozen=True, slots=True)
class _File:
    """A listed file with its text, joined once: a word is looked for in whole texts, not line by line."""

    path: Path
    document: Document
    text: str


class Snapshot:
    """A ``WorkspaceView`` over another one, for the time of one rename. ``cancelled`` is asked between files."""

    def __init__(self, below: WorkspaceView, cancelled: Callable[[], bool] = lambda: False) -> None:
        self._below = below
        self._cancelled = cancelled
        self._read: dict[Path, Document | None] = {}
        self._listed: dict[Path, tuple[tuple[Path, str], ...]] = {}
        self._loaded: dict[tuple[Path, str], tuple[_File, ...]] = {}
        self._lock = threading.RLock()

    @staticmethod
    def of(view: WorkspaceView, cancelled: Callable[[], bool] = lambda: False) -> Snapshot:
        """A snapshot of ``view``; the view itself where it is one already."""
        return view if isinstance(view, Snapshot) else Snapshot(view, cancelled)

    def folder_of(self, path: Path) -> Path | None:
        return self._below.folder_of(path)

    def read(self, path: Path) -> Document | None:
        if path not in self._read:
            self._read[path] = self._below.read(path)
        return self._read[path]

    def files(self, folder: Path, languages: frozenset[str] | None = None) -> Iterator[Path]:
        return (path for path, language in self._paths(folder) if languages is None or language in languages)

    def files_with(self, folder: Path, word: str, languages: frozenset[str] | None = None) -> Iterator[Path]:
        whole = re.compile(rf"(?<!\w){re.escape(word)}(?!\w)")
        return (path for path, text in self.texts(folder, languages) if word in text and whole.search(text))

    def open_documents(self) -> tuple[Document, ...]:
        return self._below.open_documents()

    def texts(self, folder: Path, languages: frozenset[str] | None = None) -> Iterator[tuple[Path, str]]:
        """Every readable file of ``languages`` below ``folder`` with its text. A file that is open in another language
        than its name tells goes by its name here, as in ``files``.
        """
        known = dict.fromkeys(language for _, language in self._paths(folder))
        for language in known:
            if languages is None or language in languages:
                for file in self._files_of(folder, language):
                    yield file.path, file.text

    def _paths(self, folder: Path) -> tuple[tuple[Path, str], ...]:
        with self._lock:
            if folder not in self._listed:
                self._listed[folder] = tuple((path, language_of(path).id) for path in self._below.files(folder))
            return self._listed[folder]

    def _files_of(self, folder: Path, language: str) -> tuple[_File, ...]:
        with self._lock:
            key = (folder, language)
            if key not in self._loaded:
                self._loaded[key] = tuple(self._load(path for path, its in self._paths(folder) if its == language))
            return self._loaded[key]

    def _load(self, paths: Iterator[Path]) -> Iterator[_File]:
        for path in paths:
            stop_if(self._cancelled)
            document = self.read(path)
            if document is not None:
                yield _File(path, document, document.text)
