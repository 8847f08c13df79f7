"""Names for a plain completion list, likeliest first.

Owner of no state. What fits the context comes first, then names near the cursor, then names of the workspace.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import PurePath

from tierwise.core.text import Lines, Point
from tierwise.embedded.evidence import is_word, is_word_part
from tierwise.embedded.masking import may_be_offered
from tierwise.embedded.names import Names
from tierwise.embedded.values import Word

_ABOVE, _BELOW = 2_000, 1_000
"""Lines of the document in which names are looked for."""

_HALVED_AFTER = 4_000
"""Characters away at which a name counts half."""

_FARTHEST = 100_000
"""Characters away from which no name is told: so many are much less than all those lines, unless they are very long."""

_LONGEST_NAME = 200
"""Characters; what is longer is data."""

_MOST_MATCHES = 1_500
_NARROWER = 8
"""A single letter begins many names: so much less of the document is looked at."""

_CONTEXT, _DOCUMENT = 4.0, 2.0
"""How much a name's place in the context and in the document weighs; one of the workspace weighs at most 1."""


def ranked(
    lines: Lines, point: Point, likely: Mapping[str, float], defined: Mapping[str, str], names: Names, limit: int
) -> tuple[Word, ...]:
    """At most ``limit`` names that begin like the word in front of ``point``. ``likely`` are names with the probability
    that one of them is the next token here, ``defined`` the names that the document defines, with their kinds.
    """
    before = lines.line(point.line)[: point.column]
    start = _begun(before)
    if len(start) > _LONGEST_NAME:
        return ()
    member = before[-len(start) - _LONGEST_NAME : len(before) - len(start)].rstrip().endswith((".", "->", "::"))
    scores = {name: _CONTEXT * probability for name, probability in likely.items() if _fits(name, start)}
    if start:
        for name, weight, is_member in _in_document(lines, point, start):
            if not may_be_offered(name, learnt=names.learnt(name)):
                continue
            weight *= _DOCUMENT if is_member == member else _DOCUMENT / 4
            scores[name] = max(scores.get(name, 0.0), likely.get(name, 0.0) * _CONTEXT + weight)
        if len(start) > 1:
            for known in names.starting(start):
                scores[known.text] = scores.get(known.text, 0.0) + known.files / (known.files + 20)
    exact = {name: score + (0.5 if name.startswith(start) else 0.0) for name, score in scores.items() if name != start}
    best = sorted(exact, key=lambda name: (-exact[name], name))[:limit]
    return tuple(_word(name, defined, names) for name in best)


def _begun(before: str) -> str:
    start, stop = len(before), len(before) - _LONGEST_NAME - 1
    while start and start > stop and is_word_part(before[start - 1]):
        start -= 1
    return before[start:]


def _fits(name: str, start: str) -> bool:
    return is_word(name) and name.casefold().startswith(start.casefold())


def _in_document(lines: Lines, point: Point, start: str) -> Iterator[tuple[str, float, bool]]:
    """Names of the document with a weight by distance, and whether they stand there as a member of something."""
    farther = 1 if len(start) > 1 else _NARROWER
    above = lines.before(Point(point.line, point.column - len(start)), _ABOVE // farther)[-_FARTHEST:]
    below = lines.after(point, _BELOW // farther)[:_FARTHEST]
    for spelling in sorted({start, start.lower(), start.upper(), start.capitalize()}):
        begun = re.compile(re.escape(spelling) + r"\w*")
        for text, is_above in ((above, True), (below, False)):
            for match in islice(begun.finditer(text), _MOST_MATCHES):
                place = match.start()
                if not place or not is_word_part(text[place - 1]):
                    distance = len(text) - place if is_above else place
                    yield match.group(), 1 / (1 + distance / _HALVED_AFTER), text[place - 1 : place] in {".", ">", ":"}


def _word(name: str, defined: Mapping[str, str], names: Names) -> Word:
    if name in defined:
        return Word(name, defined[name], "this file")
    known = names.known(name)
    if known is None:
        return Word(name, "word", "")
    return Word(name, known.kind, PurePath(known.path).name if known.path else "")
