"""Writes on from the cursor, token by token, and chooses where to stop.

Owner of no state between calls. Bounded in steps, never in time, so that the same history gives the same answer.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from tierwise.embedded.analogy import Analogy, analogies
from tierwise.embedded.balance import Ledger
from tierwise.embedded.estimate import Poll, Tally, best, best_break
from tierwise.embedded.evidence import Witness, skipping, witnesses
from tierwise.embedded.masking import offers_secret
from tierwise.embedded.naming import named
from tierwise.embedded.scene import Frame, Opening, Scene
from tierwise.embedded.series import Series, series
from tierwise.embedded.tokentext import indentation_width
from tierwise.embedded.values import Evidence, Silence, Suggestion
from tierwise.embedded.vocabulary import LINE_END, OPAQUE_LEXEME, blank_before, break_levels, is_break

ATTENTION = 3.0
"""What reading a wrong offer costs, in characters."""

LEAST_WHOLE, LEAST_PART = 0.5, 0.6
"""Confidence below which none is made: one that ends a line has to be likelier right than wrong; one that does not has
to be surer, for there is another one to read after it. ``python -m benchmarks embedded`` prints what other numbers
would show and save.
"""

_MOST_TOKENS = 120
_MOST_SEARCHES = 8
"""New searches for witnesses in one completion; between them the witnesses are followed."""

_FEW, _LONG = 3, 4
"""With fewer witnesses than this that agree in so many tokens, new ones are searched."""

_SHORTEST = 2
"""Characters; less is typed faster than read."""

_NEAR_TEXT = 1_500
"""Characters above the cursor whose names count as near."""

_ALIKE_SMOOTHING, _SKIPPING_SMOOTHING, _NEARBY_SMOOTHING, _PAIR_SMOOTHING = 0.3, 1.0, 0.5, 1.0
"""Weight that each kind of evidence holds against itself, so that little of it is not taken for certainty."""


@dataclass(frozen=True, slots=True)
class Stop:
    """A place where the text may end, and how likely all of it up to there is right. ``whole``: a line ends there, or
    what stands after the cursor goes on.
    """

    text: str
    confidence: float
    whole: bool = False

    def worth(self, attention: float = ATTENTION) -> float:
        """What showing it is worth, in characters: those that it saves where it is right, less ``attention`` where it
        is wrong. One key accepts it.
        """
        saved = len(self.text.strip()) - 1
        return self.confidence * saved - (1 - self.confidence) * attention


def chosen(
    stops: Iterable[Stop], attention: float = ATTENTION, least: tuple[float, float] = (LEAST_WHOLE, LEAST_PART)
) -> Stop | None:
    """The one of ``stops`` to show, or None where none is worth it. After a part of a line that was right there is
    another one to read, which a whole line saves.
    """

    def value(stop: Stop) -> tuple[float, int]:
        return stop.worth(attention) + stop.whole * stop.confidence * attention, len(stop.text)

    worthy = [stop for stop in stops if stop.confidence >= least[not stop.whole] and stop.worth(attention) > 0]
    return max(worthy, key=value, default=None)


class Writer:
    """One completion in the making."""

    def __init__(self, scene: Scene, frame: Frame) -> None:
        self._scene = scene
        self._frame = frame
        self._ledger = Ledger(frame.balance)
        self._above = scene.above
        self._opening: Opening | None = scene.opening
        self._witnesses: list[Witness] = []
        self._analogies: list[Analogy] = analogies(scene)
        self.series: Series | None = series(scene)
        self._searches = 0
        self._steps = 0
        self._width = frame.width
        self._confidence = 1.0
        self._least = LEAST_WHOLE
        self._evidence = Evidence.WORKSPACE
        self._pieces: list[str] = []
        self._stops: list[Stop] = []
        self._lines = 1
        self._line_start = 0

    def write(self) -> Suggestion | Silence:
        """The text to put in, or why there is none."""
        stops = self.offers()
        if isinstance(stops, Silence):
            return stops
        best_stop = chosen(stops)
        if best_stop is None:
            return Silence.UNSURE
        if offers_secret(self._frame.typed_line, best_stop.text):
            return Silence.MASKED
        return Suggestion(best_stop.text, best_stop.confidence, self._evidence)

    def offers(self, least: float = LEAST_WHOLE) -> list[Stop] | Silence:
        """The texts that may be put in, each the beginning of the next; none is less likely than ``least``."""
        self._least = least
        reason = self._begin_line() if self.fresh else None
        while reason is None and self._steps < _MOST_TOKENS:
            reason = self._step()
        stops = [stop for stop in self._stops if stop.text.strip()]
        if not stops:
            return reason or Silence.UNSURE
        if self._begins_next_line(stops[-1].text):
            return Silence.DUPLICATES_SUFFIX
        if reason is Silence.DUPLICATES_SUFFIX and self._lines == 1:
            stops[-1] = replace(stops[-1], whole=True)
        if self._frame.rest and not self._frame.rest_closes:
            if reason is not Silence.DUPLICATES_SUFFIX:
                return Silence.MID_LINE
            stops = stops[-1:]  # only the whole of it meets what follows
        return stops if len(stops[-1].text.strip()) >= _SHORTEST else Silence.TOO_SHORT

    def _begins_next_line(self, text: str) -> bool:
        """Whether an empty line would get nothing but what the next one begins with."""
        return not self._frame.typed_line.strip() and self._frame.next_line.startswith(text.strip())

    @property
    def typed(self) -> str | None:
        """What stands of the first token already; None once it is written or when a break comes first."""
        return None if self._opening is None or self.fresh else self._opening.typed

    @property
    def in_text(self) -> bool:
        """Whether the cursor is in a string or a comment."""
        return self._frame.in_text

    @property
    def lexer_state(self) -> int:
        """The lexer's state in front of the line."""
        return self._frame.state

    def _step(self) -> Silence | None:
        """Write one more token; the reason to stop, if there is one."""
        poll = self.poll()
        self._offer_part(poll)
        judged = best(poll)
        if judged is None:
            return Silence.NOTHING_KNOWN
        self._confidence *= judged.probability
        if judged.text == LINE_END:
            return self._end_line()
        if self._confidence < self._least or OPAQUE_LEXEME in judged.text:
            return Silence.UNSURE
        lexeme = judged.text.lstrip(" ")
        if lexeme == self._frame.rest and not self._ledger.inside:
            return Silence.DUPLICATES_SUFFIX
        tally = poll.tally(judged.text)
        if not self._ledger.take(lexeme):
            return Silence.UNBALANCED
        if self._steps == 0:
            self._evidence = _evidence(tally)
        self.take(judged.text)
        if self._lines == 1:
            self._may_stop()
        return Silence.DUPLICATES_SUFFIX if self._frame.quote else None

    def _offer_part(self, poll: Poll) -> None:
        """The string or comment may stop at the end of the word, whatever becomes of the rest of it."""
        part = best(poll, part=True)
        if part is not None and part.probability >= self._least and OPAQUE_LEXEME not in part.text:
            self._stops.append(Stop(self._untyped(part.text), part.probability))
            self._evidence = Evidence.NAME

    def poll(self) -> Poll:
        """All that speaks for any next token."""
        opening = self._opening
        if opening is not None or (self._searches < _MOST_SEARCHES and self._few()):
            self._search(far=opening is not None)
        vocabulary = self._scene.vocabulary
        poll = Poll(
            opening=None if opening is None else opening.typed,
            prose=self._frame.in_text,
            steps=self._steps,
            near=self._scene.text_above[-_NEAR_TEXT:],
            around=self._scene.text_above,
        )
        if opening is not None:
            self._witnesses = [w for w in self._witnesses if opening.fits(vocabulary, w.text[w.place])]
        poll.hear(self._witnesses, vocabulary.text)
        self._hear_analogies(poll)
        if self.series is not None:
            poll.tally(self.series.text).series = True
        if poll.thin:
            self._hear_skipping(poll)
        if opening is not None and opening.typed:
            self._hear_names(poll)
        return poll

    def _search(self, *, far: bool) -> None:
        """Look for witnesses, beside those that have agreed so far."""
        have = {self._where(witness) for witness in self._witnesses}
        found = witnesses(self._scene, self._above, far=far)
        self._witnesses += [witness for witness in found if self._where(witness) not in have]
        self._searches += 1

    def _where(self, witness: Witness) -> tuple[int, int]:
        """What tells places apart: the text above grows while it is written on, and its places stay."""
        above = witness.own and witness.text is not self._scene.below
        return (0 if above else id(witness.text)), witness.place

    def _hear_analogies(self, poll: Poll) -> None:
        total = sum(analogy.weight for analogy in self._analogies) + _ALIKE_SMOOTHING
        for analogy in self._analogies:
            tally = poll.tally(analogy.text)
            tally.alike += analogy.weight / total
            tally.exchanged = tally.exchanged or analogy.exchanged
            tally.lines += 1

    def _hear_skipping(self, poll: Poll) -> None:
        text_of = self._scene.vocabulary.text
        opening = self._opening
        found = [
            (text_of(token), weight)
            for token, weight in skipping(self._scene, self._above)
            if opening is None or opening.fits(self._scene.vocabulary, token)
        ]
        total = sum(weight for _, weight in found) + _SKIPPING_SMOOTHING
        for text, weight in found:
            poll.tally(text).skipping += weight / total

    def _hear_names(self, poll: Poll) -> None:
        names = named(self._scene)
        near = sum(one.weight for one in names.values()) + _NEARBY_SMOOTHING
        pairs = sum(one.pairs for one in names.values()) + _PAIR_SMOOTHING
        for text, one in names.items():
            tally = poll.tally(text)
            tally.nearby = one.weight / near
            tally.pairs = one.pairs / pairs
            tally.part = self._frame.in_text and not tally.share

    def _few(self) -> bool:
        return sum(witness.length >= _LONG for witness in self._witnesses) < _FEW

    def take(self, text: str) -> None:
        """Go past a token: witnesses and analogies that say otherwise fall away."""
        vocabulary = self._scene.vocabulary
        self._pieces.append(self._untyped(text))
        self._above += vocabulary.token(text)
        self._opening = None
        self._witnesses = [
            witness
            for witness in self._witnesses
            if vocabulary.text(witness.text[witness.place]) == text and witness.follow()
        ]
        self._analogies = [analogy for analogy in self._analogies if analogy.text == text and analogy.follow()]
        if self.series is not None and not (self.series.text == text and self.series.follow()):
            self.series = None
        self._steps += 1

    def _untyped(self, text: str) -> str:
        """What of a token is not there yet."""
        if self._opening is None:
            return text
        rest = text[len(self._opening.typed) + bool(self._opening.blank) :]
        return rest.removesuffix(self._frame.quote) if self._frame.quote else rest

    def _may_stop(self, *, whole: bool = False) -> None:
        if not self._ledger.settled:
            return
        text = "".join(self._pieces).rstrip()
        if whole and self._stops and self._stops[-1].text == text:
            self._stops[-1] = replace(self._stops[-1], whole=True)
        else:
            self._stops.append(Stop(text, self._confidence, whole))

    def _end_line(self) -> Silence | None:
        """The line is over: it may stop here, and the next one begins where that is wanted and known."""
        if self._frame.rest:
            return Silence.MID_LINE
        line = "".join(self._pieces[self._line_start :])
        if self._lines == 1:
            line = self._frame.typed_line + line
        if line.strip() == self._frame.next_line:
            if self._lines == 1:
                self._stops.clear()
            return Silence.DUPLICATES_SUFFIX
        self._may_stop(whole=True)
        if self._lines >= self._frame.max_lines:
            return Silence.UNSURE
        self._lines += 1
        return self._begin_line()

    def _begin_line(self) -> Silence | None:
        """Choose the indentation of the line that begins here."""
        votes = self.breaks_anew(self._scene.opening.blank) if self.fresh else self.breaks()
        likeliest = best_break(votes, fresh=self.fresh)
        if likeliest is None:
            return Silence.NOTHING_KNOWN
        self._confidence *= likeliest.probability
        unfit = break_levels(likeliest.text) is None or (blank_before(likeliest.text) and not self.fresh)
        if self._confidence < self._least or unfit:
            return Silence.UNSURE
        self.take_break(likeliest.text)
        return None

    def breaks(self) -> dict[str, float]:
        """The breaks that may begin the next line, with the weight of what speaks for them."""
        votes: dict[str, float] = {}
        for witness in self._witnesses:
            token = witness.text[witness.place]
            if is_break(token):
                votes[token] = votes.get(token, 0.0) + witness.weight * (1 + witness.level)
        return votes

    def breaks_anew(self, after_blank: bool | None) -> dict[str, float]:
        """The same from the whole document, not only from what agreed so far. ``after_blank``: whether a blank line
        stands before the line, None where that is open.
        """
        self._witnesses = list(witnesses(self._scene, self._above, far=True))
        votes = self.breaks()
        return {token: votes[token] for token in votes if after_blank in (None, blank_before(token))}

    def take_break(self, token: str) -> None:
        """Begin a line with the break ``token``."""
        indentation = self.indentation(token)
        self._width = indentation_width(indentation)
        self._pieces.append(indentation if self.fresh else "\n" + indentation)
        self._line_start = len(self._pieces)
        self._above += token
        self._witnesses = [w for w in self._witnesses if w.text[w.place] == token and w.follow()]
        self._analogies = []
        self.series = None
        self._opening = None

    def indentation(self, token: str) -> str:
        """The blanks that a line begins with after the break ``token``."""
        unit = self._frame.unit
        return self._frame.indent * max(0, self._width // unit + (break_levels(token) or 0))

    @property
    def fresh(self) -> bool:
        """Whether not even the break in front of the line is written."""
        return self._opening is not None and self._opening.is_break


def _evidence(tally: Tally) -> Evidence:
    """The strongest of what speaks for the first token."""
    if tally.series or tally.alike > tally.share:
        return Evidence.ANALOGY
    if tally.nearby > max(tally.share, tally.skipping):
        return Evidence.NAME
    return Evidence.DOCUMENT if tally.own else Evidence.WORKSPACE
