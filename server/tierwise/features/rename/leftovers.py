"""Taking an offer: what is left of a rename that was applied, found anew in the text as it is now.

Owner of no state. What a model has judged before is not asked again; without a model only what no program reads is
changed, unless the user confirms every part.
"""

from __future__ import annotations

from dataclasses import dataclass

from tierwise.core.clock import Clock
from tierwise.core.documents import Document
from tierwise.core.errors import Declined
from tierwise.features.recording import Recording
from tierwise.features.rename.adjudicate import Adjudicator, Case, Judging
from tierwise.features.rename.offers import Remembered, Rest, key_of
from tierwise.features.rename.searching import (
    DONE,
    as_applied,
    is_prose,
    mentions_of,
    related_to,
    remember_verdict,
)
from tierwise.features.rename.values import Afterwards
from tierwise.rename.mentions import Mention
from tierwise.rename.service import Renamer
from tierwise.rename.snapshot import Snapshot
from tierwise.settings.models import Settings

_RELATED_S = 20.0
"""The user waits for this one, with a progress display that can be cancelled."""


@dataclass(frozen=True, slots=True)
class Taking:
    """``document``: the renamed symbol's. ``confirms``: the user is asked to confirm parts that are not judged."""

    view: Snapshot
    document: Document
    remembered: Remembered
    settings: Settings
    recording: Recording
    confirms: bool


class Leftovers:
    """Takes offers."""

    def __init__(self, renamer: Renamer, adjudicator: Adjudicator, clock: Clock) -> None:
        self._renamer = renamer
        self._adjudicator = adjudicator
        self._clock = clock

    async def take(self, taking: Taking, rest: Rest) -> Afterwards:
        """The changes. Raises Declined where there are none, or where nobody could tell which."""
        renamed = await as_applied(taking.view, taking.document, taking.remembered)
        if rest is Rest.RELATED:
            until = self._clock.monotonic() + _RELATED_S
            related, _ = await related_to(taking.view, self._renamer, renamed, self._clock, until)
            done = Afterwards(related=related)
        else:
            found = await mentions_of(taking.view, renamed)
            done = await self._mentions(taking, found)
        if not done.mentions and not done.related:
            raise Declined(f"Nothing is left that belongs to the rename of '{taking.remembered.old_name}'.")
        return done

    async def _mentions(self, taking: Taking, found: tuple[Mention, ...]) -> Afterwards:
        verdicts = taking.remembered.verdicts
        accepted = [mention for mention in found if verdicts.get(key_of(mention, DONE)) is True]
        asked = [mention for mention in found if key_of(mention, DONE) not in verdicts]
        if not asked:
            return Afterwards(tuple(accepted))
        if not self._adjudicator.available(taking.settings):
            plain = asked if taking.confirms else filter(is_prose, asked)
            return Afterwards((*accepted, *plain), judged=not taking.confirms)
        accepted += await self._judged(taking, asked, must=not accepted)
        return Afterwards(tuple(accepted))

    async def _judged(self, taking: Taking, asked: list[Mention], *, must: bool) -> tuple[Mention, ...]:
        """What a model accepts. ``must``: there is nothing else to be done, so its failure is the answer."""
        remembered = taking.remembered
        case = Case(
            taking.view,
            taking.document,
            remembered.anchor,
            remembered.old_name,
            remembered.new_name,
            remembered.kind,
            asked,
        )
        judging = Judging()
        arrived = self._clock.monotonic()
        await self._adjudicator.judge(taking.settings, case, judging, taking.recording, arrived=arrived)
        if judging.verdict is not None:
            remember_verdict(remembered, judging.verdict, DONE)
            return judging.verdict.accepted
        if must:
            raise Declined(
                f"The fast tier did not tell which mentions are meant ({judging.failed}); nothing was changed."
            )
        return ()
