"""What a rename will need is read and parsed while its new name is still being typed.

Owner of the one look ahead that may be under way. It says nothing, and ends when a rename or another one begins.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress

from tierwise.core.documents import Document
from tierwise.core.text import Point
from tierwise.core.workspace import WorkspaceView
from tierwise.features.rename.searching import in_thread
from tierwise.rename.service import Renamer
from tierwise.rename.values import RenameDeclined

_AFTER_S = 0.05
"""Nobody types a name faster; by then the answer that says what would be renamed is with the client."""


class Warming:
    """Looks ahead for one session, for ``most_s`` seconds at most: a name that takes longer may never come."""

    def __init__(self, renamer: Renamer, most_s: float = 5.0) -> None:
        self._renamer = renamer
        self._most_s = most_s
        self._task: asyncio.Task[None] | None = None

    def begin(self, view: WorkspaceView, document: Document, point: Point) -> None:
        """A rename at this place is likely to follow."""
        self.end()
        self._task = asyncio.get_running_loop().create_task(self._look(view, document, point))

    def end(self) -> None:
        """Give it up: at the next file."""
        if self._task is not None:
            self._task.cancel()

    async def aclose(self) -> None:
        """Give it up, and wait until it has ended."""
        self.end()
        if self._task is not None:
            await asyncio.gather(self._task, return_exceptions=True)

    async def _look(self, view: WorkspaceView, document: Document, point: Point) -> None:
        await asyncio.sleep(_AFTER_S)
        with suppress(RenameDeclined, TimeoutError):
            async with asyncio.timeout(self._most_s):
                await in_thread(lambda over: self._renamer.look_ahead(view, document, point, cancelled=over.is_set))
