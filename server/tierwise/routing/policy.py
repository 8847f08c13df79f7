"""What one request may spend on an attempt: limits, temperature or effort, from the tier, the task and its class.

Owner of the parsed policy file beside it, which holds what classes and tasks get; settings change it per workspace and
per harness. It knows no model by name: what a model takes is asked of its facts.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from pydantic import Field

from tierwise.core.models import ModelRequest, Prompt
from tierwise.core.tasks import Role, Task, TaskClass, Tier
from tierwise.settings.facts import Frozen, ModelFacts
from tierwise.settings.models import ClassSettings, Settings, TaskSettings, TierSettings

_BY_TIER = frozenset({Task.COMPLETE, Task.NEXT_EDIT})
"""Tasks that come at every keystroke and follow their tier alone, whatever a class gets."""

EFFORT_ORDER = ("none", "minimal", "low", "medium", "high", "xhigh", "max")
"""All providers' names for efforts, lowest first; a model has some of them."""


class ClassPolicy(Frozen):
    """What a class gets: the range of its temperature, the effort where a model takes none, and bounds of one request
    in tokens and milliseconds.
    """

    temperature: tuple[float, float]
    effort: str
    context_tokens: int
    max_output_tokens: int
    first_token_ms: int
    deadline_ms: int


class TaskPolicy(Frozen):
    """The form of a task's reply, and its own bound of the answer."""

    reply: str
    max_output_tokens: int | None = None


class PolicyTable(Frozen):
    """The whole policy: every class and every task has its row."""

    classes: dict[TaskClass, ClassPolicy] = Field(min_length=len(TaskClass))
    tasks: dict[Task, TaskPolicy] = Field(min_length=len(Task))


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
    most_context_tokens: int
    """What a prompt may hold by the settings. The class gives a request less to read; text that stands before its own
    already may go beyond that, since it costs next to nothing."""
    task_class: TaskClass
    temperature: float | None
    """As configured; None: by the class."""
    effort: str | None
    """As configured; None: by the class, for models that take no temperature."""
    quiet: bool
    reply: str
    """The form of the answer."""

    def limits_for(self, facts: ModelFacts) -> Limits:
        """The limits, within what the model can take at all."""
        output = min(self.limits.max_output_tokens, facts.max_output_tokens)
        context = min(self.limits.context_tokens, self.most_context_for(facts))
        return Limits(self.limits.first_token_s, self.limits.deadline_s, context, output)

    def most_context_for(self, facts: ModelFacts) -> int:
        """Tokens that a prompt may hold at all, within what the model can take beside its answer."""
        output = min(self.limits.max_output_tokens, facts.max_output_tokens)
        return max(1, min(self.most_context_tokens, facts.context_tokens - output))

    def sampling(self, facts: ModelFacts, turn: int = 0) -> Sampling:
        """Temperature and effort for one model; ``turn`` counts the rejected answers before this one."""
        by_class = shipped_policy().classes[self.task_class]
        temperature = None
        if facts.temperature:
            temperature = self.temperature if self.temperature is not None else _temperature(by_class, turn)
        effort = None
        if facts.efforts and not self.quiet:
            wanted = self.effort or (None if facts.temperature else by_class.effort)
            effort = None if wanted is None else nearest_effort(wanted, facts.efforts)
        return Sampling(temperature, effort, self.quiet)


def bounded_request(role: Role, prompt: Prompt, limits: Limits, sampling: Sampling) -> ModelRequest:
    """A request within these bounds; stops, schema, sources and the key of its prefix are put in by who makes it."""
    return ModelRequest(
        role=role,
        prompt=prompt,
        max_output_tokens=limits.max_output_tokens,
        first_token_s=limits.first_token_s,
        deadline_s=limits.deadline_s,
        temperature=sampling.temperature,
        effort=sampling.effort,
        quiet=sampling.quiet,
    )


def policy_for(settings: Settings, task: Task, task_class: TaskClass, tier: Tier) -> Policy:
    """Merge what all say: the settings of the task win over those of the class, these over the tier's, and what the
    program's own policy says of the class and the task bounds the tier's limits.
    """
    at_tier = settings.tiers.get(tier) or TierSettings()
    for_task = settings.tasks.get(task) or TaskSettings()
    for_class = ClassSettings() if task in _BY_TIER else settings.classes.get(task_class) or ClassSettings()
    bounds = _bounds(at_tier, task, task_class, tier)
    first_token_ms = for_task.first_token_ms or for_class.first_token_ms or bounds.first_token_ms
    deadline_ms = for_task.deadline_ms or for_class.deadline_ms or bounds.deadline_ms
    context = for_task.context_tokens or for_class.context_tokens
    limits = Limits(
        first_token_s=min(first_token_ms, deadline_ms) / 1000,
        deadline_s=deadline_ms / 1000,
        context_tokens=context or bounds.context_tokens,
        max_output_tokens=for_task.max_output_tokens or for_class.max_output_tokens or bounds.max_output_tokens,
    )
    temperatures = (for_task.temperature, for_class.temperature, at_tier.temperature)
    temperature = next((value for value in temperatures if value is not None), None)
    asked_for = for_task.effort or for_class.effort
    # An effort that somebody wrote down for this very task is meant, whatever the tier says about thinking.
    quiet = at_tier.quiet and asked_for is None
    reply = shipped_policy().tasks[task].reply
    most = context or at_tier.context_tokens
    return Policy(tier, limits, most, task_class, temperature, asked_for or at_tier.effort, quiet, reply)


@cache
def shipped_policy() -> PolicyTable:
    """The policy that comes with the program."""
    return PolicyTable.model_validate(
        tomllib.loads(files("tierwise.routing").joinpath("policy.toml").read_text("utf-8"))
    )


def _bounds(at_tier: TierSettings, task: Task, task_class: TaskClass, tier: Tier) -> TierSettings:
    """The tier's limits for this task."""
    by_class, by_task = shipped_policy().classes[task_class], shipped_policy().tasks[task]
    if task in _BY_TIER:
        output = by_task.max_output_tokens or at_tier.max_output_tokens
        return at_tier.model_copy(update={"max_output_tokens": output})
    output = min(by_class.max_output_tokens, by_task.max_output_tokens or by_class.max_output_tokens)
    context = min(by_class.context_tokens, at_tier.context_tokens)
    times = (by_class.first_token_ms, by_class.deadline_ms)
    if tier is not Tier.FAST or task is Task.RENAME:  # a rename waits as little for a model as a keystroke does
        output = min(output, at_tier.max_output_tokens)
        times = min(times[0], at_tier.first_token_ms), min(times[1], at_tier.deadline_ms)
    return TierSettings(context_tokens=context, max_output_tokens=output, first_token_ms=times[0], deadline_ms=times[1])


def nearest_effort(wanted: str, efforts: tuple[str, ...]) -> str | None:
    """The model's own level nearest to ``wanted``, the lower of two equally near; None where none can be compared."""
    if wanted in efforts:
        return wanted
    known = [effort for effort in efforts if effort in EFFORT_ORDER]
    if wanted not in EFFORT_ORDER or not known:
        return None
    target = EFFORT_ORDER.index(wanted)
    return min(known, key=lambda effort: (abs(EFFORT_ORDER.index(effort) - target), EFFORT_ORDER.index(effort)))


def _temperature(by_class: ClassPolicy, turn: int) -> float:
    low, high = by_class.temperature
    return round((low + high) / 2, 3) if turn == 0 else high
