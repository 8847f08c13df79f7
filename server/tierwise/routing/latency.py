"""How fast each model speaks, learnt from its calls: first-token times and tokens per second.

Owner of these observations, in memory. It never decides anything but the hedge delay.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from tierwise.routing.ports import Endpoint, endpoint
from tierwise.settings.models import ResolvedModel

WINDOW = 64
"""Observations kept per model: enough for a p90, few enough to follow a provider through its day."""

ENOUGH = 5
"""Observations from which on the learnt times replace what the model's facts say."""


@dataclass(frozen=True, slots=True)
class Speed:
    """What is known of one model. Times in seconds; ``tokens_per_s`` is None until an answer told."""

    model: str
    observations: int
    first_token_p50_s: float
    first_token_p90_s: float
    tokens_per_s: float | None


@dataclass(slots=True)
class _Observed:
    first_tokens: deque[float] = field(default_factory=lambda: deque[float](maxlen=WINDOW))
    tokens_per_s: float | None = None


class LatencyBook:
    """Observations of all models."""

    def __init__(self) -> None:
        self._models: dict[Endpoint, _Observed] = {}

    def first_token(self, model: ResolvedModel, seconds: float) -> None:
        """The model spoke ``seconds`` after it was called."""
        self._of(model).first_tokens.append(seconds)

    def silence(self, model: ResolvedModel, seconds: float) -> None:
        """The model was given up after ``seconds`` without a word.

        Its true time is unknown but longer, which tells something only if it is longer than what was expected anyway.
        Leaving these out would teach that a model is fast because it is always given up when it is slow.
        """
        p90 = self.p90_s(model)
        if p90 is None or seconds >= p90:
            self._of(model).first_tokens.append(seconds)

    def rate(self, model: ResolvedModel, tokens: int, seconds: float) -> None:
        """An answer of ``tokens`` took ``seconds`` from its first token to its end; too short ones are ignored."""
        if tokens < 8 or seconds <= 0:
            return
        observed = self._of(model)
        seen = tokens / seconds
        before = observed.tokens_per_s
        observed.tokens_per_s = seen if before is None else before + (seen - before) / 4

    def p90_s(self, model: ResolvedModel) -> float | None:
        """The learnt p90 of the model's first-token time in seconds; None before enough was observed."""
        observed = self._models.get(endpoint(model))
        if observed is None or len(observed.first_tokens) < ENOUGH:
            return None
        return _quantile(observed.first_tokens, 0.9)

    def hedge_delay_s(self, model: ResolvedModel, budget_s: float) -> float:
        """Seconds after which the model counts as late: its learnt p90, before that the time its facts name, and never
        more than half of ``budget_s``, what is left of the first-token budget when it is called.
        """
        expected = self.p90_s(model)
        if expected is None and model.facts.first_token_ms is not None:
            expected = model.facts.first_token_ms / 1000
        half = max(0.0, budget_s / 2)
        return half if expected is None else min(expected, half)

    def speeds(self) -> tuple[Speed, ...]:
        """What was learnt, for people."""
        return tuple(
            Speed(
                key.model,
                len(observed.first_tokens),
                _quantile(observed.first_tokens, 0.5),
                _quantile(observed.first_tokens, 0.9),
                observed.tokens_per_s,
            )
            for key, observed in self._models.items()
            if observed.first_tokens
        )

    def _of(self, model: ResolvedModel) -> _Observed:
        return self._models.setdefault(endpoint(model), _Observed())


def _quantile(values: deque[float], share: float) -> float:
    """The nearest-rank quantile."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
