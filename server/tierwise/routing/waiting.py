"""Waiting for news or for a moment, whichever comes first.

Owner of one event. It never polls and never sleeps longer than told.
"""

from __future__ import annotations

import asyncio

from tierwise.core.clock import Clock


class News:
    """``tell`` wakes the one who waits; news told while nobody waited are not lost."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._event = asyncio.Event()

    def tell(self) -> None:
        self._event.set()

    async def wait_until(self, moment: float) -> float:
        """Wait for news, until ``moment`` of the clock's monotonic time at the latest. Returns the time it is then.

        When the moment came, the result is never earlier than it, however coarse the timers of the platform are; a
        caller that compares the two does not spin.
        """
        reached = False

        def on_time() -> None:
            nonlocal reached
            reached = True
            self._event.set()

        delay = max(0.0, moment - self._clock.monotonic())
        timer = asyncio.get_running_loop().call_later(delay, on_time)
        try:
            await self._event.wait()
        finally:
            timer.cancel()
        self._event.clear()
        now = self._clock.monotonic()
        return max(now, moment) if reached else now
