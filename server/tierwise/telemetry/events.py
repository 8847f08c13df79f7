"""Where events go: one SQLite file, written by one thread from a queue.

Owner of the tables ``requests``, ``attempts``, ``feedback`` and ``learnt``. ``record`` never blocks on the disk and
never raises. No code, prompt or key enters: an event has no field for one.
"""

from __future__ import annotations

import atexit
import sqlite3
import threading
from collections import deque
from datetime import datetime
from pathlib import Path
from queue import Empty, SimpleQueue

from tierwise.core.clock import Clock
from tierwise.core.events import FeedbackEvent, RequestEvent
from tierwise.telemetry import rows
from tierwise.telemetry.database import Database, StateUnavailable, is_damaged

BATCH_S = 0.05
"""Seconds that an event waits for others. Written at once, its own thread would compete with the answer that is just
on its way to the editor (measured: a fifth of the time that a keystroke takes)."""

BACKLOG = 10_000
"""Events kept in memory while the disk takes none; beyond that the oldest go."""


class EventStore:
    """Takes events (``core.events.EventSink``) and answers questions about them. Safe in any thread.

    The thread starts with the first event and ends with ``close``, which also runs at the interpreter's exit. Reading
    first waits for what was recorded before. Readers block on the disk: call them in a thread or at start.
    """

    def __init__(self, path: Path, clock: Clock, backlog: int = BACKLOG) -> None:
        self._database = Database(path, clock)
        self._queue: _Queue = SimpleQueue()
        self._pending: deque[rows.Record] = deque(maxlen=backlog)
        self._warnings: deque[str] = deque(maxlen=4)
        self._warned: set[str] = set()
        self._lock = threading.Lock()
        self._hurry = threading.Event()
        self._thread: threading.Thread | None = None
        self._previous: threading.Thread | None = None

    @property
    def path(self) -> Path:
        return self._database.path

    def record(self, event: RequestEvent) -> None:
        """Take one event; it is on disk soon, and certainly after ``flush`` or ``close``."""
        self._take(event)

    def hear(self, event: FeedbackEvent) -> None:
        """Take what became of an answer, in the same way."""
        self._take(event)

    def keep_learnt(self, folder: str, state: str) -> None:
        """Take what was learnt in a folder, in the same way; it replaces what was kept before."""
        self._take(rows.Learnt(folder, state))

    def learnt(self) -> tuple[rows.Learnt, ...]:
        """What was learnt in all folders. Raises ``StateUnavailable``."""
        self.flush()
        return self._database.run(rows.learnt, ())

    def forget_learnt(self, folder: str | None = None) -> int:
        """Drop it for a folder, or (None) for all; returns for how many. Raises ``StateUnavailable``."""
        self.flush()
        return self._database.run(lambda db: rows.forget_learnt(db, folder), 0)

    def flush(self, timeout_s: float = 5.0) -> bool:
        """Wait until everything recorded so far was offered to the disk; False when that took too long."""
        with self._lock:
            if self._thread is None:
                return True
            mark = _Mark()
            self._queue.put(mark)
        self._hurry.set()
        return mark.reached.wait(timeout_s)

    def close(self) -> None:
        """Write what is left and end the thread. A later ``record`` starts it again."""
        with self._lock:
            thread, self._thread = self._thread, None
            if thread is None:
                return
            self._previous = thread
            self._queue.put(_Mark(last=True))
        self._hurry.set()
        atexit.unregister(self.close)
        thread.join(timeout=10)

    def take_warning(self) -> str | None:
        """One sentence for the user about trouble with the file, given once; None when all is well."""
        return self._warnings.popleft() if self._warnings else self._database.take_notice()

    def spent_since(self, moment: datetime) -> float:
        """US dollars of all processes that share the file. Raises ``StateUnavailable``."""
        self.flush()
        query = "SELECT total(cost_usd) FROM requests WHERE at >= ?"
        since = moment.timestamp()
        stored = self._database.run(lambda db: float(db.execute(query, (since,)).fetchone()[0]), 0.0)
        waiting = (record for record in tuple(self._pending) if isinstance(record, RequestEvent))
        return stored + sum(event.cost_usd for event in waiting if event.at.timestamp() >= since)

    def count(self) -> int:
        """How many events are kept. Raises ``StateUnavailable``."""
        self.flush()
        query = "SELECT count(*) FROM requests"
        return self._database.run(lambda db: int(db.execute(query).fetchone()[0]), 0)

    def recent(self, count: int) -> tuple[RequestEvent, ...]:
        """The last ``count`` events, newest first. Raises ``StateUnavailable``."""
        self.flush()
        return self._database.run(lambda db: rows.newest(db, count), ())

    def since(self, moment: datetime | None = None) -> tuple[RequestEvent, ...]:
        """Events from ``moment`` on (None: all), oldest first. Raises ``StateUnavailable``."""
        self.flush()
        start = moment.timestamp() if moment is not None else 0.0
        return self._database.run(lambda db: rows.from_time(db, start), ())

    def _take(self, record: rows.Record) -> None:
        with self._lock:
            if self._thread is None:
                self._start()
            self._queue.put(record)

    def _start(self) -> None:
        self._queue = SimpleQueue()
        self._thread = threading.Thread(
            target=self._write, args=(self._queue, self._previous), name="tierwise-events", daemon=True
        )
        self._thread.start()
        atexit.register(self.close)

    def _write(self, queue: _Queue, previous: threading.Thread | None) -> None:
        if previous is not None:
            previous.join()  # one writer at a time
        connection: sqlite3.Connection | None = None
        last = False
        while not last:
            marks = self._collect(queue)
            last = any(mark.last for mark in marks)
            if self._pending:
                connection = self._store(connection)
            for mark in marks:
                mark.reached.set()
        if connection is not None:
            connection.close()

    def _collect(self, queue: _Queue) -> list[_Mark]:
        """Move everything that waits in the queue to ``_pending``; sleeps while there is nothing."""
        marks: list[_Mark] = []
        item = queue.get()
        if isinstance(item, RequestEvent):
            self._hurry.wait(BATCH_S)
            self._hurry.clear()
        while True:
            if isinstance(item, _Mark):
                marks.append(item)
            else:
                if len(self._pending) == self._pending.maxlen:
                    self._warn(f"{self.path} could not be written for long: the oldest events are being dropped.")
                self._pending.append(item)
            try:
                item = queue.get_nowait()
            except Empty:
                return marks

    def _store(self, connection: sqlite3.Connection | None, *, afresh: bool = False) -> sqlite3.Connection | None:
        """Write what is pending; on trouble keep it for the next time and say so once."""
        if connection is not None and not self.path.exists():
            connection.close()  # someone removed the file: what we wrote there would be gone
            connection = None
        try:
            if connection is None:
                connection = self._database.connect()
                self._database.forget_old(connection)
            refused = rows.insert(connection, self._pending)
        except (sqlite3.Error, StateUnavailable) as exc:
            if connection is not None:
                connection.close()
            if isinstance(exc, sqlite3.Error) and is_damaged(exc) and not afresh:
                return self._start_afresh()
            self._warn(f"{self._database.unavailable(exc)} Events are kept in memory meanwhile.")
            return None
        if refused:
            self._warn(f"{refused} event(s) could not be stored in {self.path}: a value was out of range.")
        self._pending.clear()
        self._warned.clear()
        return connection

    def _start_afresh(self) -> sqlite3.Connection | None:
        try:
            self._database.set_aside()
        except StateUnavailable as exc:
            self._warn(f"{exc} Events are kept in memory meanwhile.")
            return None
        return self._store(None, afresh=True)

    def _warn(self, sentence: str) -> None:
        if sentence not in self._warned:
            self._warned.add(sentence)
            self._warnings.append(sentence)


class _Mark:
    """A place in the queue that someone waits for."""

    def __init__(self, *, last: bool = False) -> None:
        self.reached = threading.Event()
        self.last = last


_Queue = SimpleQueue[rows.Record | _Mark]
