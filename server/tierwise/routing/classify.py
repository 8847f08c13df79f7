"""How hard is a request, and which tier gets it: decided before any model is called, by adding up points.

Owner of no state but the points it is given. It never calls a model, reads no file after the points, and takes well
under a millisecond. What it cannot know it leaves to the validators: a doubtful decision may start low, because a
rejected answer climbs.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from tierwise.core.models import ModelRef
from tierwise.core.tasks import Harness, Task, TaskClass, Tier
from tierwise.routing.points import Points, shipped_points
from tierwise.routing.signals import RequestFacts, signals
from tierwise.settings.models import ProviderKind, Settings

MECHANICAL_TASKS = {Task.COMPLETE: "a completion is mechanical", Task.RENAME: "a rename is mechanical"}
"""Tasks that are mechanical by their nature: the keystroke's latency or the occurrences decide, not the words."""

DOUBTFUL = 0.55
"""A confidence below this is little better than tossing a coin: where no person looks at the result, the harder class
is taken."""

MOST_REASONS = 3

CLASSES = tuple(TaskClass)


@dataclass(frozen=True, slots=True)
class Decision:
    """``confidence`` is between 0 and 1; ``reasons`` are phrases for a person, the weightiest first."""

    task_class: TaskClass
    tier: Tier
    confidence: float
    reasons: tuple[str, ...]


class Classifier:
    """Decides by ``points``; without any, by those that come with the program."""

    def __init__(self, points: Points | None = None) -> None:
        self._points = points or shipped_points()

    def decide(self, facts: RequestFacts, settings: Settings) -> Decision:
        """Class and tier of a request under the settings of its folder.

        What the settings say about the task wins over the points. A tier without a model for the task is replaced by
        the nearest stronger one that has one, else by the nearest weaker one; where none has, it stays.
        """
        task = facts.task
        for_task = settings.tasks.get(task) if task else None
        if for_task and for_task.task_class:
            task_class, confidence, reasons = for_task.task_class, 1.0, [f"tasks.{task}.class says so"]
        elif task is not None and task in MECHANICAL_TASKS:
            task_class, confidence, reasons = TaskClass.MECHANICAL, 1.0, [MECHANICAL_TASKS[task]]
        else:
            task_class, confidence, reasons = self._weigh(facts, settings.harness)
        tier = settings.routing.tier_for(task_class)
        if for_task and for_task.tier:
            tier = for_task.tier
            reasons.append(f"tasks.{task}.tier says {tier}")
        if (there := _nearest(tier, task, settings)) is not tier:
            reasons.append(f"the {tier} tier has no model")
        return Decision(task_class, there, confidence, tuple(reasons))

    def _weigh(self, facts: RequestFacts, harness: Harness) -> tuple[TaskClass, float, list[str]]:
        names = signals(facts, self._points)
        shares = probabilities(names, self._points)
        order = sorted(range(len(CLASSES)), key=lambda i: shares[i], reverse=True)
        first, second = order[0], order[1]
        cautious = harness is not Harness.LOCAL and shares[first] < DOUBTFUL and second > first
        if cautious:
            first, second = second, first
        reasons = _reasons(names, first, second, self._points)
        if cautious:
            reasons.append(f"in doubt between {CLASSES[second]} and {CLASSES[first]}, and nobody looks in {harness}")
        return CLASSES[first], round(shares[first], 3), reasons


def probabilities(names: tuple[str, ...], points: Points) -> tuple[float, ...]:
    """How likely each class is, by the points of these signals."""
    sums = [0.0] * len(CLASSES)
    for name in names:
        for index, value in enumerate(points.signals[name].points):
            sums[index] += value
    highest = max(sums)
    weights = [math.exp(value - highest) for value in sums]
    total = sum(weights)
    return tuple(weight / total for weight in weights)


def _reasons(names: tuple[str, ...], first: int, second: int, points: Points) -> list[str]:
    """What spoke most for the one class against the other."""
    found = [(points.signals[name].points[first] - points.signals[name].points[second], name) for name in names]
    telling = [points.signals[name] for weight, name in sorted(found, key=lambda item: -item[0]) if weight > 0.05]
    major = [signal for signal in telling if not signal.minor] or telling
    return [signal.reason for signal in major[:MOST_REASONS]] or ["nothing tells otherwise"]


def _nearest(tier: Tier, task: Task | None, settings: Settings) -> Tier:
    order = list(Tier)
    at = order.index(tier)
    candidates = (*order[at:], *reversed(order[:at]))
    return next((candidate for candidate in candidates if _can_answer(candidate, task, settings)), tier)


def _can_answer(tier: Tier, task: Task | None, settings: Settings) -> bool:
    """Whether a tier has a model for the task; the embedded engine completes and does nothing else."""
    chain = settings.tiers[tier].chain if tier in settings.tiers else ()
    if task in MECHANICAL_TASKS:
        return bool(chain)
    kinds = (settings.providers[ModelRef.parse(item).provider].kind for item in chain)
    return any(kind is not ProviderKind.EMBEDDED for kind in kinds)
