"""What becomes of answers, and what was learnt, in the file; files of older versions are brought up."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from telemetry_samples import NOON, HandClock, event

from tierwise.core.events import Feedback, FeedbackEvent
from tierwise.core.tasks import Tier
from tierwise.telemetry import database
from tierwise.telemetry.database import KEPT
from tierwise.telemetry.events import EventStore


def store(folder: Path, clock: HandClock | None = None) -> EventStore:
    return EventStore(folder / "events.sqlite3", clock or HandClock())


def test_feedback_comes_back_with_its_request_whichever_came_first(tmp_path: Path) -> None:
    kept = store(tmp_path)
    kept.hear(FeedbackEvent("request-2", NOON, Feedback.ACCEPTED))
    sent = event(1, confidence=0.7, by_policy=Tier.FAST, tools=("linter:ruff", "tests:pytest"))
    kept.record(sent)
    kept.record(event(2))
    for word in (Feedback.ACCEPTED, Feedback.UNDONE, Feedback.UNDONE):
        kept.hear(FeedbackEvent("request-1", NOON, word))
    first, second = kept.since()
    assert first == replace(sent, feedback=frozenset({Feedback.ACCEPTED, Feedback.UNDONE}))
    assert second.feedback == {Feedback.ACCEPTED}
    assert kept.recent(1)[0].feedback
    kept.close()


def test_what_was_learnt_is_replaced_and_forgotten(tmp_path: Path) -> None:
    kept = store(tmp_path)
    assert kept.learnt() == ()
    kept.keep_learnt("/a", "1")
    kept.keep_learnt("/a", "2")
    kept.keep_learnt("/b\udcff", "3")
    assert [(item.folder, item.state) for item in kept.learnt()] == [("/a", "2"), ("/b\\udcff", "3")]
    assert kept.forget_learnt("/a") == 1
    assert kept.forget_learnt() == 1
    assert kept.learnt() == ()
    kept.close()


def test_old_feedback_goes_with_old_events(tmp_path: Path) -> None:
    clock = HandClock()
    kept = store(tmp_path, clock)
    kept.record(event(1))
    kept.hear(FeedbackEvent("request-1", NOON, Feedback.ACCEPTED))
    kept.close()
    clock.at += KEPT + timedelta(days=1)
    kept.record(event(2, at=clock.at))
    kept.flush()
    kept.close()
    with sqlite3.connect(tmp_path / "events.sqlite3") as connection:
        assert connection.execute("SELECT count(*) FROM feedback").fetchone() == (0,)
    connection.close()


def test_a_file_of_the_first_version_is_brought_up(tmp_path: Path, monkeypatch) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(database, "_MIGRATIONS", database._MIGRATIONS[:1])
        database.Database(tmp_path / "events.sqlite3", HandClock()).connect().close()
    old = sqlite3.connect(tmp_path / "events.sqlite3")
    row = "'old', 1, 0, 'complete', 'mechanical', NULL, 'local', '', '', 'answered', '', '', 0, 1, 1, 1"
    with old:
        old.execute(f"INSERT INTO requests VALUES ({row}, 1, 1, 1, 1, 1, 1, 0, 0)")
    old.close()
    kept = store(tmp_path)
    (found,) = kept.since()
    assert (found.id, found.confidence, found.by_policy, found.tools) == ("old", None, None, ())
    kept.close()
