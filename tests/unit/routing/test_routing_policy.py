"""What an attempt gets: merging of settings, temperature or effort, limits within a model's facts."""

from __future__ import annotations

from typing import Any

import pytest

from tierwise.core.tasks import Task, TaskClass, Tier
from tierwise.edits.formats import FORMATS
from tierwise.prompts.schemas import ADJUDICATION, REVIEW
from tierwise.routing.policy import (
    EFFORT_ORDER,
    Limits,
    Sampling,
    nearest_effort,
    policy_for,
    shipped_policy,
)
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
    for task_class, by_class in shipped_policy().classes.items():
        low, high = by_class.temperature
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
    assert other.limits == Limits(20.0, 120.0, 6000, 2500), "an explanation has no keystroke's limits"


TIERS = {
    "balanced": {"context_tokens": 20_000, "max_output_tokens": 9_000, "first_token_ms": 9_000, "deadline_ms": 200_000},
    "fast": {"context_tokens": 6_000, "max_output_tokens": 200, "first_token_ms": 600, "deadline_ms": 900},
}


@pytest.mark.parametrize(
    ("more", "task", "task_class", "tier", "expected"),
    [
        ({}, "edit", "local", "balanced", Limits(9.0, 120.0, 20_000, 6_000)),
        ({}, "edit", "mechanical", "fast", Limits(8.0, 30.0, 6_000, 1_500)),
        ({}, "docstring", "local", "fast", Limits(20.0, 120.0, 6_000, 3_000)),
        ({}, "complete", "mechanical", "fast", Limits(0.6, 0.9, 6_000, 200)),
        ({"classes": {"local": {"deadline_ms": 5_000}}}, "edit", "local", "balanced", Limits(5.0, 5.0, 20_000, 6_000)),
        (
            {"classes": {"mechanical": {"deadline_ms": 1}}},
            "complete",
            "mechanical",
            "fast",
            Limits(0.6, 0.9, 6_000, 200),
        ),
        (
            {"classes": {"local": {"max_output_tokens": 50}}, "tasks": {"edit": {"max_output_tokens": 70}}},
            "edit",
            "local",
            "balanced",
            Limits(9.0, 120.0, 20_000, 70),
        ),
    ],
)
def test_limits(more: dict[str, Any], task: str, task_class: str, tier: str, expected: Limits) -> None:
    settings = Settings.model_validate({"tiers": TIERS, **more})
    assert policy_for(settings, Task(task), TaskClass(task_class), Tier(tier)).limits == expected


def test_classes_have_their_own_temperature_and_effort() -> None:
    table = {"classes": {"local": {"temperature": 0.7, "effort": "low"}}, "tiers": {"balanced": {"quiet": True}}}
    policy = policy_for(Settings.model_validate(table), Task.EDIT, TaskClass.LOCAL, Tier.BALANCED)
    assert policy.sampling(WARM) == Sampling(0.7, None, False)
    assert policy.sampling(THINKING) == Sampling(None, "low", False)


def test_every_reply_has_a_form_that_exists() -> None:
    known = {"infill", "region", "markdown", *FORMATS, ADJUDICATION.name, REVIEW.name}
    assert {by_task.reply for by_task in shipped_policy().tasks.values()} <= known


def test_efforts_are_the_models_own_or_none() -> None:
    assert {by_class.effort for by_class in shipped_policy().classes.values()} <= set(EFFORT_ORDER)
    assert nearest_effort("medium", ("low", "high")) == "low"
    assert nearest_effort("xhigh", ("low", "high")) == "high"
    assert nearest_effort("minimal", ("deep",)) is None
    assert nearest_effort("deep", ("deep",)) == "deep"
    assert nearest_effort("odd", ("low",)) is None
