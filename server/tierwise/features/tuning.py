"""Passes outcomes on to what learns from them: verdicts of validators at once, a person's afterwards.

Owner of the requests whose answers are still being looked after. Only edits teach, for only they are checked; a folder
that is not trusted teaches nothing: what stands in it may be made to mislead.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from cachetools import LRUCache

from tierwise.core.events import AttemptResult, Feedback, Outcome, RequestEvent
from tierwise.core.tasks import EDIT_TASKS, TaskClass, Tier
from tierwise.features.recording import Totals
from tierwise.routing.learning import Thresholds

REMEMBERED = 256


class Tuning:
    """Hears of every event and of every answer's end."""

    def __init__(
        self, thresholds: Thresholds, trusted: Callable[[Path], bool], keep: Callable[[str, str], None]
    ) -> None:
        """``keep`` gets a folder and its state as text, after each change."""
        self._thresholds = thresholds
        self._trusted = trusted
        self._keep = keep
        self._answered: LRUCache[str, tuple[str, TaskClass, Tier]] = LRUCache(REMEMBERED)

    def event(self, event: RequestEvent, _: Totals) -> None:
        """A request has ended."""
        if event.task not in EDIT_TASKS or not event.folder or not self._trusted(Path(event.folder)):
            return
        taught = False
        if Feedback.OVERRIDDEN in event.feedback and event.by_policy is not None and _stronger(event):
            self._thresholds.overridden(event.folder, event.task_class, event.by_policy)
            taught = True
        for tier, passed, cost_usd in _verdicts(event):
            self._thresholds.outcome(event.folder, event.task_class, tier, passed=passed, cost_usd=cost_usd)
            taught = True
            if passed:
                self._answered[event.id] = (event.folder, event.task_class, tier)
        if taught:
            self._keep(event.folder, self._thresholds.dump(event.folder))

    def ended(self, request_id: str, kept: float) -> None:
        """An answer was looked after to its end; ``kept`` (0 to 1) of it stayed."""
        found = self._answered.pop(request_id, None)
        if found is not None:
            folder, task_class, tier = found
            self._thresholds.judged(folder, task_class, tier, kept)
            self._keep(folder, self._thresholds.dump(folder))


def _stronger(event: RequestEvent) -> bool:
    order = list(Tier)
    started = event.attempts[0].tier if event.attempts else event.tier
    return started is not None and event.by_policy is not None and order.index(started) > order.index(event.by_policy)


def _verdicts(event: RequestEvent) -> list[tuple[Tier, bool, float]]:
    """Each tier whose answer was judged, whether it passed in the end, and what its calls cost."""
    if event.outcome not in {Outcome.ANSWERED, Outcome.QUEUED}:
        return []
    found: list[tuple[Tier, bool, float]] = []
    for tier in Tier:
        attempts = [attempt for attempt in event.attempts if attempt.tier is tier]
        passed = event.outcome is Outcome.ANSWERED and event.tier is tier
        if passed or any(attempt.result is AttemptResult.REJECTED for attempt in attempts):
            found.append((tier, passed, sum(attempt.cost_usd for attempt in attempts)))
    return found
