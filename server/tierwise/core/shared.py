"""The port of a store that several machines share. What is behind it may be slow, full or gone at any time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from tierwise.core.errors import TierwiseError


class SharedUnavailable(TierwiseError):
    """The store did not do what was asked of it, or not in time. Everything goes on without it."""


@dataclass(frozen=True, slots=True)
class SharedPause:
    """A model that a machine found not to answer. ``seconds`` is how long it is still to be left alone."""

    why: str
    seconds: float


class SharedStore(Protocol):
    """Every method raises ``SharedUnavailable`` after a fraction of a second at the latest."""

    async def spend(self, day: str, usd: float) -> float:
        """Add to a day's sum, in US dollars (0 only asks); returns the sum of all machines. Days are ISO dates."""
        ...

    async def pause(self, endpoint: str, pause: SharedPause) -> None:
        """Tell the others to leave an endpoint alone; a longer pause of another machine stays."""
        ...

    async def resume(self, endpoint: str) -> None:
        """Tell the others that an endpoint answers again."""
        ...

    async def pauses(self) -> Mapping[str, SharedPause]:
        """What the others and we have told, by endpoint, without what is over."""
        ...

    async def answer(self, key: str) -> str | None:
        """An answer that a machine kept; None where there is none."""
        ...

    async def keep_answer(self, key: str, text: str, seconds: float) -> None:
        """Keep an answer for a time."""
        ...

    async def aclose(self) -> None:
        """End the connections. Never raises."""
        ...
