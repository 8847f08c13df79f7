"""The SQLite file in the state folder: its place, its schema, and what happens when it is damaged.

Owner of the file. Several processes may share it. It never holds a key, a prompt or a document; the queue's tables hold
what the user asked and the evidence against each answer, which stays on this machine.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Generator
from contextlib import closing, contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

from tierwise.core.clock import Clock
from tierwise.core.errors import TierwiseError

T = TypeVar("T")

FILE_NAME = "events.sqlite3"

BUSY_S = 5.0
"""Seconds to wait for another process that is writing."""

KEPT = timedelta(days=180)
"""Age beyond which events are dropped when the file is opened: half a year of heavy use stays below about 500 MB."""

_MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        """CREATE TABLE requests (
            id TEXT PRIMARY KEY, at REAL NOT NULL, utc_offset_s INTEGER NOT NULL,
            task TEXT NOT NULL, task_class TEXT NOT NULL, tier TEXT, harness TEXT NOT NULL,
            folder TEXT NOT NULL, language TEXT NOT NULL,
            outcome TEXT NOT NULL, reason TEXT NOT NULL, source TEXT NOT NULL, escalations INTEGER NOT NULL,
            first_token_ms REAL, first_token_budget_ms REAL, total_ms REAL NOT NULL,
            input_tokens INTEGER NOT NULL, cached_tokens INTEGER NOT NULL, cache_write_tokens INTEGER NOT NULL,
            cache_write_long_tokens INTEGER NOT NULL, output_tokens INTEGER NOT NULL, reasoning_tokens INTEGER NOT NULL,
            cost_usd REAL NOT NULL, saved_usd REAL NOT NULL) WITHOUT ROWID""",
        "CREATE INDEX requests_by_time ON requests (at)",
        """CREATE TABLE attempts (
            request_id TEXT NOT NULL REFERENCES requests (id) ON DELETE CASCADE, number INTEGER NOT NULL,
            provider TEXT NOT NULL, model TEXT NOT NULL, tier TEXT NOT NULL, result TEXT NOT NULL,
            started_ms REAL NOT NULL, first_token_ms REAL, ended_ms REAL NOT NULL,
            input_tokens INTEGER, cached_tokens INTEGER, cache_write_tokens INTEGER,
            cache_write_long_tokens INTEGER, output_tokens INTEGER, reasoning_tokens INTEGER,
            cost_usd REAL NOT NULL, reason TEXT NOT NULL,
            PRIMARY KEY (request_id, number)) WITHOUT ROWID""",
        """CREATE TABLE queue_items (
            number INTEGER PRIMARY KEY AUTOINCREMENT, at REAL NOT NULL, utc_offset_s INTEGER NOT NULL,
            task TEXT NOT NULL, uri TEXT NOT NULL, start_line INTEGER, start_column INTEGER,
            end_line INTEGER, end_column INTEGER, instruction TEXT NOT NULL)""",
        """CREATE TABLE queue_attempts (
            item INTEGER NOT NULL REFERENCES queue_items (number) ON DELETE CASCADE, number INTEGER NOT NULL,
            tier TEXT NOT NULL, provider TEXT NOT NULL, model TEXT NOT NULL, reason TEXT NOT NULL,
            evidence TEXT NOT NULL, prompt_sha256 TEXT NOT NULL,
            PRIMARY KEY (item, number)) WITHOUT ROWID""",
    ),
    (
        "ALTER TABLE requests ADD COLUMN confidence REAL",
        "ALTER TABLE requests ADD COLUMN by_policy TEXT",
        "ALTER TABLE requests ADD COLUMN tools TEXT NOT NULL DEFAULT ''",
        # No reference to requests: what became of an answer may be known before its last call has ended.
        """CREATE TABLE feedback (
            request_id TEXT NOT NULL, at REAL NOT NULL, what TEXT NOT NULL,
            PRIMARY KEY (request_id, what)) WITHOUT ROWID""",
        "CREATE INDEX feedback_by_time ON feedback (at)",
        "CREATE TABLE learnt (folder TEXT PRIMARY KEY, state TEXT NOT NULL) WITHOUT ROWID",
    ),
    (
        "ALTER TABLE requests ADD COLUMN expected_cached_tokens INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE requests ADD COLUMN cache_misses INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE requests ADD COLUMN rewrites TEXT NOT NULL DEFAULT ''",
    ),
    ("ALTER TABLE queue_items ADD COLUMN place_text TEXT NOT NULL DEFAULT ''",),
)
"""One tuple of statements per schema version; a released one is never edited, a change is a further tuple."""


class StateUnavailable(TierwiseError):
    """The file cannot be used now: no space, no permission, locked too long, or written by a newer Tierwise."""


class Database:
    """The way to the file. Cheap to make: the disk is touched by ``connect`` and ``run`` only. Safe in any thread."""

    def __init__(self, path: Path, clock: Clock) -> None:
        self.path = path
        self._clock = clock
        self._notices: list[str] = []

    def take_notice(self) -> str | None:
        """One sentence for the user about a damaged file that was set aside; None when there is none (any more)."""
        return self._notices.pop(0) if self._notices else None

    def connect(self) -> sqlite3.Connection:
        """A connection for one thread, with the schema in place; the caller closes it.

        A damaged file is set aside and a new one started. Raises ``StateUnavailable``.
        """
        try:
            return self._open()
        except sqlite3.Error as exc:
            if not is_damaged(exc):
                raise self.unavailable(exc) from exc
        except OSError as exc:
            raise self.unavailable(exc) from exc
        self.set_aside()
        try:
            return self._open()
        except (sqlite3.Error, OSError) as exc:
            raise self.unavailable(exc) from exc

    def run(self, work: Callable[[sqlite3.Connection], T], otherwise: T) -> T:
        """``work`` on a connection of its own; ``otherwise`` where there is no file yet (and none is made).

        A file found damaged is set aside and ``work`` runs on the new one. Raises ``StateUnavailable``.
        """
        if not self.path.exists():
            return otherwise
        return self.change(work)

    def change(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """As ``run``, but makes the file where there is none."""
        try:
            return self._once(work)
        except sqlite3.Error as exc:
            if not is_damaged(exc):
                raise self.unavailable(exc) from exc
        self.set_aside()
        try:
            return self._once(work)
        except sqlite3.Error as exc:
            raise self.unavailable(exc) from exc

    def set_aside(self) -> None:
        """Move the file out of the way under a dated name and leave a notice. Raises ``StateUnavailable``."""
        kept = self._free_name()
        try:
            # The log goes first: left behind, it would be replayed into the new file.
            for suffix in ("-wal", "-shm", ""):
                with suppress(FileNotFoundError):  # another process was faster, or it never was there
                    self._beside(self.path, suffix).replace(self._beside(kept, suffix))
        except OSError as exc:
            raise self.unavailable(exc) from exc
        self._notices.append(f"{self.path} was damaged: it is kept as {kept.name}, and a new one was started.")

    def unavailable(self, exc: Exception) -> StateUnavailable:
        """The error to raise, or the sentence to show, for trouble with the file."""
        if isinstance(exc, StateUnavailable):
            return exc
        reason = (exc.strerror or str(exc)) if isinstance(exc, OSError) else str(exc)
        return StateUnavailable(f"Cannot use {self.path}: {reason}. Check the disk and the folder's permissions.")

    def _once(self, work: Callable[[sqlite3.Connection], T]) -> T:
        with closing(self.connect()) as connection:
            return work(connection)

    def _open(self) -> sqlite3.Connection:
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Readable by its owner only; SQLite gives its own log files the same mode. An existing file must not be opened
        # here: closing any descriptor of it drops the locks of this process's other connections
        # (sqlite.org/howtocorrupt.html, 2.2), after which another process may take the log from under them.
        with suppress(FileExistsError):
            os.close(os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
        connection = sqlite3.connect(self.path, timeout=BUSY_S, isolation_level=None)
        try:
            self._prepare(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _prepare(self, connection: sqlite3.Connection) -> None:
        version = _version(connection)
        if version > len(_MIGRATIONS):
            raise StateUnavailable(f"{self.path} was written by a newer Tierwise (format {version}): update this one.")
        if connection.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
            # Two processes that start together may collide here; the file works in either mode.
            with suppress(sqlite3.OperationalError):
                connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA foreign_keys = ON")
        if version < len(_MIGRATIONS):
            with transaction(connection):
                for statements in _MIGRATIONS[_version(connection) :]:
                    for statement in statements:
                        connection.execute(statement)
                connection.execute(f"PRAGMA user_version = {len(_MIGRATIONS)}")

    def forget_old(self, connection: sqlite3.Connection) -> None:
        """Drop events older than ``KEPT``."""
        oldest = ((self._clock.now() - KEPT).timestamp(),)
        with transaction(connection):
            connection.execute("DELETE FROM requests WHERE at < ?", oldest)
            connection.execute("DELETE FROM feedback WHERE at < ?", oldest)

    def _free_name(self) -> Path:
        stamp = f"{self._clock.now():%Y-%m-%d-%H%M%S}"
        number = 0
        while True:
            suffix = f"-{number}" if number else ""
            name = self.path.with_name(f"{self.path.stem}.damaged-{stamp}{suffix}{self.path.suffix}")
            if not name.exists():
                return name
            number += 1

    @staticmethod
    def _beside(path: Path, suffix: str) -> Path:
        return path.with_name(path.name + suffix)


@contextmanager
def transaction(connection: sqlite3.Connection) -> Generator[None, None, None]:
    """All or nothing; takes the write lock at once, so that two processes wait instead of failing half-way."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def is_damaged(exc: sqlite3.Error) -> bool:
    """Whether the file itself is broken, as opposed to locked, full or forbidden."""
    code: int | None = getattr(exc, "sqlite_errorcode", None)
    return code is not None and code & 0xFF in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])
