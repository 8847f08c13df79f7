"""What came of a case, as values."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from tierwise.core.events import AttemptResult, RequestEvent
from tierwise.gold.cases import Case, Job


class Verdict(StrEnum):
    """How an answer compares with what is right, best first."""

    RIGHT = "right"
    """All that is asked; for a rename also a refusal where one is due."""
    PARTIAL = "partial"
    """A completion that is right up to where it stops; an answer that does some of what is asked."""
    OVERRUN = "overrun"
    """A completion that is right and then goes on with more than what stood there."""
    SILENT = "silent"
    """No completion: nothing gained, nothing to undo."""
    REFUSED = "refused"
    """A rename that was declined although it can be done."""
    REJECTED = "rejected"
    """An edit of which no tier's answer passed the validators: nothing was changed."""
    TOO_LOW = "too-low"
    """A class below the right one: a weaker tier is asked first, and the validators must notice."""
    TOO_HIGH = "too-high"
    """A class above the right one: more is paid than needed."""
    WRONG = "wrong"
    FAILED = "failed"
    """No provider answered."""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at. ``met`` is None where it was not: it needs code to be run. ``note``: what came.
    ``guard``: where it is not met, the answer is worth nothing whatever else it does.
    """

    says: str
    met: bool | None
    note: str = ""
    guard: bool = False


@dataclass(frozen=True, slots=True)
class Finding:
    """The judgement of one answer. ``score`` is 0 to 1; ``note`` says in a phrase what is missing. ``saved`` and
    ``offered_for``: characters that a completion typed rightly, and that there were to type.
    """

    verdict: Verdict
    score: float
    note: str = ""
    checks: tuple[Check, ...] = ()
    saved: int = 0
    offered_for: int = 0


@dataclass(frozen=True, slots=True)
class Result:
    """A case that was run. ``event`` is the request's, None for a case that made none."""

    case: Case
    finding: Finding
    event: RequestEvent | None

    @property
    def source(self) -> str:
        """Who gave the answer: ``provider/model``, ``embedded``, an engine, or "" where nobody did."""
        return self.event.source if self.event else "classifier"

    @property
    def cost_usd(self) -> float:
        return self.event.cost_usd if self.event else 0.0

    @property
    def accepted(self) -> bool:
        """Whether there is an answer that somebody could take: what the cost per accepted answer counts."""
        return self.finding.verdict in _ACCEPTED

    @property
    def tier(self) -> str:
        """The tier whose model gave the answer, or was asked last; "none" where no model was called."""
        if self.event is None or not self.event.attempts:
            return "none"
        used = [attempt for attempt in self.event.attempts if attempt.result is AttemptResult.USED]
        return (used or self.event.attempts)[-1].tier


@dataclass(frozen=True, slots=True)
class NotRun:
    """Cases that were left out, and why."""

    job: Job
    count: int
    reason: str


_ACCEPTED = frozenset({Verdict.RIGHT, Verdict.PARTIAL, Verdict.OVERRUN})
