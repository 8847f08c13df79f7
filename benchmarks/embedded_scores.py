"""Writing with the embedded engine: every keystroke asked, right offers accepted, wrong ones read.

A right offer is accepted the moment it is shown, for one key; a wrong one costs nothing but being shown. An offer that
goes on saying what the last one said is the same one. What is saved beyond the end of the line does not count.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from benchmarks.embedded_cases import Probe
from tierwise.embedded.generate import ATTENTION, LEAST_PART, LEAST_WHOLE, Stop, chosen
from tierwise.embedded.values import Silence

Least = tuple[float, float]
"""The lowest confidence of an offer that ends a line, and of another."""

CHOSEN: Least = (LEAST_WHOLE, LEAST_PART)
LOWEST = 0.4
"""Confidence down to which offers are recorded, to show what other thresholds would do."""

_MOST_LINES = 12
_ALIKE = 8
"""Characters in front of the cursor that have to stand in an earlier place too, for the bare comparison."""


@dataclass(frozen=True, slots=True)
class Offer:
    """``whole``: it reaches the end of a line."""

    stop: Stop
    right: bool
    whole: bool


@dataclass(frozen=True, slots=True)
class Place:
    """One keystroke: where it is, what is typed next, and the offers that could be made there."""

    line: tuple[str, int]
    column: int
    next: str
    offers: tuple[Offer, ...]


@dataclass(slots=True)
class Score:
    """Counts over the places of one source. ``bins`` maps tenths of confidence to offers shown, those that were right,
    and the sum of what was said.
    """

    keys: int = 0
    asked: int = 0
    offered: int = 0
    shown: int = 0
    right: int = 0
    whole: int = 0
    saved: int = 0
    bins: dict[int, list[float]] = field(default_factory=lambda: defaultdict(lambda: [0, 0, 0.0]))

    @property
    def precision(self) -> float:
        return self.right / max(1, self.shown)

    @property
    def saving(self) -> float:
        return self.saved / max(1, self.keys)


def recorded(probes: Iterable[Probe]) -> list[Place]:
    """What the engine could offer at each place."""
    return [_place(probe, _offers(probe)) for probe in probes]


def repeated(probes: Iterable[Probe]) -> list[Place]:
    """The same for a bare comparison: the rest of the line at the nearest place above where the same characters stood
    in front of the cursor.
    """
    return [_place(probe, _repetition(probe)) for probe in probes]


def played(places: Iterable[Place], attention: float = ATTENTION, least: Least = CHOSEN) -> Score:
    """Write along ``places`` with the offers of these thresholds."""
    score = Score()
    accepted, shown = (("", 0), 0), None
    for place in places:
        score.keys += 1
        if accepted[0] == place.line and place.column < accepted[1]:
            continue
        score.asked += 1
        offer = _chosen(place, attention, least)
        if offer is None:
            shown = None
            continue
        score.offered += 1
        text = offer.stop.text
        if shown != (place.line, text):
            _count(score, offer)
        if offer.right:
            here = len(text.split("\n")[0])
            score.saved += max(0, here - 1)
            accepted = (place.line, place.column + here)
        shown = (place.line, text[1:]) if text[:1] == place.next else None
    return score


def is_right(offered: str, truth: str) -> bool:
    """Whether the truth begins with what was offered and does not go on in the middle of its last word."""
    if not truth.startswith(offered):
        return False
    following = truth[len(offered) : len(offered) + 1]
    return not (following and _in_word(following) and _in_word(offered[-1:]))


def _in_word(char: str) -> bool:
    return char == "_" or char.isalnum()


def _count(score: Score, offer: Offer) -> None:
    score.shown += 1
    score.right += offer.right
    score.whole += offer.right and offer.whole
    found = score.bins[min(9, int(10 * offer.stop.confidence))]
    found[0] += 1
    found[1] += offer.right
    found[2] += offer.stop.confidence


def _chosen(place: Place, attention: float, least: Least) -> Offer | None:
    stop = chosen((offer.stop for offer in place.offers), attention, least)
    return next((offer for offer in place.offers if offer.stop is stop), None)


def _place(probe: Probe, stops: list[Stop]) -> Place:
    truth = probe.truth
    offers = [
        Offer(stop, is_right(stop.text, truth), truth[len(stop.text) : len(stop.text) + 1] in {"", "\n"})
        for stop in stops
    ]
    return Place((probe.document.uri, probe.point.line), probe.point.column, truth[:1], tuple(offers))


def _offers(probe: Probe) -> list[Stop]:
    writer = probe.engine.writer(probe.document, probe.point, _MOST_LINES)
    stops = writer if isinstance(writer, Silence) else writer.offers(LOWEST)
    return [] if isinstance(stops, Silence) else stops


def _repetition(probe: Probe) -> list[Stop]:
    lines, point = probe.document.lines, probe.point
    before = lines.line(point.line)[: point.column]
    if len(before.strip()) < _ALIKE or lines.line(point.line)[point.column :].strip():
        return []
    above = lines.before(point, point.line)
    at = above.rfind(before[-_ALIKE:], 0, len(above) - 1)
    start = at + _ALIKE
    text = above[start : above.find("\n", start)].rstrip("\r") if at >= 0 else ""
    return [Stop(text, 1.0)] if len(text) > 1 else []
