"""How hard is a request, and which tier gets it: decided before any model is called, by adding up points.

Owner of no state but the points and words it is given; what was learnt in a workspace comes from outside. It never
calls a model, reads no file after these, and takes well under a millisecond. What it cannot know it leaves to the
validators: a doubtful decision may start low, because a rejected answer climbs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from tierwise.core.models import ModelRef
from tierwise.core.tasks import EDIT_TASKS, Harness, Role, Task, TaskClass, Tier
from tierwise.routing.points import Points, shipped_points
from tierwise.routing.signals import RequestFacts, signals
from tierwise.routing.words import HEADS, Words, WordsSay, shares, shipped_words
from tierwise.settings.models import ProviderKind, Settings

MECHANICAL_TASKS = {
    Task.COMPLETE: "a completion is mechanical",
    Task.NEXT_EDIT: "a next edit is mechanical",
    Task.RENAME: "a rename is mechanical",
}
"""Tasks that are mechanical by their nature: the keystroke's latency or the occurrences decide, not the words."""

DOUBTFUL = 0.55
"""A confidence below this is little better than tossing a coin: where no person looks at the result, the harder class
is taken."""

MOST_REASONS = 3

CLASSES = tuple(TaskClass)

_ROLES = {
    Task.COMPLETE: Role.COMPLETE,
    Task.NEXT_EDIT: Role.COMPLETE,
    Task.RENAME: Role.ADJUDICATE,
    Task.EXPLAIN: Role.EXPLAIN,
    Task.REVIEW: Role.REVIEW,
}


@dataclass(frozen=True, slots=True)
class Decision:
    """``confidence`` is between 0 and 1; ``reasons`` are phrases for a person, the weightiest first.

    ``by_policy`` is the tier before anything learnt or chosen changed it. ``harness`` and ``tools`` say where it was
    decided, and which checkers were found there.
    """

    task_class: TaskClass
    tier: Tier
    confidence: float
    reasons: tuple[str, ...]
    role: Role
    by_policy: Tier
    harness: Harness
    tools: tuple[str, ...] = ()

    @property
    def tags(self) -> tuple[str, ...]:
        """Where it was decided, as words: the harness, and what was found there."""
        return (self.harness.value, *self.tools)


class History(Protocol):
    """What was learnt from outcomes in a workspace."""

    def start(self, folder: str, task_class: TaskClass, tier: Tier, settings: Settings) -> tuple[Tier, str]:
        """The tier to begin with in place of ``tier``, at most one away, and why; "" where nothing changes."""
        ...


class Classifier:
    """Decides by ``points``; without any, by those that come with the program. ``words`` finds the words' heads for the
    settings' folder of an embedding; without it, the bundled ones count.
    """

    def __init__(
        self,
        points: Points | None = None,
        words: Callable[[str | None], Words] | None = None,
        history: History | None = None,
    ) -> None:
        self._points = points or shipped_points()
        self._words = words or _shipped
        self._history = history

    def decide(self, facts: RequestFacts, settings: Settings, chosen: Tier | None = None) -> Decision:
        """Class and tier of a request under the settings of its folder. ``chosen``: the user named this tier.

        What the settings say about the task wins over the points. A tier without a model for the task is replaced by
        the nearest stronger one that has one, else by the nearest weaker one; where none has, it stays.
        """
        task = facts.task
        for_task = settings.tasks.get(task) if task else None
        said = None
        if for_task and for_task.task_class:
            task_class, confidence, reasons = for_task.task_class, 1.0, [f"tasks.{task}.class says so"]
        elif task is not None and task in MECHANICAL_TASKS:
            task_class, confidence, reasons = TaskClass.MECHANICAL, 1.0, [MECHANICAL_TASKS[task]]
        else:
            said = self._words(settings.routing.embedding).say(facts.wish) if facts.instruction else None
            task_class, confidence, reasons = self._weigh(facts, said, settings.harness)
        by_policy = settings.routing.tier_for(task_class)
        if for_task and for_task.tier:
            by_policy = for_task.tier
            reasons.append(f"tasks.{task}.tier says {by_policy}")
        tier, why = chosen, f"you chose the {chosen} tier"
        if tier is None:
            written = for_task is not None and for_task.tier is not None
            tier, why = (by_policy, "") if written else self._start(facts, task_class, by_policy, settings)
        reasons += [why] if why else []
        if (there := nearest(tier, task, settings)) is not tier:
            reasons.append(f"the {tier} tier has no model")
        role = _role(task, said)
        return Decision(task_class, there, confidence, tuple(reasons), role, by_policy, settings.harness, facts.tools)

    def _start(self, facts: RequestFacts, task_class: TaskClass, tier: Tier, settings: Settings) -> tuple[Tier, str]:
        """Where history says to begin. Only what is checked can be learnt from: changes, not explanations."""
        if self._history is None or (facts.task is not None and facts.task not in EDIT_TASKS):
            return tier, ""
        return self._history.start(facts.folder, task_class, tier, settings)

    def _weigh(
        self, facts: RequestFacts, said: WordsSay | None, harness: Harness
    ) -> tuple[TaskClass, float, list[str]]:
        names = signals(facts, self._points)
        words = words_points(facts, said, self._points)
        parts = probabilities(names, self._points, words)
        order = sorted(range(len(CLASSES)), key=lambda i: parts[i], reverse=True)
        first, second = order[0], order[1]
        cautious = harness is not Harness.LOCAL and parts[first] < DOUBTFUL and second > first
        if cautious:
            first, second = second, first
        reasons = _reasons(names, words, first, second, self._points)
        if cautious:
            reasons.append(f"in doubt between {CLASSES[second]} and {CLASSES[first]}, and nobody looks in {harness}")
        return CLASSES[first], round(parts[first], 3), reasons


