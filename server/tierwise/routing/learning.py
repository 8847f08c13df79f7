"""What outcomes teach: with which tier to begin, per workspace and class of task.

Owner of these observations, in memory; whoever keeps them on disk gets and gives them as text. For each class and tier
it counts, with old outcomes fading (discounted upper confidence bounds, after Garivier and Moulines, 2011), how many
answers passed the validators, how many of those were kept, and what they cost. A weaker tier is the right beginning
when its pass rate is above the rate at which trying it first breaks even. It never moves further than one tier from
what the policy says, and never sees code or words; that folders which are not trusted teach nothing is its caller's.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import msgspec

from tierwise.core.clock import Clock
from tierwise.core.models import ModelRef, Usage
from tierwise.core.tasks import TaskClass, Tier
from tierwise.settings.models import ProviderKind, Settings

FADING = 0.985
"""What an outcome's weight is multiplied by with each later one of its class: some 65 of them count."""

HALF_LIFE_DAYS = 21.0
"""Without any outcome a weight halves in so many days: models and code change meanwhile."""

PRIOR = 4.0
"""The weight of what is believed before anything was seen, in outcomes. It bounds one outcome's step to a fifth."""

CURIOSITY = 0.12
"""How much is granted, for want of outcomes, to a tier that was seldom tried: times the root of log(all) by its own."""

ENOUGH = 3.0
"""Outcomes of a class, faded, before which nothing is changed."""

MARGIN = 0.05
"""By this share another tier must be expected to do better before it replaces the policy's."""

BELIEVED: Mapping[TaskClass, tuple[float, float, float]] = {
    TaskClass.MECHANICAL: (0.85, 0.92, 0.95),
    TaskClass.LOCAL: (0.6, 0.8, 0.9),
    TaskClass.REPOSITORY: (0.35, 0.6, 0.75),
    TaskClass.AGENTIC: (0.2, 0.4, 0.55),
}
"""Share of answers that pass, by class and tier, before anything was seen: set by hand, and soon outweighed."""

KEPT = 0.9
"""Share of passed answers that are kept, before anything was seen."""

TYPICAL = Usage(input_tokens=6_000, output_tokens=800)
"""A call's tokens, to foresee a tier's cost before one was seen."""


class Counts(msgspec.Struct):
    """Faded counts of one class and tier: answers, those that passed; judged ones, those that were kept; money."""

    tried: float = 0.0
    passed: float = 0.0
    judged: float = 0.0
    kept: float = 0.0
    usd: float = 0.0

    def fade(self, factor: float) -> None:
        self.tried *= factor
        self.passed *= factor
        self.judged *= factor
        self.kept *= factor
        self.usd *= factor


class _Learnt(msgspec.Struct):
    """One folder's counts, by "class/tier", and when they last changed (seconds since 1970)."""

    at: float
    counts: dict[str, Counts] = {}


@dataclass(frozen=True, slots=True)
class Belief:
    """What is thought of one tier for one class in one folder. Rates are 0 to 1; ``tried`` is the faded number of
    outcomes; ``break_even`` is the pass rate from which on beginning here is better than one tier above, None for the
    strongest.
    """

    task_class: TaskClass
    tier: Tier
    tried: float
    pass_rate: float
    kept_rate: float
    cost_usd: float
    break_even: float | None


