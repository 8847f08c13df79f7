"""The report for an editor: figures as a value, or the page. Read-only."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from tierwise.core.clock import Clock
from tierwise.core.events import RequestEvent
from tierwise.routing.learning import Thresholds
from tierwise.settings.models import Settings

if TYPE_CHECKING:
    from tierwise.telemetry.page import LearntRow

DAYS = 30
"""What an editor's report covers."""


class Reporting:
    """Reports for one session. ``read`` gives the events from a moment on, oldest first; it blocks on the disk."""

    def __init__(
        self,
        read: Callable[[datetime | None], tuple[RequestEvent, ...]],
        folders: Callable[[], Iterable[Path]],
        settings: Callable[[Path | None], Settings],
        thresholds: Thresholds,
        clock: Clock,
    ) -> None:
        self._read = read
        self._folders = folders
        self._settings = settings
        self._thresholds = thresholds
        self._clock = clock

    async def figures(self) -> dict[str, object]:
        """The last ``DAYS`` days as plain values. Raises ``StateUnavailable``."""
        from tierwise.telemetry.kpis import summarize

        events = await asyncio.to_thread(self._read, self._since())
        summary = await asyncio.to_thread(summarize, events)
        learnt = [dataclasses.asdict(row) for row in self._learnt()]
        return {**dataclasses.asdict(summary), "learnt": learnt, "days": DAYS}

    async def page(self) -> str:
        """The last ``DAYS`` days as one HTML page. Raises ``StateUnavailable``."""
        from tierwise.telemetry.page import page

        events = await asyncio.to_thread(self._read, self._since())
        return await asyncio.to_thread(page, events, self._clock.now(), self._learnt())

    def _since(self) -> datetime:
        return self._clock.now() - timedelta(days=DAYS)

    def _learnt(self) -> list[LearntRow]:
        return learnt_rows(self._thresholds, [(str(f), self._settings(f)) for f in self._folders()])


def learnt_rows(thresholds: Thresholds, folders: Iterable[tuple[str, Settings]]) -> list[LearntRow]:
    """What was learnt in some folders, by class and tier, under the settings that hold in each."""
    from tierwise.telemetry.page import LearntRow

    return [
        LearntRow(folder, b.task_class.value, b.tier.value, b.tried, b.pass_rate, b.break_even, b.cost_usd)
        for folder, settings in folders
        for b in thresholds.beliefs(folder, settings)
    ]
