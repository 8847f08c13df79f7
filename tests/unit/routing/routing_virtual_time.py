"""Virtual time: an event loop whose clock jumps to the next timer, and the port to it. Nothing ever sleeps."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Coroutine
from datetime import datetime, timedelta, timezone
from typing import Any, TypeVar

T = TypeVar("T")

START = datetime(2025, 3, 14, 22, 0, tzinfo=timezone(timedelta(hours=1)))


class VirtualLoop(asyncio.SelectorEventLoop):
    """``select`` with a timeout moves the clock instead of waiting."""

    def __init__(self) -> None:
        self.moved = 0.0
        super().__init__(_JumpingSelector(self))

    def time(self) -> float:
        return self.moved


class _JumpingSelector(selectors.SelectSelector):
    def __init__(self, loop: VirtualLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if not ready:
            assert timeout is not None, "nothing will ever happen: the test waits for an event that nobody sends"
            self._loop.moved += max(0.0, timeout)
        return ready


class LoopClock:
    """The clock port on a virtual loop's time."""

    def monotonic(self) -> float:
        return asyncio.get_running_loop().time()

    def now(self) -> datetime:
        return START + timedelta(seconds=self.monotonic())


class HandClock:
    """The clock port, moved by hand, for what never waits."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def monotonic(self) -> float:
        return self.seconds

    def now(self) -> datetime:
        return START + timedelta(seconds=self.seconds)


def run_virtual(work: Coroutine[Any, Any, T]) -> T:
    """Run to the end in virtual time."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(work)
