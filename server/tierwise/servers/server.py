"""One language server in one workspace folder: a process, its handshake, what it was told, and questions to it.

Owner of the process. A server that ended stays ended; ``pool.py`` makes a new one.
"""

from __future__ import annotations

import asyncio
from asyncio.subprocess import Process
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from tierwise.core.columns import Columns
from tierwise.core.documents import Document
from tierwise.core.renaming import (
    NoRename,
    RenamePlace,
    RenameProposal,
    RenameQuestion,
    RenameRefusal,
    RenameReply,
    Silence,
)
from tierwise.core.text import Span
from tierwise.core.workspace import WorkspaceView
from tierwise.servers.counterpart import Counterpart
from tierwise.servers.edits import UnusableEdit, changeset_of, span_of
from tierwise.servers.launch import end_process, start_process
from tierwise.servers.sync import Stamps, Sync, stamps
from tierwise.servers.wire import Wire, WireClosed, WireError
from tierwise.settings.renaming import LanguageServerSettings

_START_S = 30.0
"""A server that has not shaken hands after this many seconds never will."""
_END_S = 1.0
_QUIET_S = 0.25
"""Work that a server announces begins within this many seconds after its cause."""
_MAX_OPENED = 400
"""Files that a server is shown for one question; with more, it must know them by itself."""
_PASSING = frozenset({-32801, -32802, -32002})
"""Codes of errors that say nothing of the rename: content modified, cancelled by the server, not initialized."""
_TRIES = 5
_FAULTS = frozenset({-32601, -32603, -32700})
"""Codes of a server's own faults: unknown method, internal error, unreadable message."""


@dataclass(frozen=True, slots=True)
class _Connection:
    """What exists while the process runs."""

    process: Process
    wire: Wire
    sync: Sync
    reading: asyncio.Task[None]


