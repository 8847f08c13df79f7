"""The queue for a person: requests whose every allowed answer was rejected, with all that was tried.

Owner of the tables ``queue_items`` and ``queue_attempts``; survives restarts. Unlike an event an item holds the user's
own instruction, the lines that it was about and the evidence against each answer: it stays in the state folder,
readable by its owner only. Prompts are kept as hashes.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from tierwise.core.clock import Clock
from tierwise.core.errors import UsageError
from tierwise.core.models import ModelRef
from tierwise.core.tasks import Task, Tier
from tierwise.core.text import Point, Span
from tierwise.telemetry.database import Database, transaction
from tierwise.telemetry.rows import moment, offset_s, storable


@dataclass(frozen=True, slots=True)
class QueueAttempt:
    """One rejected answer. ``reason`` is a ``RejectReason``'s word; ``prompt_sha256`` is hexadecimal."""

    tier: Tier
    model: ModelRef
    reason: str
    evidence: str
    prompt_sha256: str


@dataclass(frozen=True, slots=True)
class QueueItem:
    """One request that waits for a person. ``span`` is what it was about, None for a whole file, and ``text`` what
    stood there, "" where that is not known: by it the place is found again.
    """

    task: Task
    uri: str
    span: Span | None
    instruction: str
    attempts: tuple[QueueAttempt, ...]
    text: str = ""


@dataclass(frozen=True, slots=True)
class Queued:
    """An item in the queue: its number, which is never used again, and when it came."""

    number: int
    at: datetime
    item: QueueItem


class QueueStore:
    """The queue in the state folder. Every call opens the file and waits for the disk: call it in a thread.

    All raise ``StateUnavailable`` where the file cannot be used.
    """

    def __init__(self, path: Path, clock: Clock) -> None:
        self._database = Database(path, clock)
        self._clock = clock

    def add(self, item: QueueItem) -> int:
        """Put an item into the queue; returns its number."""
        return self._database.change(lambda db: _add(db, item, self._clock.now()))

    def list(self) -> tuple[Queued, ...]:
        """All items, oldest first."""
        return self._database.run(lambda db: _read(db, "SELECT * FROM queue_items ORDER BY number", ()), ())

    def show(self, number: int) -> Queued:
        """One item. Raises UsageError where there is none with this number."""
        query = "SELECT * FROM queue_items WHERE number = ?"
        found = self._database.run(lambda db: _read(db, query, (_row(number),)), ())
        if not found:
            raise _unknown(number)
        return found[0]

    def tried_again(self, number: int, attempts: Sequence[QueueAttempt]) -> bool:
        """Add what was tried since to an item; whether there (still) is one with this number."""
        return self._database.run(lambda db: _extend(db, number, attempts), otherwise=False)

    def drop(self, number: int) -> None:
        """Take an item out for good. Raises UsageError where there is none with this number."""
        query = "DELETE FROM queue_items WHERE number = ?"
        if not self._database.run(lambda db: db.execute(query, (_row(number),)).rowcount, 0):
            raise _unknown(number)

    def take_warning(self) -> str | None:
        """One sentence for the user about a damaged file that was set aside, given once."""
        return self._database.take_notice()


def _row(number: int) -> int:
    """A number that SQLite can be asked for; one beyond that belongs to no item."""
    return number if 0 < number < 1 << 63 else 0


def _unknown(number: int) -> UsageError:
    return UsageError(f"No item {number} in the queue; `tierwise queue list` shows what is there.")


def _add(connection: sqlite3.Connection, item: QueueItem, now: datetime) -> int:
    span = item.span
    place = (span.start.line, span.start.column, span.end.line, span.end.column) if span else (None,) * 4
    with transaction(connection):
        number = connection.execute(
            "INSERT INTO queue_items (at, utc_offset_s, task, uri, start_line, start_column, end_line, end_column, "
            "instruction, place_text) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                *(now.timestamp(), offset_s(now), item.task.value, storable(item.uri), *place),
                *(storable(item.instruction), storable(item.text)),
            ),
        ).lastrowid
        if number is None:
            raise RuntimeError("an INSERT without a row")
        _insert(connection, number, 0, item.attempts)
    return number


def _extend(connection: sqlite3.Connection, number: int, attempts: Sequence[QueueAttempt]) -> bool:
    with transaction(connection):
        if not connection.execute("SELECT 1 FROM queue_items WHERE number = ?", (number,)).fetchone():
            return False
        (first,) = connection.execute("SELECT COUNT(*) FROM queue_attempts WHERE item = ?", (number,)).fetchone()
        _insert(connection, number, first, attempts)
    return True


def _insert(connection: sqlite3.Connection, item: int, first: int, attempts: Sequence[QueueAttempt]) -> None:
    connection.executemany(
        "INSERT INTO queue_attempts (item, number, tier, provider, model, reason, evidence, prompt_sha256) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        [(item, index, *_attempt_row(attempt)) for index, attempt in enumerate(attempts, first)],
    )


def _attempt_row(attempt: QueueAttempt) -> tuple[str, ...]:
    return (
        attempt.tier.value,
        storable(attempt.model.provider),
        storable(attempt.model.model),
        storable(attempt.reason),
        storable(attempt.evidence),
        attempt.prompt_sha256,
    )


def _read(connection: sqlite3.Connection, query: str, values: Sequence[int]) -> tuple[Queued, ...]:
    cursor = connection.cursor()
    cursor.row_factory = sqlite3.Row
    rows: list[sqlite3.Row] = cursor.execute(query, values).fetchall()
    return tuple(_queued(row, _attempts(cursor, row["number"])) for row in rows)


def _attempts(cursor: sqlite3.Cursor, item: int) -> tuple[QueueAttempt, ...]:
    rows = cursor.execute("SELECT * FROM queue_attempts WHERE item = ? ORDER BY number", (item,))
    return tuple(
        QueueAttempt(
            Tier(row["tier"]),
            ModelRef(row["provider"], row["model"]),
            row["reason"],
            row["evidence"],
            row["prompt_sha256"],
        )
        for row in rows
    )


def _queued(row: sqlite3.Row, attempts: tuple[QueueAttempt, ...]) -> Queued:
    span = None
    if row["start_line"] is not None:
        span = Span(Point(row["start_line"], row["start_column"]), Point(row["end_line"], row["end_column"]))
    item = QueueItem(Task(row["task"]), row["uri"], span, row["instruction"], attempts, row["place_text"])
    return Queued(row["number"], moment(row["at"], row["utc_offset_s"]), item)
