"""Work that somebody waits for goes before work that nobody waits for. Both run in threads of one interpreter, where a
background search would cost whoever waits half of the time.
"""

from __future__ import annotations

import threading
from collections.abc import Generator
from contextlib import contextmanager


class RightOfWay:
    """Taken for as long as an answer is worked on, by any number of workers at once. Safe from all threads. A step in
    the background is held up for ``longest_s`` seconds at most: it comes to an end even behind a long queue.
    """

    def __init__(self, longest_s: float = 1.0) -> None:
        self._longest_s = longest_s
        self._taken = 0
        self._counting = threading.Lock()
        self._free = threading.Event()
        self._free.set()

    @contextmanager
    def taken(self) -> Generator[None, None, None]:
        """Hold up what gives way until the end of the block."""
        self._count(1)
        try:
            yield
        finally:
            self._count(-1)

    def give_way(self) -> None:
        """Called in the background between two steps: returns when nobody is ahead any more. Never called with a lock
        held that an answer may need.
        """
        self._free.wait(self._longest_s)

    def _count(self, change: int) -> None:
        with self._counting:
            self._taken += change
            if self._taken:
                self._free.clear()
            else:
                self._free.set()
