"""Events and clocks for the tests of this room."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from tierwise.core.events import AttemptRecord, AttemptResult, Outcome, RequestEvent
from tierwise.core.models import ModelRef, Usage
from tierwise.core.tasks import Harness, Task, TaskClass, Tier

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
HAIKU = ModelRef("anthropic", "claude-haiku-5-5")


class HandClock:
    """A clock that tests set."""

    def __init__(self) -> None:
        self.at = NOON

    def monotonic(self) -> float:
        return 0.0

    def now(self) -> datetime:
        return self.at


def attempt(result: AttemptResult = AttemptResult.USED, **changes: Any) -> AttemptRecord:
    values: dict[str, Any] = {
        "model": HAIKU,
        "tier": Tier.FAST,
        "result": result,
        "started_ms": 10.0,
        "first_token_ms": 210.0,
        "ended_ms": 400.0,
        "usage": Usage(input_tokens=1000, cached_tokens=800, output_tokens=50),
        "cost_usd": 0.002,
    }
    return AttemptRecord(**(values | changes))


def event(number: int = 1, *, minutes: float = 0, **changes: Any) -> RequestEvent:
    attempts: tuple[AttemptRecord, ...] = changes.pop("attempts", (attempt(),))
    usage = sum((a.usage for a in attempts if a.usage), Usage())
    values: dict[str, Any] = {
        "id": f"request-{number}",
        "at": NOON + timedelta(minutes=minutes),
        "task": Task.COMPLETE,
        "task_class": TaskClass.MECHANICAL,
        "tier": Tier.FAST,
        "harness": Harness.LOCAL,
        "folder": "/home/ada/project",
        "language": "python",
        "outcome": Outcome.ANSWERED,
        "reason": "",
        "source": str(HAIKU),
        "attempts": attempts,
        "escalations": 0,
        "first_token_ms": 210.0,
        "total_ms": 400.0,
        "usage": usage,
        "cost_usd": sum(a.cost_usd for a in attempts),
        "saved_usd": 0.001,
        "first_token_budget_ms": 700.0,
    }
    return RequestEvent(**(values | changes))
