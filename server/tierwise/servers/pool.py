"""All language servers that run for one session: started when first asked for, kept warm, made anew when they fail.

Owner of these processes. Starts one only in a trusted folder, and never more than ``MAX_SERVERS`` at a time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

from tierwise.core.clock import Clock
from tierwise.core.documents import Document
from tierwise.core.renaming import NoRename, RenamePlace, RenameQuestion, RenameReply, Silence
from tierwise.core.workspace import WorkspaceView
from tierwise.servers.launch import find_program
from tierwise.servers.server import LanguageServer
from tierwise.servers.wire import WireClosed, WireError
from tierwise.settings.models import Settings
from tierwise.settings.renaming import LanguageServerSettings, RenameEngine

MAX_SERVERS = 4
"""Running at the same time; beyond, the one that was asked least recently is ended. Some take a gigabyte."""

_FOUND_S = 10.0
"""How long it is taken for granted whether a program is installed."""

_PAUSES_S = (0.0, 1.0, 10.0, 60.0)
"""Seconds before a server may be started again, by how often it has failed in a row."""


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A server that serves a document: its name in the settings, how it is started, and where its program is.

    Two that are equal would be started alike.
    """

    name: str
    settings: LanguageServerSettings
    program: str


@dataclass(slots=True)
class _Entry:
    """One server of one folder, over all its lives. ``candidate`` is what it was started from."""

    candidate: _Candidate
    starting: asyncio.Task[LanguageServer | None]
    failures: int = 0
    failed_at: float = 0.0
    asked_at: float = 0.0
    priming: set[asyncio.Task[None]] = field(default_factory=set[asyncio.Task[None]])

    @property
    def server(self) -> LanguageServer | None:
        """The server, once it has started."""
        return self.starting.result() if self.starting.done() and not self.starting.cancelled() else None


