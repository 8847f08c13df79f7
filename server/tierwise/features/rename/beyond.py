"""What goes beyond the certain occurrences of a rename: mentions and related names, in its answer or offered after it.

Owner of the searches under way. Whatever fails here, the certain occurrences are answered, and on time.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from tierwise.core.clock import Clock
from tierwise.features.recording import Recording
from tierwise.features.rename.adjudicate import Adjudicator, Case, Judging
from tierwise.features.rename.offers import Offers, Remembered, related_keys
from tierwise.features.rename.searching import (
    as_renamed,
    is_prose,
    mentions_of,
    related_to,
    remember,
    remember_mentions,
    remember_verdict,
)
from tierwise.features.rename.values import RenameAnswer, RenameRequest
from tierwise.rename.mentions import Mention, Renamed
from tierwise.rename.related import Related
from tierwise.rename.service import Renamer
from tierwise.rename.snapshot import Snapshot
from tierwise.rename.values import RenameResult
from tierwise.settings.models import Settings
from tierwise.settings.renaming import Offer

_RELATED_S = 0.3
"""Seconds that the search for related names may delay an answer; what is not found by then is offered afterwards."""
_AFTERWARDS_S = 10.0
_SEARCHED_S = 1.0
"""Seconds that an offer waits for the search of a rename that was just answered."""

Answer = Callable[[RenameAnswer, str], None]
"""Called once: with the answer, and a word on what is missing from it."""


@dataclass(frozen=True, slots=True)
class Job:
    """One rename whose certain occurrences are there."""

    view: Snapshot
    request: RenameRequest
    certain: RenameResult
    settings: Settings
    recording: Recording


@dataclass(slots=True)
class _Found:
    """What a search found. ``judging`` is None where no model is asked."""

    renamed: Renamed
    remembered: Remembered
    mentions: tuple[Mention, ...] = ()
    related: tuple[Related, ...] = ()
    complete: bool = True
    judging: Judging | None = None
    asking: asyncio.Task[None] | None = None
    asked_at: float = 0.0


class Beyond:
    """Searches and asks for all renames of one session, and remembers what is left in ``offers``. ``give_way`` is
    called between two files and two names.
    """

    def __init__(
        self,
        renamer: Renamer,
        adjudicator: Adjudicator,
        offers: Offers,
        clock: Clock,
        give_way: Callable[[], None],
    ) -> None:
        self._renamer = renamer
        self._give_way = give_way
        self._adjudicator = adjudicator
        self._offers = offers
        self._clock = clock
        self._searches = 0
        self._idle = asyncio.Event()
        self._idle.set()

    async def extend(self, job: Job, answer: Answer) -> None:
        """Answer with what there is within the limits, then wait for what is late."""
        plain = job.certain.old_name.removeprefix("#").isidentifier()
        inline = plain and job.request.confirms and job.settings.rename.offers is Offer.EDIT
        async with self._searching():
            if not inline:
                answer(RenameAnswer(job.certain), "")
            if not plain:
                return
            found = await self._search(job, _RELATED_S if inline else _AFTERWARDS_S)
        try:
            if inline:
                answer(*await self._within_limits(job, found))
            if not found.complete:
                await self._related(job, found, _AFTERWARDS_S)
            if found.judging is not None:
                await found.judging.done.wait()
                if found.judging.verdict is not None:
                    remember_verdict(found.remembered, found.judging.verdict, job.certain.changeset)
        finally:
            if found.asking is not None:
                found.asking.cancel()
                await asyncio.gather(found.asking, return_exceptions=True)

    async def searched(self) -> None:
        """Wait until what was renamed last has been looked through, for a moment at most."""
        try:
            async with asyncio.timeout(_SEARCHED_S):
                await self._idle.wait()
        except TimeoutError:
            return

    async def _search(self, job: Job, related_s: float) -> _Found:
        request, settings = job.request, job.settings.rename
        renamed = await as_renamed(request.document, request.point, job.certain)
        found = _Found(renamed, remember(job.view, renamed, request.point, job.certain.kind))
        if settings.mentions:
            found.mentions = await mentions_of(job.view, renamed, self._give_way)
            self._judge(job, found)
        self._offers.keep(found.remembered)
        if settings.related:
            found.related, found.complete = await self._related(job, found, related_s)
        return found

    async def _related(self, job: Job, found: _Found, limit_s: float) -> tuple[tuple[Related, ...], bool]:
        until = self._clock.monotonic() + limit_s
        related, complete = await related_to(job.view, self._renamer, found.renamed, self._clock, until, self._give_way)
        found.remembered.related |= related_keys(related, job.certain.changeset)
        return related, complete

    def _judge(self, job: Job, found: _Found) -> None:
        """Have the mentions judged, where there is somebody to ask. All are left to be offered until then."""
        kept = found.mentions
        if found.mentions and self._adjudicator.available(job.settings):
            request, certain = job.request, job.certain
            names = certain.old_name, certain.new_name
            case = Case(job.view, request.document, request.point, *names, certain.kind, found.mentions)
            found.judging, found.asked_at = Judging(), self._clock.monotonic()
            work = self._adjudicator.judge(job.settings, case, found.judging, job.recording, arrived=found.asked_at)
            found.asking = asyncio.get_running_loop().create_task(work)
        elif not job.request.confirms:
            kept = tuple(filter(is_prose, found.mentions))
        remember_mentions(found.remembered, kept, job.certain.changeset)

    async def _within_limits(self, job: Job, found: _Found) -> tuple[RenameAnswer, str]:
        """The answer. Mentions are in it that a model accepted in time; where there is no model, those that can hardly
        mean anything else.
        """
        if found.judging is None:
            marked = tuple(mention for mention in found.mentions if mention.marked)
            return RenameAnswer(job.certain, marked, found.related), ""
        limits = self._adjudicator.limits(job.settings)
        deadline = job.request.arrived + limits.deadline_s
        verdict = await found.judging.within(self._clock, found.asked_at + limits.first_token_s, deadline)
        if verdict is None:
            return RenameAnswer(job.certain, (), found.related), f"mentions-{found.judging.failed or 'late'}"
        return RenameAnswer(job.certain, verdict.accepted, found.related), ""

    @asynccontextmanager
    async def _searching(self) -> AsyncGenerator[None, None]:
        self._searches += 1
        self._idle.clear()
        try:
            yield
        finally:
            self._searches -= 1
            if not self._searches:
                self._idle.set()
