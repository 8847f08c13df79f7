"""Fits the weights of the embedded engine's evidence: ``python -m benchmarks.embedded_fit``.

Every token of the probed lines is asked for, with all before it as it really was; for each of the leading candidates
the regression learns whether it was the right one. What it is fitted on is not what ``benchmarks.embedded`` reports on.
"""

from __future__ import annotations

import json
import math
import sys
from collections import defaultdict
from collections.abc import Iterable, Sequence

from benchmarks.embedded_cases import Probe, functions_alone, sessions, standard_library, written_anew
from tierwise.embedded.estimate import break_features, features, leading
from tierwise.embedded.generate import Writer
from tierwise.embedded.lexing import lexer
from tierwise.embedded.values import Silence
from tierwise.embedded.vocabulary import LINE_END, blank_before

Row = tuple[Sequence[float], bool]
_TOKENS = 6
"""Tokens of a line that are asked for after each probed place."""

_ROUNDS, _PULL = 25, 0.3


class Rows:
    """What the two regressions learn from."""

    def __init__(self) -> None:
        self.tokens: defaultdict[str, list[Row]] = defaultdict(list)
        self.breaks: list[Row] = []

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
        for text in _tokens(probe, writer.typed)[:_TOKENS]:
            poll = writer.poll()
            for candidate, tally in leading(poll):
                if tally.series:
                    continue
                values = features(poll, candidate, tally, writer.typed)
                self.tokens[tally.regime].append((values, candidate == text))
            if text != LINE_END:
                writer.take(text)
            elif len(lines) > 1:
                following = next((line for line in lines[1:] if line.strip()), "")
                self._add_break(writer, following, after_blank=not lines[1].strip())

    def _add_break(self, writer: Writer, line: str, after_blank: bool | None) -> None:
        votes = writer.breaks()
        fresh = writer.fresh
        blanks = line[: len(line) - len(line.lstrip())]
        right = ""
        for token in sorted(votes, key=lambda token: (-votes[token], token))[:2]:
            fits = writer.indentation(token) == blanks and after_blank in (None, blank_before(token))
            self.breaks.append((break_features(votes, token, fresh, writer.known), fits))
            right = token if fits else right
        if right and fresh:
            writer.take_break(right)


def _tokens(probe: Probe, typed: str | None) -> list[str]:
    """The rest of the line as candidates, from the one that is being typed."""
    lexing = lexer(probe.document.language)
    before = probe.document.lines.line(probe.point.line)[: probe.point.column]
    line = before + probe.truth.split("\n")[0].rstrip()
    lexemes, _ = lexing.lex(line.strip())
    place = len(line) - len(line.lstrip())
    texts: list[str] = []
    for blanks, lexeme in lexemes:
        start = place + len(blanks)
        place = start + len(lexeme)
        if start >= probe.point.column - len(typed or ""):
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
    rows.add(sessions(1, 2))
    rows.add(written_anew(library[5::40], library, 8))
    rows.add(written_anew(library[7::40], [], 8))
    rows.add(functions_alone(library[9::20], 3))
    sys.stdout.write("WEIGHTS: dict[str, tuple[float, ...]] = {\n")
    for regime, data in sorted(rows.tokens.items()):
        sys.stdout.write(f"    # {len(data):,} candidates\n    {json.dumps(regime)}: ({_row(fit(data))}),\n")
    sys.stdout.write(f"}}\n\n# {len(rows.breaks):,} breaks\n")
    sys.stdout.write(f"BREAK_WEIGHTS: tuple[float, ...] = ({_row(fit(rows.breaks))})\n")


def _row(weights: list[float]) -> str:
    return ", ".join(f"{weight:.2f}" for weight in weights)


if __name__ == "__main__":
    main()
