"""The verbs that show what is in the state folder."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tierwise.cli.figures import dollars, duration, share, table
from tierwise.cli.main import main
from tierwise.core.clock import SystemClock
from tierwise.core.events import AttemptRecord, AttemptResult, Outcome, RequestEvent
from tierwise.core.models import ModelRef, Usage
from tierwise.core.tasks import Harness, Task, TaskClass, Tier
from tierwise.core.text import Point, Span
from tierwise.routing.learning import Thresholds
from tierwise.telemetry.database import FILE_NAME
from tierwise.telemetry.events import EventStore
from tierwise.telemetry.queue import QueueAttempt, QueueItem, QueueStore

MODEL = ModelRef("anthropic", "claude-haiku-5-5")


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    return tmp_path / "tierwise" / FILE_NAME


def event(number: int, at: datetime) -> RequestEvent:
    usage = Usage(input_tokens=1000, cached_tokens=900, output_tokens=20)
    attempt = AttemptRecord(MODEL, Tier.FAST, AttemptResult.USED, 0, 180, 300, usage, 0.01)
    return RequestEvent(
        str(number), at, Task.COMPLETE, TaskClass.MECHANICAL, Tier.FAST, Harness.LOCAL, "/p", "python",
        Outcome.ANSWERED, "", str(MODEL), (attempt,), 0, 180, 300, usage, 0.01, 0.002, 700,
    )  # fmt: skip


@pytest.fixture
def two_events(state: Path) -> None:
    store = EventStore(state, SystemClock())
    store.record(event(1, datetime(2026, 1, 1, tzinfo=UTC)))
    store.record(event(2, SystemClock().now()))
    store.close()


def test_the_report_without_events(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report"]) == 0
    assert "No requests were recorded yet" in capsys.readouterr().out
    assert not state.exists()


@pytest.mark.usefixtures("two_events")
def test_the_report(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", "--days", "2"]) == 0
    printed = capsys.readouterr().out
    assert "1 requests" in printed
    assert str(MODEL) in printed
    assert "90 %" in printed
    assert "$0.0100" in printed


@pytest.mark.usefixtures("two_events")
def test_the_report_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", "--json", "--days", "2"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["total"]["count"] == 1
    assert found["by_model"][str(MODEL)]["first_token"]["p50"] == 180


@pytest.mark.usefixtures("two_events")
def test_the_report_as_a_page(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "report.html"
    assert main(["report", "--html", str(file)]) == 0
    assert "written" in capsys.readouterr().out
    assert "2 requests" in file.read_text("utf-8")
    assert main(["report", "--html", str(tmp_path / "missing" / "report.html")]) == 2
    assert "Cannot write" in capsys.readouterr().err


@pytest.mark.usefixtures("two_events")
def test_what_was_learnt_is_shown_and_forgotten(
    state: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "k")
    thresholds, folder = Thresholds(SystemClock()), str(state.parent)
    thresholds.outcome(folder, TaskClass.LOCAL, Tier.FAST, passed=True, cost_usd=0.01)
    store = EventStore(state, SystemClock())
    store.keep_learnt(folder, thresholds.dump(folder))
    store.close()
    assert main(["report", "--json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)["learnt"]
    assert (row["folder"], row["task_class"], row["tier"]) == (folder, "local", "fast")
    assert main(["report"]) == 0
    assert "break-even" in capsys.readouterr().out
    assert main(["report", "--forget", folder]) == 0
    assert "1 folder" in capsys.readouterr().out
    assert main(["report", "--forget"]) == 0
    assert "0 folder" in capsys.readouterr().out


def test_the_queue(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    queue = QueueStore(state, SystemClock())
    attempt = QueueAttempt(Tier.BALANCED, MODEL, "syntax-error", "line 3: [red]unexpected[/] indent", "ab" * 32)
    span = Span(Point(2, 0), Point(9, 0))
    queue.add(QueueItem(Task.EDIT, "file:///p/a.py", span, "make it [async]", (attempt,)))

    assert main(["queue"]) == 0
    assert "a.py:3" in capsys.readouterr().out
    assert main(["queue", "show", "1"]) == 0
    shown = capsys.readouterr().out
    assert "make it [async]" in shown
    assert "[red]unexpected[/]" in shown, "evidence is text, not markup"
    assert main(["queue", "drop", "1"]) == 0
    capsys.readouterr()
    assert main(["queue", "list"]) == 0
    assert "Nothing waits" in capsys.readouterr().out
    assert main(["queue", "drop", "1"]) == 2


@pytest.mark.parametrize(
    ("amount", "text"),
    [(None, "–"), (0, "$0"), (0.000_01, "< $0.0001"), (0.0123, "$0.0123"), (12.3456, "$12.35"), (1234.5, "$1,234.50")],
)
def test_dollars(amount: float | None, text: str) -> None:
    assert dollars(amount) == text


@pytest.mark.parametrize(
    ("milliseconds", "text"), [(None, "–"), (0.04, "0.0 ms"), (9.9, "9.9 ms"), (9.96, "10 ms"), (999.6, "1.00 s")]
)
def test_durations(milliseconds: float | None, text: str) -> None:
    assert duration(milliseconds) == text


def test_shares() -> None:
    assert (share(None), share(0.125), share(1)) == ("–", "12 %", "100 %")


@pytest.mark.parametrize(("width", "columns"), [(100, 3), (21, 2), (5, 1)])
def test_a_table_drops_optional_columns_where_the_terminal_is_narrow(width: int, columns: int) -> None:
    made = table(("name", "first", "second"), [("a row", "12345", "12345")], width, optional=("second", "first"))
    assert len(made.columns) == columns
