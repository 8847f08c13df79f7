"""A known text for another place: shaped and checked again, since what follows the cursor may have changed."""

from __future__ import annotations

from tierwise.core.documents import Document
from tierwise.core.rejection import Rejection
from tierwise.core.text import Point
from tierwise.edits.infill import Infill, InfillMode, InfillShaper


def shaper_at(document: Document, point: Point, *, multiline: bool) -> InfillShaper:
    """A shaper for an answer at ``point``: of one line unless the place invites more and the settings allow it."""
    return InfillShaper(document, point, None if multiline else InfillMode.SINGLE)


def shaped(document: Document, point: Point, text: str, *, multiline: bool) -> Infill | Rejection:
    """A whole text, shaped for ``point``. One that has several lines already may keep them."""
    several = multiline and "\n" in text.strip()
    shaper = (
        InfillShaper(document, point, InfillMode.MULTI) if several else shaper_at(document, point, multiline=multiline)
    )
    shaper.feed(text)
    return shaper.finish(complete=True)
