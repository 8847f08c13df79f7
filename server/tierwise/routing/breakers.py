"""Circuit breakers: a model that keeps failing is left alone for a while, so that nobody waits for it.

Owner of the health of every endpoint. Closed: calls go through. Open: none does. Half-open: the time is over and one
single call may probe. It never calls a model and never sleeps; it only answers "may I?" and listens to what came of it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from tierwise.core.clock import Clock
from tierwise.core.errors import Auth, BadRequest, ProviderError, RateLimited, Refused, Transient
from tierwise.core.models import ModelRef
from tierwise.routing.outcomes import Trouble, TroubleKind
from tierwise.routing.ports import Endpoint, endpoint
from tierwise.settings.models import ResolvedModel, RoutingSettings

BACKOFF_FIRST_S = 2.0
BACKOFF_LONGEST_S = 120.0

SPENDING_CAP_AFTER = 6
"""So many 429 in a row without a waiting time are taken for a spending cap: with the doubling pauses between them they
span more than a minute, and the rates that providers limit are counted per minute."""

AUTH_PAUSE_S = 300.0
"""A refused key rarely heals by itself; now and then somebody puts it right on the provider's side."""

TOLD_AT_MOST = 256


class Pause(StrEnum):
    """Why a model is left alone."""

    FAILURES = "failures"
    RATE_LIMIT = "rate-limit"
    SPENDING_CAP = "spending-cap"
    AUTH = "auth"
    PROBING = "probing"
    """Another call is just trying whether it is back."""


@dataclass(frozen=True, slots=True)
class Paused:
    """The answer "no". ``seconds`` is how long it will stay so; None: until tomorrow, or until a probe returns."""

    model: ModelRef
    why: Pause
    seconds: float | None

    def error(self) -> ProviderError:
        """The same as an error, for a chain in which nobody may be called."""
        name, provider, model = str(self.model), self.model.provider, self.model.model
        wait = "for now" if self.seconds is None else f"for another {max(1, round(self.seconds))} s"
        match self.why:
            case Pause.SPENDING_CAP:
                text = f"{name} has reached its spending limit and is left alone until tomorrow or a settings change."
                return RateLimited(text, provider=provider, model=model, retry_after_s=None)
            case Pause.RATE_LIMIT:
                text = f"{name} asked to wait and is left alone {wait}."
                return RateLimited(text, provider=provider, model=model, retry_after_s=self.seconds)
            case Pause.AUTH:
                text = f"{name} refused the key and is left alone {wait}; put the key right and reload the settings."
                return Auth(text, provider=provider, model=model)
            case _:
                text = f"{name} failed several times and is left alone {wait}."
                return Transient(text, provider=provider, model=model)


@dataclass(frozen=True, slots=True)
class Permit:
    """The answer "yes": one call. Whoever got it reports exactly one end: succeeded, failed or released."""

    model: ResolvedModel
    period: int
    """A call that began before the breaker last changed says nothing about what came after."""
    probe: bool


@dataclass(slots=True)
class _Breaker:
    ref: ModelRef
    period: int = 0
    failures: int = 0
    limits_in_a_row: int = 0
    why: Pause | None = None
    """None: closed."""
    until_s: float = 0.0
    capped_on: date | None = None
    probing: bool = False
    told: set[tuple[TroubleKind, str]] = field(default_factory=set[tuple[TroubleKind, str]])


