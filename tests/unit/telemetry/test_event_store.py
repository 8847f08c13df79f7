from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta, timezone
from pathlib import Path

import pytest
from telemetry_samples import NOON, HandClock, attempt, event

from tierwise.core.events import AttemptResult, Outcome
from tierwise.core.models import ModelRef
from tierwise.core.tasks import Tier
from tierwise.telemetry.database import KEPT, Database, StateUnavailable
from tierwise.telemetry.events import EventStore


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def store(tmp_path: Path, clock: HandClock) -> Iterator[EventStore]:
    store = EventStore(tmp_path / "state" / "events.sqlite3", clock)
    yield store
    store.close()


def test_an_event_comes_back_as_it_went_in(store: EventStore) -> None:
    rejected = attempt(AttemptResult.REJECTED, model=ModelRef("openrouter", "qwen/qwen3-coder"), reason="syntax-error")
    silent = attempt(AttemptResult.FAILED, usage=None, first_token_ms=None, tier=Tier.BALANCED)
    there = NOON.astimezone(timezone(timedelta(hours=5, minutes=30)))
    sent = event(1, attempts=(rejected, silent, attempt()), at=there, escalations=1, tier=Tier.FRONTIER)
    sent = replace(sent, expected_cached_tokens=900, cache_misses=1, rewrites=("first", "budget"))
    plain = event(2, minutes=1, attempts=(), tier=None, first_token_ms=None, first_token_budget_ms=None)
    store.record(sent)
    store.record(plain)
    assert store.recent(10) == (plain, sent)
    assert store.recent(10)[1].at.utcoffset() == timedelta(hours=5, minutes=30)


def test_nothing_is_read_or_made_before_the_first_event(store: EventStore) -> None:
    assert store.recent(5) == ()
    assert store.spent_since(NOON) == 0
    assert not store.path.exists()


def test_recent_is_the_newest_and_since_is_the_oldest_first(store: EventStore) -> None:
    for number in range(5):
        store.record(event(number, minutes=number))
    assert [e.id for e in store.recent(2)] == ["request-4", "request-3"]
    assert [e.id for e in store.since(NOON + timedelta(minutes=3))] == ["request-3", "request-4"]
    assert len(store.since()) == store.count() == 5


def test_spending_is_summed_from_a_moment_on(store: EventStore) -> None:
    for minutes, cost in ((-10, 5.0), (0, 0.25), (10, 0.5)):
        store.record(event(minutes, minutes=minutes, cost_usd=cost))
    assert store.spent_since(NOON) == pytest.approx(0.75)


