"""What other files say that matters here: the signatures of what a document imports, found off the hot path.

Owner of what is known per document. A completion takes what is known at that moment and never waits for more.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from tierwise.core.clock import Clock
from tierwise.core.documents import Document
from tierwise.core.models import Excerpt
from tierwise.session.related import imported_files, signatures
from tierwise.session.session import Session
from tierwise.session.view import FrozenView

_AGE_S = 20.0
"""Imports change rarely: what is older than this is found anew when the document is next completed."""
_MAX_FILES = 12


@dataclass(frozen=True, slots=True)
class Neighbourhood:
    """Excerpts in the order of the imports, and the paths of the files they come from."""

    excerpts: tuple[Excerpt, ...] = ()
    sources: frozenset[str] = frozenset()

    def within(self, characters: int) -> Neighbourhood:
        """As many of the excerpts as fit, first come first."""
        kept: list[Excerpt] = []
        for excerpt in self.excerpts:
            characters -= len(excerpt.text) + len(excerpt.path)
            if characters < 0:
                break
            kept.append(excerpt)
        return Neighbourhood(tuple(kept), self.sources)


class Neighbours:
    """Neighbourhoods of the open documents."""

    def __init__(self, session: Session, clock: Clock) -> None:
        self._session = session
        self._clock = clock
        self._known: dict[str, tuple[float, Neighbourhood]] = {}
        self._looking: dict[str, asyncio.Task[None]] = {}

    def of(self, document: Document) -> Neighbourhood:
        """What is known of a document's neighbours; starts to look in the background where that is too old."""
        at, known = self._known.get(document.uri, (float("-inf"), Neighbourhood()))
        if self._clock.monotonic() - at > _AGE_S and document.uri not in self._looking:
            task = asyncio.get_running_loop().create_task(self.look(document))
            self._looking[document.uri] = task
            task.add_done_callback(lambda _: self._looking.pop(document.uri, None))
        return known

    async def aclose(self) -> None:
        """Wait for the looks that are under way."""
        await asyncio.gather(*self._looking.values(), return_exceptions=True)

    async def look(self, document: Document) -> None:
        """Find a document's neighbours anew."""
        found = await asyncio.to_thread(_find, self._session.view(), document)
        self._known[document.uri] = (self._clock.monotonic(), found)


def _find(view: FrozenView, document: Document) -> Neighbourhood:
    excerpts: list[Excerpt] = []
    sources: set[str] = set()
    for related in imported_files(view, document)[:_MAX_FILES]:
        excerpt = signatures(view, related)
        if excerpt is not None:
            excerpts.append(excerpt)
            sources.add(str(related.document.path))
    return Neighbourhood(tuple(excerpts), frozenset(sources))