class Breakers:
    """The breakers of all endpoints."""

    def __init__(self, clock: Clock, settings: RoutingSettings | None = None) -> None:
        self._clock = clock
        self._settings = settings or RoutingSettings()
        self._breakers: dict[Endpoint, _Breaker] = {}

    def admit(self, model: ResolvedModel) -> Permit | Paused:
        """May this model be called now? A permit must be given back by one of the methods below."""
        breaker = self._of(model)
        if breaker.why is None:
            return Permit(model, breaker.period, probe=False)
        if (pause := self._pause(breaker)) is not None:
            return pause
        breaker.probing = True
        return Permit(model, breaker.period, probe=True)

    def spoke(self, permit: Permit) -> None:
        """The first token is there: a probe's success. The model is on parole: one more failure pauses it again."""
        breaker = self._current(permit)
        if breaker is not None and permit.probe:
            breaker.why, breaker.probing, breaker.limits_in_a_row = None, False, 0
            breaker.failures = self._settings.breaker_failures - 1

    def succeeded(self, permit: Permit) -> None:
        """The answer came to its end."""
        breaker = self._current(permit)
        if breaker is not None:
            self.spoke(permit)
            breaker.failures = breaker.limits_in_a_row = 0
            # What healed may be told again when it comes back; a request that this model cannot take heals nothing.
            breaker.told = {told for told in breaker.told if told[0] is TroubleKind.BAD_REQUEST}

    def released(self, permit: Permit) -> None:
        """The call was given up before it told anything."""
        breaker = self._current(permit)
        if breaker is not None and permit.probe:
            breaker.probing = False

    def failed(self, permit: Permit, error: ProviderError) -> Trouble | None:
        """The call failed. Returns what a person must learn of, the first time it happens."""
        breaker = self._current(permit)
        if breaker is None:
            return None
        match error:
            case Refused():
                self.succeeded(permit)  # it is up; it only does not want to
                return None
            case RateLimited(retry_after_s=None):
                return self._limited(breaker, error)
            case RateLimited(retry_after_s=wait):
                breaker.limits_in_a_row = 0
                self._open(breaker, Pause.RATE_LIMIT, max(0.0, wait or 0.0))
            case Auth():
                self._open(breaker, Pause.AUTH, AUTH_PAUSE_S)
                return _once(breaker, TroubleKind.AUTH, str(error))
            case BadRequest():
                self._count(breaker, permit)
                return _once(breaker, TroubleKind.BAD_REQUEST, str(error))
            case _:
                self._count(breaker, permit)
        return None

    def reset(self, settings: RoutingSettings | None = None) -> None:
        """Forget everything: the settings changed, so what was wrong may be right now. Running calls are ignored."""
        if settings is not None:
            self._settings = settings
        for key, old in list(self._breakers.items()):
            self._breakers[key] = _Breaker(old.ref, period=old.period + 1)

    def pauses(self) -> tuple[Paused, ...]:
        """All models that may not be called now."""
        pauses = (self._pause(breaker) for breaker in self._breakers.values() if breaker.why is not None)
        return tuple(pause for pause in pauses if pause is not None)

    def _of(self, model: ResolvedModel) -> _Breaker:
        return self._breakers.setdefault(endpoint(model), _Breaker(model.ref))

    def _current(self, permit: Permit) -> _Breaker | None:
        breaker = self._of(permit.model)
        return breaker if breaker.period == permit.period else None

    def _pause(self, breaker: _Breaker) -> Paused | None:
        """Why an open breaker lets nobody through; None when it is time for a probe."""
        if breaker.why is None or breaker.probing:
            return Paused(breaker.ref, Pause.PROBING, None)
        if breaker.why is Pause.SPENDING_CAP:
            if breaker.capped_on == self._clock.now().date():
                return Paused(breaker.ref, breaker.why, None)
            return None
        left = breaker.until_s - self._clock.monotonic()
        return Paused(breaker.ref, breaker.why, left) if left > 0 else None

    def _open(self, breaker: _Breaker, why: Pause, seconds: float) -> None:
        breaker.period += 1
        breaker.why, breaker.probing = why, False
        breaker.until_s = self._clock.monotonic() + seconds

    def _count(self, breaker: _Breaker, permit: Permit) -> None:
        breaker.failures += 1
        breaker.limits_in_a_row = 0
        if permit.probe or breaker.failures >= self._settings.breaker_failures:
            self._open(breaker, Pause.FAILURES, self._settings.breaker_open_s)

    def _limited(self, breaker: _Breaker, error: ProviderError) -> Trouble | None:
        breaker.limits_in_a_row += 1
        if breaker.limits_in_a_row < SPENDING_CAP_AFTER:
            pause = BACKOFF_FIRST_S * 2 ** (breaker.limits_in_a_row - 1)
            self._open(breaker, Pause.RATE_LIMIT, min(pause, BACKOFF_LONGEST_S))
            return None
        self._open(breaker, Pause.SPENDING_CAP, 0.0)
        breaker.capped_on = self._clock.now().date()
        sentence = (
            f"{error.provider}/{error.model} keeps refusing with 429 and names no waiting time: its spending limit is "
            "probably reached. It is left alone until tomorrow; raise the limit there and reload the settings."
        )
        return _once(breaker, TroubleKind.SPENDING_CAP, sentence)


def _once(breaker: _Breaker, kind: TroubleKind, sentence: str) -> Trouble | None:
    if (kind, sentence) in breaker.told:
        return None
    if len(breaker.told) >= TOLD_AT_MOST:  # messages that differ each time must not grow without end
        breaker.told.clear()
    breaker.told.add((kind, sentence))
    return Trouble(breaker.ref, kind, sentence)
