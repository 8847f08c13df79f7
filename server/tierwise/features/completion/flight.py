"""One answer in the making: what it was asked for, what it said so far, and who waits for it.

Owner of the generation's task. It outlives the request that started it: while the user types what it is streaming, the
next request joins it; once the user types anything else, it is aborted at the socket.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from tierwise.core.documents import Document
from tierwise.core.events import AttemptRecord
from tierwise.core.ports import DocumentEdit
from tierwise.core.rejection import Rejection
from tierwise.core.signals import Signal
from tierwise.core.text import Lines, Point, Span, with_line_feeds
from tierwise.edits.infill import Infill
from tierwise.features.recording import Recording

_ORPHAN_S = 0.3
"""How long a flight whose request was taken back waits for the next keystroke's request to join it."""


class Flight:
    """``text`` grows while the model speaks; ``outcome`` is there once ``done`` is, None when every model failed.
    ``landed`` is called with the flight at that moment; its calls may still have to tell what they cost.
    """

    def __init__(
        self, document: Document, point: Point, payer: Recording, landed: Callable[[Flight], None], began: float
    ) -> None:
        self.document = document
        self.point = point
        self.place = point
        """Where ``point`` is now: edits of other lines move it."""
        self.began = began
        """Monotonic seconds at its start."""
        self.text = ""
        self.line_repeated = False
        """Whether it was asked to begin with the point's line from its start."""
        self.outcome: Infill | Rejection | None = None
        self.partial: Callable[[], Infill | Rejection] | None = None
        self.enough = False
        """Whether it was stopped because it had said what is needed."""
        self.late = False
        """Whether it was stopped at the deadline, with what it had said by then."""
        self.strayed = False
        """Whether it was stopped because it says something else than what was typed ahead of it."""
        self.source = ""
        self.records: tuple[AttemptRecord, ...] = ()
        self.spoke = Signal()
        self.done = Signal()
        self.payer = payer
        self._landed = landed
        self._over = False
        self.aborted = False
        """Whether it was stopped from here, for whatever reason."""
        self._typed = ""
        self.grown = 0
        """Lines that edits of other lines have added."""
        self._settled: set[str] = set()
        self._task: asyncio.Task[None] | None = None
        self._orphaned: asyncio.TimerHandle | None = None

    def start(self, work: Callable[[Flight], Coroutine[Any, Any, None]]) -> None:
        """Begin. ``work`` fills ``text``, ``outcome`` and ``records`` and never raises."""
        self._task = asyncio.get_running_loop().create_task(self._run(work))
        self._task.add_done_callback(lambda _: self._end())  # also where it was aborted before its first step

    def hear(self, piece: str) -> None:
        self.text += piece
        self.spoke.set()
        if not self._fits(self._typed):
            self.strayed = True
            self.abort()

    def land(self) -> None:
        """``outcome`` is final: whoever waits for it may have it."""
        if not self.done.is_set():
            self.done.set()
            self._landed(self)

    @property
    def result(self) -> Infill | Rejection | None:
        """What it has said, shaped: all of it when it is done, else what can be shown of it now. None: it failed."""
        if self.done.is_set() or self.partial is None:
            return self.outcome
        return self.partial()

    def apart(self, edit: DocumentEdit) -> bool:
        """Take note of an edit of other lines than those it is about; False where it is about the edited ones."""
        grown, first = edit.after.lines.count - edit.before.lines.count, self.place.line
        if edit.span.end.line < first:
            self.place = Point(first + grown, self.place.column)
        elif edit.span.start.line <= first + self._typed.count("\n"):
            return False
        self.grown += grown
        return True

    def follow(self, lines: Lines, point: Point) -> bool:
        """Whether the user has typed, since the flight began, only what it says. What was typed ahead of it counts as
        its word until it has spoken: should it then say something else, it is aborted.
        """
        if self.aborted or point < self.place or point.line >= lines.count or not _same_place(self, lines, point):
            return False
        self._typed = with_line_feeds(lines.slice(Span(self.place, point)))
        return self._fits(self._typed)

    @property
    def said(self) -> str:
        """Its text from the point on, as far as that is known."""
        if not self.line_repeated:
            return self.text
        before = self.document.lines.line(self.point.line)[: self.point.column]
        for head in (before, before.lstrip()):
            if head.startswith(self.text):
                return ""  # it may still be repeating
            if head and self.text.startswith(head):
                return self.text[len(head) :]
        return self.text

    def _fits(self, typed: str) -> bool:
        said = with_line_feeds(self.said)
        same = min(len(typed), len(said))
        return typed[:same] == said[:same]

    def join(self, payer: Recording) -> None:
        """Another request waits for this flight: its event will carry the cost."""
        if self._orphaned is not None:
            self._orphaned.cancel()
            self._orphaned = None
        previous, self.payer = self.payer, payer
        if previous is not payer and previous.id in self._settled:
            previous.finish()

    def settle(self, recording: Recording) -> None:
        """A request has its answer. Its event is written once its calls have ended, so that their cost is known."""
        if self.payer is not recording:
            recording.finish()
        elif self._over:
            recording.finish(self.records)
        else:
            self._settled.add(recording.id)

    def orphan(self) -> None:
        """The only request was taken back while its text still fits: wait shortly for the next one."""
        self._orphaned = asyncio.get_running_loop().call_later(_ORPHAN_S, self.abort)

    def abort(self) -> None:
        """Stop now; the provider's socket is closed. Harmless when it has ended."""
        self.aborted = True
        if self._task is not None:
            self._task.cancel()

    def stop_late(self) -> None:
        """Stop now, at the deadline; what it has said is shown."""
        self.late = True
        self.abort()

    def when_over(self, callback: Callable[[], object]) -> None:
        """Call ``callback`` once all its calls have ended and its event is written."""
        assert self._task is not None
        self._task.add_done_callback(lambda _: callback())

    async def ended(self) -> None:
        """Wait until the generation is over, whatever its end."""
        if self._task is not None:
            await asyncio.wait([self._task])

    async def _run(self, work: Callable[[Flight], Coroutine[Any, Any, None]]) -> None:
        try:
            await work(self)
        finally:
            self._end()

    def _end(self) -> None:
        """All is over; once."""
        if self._over:
            return
        if self._orphaned is not None:
            self._orphaned.cancel()
        self.land()
        self._over = True
        if self.payer.id in self._settled:
            self.payer.finish(self.records)


def _same_place(flight: Flight, lines: Lines, point: Point) -> bool:
    """What stands before the flight's start and after the cursor is what it was, next to them; as many lines lie
    between the two as were added there since, so that a cursor that was only moved is not taken for typing.
    """
    start, old, line = flight.place, flight.document.lines, flight.point.line
    if lines.count - old.count - flight.grown != point.line - start.line:
        return False
    if lines.line(start.line)[: start.column] != old.line(line)[: start.column]:
        return False
    rest_then = old.line(line)[start.column :]
    rest_now = lines.line(point.line)[point.column :]
    return rest_now.endswith(rest_then)
