"""Figures over events: how many, how they ended, how fast, at what price, and how much work reached no one.

Pure: events in, values out.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from tierwise.core.events import AttemptRecord, AttemptResult, Feedback, Outcome, RequestEvent
from tierwise.core.tasks import EDIT_TASKS, Task

T = TypeVar("T")

_REACHED_NO_ONE = frozenset({Outcome.CANCELLED, Outcome.SUPERSEDED, Outcome.STALE})
_APPLIED = frozenset({Feedback.ACCEPTED, Feedback.PARTLY})
_FATES = _APPLIED | {Feedback.REJECTED}
_FOLLOWED = EDIT_TASKS | {Task.COMPLETE, Task.NEXT_EDIT}
"""Tasks of whose answers it is seen what becomes of them."""


@dataclass(frozen=True, slots=True)
class FirstToken:
    """Milliseconds from arrival to the first token, over the requests that had one. ``within_budget``: the share, 0 to
    1, of the requests with a budget that kept it; one that ended without a token for lack of time did not.
    """

    count: int
    p50: float | None
    p90: float | None
    p99: float | None
    within_budget: float | None


@dataclass(frozen=True, slots=True)
class Kpis:
    """Figures of one group of requests. Shares are 0 to 1, None where nothing could be shared out.

    ``accepted``: answers that were taken and not taken back; an explanation, a review or a rename counts when it was
    answered, for nobody can see what becomes of it. ``cost_per_accepted_usd``: all money of the group, by these.
    ``acceptance_rate``: of the answers whose fate is known. ``false_accept_rate``: of the changes that passed the
    validators and were applied, those taken back within a minute; ``edited_rate``: those changed by hand by then.
    ``override_rate``: of the requests that were classified, those for which the user asked for another tier.
    ``resolution_ms_mean``: from arrival to the answer, over answered requests. ``wasted_tokens`` and ``wasted_usd``:
    calls that were rejected, failed, came too late, were hedged away or cancelled, and all calls of requests that were
    cancelled, superseded or stale. ``escalation_rate``: of the requests that called a model, those that climbed to a
    stronger tier. ``cache_misses``: calls whose prompt the provider had not kept, against ``expected_cached_tokens``
    and without a reason; ``rewrites``: prefixes written anew or gone back to, by reason.
    """

    count: int
    outcomes: Mapping[str, int]
    reasons: Mapping[str, int]
    first_token: FirstToken
    total_ms_p50: float | None
    cost_usd: float
    saved_usd: float
    input_tokens: int
    cached_tokens: int
    output_tokens: int
    cached_share: float | None
    wasted_tokens: int
    wasted_usd: float
    escalation_rate: float | None
    resolution_ms_mean: float | None
    accepted: int
    cost_per_accepted_usd: float | None
    acceptance_rate: float | None
    false_accept_rate: float | None
    edited_rate: float | None
    override_rate: float | None
    expected_cached_tokens: int
    cache_misses: int
    rewrites: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class ModelKpis:
    """Figures of the calls of one model. Its first-token time counts from the call's own start; ``wasted_tokens`` are
    those of calls that came to nothing, ``accepted`` the answers of its own that were taken and not taken back.
    """

    calls: int
    results: Mapping[str, int]
    first_token: FirstToken
    cost_usd: float
    input_tokens: int
    cached_tokens: int
    output_tokens: int
    cached_share: float | None
    wasted_tokens: int
    accepted: int
    cost_per_accepted_usd: float | None


@dataclass(frozen=True, slots=True)
class Summary:
    """All figures of a time. The groups' names are enum words and ``provider/model``; "none" is no tier."""

    total: Kpis
    by_task: Mapping[str, Kpis]
    by_class: Mapping[str, Kpis]
    by_tier: Mapping[str, Kpis]
    by_harness: Mapping[str, Kpis]
    by_model: Mapping[str, ModelKpis]


def summarize(events: Iterable[RequestEvent]) -> Summary:
    """Figures over ``events``, in any order."""
    events = tuple(events)
    calls = _grouped((call for event in events for call in _calls(event)), lambda call: str(call.attempt.model))
    accepted = Counter(event.source for event in events if is_accepted(event))

    def by(key: Callable[[RequestEvent], str]) -> dict[str, Kpis]:
        return {name: kpis(group) for name, group in _grouped(events, key).items()}

    return Summary(
        total=kpis(events),
        by_task=by(lambda event: event.task.value),
        by_class=by(lambda event: event.task_class.value),
        by_tier=by(lambda event: event.tier.value if event.tier else "none"),
        by_harness=by(lambda event: event.harness.value),
        by_model={name: _model_kpis(group, accepted[name]) for name, group in calls.items()},
    )


