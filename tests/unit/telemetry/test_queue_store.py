from __future__ import annotations

from pathlib import Path

import pytest
from telemetry_samples import HAIKU, NOON, HandClock, event

from tierwise.core.errors import UsageError
from tierwise.core.rejection import RejectReason
from tierwise.core.tasks import Task, Tier
from tierwise.core.text import Point, Span
from tierwise.telemetry.events import EventStore
from tierwise.telemetry.queue import QueueAttempt, QueueItem, QueueStore

ATTEMPTS = (
    QueueAttempt(Tier.BALANCED, HAIKU, RejectReason.SYNTAX_ERROR, "line 3: unexpected indent", "ab" * 32),
    QueueAttempt(Tier.FRONTIER, HAIKU, RejectReason.SEARCH_NOT_FOUND, "block 1", "cd" * 32),
)
ITEM = QueueItem(Task.EDIT, "file:///p/a.py", Span(Point(1, 0), Point(4, 2)), "make it async\nplease", ATTEMPTS)
WHOLE_FILE = QueueItem(Task.REVIEW, "file:///p/b.py", None, "", ())


@pytest.fixture
def queue(tmp_path: Path) -> QueueStore:
    return QueueStore(tmp_path / "events.sqlite3", HandClock())


def test_an_empty_queue_makes_no_file(queue: QueueStore, tmp_path: Path) -> None:
    assert queue.list() == ()
    with pytest.raises(UsageError, match="No item 1"):
        queue.drop(1)
    assert list(tmp_path.iterdir()) == []


def test_items_survive_a_restart_with_all_that_was_tried(queue: QueueStore, tmp_path: Path) -> None:
    first, second = queue.add(ITEM), queue.add(WHOLE_FILE)
    again = QueueStore(tmp_path / "events.sqlite3", HandClock())
    assert [(q.number, q.at, q.item) for q in again.list()] == [(first, NOON, ITEM), (second, NOON, WHOLE_FILE)]
    assert again.show(first).item == ITEM


def test_a_dropped_item_is_gone_and_its_number_is_not_used_again(queue: QueueStore) -> None:
    dropped = queue.add(ITEM)
    queue.drop(dropped)
    with pytest.raises(UsageError, match=f"No item {dropped}"):
        queue.show(dropped)
    assert queue.add(ITEM) == dropped + 1
    assert len(queue.list()[0].item.attempts) == 2


def test_queue_and_events_share_the_file(queue: QueueStore, tmp_path: Path) -> None:
    store = EventStore(tmp_path / "events.sqlite3", HandClock())
    store.record(event(1))
    number = queue.add(ITEM)
    store.close()
    assert queue.show(number).item == ITEM
    assert len(store.since()) == 1


def test_a_damaged_file_is_set_aside(queue: QueueStore, tmp_path: Path) -> None:
    (tmp_path / "events.sqlite3").write_text("no database")
    assert queue.list() == ()
    assert "damaged" in (queue.take_warning() or "")
    assert queue.add(ITEM) == 1
