"""``textDocument/prepareRename`` and ``textDocument/rename``, and the command that renames to a given name."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from lsprotocol import types

from tierwise.core.clock import Clock
from tierwise.core.documents import Document
from tierwise.core.errors import UsageError
from tierwise.core.text import Point
from tierwise.features.rename.flow import RenameFlow
from tierwise.features.rename.values import RenameAnswer, RenameRequest
from tierwise.lsp import arguments
from tierwise.lsp.changesets import freshened, grouped_edit, lsp_range
from tierwise.lsp.client import Client
from tierwise.lsp.convert import Columns
from tierwise.lsp.editor import Editor
from tierwise.lsp.editor_rename import EditorServers
from tierwise.lsp.full import TierwiseServer
from tierwise.lsp.rename_groups import groups_of, summary
from tierwise.session.session import Session

_SHAPE = "{uri, position, newName}"


class Renames:
    """The two handlers and the command."""

    def __init__(
        self,
        session: Session,
        flow: RenameFlow,
        client: Client,
        columns: Columns,
        editor: Editor,
        clock: Clock,
    ) -> None:
        self._session = session
        self._flow = flow
        self._client = client
        self._columns = columns
        self._editor = editor
        self._clock = clock

    def register(self, server: TierwiseServer) -> None:
        own = EditorServers(server, self._client, self._columns)
        self._flow.use_editor(own)

        @server.feature(types.TEXT_DOCUMENT_PREPARE_RENAME)
        async def prepare(params: types.PrepareRenameParams) -> types.PrepareRenamePlaceholder | None:
            document, point = self._place(params.text_document.uri, params.position)
            if own.is_echo(document.uri, point.line):
                return None
            found = await self._flow.prepare(document, point)
            return types.PrepareRenamePlaceholder(lsp_range(self._columns, document.lines, found.span), found.name)

        @server.feature(types.TEXT_DOCUMENT_RENAME)
        async def rename(params: types.RenameParams) -> types.WorkspaceEdit | None:
            document, point = self._place(params.text_document.uri, params.position)
            if own.is_echo(document.uri, point.line):
                return None
            edit, _ = await self.edit(document, point, params.new_name, params.work_done_token)
            return edit

        server.wire.commands["tierwise.rename"] = self._by_command

    async def edit(
        self, document: Document, point: Point, new_name: str, token: types.ProgressToken | None
    ) -> tuple[types.WorkspaceEdit, RenameAnswer]:
        """The whole edit, with progress, and what it is made of. The user is told which engine it comes from."""
        confirms = self._client.change_annotations
        request = RenameRequest(document, point, new_name, confirms, self._clock.monotonic())
        async with self._editor.progress("Renaming", token) as progress:
            answer = await self._flow.propose(request)
            progress.report(summary(answer))
        self._editor.log(summary(answer))
        return self._converted(answer), answer

    async def _by_command(self, raw: list[Any], token: types.ProgressToken | None) -> object:
        table = arguments.single("tierwise.rename", raw, _SHAPE)
        document = self._open(arguments.text("tierwise.rename", table, "uri"))
        point = self._columns.point(document.lines, *arguments.position("tierwise.rename", table))
        new_name = arguments.text("tierwise.rename", table, "newName")
        self._editor.must_apply()
        edit, answer = await self.edit(document, point, new_name, token)
        applied = await self._editor.apply(edit, f"Rename to {new_name}")
        return {"applied": applied, "files": answer.certain.files, "engine": answer.engine}

    def _converted(self, answer: RenameAnswer) -> types.WorkspaceEdit:
        groups = [replace(g, changes=freshened(g.changes, self._session.current)) for g in groups_of(answer)]
        return grouped_edit(groups, self._client, self._columns)

    def _place(self, uri: str, position: types.Position) -> tuple[Document, Point]:
        document = self._open(uri)
        return document, self._columns.point(document.lines, position.line, position.character)

    def _open(self, uri: str) -> Document:
        document = self._session.document(uri)
        if document is None:
            raise UsageError(f"{uri} is not open; open it before renaming in it.")
        return document
