"""A desk for the flow of completions: a session, a scripted model behind the flow's own port, and a clock."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tierwise.core.clock import SystemClock
from tierwise.core.documents import Document
from tierwise.core.events import AttemptRecord, AttemptResult, RequestEvent
from tierwise.core.models import ModelRef, Usage
from tierwise.core.tasks import Tier
from tierwise.core.text import Point, Span
from tierwise.edits.infill import Infill
from tierwise.features.completion.flight import Flight
from tierwise.features.completion.flow import CompletionFlow
from tierwise.features.completion.values import CompletionAnswer, CompletionRequest, Selected
from tierwise.features.completion.words import WordList
from tierwise.features.learning import Listeners, OpenDocumentListener
from tierwise.features.recording import Recorder
from tierwise.session.privacy import FolderTerms
from tierwise.session.session import Session
from tierwise.settings.models import CompletionSettings, Settings


@dataclass
class Model:
    """A model that says ``pieces`` one by one, each when it is let."""

    pieces: list[str]
    first_token_s: float = 5.0
    deadline_s: float = 5.0
    flights: list[Flight] = field(default_factory=list)
    aborted: int = 0
    _gates: list[asyncio.Event] = field(default_factory=list)

    def plan(self, settings: Settings, request: CompletionRequest) -> Model | None:
        return self if self.pieces else None

    def let(self, count: int = 1) -> None:
        for gate in [gate for gate in self._gates if not gate.is_set()][:count]:
            gate.set()

    async def work(self, flight: Flight) -> None:
        self.flights.append(flight)
        flight.source = "a/model"
        flight.partial = lambda: Infill(flight.text, Span.at(flight.point))
        gates = [asyncio.Event() for _ in self.pieces]
        self._gates += gates
        try:
            for gate, piece in zip(gates, self.pieces, strict=True):
                await gate.wait()
                flight.hear(piece)
                await asyncio.sleep(0)
        except asyncio.CancelledError:
            self.aborted += 1
            raise
        finally:
            cost = AttemptRecord(ModelRef("a", "model"), Tier.FAST, AttemptResult.USED, 0, 1, 2, Usage(10), 0.5)
            flight.records = (cost,)
        flight.outcome = Infill(flight.text, Span.at(flight.point))


class Engine:
    def suggest(self, document: Document, point: Point, *, multiline: bool) -> str | None:
        return "embedded"

    def words(self, document: Document, point: Point) -> WordList:
        return WordList(Span.at(point), ())


class Events:
    def __init__(self) -> None:
        self.seen: list[RequestEvent] = []

    def record(self, event: RequestEvent) -> None:
        self.seen.append(event)


class Clock(SystemClock):
    """The system's, some seconds ahead."""

    ahead = 0.0

    def monotonic(self) -> float:
        return super().monotonic() + self.ahead


class Desk:
    """A session with one open document and the flow on top of it."""

    def __init__(self, folder: Path, model: Model, text: str = "x = \n", **completion: object) -> None:
        listeners, clock = Listeners(), Clock()
        self.clock = clock
        self.session = Session(clock, listeners)
        self.session.set_folders({folder: FolderTerms()})
        self.events = Events()
        settings = Settings(completion=CompletionSettings.model_validate(completion))
        recorder = Recorder(self.events, clock)
        self.flow = CompletionFlow(self.session, lambda _: settings, model, Engine(), recorder, clock)
        listeners.add(OpenDocumentListener(self.flow))
        self.uri = (folder / "a.py").as_uri()
        self.session.open(self.uri, "python", 1, text)
        self._version = 1

    def type(self, point: Point, text: str) -> None:
        self._version += 1
        self.session.change(self.uri, self._version, Span.at(point), text)

    def request(self, point: Point, *, invoked: bool = True, selected: Selected | None = None) -> CompletionRequest:
        document = self.session.document(self.uri)
        assert document is not None
        return CompletionRequest(document, point, invoked, self.clock.monotonic(), selected)

    def ask(self, point: Point, **options: object) -> asyncio.Task[CompletionAnswer]:
        request = self.request(point, **options)  # type: ignore[arg-type]
        return asyncio.create_task(self.flow.complete(request))

    def outcomes(self) -> list[tuple[str, str, float]]:
        return [(event.outcome, event.source or event.reason, event.cost_usd) for event in self.events.seen]


async def until(condition: Callable[[], object]) -> None:
    for _ in range(1_000):
        if condition():
            return
        await asyncio.sleep(0)
    for _ in range(1_000):  # what takes its time by the clock
        if condition():
            return
        await asyncio.sleep(0.005)
    raise AssertionError("it never came to that")


END = Point(0, 4)