class LanguageServer:
    """Start it, ask it, close it. ``name`` is shown to the user."""

    def __init__(self, name: str, settings: LanguageServerSettings, program: str, folder: Path) -> None:
        self.name = name
        self.folder = folder
        self._settings = settings
        self._command: Sequence[str] = (program, *settings.command[1:])
        self._counterpart = Counterpart(settings, folder)
        self._connection: _Connection | None = None
        self._columns = Columns("utf-16")
        self._prepares = False
        self._settled = False
        self._asking = asyncio.Lock()

    @property
    def alive(self) -> bool:
        """Whether its process runs and talks to us."""
        connection = self._connection
        return connection is not None and connection.process.returncode is None and not connection.wire.closed

    @property
    def settled(self) -> bool:
        """Whether it has answered before, so that the next answer will not take long."""
        return self._settled and self.alive

    async def start(self, paths: Sequence[Path], environ: Mapping[str, str]) -> None:
        """Start the process and shake hands. ``paths`` are the folder's files. Raises OSError, WireError, WireClosed
        or TimeoutError; the process is gone then.
        """
        seen = await asyncio.to_thread(stamps, paths)  # before it reads: what changes later will be told
        process = await start_process(self._command, self.folder, environ)
        assert process.stdout is not None
        assert process.stdin is not None
        wire = Wire(process.stdout, process.stdin, self._counterpart.serve, self._counterpart.told)
        reading = asyncio.get_running_loop().create_task(wire.run())
        reading.add_done_callback(lambda _: self._counterpart.gone())
        self._connection = _Connection(process, wire, Sync(wire), reading)
        self._connection.sync.report(seen)
        try:
            self._take_capabilities(await wire.request("initialize", self._counterpart.initialize(), _START_S))
        except BaseException:
            await self.aclose()
            raise
        wire.notify("initialized", {})
        if self._settings.settings:
            wire.notify("workspace/didChangeConfiguration", {"settings": self._settings.settings})

    async def ask(self, question: RenameQuestion) -> RenameReply:
        """Rename. One question at a time; raises nothing but cancellation."""
        try:
            async with asyncio.timeout(question.limit_s), self._asking:
                return await self._ask(self._live(), question)
        except TimeoutError:
            return NoRename(self.name, Silence.LATE)
        except WireClosed:
            return NoRename(self.name, Silence.FAILED)

    async def locate(self, question: RenameQuestion) -> RenamePlace | None:
        """What would be renamed; None where nothing is, or where there is no answer in time."""
        try:
            async with asyncio.timeout(question.limit_s), self._asking:
                connection = self._live()
                connection.sync.show(self._shown(question.view, question.document, []))
                await self._counterpart.rest()
                raw = await connection.wire.request("textDocument/prepareRename", self._place(question), _START_S)
        except (TimeoutError, WireClosed, WireError):
            return None
        span, name = self._named(question.document, raw)
        return RenamePlace(self.name, span, name) if span is not None and name else None

    async def prime(self, view: WorkspaceView, document: Document) -> None:
        """Show a document, so that the server reads its project before it is asked."""
        async with self._asking:
            if self.alive:
                connection = self._live()
                connection.sync.show(self._shown(view, document, []))
                await connection.wire.drained()

    async def aclose(self) -> None:
        """End it, politely first. Never raises."""
        connection = self._connection
        if connection is None:
            return
        if self.alive:
            with suppress(WireError, WireClosed, TimeoutError):
                await connection.wire.request("shutdown", None, _END_S)
            connection.wire.notify("exit", None)
            with suppress(TimeoutError):
                async with asyncio.timeout(_END_S):
                    await connection.process.wait()
        end_process(connection.process)  # also what the server itself has started
        await connection.process.wait()
        connection.reading.cancel()
        await asyncio.gather(connection.reading, return_exceptions=True)

    def _live(self) -> _Connection:
        if self._connection is None or not self.alive:
            raise WireClosed
        return self._connection

    async def _ask(self, connection: _Connection, question: RenameQuestion) -> RenameReply:
        paths, holders = await asyncio.to_thread(self._look, question.view, question.old_name)
        connection.sync.report(paths)
        connection.sync.show(self._shown(question.view, question.document, holders))
        await connection.wire.drained()
        reply = await self._rename(connection.wire, question)
        for _ in range(0 if self._settled else _TRIES):
            # It may have been reading its project still: two answers must agree.
            await asyncio.sleep(_QUIET_S)
            again = await self._rename(connection.wire, question)
            if again == reply:
                self._settled = True
                break
            reply = again
        return reply

    def _look(self, view: WorkspaceView, word: str) -> tuple[Stamps, list[Document]]:
        """What the disk holds now, and the files that the server must be shown."""
        holders: list[Document] = []
        if self._settings.opens:
            for path in view.files_with(self.folder, word, frozenset(self._settings.languages)):
                document = view.read(path)
                if document is not None and len(holders) < _MAX_OPENED:
                    holders.append(document)
        return stamps(view.files(self.folder)), holders

    def _shown(self, view: WorkspaceView, asked: Document, holders: Sequence[Document]) -> list[Document]:
        ours = [
            document
            for document in view.open_documents()
            if document.language in self._settings.languages
            and document.path is not None
            and view.folder_of(document.path) == self.folder
        ]
        return [*{document.uri: document for document in (*holders, *ours, asked)}.values()]

    async def _rename(self, wire: Wire, question: RenameQuestion) -> RenameReply:
        """One answer to the question; asked again while the server says that it is not a good moment."""
        for _ in range(_TRIES):
            await self._counterpart.rest()
            try:
                return await self._proposal(wire, question)
            except WireError as error:
                if error.code in _PASSING:
                    await asyncio.sleep(_QUIET_S)
                    continue
                if error.code in _FAULTS:
                    break
                return RenameRefusal(self.name, _sentence(str(error)))
            except UnusableEdit as error:
                return RenameRefusal(self.name, f"what it would do cannot be used: {error}")
        return NoRename(self.name, Silence.FAILED)

    async def _proposal(self, wire: Wire, question: RenameQuestion) -> RenameReply:
        place, old_name = self._place(question), ""
        if self._prepares:
            prepared = await wire.request("textDocument/prepareRename", place, question.limit_s)
            if prepared is None:
                return NoRename(self.name, Silence.NOTHING)
            _, old_name = self._named(question.document, prepared)
        params = {**place, "newName": question.new_name}
        raw = await wire.request("textDocument/rename", params, question.limit_s)
        if raw is None:
            return NoRename(self.name, Silence.NOTHING)
        changes = await asyncio.to_thread(changeset_of, raw, self._columns, question.view, question.document)
        if changes.empty:
            return NoRename(self.name, Silence.NOTHING)
        return RenameProposal(self.name, changes, old_name)

    def _place(self, question: RenameQuestion) -> dict[str, Any]:
        position = self._columns.position(question.document.lines, question.point)
        return {"textDocument": {"uri": question.document.uri}, "position": position}

    def _named(self, document: Document, prepared: object) -> tuple[Span | None, str]:
        """What the answer to ``prepareRename`` says stands there, and how it is called."""
        table = cast("dict[str, Any]", prepared) if isinstance(prepared, dict) else {}
        span = span_of(table.get("range", table), self._columns, document)
        placeholder = table.get("placeholder")
        if isinstance(placeholder, str):
            return span, placeholder
        return span, "" if span is None else document.lines.slice(span)

    def _take_capabilities(self, result: object) -> None:
        raw = cast("dict[str, Any]", result).get("capabilities") if isinstance(result, dict) else None
        capabilities = cast("dict[str, Any]", raw) if isinstance(raw, dict) else {}
        provider: object = capabilities.get("renameProvider")
        if provider is None or provider is False:
            raise WireError("it cannot rename", 0)
        self._prepares = isinstance(provider, dict) and bool(cast("dict[str, Any]", provider).get("prepareProvider"))
        encoding = capabilities.get("positionEncoding")
        self._columns = Columns(encoding if isinstance(encoding, str) else "utf-16")


def _sentence(text: str) -> str:
    """A server's words on one line, without the words that its protocol library puts before them."""
    line = " ".join(text.split())
    for prefix in ("Request textDocument/rename failed with message: ", "<semantic> ", "Error: "):
        line = line.removeprefix(prefix)
    return line[:300] or "it gave no reason"