class Thresholds:
    """What was learnt in all folders of one server. ``History`` for the classifier."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._folders: dict[str, _Learnt] = {}

    def start(self, folder: str, task_class: TaskClass, tier: Tier, settings: Settings) -> tuple[Tier, str]:
        """The tier to begin with in place of ``tier``, at most one away, and why; "" where nothing changes."""
        learnt = self._folders.get(folder)
        if learnt is None or not settings.routing.learn:
            return tier, ""
        self._fade_by_time(learnt)
        losses = _Losses(learnt, task_class, settings)
        if tier not in losses.tiers or losses.tried < ENOUGH:
            return tier, ""
        at = losses.tiers.index(tier)
        now = losses.of(tier, curious=True)
        near = losses.tiers[max(0, at - 1) : at + 2]
        best = min(near, key=lambda other: losses.of(other, curious=True))
        if best is tier or losses.of(best, curious=True) > now * (1 - MARGIN):
            return tier, ""
        counts = learnt.counts.get(f"{task_class}/{best}", Counts())
        return best, _reason(task_class, tier, best, losses, counts)

    def outcome(self, folder: str, task_class: TaskClass, tier: Tier, *, passed: bool, cost_usd: float) -> None:
        """A tier's last answer to one request passed the validators, or did not; ``cost_usd``: of all its calls."""
        learnt = self._folders.setdefault(folder, _Learnt(self._clock.now().timestamp()))
        self._fade_by_time(learnt)
        for other in Tier:
            if (counts := learnt.counts.get(f"{task_class}/{other}")) is not None:
                counts.fade(FADING)
        counts = learnt.counts.setdefault(f"{task_class}/{tier}", Counts())
        counts.tried += 1
        counts.passed += passed
        counts.usd += max(0.0, cost_usd)

    def overridden(self, folder: str, task_class: TaskClass, tier: Tier) -> None:
        """The user asked for a stronger tier than ``tier``, with which the request would have begun."""
        counts = self._folders[folder].counts.get(f"{task_class}/{tier}") if folder in self._folders else None
        usual = counts.usd / counts.tried if counts is not None and counts.tried else 0.0
        self.outcome(folder, task_class, tier, passed=False, cost_usd=usual)

    def judged(self, folder: str, task_class: TaskClass, tier: Tier, kept: float) -> None:
        """A person kept a passed answer (1), kept part of it or mended it (0.5), or took it back (0)."""
        learnt = self._folders.get(folder)
        if learnt is not None and (counts := learnt.counts.get(f"{task_class}/{tier}")) is not None:
            counts.judged += 1
            counts.kept += min(1.0, max(0.0, kept))

    def beliefs(self, folder: str, settings: Settings) -> tuple[Belief, ...]:
        """What was learnt in a folder, for people: only what was tried."""
        learnt = self._folders.get(folder)
        if learnt is None:
            return ()
        self._fade_by_time(learnt)
        return tuple(_beliefs(learnt, settings))

    def forget(self, folder: str | None = None) -> None:
        """Forget a folder, or everything."""
        if folder is None:
            self._folders.clear()
        else:
            self._folders.pop(folder, None)

    def dump(self, folder: str) -> str:
        """A folder's state as text, for keeping."""
        return msgspec.json.encode(self._folders.get(folder) or _Learnt(0.0)).decode()

    def load(self, folder: str, text: str) -> None:
        """Take back what ``dump`` gave; text that is none, or holds numbers that cannot be, is ignored."""
        try:
            learnt = msgspec.json.decode(text, type=_Learnt)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            return
        known = {f"{task_class}/{tier}" for task_class in TaskClass for tier in Tier}
        learnt.counts = {name: c for name, c in learnt.counts.items() if name in known and _possible(c)}
        learnt.at = min(learnt.at, self._clock.now().timestamp())
        self._folders[folder] = learnt

    def _fade_by_time(self, learnt: _Learnt) -> None:
        now = self._clock.now().timestamp()
        days = (now - learnt.at) / 86_400
        if days > 0:
            for counts in learnt.counts.values():
                counts.fade(0.5 ** (days / HALF_LIFE_DAYS))
            learnt.at = now


