"""What outcomes teach: one tier at most, by pass rate against break-even, fading, kept as text, and forgotten."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tierwise.core.tasks import Task, TaskClass, Tier
from tierwise.routing.classify import Classifier
from tierwise.routing.learning import BELIEVED, PRIOR, Thresholds
from tierwise.routing.signals import RequestFacts
from tierwise.settings.models import Settings, TaskSettings

FOLDER = "/home/ada/project"


class Calendar:
    """A clock set by hand."""

    def __init__(self) -> None:
        self.at = datetime(2026, 11, 21, tzinfo=UTC)

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return self.at.timestamp()


def settings(**routing: Any) -> Settings:
    prices = {"fast": 0.5, "balanced": 5.0, "frontier": 25.0}
    return Settings.model_validate(
        {
            "providers": {"p": {"kind": "openai"}},
            "tiers": {tier: {"chain": [f"p/{tier}"]} for tier in prices},
            "models": {tier: {"prices": {"input": price, "output": 4 * price}} for tier, price in prices.items()},
            "routing": routing,
        }
    )


def taught(tier: Tier, passes: int, of: int, clock: Calendar | None = None) -> Thresholds:
    thresholds = Thresholds(clock or Calendar())
    for number in range(of):
        passed = number * passes // of != (number + 1) * passes // of
        thresholds.outcome(FOLDER, TaskClass.LOCAL, tier, passed=passed, cost_usd=COST[tier])
    return thresholds


COST = {Tier.FAST: 0.004, Tier.BALANCED: 0.04, Tier.FRONTIER: 0.2}


def start(thresholds: Thresholds, tier: Tier = Tier.BALANCED, **routing: Any) -> Tier:
    return thresholds.start(FOLDER, TaskClass.LOCAL, tier, settings(**routing))[0]


def test_nothing_is_changed_where_nothing_was_learnt() -> None:
    assert Thresholds(Calendar()).start(FOLDER, TaskClass.LOCAL, Tier.BALANCED, settings()) == (Tier.BALANCED, "")


@pytest.mark.parametrize(
    ("tier", "passes", "of", "begins"),
    [
        (Tier.FAST, 27, 30, Tier.FAST),
        (Tier.FAST, 0, 30, Tier.BALANCED),
        (Tier.BALANCED, 29, 30, Tier.BALANCED),
        (Tier.BALANCED, 0, 60, Tier.FRONTIER),
    ],
)
def test_where_it_begins_after_outcomes(tier: Tier, passes: int, of: int, begins: Tier) -> None:
    thresholds = taught(tier, passes, of)
    if tier is Tier.BALANCED:  # the weaker one is known to be no way out
        for _ in range(20):
            thresholds.outcome(FOLDER, TaskClass.LOCAL, Tier.FAST, passed=False, cost_usd=COST[Tier.FAST])
    assert start(thresholds, failure_usd=1.0) is begins


def test_never_further_than_one_tier() -> None:
    thresholds = taught(Tier.FAST, 30, 30)
    assert start(thresholds, Tier.FRONTIER) is Tier.BALANCED


def test_answers_that_are_taken_back_count_against_a_tier() -> None:
    thresholds = taught(Tier.FAST, 28, 30)
    assert start(thresholds, failure_usd=2.0) is Tier.FAST
    for _ in range(25):
        thresholds.judged(FOLDER, TaskClass.LOCAL, Tier.FAST, 0.0)
        thresholds.judged(FOLDER, TaskClass.LOCAL, Tier.BALANCED, 1.0)
    assert start(thresholds, failure_usd=2.0) is Tier.BALANCED
    assert start(thresholds, failure_usd=0.0) is Tier.FAST, "money alone speaks for the cheap one"


def test_a_tier_that_failed_long_ago_is_tried_again() -> None:
    clock = Calendar()
    thresholds = taught(Tier.FAST, 1, 40, clock)
    assert start(thresholds) is Tier.BALANCED
    for _ in range(150):
        thresholds.outcome(FOLDER, TaskClass.LOCAL, Tier.BALANCED, passed=True, cost_usd=COST[Tier.BALANCED])
    tier, why = thresholds.start(FOLDER, TaskClass.LOCAL, Tier.BALANCED, settings())
    assert tier is Tier.FAST
    assert "tried again" in why
    fresh = taught(Tier.FAST, 1, 40, clock)
    clock.at += timedelta(days=200)
    (belief,) = fresh.beliefs(FOLDER, settings()) or (None,)
    assert belief is None or belief.tried < 0.1


def test_an_override_counts_as_a_failure_of_what_was_chosen() -> None:
    thresholds = taught(Tier.BALANCED, 10, 10)
    before = thresholds.beliefs(FOLDER, settings())[0]
    thresholds.overridden(FOLDER, TaskClass.LOCAL, Tier.BALANCED)
    after = thresholds.beliefs(FOLDER, settings())[0]
    assert after.pass_rate < before.pass_rate
    assert after.cost_usd == pytest.approx(before.cost_usd, rel=0.1)


@given(st.lists(st.tuples(st.sampled_from(Tier), st.booleans()), max_size=80), st.sampled_from(Tier), st.booleans())
def test_one_outcome_moves_a_rate_by_a_bounded_step(
    outcomes: list[tuple[Tier, bool]], tier: Tier, passed: bool
) -> None:
    thresholds = Thresholds(Calendar())
    for other, ok in outcomes:
        thresholds.outcome(FOLDER, TaskClass.LOCAL, other, passed=ok, cost_usd=0.01)

    def rate() -> float:
        believed = BELIEVED[TaskClass.LOCAL][list(Tier).index(tier)]
        found = [belief for belief in thresholds.beliefs(FOLDER, settings()) if belief.tier is tier]
        return found[0].pass_rate if found else believed

    before = rate()
    thresholds.outcome(FOLDER, TaskClass.LOCAL, tier, passed=passed, cost_usd=0.01)
    assert abs(rate() - before) <= 1 / (PRIOR + 1) + 0.01
    assert abs(list(Tier).index(start(thresholds)) - 1) <= 1


def test_kept_as_text_and_taken_back() -> None:
    thresholds = taught(Tier.FAST, 20, 30)
    other = Thresholds(Calendar())
    other.load(FOLDER, thresholds.dump(FOLDER))
    assert other.beliefs(FOLDER, settings()) == thresholds.beliefs(FOLDER, settings())
    other.forget(FOLDER)
    assert other.beliefs(FOLDER, settings()) == ()
    assert start(other) is Tier.BALANCED


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nonsense",
        "[]",
        '{"at": "x"}',
        '{"at": 0, "counts": {"local/fast": {"tried": 1, "passed": 9e99}}}',
        '{"at": 0, "counts": {"local/fast": {"tried": -5, "passed": -7}}}',
        '{"at": 1e300, "counts": {"other/fast": {"tried": 50, "passed": 50}}}',
    ],
)
def test_text_that_is_none_changes_nothing(text: str) -> None:
    thresholds = Thresholds(Calendar())
    thresholds.load(FOLDER, text)
    assert start(thresholds) is Tier.BALANCED
    assert thresholds.beliefs(FOLDER, settings()) == ()


def test_the_classifier_begins_where_the_history_says_but_for_what_the_user_says() -> None:
    classifier = Classifier(history=taught(Tier.FAST, 30, 30))
    facts = RequestFacts(task=Task.FIX, instruction="Object is possibly undefined", selection_lines=1, folder=FOLDER)
    decision = classifier.decide(facts, settings())
    assert (decision.tier, decision.by_policy) == (Tier.FAST, Tier.BALANCED)
    assert "here" in decision.reasons[-1]
    assert classifier.decide(facts, settings(learn=False)).tier is Tier.BALANCED
    assert classifier.decide(facts, settings(), Tier.FRONTIER).tier is Tier.FRONTIER
    written = settings().model_copy(update={"tasks": {Task.FIX: TaskSettings(tier=Tier.BALANCED)}})
    assert classifier.decide(facts, written).tier is Tier.BALANCED
    elsewhere = RequestFacts(task=Task.FIX, instruction="Object is possibly undefined", folder="/other")
    assert classifier.decide(elsewhere, settings()).tier is Tier.BALANCED
    explain = RequestFacts(task=Task.EXPLAIN, instruction="what is this", selection_lines=3, folder=FOLDER)
    assert classifier.decide(explain, settings()).tier is Tier.BALANCED, "what nobody checks teaches nothing"
