"""The classifier's points, as data: read once from the two files beside this one.

Owner of the parsed files. They are settings of the program and checked like settings: a wrong key is an error.
"""

from __future__ import annotations

import tomllib
from bisect import bisect_left
from functools import cache, cached_property
from importlib.resources import files

from pydantic import Field

from tierwise.settings.facts import Frozen

Weights = tuple[float, float, float, float]
"""Points for mechanical, local, repository and agentic, in this order."""


class Signal(Frozen):
    """Something that is true of a request, and what it speaks for."""

    points: Weights
    reason: str
    minor: bool = False
    """Whether its reason is worth saying only when there is no other."""


class Risky(Frozen):
    parts: frozenset[str] = frozenset()


class Embedding(Frozen):
    """How much the static embedding's word counts: factors of its logarithms where the extent of the change is not
    known and where it is, and the most points that it may give or take.
    """

    scope_unknown: float = 0.0
    scope_known: float = 0.0
    most: float = 0.0


class Points(Frozen):
    """All points. ``bins`` cut numbers into ranges; ``words`` lists, per signal, what gives it."""

    bins: dict[str, tuple[int, ...]] = Field(default_factory=dict[str, tuple[int, ...]])
    signals: dict[str, Signal] = Field(default_factory=dict[str, Signal])
    words: dict[str, tuple[str, ...]] = Field(default_factory=dict[str, tuple[str, ...]])
    risky: Risky = Field(default_factory=Risky)
    embedding: Embedding = Field(default_factory=Embedding)

    @cached_property
    def by_word(self) -> dict[str, str]:
        """The signal of each word, and of each pair of words with a space between."""
        return {word: f"words {group}" for group, words in self.words.items() for word in words}

    @cached_property
    def _names(self) -> dict[str, tuple[str, ...]]:
        return {
            number: (*(f"{number}<={upper}" for upper in uppers), f"{number}>{uppers[-1]}")
            for number, uppers in self.bins.items()
        }

    def range_of(self, number: str, value: int) -> str:
        """The signal of the range in which a number falls."""
        return self._names[number][bisect_left(self.bins[number], value)]

    def with_signals(self, signals: dict[str, Signal]) -> Points:
        """These points with some signals added or replaced."""
        return self.model_copy(update={"signals": {**self.signals, **signals}})


@cache
def shipped_points() -> Points:
    """The points that come with the program."""
    folder = files("tierwise.routing")
    by_hand = tomllib.loads(folder.joinpath("points.toml").read_text("utf-8"))
    fitted = tomllib.loads(folder.joinpath("points_fitted.toml").read_text("utf-8"))
    return Points.model_validate({**by_hand, "signals": {**by_hand["signals"], **fitted["signals"]}})
