"""``textDocument/copilotInlineEdit``: what follows from the last edits, in the form that editors know already."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any, Protocol

from tierwise.core.clock import Clock
from tierwise.core.errors import TierwiseError
from tierwise.features.next_edit.values import NextEdit, NextEditAnswer, NextEditRequest
from tierwise.lsp.convert import Columns
from tierwise.lsp.endpoint import Endpoint, log_fault
from tierwise.lsp.handlers.inline_completion import ACCEPTED
from tierwise.lsp.params import NextEditParams
from tierwise.session.session import Session

METHOD = "textDocument/copilotInlineEdit"


class Predicts(Protocol):
    """The feature, as far as this handler needs it."""

    async def predict(self, request: NextEditRequest) -> NextEditAnswer: ...


def register(endpoint: Endpoint, session: Session, flow: Predicts, columns: Columns, clock: Clock) -> None:
    def handle(params: NextEditParams) -> Coroutine[Any, Any, object]:
        document = session.document(params.text_document.uri)
        version = params.text_document.version
        if document is None or version not in {None, document.version}:
            return _nothing()
        point = columns.point(document.lines, *params.position.pair)
        return answer(NextEditRequest(document, point, clock.monotonic()))

    async def answer(request: NextEditRequest) -> object:
        try:
            result = await flow.predict(request)
        except TierwiseError:
            raise
        except Exception as error:  # noqa: BLE001 - nobody asked for it: it stands in the events and the log
            log_fault(METHOD, error)
            return {"edits": []}
        return {"edits": [_edit(result.edit, columns)] if result.edit else []}

    endpoint.on_request(METHOD, NextEditParams, handle)


async def _nothing() -> object:
    return {"edits": []}


def _edit(edit: NextEdit, columns: Columns) -> dict[str, object]:
    proposal = edit.proposal
    document = proposal.document
    return {
        "text": proposal.text,
        "range": columns.range(document.lines, proposal.span),
        "textDocument": {"uri": document.uri, "version": document.version},
        "command": {"title": "Next edit accepted", "command": ACCEPTED, "arguments": [edit.id]},
    }
