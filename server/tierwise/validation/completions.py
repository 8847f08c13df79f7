"""The last look at a completion before it is shown. Pure, and cheap enough for every keystroke: nothing is parsed."""

from __future__ import annotations

import re

from tierwise.core.documents import Document
from tierwise.core.languages import is_code
from tierwise.core.rejection import Rejection, RejectReason
from tierwise.edits.infill import Infill
from tierwise.validation.text import is_placeholder

_REFUSAL = re.compile(
    r"\s*(?:I(?:'m| am) (?:sorry|unable|not able)|I (?:can(?:no|')t|cannot|won't|apologi[sz]e)|Sorry, |As an AI\b"
    r"|Unfortunately, I\b|I don't (?:have|see)\b)"
)
_CONFLICT = re.compile(r"^(?:<{7}|>{7})(?: |$)", re.MULTILINE)


def check_completion(document: Document, infill: Infill) -> Rejection | None:
    """The first objection against a completion; None accepts it. Raises nothing, whatever the span."""
    text, lines = infill.text, document.lines
    if not text.strip():
        return Rejection(RejectReason.EMPTY, "The completion has no text.")
    if lines.clamp(infill.span.start) != infill.span.start or lines.clamp(infill.span.end) != infill.span.end:
        return Rejection(RejectReason.OUT_OF_SCOPE, "The completion lies outside the document.")
    if lines.slice(infill.span) == text:
        return Rejection(RejectReason.NO_CHANGE, "The completion says what stands there already.")
    if not is_code(document.language):
        return None
    if _REFUSAL.match(text):
        return Rejection(RejectReason.REFUSED, "The model declined to answer.")
    if any(is_placeholder(line) for line in text.split("\n")):
        return Rejection(RejectReason.PLACEHOLDER, "The completion leaves code out.")
    if _CONFLICT.search(text):
        return Rejection(RejectReason.MALFORMED_BLOCK, "The completion holds conflict markers.")
    return None
