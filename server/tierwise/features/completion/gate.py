"""Whether a completion is wanted here at all. Pure and instant; every refusal has its reason."""

from __future__ import annotations

from tierwise.core.documents import Document
from tierwise.core.languages import canonical, language
from tierwise.features.completion.values import CompletionRequest, NoOffer
from tierwise.session.privacy import Forbidden
from tierwise.settings.models import CompletionSettings

_FORBIDDEN = {
    Forbidden.OUTSIDE: NoOffer.OUTSIDE,
    Forbidden.IGNORED: NoOffer.IGNORED,
    Forbidden.SECRET: NoOffer.SECRET,
    Forbidden.TOO_LARGE: NoOffer.TOO_LARGE,
}


_VIEWS = frozenset({"git", "gitlens", "output", "debug", "jdt", "tierwise"})
"""Schemes of documents that are only shown: the repository's version of a file, a program's output, our own answers."""


def gate(request: CompletionRequest, settings: CompletionSettings, forbidden: Forbidden | None) -> NoOffer | None:
    """Why no completion is made; None where one is."""
    closed = closed_to(request.document, settings, forbidden)
    return closed if closed is not None or request.invoked else _unasked(request)


def closed_to(document: Document, settings: CompletionSettings, forbidden: Forbidden | None) -> NoOffer | None:
    """Why nothing at all is offered in a document; None where something may be."""
    if forbidden is not None:
        return _FORBIDDEN.get(forbidden, NoOffer.IGNORED)
    if document.path is None and document.uri.partition(":")[0] in _VIEWS:
        return NoOffer.READ_ONLY
    if not settings.enabled:
        return NoOffer.DISABLED
    names = {document.language, document.called}
    disabled = any(name in names or canonical(name) in names for name in settings.disabled_languages)
    return NoOffer.LANGUAGE_DISABLED if disabled else None


def _unasked(request: CompletionRequest) -> NoOffer | None:
    text = request.document.lines.line(request.point.line)
    before, after = text[: request.point.column].strip(), text[request.point.column :]
    if before in language(request.document.language).line_comments:
        return NoOffer.COMMENT_START
    if after and (after[0].isalnum() or after[0] == "_"):
        return NoOffer.MID_WORD
    return None