class _Losses:
    """Expected loss, in US dollars, of beginning with each tier and climbing while answers are rejected."""

    def __init__(self, learnt: _Learnt, task_class: TaskClass, settings: Settings) -> None:
        self._failure = settings.routing.failure_usd
        self.tiers: list[Tier] = []
        self._costs: dict[Tier, float] = {}
        self._counts: dict[Tier, Counts] = {}
        self._believed = dict(zip(Tier, BELIEVED[task_class], strict=True))
        for tier in Tier:
            if (foreseen := _foreseen(tier, settings)) is not None:
                counts = self._counts[tier] = learnt.counts.get(f"{task_class}/{tier}") or Counts()
                self.tiers.append(tier)
                self._costs[tier] = (counts.usd + PRIOR * foreseen) / (counts.tried + PRIOR)
        self.tried = sum(counts.tried for counts in self._counts.values())

    def of(self, tier: Tier, *, curious: bool = False) -> float:
        """Loss from ``tier`` on. ``curious``: as good as it may be, for all that is known."""
        loss = self._failure
        for step in reversed(self.tiers[self.tiers.index(tier) :]):
            # Only the first tier is looked at hopefully: what comes after is the same for whoever begins above it.
            passing = self.pass_rate(step, curious=curious and step is tier)
            loss = self._costs[step] + (1 - passing) * loss + passing * (1 - self.kept_rate(step)) * self._failure
        return loss

    def pass_rate(self, tier: Tier, *, curious: bool = False) -> float:
        counts = self._counts[tier]
        weight = counts.tried + PRIOR
        rate = (counts.passed + PRIOR * self._believed[tier]) / weight
        return min(1.0, rate + CURIOSITY * math.sqrt(math.log(1 + self.tried) / weight)) if curious else rate

    def kept_rate(self, tier: Tier) -> float:
        counts = self._counts[tier]
        return (counts.kept + PRIOR * KEPT) / (counts.judged + PRIOR)

    def cost(self, tier: Tier) -> float:
        return self._costs[tier]

    def break_even(self, tier: Tier) -> float | None:
        """The pass rate at which beginning here costs what beginning one tier above does."""
        at = self.tiers.index(tier)
        if at + 1 == len(self.tiers):
            return None
        gain = self.of(self.tiers[at + 1]) - (1 - self.kept_rate(tier)) * self._failure
        return min(1.0, self._costs[tier] / gain) if gain > 0 else 1.0


def _beliefs(learnt: _Learnt, settings: Settings) -> Iterator[Belief]:
    for task_class in TaskClass:
        losses = _Losses(learnt, task_class, settings)
        for tier in losses.tiers:
            counts = learnt.counts.get(f"{task_class}/{tier}")
            if counts is not None and counts.tried >= 0.01:
                rates = losses.pass_rate(tier), losses.kept_rate(tier)
                yield Belief(task_class, tier, counts.tried, *rates, losses.cost(tier), losses.break_even(tier))


def _reason(task_class: TaskClass, tier: Tier, best: Tier, losses: _Losses, counts: Counts) -> str:
    rate = f"{losses.pass_rate(best):.0%}"
    if list(Tier).index(best) > list(Tier).index(tier):
        own = losses.pass_rate(tier)
        return f"here only {own:.0%} of {task_class} answers of the {tier} tier pass"
    if counts.tried < PRIOR:
        return f"the {best} tier is tried again for {task_class} tasks, to see whether it has become enough"
    return f"here {rate} of {task_class} answers of the {best} tier pass, enough to begin with it"


def _foreseen(tier: Tier, settings: Settings) -> float | None:
    """What a typical call of the tier's primary costs; None where the tier has no model to call."""
    at_tier = settings.tiers.get(tier)
    for item in at_tier.chain if at_tier else ():
        ref = ModelRef.parse(item)
        if settings.providers[ref.provider].kind is not ProviderKind.EMBEDDED:
            return settings.facts(ref).cost_usd(TYPICAL)
    return None


def _possible(counts: Counts) -> bool:
    numbers = (counts.tried, counts.passed, counts.judged, counts.kept, counts.usd)
    finite = all(math.isfinite(number) and 0 <= number < 1e6 for number in numbers)
    return finite and counts.passed <= counts.tried + 1e-9 and counts.kept <= counts.judged + 1e-9
