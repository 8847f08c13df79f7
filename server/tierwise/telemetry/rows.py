"""Events, feedback and what was learnt, as rows and back.

Owner of no state; the column names stand in ``database.py`` and here only.
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from tierwise.core.events import AttemptRecord, AttemptResult, Feedback, FeedbackEvent, Outcome, RequestEvent
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


@dataclass(frozen=True, slots=True)
class Learnt:
    """What was learnt in a workspace folder, as the text that it is kept in."""

    folder: str
    state: str


Record = RequestEvent | FeedbackEvent | Learnt
"""Everything that is written in passing."""


def insert(connection: sqlite3.Connection, records: Iterable[Record]) -> int:
    """Store records in one transaction; returns how many were refused for a value that no column takes."""
    refused = 0
    with transaction(connection):
        for record in records:
            try:
                match record:
                    case RequestEvent():
                        _insert(connection, "requests", _request_row(record))
                        for number, attempt in enumerate(record.attempts):
                            _insert(connection, "attempts", _attempt_row(record.id, number, attempt))
                    case FeedbackEvent():
                        _insert(connection, "feedback", _feedback_row(record))
                    case Learnt():
                        row = (storable(record.folder), record.state)
                        connection.execute("INSERT OR REPLACE INTO learnt (folder, state) VALUES (?, ?)", row)
            except (sqlite3.IntegrityError, OverflowError):
                refused += 1
    return refused


def newest(connection: sqlite3.Connection, count: int) -> tuple[RequestEvent, ...]:
    """The last events, newest first."""
    chosen = "SELECT id FROM requests ORDER BY at DESC, id LIMIT ?"
    return _events(connection, chosen, count, "ORDER BY at DESC, id")


def from_time(connection: sqlite3.Connection, start: float) -> tuple[RequestEvent, ...]:
    """Events at or after ``start`` (seconds since 1970, UTC), oldest first."""
    return _events(connection, "SELECT id FROM requests WHERE at >= ?", start, "ORDER BY at, id")


def learnt(connection: sqlite3.Connection) -> tuple[Learnt, ...]:
    """What was learnt, by folder."""
    rows = connection.execute("SELECT folder, state FROM learnt ORDER BY folder")
    return tuple(Learnt(folder, state) for folder, state in rows)


def forget_learnt(connection: sqlite3.Connection, folder: str | None) -> int:
    """Drop what was learnt in a folder, or (None) everywhere; returns in how many folders."""
    if folder is None:
        return connection.execute("DELETE FROM learnt").rowcount
    return connection.execute("DELETE FROM learnt WHERE folder = ?", (storable(folder),)).rowcount


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
        "confidence": event.confidence,
        "by_policy": event.by_policy.value if event.by_policy else None,
        "tools": storable(" ".join(event.tools)),
        "expected_cached_tokens": event.expected_cached_tokens,
        "cache_misses": event.cache_misses,
        "rewrites": storable(" ".join(event.rewrites)),
    }


def _feedback_row(event: FeedbackEvent) -> dict[str, object]:
    return {"request_id": event.request_id, "at": event.at.timestamp(), "what": event.feedback.value}


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


def _events(connection: sqlite3.Connection, chosen: str, value: float, order: str) -> tuple[RequestEvent, ...]:
    """The events whose ids the query ``chosen`` gives for ``value``, with their attempts and feedback."""

    def read(table: str, key: str, order: str) -> Sequence[sqlite3.Row]:
        words = ["SELECT * FROM", table, "WHERE", key, "IN (", chosen, ")", order]
        return _rows(connection, " ".join(words), value)

    attempts: defaultdict[str, list[AttemptRecord]] = defaultdict(list)
    for row in read("attempts", "request_id", "ORDER BY request_id, number"):
        attempts[row["request_id"]].append(_attempt(row))
    feedback: defaultdict[str, set[Feedback]] = defaultdict(set)
    for row in read("feedback", "request_id", ""):
        feedback[row["request_id"]].add(Feedback(row["what"]))
    rows = read("requests", "id", order)
    return tuple(_event(row, attempts.get(row["id"], ()), feedback.get(row["id"], ())) for row in rows)


def _event(row: sqlite3.Row, attempts: Sequence[AttemptRecord], feedback: Iterable[Feedback]) -> RequestEvent:
    return RequestEvent(
        id=row["id"],
        at=moment(row["at"], row["utc_offset_s"]),
        task=Task(row["task"]),
        task_class=TaskClass(row["task_class"]),
        tier=_tier(row["tier"]),
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
        confidence=row["confidence"],
        by_policy=_tier(row["by_policy"]),
        tools=tuple(row["tools"].split()),
        expected_cached_tokens=row["expected_cached_tokens"],
        cache_misses=row["cache_misses"],
        rewrites=tuple(row["rewrites"].split()),
        feedback=frozenset(feedback),
    )


def _tier(word: str | None) -> Tier | None:
    return None if word is None else Tier(word)


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