class LanguageServers:
    """A ``core.renaming.RenameSource``. ``settings`` and ``trusted`` are asked anew at each question, ``view`` is the
    workspace as it is when a server is started.
    """

    def __init__(
        self,
        settings: Callable[[Path | None], Settings],
        trusted: Callable[[Path], bool],
        view: Callable[[], WorkspaceView],
        environ: Mapping[str, str],
        clock: Clock,
    ) -> None:
        self._settings = settings
        self._trusted = trusted
        self._view = view
        self._environ = dict(environ)
        self._clock = clock
        self._entries: dict[tuple[Path, str], _Entry] = {}
        self._found: dict[tuple[Path, str], tuple[float, str | None]] = {}
        self._closing: set[asyncio.Task[None]] = set()
        self._closed = False

    def engine(self, document: Document) -> str:
        candidate = self._candidate(document)
        return "" if candidate is None else candidate.name

    def ready(self, document: Document) -> bool:
        candidate, folder = self._candidate(document), self._folder(document)
        entry = self._entries.get((folder, candidate.name)) if candidate is not None and folder is not None else None
        return entry is not None and entry.server is not None and entry.server.settled

    def warm(self, document: Document) -> None:
        candidate, folder = self._candidate(document), self._folder(document)
        if candidate is not None and folder is not None:
            entry = self._entry(candidate, folder)
            task = asyncio.get_running_loop().create_task(self._prime(entry, self._view(), document))
            entry.priming.add(task)
            task.add_done_callback(entry.priming.discard)

    async def ask(self, question: RenameQuestion) -> RenameReply:
        candidate, folder = self._candidate(question.document), self._folder(question.document)
        if candidate is None or folder is None:
            return NoRename("", Silence.ABSENT)
        until = self._clock.monotonic() + question.limit_s
        for _ in range(2):  # one that ends while it is asked is started again, and asked again, once
            if not self._may_start(candidate.name, folder):
                return NoRename(candidate.name, Silence.FAILED)
            reply = await self._ask(self._entry(candidate, folder), candidate.name, question, until)
            if reply != NoRename(candidate.name, Silence.FAILED):
                return reply
            self._failed(candidate, folder)
        return NoRename(candidate.name, Silence.FAILED)

    async def locate(self, question: RenameQuestion) -> RenamePlace | None:
        candidate, folder = self._candidate(question.document), self._folder(question.document)
        if candidate is None or folder is None:
            return None
        until = self._clock.monotonic() + question.limit_s
        server = await self._within(self._entry(candidate, folder), until)
        if not isinstance(server, LanguageServer):
            return None
        return await server.locate(replace(question, limit_s=max(0.0, until - self._clock.monotonic())))

    async def aclose(self) -> None:
        """End all servers."""
        self._closed = True
        for entry in self._entries.values():
            self._end(entry)
        self._entries.clear()
        await asyncio.gather(*self._closing, return_exceptions=True)

    async def _ask(self, entry: _Entry, name: str, question: RenameQuestion, until: float) -> RenameReply:
        server = await self._within(entry, until)
        if isinstance(server, Silence):
            return NoRename(name, server)
        cold = not server.settled
        reply = await server.ask(replace(question, limit_s=max(0.0, until - self._clock.monotonic())))
        if cold and isinstance(reply, NoRename) and reply.why is Silence.LATE:
            return NoRename(name, Silence.STARTING)
        if not isinstance(reply, NoRename):
            entry.failures = 0
        return reply

    async def _within(self, entry: _Entry, until: float) -> LanguageServer | Silence:
        """The server, as soon as it has started."""
        try:
            async with asyncio.timeout(max(0.0, until - self._clock.monotonic())):
                return await asyncio.shield(entry.starting) or Silence.FAILED
        except TimeoutError:
            return Silence.STARTING

    async def _prime(self, entry: _Entry, view: WorkspaceView, document: Document) -> None:
        server = await asyncio.shield(entry.starting)
        if server is not None:
            await server.prime(view, document)

    def _folder(self, document: Document) -> Path | None:
        return None if document.path is None else self._view().folder_of(document.path)

    def _candidate(self, document: Document) -> _Candidate | None:
        """The best server that may be started for a document and is installed."""
        folder = self._folder(document)
        if folder is None or self._closed or not self._trusted(folder):
            return None
        settings = self._settings(folder)
        if RenameEngine.SERVER not in settings.rename.engines:
            return None
        ranked = sorted(settings.language_servers.items(), key=lambda item: item[1].rank)
        for name, server in ranked:
            program = self._program(name, server, folder) if document.language in server.languages else None
            if program is not None and self._may_start(name, folder):
                return _Candidate(name, _with_aliases(server, settings.rename.aliases), program)
        return None

    def _program(self, name: str, server: LanguageServerSettings, folder: Path) -> str | None:
        now, key = self._clock.monotonic(), (folder, f"{name}\0{server.command}")
        known = self._found.get(key)
        if known is None or now - known[0] > _FOUND_S:
            known = self._found[key] = (now, find_program(server, folder, self._environ))
        return known[1]

    def _may_start(self, name: str, folder: Path) -> bool:
        """Whether a server runs, or enough time has passed since it failed."""
        entry = self._entries.get((folder, name))
        if entry is None or not entry.failures:
            return not self._closed
        pause = _PAUSES_S[min(entry.failures, len(_PAUSES_S)) - 1]
        return self._clock.monotonic() - entry.failed_at >= pause

    def _entry(self, candidate: _Candidate, folder: Path) -> _Entry:
        """The entry of a server that runs or starts."""
        key = (folder, candidate.name)
        entry = self._entries.get(key)
        if entry is None:
            entry = self._entries[key] = _Entry(candidate, self._start(candidate, folder))
        elif entry.candidate != candidate or (
            entry.starting.done() and (entry.server is None or not entry.server.alive)
        ):
            self._end(entry)
            entry.candidate, entry.starting = candidate, self._start(candidate, folder)
        entry.asked_at = self._clock.monotonic()
        self._make_room(key)
        return entry

    def _start(self, candidate: _Candidate, folder: Path) -> asyncio.Task[LanguageServer | None]:
        return asyncio.get_running_loop().create_task(self._started(candidate, folder))

    async def _started(self, candidate: _Candidate, folder: Path) -> LanguageServer | None:
        server = LanguageServer(candidate.name, candidate.settings, candidate.program, folder)
        paths = await asyncio.to_thread(lambda: tuple(self._view().files(folder)))
        try:
            await server.start(paths, self._environ_for(folder))
        except (OSError, WireError, WireClosed, TimeoutError):
            return None
        return server

    def _environ_for(self, folder: Path) -> dict[str, str]:
        """Our own environment without the keys of model providers: a server runs what the workspace tells it to."""
        keys = {provider.api_key_env for provider in self._settings(folder).providers.values()}
        return {name: value for name, value in self._environ.items() if name not in keys}

    def _failed(self, candidate: _Candidate, folder: Path) -> None:
        entry = self._entries.get((folder, candidate.name))
        if entry is not None:
            entry.failures += 1
            entry.failed_at = self._clock.monotonic()
            self._end(entry)

    def _make_room(self, kept: tuple[Path, str]) -> None:
        others = sorted((entry.asked_at, key) for key, entry in self._entries.items() if key != kept)
        for _, key in others[: max(0, len(self._entries) - MAX_SERVERS)]:
            self._end(self._entries.pop(key))

    def _end(self, entry: _Entry) -> None:
        task = asyncio.get_running_loop().create_task(_closed(entry.starting, tuple(entry.priming)))
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)


def _with_aliases(server: LanguageServerSettings, wanted: bool) -> LanguageServerSettings:
    """A server that is told by its options whether a rename keeps the other side's name at imports and exports."""
    if not server.aliases_option:
        return server
    *tables, last = server.aliases_option.split(".")
    options: dict[str, Any] = {**server.options}
    inner = options
    for name in tables:
        below = inner.get(name)
        inner[name] = {**cast("dict[str, Any]", below)} if isinstance(below, dict) else {}
        inner = inner[name]
    inner[last] = wanted
    return server.model_copy(update={"options": options})


async def _closed(starting: asyncio.Task[LanguageServer | None], priming: Sequence[asyncio.Task[None]]) -> None:
    for task in (*priming, starting):
        task.cancel()
    with suppress(asyncio.CancelledError):
        server = await starting
        if server is not None:
            await server.aclose()
