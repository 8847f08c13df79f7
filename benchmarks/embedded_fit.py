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
from collections.abc import Iterable, Sequence

from benchmarks.embedded_cases import (
    Probe,
    evaluation,
    functions_alone,
    own_files,
    sessions,
    standard_library,
    thinned,
    written_again,
)
from benchmarks.embedded_scores import is_right
from tierwise.embedded.estimate import break_features, features, leading, regime
from tierwise.embedded.generate import Writer
from tierwise.embedded.lexing import lexer
from tierwise.embedded.values import Silence
from tierwise.embedded.vocabulary import LINE_END, blank_before

Row = tuple[Sequence[float], bool]
_EVERY = 10
"""Of so many keystrokes one is looked at: neighbours say the same."""

_TOKENS = 6
"""Tokens of a line that are asked for after each probed place."""

_ROUNDS, _PULL = 25, 0.3


class Rows:
    """What the two regressions learn from."""

    def __init__(self) -> None:
        self.tokens: defaultdict[str, list[Row]] = defaultdict(list)
        self.breaks: list[Row] = []
        self.series: list[tuple[bool, bool]] = []
        """Whether it begins there, and whether it was right."""

    def add(self, probes: Iterable[Probe]) -> None:
        for probe in probes:
            self._add(probe)

    def _add(self, probe: Probe) -> None:
        writer = probe.engine.writer(probe.document, probe.point)
        if isinstance(writer, Silence):
            return
        lines = probe.truth.split("\n")
        if writer.fresh:
            self._add_break(writer, lines[0], after_blank=None)
        for text in _tokens(probe, writer)[:_TOKENS]:
            self._add_token(writer, text)
            if text != LINE_END:
                writer.take(text)
            elif len(lines) > 1:
                following = next((line for line in lines[1:] if line.strip()), "")
                self._add_break(writer, following, after_blank=not lines[1].strip())

    def _add_token(self, writer: Writer, text: str) -> None:
        poll = writer.poll()
        for candidate, tally in leading(poll):
            right = candidate == text or (tally.part and is_right(candidate, text))
            if tally.series:
                self.series.append((poll.opening is not None, right))
            else:
                self.tokens[regime(poll, tally)].append((features(poll, candidate, tally), right))

    def _add_break(self, writer: Writer, line: str, after_blank: bool | None) -> None:
        votes = writer.breaks()
        fresh = writer.fresh
        blanks = line[: len(line) - len(line.lstrip())]
        right = ""
        for token in sorted(votes, key=lambda token: (-votes[token], token))[:2]:
            fits = writer.indentation(token) == blanks and after_blank in (None, blank_before(token))
            self.breaks.append((break_features(votes, token, fresh=fresh), fits))
            right = token if fits else right
        if right and fresh:
            writer.take_break(right)


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
        rows.add(thinned(lambda: sessions(1, 2), _EVERY))
    else:
        sys.stderr.write("No recorded sessions: fitted on this repository's own files, which is weaker.\n")
        rows.add(thinned(lambda: written_again(own_files(), 2_000), _EVERY))
    rows.add(thinned(lambda: functions_alone(library[9::20], 3), _EVERY))
    sys.stdout.write("WEIGHTS: dict[str, tuple[float, ...]] = {\n")
    for name, data in sorted(rows.tokens.items()):
        sys.stdout.write(f"    # {len(data):,} candidates\n    {json.dumps(name)}: ({_row(fit(data))}),\n")
    sys.stdout.write(f"}}\n\n# {len(rows.breaks):,} breaks\n")
    sys.stdout.write(f"BREAK_WEIGHTS: tuple[float, ...] = ({_row(fit(rows.breaks))})\n\n")
    shares = [_share([right for begins, right in rows.series if begins is at_start]) for at_start in (True, False)]
    sys.stdout.write(f"# {len(rows.series):,} tokens of series\n")
    sys.stdout.write(f"SERIES_BEGINS, SERIES_GOES_ON = {shares[0]:.2f}, {shares[1]:.2f}\n")


def _share(found: list[bool]) -> float:
    """The share of right ones; one of each kind is assumed beforehand."""
    return (sum(found) + 1) / (len(found) + 2)


def _row(weights: list[float]) -> str:
    return ", ".join(f"{weight:.2f}" for weight in weights)


if __name__ == "__main__":
    main()
