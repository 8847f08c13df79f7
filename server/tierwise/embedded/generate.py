"""Writes on from the cursor, token by token, for as long as it is sure enough.

Owner of no state between calls. Bounded in steps, never in time, so that the same history gives the same answer.
"""

from __future__ import annotations

from math import log

from tierwise.embedded.analogy import Analogy, analogies
from tierwise.embedded.balance import Ledger
from tierwise.embedded.calibration import FURTHER_THRESHOLD
from tierwise.embedded.estimate import Poll, Tally, best, best_break
from tierwise.embedded.evidence import Witness, is_word, nearby, skipping, witnesses
from tierwise.embedded.scene import Frame, Opening, Scene
from tierwise.embedded.series import series
from tierwise.embedded.tokentext import indentation_width
from tierwise.embedded.values import Evidence, Silence, Suggestion
from tierwise.embedded.vocabulary import LINE_END, OPAQUE_LEXEME, blank_before, break_levels, is_break

_MOST_TOKENS = 120
_MOST_SEARCHES = 8
"""New searches for witnesses in one completion; between them the witnesses are followed."""

_FEW, _LONG = 3, 4
"""With fewer witnesses than this that agree in so many tokens, new ones are searched."""

_SHORTEST = 2
"""Characters; less is typed faster than read."""

_FLOOR = 0.3
"""Confidence in all lines together below which nothing is added."""

_LITTLE = 150
"""Tokens of a document below which it counts as that long: less was not measured."""

_NEAR_TEXT = 1_500
"""Characters above the cursor whose names count as near."""

_ALIKE_SMOOTHING, _SKIPPING_SMOOTHING, _NEARBY_SMOOTHING = 0.3, 1.0, 0.5
"""Weight that each kind of evidence holds against itself, so that little of it is not taken for certainty."""


