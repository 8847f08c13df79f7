"""Events by day, and first-token times by size: what the report's plots show. Pure."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from tierwise.core.events import RequestEvent
from tierwise.core.tasks import Task
from tierwise.telemetry.kpis import is_accepted, percentile

LONGEST = 92
"""Days shown at most: the last ones of a longer time."""

SIZES_MS = (50, 100, 150, 200, 300, 400, 500, 700, 1_000, 1_500, 2_000, 3_000, 5_000)
"""Upper ends of the ranges into which first-token times are sorted; what is above makes one more."""


@dataclass(frozen=True, slots=True)
class Day:
    """One calendar day at the place where its requests were made. First-token times in milliseconds, of completions."""

    day: date
    requests: int
    accepted: int
    cost_by_tier: Mapping[str, float]
    first_token_p50: float | None
    first_token_p90: float | None

    @property
    def cost_usd(self) -> float:
        return sum(self.cost_by_tier.values())


def by_day(events: Iterable[RequestEvent]) -> tuple[Day, ...]:
    """One value per day from the first event to the last, days without any among them; at most ``LONGEST``."""
    groups: defaultdict[date, list[RequestEvent]] = defaultdict(list)
    for event in events:
        groups[event.at.date()].append(event)
    if not groups:
        return ()
    last = max(groups)
    first = max(min(groups), last - timedelta(days=LONGEST - 1))
    return tuple(_day(first + timedelta(n), groups[first + timedelta(n)]) for n in range((last - first).days + 1))


def first_tokens(events: Iterable[RequestEvent]) -> tuple[int, ...]:
    """How many completions had their first token within each of ``SIZES_MS``, and above the last."""
    counts = [0] * (len(SIZES_MS) + 1)
    for event in events:
        if event.task is Task.COMPLETE and event.first_token_ms is not None:
            counts[bisect_left(SIZES_MS, event.first_token_ms)] += 1
    return tuple(counts)


def _day(day: date, events: Sequence[RequestEvent]) -> Day:
    costs: defaultdict[str, float] = defaultdict(float)
    for event in events:
        for attempt in event.attempts:
            costs[attempt.tier.value] += attempt.cost_usd
    times = [e.first_token_ms for e in events if e.task is Task.COMPLETE and e.first_token_ms is not None]
    accepted = sum(map(is_accepted, events))
    return Day(day, len(events), accepted, costs, percentile(times, 50), percentile(times, 90))
