"""What a completion's model reads of other places, found off the hot path.

Owner of what is known per document. A completion takes what is known at that moment and never waits for more.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tierwise.core.clock import Clock
from tierwise.core.documents import Document
from tierwise.core.models import Excerpt
from tierwise.core.text import Point
from tierwise.session.nearby import REGION, Fragment, fragments, scopes, scopes_above, within
from tierwise.session.session import Session
from tierwise.session.view import FrozenView

if TYPE_CHECKING:  # loads the parser
    from tierwise.syntax.outline import Definition

_AGE_S = 20.0
"""What is older than this is found anew when the document is next completed."""


@dataclass(frozen=True, slots=True)
class Neighbourhood:
    """What is worth showing at a place; ``at`` and ``line`` say when and where it was found."""

    fragments: tuple[Fragment, ...] = ()
    at: float = float("-inf")
    line: int = 0
    scopes: tuple[Definition, ...] = ()

    def within(self, characters: int) -> Neighbourhood:
        """As much of it as fits."""
        return replace(self, fragments=within(self.fragments, characters))

    def above(self, view: FrozenView, document: Document, line: int) -> tuple[Excerpt, ...]:
        """The first lines of the scopes that are open where a prompt begins to read, at ``line``."""
        found = scopes_above(view, document, self.scopes, line)
        return () if found is None else (found.excerpt,)

    @property
    def excerpts(self) -> tuple[Excerpt, ...]:
        return tuple(fragment.excerpt for fragment in self.fragments)

    @property
    def sources(self) -> frozenset[str]:
        """Paths of the files that something comes from."""
        return frozenset(str(fragment.source) for fragment in self.fragments)


class Neighbours:
    """Neighbourhoods of the open documents."""

    def __init__(self, session: Session, clock: Clock) -> None:
        self._session = session
        self._clock = clock
        self._known: dict[str, Neighbourhood] = {}
        self._looking: dict[str, asyncio.Task[None]] = {}

    def of(self, document: Document, point: Point) -> Neighbourhood:
        """What is known of a place's neighbours; starts to look in the background where that is out of date."""
        known = self._known.get(document.uri, Neighbourhood())
        if document.uri not in self._looking and self._outdated(known, document, point):
            task = asyncio.get_running_loop().create_task(self.look(document, point))
            self._looking[document.uri] = task
            task.add_done_callback(lambda _: self._looking.pop(document.uri, None))
        return known

    async def aclose(self) -> None:
        """Wait for the looks that are under way."""
        await asyncio.gather(*self._looking.values(), return_exceptions=True)

    async def look(self, document: Document, point: Point) -> None:
        """Find a place's neighbours anew."""
        at, hunks = self._clock.monotonic(), tuple(self._session.history.recent())
        view = self._session.view()
        found = await asyncio.to_thread(fragments, view, document, point, hunks)
        around = await asyncio.to_thread(scopes, view, document, point)
        self._known[document.uri] = Neighbourhood(found, at, point.line, around)

    def _outdated(self, known: Neighbourhood, document: Document, point: Point) -> bool:
        """Time has passed, the cursor has gone elsewhere, or another document was edited."""
        if self._clock.monotonic() - known.at > _AGE_S or abs(point.line - known.line) > REGION:
            return True
        elsewhere = next((hunk for hunk in self._session.history.recent() if hunk.uri != document.uri), None)
        return elsewhere is not None and elsewhere.at > known.at
