"""Where a completion of several lines has nothing new to say: at the existing text below, or when it repeats itself.

Pure. ``lines`` are those of the completion without terminators; the first continues the point's line. Each rule needs
evidence that a right answer does not give: false alarms take text away from people.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from tierwise.edits.around import weight
from tierwise.edits.hole import DEFINES, Hole
from tierwise.edits.scanner import scan

_CERTAIN_LINES = 3
_CERTAIN_WEIGHT = 40
"""Lines, and letters and digits in them, after which an answer that equals the text below counts as having reached
it, whatever it says next. Repeated code seldom agrees that long from the very first line below."""


_NAMED = {"yaml": re.compile(r"[\w\"'.-]+:(?:\s|$)"), "markdown": re.compile(r"#+\s")}
"""How lines of some languages begin that name what follows, which stands once in its place."""

_CLOSERS = ")]}\"'` \t"


@dataclass(frozen=True, slots=True)
class SuffixStart:
    """The completion's line and column from which it says what stands after the point already. ``sure``: False when
    that may be coincidence and something else must speak for it, such as the balance of brackets.
    """

    line: int
    column: int
    sure: bool


def suffix_start(hole: Hole, lines: list[str], *, running: bool) -> SuffixStart | None:
    """Where the completion runs into the existing text.

    ``running``: more may come, so only what is certain counts.
    """
    found = _text_start(hole, lines, running=running)
    if found and found.sure:
        return found
    closing = _definition(hole, lines)
    closing = _string_end(hole, lines) if closing is None else closing
    return found if closing is None else SuffixStart(closing, 0, True)


def repetition_start(hole: Hole, lines: list[str], *, running: bool) -> int | None:
    """The first line of a tail that only repeats the lines before it."""
    whole = [hole.before + lines[0], *lines[1:]] if lines else []
    texts = [line.rstrip() for line in whole]
    while texts and not texts[-1]:
        texts.pop()
    best: int | None = None
    for period in range(1, len(texts) // 2 + 1):
        again = 0
        while again < len(texts) - period and texts[-1 - again] == texts[-1 - again - period]:
            again += 1
        if again >= period and _is_loop(texts[-period:], again // period, running):
            start = len(texts) - again
            best = start if best is None else min(best, start)
    return best


def _text_start(hole: Hole, lines: list[str], *, running: bool) -> SuffixStart | None:
    rest, below = hole.rest.rstrip(), hole.around.below_filled
    filled = [i for i, line in enumerate(lines) if line.strip()]
    for i in range(-1 if hole.blank_before and not rest else 0, len(lines)):
        if i >= 0 and rest and not _says_rest(hole, lines[i].rstrip(), rest):
            continue
        following = [j for j in filled if j > i]
        texts = [(hole.before if j == 0 else "") + lines[j] for j in following]
        same = _agreeing(texts, below)
        found = texts[:same]
        ends = same == len(texts)
        sure = _is_certain(found) or (ends and not running and _is_enough(hole, rest, found, i < len(lines) - 1))
        column = len(lines[i].rstrip()) - len(rest) if i >= 0 else 0
        if sure:
            return SuffixStart(max(i, 0), column, True)
        if ends and not running and (found or rest):
            return SuffixStart(max(i, 0), column, False)
    return None


def _definition(hole: Hole, lines: list[str]) -> int | None:
    """The line that defines once more what the next line below defines."""
    there = next(iter(hole.around.below_filled), "")
    named = _NAMED.get(hole.language.id, DEFINES)
    defines = named.match(there.lstrip())
    if not (defines and hole.blank_rest and hole.scan.in_code):
        return None
    return next((i for i, line in enumerate(lines) if line.rstrip() == there and (i or not hole.before)), None)


def _string_end(hole: Hole, lines: list[str]) -> int | None:
    """The line with which the completion ends the string or comment around the point as the text below does."""
    end, block = hole.scan.inside, (hole.language.block_comment or ())[1:]
    if not hole.blank_rest or (end not in hole.language.long_ends and end not in block):
        return None
    there = next((line.strip() for line in hole.around.below_filled if end in line), "")
    state = hole.scan
    for i, line in enumerate(lines):
        state = scan(hole.language, line + "\n", state)
        if state.inside != end:
            return i if line.strip() == there else None
    return None


def _says_rest(hole: Hole, line: str, rest: str) -> bool:
    """Whether a line ends with the rest of the point's line, and not with the same words indented deeper."""
    if not line.endswith(rest):
        return False
    deeper = hole.blank_before and rest[0] in " \t" and line[: -len(rest)].endswith((" ", "\t"))
    return not deeper


def _agreeing(texts: list[str], below: tuple[str, ...]) -> int:
    count = 0
    for text, existing in zip(texts, below, strict=False):
        if text.rstrip() != existing:
            break
        count += 1
    return count


def _is_certain(found: list[str]) -> bool:
    return len(found) >= _CERTAIN_LINES and len(set(found)) > 1 and sum(map(weight, found)) >= _CERTAIN_WEIGHT


def _is_enough(hole: Hole, rest: str, found: list[str], goes_on: bool) -> bool:
    """Whether a tail that ends with the existing text does so for a reason: closers alone may be said by chance."""
    string_end = hole.scan.inside if hole.scan.inside in hole.language.long_ends else None
    if len(found) == 1 and hole.around.repeats_lines:
        return False
    if any(line.strip(_CLOSERS + ";,") or (string_end and string_end in line) for line in found):
        return True
    if hole.is_prose and any(line.lstrip().startswith("```") for line in found):
        return True
    if goes_on and (string_end or rest.strip(_CLOSERS)):
        return bool(rest)
    return weight(rest) >= 3 or bool(string_end and rest.startswith(string_end))


def _is_loop(block: list[str], copies: int, running: bool) -> bool:
    """Whether ``copies`` more of ``block`` are a model's loop rather than code; less is needed at the end."""
    filled = {line for line in block if line.strip()}
    letters = sum(map(weight, filled))
    if len(filled) <= 1:
        enough = copies >= (2 if running else 1) and letters >= 2
        return enough or (copies >= 3 and any(line.strip(_CLOSERS + ";,") for line in filled))
    return copies >= (2 if running else 1) and letters >= 12
