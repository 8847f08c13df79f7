"""``textDocument/inlineCompletion`` (LSP 3.18): ghost text."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any, Protocol

from tierwise.core.clock import Clock
from tierwise.core.documents import Document
from tierwise.core.errors import TierwiseError
from tierwise.core.text import Point, Span
from tierwise.features.completion.values import CompletionAnswer, CompletionRequest, Offer, Selected
from tierwise.lsp.convert import Columns
from tierwise.lsp.endpoint import Endpoint, log_fault
from tierwise.lsp.params import InlineCompletionParams, SelectedCompletionInfo
from tierwise.session.session import Session

METHOD = "textDocument/inlineCompletion"
ACCEPTED = "tierwise.accepted"
_AUTOMATIC = 2


class Completes(Protocol):
    """The feature, as far as this handler needs it."""

    async def complete(self, request: CompletionRequest) -> CompletionAnswer: ...


def register(endpoint: Endpoint, session: Session, flow: Completes, columns: Columns, clock: Clock) -> None:
    def handle(params: InlineCompletionParams) -> Coroutine[Any, Any, object]:
        document = session.document(params.text_document.uri)
        if document is None:
            return _nothing()
        point = columns.point(document.lines, *params.position.pair)
        selected = _selected(document, point, params.context.selected_completion_info, columns)
        invoked = params.context.trigger_kind != _AUTOMATIC
        return answer(CompletionRequest(document, point, invoked, clock.monotonic(), selected))

    async def answer(request: CompletionRequest) -> object:
        try:
            result = await flow.complete(request)
        except Exception as error:
            if request.invoked or isinstance(error, TierwiseError):
                raise
            log_fault(METHOD, error)  # nobody asked for it: nobody is told, and it stands in the events
            return {"items": []}
        items = [_item(result.offer, request.document, columns)] if result.offer else []
        return {"items": items}

    endpoint.on_request(METHOD, InlineCompletionParams, handle)


async def _nothing() -> object:
    return {"items": []}


def _selected(
    document: Document, point: Point, info: SelectedCompletionInfo | None, columns: Columns
) -> Selected | None:
    """The item selected in the editor's list; one of another place, or of several lines, cannot be continued here."""
    if info is None:
        return None
    span = columns.span(document.lines, info.range.start.pair, info.range.end.pair)
    if not span.contains(Span.at(point)) or span.start.line != span.end.line:
        return None
    return Selected(span, info.text)


def _item(offer: Offer, document: Document, columns: Columns) -> dict[str, object]:
    return {
        "insertText": offer.text,
        "range": columns.range(document.lines, offer.span),
        "command": acceptance(offer),
    }


def acceptance(offer: Offer) -> dict[str, object]:
    """The command that a client runs after it took an offer."""
    return {"title": "Completion accepted", "command": ACCEPTED, "arguments": [offer.id]}
