"""How a next edit flows: gate, what follows for certain, else a model of the fast tier within its budget, one event.

Owner of the proposals that may be taken, of those that the user passed over, and of which request is the newest: one
session has one place where somebody works. It never answers after the deadline.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from operator import is_
from pathlib import Path
from typing import Any, Protocol

from cachetools import LRUCache

from tierwise.core.clock import Clock
from tierwise.core.documents import Document
from tierwise.core.events import Feedback, Outcome
from tierwise.core.signals import Signal, first_of
from tierwise.core.tasks import Task, Tier
from tierwise.core.text import Point, Span, advance
from tierwise.features.completion.gate import closed_to
from tierwise.features.completion.values import NoOffer
from tierwise.features.next_edit.recent import standing
from tierwise.features.next_edit.values import Moment, NextEdit, NextEditAnswer, NextEditRequest, NoEdit, Proposal
from tierwise.features.offers import Offers
from tierwise.features.recording import Recorder, Recording
from tierwise.session.session import Session
from tierwise.settings.models import Settings

_MOST_DOCUMENTS = 24
"""Open documents that are searched, the latest used first."""
_PASSED_OVER = 128
_FOREVER_S = 3600.0

_OUTCOMES: dict[str, Outcome] = {
    NoEdit.SUPERSEDED: Outcome.SUPERSEDED,
    NoEdit.STALE: Outcome.STALE,
    NoEdit.FAILED: Outcome.FAILED,
}

EMBEDDED = "embedded"

_Key = tuple[str, str, str, str]


class Asks(Protocol):
    """Asks models for what does not follow for certain. Answers on time, with a typed reason where there is nothing."""

    def available(self, settings: Settings) -> bool: ...

    async def ask(self, settings: Settings, moment: Moment, recording: Recording, arrived: float) -> Proposal | str: ...


class NextEditFlow:
    """Next edits for one session. ``asker`` is called once something must be asked: what it needs loads slowly."""

    def __init__(
        self,
        session: Session,
        settings: Callable[[Path | None], Settings],
        asker: Callable[[], Asks],
        recorder: Recorder,
        clock: Clock,
    ) -> None:
        self._session = session
        self._settings = settings
        self._asker = asker
        self._recorder = recorder
        self._clock = clock
        self._offers: Offers[tuple[Proposal, Recording]] = Offers(recorder)
        self._passed_over: LRUCache[_Key, bool] = LRUCache(_PASSED_OVER)
        self._newest = Signal()
        self._followed: tuple[Moment, tuple[Proposal, ...]] | None = None
        self._shown: Proposal | None = None

    async def predict(self, request: NextEditRequest) -> NextEditAnswer:
        """Answer one request. Cancelling it, or a newer one, closes the socket of what it asked."""
        self._newest.set()
        self._newest = superseded = Signal()
        folder = self._session.folder_of(request.document)
        settings = self._settings(folder)
        recording = self._begin(request.document, folder, settings, request.arrived)
        with recording:
            found = await self._find(request, settings, recording, superseded)
            if isinstance(found, Proposal) and not self._stands(found):
                found = NoEdit.STALE
            if not isinstance(found, Proposal):
                recording.answered(_OUTCOMES.get(found, Outcome.EMPTY), found)
                return NextEditAnswer(None, found)
            recording.answered(Outcome.ANSWERED, "", found.source)
            self._shown = found
            return NextEditAnswer(self._offered(recording, found))

    async def known(self, document: Document, point: Point) -> tuple[Proposal, ...]:
        """What follows for certain, the nearest first, and what was last proposed where that still stands. No model is
        asked.
        """
        settings = self._settings(self._session.folder_of(document))
        if not settings.completion.next_edit or self._closed(document, settings) is not None:
            return ()
        moment = self._moment(document, point)
        found = await self._follows(moment) if moment is not None else ()
        shown = self._shown
        if not found and shown is not None and shown.document is self._session.peek(document.uri):
            return (shown,) if self._wanted(shown) else ()
        return found

    def choosable(self, proposal: Proposal) -> NextEdit:
        """A proposal that the user may choose from a list. Choosing it is the request: nothing is recorded before."""
        folder = self._session.folder_of(proposal.document)
        recording = self._begin(proposal.document, folder, self._settings(folder), self._clock.monotonic())
        recording.answered(Outcome.ANSWERED, "", proposal.source)
        return self._offered(recording, proposal)

    def accepted(self, offer_id: str) -> bool:
        """The user took an edit, which stands in the document now. False for an unknown one."""
        offer = self._offers.take(offer_id)
        if offer is None:
            return False
        proposal, recording = offer
        recording.finish()
        document = self._session.peek(proposal.document.uri)
        if document is not None and _holds(document, proposal):
            self._recorder.inserted(offer_id, document, proposal.span.start, proposal.text)
        else:  # lines that went, or one of several edits, which moved: it cannot be seen what becomes of it
            self._recorder.hear(offer_id, Feedback.ACCEPTED)
        return True

    def hear(self, offer_id: str, feedback: Feedback) -> bool:
        """What else became of an edit; one that was rejected is not proposed again. False for an unknown one."""
        offer = self._offers.hear(offer_id, feedback)
        if offer is not None and feedback is Feedback.REJECTED:
            self._passed_over[offer[0].key] = True
        return offer is not None

    # The steps of one request

    async def _find(
        self, request: NextEditRequest, settings: Settings, recording: Recording, superseded: Signal
    ) -> Proposal | str:
        if not settings.completion.next_edit:
            return NoOffer.DISABLED
        closed = self._closed(request.document, settings)
        if closed is not None:
            return closed
        moment = self._moment(request.document, request.point)
        if moment is None:
            return NoEdit.NOTHING_EDITED
        certain = await self._follows(moment)
        if superseded.is_set():
            return NoEdit.SUPERSEDED
        if certain:
            return certain[0]
        if not settings.completion.next_edit_model:
            return NoEdit.NOTHING_FOLLOWS
        asker = self._asker()
        if not asker.available(settings):
            return NoEdit.NO_MODEL
        return await self._first(asker.ask(settings, moment, recording, request.arrived), superseded)

    async def _first(self, asking: Coroutine[Any, Any, Proposal | str], superseded: Signal) -> Proposal | str:
        """The model's answer, unless a newer request comes first."""
        task = asyncio.create_task(asking)
        done = Signal()
        task.add_done_callback(lambda _: done.set())
        try:
            await first_of({done, superseded}, _FOREVER_S)
        finally:
            if not task.done():
                task.cancel()
                await asyncio.wait([task])
        if task.cancelled():
            return NoEdit.SUPERSEDED
        found = task.result()
        return found if not isinstance(found, Proposal) or self._wanted(found) else NoEdit.PASSED_OVER

    async def _follows(self, moment: Moment) -> tuple[Proposal, ...]:
        """What follows for certain; found in a thread, for documents may be long, and once for the same moment."""
        if self._followed is None or not _same(self._followed[0], moment):
            self._followed = moment, await asyncio.to_thread(_certain, moment)
        return tuple(proposal for proposal in self._followed[1] if self._wanted(proposal))

    def _moment(self, document: Document, point: Point) -> Moment | None:
        """The situation at a place; None where nothing was edited lately."""
        folder, view = self._session.folder_of(document), self._session.view()
        others = [other for other in view.open_documents() if other.uri != document.uri]
        nearby = [other for other in others if self._session.folder_of(other) == folder]
        documents = {each.uri: each for each in [document, *nearby][:_MOST_DOCUMENTS]}
        changes = standing(self._session.history.recent(), documents, self._clock.monotonic())
        if not changes:
            return None
        first = documents.pop(changes[0].uri)
        return Moment(document, document.lines.clamp(point), tuple(changes), (first, *documents.values()))

    def _closed(self, document: Document, settings: Settings) -> NoOffer | None:
        return closed_to(document, settings.completion, self._session.forbidden(document))

    def _wanted(self, proposal: Proposal) -> bool:
        return proposal.key not in self._passed_over

    def _stands(self, proposal: Proposal) -> bool:
        return self._session.peek(proposal.document.uri) is proposal.document

    def _begin(self, document: Document, folder: Path | None, settings: Settings, arrived: float) -> Recording:
        where = str(folder) if folder else ""
        recording = self._recorder.begin(Task.NEXT_EDIT, where, document, settings.harness, arrived)
        recording.tier = Tier.FAST
        return recording

    def _offered(self, recording: Recording, proposal: Proposal) -> NextEdit:
        self._offers.add(recording.id, (proposal, recording))
        return NextEdit(recording.id, proposal)


def _certain(moment: Moment) -> tuple[Proposal, ...]:
    from tierwise.embedded.next_edit.predict import predict  # parsers, which a first keystroke needs not

    guesses = predict(moment.changes, moment.documents, (moment.document.uri, moment.point))
    return tuple(Proposal(guess.document, guess.span, guess.text, EMBEDDED) for guess in guesses)


def _holds(document: Document, proposal: Proposal) -> bool:
    """Whether the proposed text stands where it was to stand."""
    end = advance(proposal.span.start, proposal.text)
    if not proposal.text or document.lines.clamp(end) != end:
        return False
    return document.lines.slice(Span(proposal.span.start, end)) == proposal.text


def _same(one: Moment, other: Moment) -> bool:
    same = len(one.documents) == len(other.documents) and all(map(is_, one.documents, other.documents))
    return same and (one.document.uri, one.point, one.changes) == (other.document.uri, other.point, other.changes)