def test_two_stores_share_a_file(store: EventStore, clock: HandClock) -> None:
    other = EventStore(store.path, clock)

    def work(mine: EventStore, start: int) -> None:
        for number in range(start, start + 200):
            mine.record(event(number, cost_usd=0.01))
        mine.close()

    threads = [threading.Thread(target=work, args=pair) for pair in ((store, 0), (other, 1000))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert store.spent_since(NOON) == pytest.approx(4.0)
    assert len(store.since()) == 400


def test_another_process_cannot_take_the_log_of_a_file_that_is_opened_twice_here(
    store: EventStore, clock: HandClock
) -> None:
    store.record(event(1))
    store.flush()
    with closing(Database(store.path, clock).connect()):  # a second connection, as the queue makes
        read = "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute('SELECT * FROM requests'); c.close()"
        subprocess.run([sys.executable, "-c", read, str(store.path)], check=True)
        assert store.path.with_name(store.path.name + "-wal").exists()
    store.record(event(2))
    assert len(store.since()) == 2


def test_the_same_event_twice_counts_once(store: EventStore) -> None:
    store.record(event(1))
    store.record(event(1))
    assert len(store.since()) == 1


def test_a_closed_store_takes_events_again(store: EventStore) -> None:
    store.record(event(1))
    store.close()
    store.close()
    store.record(event(2))
    assert len(store.since()) == 2


def test_events_are_on_disk_when_the_program_ends_without_closing(tmp_path: Path) -> None:
    path = tmp_path / "events.sqlite3"
    code = (
        "import sys; from pathlib import Path; from telemetry_samples import HandClock, event\n"
        "from tierwise.telemetry.events import EventStore\n"
        "store = EventStore(Path(sys.argv[1]), HandClock())\n"
        "for number in range(300): store.record(event(number))\n"
    )
    environ = {**os.environ, "PYTHONPATH": str(Path(__file__).parent)}
    subprocess.run([sys.executable, "-c", code, str(path)], check=True, env=environ)
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT count(*) FROM requests").fetchone() == (300,)


@pytest.mark.parametrize("damage", ["garbage", "page"])
def test_a_damaged_file_is_kept_aside_and_a_new_one_started(store: EventStore, clock: HandClock, damage: str) -> None:
    for number in range(300):
        store.record(event(number))
    store.close()
    content = store.path.read_bytes()
    broken = b"no database at all" * 100 if damage == "garbage" else content[:4096] + b"\xff" * (len(content) - 4096)
    store.path.write_bytes(broken)

    store.record(event(1000))
    assert [e.id for e in store.since()] == ["request-1000"]
    kept = store.path.with_name("events.damaged-2026-11-21-120000.sqlite3")
    assert kept.read_bytes()[:200] == broken[:200]
    warning = store.take_warning()
    assert warning is not None
    assert kept.name in warning
    assert store.take_warning() is None


def test_a_damaged_file_found_by_a_reader_is_kept_aside_too(tmp_path: Path, clock: HandClock) -> None:
    path = tmp_path / "events.sqlite3"
    path.write_text("no database")
    store = EventStore(path, clock)
    assert store.recent(5) == ()
    assert store.take_warning() is not None
    assert len(list(tmp_path.glob("*.damaged-*"))) == 1


def test_events_wait_in_memory_while_the_disk_takes_none(tmp_path: Path, clock: HandClock) -> None:
    in_the_way = tmp_path / "state"
    in_the_way.write_text("a file where the folder should be")
    store = EventStore(in_the_way / "events.sqlite3", clock)
    store.record(event(1, cost_usd=0.5))
    store.flush()
    warning = store.take_warning()
    assert warning is not None
    assert "kept in memory" in warning
    store.record(event(2, cost_usd=0.25))
    store.flush()
    assert store.take_warning() is None, "one trouble, one warning"
    assert store.spent_since(NOON) == pytest.approx(0.75)

    in_the_way.unlink()
    store.record(event(3))
    assert len(store.since()) == 3
    store.close()


def test_memory_is_bounded_while_the_disk_takes_none(tmp_path: Path, clock: HandClock) -> None:
    (tmp_path / "state").write_text("")
    store = EventStore(tmp_path / "state" / "events.sqlite3", clock, backlog=10)
    for number in range(25):
        store.record(event(number))
    store.flush()
    (tmp_path / "state").unlink()
    store.record(event(99))
    assert [e.id for e in store.since()] == [*sorted(f"request-{n}" for n in range(16, 25)), "request-99"]
    store.close()


def test_a_removed_file_is_made_again(store: EventStore) -> None:
    store.record(event(1))
    store.flush()
    for file in store.path.parent.iterdir():
        file.unlink()
    store.record(event(2))
    assert [e.id for e in store.since()] == ["request-2"]


def test_a_value_that_no_column_takes_costs_only_its_own_event(store: EventStore) -> None:
    store.record(event(1, total_ms=float("nan")))
    store.record(event(2, folder="/home/\udcff/project"))
    assert [e.folder for e in store.since()] == ["/home/\\udcff/project"]
    assert "1 event" in (store.take_warning() or "")


def test_a_file_of_a_newer_version_is_left_alone(store: EventStore) -> None:
    store.path.parent.mkdir()
    with closing(sqlite3.connect(store.path)) as connection:
        connection.execute("PRAGMA user_version = 99")
        connection.execute("CREATE TABLE future (x)")
    before = store.path.read_bytes()
    store.record(event(1))
    store.flush()
    assert "newer Tierwise" in (store.take_warning() or "")
    assert store.path.read_bytes() == before
    with pytest.raises(StateUnavailable, match="newer Tierwise"):
        store.recent(1)


def test_events_past_their_time_are_dropped_when_the_file_is_opened(store: EventStore, clock: HandClock) -> None:
    store.record(event(1, outcome=Outcome.EMPTY))
    store.close()
    clock.at = NOON + KEPT + timedelta(days=1)
    store.record(event(2, at=clock.at))
    assert [e.id for e in store.since()] == ["request-2"]
    with closing(sqlite3.connect(store.path)) as connection:
        assert connection.execute("SELECT DISTINCT request_id FROM attempts").fetchall() == [("request-2",)]


@pytest.mark.skipif(os.name == "nt", reason="file modes are POSIX")
def test_only_its_owner_may_read_the_file(store: EventStore) -> None:
    store.record(event(1))
    store.flush()
    assert [f.stat().st_mode & 0o077 for f in store.path.parent.iterdir()] == [0] * 3
