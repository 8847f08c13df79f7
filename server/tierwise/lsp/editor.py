"""What we ask of the editor: apply an edit, show progress, a message or a document. All through pygls.

Knows what the client can do and takes the next best way where it cannot.
"""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from typing import Any, cast

from lsprotocol import types
from pygls.exceptions import JsonRpcException

from tierwise.core.errors import Declined
from tierwise.lsp.client import Client
from tierwise.lsp.full import TierwiseServer

log = logging.getLogger("tierwise.lsp")

_CREATE_S = 2.0
"""A client that does not answer within this many seconds whether it shows progress is not shown any."""


class WorkProgress:
    """One progress display of the editor; does nothing for a client without one."""

    def __init__(self, server: TierwiseServer, token: types.ProgressToken | None) -> None:
        self._server = server
        self._token = token
        self.conclusion: str | None = None

    def conclude(self, message: str) -> None:
        """What is said when the display ends."""
        self.conclusion = message

    def report(self, message: str) -> None:
        """Say what is being done now."""
        if self._token is not None:
            self._server.work_done_progress.report(self._token, types.WorkDoneProgressReport(message=message))


class Editor:
    """The client, as the one who can do things for us."""

    def __init__(self, server: TierwiseServer, client: Client) -> None:
        self._server = server
        self._client = client
        self._said: set[str] = set()

    def must_apply(self) -> None:
        """Raise ``Declined`` where the editor cannot apply edits: before anything is paid for one."""
        if not self._client.apply_edit:
            raise Declined("This editor cannot apply edits that a server sends (workspace/applyEdit).")

    async def apply(self, edit: types.WorkspaceEdit, label: str) -> bool:
        """Have an edit applied as one undo step. False when the editor declines (the document moved on)."""
        self.must_apply()
        params = types.ApplyWorkspaceEditParams(edit=edit, label=label)
        try:
            result = await self._server.workspace_apply_edit_async(params)
        except JsonRpcException as error:
            log.warning("the editor refused an edit: %s", type(error).__name__)
            return False
        return bool(result.applied)

    def say(self, text: str, kind: types.MessageType = types.MessageType.Info) -> None:
        """Show one sentence."""
        self._server.window_show_message(types.ShowMessageParams(type=kind, message=text))

    def log(self, text: str) -> None:
        """Write one sentence into the editor's log, for whoever looks."""
        self._server.window_log_message(types.LogMessageParams(type=types.MessageType.Info, message=text))

    async def choose(self, question: str, options: Sequence[str]) -> str | None:
        """Let the user choose one of a few options; None where they choose none, or the editor cannot ask."""
        actions = [types.MessageActionItem(option) for option in options]
        params = types.ShowMessageRequestParams(types.MessageType.Info, question, actions)
        try:
            chosen = await self._server.window_show_message_request_async(params)
        except JsonRpcException:
            return None
        return None if chosen is None or chosen.title not in options else chosen.title

    def say_once(self, text: str, kind: types.MessageType = types.MessageType.Warning) -> None:
        """Show one sentence, the first time only."""
        if text not in self._said:
            self._said.add(text)
            self.say(text, kind)

    async def show(self, uri: str) -> bool:
        """Open a document beside the user's own, without taking the focus where the editor lets us choose."""
        if not self._client.show_document:
            return False
        try:
            result = await self._server.window_show_document_async(types.ShowDocumentParams(uri=uri, take_focus=False))
        except JsonRpcException:
            return False
        return bool(result.success)

    def refresh(self, uri: str) -> None:
        """Tell the client that a document of ours has changed; its answer does not matter."""
        self._server.workspace_text_document_content_refresh(types.TextDocumentContentRefreshParams(uri))

    def notify(self, method: str, params: dict[str, object]) -> None:
        """A notification of our own, for clients that announced ``experimental.tierwise``."""
        if self._client.tierwise:
            self._server.protocol.notify(method, params)

    @asynccontextmanager
    async def progress(self, title: str, token: types.ProgressToken | None) -> AsyncGenerator[WorkProgress, None]:
        """Show work under way. Under the client's ``token`` where it sent one, else under one that we ask for; its
        cancel button cancels the task that is inside.
        """
        show = cast("Any", self._server.work_done_progress)  # pygls types its futures with unknowns
        if token is None and self._client.progress:
            token = f"tierwise-{uuid.uuid4().hex}"
            try:
                async with asyncio.timeout(_CREATE_S):
                    await show.create_async(token)
            except (JsonRpcException, TimeoutError):
                token = None
        if token is None:
            yield WorkProgress(self._server, None)
            return
        show.begin(token, types.WorkDoneProgressBegin(title=title, cancellable=True))
        task = asyncio.current_task()
        assert task is not None

        def cancelled(_: object) -> None:  # it is done only when the user cancels it
            task.cancel()

        show.tokens[token].add_done_callback(cancelled)
        progress = WorkProgress(self._server, token)
        try:
            yield progress
        finally:
            show.tokens.pop(token, None)
            show.end(token, types.WorkDoneProgressEnd(message=progress.conclusion))
