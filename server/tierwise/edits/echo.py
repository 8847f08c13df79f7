"""What a model repeats of its prompt before it goes on: the lines above the point, its line, the word at it.

Pure. A repetition counts only where code would not say it twice.
"""

from __future__ import annotations

import re

from tierwise.edits.around import weight
from tierwise.edits.hole import Hole

_LEAST = 4
"""Characters of the point's line that must be repeated; fewer agree by chance."""

_LEAST_IN_TEXT = 12
"""The same inside strings and comments, where words and rules of dashes do repeat."""

_LEAST_HEADER = 6
"""Letters and digits of a line that opens a block, which nobody opens once more inside of it."""

_WORD_END = re.compile(r"[^\W\d]\w+$")
_WORD = re.compile(r"\w+")
_ACCESSOR = re.compile(r"(?<=[\w)\]])(?:\?\.|\.|->|::)$")
_MARKED = re.compile(r"(?:#+|//+!?|--+|[-*+>]|\d+[.)])\s")
"""How lines of comments, lists and headings begin."""

_OPENING = re.compile(r"<\?php\s*$|#!|package [\w.]+;?\s*$")
"""How a file begins, which it does once."""

_LONGEST_WORD = 100
"""Characters; a longer one is data."""

_MOST_LINES = 12


def without_echo(hole: Hole, lines: list[str], *, expected: bool = False) -> list[str]:
    """The completion without what it repeats of the text before the point.

    ``expected``: the model was asked to begin with the point's line, so that however little it repeats is no chance.
    """
    if not lines:
        return lines
    if expected and lines[0].startswith(hole.before):
        return [lines[0][len(hole.before) :], *lines[1:]]
    if expected and not hole.blank_before and lines[0].startswith(hole.before.lstrip()):
        return [lines[0][len(hole.before.lstrip()) :], *lines[1:]]
    if _OPENING.match(lines[0]) and hole.mentions(lines[0].rstrip()):
        lines = lines[next((i for i, line in enumerate(lines) if i and line.strip()), 0) :]
    for count in range(min(_MOST_LINES, len(hole.above), len(lines) - 1), 0, -1):
        if _repeats_above(hole, lines, count):
            return _after_line(hole, lines[count:]) or lines
    return _after_line(hole, lines) or _after_word(hole, lines) or _after_accessor(hole, lines)


def may_repeat_above(hole: Hole, lines: list[str]) -> bool:
    """Whether the whole lines said so far repeat lines above, so that the point's own line may still come."""
    said = [line.strip() for line in lines]
    above = [line.strip() for line in hole.above[-_MOST_LINES:]]
    starts = range(len(above) - len(said) + 1)
    return sum(map(weight, said)) >= _LEAST and any(above[start : start + len(said)] == said for start in starts)


def _repeats_above(hole: Hole, lines: list[str], count: int) -> bool:
    above = hole.above[-count:]
    if any(a.strip() != b.strip() for a, b in zip(above, lines, strict=False)):
        return False
    said = sum(map(weight, above))
    if hole.blank_before:
        several = said >= 16 and len({line for line in above if line.strip()}) >= 2
        header = said >= _LEAST_HEADER and hole.opens_block(above[0])
        return (several or header) and any(map(str.strip, lines[count:]))
    return said >= _LEAST and lines[count].lstrip().startswith(hole.before.lstrip())


def _after_line(hole: Hole, lines: list[str]) -> list[str] | None:
    """Without the point's own line; None when the completion does not begin with it."""
    if hole.blank_before:
        return lines
    before, text = hole.before.lstrip(), lines[0].lstrip()
    if not text.startswith(before) or not (_is_telling(hole, before) or _is_indented_alike(hole, lines[0])):
        return None
    if text == before and len(lines) == 1:
        return None
    return [text[len(before) :], *lines[1:]]


def _is_telling(hole: Hole, before: str) -> bool:
    """Whether a text that begins like the point's line repeats it: no code says so much twice in a row."""
    if (hole.scan.inside or hole.says_sentences or hole.is_prose) and _MARKED.match(before):
        return not hole.mentions(before.strip() + " " + before.strip())
    least = _LEAST if hole.scan.in_code else _LEAST_IN_TEXT
    return len(before) >= least and weight(before) >= (3 if before[-1].isalnum() else 1)


def _is_indented_alike(hole: Hole, line: str) -> bool:
    """Whether the line begins with the point's line and its indentation: in the middle of a line nothing does."""
    return hole.before[0] in " \t" and line.startswith(hole.before)


def _after_accessor(hole: Hole, lines: list[str]) -> list[str]:
    """Without the sign of access that the point stands behind."""
    sign = _ACCESSOR.search(hole.before[-_LONGEST_WORD:])
    if sign and hole.scan.in_code and re.match(r"[^\W\d]", lines[0].removeprefix(sign[0])):
        return [lines[0].removeprefix(sign[0]), *lines[1:]]
    return lines


def _after_word(hole: Hole, lines: list[str]) -> list[str] | None:
    """Without the begun word, when the completion says it from its start."""
    begun, said = _WORD_END.search(hole.before[-_LONGEST_WORD:]), _WORD.match(lines[0])
    if not (begun and said and hole.scan.in_code):
        return None
    if len(said[0]) <= len(begun[0]) or not said[0].startswith(begun[0]) or hole.mentions(begun[0] + said[0]):
        return None
    return [lines[0][len(begun[0]) :], *lines[1:]]
