"""How likely each next token is: evidence mixed by length of context, then set right by what was measured.

Owner of no state. The mixing is prediction by partial matching with Dirichlet smoothing (MacKay and Peto, "A
hierarchical Dirichlet language model", 1995): each longer context corrects what the shorter ones say. Logistic
regressions on top of it weigh the kinds of evidence against each other and make the result a probability.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import exp, log

from tierwise.embedded.calibration import BREAK_WEIGHTS, SERIES_BEGINS, SERIES_GOES_ON, WEIGHTS
from tierwise.embedded.evidence import ORDERS, Witness, is_word
from tierwise.embedded.vocabulary import LINE_END, break_levels

_SMOOTHING = (2.0, 1.5, 1.0, 0.7, 0.5, 0.4, 0.3)
"""What a context's shorter one is worth, in occurrences, for each of ``ORDERS``."""

_UNANIMOUS = 0.984
"""Share from which all witnesses are taken to say the same."""

_MOST = 3
"""Candidates that are weighed; the rest are far behind."""


@dataclass(slots=True)
class Tally:
    """What speaks for one token, in shares of all that speaks for any: ``share`` from witnesses, whose longest matched
    the order at ``level``; ``alike`` from ``lines`` of the same shape, where the token may be ``exchanged`` for
    another; ``skipping`` from contexts that differ in one word; ``nearby`` from being a name near the cursor, ``pairs``
    from being one that followed the same token. ``part``: a string or comment up to the end of a word. ``series``: two
    lines above that differ by a step lead to it.
    """

    counts: list[float] = field(default_factory=lambda: [0.0] * len(ORDERS))
    level: int = -1
    own: bool = False
    share: float = 0.0
    alike: float = 0.0
    exchanged: bool = False
    lines: int = 0
    skipping: float = 0.0
    nearby: float = 0.0
    pairs: float = 0.0
    part: bool = False
    series: bool = False

    @property
    def evidence(self) -> float:
        weak = self.skipping + self.nearby + self.pairs
        return self.share + self.alike + 0.5 * weak + self.series


@dataclass(slots=True)
class Poll:
    """All that speaks for any token at one place. Candidates are texts: a lexeme with the blank before it. ``opening``
    is what is typed of the token ("" for nothing), None for every token after the first; ``steps`` tokens were written
    before it. ``prose``: in a string or comment. ``near`` is the text just above the cursor, ``around`` a wider stretch
    of it.
    """

    opening: str | None = None
    prose: bool = False
    steps: int = 0
    near: str = ""
    around: str = ""
    tallies: dict[str, Tally] = field(default_factory=dict[str, Tally])
    totals: list[float] = field(default_factory=lambda: [0.0] * len(ORDERS))

    def tally(self, text: str) -> Tally:
        found = self.tallies.get(text)
        if found is None:
            found = self.tallies[text] = Tally()
        return found

    def hear(self, witnesses: Iterable[Witness], text_of: Callable[[str], str]) -> None:
        """Take the witnesses' shares; ``text_of`` gives the candidate for each of their next tokens."""
        totals = self.totals
        for witness in witnesses:
            level = witness.level
            tally = self.tally(text_of(witness.text[witness.place]))
            tally.counts[level] += witness.weight
            totals[level] += witness.weight
            tally.level = max(tally.level, level)
            tally.own = tally.own or witness.own
        _accumulate(totals)
        for tally in self.tallies.values():
            _accumulate(tally.counts)
            for count, total, smoothing in zip(tally.counts, totals, _SMOOTHING, strict=True):
                if not total:
                    break
                tally.share = (count + smoothing * tally.share) / (total + smoothing)

    @property
    def thin(self) -> bool:
        """Whether no context longer than two tokens is known."""
        return not self.totals[2]


@dataclass(frozen=True, slots=True)
class Judged:
    """A candidate with the probability that it is right."""

    text: str
    probability: float


def best(poll: Poll, *, part: bool = False) -> Judged | None:
    """The likeliest candidate, of whole tokens or of those that are part of one."""
    judged = [Judged(text, _probability(poll, text, tally)) for text, tally in leading(poll) if tally.part is part]
    return max(judged, key=lambda one: (one.probability, one.text), default=None)


