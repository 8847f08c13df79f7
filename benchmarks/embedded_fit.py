"""Fits the numbers in ``embedded/calibration.py``: ``python -m benchmarks.embedded_fit``, some minutes.

Every token of the probed lines is asked for, with all before it as it really was; for each of the leading candidates
the regression learns whether it was the right one. Fitted on every second recorded session and on functions of the
standard library; ``benchmarks.embedded`` reports on the other sessions and on sets that are not used here.
"""

from __future__ import annotations

import json
import math
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from benchmarks.embedded_cases import (
    Probe,
    Probes,
    after_lines_alike,
    evaluation,
    functions_alone,
    own_files,
    sessions,
    standard_library,
    thinned,
    written_again,
)
from benchmarks.embedded_scores import is_right
from tierwise.embedded import calibration
from tierwise.embedded.estimate import best, break_features, features, leading, regime
from tierwise.embedded.generate import Writer
from tierwise.embedded.lexing import lexer
from tierwise.embedded.values import Silence
from tierwise.embedded.vocabulary import LINE_END, blank_before

Row = tuple[Sequence[float], bool]
_EVERY, _RARER = 4, 3
"""Of so many keystrokes one is looked at, and of so many of those for other than series: neighbours say the same."""

_TOKENS, _MOST_TOKENS = 5, 16
"""Tokens of a line that are asked for after each probed place; more only as long as the engine foresees them all."""

_ROUNDS, _PULL = 25, 0.3


class Rows:
    """What the two regressions learn from."""

    def __init__(self) -> None:
        self.tokens: defaultdict[str, list[Row]] = defaultdict(list)
        self.breaks: list[Row] = []
        self.series: list[tuple[bool, bool]] = []
        """Whether it is the first token that is asked for, and whether it was right."""
        self._places: set[tuple[str, int, str]] = set()

    def add(self, probes: Callable[[], Probes]) -> None:
        for number, probe in enumerate(thinned(probes, _EVERY)):
            writer = probe.engine.writer(probe.document, probe.point)
            if not isinstance(writer, Silence):
                self._add_series(probe, writer)
                if number % _RARER == 0:
                    self._add(probe, probe.engine.writer(probe.document, probe.point))

    def add_series(self, probes: Iterable[Probe]) -> None:
        for probe in probes:
            writer = probe.engine.writer(probe.document, probe.point)
            if not isinstance(writer, Silence):
                self._add_series(probe, writer)

    def _add_series(self, probe: Probe, writer: Writer) -> None:
        """Each line counts once: series are rare, and all its keystrokes say the same."""
        place = probe.document.uri, probe.point.line, probe.truth.split("\n")[0][-20:]
        if writer.series is None or place in self._places:
            return
        self._places.add(place)
        for number, text in enumerate(_tokens(probe, writer)):
            right = writer.series.text == text
            self.series.append((number == 0, right))
            if not (right and writer.series.follow()):
                break

    def _add(self, probe: Probe, writer: Writer | Silence) -> None:
        if isinstance(writer, Silence):
            return
        lines = probe.truth.split("\n")
        if writer.fresh:
            return  # only lines without indentation begin so here: no measure for the others
        foreseen = True
        for number, text in enumerate(_tokens(probe, writer)[:_MOST_TOKENS]):
            foreseen = self._add_token(writer, text) and foreseen
            if not foreseen and number >= _TOKENS:
                break
            if text != LINE_END:
                writer.take(text)
            elif len(lines) > 1:
                following = next((line for line in lines[1:] if line.strip()), "")
                self._add_breaks(writer, following, after_blank=not lines[1].strip())

    def _add_token(self, writer: Writer, text: str) -> bool:
        """Ask for one token that is ``text``; returns whether it was the likeliest."""
        poll = writer.poll()
        for candidate, tally in leading(poll):
            right = candidate == text or (tally.part and is_right(candidate, text))
            if not tally.series:
                self.tokens[regime(poll, tally)].append((features(poll, candidate, tally), right))
        found = best(poll)
        return found is not None and found.text == text

    def _add_breaks(self, writer: Writer, line: str, *, after_blank: bool) -> None:
        """Ask for the indentation of ``line``: once as it goes on after the line before, once as if it was begun."""
        blanks = line[: len(line) - len(line.lstrip())]
        for fresh in (False, True):
            votes = writer.breaks_anew(after_blank) if fresh else writer.breaks()
            for token in sorted(votes, key=lambda token: (-votes[token], token))[:2]:
                fits = writer.indentation(token) == blanks and blank_before(token) is after_blank
                self.breaks.append((break_features(votes, token, fresh=fresh), fits))


