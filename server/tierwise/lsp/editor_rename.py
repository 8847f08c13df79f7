"""The editor's own language servers as an engine: asked by ``tierwise/editorRename``, where the client serves that.

Owner of the questions under way. While one is, the editor may come to us with the very same rename (its own providers
include us): ``is_echo`` tells, and such a request must be answered with nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

from pygls.exceptions import JsonRpcException

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
from tierwise.lsp.client import Client
from tierwise.lsp.convert import Columns
from tierwise.lsp.full import TierwiseServer
from tierwise.servers.edits import UnusableEdit, changeset_of

METHOD = "tierwise/editorRename"
"""Parameters ``{textDocument, position, newName, timeoutMs}``, answered with a WorkspaceEdit, or null for none."""

_NAME = "editor"
_SLACK_S = 0.2
"""The editor keeps the time limit itself; a bit later nothing is expected from it any more."""


class EditorServers:
    """A ``core.renaming.RenameSource`` over the client."""

    def __init__(self, server: TierwiseServer, client: Client, columns: Columns) -> None:
        self._server = server
        self._client = client
        self._columns = columns
        self._asking: list[tuple[str, int]] = []

    def is_echo(self, uri: str, line: int) -> bool:
        """Whether a rename at this line is what we are asking the editor for at this moment."""
        return (uri, line) in self._asking

    def engine(self, document: Document) -> str:
        return _NAME if self._client.editor_rename and document.path is not None else ""

    def ready(self, document: Document) -> bool:
        return bool(self.engine(document))

    def warm(self, document: Document) -> None:
        """They run anyway."""

    async def locate(self, question: RenameQuestion) -> RenamePlace | None:
        """The editor asked its own servers before it came here."""
        del question

    async def ask(self, question: RenameQuestion) -> RenameReply:
        document, point = question.document, question.point
        params: dict[str, Any] = {
            "textDocument": {"uri": document.uri},
            "position": self._columns.position(document.lines, point),
            "newName": question.new_name,
            "timeoutMs": int(question.limit_s * 1000),
        }
        with self._under_way(document.uri, point.line):
            try:
                async with asyncio.timeout(question.limit_s + _SLACK_S):
                    raw = await self._server.wire.ask_plainly(METHOD, params)
            except TimeoutError:
                return NoRename(_NAME, Silence.LATE)
            except JsonRpcException:
                return NoRename(_NAME, Silence.FAILED)
        return await asyncio.to_thread(self._reply, raw, question)

    def _reply(self, raw: object, question: RenameQuestion) -> RenameReply:
        if raw is None:
            return NoRename(_NAME, Silence.NOTHING)
        try:
            changes = changeset_of(raw, self._columns, question.view, question.document)
        except UnusableEdit as error:
            return RenameRefusal(_NAME, f"what its language server would do cannot be used: {error}")
        return NoRename(_NAME, Silence.NOTHING) if changes.empty else RenameProposal(_NAME, changes)

    @contextmanager
    def _under_way(self, uri: str, line: int) -> Generator[None, None, None]:
        self._asking.append((uri, line))
        try:
            yield
        finally:
            self._asking.remove((uri, line))