def probabilities(names: tuple[str, ...], points: Points, words: tuple[float, ...] = ()) -> tuple[float, ...]:
    """How likely each class is, by the points of these signals and of the words as a whole."""
    sums = list(words) or [0.0] * len(CLASSES)
    for name in names:
        for index, value in enumerate(points.signals[name].points):
            sums[index] += value
    return shares(sums)


def words_points(facts: RequestFacts, said: WordsSay | None, points: Points) -> tuple[float, ...]:
    """The points that the words as a whole give each class; () where they say nothing."""
    if said is None:
        return ()
    weight = points.embedding.scope_known if facts.scope_known else points.embedding.scope_unknown
    most = points.embedding.most
    return tuple(max(-most, min(most, weight * value)) for value in said.classes)


def nearest(tier: Tier, task: Task | None, settings: Settings) -> Tier:
    """The tier itself, or the nearest that has a model for the task: rather a stronger one than a weaker one."""
    order = list(Tier)
    at = order.index(tier)
    candidates = (*order[at:], *reversed(order[:at]))
    return next((candidate for candidate in candidates if _can_answer(candidate, task, settings)), tier)


def _shipped(_: str | None) -> Words:
    return shipped_words()


def _reasons(names: tuple[str, ...], words: tuple[float, ...], first: int, second: int, points: Points) -> list[str]:
    """What spoke most for the one class against the other."""
    found = [
        (signal.points[first] - signal.points[second], signal.minor, signal.reason)
        for signal in (points.signals[name] for name in names)
    ]
    if words:
        found.append((words[first] - words[second], False, f"the words as a whole sound {CLASSES[first]}"))
    telling = [item for item in sorted(found, key=lambda item: -item[0]) if item[0] > 0.05]
    major = [item for item in telling if not item[1]] or telling
    return [reason for _, _, reason in major[:MOST_REASONS]] or ["nothing tells otherwise"]


def _role(task: Task | None, said: WordsSay | None) -> Role:
    """What is wanted: the task says it, else the words."""
    if task is not None:
        return _ROLES.get(task, Role.EDIT)
    if said is None:
        return Role.EDIT
    return Role(max(zip(said.roles, HEADS["role"], strict=True))[1])


def _can_answer(tier: Tier, task: Task | None, settings: Settings) -> bool:
    """Whether a tier has a model for the task; the embedded engine completes and does nothing else."""
    chain = settings.tiers[tier].chain if tier in settings.tiers else ()
    if task in MECHANICAL_TASKS:
        return bool(chain)
    kinds = (settings.providers[ModelRef.parse(item).provider].kind for item in chain)
    return any(kind is not ProviderKind.EMBEDDED for kind in kinds)