def judged(poll: Poll) -> list[tuple[str, float]]:
    """Every candidate with its probability, in no order."""
    return [(text, _probability(poll, text, tally)) for text, tally in poll.tallies.items()]


def best_break(votes: Mapping[str, float], *, fresh: bool) -> Judged | None:
    """The likeliest of the breaks that may begin a line. ``fresh``: it is the first thing that is written."""
    token = max(votes, key=lambda key: (votes[key], key), default=None)
    if token is None:
        return None
    return Judged(token, _logistic(BREAK_WEIGHTS, break_features(votes, token, fresh=fresh)))


def break_features(votes: Mapping[str, float], token: str, *, fresh: bool) -> Sequence[float]:
    """What the regression of breaks looks at, in the order of ``calibration.BREAK_WEIGHTS``."""
    total = sum(votes.values())
    levels = break_levels(token)
    return (1.0, _logit(votes[token] / (total + 0.5)), log(total), fresh, levels is not None and levels > 0)


def leading(poll: Poll) -> list[tuple[str, Tally]]:
    """The few candidates that most speaks for."""
    return sorted(poll.tallies.items(), key=lambda item: (-item[1].evidence, item[0]))[:_MOST]


def regime(poll: Poll, tally: Tally) -> str:
    """Which regression judges a token: they differ in where it stands and in what kinds of evidence there are."""
    kinds = ("alike" if tally.alike else "") + ("seen" if tally.share else "")
    if poll.prose:
        place = "text-"
    elif poll.opening is None:
        place = ""
    else:
        place = "begun-" if poll.opening else "first-"
    return place + (kinds or "rest")


def features(poll: Poll, text: str, tally: Tally) -> Sequence[float]:
    """What a regression looks at, in the order of ``calibration.WEIGHTS``."""
    others = [other for key, other in poll.tallies.items() if key != text and other.part is tally.part]
    rival = max((other.share for other in others), default=0.0)
    rival_alike = max((other.alike for other in others), default=0.0)
    level = tally.level
    top = max((index for index, total in enumerate(poll.totals) if total), default=-1)
    heard = log(1 + poll.totals[level]) if level >= 0 else 0.0
    lexeme = text.lstrip(" ")
    word = is_word(lexeme)
    begun = len(poll.opening or "")
    return (
        1.0,
        _logit(tally.share),
        _logit(tally.alike),
        tally.exchanged,
        log(1 + tally.lines),
        _logit(tally.skipping),
        not tally.skipping,
        _logit(tally.nearby),
        not tally.nearby,
        _logit(tally.pairs),
        not tally.pairs,
        level,
        top - level,
        heard,
        heard if tally.share > _UNANIMOUS else 0.0,
        log(1 + tally.counts[level]) if level >= 0 else 0.0,
        _logit(rival) if rival else -4.0,
        _logit(rival_alike) if rival_alike else -4.0,
        len(others) == 0,
        word,
        len(lexeme) > 1 and lexeme[0] in "\"'`#/",
        lexeme[:1].isdigit(),
        text == LINE_END,
        min(8, begun),
        begun / max(1, len(lexeme)),
        lexeme == poll.opening,
        tally.part,
        word and lexeme in poll.near,
        word and lexeme in poll.around,
        log(1 + poll.steps),
    )


def _probability(poll: Poll, text: str, tally: Tally) -> float:
    fitted = _logistic(WEIGHTS[regime(poll, tally)], features(poll, text, tally))
    if not tally.series:
        return fitted
    return max(fitted, SERIES_GOES_ON if poll.opening is None else SERIES_BEGINS)


def _logistic(weights: Sequence[float], values: Sequence[float]) -> float:
    return 1 / (1 + exp(-sum(weight * value for weight, value in zip(weights, values, strict=True))))


def _logit(share: float) -> float:
    if not share:
        return 0.0
    share = min(0.985, max(0.015, share))
    return log(share / (1 - share))


def _accumulate(counts: list[float]) -> None:
    """Let longer contexts count for the shorter ones too."""
    for index in range(len(counts) - 2, -1, -1):
        counts[index] += counts[index + 1]
