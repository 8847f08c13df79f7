"""Reads the workspace once in the background and tells the listener. Owner of one thread and of what it has read.

It never delays a request on purpose: it rests after each file as long as reading it took.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from tierwise.core.documents import Document
from tierwise.core.languages import is_code, language_of
from tierwise.core.ports import WorkspaceListener
from tierwise.session.files import FileCache
from tierwise.session.listing import FolderListing

_MAX_REST_S = 0.05
_MAX_BYTES = 400_000
"""A larger file is data or generated: it may be read when it is asked for, but is not learnt from."""


class Indexer:
    """One daemon thread that works off folders and changed files in the order they were asked for."""

    def __init__(self, files: FileCache, listener: WorkspaceListener, is_open: Callable[[Path], bool]) -> None:
        self._files = files
        self._listener = listener
        self._is_open = is_open
        self._jobs: queue.SimpleQueue[Callable[[], Iterable[Path]] | None] = queue.SimpleQueue()
        self._stopping = threading.Event()
        self._idle = threading.Event()
        self._idle.set()
        self._known: set[Path] = set()
        self._thread: threading.Thread | None = None

    def add_folder(self, listing: FolderListing) -> None:
        """Read every file of a folder that was not read yet."""
        self._add(lambda: (path for path in listing.paths() if path not in self._known))

    def add_files(self, paths: Iterable[Path]) -> None:
        """Read files again: they changed, came or went."""
        wanted = tuple(paths)
        self._add(lambda: wanted)

    def wait_idle(self, timeout_s: float) -> bool:
        """Block until all jobs are done; False after ``timeout_s`` seconds. For benchmarks and the demo."""
        return self._idle.wait(timeout_s)

    def stop(self) -> None:
        """Let the thread end after the file it is at. Does not wait for it: it is a daemon."""
        self._stopping.set()
        self._jobs.put(None)

    def _add(self, job: Callable[[], Iterable[Path]]) -> None:
        self._idle.clear()
        self._jobs.put(job)
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="tierwise-index", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        while (job := self._jobs.get()) is not None:
            for path in job():
                if self._stopping.is_set():
                    return
                started = time.perf_counter()
                self._read(path)
                self._stopping.wait(min(_MAX_REST_S, time.perf_counter() - started))
            if self._jobs.empty():
                self._idle.set()

    def _read(self, path: Path) -> None:
        if not is_code(language_of(path).id) or self._is_open(path):
            return
        document = self._files.read(path, _MAX_BYTES)
        if isinstance(document, Document):
            self._known.add(path)
            self._listener.file_read(document)
        elif path in self._known:
            self._known.discard(path)
            self._listener.file_gone(path)
