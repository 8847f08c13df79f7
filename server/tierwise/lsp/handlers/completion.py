"""``textDocument/completion``: the embedded engine's names, and ghost text as an item where the client has none."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any, Protocol

from tierwise.core.clock import Clock
from tierwise.core.text import Span
from tierwise.features.completion.values import CompletionAnswer, CompletionRequest, Offer
from tierwise.features.completion.words import Word, WordList
from tierwise.lsp.convert import Columns
from tierwise.lsp.endpoint import Endpoint
from tierwise.lsp.handlers.inline_completion import acceptance
from tierwise.lsp.params import CompletionParams
from tierwise.session.session import Session

_KINDS = {"function": 3, "method": 2, "class": 7, "module": 9, "variable": 6, "field": 5, "keyword": 14, "word": 1}
_SNIPPET_LIKE = 15
_AS_IS = 1
"""The text has its indentation; a client that indented it like the cursor's line would do so twice."""
_INVOKED = 1
"""By key, or by the first letter of a word; what an incomplete list is asked again for (3) is typing."""


class Completes(Protocol):
    """The feature, as far as this handler needs it."""

    async def complete(self, request: CompletionRequest) -> CompletionAnswer: ...

    def words(self, request: CompletionRequest) -> WordList: ...


def register(
    endpoint: Endpoint, session: Session, flow: Completes, columns: Columns, clock: Clock, *, ghosts: bool
) -> None:
    """``ghosts``: also offer what would be ghost text, for clients that show none."""

    def handle(params: CompletionParams) -> Coroutine[Any, Any, object]:
        document = session.document(params.text_document.uri)
        if document is None:
            return _nothing()
        point = columns.point(document.lines, *params.position.pair)
        invoked = params.context is None or params.context.trigger_kind == _INVOKED
        return answer(CompletionRequest(document, point, invoked, clock.monotonic()))

    async def answer(request: CompletionRequest) -> object:
        words = flow.words(request)
        items = [_word(word, words.span, request, columns, index) for index, word in enumerate(words.items)]
        if ghosts:
            result = await flow.complete(request)
            if result.offer is not None:
                items.insert(0, _ghost(result.offer, request, columns))
        return {"isIncomplete": True, "items": items}

    endpoint.on_request("textDocument/completion", CompletionParams, handle)


async def _nothing() -> object:
    return {"isIncomplete": False, "items": []}


def _word(word: Word, span: Span, request: CompletionRequest, columns: Columns, index: int) -> dict[str, object]:
    return {
        "label": word.text,
        "kind": _KINDS.get(word.kind, 1),
        "detail": word.detail,
        "sortText": f"~{index:03}",  # behind what a language's own server offers
        "textEdit": {"range": columns.range(request.document.lines, span), "newText": word.text},
    }


def _ghost(offer: Offer, request: CompletionRequest, columns: Columns) -> dict[str, object]:
    """An item that survives the client's filter: its range and filter text begin at the word being typed."""
    lines = request.document.lines
    word = request.document.word_at(request.point)
    start = word.start if word is not None and word.start < request.point else request.point
    typed = lines.slice(Span(start, request.point))
    text, replaced = offer.text, Span(start, offer.span.end)
    first, _, rest = text.partition("\n")
    label = (typed + first).strip() or "⏎"
    return {
        "label": label[:60] + (" …" if rest.strip() or len(label) > 60 else ""),
        "kind": _SNIPPET_LIKE,
        "detail": "Tierwise",
        "documentation": {"kind": "plaintext", "value": typed + text},
        "filterText": typed + first,
        "sortText": "~",
        "insertTextFormat": 1,
        "insertTextMode": _AS_IS,
        "textEdit": {"range": columns.range(lines, replaced), "newText": typed + text},
        "command": acceptance(offer),
    }
