"""Standard input and output as message pipes: one reading thread, writes that never block the event loop.

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

from tierwise.lsp.framing import FrameSplitter, FramingError, frame

_READ = 65_536
_ATOMIC = getattr(select, "PIPE_BUF", 0)
"""A pipe that is reported writable takes this many bytes without blocking (POSIX). Windows: always the thread."""


class Reader:
    """Reads frames on a thread and hands them on in order; ``None`` marks the end of the stream."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._lock = threading.Condition()
        self._bodies: deque[bytes | None] = deque()
        self._wake: Callable[[], object] | None = None
        self._woken = False
        self.problem = ""
        threading.Thread(target=self._run, name="tierwise-stdin", daemon=True).start()

    def next(self) -> bytes | None:
        """Wait for the next body. Only before ``attach``."""
        with self._lock:
            while not self._bodies:
                self._lock.wait()
            return self._bodies.popleft()

    def attach(self, wake: Callable[[], object]) -> None:
        """From now on call ``wake`` (from the reading thread) when there is something to ``take``."""
        with self._lock:
            self._wake = wake
            self._woken = bool(self._bodies)
        if self._woken:
            wake()

    def take(self) -> list[bytes | None]:
        """All bodies that have arrived, in order."""
        with self._lock:
            bodies = list(self._bodies)
            self._bodies.clear()
            self._woken = False
        return bodies

    def _run(self) -> None:
        splitter = FrameSplitter()
        try:
            while data := os.read(self._descriptor, _READ):
                bodies = splitter.feed(data)
                if bodies:
                    self._deliver(bodies)
        except FramingError as error:
            self.problem = str(error)
        except OSError:
            pass  # the client is gone: the same as the end of its stream
        self._deliver([None])

    def _deliver(self, bodies: list[bytes] | list[None]) -> None:
        with self._lock:
            self._bodies.extend(bodies)
            wake = None if self._woken else self._wake
            self._woken = self._wake is not None
            self._lock.notify()
        if wake is not None:
            with contextlib.suppress(RuntimeError):  # the loop has closed: we are on our way out
                wake()


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
