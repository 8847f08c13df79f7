"""How a run through a chain ends: words for records, the two errors that end one, and what a person must learn of.

Owner of no state.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from tierwise.core.errors import Auth, BadRequest, ProviderError, RateLimited, Refused, Transient
from tierwise.core.models import ModelRef
from tierwise.core.tasks import Tier


class AttemptReason(StrEnum):
    """Why an attempt ended as it did; the ``reason`` of its record."""

    PAUSED = "breaker-open"
    """Not called: its breaker was open."""
    HEDGE_LOST = "hedge-lost"
    SILENT_TOO_LONG = "first-token-budget"
    DEADLINE = "deadline"
    STOPPED_EARLY = "stopped-early"
    """The caller had enough and closed the stream."""
    CANCELLED = "cancelled"
    AUTH = "auth"
    BAD_REQUEST = "bad-request"
    RATE_LIMITED = "rate-limited"
    REFUSED = "refused"
    TRANSIENT = "transient"
    DECLINED = "declined"
    """Nothing was sent: the request must not leave."""
    FAULT = "fault"
    """A client broke its contract."""


class RunEnd(StrEnum):
    """How a whole run ended."""

    FINISHED = "finished"
    """The winner's answer is complete."""
    STOPPED = "stopped"
    """The caller left before the end."""
    DEADLINE = "deadline"
    """The deadline came in mid-answer; ``partial`` holds what was there."""
    TOO_LATE = "too-late"
    FAILED = "failed"
    CANCELLED = "cancelled"


class TroubleKind(StrEnum):
    AUTH = "auth"
    BAD_REQUEST = "bad-request"
    SPENDING_CAP = "spending-cap"


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something only a person can put right. Reported once, though a fallback may hide it from then on."""

    model: ModelRef
    kind: TroubleKind
    sentence: str


class TooLate(Transient):
    """No model of the chain spoke within the first-token budget. ``failures`` are those that failed before that."""

    def __init__(self, model: ModelRef, tier: Tier, budget_s: float, failures: Sequence[ProviderError]) -> None:
        super().__init__(
            f"No model of the {tier} tier spoke within {budget_s * 1000:.0f} ms; "
            f"raise tiers.{tier}.first_token_ms or put a faster model into tiers.{tier}.chain.",
            provider=model.provider,
            model=model.model,
        )
        self.failures = tuple(failures)


class AllFailed(ProviderError):
    """Every model of the chain failed before its first token. ``failures`` holds one error per model, in order."""

    def __init__(self, tier: Tier, failures: Sequence[ProviderError]) -> None:
        first = min(failures, key=_urgency)
        super().__init__(_sentence(tier, first, failures), provider=first.provider, model=first.model)
        self.failures = tuple(failures)


def reason_of(error: ProviderError) -> AttemptReason:
    """The record's word for an error; for several, the word for what a person should hear of first."""
    if isinstance(error, AllFailed):
        return reason_of(min(error.failures, key=_urgency))
    for kind, reason, _ in _KINDS:
        if isinstance(error, kind):
            return reason
    return AttemptReason.TRANSIENT


# The last column: what a person should hear of first. A key or a name can be put right at once; a limit or an outage
# can only be waited for.
_KINDS: tuple[tuple[type[ProviderError], AttemptReason, int], ...] = (
    (Auth, AttemptReason.AUTH, 0),
    (BadRequest, AttemptReason.BAD_REQUEST, 1),
    (RateLimited, AttemptReason.RATE_LIMITED, 2),
    (Refused, AttemptReason.REFUSED, 3),
    (Transient, AttemptReason.TRANSIENT, 4),
)


def _urgency(error: ProviderError) -> int:
    return next((rank for kind, _, rank in _KINDS if isinstance(error, kind)), len(_KINDS))


def _sentence(tier: Tier, first: ProviderError, failures: Sequence[ProviderError]) -> str:
    if len(failures) == 1:
        return str(first)
    others = ", ".join(f"{e.provider}/{e.model} ({reason_of(e)})" for e in failures if e is not first)
    return f"None of the {len(failures)} models of the {tier} tier answered. {str(first).rstrip('.')}. Also: {others}."
