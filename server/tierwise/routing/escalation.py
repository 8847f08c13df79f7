"""The cascade of an edit: ask, judge, repair once, go up a tier, and at last hand the work to a person.

Owner of no state. Only a rejected answer climbs (an escalation). A tier whose models are all unavailable was never
judged: the next stronger tier then stands in for it, once, and that is no escalation. What is in between (fallback and
hedge inside one tier) happens below, in ``chain``.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from tierwise.core.errors import ConfigError, ProviderError, Refused
from tierwise.core.models import ModelRef
from tierwise.core.rejection import Rejection, RejectReason
from tierwise.core.tasks import Tier
from tierwise.routing.outcomes import AllFailed
from tierwise.settings.models import ResolvedModel

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Step:
    """One attempt to be made. ``turn`` counts from 0 within the tier; ``feedback`` holds all rejections so far, oldest
    first, for the prompt.
    """

    tier: Tier
    turn: int
    feedback: tuple[Rejection, ...]


@dataclass(frozen=True, slots=True)
class Accepted(Generic[T]):
    """An answer that passed its validators."""

    value: T


@dataclass(frozen=True, slots=True)
class Tried:
    """A step that came to nothing: its answer was rejected, or its tier could not answer."""

    step: Step
    outcome: Rejection | ProviderError


@dataclass(frozen=True, slots=True)
class Resolved(Generic[T]):
    """The cascade found an answer. ``steps`` are those that came before it."""

    value: T
    tier: Tier
    escalations: int
    steps: tuple[Tried, ...]


@dataclass(frozen=True, slots=True)
class Unresolved:
    """Every allowed tier was rejected: the work waits for a person, with all that was tried."""

    escalations: int
    steps: tuple[Tried, ...]

    @property
    def rejections(self) -> tuple[Rejection, ...]:
        return tuple(tried.outcome for tried in self.steps if isinstance(tried.outcome, Rejection))


CascadeResult = Resolved[T] | Unresolved

NO_REPAIR = frozenset({RejectReason.REFUSED})
"""Reasons for which asking the same model again is wasted: it has decided, not erred."""


async def cascade(
    start: Tier,
    chains: Mapping[Tier, Sequence[ResolvedModel]],
    attempt: Callable[[Step], Awaitable[Accepted[T] | Rejection]],
    *,
    repair_turns: int,
    max_escalations: int,
) -> CascadeResult[T]:
    """Climb until an answer is accepted.

    On each tier: one attempt, then up to ``repair_turns`` more with the evidence; then the next stronger tier whose
    primary was not tried yet, at most ``max_escalations`` times. ``chains`` are the tiers' models; a tier without one
    that can be called is passed over, also at the start (then the nearest stronger, else the nearest weaker one).

    When a whole tier is unavailable, the next stronger one stands in once if ``max_escalations`` is not 0 (0 says that
    nobody wants to pay more). Otherwise the cascade ends: with ``Unresolved`` if an answer was rejected before, so that
    nothing is lost, else with the tier's ``ProviderError``. Raises ConfigError where no tier has a model at all.
    """
    climb = _Climb(_primaries(chains), start)
    while True:
        step = climb.step()
        outcome = await _answer(attempt, step)
        if isinstance(outcome, Accepted):
            return Resolved(outcome.value, step.tier, climb.escalations, tuple(climb.steps))
        climb.steps.append(Tried(step, outcome))
        if isinstance(outcome, ProviderError):
            if not climb.detour(allowed=max_escalations > 0):
                if not climb.feedback:
                    raise outcome
                return Unresolved(climb.escalations, tuple(climb.steps))
        elif step.turn < repair_turns and outcome.reason not in NO_REPAIR:
            climb.turn += 1
        elif not climb.escalate(max_escalations):
            return Unresolved(climb.escalations, tuple(climb.steps))


class _Climb:
    """Where a cascade stands."""

    def __init__(self, primaries: Mapping[Tier, ModelRef], start: Tier) -> None:
        self._primaries = primaries
        self.tier = _begin(primaries, start)
        self.turn = 0
        self.escalations = 0
        self.steps: list[Tried] = []
        self._detoured = False
        self._tried = {primaries[self.tier]}

    @property
    def feedback(self) -> tuple[Rejection, ...]:
        return tuple(tried.outcome for tried in self.steps if isinstance(tried.outcome, Rejection))

    def step(self) -> Step:
        return Step(self.tier, self.turn, self.feedback)

    def escalate(self, at_most: int) -> bool:
        if self.escalations >= at_most or not self._up():
            return False
        self.escalations += 1
        return True

    def detour(self, *, allowed: bool) -> bool:
        if not allowed or self._detoured or not self._up():
            return False
        self._detoured = True
        return True

    def _up(self) -> bool:
        tier = self.tier.stronger
        while tier is not None and (tier not in self._primaries or self._primaries[tier] in self._tried):
            tier = tier.stronger
        if tier is None:
            return False
        self.tier, self.turn = tier, 0
        self._tried.add(self._primaries[tier])
        return True


async def _answer(
    attempt: Callable[[Step], Awaitable[Accepted[T] | Rejection]], step: Step
) -> Accepted[T] | Rejection | ProviderError:
    try:
        return await attempt(step)
    except ProviderError as error:
        if _is_refusal(error):  # the models were there and did not want to: that is a verdict, not an outage
            return Rejection(RejectReason.REFUSED, str(error))
        return error


def _is_refusal(error: ProviderError) -> bool:
    if isinstance(error, AllFailed):
        return all(isinstance(failure, Refused) for failure in error.failures)
    return isinstance(error, Refused)


def _primaries(chains: Mapping[Tier, Sequence[ResolvedModel]]) -> dict[Tier, ModelRef]:
    """The model that usually answers for each tier: two tiers with the same one are the same to a rejected answer."""
    callable_ones = {tier: [model for model in chain if not model.embedded] for tier, chain in chains.items()}
    return {tier: models[0].ref for tier, models in callable_ones.items() if models}


def _begin(primaries: Mapping[Tier, ModelRef], start: Tier) -> Tier:
    order = list(Tier)
    at = order.index(start)
    for tier in (*order[at:], *reversed(order[:at])):
        if tier in primaries:
            return tier
    raise ConfigError("No tier has a model that can be called: choose a profile, or fill tiers.balanced.chain.")
