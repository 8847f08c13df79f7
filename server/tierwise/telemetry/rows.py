"""Events as rows and back. Owner of no state; the column names stand in ``database.py`` and here only."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta, timezone

from tierwise.core.events import AttemptRecord, AttemptResult, Outcome, RequestEvent
from tierwise.core.models import ModelRef, Usage
from tierwise.core.tasks import Harness, Task, TaskClass, Tier
from tierwise.telemetry.database import transaction

_USAGE = (
    "input_tokens",
    "cached_tokens",
    "cache_write_tokens",
    "cache_write_long_tokens",
    "output_tokens",
    "reasoning_tokens",
)


def insert(connection: sqlite3.Connection, events: Iterable[RequestEvent]) -> int:
    """Store events in one transaction; returns how many were refused for a value that no column takes."""
    refused = 0
    with transaction(connection):
        for event in events:
            try:
                _insert(connection, "requests", _request_row(event))
                for number, attempt in enumerate(event.attempts):
                    _insert(connection, "attempts", _attempt_row(event.id, number, attempt))
            except (sqlite3.IntegrityError, OverflowError):
                refused += 1
    return refused


def newest(connection: sqlite3.Connection, count: int) -> tuple[RequestEvent, ...]:
    """The last events, newest first."""
    rows = _rows(connection, "SELECT * FROM requests ORDER BY at DESC, id LIMIT ?", count)
    attempts = _rows(
        connection,
        "SELECT * FROM attempts WHERE request_id IN (SELECT id FROM requests ORDER BY at DESC, id LIMIT ?) "
        "ORDER BY request_id, number",
        count,
    )
    return _events(rows, attempts)


def from_time(connection: sqlite3.Connection, start: float) -> tuple[RequestEvent, ...]:
    """Events at or after ``start`` (seconds since 1970, UTC), oldest first."""
    rows = _rows(connection, "SELECT * FROM requests WHERE at >= ? ORDER BY at, id", start)
    attempts = _rows(
        connection,
        "SELECT * FROM attempts WHERE request_id IN (SELECT id FROM requests WHERE at >= ?) "
        "ORDER BY request_id, number",
        start,
    )
    return _events(rows, attempts)


def storable(text: str) -> str:
    """``text`` as SQLite takes it: paths of a POSIX file system may hold bytes that are no text."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def offset_s(moment: datetime) -> int:
    """Seconds east of UTC, 0 for a moment without a zone."""
    offset = moment.utcoffset()
    return int(offset.total_seconds()) if offset is not None else 0


def moment(at: float, offset: int) -> datetime:
    """The time of day where it was recorded."""
    return datetime.fromtimestamp(at, timezone(timedelta(seconds=offset)))


def _insert(connection: sqlite3.Connection, table: str, row: Mapping[str, object]) -> None:
    # OR IGNORE: an event may be offered twice, when the disk failed after it had taken it.
    columns, marks = ", ".join(row), ", ".join("?" * len(row))
    connection.execute(" ".join(("INSERT OR IGNORE INTO", table, f"({columns}) VALUES ({marks})")), tuple(row.values()))


def _request_row(event: RequestEvent) -> dict[str, object]:
    return {
        "id": event.id,
        "at": event.at.timestamp(),
        "utc_offset_s": offset_s(event.at),
        "task": event.task.value,
        "task_class": event.task_class.value,
        "tier": event.tier.value if event.tier else None,
        "harness": event.harness.value,
        "folder": storable(event.folder),
        "language": storable(event.language),
        "outcome": event.outcome.value,
        "reason": storable(event.reason),
        "source": storable(event.source),
        "escalations": event.escalations,
        "first_token_ms": event.first_token_ms,
        "first_token_budget_ms": event.first_token_budget_ms,
        "total_ms": event.total_ms,
        **_usage_row(event.usage),
        "cost_usd": event.cost_usd,
        "saved_usd": event.saved_usd,
    }


def _attempt_row(request: str, number: int, attempt: AttemptRecord) -> dict[str, object]:
    return {
        "request_id": request,
        "number": number,
        "provider": storable(attempt.model.provider),
        "model": storable(attempt.model.model),
        "tier": attempt.tier.value,
        "result": attempt.result.value,
        "started_ms": attempt.started_ms,
        "first_token_ms": attempt.first_token_ms,
        "ended_ms": attempt.ended_ms,
        **(_usage_row(attempt.usage) if attempt.usage is not None else {}),
        "cost_usd": attempt.cost_usd,
        "reason": storable(attempt.reason),
    }


def _usage_row(usage: Usage) -> dict[str, object]:
    return {name: getattr(usage, name) for name in _USAGE}


def _rows(connection: sqlite3.Connection, query: str, value: float) -> Sequence[sqlite3.Row]:
    cursor = connection.cursor()
    cursor.row_factory = sqlite3.Row
    return cursor.execute(query, (value,)).fetchall()


def _events(rows: Sequence[sqlite3.Row], attempt_rows: Sequence[sqlite3.Row]) -> tuple[RequestEvent, ...]:
    attempts: dict[str, list[AttemptRecord]] = {}
    for row in attempt_rows:
        attempts.setdefault(row["request_id"], []).append(_attempt(row))
    return tuple(_event(row, attempts.get(row["id"], ())) for row in rows)


def _event(row: sqlite3.Row, attempts: Sequence[AttemptRecord]) -> RequestEvent:
    return RequestEvent(
        id=row["id"],
        at=moment(row["at"], row["utc_offset_s"]),
        task=Task(row["task"]),
        task_class=TaskClass(row["task_class"]),
        tier=Tier(row["tier"]) if row["tier"] is not None else None,
        harness=Harness(row["harness"]),
        folder=row["folder"],
        language=row["language"],
        outcome=Outcome(row["outcome"]),
        reason=row["reason"],
        source=row["source"],
        attempts=tuple(attempts),
        escalations=row["escalations"],
        first_token_ms=row["first_token_ms"],
        first_token_budget_ms=row["first_token_budget_ms"],
        total_ms=row["total_ms"],
        usage=_usage(row),
        cost_usd=row["cost_usd"],
        saved_usd=row["saved_usd"],
    )


def _attempt(row: sqlite3.Row) -> AttemptRecord:
    return AttemptRecord(
        model=ModelRef(row["provider"], row["model"]),
        tier=Tier(row["tier"]),
        result=AttemptResult(row["result"]),
        started_ms=row["started_ms"],
        first_token_ms=row["first_token_ms"],
        ended_ms=row["ended_ms"],
        usage=_usage(row) if row["input_tokens"] is not None else None,
        cost_usd=row["cost_usd"],
        reason=row["reason"],
    )


def _usage(row: sqlite3.Row) -> Usage:
    return Usage(**{name: row[name] for name in _USAGE})
