"""Standard input and output as message pipes: read in order, written without ever blocking the event loop.

Owner of the two descriptors and their threads. Standard library only. Whatever else writes to standard output in this
process lands on standard error: a stray ``print`` must not break the protocol.
"""

from __future__ import annotations

import contextlib
import os
import select
import sys
import threading
from collections import deque
from collections.abc import Callable
from typing import Protocol

from tierwise.lsp.framing import FrameSplitter, FramingError, frame

_READ = 65_536
_ATOMIC = getattr(select, "PIPE_BUF", 0)
"""A pipe that is reported writable takes this many bytes without blocking (POSIX). Windows: always the thread."""


class Loop(Protocol):
    """The event loop, as far as reading needs it (asyncio is not imported here)."""

    def add_reader(self, fd: int, callback: Callable[[], object], /) -> object: ...
    def remove_reader(self, fd: int, /) -> object: ...
    def call_soon(self, callback: Callable[[], object], /) -> object: ...
    def call_soon_threadsafe(self, callback: Callable[[], object], /) -> object: ...


class Reader:
    """Reads frames and hands them on in order; ``None`` marks the end of the stream.

    Before ``attach`` the caller waits in ``next``. After it the event loop reads where it can watch a pipe (POSIX), so
    that no message passes through another thread; elsewhere (Windows, a file as input) a thread reads.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._splitter = FrameSplitter()
        self._lock = threading.Lock()
        self._bodies: deque[bytes | None] = deque()
        self._ended = False
        self._woken = False
        self.problem = ""

    def next(self) -> bytes | None:
        """Wait for the next body. Only before ``attach``."""
        while not self._bodies:
            self._bodies.extend(self._read())
        return self._bodies.popleft()

    def attach(self, loop: Loop, wake: Callable[[], object]) -> None:
        """From now on ``wake`` is called on the loop when there is something to ``take``."""
        if self._bodies:
            self._woken = True
            loop.call_soon(wake)
        if self._ended:
            return
        try:
            loop.add_reader(self._descriptor, lambda: self._ready(loop, wake))
        except (NotImplementedError, OSError):  # Windows' loop, or a file, which cannot be watched
            thread = threading.Thread(target=self._run, args=(loop, wake), name="tierwise-stdin", daemon=True)
            thread.start()

    def take(self) -> list[bytes | None]:
        """All bodies that have arrived, in order."""
        with self._lock:
            bodies = list(self._bodies)
            self._bodies.clear()
            self._woken = False
        return bodies

    def _ready(self, loop: Loop, wake: Callable[[], object]) -> None:
        self._bodies.extend(self._read())
        if self._ended:
            loop.remove_reader(self._descriptor)
        if self._bodies:
            wake()

    def _run(self, loop: Loop, wake: Callable[[], object]) -> None:
        while not self._ended:
            bodies = self._read()
            with self._lock:
                self._bodies.extend(bodies)
                sleeping, self._woken = bool(bodies) and not self._woken, self._woken or bool(bodies)
            if sleeping:
                with contextlib.suppress(RuntimeError):  # the loop has closed: we are on our way out
                    loop.call_soon_threadsafe(wake)

    def _read(self) -> list[bytes | None]:
        """One read, waiting for it; the bodies that it completed."""
        try:
            if data := os.read(self._descriptor, _READ):
                return [*self._splitter.feed(data)]
        except FramingError as error:
            self.problem = str(error)
        except OSError:
            pass  # the client is gone: the same as the end of its stream
        self._ended = True
        return [None]


class Writer:
    """Writes frames in order. A short one goes out at once where that cannot block; the rest through a thread."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._lock = threading.Condition()
        self._pending: deque[bytes] = deque()
        self._busy = False
        self._closed = False
        self._thread: threading.Thread | None = None

    def send(self, body: bytes) -> None:
        """Queue one message; after the client has gone messages are dropped. Safe from any thread."""
        data = frame(body)
        with self._lock:
            if self._closed:
                return
            if not self._busy and len(data) <= _ATOMIC and self._ready():
                self._write(data)
                return
            self._pending.append(data)
            self._busy = True
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="tierwise-stdout", daemon=True)
                self._thread.start()
            self._lock.notify_all()

    def flush(self, timeout_s: float) -> bool:
        """Wait until everything is written; False when the client does not read for ``timeout_s`` seconds."""
        with self._lock:
            return self._lock.wait_for(lambda: not self._busy or self._closed, timeout_s)

    def _ready(self) -> bool:
        return bool(select.select([], [self._descriptor], [], 0)[1])

    def _run(self) -> None:
        while True:
            with self._lock:
                while not self._pending:
                    self._busy = False
                    self._lock.notify_all()
                    self._lock.wait()
                data = b"".join(self._pending)
                self._pending.clear()
            self._write(data)

    def _write(self, data: bytes) -> None:
        view = memoryview(data)
        try:
            while view:
                view = view[os.write(self._descriptor, view) :]
        except OSError:
            self._closed = True


def take_over() -> tuple[Reader, Writer]:
    """Claim standard input and output for the protocol."""
    sys.stdout.flush()
    incoming, outgoing = os.dup(0), os.dup(1)
    if sys.platform == "win32":
        import msvcrt

        msvcrt.setmode(incoming, os.O_BINARY)
        msvcrt.setmode(outgoing, os.O_BINARY)
    os.dup2(2, 1)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
    return Reader(incoming), Writer(outgoing)
