"""``workspace/textDocumentContent``: the documents that the server itself writes."""

from __future__ import annotations

from lsprotocol import types

from tierwise.core.errors import Declined
from tierwise.lsp.answers import AnswerBoard
from tierwise.lsp.full import TierwiseServer


def register(server: TierwiseServer, board: AnswerBoard) -> None:
    @server.feature(types.WORKSPACE_TEXT_DOCUMENT_CONTENT)
    async def content(params: types.TextDocumentContentParams) -> types.TextDocumentContentResult:
        text = board.text(params.uri)
        if text is None:
            raise Declined(f"{params.uri} is not kept any more; ask again.")
        return types.TextDocumentContentResult(text)
