"""Owner of background tasks: each has a place where it is awaited, none is fire-and-forget."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable
from typing import Any


class TaskOwner:
    """Holds tasks until they end; ``aclose`` cancels what still runs and waits for it.

    Unlike ``asyncio.TaskGroup`` it outlives the block that starts a task, and one task's failure does not cancel the
    others: whoever starts a task reads its outcome.
    """

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()
        self._closed = False

    @property
    def running(self) -> int:
        return len(self._tasks)

    def start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Start a task. Raises RuntimeError after ``aclose``."""
        if self._closed:
            work.close()
            raise RuntimeError("routing is closed: no further call can be started")
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def ended(self, tasks: Iterable[asyncio.Task[None]], within_s: float) -> None:
        """Wait until ``tasks`` are over, at most ``within_s`` seconds; what takes longer stays owned."""
        still = [task for task in tasks if not task.done()]
        if still:
            await asyncio.wait(still, timeout=within_s)

    async def aclose(self) -> None:
        """Cancel everything and wait for it. Later starts are refused."""
        self._closed = True
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
