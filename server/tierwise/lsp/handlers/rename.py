"""``textDocument/prepareRename`` and ``textDocument/rename``."""

from __future__ import annotations

from typing import Any

from lsprotocol import types

from tierwise.core.changes import Changeset
from tierwise.core.documents import Document
from tierwise.core.errors import UsageError
from tierwise.features.rename import RenameFlow
from tierwise.lsp import arguments
from tierwise.lsp.changesets import check_fresh, lsp_range, workspace_edit
from tierwise.lsp.client import Client
from tierwise.lsp.convert import Columns
from tierwise.lsp.editor import Editor
from tierwise.lsp.full import TierwiseServer
from tierwise.session.session import Session

_SHAPE = "{uri, position, newName}"


def register(
    server: TierwiseServer, session: Session, flow: RenameFlow, client: Client, columns: Columns, editor: Editor
) -> None:
    def open_document(uri: str) -> Document:
        document = session.document(uri)
        if document is None:
            raise UsageError(f"{uri} is not open; open it before renaming in it.")
        return document

    def converted(changeset: Changeset) -> types.WorkspaceEdit:
        check_fresh(changeset, session.current)
        return workspace_edit(changeset, client, columns)

    @server.feature(types.TEXT_DOCUMENT_PREPARE_RENAME)
    async def prepare(params: types.PrepareRenameParams) -> types.PrepareRenamePlaceholder:
        document = open_document(params.text_document.uri)
        point = columns.point(document.lines, params.position.line, params.position.character)
        found = await flow.prepare(document, point)
        return types.PrepareRenamePlaceholder(lsp_range(columns, document.lines, found.span), found.name)

    @server.feature(types.TEXT_DOCUMENT_RENAME)
    async def rename(params: types.RenameParams) -> types.WorkspaceEdit:
        document = open_document(params.text_document.uri)
        point = columns.point(document.lines, params.position.line, params.position.character)
        async with editor.progress("Renaming", params.work_done_token):
            return converted((await flow.rename(document, point, params.new_name)).changeset)

    async def by_command(raw: list[Any], token: types.ProgressToken | None) -> object:
        table = arguments.single("tierwise.rename", raw, _SHAPE)
        document = open_document(arguments.text("tierwise.rename", table, "uri"))
        point = columns.point(document.lines, *arguments.position("tierwise.rename", table))
        new_name = arguments.text("tierwise.rename", table, "newName")
        async with editor.progress("Renaming", token):
            result = await flow.rename(document, point, new_name)
        applied = await editor.apply(converted(result.changeset), f"Rename to {new_name}")
        return {"applied": applied, "files": result.files, "engine": result.engine}

    server.wire.commands["tierwise.rename"] = by_command
