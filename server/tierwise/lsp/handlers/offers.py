"""What becomes of ghost text and next edits, as editors tell it: shown, taken in part, passed over."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from tierwise.core.events import Feedback
from tierwise.lsp.endpoint import Endpoint
from tierwise.lsp.params import AboutOffer, RejectedOffer

_ABOUT = {
    "textDocument/didShowCompletion": Feedback.SHOWN,
    "textDocument/didShowInlineEdit": Feedback.SHOWN,
    "textDocument/didPartiallyAcceptCompletion": Feedback.PARTLY,
}
REJECTED = "tierwise/rejected"


class Hears(Protocol):
    """A feature that makes offers; False for an offer that is not its own."""

    def hear(self, offer_id: str, feedback: Feedback) -> bool: ...


def register(endpoint: Endpoint, features: Sequence[Hears]) -> None:
    def hear(offer_id: object, feedback: Feedback) -> None:
        if isinstance(offer_id, str):
            any(feature.hear(offer_id, feedback) for feature in features)

    def about(method: str, feedback: Feedback) -> None:
        def handle(params: AboutOffer) -> None:
            command = params.item.command
            hear(command.arguments[0] if command is not None and command.arguments else None, feedback)

        endpoint.on_notification(method, AboutOffer, handle)

    for method, feedback in _ABOUT.items():
        about(method, feedback)

    def rejected(params: RejectedOffer) -> None:
        hear(params.id, Feedback.REJECTED)

    endpoint.on_notification(REJECTED, RejectedOffer, rejected)
