"""A flag that several wait for, and waiting for whichever of some flags is raised first.

What ``asyncio.Event`` and ``asyncio.wait`` do with a task per flag is done with one future: this stands on the way of
every keystroke.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable


class Signal:
    """Raised once, by ``set``, and never lowered."""

    __slots__ = ("_followers", "_raised", "_waiting")

    def __init__(self) -> None:
        self._raised = False
        self._followers: list[Callable[[], object]] = []
        self._waiting: set[asyncio.Future[None]] = set()

    def is_set(self) -> bool:
        return self._raised

    def set(self) -> None:
        if self._raised:
            return
        self._raised = True
        for follower in self._followers:
            follower()
        for future in self._waiting:
            if not future.done():
                future.set_result(None)
        self._waiting.clear()

    def then(self, follower: Callable[[], object]) -> None:
        """Call ``follower`` when this is raised; not at all where it was raised before."""
        self._followers.append(follower)

    def add(self, future: asyncio.Future[None]) -> None:
        """Complete ``future`` when this is raised. Call ``remove`` when it is no longer waited for."""
        self._waiting.add(future)

    def remove(self, future: asyncio.Future[None]) -> None:
        self._waiting.discard(future)


async def first_of(signals: Iterable[Signal], timeout_s: float) -> None:
    """Wait until one of them is raised, at most so many seconds. Raises CancelledError only."""
    awaited = tuple(signals)
    if any(signal.is_set() for signal in awaited):
        return
    loop = asyncio.get_running_loop()
    future: asyncio.Future[None] = loop.create_future()
    timer = loop.call_later(max(0.0, timeout_s), lambda: future.done() or future.set_result(None))
    for signal in awaited:
        signal.add(future)
    try:
        await future
    finally:
        timer.cancel()
        for signal in awaited:
            signal.remove(future)
