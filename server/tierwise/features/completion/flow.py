"""How a completion flows: gate, reuse, newest wins, a flight within its budgets, the embedded engine, one event.

Owner of the offers that may be accepted and of which request of a document is the newest. It never answers after the
deadline and never leaves a request without an answer.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from tierwise.core.clock import Clock
from tierwise.core.documents import Document
from tierwise.core.events import Feedback, Outcome
from tierwise.core.ports import DocumentEdit
from tierwise.core.rejection import Rejection, RejectReason
from tierwise.core.signals import Signal, first_of
from tierwise.core.tasks import Task, Tier
from tierwise.core.text import Point, Span, advance, with_line_feeds
from tierwise.edits.infill import Infill
from tierwise.features.completion.flight import Flight
from tierwise.features.completion.flights import Flights, Plan
from tierwise.features.completion.gate import gate
from tierwise.features.completion.reuse import Reuse
from tierwise.features.completion.shape import shaped
from tierwise.features.completion.values import CompletionAnswer, CompletionRequest, NoOffer, Offer
from tierwise.features.completion.words import WordList
from tierwise.features.offers import Offers
from tierwise.features.recording import Recorder, Recording
from tierwise.session.session import Session
from tierwise.settings.models import Settings

_SHAPING_S = 0.03
"""What is left of the deadline when the wait for a model ends: for shaping, the embedded engine and the way out."""

_OUTCOMES: dict[str, Outcome] = {
    NoOffer.SUPERSEDED: Outcome.SUPERSEDED,
    NoOffer.STALE: Outcome.STALE,
    NoOffer.FAILED: Outcome.FAILED,
}


class Generator(Protocol):
    """Asks models. ``plan`` is None where none may be asked: not configured, budget used up, all breakers open."""

    def plan(self, settings: Settings, request: CompletionRequest) -> Plan | None: ...


class Engine(Protocol):
    """The embedded engine, as far as completion needs it: text to put in at the point, or None."""

    def suggest(self, document: Document, point: Point, *, multiline: bool) -> str | None: ...

    def words(self, document: Document, point: Point) -> WordList: ...


class CompletionFlow:
    """Ghost text for one session."""

    def __init__(
        self,
        session: Session,
        settings: Callable[[Path | None], Settings],
        generator: Generator,
        engine: Engine,
        recorder: Recorder,
        clock: Clock,
    ) -> None:
        self._session = session
        self._settings = settings
        self._generator = generator
        self._engine = engine
        self._recorder = recorder
        self._clock = clock
        self._reuse = Reuse()
        self._flights = Flights(clock, self._landed)
        self._newest: dict[str, Signal] = {}
        self._offers: Offers[tuple[str, Offer]] = Offers(recorder)

    async def complete(self, request: CompletionRequest) -> CompletionAnswer:
        """Answer one request. Cancelling it cancels what only it waits for."""
        folder = self._session.folder_of(request.document)
        settings = self._settings(folder)
        recording = self._begin(request, settings, folder)
        superseded = self._supersede(request.document.uri)
        try:
            offer, reason = await self._answer(request, settings, recording, superseded)
        except asyncio.CancelledError:
            recording.answered(Outcome.CANCELLED, "cancelled")
            current = self._session.peek(request.document.uri)
            typed_on = current is not None and current is not request.document
            self._flights.let_go(request.document.uri, recording, typed_on=typed_on)
            raise
        except Exception as error:  # recorded, then told by the caller
            recording.answered(Outcome.FAILED, type(error).__name__)
            raise
        finally:
            self._flights.settle(request.document.uri, recording)
        return CompletionAnswer(offer, reason)

    def words(self, request: CompletionRequest) -> WordList:
        """Names for a plain completion list; none where completion is refused."""
        settings = self._settings(self._session.folder_of(request.document))
        if gate(request, settings.completion, self._session.forbidden(request.document)) is not None:
            return WordList(Span.at(request.point), ())
        return self._engine.words(request.document, request.point)

    def edited(self, edit: DocumentEdit) -> None:
        """An open document changed: move what is known along, abort a flight that can no longer match."""
        self._reuse.edited(edit)
        self._flights.edited(edit)

    def closed(self, document: Document) -> None:
        """Known answers are kept: the document may be opened again. What is under way is not."""
        self._flights.closed(document.uri)

    def accepted(self, offer_id: str) -> bool:
        """The user took an offer: ask for what comes next before the editor does. False for an unknown offer."""
        entry = self._offers.take(offer_id)
        if entry is None:
            return False
        uri, offer = entry
        document = self._session.peek(uri)
        if document is not None:
            self._recorder.inserted(offer.id, document, offer.span.start, offer.text)
            self._prefetch(document, advance(offer.span.start, offer.text))
        return True

    def hear(self, offer_id: str, feedback: Feedback) -> bool:
        """What else became of an offer: it was shown, taken in part, passed over. False for an unknown one."""
        return self._offers.hear(offer_id, feedback) is not None

    async def aclose(self) -> None:
        """Abort all flights and wait for their ends."""
        await self._flights.aclose()

    # The steps of one request

    async def _answer(
        self, request: CompletionRequest, settings: Settings, recording: Recording, superseded: Signal
    ) -> tuple[Offer | None, str]:
        refusal = gate(request, settings.completion, self._session.forbidden(request.document))
        if refusal is not None:
            return self._empty(recording, refusal)
        document, point = continued(request)
        known = self._reuse.find(document, point)
        if known is not None:
            offer = self._offer(request, known.text, settings, recording, f"reuse:{known.source}")
            if offer is not None:
                return offer, ""
        plan = self._generator.plan(settings, request)
        if plan is None:
            return self._embedded(request, settings, recording, NoOffer.NO_MODEL)
        recording.first_token_budget_ms = plan.first_token_s * 1000
        if not request.invoked:
            self._flights.keystroke(request.arrived)
        if not await self._worth_asking(request, document, point, plan, superseded):
            return self._empty(recording, NoOffer.SUPERSEDED if superseded.is_set() else NoOffer.STALE)
        flight = self._flights.board(document, point, plan, recording)
        answer = await self._from_flight(request, settings, recording, superseded, flight, plan)
        if answer is None:  # it was joined in the hope that it would say what was typed, and it does not
            flight.abort()
            await flight.ended()
            recording.attempts.extend(flight.records)
            if self._moved_on(request) or not await self._worth_asking(request, document, point, plan, superseded):
                return self._empty(recording, NoOffer.STALE)  # the next keystroke's own request is on its way
            flight = self._flights.board(document, point, plan, recording)
            answer = await self._from_flight(request, settings, recording, superseded, flight, plan)
        return answer or self._empty(recording, NoOffer.STALE)

    async def _from_flight(
        self,
        request: CompletionRequest,
        settings: Settings,
        recording: Recording,
        superseded: Signal,
        flight: Flight,
        plan: Plan,
    ) -> tuple[Offer | None, str] | None:
        """The answer, with what may still come of it; None where the flight says something else than was typed."""
        if not await self._wait(flight.spoke, flight, superseded, request.arrived + plan.first_token_s):
            return self._empty(recording, NoOffer.SUPERSEDED)
        if not (flight.spoke.is_set() or flight.done.is_set()):
            return self._embedded(request, settings, recording, NoOffer.LATE)
        if flight.spoke.is_set():
            recording.first_token_ms = (self._clock.monotonic() - request.arrived) * 1000
        until = request.arrived + plan.deadline_s - min(_SHAPING_S, plan.deadline_s / 10)
        if not await self._wait(flight.done, flight, superseded, until):
            return self._empty(recording, NoOffer.SUPERSEDED)
        if flight.strayed:
            return None
        infill, source = flight.result, flight.source
        if not flight.done.is_set():
            flight.stop_late()
        if not isinstance(infill, Infill):
            return self._unusable(request, settings, recording, infill)
        document, point = continued(request)
        if point != flight.point or document is not flight.document:
            if self._moved_on(request):  # the flight's place is one of a later text
                return self._empty(recording, NoOffer.STALE)
            typed = with_line_feeds(document.lines.slice(Span(flight.place, point)))
            text = with_line_feeds(infill.text)
            if not text.startswith(typed):
                return None
            return self._offer(request, text[len(typed) :], settings, recording, source), recording.reason
        return self._ready(request, infill, recording, source), recording.reason

    def _unusable(
        self, request: CompletionRequest, settings: Settings, recording: Recording, verdict: Rejection | None
    ) -> tuple[Offer | None, str]:
        """What to answer where no model said anything (``verdict`` None) or nothing that can be shown."""
        if verdict is None and self._moved_on(request):
            return self._empty(recording, NoOffer.STALE)  # it was aborted for what was typed meanwhile
        if verdict is None:
            return self._embedded(request, settings, recording, NoOffer.FAILED)
        if verdict.reason is RejectReason.CUT_OFF:  # nothing whole was said: as if nothing had been
            return self._embedded(request, settings, recording, verdict.reason)
        return self._empty(recording, verdict.reason)

    def _embedded(
        self, request: CompletionRequest, settings: Settings, recording: Recording, why: str
    ) -> tuple[Offer | None, str]:
        """The embedded engine's answer, or none with the reason why no model gave one."""
        if not settings.completion.embedded:
            return self._empty(recording, why)
        document, point = continued(request)
        text = self._engine.suggest(document, point, multiline=settings.completion.multiline)
        if text is None:
            return self._empty(recording, NoOffer.UNSURE if why == NoOffer.NO_MODEL else why)
        offer = self._offer(request, text, settings, recording, "embedded")
        return offer, recording.reason

    def _offer(
        self, request: CompletionRequest, text: str, settings: Settings, recording: Recording, source: str
    ) -> Offer | None:
        """Shape ``text`` for the cursor and record the outcome."""
        document, point = continued(request)
        infill = shaped(document, point, text, multiline=settings.completion.multiline)
        if isinstance(infill, Rejection):
            recording.answered(Outcome.EMPTY, infill.reason)
            return None
        return self._ready(request, infill, recording, source)

    def _ready(self, request: CompletionRequest, infill: Infill, recording: Recording, source: str) -> Offer | None:
        """The offer that goes to the editor, unless the document has moved on."""
        if self._moved_on(request):
            recording.answered(Outcome.STALE, NoOffer.STALE)
            return None
        text, span = infill.text, infill.span
        if request.selected is not None:
            text = request.selected.text + text
            span = _widened(request.selected.span, span)
        offer = Offer(recording.id, text, span, source)
        recording.answered(Outcome.ANSWERED, "", source)
        self._offers.add(offer.id, (request.document.uri, offer))
        return offer

    def _moved_on(self, request: CompletionRequest) -> bool:
        current = self._session.peek(request.document.uri)
        return current is None or (current is not request.document and current.version != request.document.version)

    def _empty(self, recording: Recording, reason: str) -> tuple[None, str]:
        recording.answered(_OUTCOMES.get(reason, Outcome.EMPTY), reason)
        return None, reason

    async def _worth_asking(
        self, request: CompletionRequest, document: Document, point: Point, plan: Plan, superseded: Signal
    ) -> bool:
        """False where the next keystroke came before a model could have said anything: nothing was asked then."""
        if request.invoked:
            return True
        pause = self._flights.pause(document, point, plan, request.arrived)
        if pause:
            await first_of({superseded}, pause)
        return not superseded.is_set() and not self._moved_on(request)

    def _landed(self, flight: Flight) -> None:
        """Keep an answer for what will be typed next."""
        if isinstance(flight.outcome, Infill):
            text = with_line_feeds(flight.outcome.text)
            self._reuse.add(flight.document, flight.point, text, flight.source, flight.place)

    async def _wait(self, event: Signal, flight: Flight, superseded: Signal, until: float) -> bool:
        """Wait for ``event`` or the flight's end, at most until ``until`` (monotonic). False when superseded."""
        if event.is_set() or flight.done.is_set():
            return not superseded.is_set()
        await first_of({event, flight.done, superseded}, until - self._clock.monotonic())
        return not superseded.is_set()

    def _supersede(self, uri: str) -> Signal:
        """Tell the older request of this document, if one waits, that its time is over."""
        older = self._newest.get(uri)
        if older is not None:
            older.set()
        self._newest[uri] = newest = Signal()
        return newest

    def _prefetch(self, document: Document, point: Point) -> None:
        point = document.lines.clamp(point)
        request = CompletionRequest(document, point, invoked=False, arrived=self._clock.monotonic())
        folder = self._session.folder_of(document)
        settings = self._settings(folder)
        if gate(request, settings.completion, self._session.forbidden(document)) is not None:
            return
        plan = self._generator.plan(settings, request)
        if plan is not None and self._reuse.find(document, point) is None:
            recording = self._begin(request, settings, folder)
            self._flights.board(document, point, plan, recording)
            recording.answered(Outcome.EMPTY, "prefetch")
            self._flights.settle(request.document.uri, recording)

    def _begin(self, request: CompletionRequest, settings: Settings, folder: Path | None) -> Recording:
        where = str(folder) if folder else ""
        recording = self._recorder.begin(Task.COMPLETE, where, request.document, settings.harness, request.arrived)
        recording.tier = Tier.FAST
        return recording


def continued(request: CompletionRequest) -> tuple[Document, Point]:
    """The document and place to complete: with the editor's selected item taken in, where there is one."""
    selected = request.selected
    if selected is None:
        return request.document, request.point
    document = request.document.changed(selected.span, selected.text, request.document.version)
    return document, advance(selected.span.start, selected.text)


def _widened(selected: Span, infill: Span) -> Span:
    """The selected item's span, and what the completion replaces after the cursor."""
    beyond = infill.end.column - infill.start.column
    return Span(selected.start, Point(selected.end.line, selected.end.column + beyond))
