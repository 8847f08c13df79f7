"""How fast somebody types and how fast the models answer: whether it is worth asking at every keystroke.

Owner of these two measures, for one session. Asking at once costs money for every keystroke when the next one always
comes before the first token; waiting a little when it does not only delays. It never waits by itself.
"""

from __future__ import annotations

_TYPING_S = 0.5
"""A longer gap between two keystrokes is a pause for thought, not a rhythm."""

_KEYSTROKES = 1.4
"""So many usual intervals without a keystroke mean that the typing has stopped, for the moment, however unevenly
somebody types."""

_DEVIATIONS = 3.0
"""Who types evenly is known to have stopped sooner: when the keystroke is late by so many of the usual differences."""

_LEAST = 1.05
"""Never before the next keystroke is due, and a little: clocks and messages waver."""

_LONGEST_S = 0.15
"""Nobody waits longer than this, however slowly they type."""

_WEIGHT = 0.3
"""Of the newest observation, in both measures."""


class Rhythm:
    """All times in seconds, ``at`` on the monotonic clock."""

    def __init__(self) -> None:
        self._last = float("-inf")
        self._interval: float | None = None
        self._deviation: float | None = None
        self._latency: float | None = None
        self._typing = False

    def keystroke(self, at: float) -> None:
        """A request that the editor made by itself, for a text that has changed."""
        gap = at - self._last
        self._last = at
        self._typing = 0 <= gap <= _TYPING_S
        if self._typing:
            off = gap / 2 if self._interval is None else abs(gap - self._interval)
            self._deviation = _blend(self._deviation, off)
            self._interval = _blend(self._interval, gap)

    def spoke(self, after: float) -> None:
        """A model's first token came this long after it was asked."""
        self._latency = _blend(self._latency, after)

    def silent(self, after: float) -> None:
        """A model was given up after this long without a word: it takes longer than that, nobody knows how long."""
        if self._latency is None or after > self._latency:
            self._latency = after

    def pause(self) -> float:
        """How long to wait for another keystroke before a model is asked for the last one; 0 for the first of a burst,
        and where the models are faster than the typing.
        """
        interval, deviation = self._interval, self._deviation
        if not self._typing or interval is None or deviation is None:
            return 0.0
        if self._latency is None or self._latency < interval:
            return 0.0
        late = max(interval + _DEVIATIONS * deviation, _LEAST * interval)
        return min(late, _KEYSTROKES * interval, _LONGEST_S)


def _blend(old: float | None, new: float) -> float:
    return new if old is None else old + _WEIGHT * (new - old)
