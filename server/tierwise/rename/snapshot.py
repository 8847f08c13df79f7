"""The workspace as one rename sees it: every file is read from the disk at most once, then only in memory, and only
where it may hold what is looked for.

Owner of what was read during one rename; made anew for each. Reads through the view only.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from tierwise.core.documents import Document
from tierwise.core.workspace import Holders, WorkspaceView
from tierwise.rename.layout import by_language
from tierwise.rename.values import stop_if


class Snapshot:
    """A ``WorkspaceView`` over another one, for the time of one rename. ``cancelled`` is asked between files."""

    def __init__(self, below: WorkspaceView, cancelled: Callable[[], bool] = lambda: False) -> None:
        self._below = below
        self._cancelled = cancelled
        self._read: dict[Path, Document | None] = {}
        self._listed: dict[Path, Mapping[str, tuple[Path, ...]]] = {}
        self._holders: list[tuple[Sequence[Path], Holders]] = []
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
        """By their names' languages, each in the order of the view below. A file that is open in another language than
        its name tells goes by its name.
        """
        for language, paths in self._paths(folder).items():
            if languages is None or language in languages:
                yield from paths

    def files_with(self, folder: Path, word: str, languages: frozenset[str] | None = None) -> Iterator[Path]:
        whole = re.compile(rf"(?<!\w){re.escape(word)}(?!\w)")
        return (path for path, text in self.holding(folder, (word,), languages) if whole.search(text))

    def open_documents(self) -> tuple[Document, ...]:
        return self._below.open_documents()

    def holders(self, paths: Sequence[Path]) -> Holders:
        """What is known of files when it is asked for first."""
        with self._lock:
            known = next((holders for listed, holders in self._holders if listed == paths), None)
            if known is None:
                known = self._below.holders(paths)
                self._holders.append((paths, known))
            return known

    def holding(
        self, folder: Path, words: Sequence[str], languages: frozenset[str] | None = None
    ) -> Iterator[tuple[Path, str]]:
        """Every readable file of ``languages`` below ``folder`` that holds one of ``words`` somewhere as a whole, and
        perhaps some that hold it as a part of others; with its text.
        """
        for language, paths in self._paths(folder).items():
            if languages is None or language in languages:
                holders = self.holders(paths)
                for path in dict.fromkeys(path for word in words for path in holders.of(word)):
                    stop_if(self._cancelled)
                    document = self.read(path)
                    text = "" if document is None else document.text
                    if any(map(text.__contains__, words)):
                        yield path, text

    def _paths(self, folder: Path) -> Mapping[str, tuple[Path, ...]]:
        with self._lock:
            if folder not in self._listed:
                self._listed[folder] = by_language(self._below.files(folder))
            return self._listed[folder]
