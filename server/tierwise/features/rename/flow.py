"""Rename as a use case: the certain occurrences, what goes beyond them, and what is left to be offered afterwards.

Owner of the work that still runs after an answer (a late verdict). Exactly one event per request; nothing is applied
here. What goes beyond the certain occurrences never delays these beyond the deadline, and never changes them.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from tierwise.core.clock import Clock
from tierwise.core.documents import Document
from tierwise.core.errors import Declined, TierwiseError
from tierwise.core.events import Outcome
from tierwise.core.renaming import RenameSource
from tierwise.core.tasks import Task
from tierwise.core.text import Point, Span
from tierwise.features.recording import Recorder, Recording
from tierwise.features.rename.adjudicate import Adjudicator
from tierwise.features.rename.beyond import Beyond, Job
from tierwise.features.rename.engines import Asked, Engines
from tierwise.features.rename.leftovers import Leftovers, Taking
from tierwise.features.rename.offers import Offered, Offers, Rest
from tierwise.features.rename.values import Afterwards, RenameAnswer, RenameRequest
from tierwise.rename.service import Renamer
from tierwise.rename.snapshot import Snapshot
from tierwise.rename.values import NotRenameable, Renameable, RenameDeclined, RenameResult
from tierwise.session.session import Session
from tierwise.settings.models import Settings

log = logging.getLogger("tierwise.rename")


class RenameFlow:
    """Renames for one session. A cancelled one ends at the next file."""

    def __init__(
        self,
        session: Session,
        settings: Callable[[Path | None], Settings],
        renamer: Renamer,
        unaliased: Renamer,
        servers: RenameSource | None,
        adjudicator: Adjudicator,
        recorder: Recorder,
        clock: Clock,
    ) -> None:
        self._session = session
        self._settings = settings
        self._engines = Engines(renamer, unaliased, servers, session.right_of_way)
        self._offers = Offers()
        self._beyond = Beyond(renamer, adjudicator, self._offers, clock, session.right_of_way.give_way)
        self._leftovers = Leftovers(renamer, adjudicator, clock)
        self._recorder = recorder
        self._clock = clock
        self._running: set[asyncio.Task[Any]] = set()

    def use_editor(self, source: RenameSource) -> None:
        """The editor lets us ask its own language servers."""
        self._engines.use_editor(source)

    def engines(self, document: Document) -> list[str]:
        """The engines that would be asked for a document, the first one first."""
        return self._engines.names(document, self._settings_of(document).rename)

    async def prepare(self, document: Document, point: Point) -> Renameable:
        """What would be renamed at ``point``. Raises ``Declined`` with the reason where nothing can be."""
        self._refuse_forbidden(document)
        settings = self._settings_of(document).rename
        found = await self._engines.prepare(self._session.view(), document, point, settings)
        if isinstance(found, NotRenameable):
            raise RenameDeclined(found.reason, found.message)
        return found

    async def rename(self, document: Document, point: Point, new_name: str) -> RenameResult:
        """The certain occurrences alone. Raises ``Declined``."""
        with self._begin(document, self._clock.monotonic()) as recording:
            asked = Asked(Snapshot(self._session.view()), document, point, new_name)
            certain = await self._certain(asked, recording)
            recording.answered(Outcome.ANSWERED, "", certain.engine)
            return certain

    async def propose(self, request: RenameRequest) -> RenameAnswer:
        """The certain occurrences, and beside them what the user may confirm. Raises ``Declined``."""
        answered: asyncio.Future[RenameAnswer] = asyncio.get_running_loop().create_future()
        work = self._start(self._work(request, answered))
        try:
            return await answered
        except asyncio.CancelledError:
            work.cancel()
            raise

    async def offered(self, document: Document, span: Span) -> list[Offered]:
        """What earlier renames left to be done, as far as it can be offered for a stretch of a document."""
        await self._beyond.searched()
        return self._offers.at(document, self._session.folder_of(document), span, self._read)

    async def take(self, identifier: str, rest: Rest, *, confirms: bool) -> Afterwards:
        """Do what was offered. Raises ``Declined`` where that is not possible any more."""
        remembered = self._offers.get(identifier)
        document = self._read(remembered.anchor_uri) if remembered is not None else None
        if remembered is None or document is None:
            raise Declined("That rename is too long ago; rename the symbol again to update what belongs to it.")
        self._refuse_forbidden(document)
        with self._begin(document, self._clock.monotonic()) as recording:
            view, settings = Snapshot(self._session.view()), self._settings_of(document)
            done = await self._leftovers.take(Taking(view, document, remembered, settings, recording, confirms), rest)
            recording.answered(Outcome.ANSWERED, "", rest)
            return done

    async def aclose(self) -> None:
        """Give up what still runs; its events are written."""
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)
        await self._engines.aclose()

    async def _work(self, request: RenameRequest, answered: asyncio.Future[RenameAnswer]) -> None:
        """One request to its end, which may come after its answer."""

        def answer(whole: RenameAnswer, missing: str) -> None:
            recording.answered(Outcome.ANSWERED, missing, whole.engine)
            if not answered.done():
                answered.set_result(whole)

        with self._begin(request.document, request.arrived) as recording:
            try:
                view = Snapshot(self._session.view())
                certain = await self._certain(Asked(view, request.document, request.point, request.new_name), recording)
                settings = self._settings_of(request.document)
                await self._beyond.extend(Job(view, request, certain, settings, recording), answer)
            except asyncio.CancelledError:
                answered.cancel()
                raise
            except Exception as error:
                if not answered.done():
                    answered.set_exception(error)
                raise

    async def _certain(self, asked: Asked, recording: Recording) -> RenameResult:
        self._refuse_forbidden(asked.document)
        try:
            return await self._engines.rename(asked, self._settings_of(asked.document).rename)
        except RenameDeclined as declined:
            recording.answered(Outcome.DECLINED, declined.reason)
            raise

    def _read(self, uri: str) -> Document | None:
        return self._session.peek(uri) or self._session.read(uri)

    def _refuse_forbidden(self, document: Document) -> None:
        reason = self._session.forbidden(document)
        if reason is not None:
            name = (document.path and document.path.name) or document.uri
            raise Declined(f"{name} is left alone by Tierwise ({reason}); rename it by hand.")

    def _settings_of(self, document: Document) -> Settings:
        return self._settings(self._session.folder_of(document))

    def _begin(self, document: Document, arrived: float) -> Recording:
        folder = self._session.folder_of(document)
        harness = self._settings(folder).harness
        return self._recorder.begin(Task.RENAME, str(folder) if folder else "", document, harness, arrived)

    def _start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work)
        self._running.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None and not isinstance(error, TierwiseError):
            log.error("rename failed: %s", type(error).__name__)
