"""Reads the workspace once in the background: names go into the index, texts to the listener. Owner of one thread and
of what it has read.

It never delays a request on purpose: it gives way before each file, rests after it as long as reading it took, and
parsing is done in a process of its own.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from tierwise.core.documents import Document
from tierwise.core.languages import is_code, language_of
from tierwise.core.ports import WorkspaceListener
from tierwise.session.files import glance
from tierwise.session.index import Names, WorkspaceIndex
from tierwise.session.index_process import IndexProcess
from tierwise.session.listing import FolderListing
from tierwise.session.names_in_files import MAX_BYTES, names_in

_MAX_REST_S = 0.05
_BATCH = 32
"""Files between two looks at the index process."""
_MANY = 24
"""Fewer files are parsed here: starting a process takes longer."""


class Indexer:
    """One daemon thread that works off folders and changed files in the order they were asked for."""

    def __init__(
        self,
        index: WorkspaceIndex,
        listener: WorkspaceListener,
        is_open: Callable[[Path], bool],
        give_way: Callable[[], None],
    ) -> None:
        self._index = index
        self._listener = listener
        self._is_open = is_open
        self._give_way = give_way
        self._jobs: queue.SimpleQueue[Callable[[], Iterable[Path]] | None] = queue.SimpleQueue()
        self._stopping = threading.Event()
        self._counting = threading.Lock()
        self._unfinished = 0
        self._idle = threading.Event()
        self._idle.set()
        self._process = IndexProcess()
        self._known: set[Path] = set()
        self._looking: set[FolderListing] = set()
        self._thread: threading.Thread | None = None

    def add_folder(self, listing: FolderListing) -> None:
        """Walk a folder and read what is new in it; forget what is gone. Asked again meanwhile, it is done once."""
        if listing not in self._looking:
            self._looking.add(listing)
            self._add(lambda: self._news(listing))

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
        with self._counting:
            self._unfinished += 1
            self._idle.clear()
        self._jobs.put(job)
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="tierwise-index", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        try:
            while (job := self._jobs.get()) is not None and not self._stopping.is_set():
                self._work_off([path for path in job() if is_code(language_of(path).id)])
                if self._jobs.empty():
                    self._process.close()
                self._finished()
        finally:
            self._process.close()

    def _finished(self) -> None:
        """A job is done. Counted: one that comes at this very moment must not be taken for done with it."""
        with self._counting:
            self._unfinished -= 1
            if not self._unfinished:
                self._idle.set()

    def _news(self, listing: FolderListing) -> Iterable[Path]:
        """What has to be read of a folder. What is not listed any more, gone or forbidden, is forgotten unread."""
        listed = listing.paths()
        listing.map()
        self._looking.discard(listing)
        there = set(listed)
        for path in [path for path in self._known if listing.holds(path) and path not in there]:
            self._forget(path)
        return (path for path in listed if path not in self._known)

    def _work_off(self, paths: Sequence[Path]) -> None:
        for start in range(0, len(paths), _BATCH):
            readable: list[Path] = []
            for path in paths[start : start + _BATCH]:
                self._give_way()
                if self._stopping.is_set():
                    return
                began = time.perf_counter()
                if self._read(path):
                    readable.append(path)
                else:
                    self._forget(path)
                self._stopping.wait(min(_MAX_REST_S, time.perf_counter() - began))
            for path, names in self._names(readable, many=len(paths) >= _MANY):
                self._give_way()
                self._note(path, names)

    def _read(self, path: Path) -> bool:
        """Pass on the text of a file, unless the editor has it open; whether there is one to find names in."""
        document = glance(path, MAX_BYTES)
        if isinstance(document, Document):
            if not self._is_open(path):
                self._known.add(path)
                self._listener.file_read(document)
            return True
        return False

    def _forget(self, path: Path) -> None:
        self._index.drop(path)
        if path in self._known:
            self._known.discard(path)
            self._listener.file_gone(path)

    def _names(self, paths: Sequence[Path], *, many: bool) -> Iterator[tuple[Path, Names | None]]:
        if many:
            yield from self._process.names(paths)
        else:
            yield from ((path, names_in(path)) for path in paths)

    def _note(self, path: Path, names: Names | None) -> None:
        if names is None:
            self._index.drop(path)
        else:
            self._index.put(path, names)
