"""Which engine finds the certain occurrences: the editor's language servers, one that we drive, or the bundled ones.

Owner of the questions that still run. Every answer is checked before it counts; an engine that is late, silent or not
there costs its time limit at most, and the next one is asked.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any

from tierwise.core.documents import Document
from tierwise.core.renaming import NoRename, RenameProposal, RenameQuestion, RenameRefusal, RenameReply, RenameSource
from tierwise.core.right_of_way import RightOfWay
from tierwise.core.text import Point, Span
from tierwise.core.workspace import WorkspaceView
from tierwise.features.rename.warming import Warming
from tierwise.rename.reach import may_be_named_at
from tierwise.rename.service import Renamer
from tierwise.rename.snapshot import Snapshot
from tierwise.rename.values import NotRenameable, Reason, Renameable, RenameDeclined, RenameResult
from tierwise.settings.renaming import RenameEngine, RenameSettings

_SHORT_LINES = 500
"""A document of so many lines is looked at on the event loop, in 2 ms (measured): on a busy machine it takes longer
until a thread has woken up.
"""

_OTHERS_MAY = frozenset({Reason.NO_NAME, Reason.NO_ENGINE, Reason.UNDECIDED, Reason.SYNTAX, Reason.OUTSIDE})
"""Reasons of a bundled engine for which another one may still know better."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A rename to be done in ``document`` at ``point``, seen through one snapshot from beginning to end."""

    view: Snapshot
    document: Document
    point: Point
    new_name: str


