"""What an attempt gets: merging of settings, temperature or effort, limits within a model's facts."""

from __future__ import annotations

from typing import Any

import pytest

from tierwise.core.tasks import Task, TaskClass, Tier
from tierwise.routing.policy import EFFORT_ORDER, EFFORTS, TEMPERATURES, Limits, Sampling, nearest_effort, policy_for
from tierwise.settings.facts import ModelFacts
from tierwise.settings.models import Settings

WARM = ModelFacts()
THINKING = ModelFacts(temperature=False, efforts=("low", "medium", "high"))
BOTH = ModelFacts(temperature=True, efforts=("low", "high"))


@pytest.mark.parametrize(
    ("settings", "task_class", "facts", "expected"),
    [
        ({}, "mechanical", WARM, Sampling(0.1, None, False)),
        ({}, "local", WARM, Sampling(0.3, None, False)),
        ({}, "agentic", WARM, Sampling(0.45, None, False)),
        ({}, "repository", THINKING, Sampling(None, "high", False)),
        ({}, "mechanical", THINKING, Sampling(None, "low", False)),
        ({}, "repository", BOTH, Sampling(0.45, None, False)),
        ({"tiers": {"balanced": {"temperature": 0.9}}}, "local", WARM, Sampling(0.9, None, False)),
        ({"tiers": {"balanced": {"temperature": 0.0}}}, "local", WARM, Sampling(0.0, None, False)),
        ({"tiers": {"balanced": {"temperature": 0.9}}}, "local", THINKING, Sampling(None, "medium", False)),
        ({"tiers": {"balanced": {"effort": "max"}}}, "local", THINKING, Sampling(None, "high", False)),
        ({"tiers": {"balanced": {"effort": "low"}}}, "local", BOTH, Sampling(0.3, "low", False)),
        ({"tiers": {"balanced": {"quiet": True}}}, "local", THINKING, Sampling(None, None, True)),
        (
            {"tiers": {"balanced": {"quiet": True}}, "tasks": {"edit": {"effort": "high"}}},
            "local",
            THINKING,
            Sampling(None, "high", False),
        ),
        (
            {"tiers": {"balanced": {"temperature": 0.9}}, "tasks": {"edit": {"temperature": 0.5}}},
            "local",
            WARM,
            Sampling(0.5, None, False),
        ),
    ],
)
def test_sampling(settings: dict[str, Any], task_class: str, facts: ModelFacts, expected: Sampling) -> None:
    policy = policy_for(Settings.model_validate(settings), Task.EDIT, TaskClass(task_class), Tier.BALANCED)
    assert policy.sampling(facts) == expected


def test_an_answer_after_a_rejection_is_warmer_within_its_class() -> None:
    for task_class, (low, high) in TEMPERATURES.items():
        policy = policy_for(Settings(), Task.EDIT, task_class, Tier.BALANCED)
        first, second = policy.sampling(WARM).temperature, policy.sampling(WARM, turn=1).temperature
        assert first is not None
        assert second is not None
        assert low <= first < second <= high


def test_limits_of_the_task_win_over_the_tier_and_the_model_over_both() -> None:
    settings = Settings.model_validate(
        {
            "tiers": {
                "fast": {"context_tokens": 6000, "max_output_tokens": 256, "first_token_ms": 700, "deadline_ms": 1500}
            },
            "tasks": {"complete": {"max_output_tokens": 64, "deadline_ms": 600}},
        }
    )
    policy = policy_for(settings, Task.COMPLETE, TaskClass.MECHANICAL, Tier.FAST)
    assert policy.limits == Limits(0.6, 0.6, 6000, 64)
    assert policy.limits_for(ModelFacts(context_tokens=2048, max_output_tokens=32)) == Limits(0.6, 0.6, 2016, 32)
    other = policy_for(settings, Task.EXPLAIN, TaskClass.LOCAL, Tier.FAST)
    assert other.limits == Limits(0.7, 1.5, 6000, 256)


def test_efforts_are_the_models_own_or_none() -> None:
    assert set(EFFORTS.values()) <= set(EFFORT_ORDER)
    assert nearest_effort("medium", ("low", "high")) == "low"
    assert nearest_effort("xhigh", ("low", "high")) == "high"
    assert nearest_effort("minimal", ("deep",)) is None
    assert nearest_effort("deep", ("deep",)) == "deep"
    assert nearest_effort("odd", ("low",)) is None