class Writer:
    """One completion in the making."""

    def __init__(self, scene: Scene, frame: Frame, threshold: float) -> None:
        self._scene = scene
        self._frame = frame
        self._threshold = threshold
        self._ledger = Ledger(frame.balance)
        self._above = scene.above
        self._opening: Opening | None = scene.opening
        self._witnesses: list[Witness] = []
        self._analogies: list[Analogy] = analogies(scene)
        self.known = log(max(_LITTLE, len(scene.above) + len(scene.below)))
        self._series = series(scene)
        self._searches = 0
        self._steps = 0
        self._width = frame.width
        self._confidence = 1.0
        self._evidence = Evidence.WORKSPACE
        self._pieces: list[str] = []
        self._kept = 0
        self._kept_confidence = 0.0
        self._before_line = 1.0
        self._lines = 1
        self._line_start = 0

    def write(self) -> Suggestion | Silence:
        """The text to put in, or why there is none."""
        reason = self._begin_line() if self.fresh else None
        while reason is None and self._steps < _MOST_TOKENS:
            reason = self._step()
        text = "".join(self._pieces[: self._kept]).rstrip()
        if not text.strip():
            return reason or Silence.UNSURE
        if self._frame.rest and not self._frame.rest_closes and reason is not Silence.DUPLICATES_SUFFIX:
            return Silence.MID_LINE
        if len(text.strip()) < _SHORTEST:
            return Silence.TOO_SHORT
        return Suggestion(text, self._kept_confidence, self._evidence)

    @property
    def typed(self) -> str | None:
        """What stands of the first token already; None once it is written or when a break comes first."""
        return None if self._opening is None or self.fresh else self._opening.typed

    @property
    def in_text(self) -> bool:
        """Whether the cursor is in a string or a comment."""
        return self._frame.in_text

    def _step(self) -> Silence | None:
        """Write one more token; the reason to stop, if there is one."""
        poll = self.poll()
        judged = best(poll, self.typed)
        if judged is None:
            return Silence.NOTHING_KNOWN
        self._confidence *= judged.probability
        if self._unsure or judged.text.endswith(OPAQUE_LEXEME):
            return Silence.UNSURE
        if judged.text == LINE_END:
            return self._end_line()
        lexeme = judged.text.lstrip(" ")
        if lexeme == self._frame.rest and not self._ledger.inside:
            return Silence.DUPLICATES_SUFFIX
        if not self._ledger.take(lexeme):
            return Silence.UNBALANCED
        if self._steps == 0:
            self._evidence = _evidence(poll.tally(judged.text))
        self.take(judged.text)
        if self._lines == 1 and self._ledger.settled:
            self._keep()
        return Silence.DUPLICATES_SUFFIX if self._frame.quote else None

    def poll(self) -> Poll:
        """All that speaks for any next token."""
        opening = self._opening
        if opening is not None or (self._searches < _MOST_SEARCHES and self._few()):
            self._witnesses = list(witnesses(self._scene, self._above, far=opening is not None))
            self._searches += 1
        vocabulary = self._scene.vocabulary
        poll = Poll(
            line_start=not self._above or is_break(self._above[-1]),
            known=self.known,
            near=self._scene.text_above[-_NEAR_TEXT:],
            around=self._scene.text_above,
        )
        if opening is not None:
            self._witnesses = [w for w in self._witnesses if opening.fits(vocabulary, w.text[w.place])]
        poll.hear(self._witnesses, vocabulary.text)
        if self._analogies:
            total = sum(analogy.weight for analogy in self._analogies) + _ALIKE_SMOOTHING
            for analogy in self._analogies:
                tally = poll.tally(analogy.text)
                tally.alike += analogy.weight / total
                tally.equal = max(tally.equal, analogy.equal)
                tally.lines += 1
                tally.exchanged = tally.exchanged or analogy.exchanged
        if self._series is not None:
            poll.tally(self._series.text).series = True
        if poll.thin:
            self._hear_skipping(poll)
        if opening is not None and is_word(opening.typed):
            names = nearby(self._scene)
            total = sum(names.values()) + _NEARBY_SMOOTHING
            for text, weight in names.items():
                poll.tally(text).nearby += weight / total
        return poll

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

    def _few(self) -> bool:
        return sum(witness.length >= _LONG for witness in self._witnesses) < _FEW

    def take(self, text: str) -> None:
        """Go past a token: witnesses and analogies that say otherwise fall away."""
        vocabulary = self._scene.vocabulary
        piece = text
        if self._opening is not None:
            written = (" " if self._opening.blank else "") + self._opening.typed
            piece = text[len(written) :]
            if self._frame.quote:
                piece = piece.removesuffix(self._frame.quote)
        self._pieces.append(piece)
        self._above += vocabulary.token(text)
        self._opening = None
        self._witnesses = [
            witness
            for witness in self._witnesses
            if vocabulary.text(witness.text[witness.place]) == text and witness.follow()
        ]
        self._analogies = [analogy for analogy in self._analogies if analogy.text == text and analogy.follow()]
        if self._series is not None and not (self._series.text == text and self._series.follow()):
            self._series = None
        self._steps += 1

    @property
    def _unsure(self) -> bool:
        """Whether it is time to stop. A further line has to be likely by itself, and all lines together not unlikely:
        the first line is what is read first, and one can accept it alone.
        """
        if self._lines == 1:
            return self._confidence < self._threshold
        return self._confidence < min(self._threshold, max(_FLOOR, FURTHER_THRESHOLD * self._before_line))

    def _keep(self) -> None:
        self._kept = len(self._pieces)
        self._kept_confidence = self._confidence

    def _end_line(self) -> Silence | None:
        """The line is over: keep it, and begin the next one where that is wanted and known."""
        if self._frame.rest:
            return Silence.MID_LINE
        line = "".join(self._pieces[self._line_start :])
        if self._lines == 1:
            line = self._frame.typed_line + line
        if line.strip() == self._frame.next_line:
            if self._lines == 1:
                self._kept = 0
            return Silence.DUPLICATES_SUFFIX
        if self._ledger.settled and self._kept < len(self._pieces):
            self._keep()
        if self._lines >= self._frame.max_lines:
            return Silence.UNSURE
        self._lines += 1
        self._before_line = self._confidence
        return self._begin_line()

    def _begin_line(self) -> Silence | None:
        """Choose the indentation of the line that begins here."""
        chosen = best_break(self.breaks(), self.fresh, self.known)
        if chosen is None:
            return Silence.NOTHING_KNOWN
        self._confidence *= chosen.probability
        unfit = break_levels(chosen.text) is None or (blank_before(chosen.text) and not self.fresh)
        if self._unsure or unfit:
            return Silence.UNSURE
        self.take_break(chosen.text)
        return None

    def breaks(self) -> dict[str, float]:
        """The breaks that may begin the next line, with the weight of what speaks for them."""
        if self.fresh:
            self._witnesses = list(witnesses(self._scene, self._above, far=True))
        votes: dict[str, float] = {}
        for witness in self._witnesses:
            token = witness.text[witness.place]
            if is_break(token) and (not self.fresh or self._scene.opening.fits(self._scene.vocabulary, token)):
                votes[token] = votes.get(token, 0.0) + witness.weight * (1 + witness.level)
        return votes

    def take_break(self, token: str) -> None:
        """Begin a line with the break ``token``."""
        indentation = self.indentation(token)
        self._width = indentation_width(indentation)
        self._pieces.append(indentation if self.fresh else "\n" + indentation)
        self._line_start = len(self._pieces)
        self._above += token
        self._witnesses = [w for w in self._witnesses if w.text[w.place] == token and w.follow()]
        self._analogies = []
        self._series = None
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
