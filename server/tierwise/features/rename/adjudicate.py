"""Mentions, judged by the fast tier: numbered candidates in one bounded request, a set of numbers back.

A verdict that is late, missing or malformed costs nothing: whoever waits goes on without it, and it may still come.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from tierwise.core.clock import Clock
from tierwise.core.documents import Document
from tierwise.core.rejection import Rejection
from tierwise.core.text import Point
from tierwise.core.tokens import size
from tierwise.core.workspace import WorkspaceView
from tierwise.features.recording import Recording
from tierwise.features.rename.fast import FastAsker, FastQuestion, refused
from tierwise.prompts.renaming import NamedThing, adjudication_prompt, numbered_line
from tierwise.prompts.schemas import ADJUDICATION
from tierwise.rename.mentions import Mention
from tierwise.routing.policy import Limits
from tierwise.session.related import relative_name
from tierwise.settings.models import Settings
from tierwise.validation.replies import parse_adjudication

_DEFINITION_LINES = 6
_TOKENS_A_NUMBER = 4
_TOKENS_AROUND = 64


@dataclass(frozen=True, slots=True)
class Case:
    """What is to be judged: the renamed thing as it was, and its candidates, the nearest first."""

    view: WorkspaceView
    document: Document
    point: Point
    old_name: str
    new_name: str
    kind: str
    mentions: Sequence[Mention]


@dataclass(frozen=True, slots=True)
class Verdict:
    """``accepted`` of the ``asked`` ones mean the renamed thing; the others of them do not."""

    asked: tuple[Mention, ...]
    accepted: tuple[Mention, ...]


@dataclass(slots=True)
class Judging:
    """A verdict on its way. ``failed`` is a word on why none will come."""

    heard: asyncio.Event = field(default_factory=asyncio.Event)
    done: asyncio.Event = field(default_factory=asyncio.Event)
    verdict: Verdict | None = None
    failed: str = ""

    async def within(self, clock: Clock, first_token_by: float, deadline: float) -> Verdict | None:
        """The verdict, if the first token came by the one time and the end by the other (monotonic seconds)."""
        if not self.done.is_set():
            await _until(self.heard, min(first_token_by, deadline) - clock.monotonic())
        if self.heard.is_set() and not self.done.is_set():
            await _until(self.done, deadline - clock.monotonic())
        return self.verdict if self.done.is_set() else None

    def end(self, outcome: Verdict | str) -> None:
        if isinstance(outcome, Verdict):
            self.verdict = outcome
        else:
            self.failed = outcome
        self.heard.set()
        self.done.set()


class Adjudicator:
    """Puts candidates to the fast tier."""

    def __init__(self, tier: FastAsker) -> None:
        self._tier = tier

    def available(self, settings: Settings) -> bool:
        """Whether there is somebody to ask."""
        return self._tier.available(settings)

    def limits(self, settings: Settings) -> Limits:
        """The first-token budget and the deadline of a verdict."""
        return self._tier.limits(settings)

    async def judge(
        self, settings: Settings, case: Case, judging: Judging, recording: Recording, *, arrived: float
    ) -> None:
        """Ask, and leave the outcome in ``judging``. Raises nothing but cancellation."""
        try:
            judging.end(await self._ask(settings, case, judging, recording, arrived))
        finally:
            if not judging.done.is_set():
                judging.end("cancelled")

    async def _ask(
        self, settings: Settings, case: Case, judging: Judging, recording: Recording, arrived: float
    ) -> Verdict | str:
        asked, question = self._question(settings, case)
        reply = await self._tier.ask(settings, question, recording, arrived=arrived, heard=judging.heard.set)
        if isinstance(reply, str):
            return reply
        numbers = parse_adjudication(reply.text, len(asked))
        if isinstance(numbers, Rejection):
            refused(reply, recording, numbers.reason)
            return str(numbers.reason)
        return Verdict(asked, tuple(mention for number, mention in enumerate(asked, 1) if number in numbers))

    def _question(self, settings: Settings, case: Case) -> tuple[tuple[Mention, ...], FastQuestion]:
        room = self._tier.room(settings)
        asked: list[Mention] = []
        lines: list[str] = []
        for mention in case.mentions:
            line = _line(case.view, len(asked) + 1, mention)
            room -= size(line)
            if room < 0:
                break
            asked.append(mention)
            lines.append(line)
        folder = case.view.folder_of(case.document.path) if case.document.path is not None else None
        sources = {document.path for document in (case.document, *(mention.document for mention in asked))}
        question = FastQuestion(
            prompt=adjudication_prompt(_thing(case), case.new_name, lines),
            schema=ADJUDICATION,
            max_output_tokens=_TOKENS_AROUND + _TOKENS_A_NUMBER * len(asked),
            sources=frozenset(str(path) for path in sources if path is not None),
            folder=folder.name if folder is not None else "",
        )
        return tuple(asked), question


def _thing(case: Case) -> NamedThing:
    lines = case.document.lines
    first = max(0, case.point.line - 1)
    shown = "".join(lines.raw_range(first, first + _DEFINITION_LINES))
    return NamedThing(case.old_name, case.kind, relative_name(case.view, case.document), shown)


def _line(view: WorkspaceView, number: int, mention: Mention) -> str:
    span = mention.span
    path = relative_name(view, mention.document)
    return numbered_line(
        number, path, span.start.line + 1, mention.where, mention.line, span.start.column, span.end.column
    )


async def _until(event: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(max(0.0, seconds)):
            await event.wait()
    except TimeoutError:
        pass
