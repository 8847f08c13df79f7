from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from telemetry_samples import attempt, event

from tierwise.core.events import AttemptResult, Feedback, Outcome, RequestEvent
from tierwise.core.models import ModelRef, Usage
from tierwise.core.tasks import Harness, Task, TaskClass, Tier
from tierwise.telemetry.kpis import kpis, percentile, summarize


def test_no_events_make_no_figures() -> None:
    figures = summarize(()).total
    assert (figures.count, figures.cost_usd, figures.wasted_tokens) == (0, 0, 0)
    assert figures.cached_share is None
    assert figures.escalation_rate is None
    assert figures.first_token.p50 is None
    assert figures.first_token.within_budget is None


def test_groups_are_by_task_tier_and_model_of_each_call() -> None:
    sonnet = ModelRef("anthropic", "claude-sonnet-5-5")
    climbed = event(
        2,
        task=Task.EDIT,
        tier=Tier.BALANCED,
        escalations=1,
        attempts=(attempt(AttemptResult.REJECTED), attempt(model=sonnet, tier=Tier.BALANCED, cost_usd=0.01)),
    )
    offline = event(3, tier=None, attempts=(), source="embedded", cost_usd=0.0)
    summary = summarize((event(1), climbed, offline))
    assert {name: group.count for name, group in summary.by_task.items()} == {"complete": 2, "edit": 1}
    assert {name: group.count for name, group in summary.by_tier.items()} == {"balanced": 1, "fast": 1, "none": 1}
    assert summary.by_model["anthropic/claude-haiku-5-5"].results == {"used": 1, "rejected": 1}
    assert summary.by_model["anthropic/claude-haiku-5-5"].first_token.p50 == 200, "from the call's start"
    assert summary.by_model[str(sonnet)].cost_usd == 0.01
    assert summary.total.escalation_rate == pytest.approx(1 / 2), "of the requests that called a model"
    assert summary.total.cached_share == pytest.approx(0.8)


def test_first_token_within_budget() -> None:
    def timed(number: int, first: float | None, total: float, budget: float | None = 700.0) -> RequestEvent:
        return event(number, first_token_ms=first, total_ms=total, first_token_budget_ms=budget)

    kept = timed(1, 699, 900)
    broken = timed(2, 701, 900)
    silent = timed(3, None, 1500)
    cancelled_early = timed(4, None, 50)
    unlimited = timed(5, 5000, 6000, None)
    figures = kpis([kept, broken, silent, cancelled_early, unlimited]).first_token
    assert figures.within_budget == pytest.approx(1 / 3)
    assert figures.count == 3


def test_work_that_reached_no_one_is_counted() -> None:
    one = Usage(input_tokens=100, output_tokens=10)
    rejected = event(1, attempts=(attempt(AttemptResult.REJECTED, usage=one, cost_usd=0.5), attempt()))
    superseded = event(2, outcome=Outcome.SUPERSEDED, attempts=(attempt(usage=one, cost_usd=0.25),))
    cut = event(3, outcome=Outcome.CANCELLED, attempts=(attempt(AttemptResult.CANCELLED, usage=None, cost_usd=0.0),))
    figures = kpis([rejected, superseded, cut, event(4)])
    assert figures.wasted_tokens == 220
    assert figures.wasted_usd == pytest.approx(0.75)
    assert figures.outcomes == {"answered": 2, "superseded": 1, "cancelled": 1}


@given(st.lists(st.floats(0, 1e6), min_size=1), st.integers(1, 100))
def test_a_percentile_is_a_value_that_the_share_does_not_exceed(values: list[float], percent: int) -> None:
    found = percentile(values, percent)
    assert found in values
    at_most = sum(value <= found for value in values)
    below = sum(value < found for value in values)
    assert at_most * 100 >= percent * len(values)
    assert below * 100 < percent * len(values)


def test_accepted_results_and_what_each_of_them_cost() -> None:
    taken, back = frozenset({Feedback.ACCEPTED}), frozenset({Feedback.ACCEPTED, Feedback.UNDONE})
    edit = {"task": Task.EDIT, "confidence": 0.6}
    events = [
        event(1, feedback=taken),
        event(2, feedback=back),
        event(3),
        event(4, task=Task.EXPLAIN, total_ms=800.0),
        event(5, **edit, feedback=taken | {Feedback.EDITED}),
        event(6, **edit, feedback=back),
        event(7, **edit, feedback=frozenset({Feedback.REJECTED})),
        event(8, **edit, feedback=frozenset({Feedback.PARTLY, Feedback.OVERRIDDEN})),
        event(9, outcome=Outcome.FAILED, total_ms=9e9),
    ]
    figures = kpis(events)
    assert figures.accepted == 4, "1, 4, 5 and 8"
    assert figures.cost_per_accepted_usd == pytest.approx(9 * 0.002 / 4)
    assert figures.acceptance_rate == pytest.approx(3 / 6)
    assert figures.false_accept_rate == pytest.approx(1 / 3)
    assert figures.edited_rate == pytest.approx(1 / 3)
    assert figures.override_rate == pytest.approx(1 / 4)
    assert figures.resolution_ms_mean == pytest.approx((7 * 400 + 800) / 8)
    model = summarize(events).by_model["anthropic/claude-haiku-5-5"]
    assert (model.accepted, model.cost_per_accepted_usd) == (4, pytest.approx(9 * 0.002 / 4))


def test_groups_by_class_and_harness() -> None:
    summary = summarize([event(1), event(2, harness=Harness.CI, task_class=TaskClass.LOCAL)])
    assert set(summary.by_harness) == {"ci", "local"}
    assert set(summary.by_class) == {"local", "mechanical"}


def test_caches_that_lost_their_copy_and_prefixes_written_anew() -> None:
    events = [
        event(1, expected_cached_tokens=900, rewrites=("first",)),
        event(2, expected_cached_tokens=800, cache_misses=1, rewrites=("first", "budget")),
        event(3),
    ]
    figures = kpis(events)
    assert (figures.expected_cached_tokens, figures.cache_misses) == (1700, 1)
    assert figures.rewrites == {"first": 2, "budget": 1}
