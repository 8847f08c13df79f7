"""Outcomes reach what learns from them: edits of trusted folders, tier by tier; what a person does afterwards."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tierwise.core.events import AttemptRecord, AttemptResult, Feedback, Outcome, RequestEvent
from tierwise.core.models import ModelRef, Usage
from tierwise.core.tasks import Harness, Task, TaskClass, Tier
from tierwise.features.recording import Totals
from tierwise.features.tuning import Tuning
from tierwise.routing.learning import Thresholds
from tierwise.settings.models import Settings

FOLDER = str(Path("/home/ada/project"))
SETTINGS = Settings.model_validate(
    {"providers": {"p": {"kind": "openai"}}, "tiers": {tier: {"chain": [f"p/{tier}"]} for tier in Tier}}
)


class Calendar:
    def now(self) -> datetime:
        return datetime(2026, 11, 21, tzinfo=UTC)

    def monotonic(self) -> float:
        return 0.0


class World:
    def __init__(self, *, trusted: bool = True) -> None:
        self.thresholds = Thresholds(Calendar())
        self.kept: list[str] = []
        self.tuning = Tuning(self.thresholds, lambda _: trusted, lambda folder, _: self.kept.append(folder))

    def hear(self, *attempts: tuple[str, str], **changes: Any) -> None:
        records = tuple(
            AttemptRecord(ModelRef("p", tier), Tier(tier), AttemptResult(result), 0, 1, 2, None, 0.01)
            for tier, result in attempts
        )
        values: dict[str, Any] = {
            "id": "r",
            "at": Calendar().now(),
            "task": Task.FIX,
            "task_class": TaskClass.LOCAL,
            "tier": Tier(attempts[-1][0]) if attempts else None,
            "harness": Harness.LOCAL,
            "folder": FOLDER,
            "language": "python",
            "outcome": Outcome.ANSWERED,
            "reason": "",
            "source": "",
            "attempts": records,
            "escalations": 0,
            "first_token_ms": 1.0,
            "total_ms": 2.0,
            "usage": Usage(),
            "cost_usd": 0.02,
        }
        self.tuning.event(RequestEvent(**(values | changes)), Totals())

    def learnt(self) -> dict[str, float]:
        return {b.tier.value: round(b.tried, 1) for b in self.thresholds.beliefs(FOLDER, SETTINGS)}

    def rate(self, tier: str) -> float:
        return next(b.pass_rate for b in self.thresholds.beliefs(FOLDER, SETTINGS) if b.tier == tier)


def test_every_tier_that_was_judged_counts_once() -> None:
    world = World()
    world.hear(("fast", "rejected"), ("fast", "rejected"), ("balanced", "failed"), ("balanced", "used"))
    assert world.learnt() == {"fast": 1.0, "balanced": 1.0}
    assert world.rate("fast") < 0.6 < 0.8 < world.rate("balanced")
    assert world.kept == [FOLDER]


@pytest.mark.parametrize(
    "changes",
    [
        {"task": Task.EXPLAIN},
        {"task": Task.COMPLETE},
        {"folder": ""},
        {"outcome": Outcome.FAILED},
        {"outcome": Outcome.CANCELLED},
    ],
)
def test_what_was_not_judged_teaches_nothing(changes: dict[str, Any]) -> None:
    world = World()
    world.hear(("fast", "used"), **changes)
    assert (world.learnt(), world.kept) == ({}, [])


def test_a_folder_that_is_not_trusted_teaches_nothing() -> None:
    world = World(trusted=False)
    world.hear(("fast", "used"))
    world.tuning.ended("r", 0.0)
    assert (world.learnt(), world.kept) == ({}, [])


def test_the_queue_is_where_every_tier_failed() -> None:
    world = World()
    world.hear(("fast", "rejected"), ("frontier", "rejected"), outcome=Outcome.QUEUED)
    assert world.learnt() == {"fast": 1.0, "frontier": 1.0}
    assert world.rate("frontier") < 0.9


def test_what_a_person_takes_back_counts_once_and_only_for_known_answers() -> None:
    world = World()
    world.hear(("fast", "used"))
    world.tuning.ended("r", 0.0)
    world.tuning.ended("r", 0.0)
    world.tuning.ended("unknown", 0.0)
    (belief,) = world.thresholds.beliefs(FOLDER, SETTINGS)
    assert belief.kept_rate == pytest.approx(4 * 0.9 / 5)
    assert len(world.kept) == 2


def test_a_stronger_tier_by_hand_speaks_against_the_policys() -> None:
    world = World()
    override = frozenset({Feedback.OVERRIDDEN})
    world.hear(("frontier", "used"), by_policy=Tier.BALANCED, feedback=override)
    assert world.learnt() == {"balanced": 1.0, "frontier": 1.0}
    assert world.rate("balanced") < 0.8
    other = World()
    other.hear(("fast", "used"), by_policy=Tier.BALANCED, feedback=override)
    assert other.learnt() == {"fast": 1.0}
