"""Rename as a use case: engines in a worker thread, one event each, nothing applied here."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from pathlib import Path

from tierwise.core.clock import Clock
from tierwise.core.documents import Document
from tierwise.core.errors import Declined
from tierwise.core.events import Outcome
from tierwise.core.tasks import Task
from tierwise.core.text import Point
from tierwise.features.recording import Recorder, Recording
from tierwise.rename.service import Renamer
from tierwise.rename.values import NotRenameable, Renameable, RenameDeclined, RenameResult
from tierwise.session.session import Session
from tierwise.settings.models import Settings


class RenameFlow:
    """Renames for one session. A cancelled one ends at the next file."""

    def __init__(
        self,
        session: Session,
        settings: Callable[[Path | None], Settings],
        renamer: Renamer,
        recorder: Recorder,
        clock: Clock,
    ) -> None:
        self._session = session
        self._settings = settings
        self._renamer = renamer
        self._recorder = recorder
        self._clock = clock

    async def prepare(self, document: Document, point: Point) -> Renameable:
        """What would be renamed at ``point``. Raises ``Declined`` with the reason where nothing can be."""
        self._refuse_forbidden(document)
        view = self._session.view()
        found = await asyncio.to_thread(self._renamer.prepare, view, document, point)
        if isinstance(found, NotRenameable):
            raise RenameDeclined(found.reason, found.message)
        return found

    async def rename(self, document: Document, point: Point, new_name: str) -> RenameResult:
        """The checked rename. Raises ``Declined``."""
        with self._begin(document) as recording:
            self._refuse_forbidden(document)
            view, cancelled = self._session.view(), threading.Event()
            work = asyncio.to_thread(self._renamer.rename, view, document, point, new_name, cancelled=cancelled.is_set)
            try:
                result = await work
            except asyncio.CancelledError:
                cancelled.set()
                raise
            except RenameDeclined as declined:
                recording.answered(Outcome.DECLINED, declined.reason)
                raise
            recording.answered(Outcome.ANSWERED, "", result.engine)
            return result

    def _refuse_forbidden(self, document: Document) -> None:
        reason = self._session.forbidden(document)
        if reason is not None:
            name = document.path.name if document.path else document.uri
            raise Declined(f"{name} is left alone by Tierwise ({reason}); rename it by hand.")

    def _begin(self, document: Document) -> Recording:
        folder = self._session.folder_of(document)
        harness = self._settings(folder).harness
        where = str(folder) if folder else ""
        return self._recorder.begin(Task.RENAME, where, document, harness, self._clock.monotonic())