def _tokens(probe: Probe, writer: Writer) -> list[str]:
    """The rest of the line as candidates, from the one that is being typed."""
    before = probe.document.lines.line(probe.point.line)[: probe.point.column]
    line = before + probe.truth.split("\n")[0].rstrip()
    lexemes, _ = lexer(probe.document.language).lex(line.strip(), writer.lexer_state)
    place = len(line) - len(line.lstrip())
    texts: list[str] = []
    for blanks, lexeme in lexemes:
        start = place + len(blanks)
        place = start + len(lexeme)
        if start >= probe.point.column - len(writer.typed or ""):
            texts.append((" " if blanks else "") + lexeme)
    return [*texts, LINE_END]


def fit(data: list[Row]) -> list[float]:
    """Logistic regression by Newton's method with a little pull towards zero."""
    size = len(data[0][0])
    weights = [0.0] * size
    pulls = [_PULL / 100] + [_PULL] * (size - 1)  # the first is the constant, which needs no reason
    for _ in range(_ROUNDS):
        gradient = [-pull * w for pull, w in zip(pulls, weights, strict=True)]
        curve = [[pulls[i] * (i == j) for j in range(size)] for i in range(size)]
        for values, right in data:
            p = 1 / (1 + math.exp(-sum(w * v for w, v in zip(weights, values, strict=True))))
            spread = p * (1 - p)
            for i, value in enumerate(values):
                if value:
                    gradient[i] += (right - p) * value
                    row, scaled = curve[i], spread * value
                    for j in range(i + 1):
                        row[j] += scaled * values[j]
        for i in range(size):
            for j in range(i):
                curve[j][i] = curve[i][j]
        step = _solve(curve, gradient)
        weights = [w + s for w, s in zip(weights, step, strict=True)]
        if max(map(abs, step)) < 1e-3:
            break
    return weights


def _solve(matrix: list[list[float]], right: list[float]) -> list[float]:
    rows_ = [[*row, value] for row, value in zip(matrix, right, strict=True)]
    size = len(rows_)
    for i in range(size):
        pivot = max(range(i, size), key=lambda r: abs(rows_[r][i]))
        rows_[i], rows_[pivot] = rows_[pivot], rows_[i]
        for r in range(size):
            if r != i and rows_[r][i]:
                factor = rows_[r][i] / rows_[i][i]
                rows_[r] = [a - factor * b for a, b in zip(rows_[r], rows_[i], strict=True)]
    return [rows_[i][size] / rows_[i][i] for i in range(size)]


def main() -> None:
    library = standard_library(1_000)
    rows = Rows()
    if evaluation().exists():
        rows.add(lambda: sessions(1, 2))
    else:
        sys.stderr.write("No recorded sessions: fitted on this repository's own files, which is weaker.\n")
        rows.add(lambda: written_again(own_files(), 2_000))
    rows.add(lambda: functions_alone(library[9::20], 3))
    rows.add_series(after_lines_alike(library[3::20]))
    Path(calibration.__file__).write_text(_module(rows), encoding="utf-8", newline="\n")


def _module(rows: Rows) -> str:
    """The source of ``calibration.py``."""
    weights = [
        f"    # {len(data):,} candidates\n    {json.dumps(name)}: (\n{_numbers(fit(data), 8)}    ),\n"
        for name, data in sorted(rows.tokens.items())
    ]
    begins, goes_on = (
        (sum(right) + 1) / (len(right) + 2)  # as if one of each had been seen before
        for right in ([right for begins, right in rows.series if begins is place] for place in (True, False))
    )
    return _MODULE.format(
        weights="".join(weights),
        n_breaks=f"{len(rows.breaks):,}",
        breaks=_numbers(fit(rows.breaks), 4),
        n_series=f"{len(rows.series):,}",
        begins=begins,
        goes_on=goes_on,
    )


_MODULE = '''"""Numbers that were measured; ``python -m benchmarks.embedded_fit`` measures them again."""

from __future__ import annotations

# fmt: off
WEIGHTS: dict[str, tuple[float, ...]] = {{
{weights}}}

# {n_breaks} breaks
BREAK_WEIGHTS: tuple[float, ...] = (
{breaks})

# {n_series} tokens of series
SERIES_BEGINS, SERIES_GOES_ON = {begins:.2f}, {goes_on:.2f}
# fmt: on
'''


def _numbers(weights: list[float], indent: int) -> str:
    """Lines of at most 15 numbers."""
    rows = [weights[start : start + 15] for start in range(0, len(weights), 15)]
    return "".join(" " * indent + " ".join(f"{weight:.2f}," for weight in row) + "\n" for row in rows)


if __name__ == "__main__":
    main()