def kpis(events: Sequence[RequestEvent]) -> Kpis:
    """Figures of one group of requests."""
    called = [event for event in events if event.attempts]
    wasted = [call.attempt for event in events for call in _calls(event) if call.wasted]
    input_tokens = sum(event.usage.input_tokens for event in events)
    cached_tokens = sum(event.usage.cached_tokens for event in events)
    answered = [event.total_ms for event in events if event.outcome is Outcome.ANSWERED]
    applied = [e for e in events if e.task in EDIT_TASKS and not _APPLIED.isdisjoint(e.feedback)]
    known = [event for event in events if not _FATES.isdisjoint(event.feedback)]
    accepted, cost_usd = sum(map(is_accepted, events)), sum(event.cost_usd for event in events)
    return Kpis(
        count=len(events),
        outcomes=_counted(event.outcome.value for event in events),
        reasons=_counted(event.reason for event in events if event.reason),
        first_token=_first_token(events),
        total_ms_p50=percentile([event.total_ms for event in events], 50),
        cost_usd=cost_usd,
        saved_usd=sum(event.saved_usd for event in events),
        input_tokens=input_tokens,
        cached_tokens=cached_tokens,
        output_tokens=sum(event.usage.output_tokens for event in events),
        cached_share=_share(cached_tokens, input_tokens),
        wasted_tokens=sum(map(_tokens, wasted)),
        wasted_usd=sum(attempt.cost_usd for attempt in wasted),
        escalation_rate=_share(sum(event.escalations > 0 for event in called), len(called)),
        resolution_ms_mean=_share(sum(answered), len(answered)),
        accepted=accepted,
        cost_per_accepted_usd=_share(cost_usd, accepted),
        acceptance_rate=_share(sum(map(is_accepted, known)), len(known)),
        false_accept_rate=_share(_with(applied, Feedback.UNDONE), len(applied)),
        edited_rate=_share(_with(applied, Feedback.EDITED), len(applied)),
        override_rate=_share(_with(events, Feedback.OVERRIDDEN), sum(event.confidence is not None for event in events)),
        expected_cached_tokens=sum(event.expected_cached_tokens for event in events),
        cache_misses=sum(event.cache_misses for event in events),
        rewrites=_counted(why for event in events for why in event.rewrites),
    )


def is_accepted(event: RequestEvent) -> bool:
    """Whether the answer was taken and not taken back; see ``Kpis``."""
    if event.outcome is not Outcome.ANSWERED or Feedback.UNDONE in event.feedback:
        return False
    return event.task not in _FOLLOWED or not _APPLIED.isdisjoint(event.feedback)


def percentile(values: Sequence[float], percent: float) -> float | None:
    """The nearest-rank percentile: the smallest value that at least ``percent`` (0 to 100] of all do not exceed."""
    if not values:
        return None
    return sorted(values)[max(1, math.ceil(percent / 100 * len(values))) - 1]


@dataclass(frozen=True, slots=True)
class _Call:
    attempt: AttemptRecord
    wasted: bool


def _calls(event: RequestEvent) -> Iterator[_Call]:
    for attempt in event.attempts:
        yield _Call(attempt, event.outcome in _REACHED_NO_ONE or attempt.result is not AttemptResult.USED)


def _model_kpis(calls: Sequence[_Call], accepted: int) -> ModelKpis:
    attempts = [call.attempt for call in calls]
    usages = [attempt.usage for attempt in attempts if attempt.usage]
    input_tokens = sum(usage.input_tokens for usage in usages)
    cached_tokens = sum(usage.cached_tokens for usage in usages)
    waits = [a.first_token_ms - a.started_ms for a in attempts if a.first_token_ms is not None]
    cost_usd = sum(attempt.cost_usd for attempt in attempts)
    return ModelKpis(
        calls=len(attempts),
        results=_counted(attempt.result.value for attempt in attempts),
        first_token=_percentiles(waits, None),
        cost_usd=cost_usd,
        input_tokens=input_tokens,
        cached_tokens=cached_tokens,
        output_tokens=sum(usage.output_tokens for usage in usages),
        cached_share=_share(cached_tokens, input_tokens),
        wasted_tokens=sum(_tokens(call.attempt) for call in calls if call.wasted),
        accepted=accepted,
        cost_per_accepted_usd=_share(cost_usd, accepted),
    )


def _first_token(events: Sequence[RequestEvent]) -> FirstToken:
    kept = judged = 0
    for event in events:
        budget, first = event.first_token_budget_ms, event.first_token_ms
        if budget is None or (first is None and event.total_ms <= budget):
            continue  # no budget, or over before it ran out: neither kept nor broken
        judged += 1
        kept += first is not None and first <= budget
    times = [event.first_token_ms for event in events if event.first_token_ms is not None]
    return _percentiles(times, _share(kept, judged))


def _percentiles(values: Sequence[float], within_budget: float | None) -> FirstToken:
    p50, p90, p99 = (percentile(values, percent) for percent in (50, 90, 99))
    return FirstToken(len(values), p50, p90, p99, within_budget)


def _tokens(attempt: AttemptRecord) -> int:
    return attempt.usage.input_tokens + attempt.usage.output_tokens if attempt.usage else 0


def _with(events: Iterable[RequestEvent], feedback: Feedback) -> int:
    return sum(feedback in event.feedback for event in events)


def _share(part: float, whole: float) -> float | None:
    return part / whole if whole else None


def _counted(words: Iterable[str]) -> dict[str, int]:
    return dict(Counter(words).most_common())


def _grouped(items: Iterable[T], key: Callable[[T], str]) -> dict[str, list[T]]:
    groups: dict[str, list[T]] = defaultdict(list)
    for item in items:
        groups[key(item)].append(item)
    return dict(sorted(groups.items()))
