"""The flights under way: at most one per document that may still be joined, and those whose calls have yet to end.

Owner of them, and of the rhythm by which it is decided whether another one is worth its money. It knows nothing of
answers: what a flight says is looked at by the flow.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, Protocol

from tierwise.core.clock import Clock
from tierwise.core.documents import Document
from tierwise.core.ports import DocumentEdit
from tierwise.core.text import Point, advance
from tierwise.features.completion.flight import Flight
from tierwise.features.completion.rhythm import Rhythm
from tierwise.features.recording import Recording

_BUDGET_SHARE = 0.25
"""A pause takes no more of the first-token budget: the rest is the model's."""


class Plan(Protocol):
    """How to ask models for one completion: who, within which limits."""

    @property
    def first_token_s(self) -> float: ...

    @property
    def deadline_s(self) -> float: ...

    def work(self, flight: Flight) -> Coroutine[Any, Any, None]: ...


class Flights:
    """``landed`` is called with every flight at the moment its outcome is final."""

    def __init__(self, clock: Clock, landed: Callable[[Flight], None]) -> None:
        self._clock = clock
        self._landed = landed
        self._rhythm = Rhythm()
        self._joinable: dict[str, Flight] = {}
        self._used: dict[str, Flight] = {}
        self._aloft: set[Flight] = set()

    def keystroke(self, arrived: float) -> None:
        """The editor asks by itself, at this time of the monotonic clock."""
        self._rhythm.keystroke(arrived)

    def pause(self, document: Document, point: Point, plan: Plan, arrived: float) -> float:
        """Seconds to wait for the next keystroke before one is started for this one; 0 where one can be joined."""
        flight = self._joinable.get(document.uri)
        if flight is not None and not flight.done.is_set() and self._joins(flight, document, point, plan):
            return 0.0
        pause = min(self._rhythm.pause(), _BUDGET_SHARE * plan.first_token_s)
        return max(0.0, arrived + pause - self._clock.monotonic())

    def board(self, document: Document, point: Point, plan: Plan, recording: Recording) -> Flight:
        """Join the document's flight where it says what the user types, else start a new one in its place."""
        flight = self._joinable.get(document.uri)
        if flight is not None and not flight.done.is_set():
            if self._joins(flight, document, point, plan):
                flight.join(recording)
                self._used[recording.id] = flight
                return flight
            flight.abort()
        flight = self._joinable[document.uri] = self._used[recording.id] = self._start(document, point, plan, recording)
        return flight

    def edited(self, edit: DocumentEdit) -> None:
        """An open document changed: abort a flight that can no longer match."""
        flight = self._joinable.get(edit.after.uri)
        if flight is None or flight.done.is_set() or flight.apart(edit):
            return
        if not flight.follow(edit.after.lines, advance(edit.span.start, edit.text)):
            flight.abort()

    def closed(self, uri: str) -> None:
        """A document was closed: what is under way for it is aborted."""
        flight = self._joinable.pop(uri, None)
        if flight is not None:
            flight.abort()

    def let_go(self, uri: str, recording: Recording, *, typed_on: bool) -> None:
        """The editor took the request back: abort its flight, unless the user went on typing and it still fits."""
        flight = self._joinable.get(uri)
        if flight is None or flight.payer is not recording or flight.done.is_set():
            return
        if typed_on:
            flight.orphan()
        else:
            flight.abort()

    def settle(self, uri: str, recording: Recording) -> None:
        """The request is answered: its event waits for the flight it used, so that no cost is lost."""
        used = self._used.pop(recording.id, None)
        if used is None:
            recording.finish()
        else:
            used.settle(recording)
        if (flight := self._joinable.get(uri)) is not None and flight.done.is_set():
            del self._joinable[uri]

    async def aclose(self) -> None:
        """Abort all flights and wait for their ends."""
        flights = list(self._aloft)
        for flight in flights:
            flight.abort()
        for flight in flights:
            await flight.ended()

    def _joins(self, flight: Flight, document: Document, point: Point, plan: Plan) -> bool:
        """Whether the flight may still say what is wanted here. Of one that says nothing for long it is not hoped that
        it will say what was typed ahead of it.
        """
        if not flight.follow(document.lines, point):
            return False
        hopeful = self._clock.monotonic() - flight.began < plan.first_token_s
        return hopeful or flight.spoke.is_set() or point == flight.place

    def _start(self, document: Document, point: Point, plan: Plan, recording: Recording) -> Flight:
        flight = Flight(document, point, recording, self._landed, self._clock.monotonic())
        flight.spoke.then(lambda: self._rhythm.spoke(self._clock.monotonic() - flight.began))
        flight.start(plan.work)
        self._aloft.add(flight)
        flight.when_over(lambda: self._over(flight))
        return flight

    def _over(self, flight: Flight) -> None:
        self._aloft.discard(flight)
        if flight.spoke.is_set():
            return
        took = self._clock.monotonic() - flight.began
        if flight.aborted:
            self._rhythm.silent(took)
        else:  # an error is a word, too: it came this fast
            self._rhythm.spoke(took)
