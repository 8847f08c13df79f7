"""What one request may spend on an attempt: limits, temperature or effort, from the tier, the task and its class.

Owner of no state. It knows no model by name: what a model takes is asked of its facts.
"""

from __future__ import annotations

from dataclasses import dataclass

from tierwise.core.tasks import Task, TaskClass, Tier
from tierwise.settings.facts import ModelFacts
from tierwise.settings.models import Settings, TaskSettings, TierSettings

TEMPERATURES: dict[TaskClass, tuple[float, float]] = {
    TaskClass.MECHANICAL: (0.0, 0.2),
    TaskClass.LOCAL: (0.2, 0.4),
    TaskClass.REPOSITORY: (0.3, 0.6),
    TaskClass.AGENTIC: (0.3, 0.6),
}
"""The range of each class. A first answer takes the middle, an answer after a rejection the upper end: asking again
just as coldly would bring the same answer again."""

EFFORTS: dict[TaskClass, str] = {
    TaskClass.MECHANICAL: "low",
    TaskClass.LOCAL: "medium",
    TaskClass.REPOSITORY: "high",
    TaskClass.AGENTIC: "high",
}
"""The effort of each class, for models that take no temperature."""

EFFORT_ORDER = ("none", "minimal", "low", "medium", "high", "xhigh", "max")
"""All providers' names for efforts, lowest first; a model has some of them."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one request. Times in seconds from its arrival, lengths in tokens."""

    first_token_s: float
    deadline_s: float
    context_tokens: int
    max_output_tokens: int


@dataclass(frozen=True, slots=True)
class Sampling:
    """What is sent to one model; None: nothing is sent."""

    temperature: float | None
    effort: str | None
    quiet: bool


@dataclass(frozen=True, slots=True)
class Policy:
    """What an attempt gets before it is known which model makes it."""

    tier: Tier
    limits: Limits
    task_class: TaskClass
    temperature: float | None
    """As configured; None: by the class."""
    effort: str | None
    """As configured; None: by the class, for models that take no temperature."""
    quiet: bool

    def limits_for(self, facts: ModelFacts) -> Limits:
        """The limits, within what the model can take at all."""
        output = min(self.limits.max_output_tokens, facts.max_output_tokens)
        context = max(1, min(self.limits.context_tokens, facts.context_tokens - output))
        return Limits(self.limits.first_token_s, self.limits.deadline_s, context, output)

    def sampling(self, facts: ModelFacts, turn: int = 0) -> Sampling:
        """Temperature and effort for one model; ``turn`` counts the rejected answers before this one."""
        temperature = None
        if facts.temperature:
            temperature = self.temperature if self.temperature is not None else _temperature(self.task_class, turn)
        effort = None
        if facts.efforts and not self.quiet:
            wanted = self.effort or (None if facts.temperature else EFFORTS[self.task_class])
            effort = None if wanted is None else nearest_effort(wanted, facts.efforts)
        return Sampling(temperature, effort, self.quiet)


def policy_for(settings: Settings, task: Task, task_class: TaskClass, tier: Tier) -> Policy:
    """Merge what the tier, the task and the class say: the task wins over the tier, the tier over the class."""
    at_tier = settings.tiers.get(tier) or TierSettings()
    for_task = settings.tasks.get(task) or TaskSettings()
    first_token_ms = for_task.first_token_ms or at_tier.first_token_ms
    deadline_ms = for_task.deadline_ms or at_tier.deadline_ms
    limits = Limits(
        first_token_s=min(first_token_ms, deadline_ms) / 1000,
        deadline_s=deadline_ms / 1000,
        context_tokens=for_task.context_tokens or at_tier.context_tokens,
        max_output_tokens=for_task.max_output_tokens or at_tier.max_output_tokens,
    )
    temperature = at_tier.temperature if for_task.temperature is None else for_task.temperature
    effort = for_task.effort or at_tier.effort
    # An effort that somebody wrote down for this very task is meant, whatever the tier says about thinking.
    return Policy(tier, limits, task_class, temperature, effort, at_tier.quiet and for_task.effort is None)


def nearest_effort(wanted: str, efforts: tuple[str, ...]) -> str | None:
    """The model's own level nearest to ``wanted``, the lower of two equally near; None where none can be compared."""
    if wanted in efforts:
        return wanted
    known = [effort for effort in efforts if effort in EFFORT_ORDER]
    if wanted not in EFFORT_ORDER or not known:
        return None
    target = EFFORT_ORDER.index(wanted)
    return min(known, key=lambda effort: (abs(EFFORT_ORDER.index(effort) - target), EFFORT_ORDER.index(effort)))


def _temperature(task_class: TaskClass, turn: int) -> float:
    low, high = TEMPERATURES[task_class]
    return round((low + high) / 2, 3) if turn == 0 else high