class Engines:
    """All engines of one session. ``unaliased`` is the renamer for who wants no aliases at imports and exports;
    ``servers`` are those that we drive; the editor's come with ``use_editor``. ``right_of_way`` is taken while a
    bundled engine works on an answer.
    """

    def __init__(
        self, renamer: Renamer, unaliased: Renamer, servers: RenameSource | None, right_of_way: RightOfWay
    ) -> None:
        self._renamer = renamer
        self._right_of_way = right_of_way
        self._warming = Warming(renamer)
        self._unaliased = unaliased
        self._sources: dict[RenameEngine, RenameSource] = {} if servers is None else {RenameEngine.SERVER: servers}
        self._running: set[asyncio.Task[Any]] = set()

    def use_editor(self, source: RenameSource) -> None:
        """The editor lets us ask its own language servers."""
        self._sources[RenameEngine.EDITOR] = source

    def names(self, document: Document, settings: RenameSettings) -> list[str]:
        """The engines that would be asked for a document, in order, for a person."""
        named = [
            source.engine(document)
            if (source := self._sources.get(kind)) is not None
            else self._bundled(kind, document)
            for kind in settings.engines
        ]
        return [name for name in named if name]

    async def prepare(
        self, view: WorkspaceView, document: Document, point: Point, settings: RenameSettings
    ) -> Renameable | NotRenameable:
        """Whether and what, by the bundled engines; where none knows the language, by the word alone."""
        if (servers := self._sources.get(RenameEngine.SERVER)) is not None:
            servers.warm(document)
        found = await self._bundled_prepare(view, document, point)
        if not isinstance(found, NotRenameable):
            if self._first(document, settings) is RenameEngine.BUNDLED:
                self._warming.begin(view, document, point)
            return found
        if found.reason is Reason.NO_ENGINE:
            return self._by_word(document, point, settings) or found
        return await self._by_servers(view, document, point, settings) or found

    async def rename(self, asked: Asked, settings: RenameSettings, *, patient: bool = False) -> RenameResult:
        """The certain occurrences, checked. ``patient``: a language server that has yet to start is waited for even
        where a bundled engine could answer. Raises RenameDeclined.
        """
        self._warming.end()
        prepared = await self._bundled_prepare(asked.view, asked.document, asked.point)
        waiting: asyncio.Task[RenameReply] | None = None
        declined: RenameDeclined | None = None
        for kind in settings.engines:
            if kind is RenameEngine.BUNDLED:
                try:
                    return await self._ask_bundled(asked, prepared, settings)
                except RenameDeclined as reason:
                    declined = reason
                    if reason.reason not in _OTHERS_MAY:
                        raise
                continue
            source = self._sources.get(kind)
            if source is None or not source.engine(asked.document):
                continue
            bundled_follows = RenameEngine.BUNDLED in settings.engines[settings.engines.index(kind) :]
            if not patient and not source.ready(asked.document) and bundled_follows:
                waiting = self._start(source.ask(_question(asked, prepared, settings.server_start_ms)))
                continue
            reply = await source.ask(_question(asked, prepared, _limit_ms(source, kind, asked, settings)))
            if (result := await self._accepted(asked, prepared, reply)) is not None:
                return result
        if waiting is not None and (result := await self._accepted(asked, prepared, await waiting)) is not None:
            return result
        raise declined or _nobody(asked.document, prepared)

    async def aclose(self) -> None:
        """Give up what still runs."""
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)
        await self._warming.aclose()

    async def _bundled_prepare(
        self, view: WorkspaceView, document: Document, point: Point
    ) -> Renameable | NotRenameable:
        with self._right_of_way.taken():
            if document.lines.count <= _SHORT_LINES:
                return self._renamer.prepare(view, document, point)
            return await asyncio.to_thread(self._renamer.prepare, view, document, point)

    async def _ask_bundled(
        self, asked: Asked, prepared: Renameable | NotRenameable, settings: RenameSettings
    ) -> RenameResult:
        if isinstance(prepared, NotRenameable):
            raise RenameDeclined(prepared.reason, prepared.message)
        renamer, cancelled = self._renamer if settings.aliases else self._unaliased, threading.Event()
        try:
            with self._right_of_way.taken():
                return await asyncio.to_thread(
                    renamer.rename,
                    asked.view,
                    asked.document,
                    asked.point,
                    asked.new_name,
                    cancelled=cancelled.is_set,
                )
        except asyncio.CancelledError:
            cancelled.set()
            raise

    async def _accepted(
        self, asked: Asked, prepared: Renameable | NotRenameable, reply: RenameReply
    ) -> RenameResult | None:
        """The checked result; None where there was no answer, or one to a text that has changed since."""
        match reply:
            case NoRename():
                return None
            case RenameRefusal(engine, message):
                raise RenameDeclined(Reason.REFUSED, f"{engine}: {message}")
            case RenameProposal():
                what = prepared if isinstance(prepared, Renameable) else _unprepared(asked, reply)
                try:
                    return await asyncio.to_thread(
                        self._renamer.accept, asked.view, asked.document, what, asked.new_name, reply
                    )
                except RenameDeclined as declined:
                    if declined.reason is Reason.STALE:
                        return None
                    raise

    def _by_word(self, document: Document, point: Point, settings: RenameSettings) -> Renameable | NotRenameable | None:
        """In a language that only language servers know, a word may be a name."""
        other = next((name for kind in settings.engines if (name := self._foreign(kind, document))), None)
        word = document.word_at(document.lines.clamp(point))
        if other is None:
            return None
        if word is None:
            return NotRenameable(Reason.NO_NAME, "There is no name at this place.")
        return Renameable(word, document.lines.slice(word), "name", other)

    async def _by_servers(
        self, view: WorkspaceView, document: Document, point: Point, settings: RenameSettings
    ) -> Renameable | None:
        """Where ours see no name, a language server may: a string that is a type, a signature, a documentation tag."""
        servers = self._sources.get(RenameEngine.SERVER)
        if servers is None or not servers.engine(document) or not may_be_named_at(document, point):
            return None
        limit_ms = settings.server_ms if servers.ready(document) else settings.server_start_ms
        asked = RenameQuestion(view, document, document.lines.clamp(point), "", "", limit_ms / 1000)
        place = await servers.locate(asked)
        return None if place is None else Renameable(place.span, place.name, "name", place.engine)

    def _first(self, document: Document, settings: RenameSettings) -> RenameEngine | None:
        """Who would be asked first and is there."""
        for kind in settings.engines:
            source = self._sources.get(kind)
            if kind is RenameEngine.BUNDLED or (source is not None and source.ready(document)):
                return kind
        return None

    def _start(self, work: Coroutine[Any, Any, RenameReply]) -> asyncio.Task[RenameReply]:
        """Have a question run on, whether or not its answer is waited for: it warms the server."""
        task = asyncio.get_running_loop().create_task(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return task

    def _foreign(self, kind: RenameEngine, document: Document) -> str:
        source = self._sources.get(kind)
        return "" if source is None else source.engine(document)

    def _bundled(self, kind: RenameEngine, document: Document) -> str:
        return self._renamer.engine_name(document.language) if kind is RenameEngine.BUNDLED else ""


def _limit_ms(source: RenameSource, kind: RenameEngine, asked: Asked, settings: RenameSettings) -> int:
    if kind is RenameEngine.EDITOR:
        return settings.editor_ms
    return settings.server_ms if source.ready(asked.document) else settings.server_start_ms


def _question(asked: Asked, prepared: Renameable | NotRenameable, limit_ms: int) -> RenameQuestion:
    if isinstance(prepared, Renameable):
        point, name = prepared.span.start, prepared.name
    else:
        point = asked.document.lines.clamp(asked.point)
        word = asked.document.word_at(point)
        name = "" if word is None else asked.document.lines.slice(word)
    new_name = asked.new_name
    if name.startswith("#") and not new_name.startswith("#"):
        new_name = f"#{new_name}"
    return RenameQuestion(asked.view, asked.document, point, name, new_name, limit_ms / 1000)


def _unprepared(asked: Asked, reply: RenameProposal) -> Renameable:
    """What an engine renames that ours take for nothing: it says itself how it is called."""
    point = asked.document.lines.clamp(asked.point)
    word = asked.document.word_at(point)
    name = reply.old_name or ("" if word is None else asked.document.lines.slice(word))
    return Renameable(word or Span.at(point), name, "name", reply.engine)


def _nobody(document: Document, prepared: Renameable | NotRenameable) -> RenameDeclined:
    if isinstance(prepared, NotRenameable):
        return RenameDeclined(prepared.reason, prepared.message)
    return RenameDeclined(
        Reason.NO_ENGINE,
        f"No engine could rename in this {document.language} file; see rename.engines in the settings.",
    )
