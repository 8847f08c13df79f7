"""Brackets and quotes of a completion against what stands around it.

Editors close brackets and quotes as they are typed, and models close them again. Pure. Acts only where the text as it
is does not fit its surroundings and the corrected one does: where the code around is broken, or read wrongly, nothing
fits and nothing is touched.
"""

from __future__ import annotations

import re

from tierwise.edits.hole import Hole
from tierwise.edits.retold import is_within, joins_quotes, retold, said_again
from tierwise.edits.scanner import CLOSER, Scan, at_line_end, scan

_CLOSERS = re.compile(r"[)\]}\"'`]+")
_TRIMMED = re.compile(r"([)\]}\"'`])(\s*[;,:]?\s*)$")
_MOST_TRIMMED = 3


def balanced(hole: Hole, text: str) -> tuple[str, int]:
    """The text to insert, and how many characters after the point it takes the place of."""
    told = retold(hole, text)
    if told and (hole.is_prose or fits(hole, text, told)):
        return text, told
    if not concerns(hole, text) or fits(hole, text):
        return text, 0
    closers = _CLOSERS.match(hole.rest)
    for count in range(1, len(closers[0]) + 1 if closers else 0):
        says = is_within(hole.rest[:count], text)
        if says and (fits(hole, text, count) or _fits_on_line(hole, text, count)):
            return text, _with_punctuation(hole, text, count)
    again = next((count for count in said_again(text, hole.rest) if fits(hole, text, count)), 0)
    if again:
        return text, again
    trimmed = text
    for _ in range(_MOST_TRIMMED):
        last = _TRIMMED.search(trimmed)
        if last is None:
            break
        trimmed = trimmed[: last.start()] + last[2]
        if fits(hole, trimmed):
            return trimmed, 0
    return text, 0


def concerns(hole: Hole, text: str) -> bool:
    """Whether brackets and quotes mean something here and occur at all."""
    inside = hole.scan.inside
    if joins_quotes(hole.before, text) or joins_quotes(text, hole.rest):
        return False  # the quotes make one delimiter together, which the state at the point cannot tell
    if hole.is_prose or (inside and inside not in hole.language.quotes):
        return False
    return bool(re.search(r"[()\[\]{}\"'`]", text))


def fits(hole: Hole, text: str, skipped: int = 0) -> bool:
    """Whether everything is closed exactly once with ``text`` in place of the first ``skipped`` characters after the
    point, as far as the window around shows.
    """
    end = _end_of_line(hole, text, skipped)
    if end.errors > hole.scan.errors or len(end.unmatched) > len(hole.scan.unmatched):
        return False
    below = hole.around.scan_below
    if end.inside:  # the text opens a string that goes on below
        below = scan(hole.language, "\n".join(hole.around.below), Scan(inside=end.inside))
        if not hole.around.below or below.inside == end.inside:
            return False
    needed = "".join(CLOSER[opener] for opener in reversed(end.stack))
    there = below.unmatched
    if needed == there:
        return True
    if hole.cut_below and needed.startswith(there):
        return True
    return hole.cut_above and there.startswith(needed)


def free_brackets(hole: Hole) -> int:
    """How many brackets are open at the point that nothing after it closes."""
    end = at_line_end(scan(hole.language, hole.rest, hole.scan), hole.language)
    return max(0, len(end.stack) - len(hole.around.scan_below.unmatched)) if not hole.cut_below else 0


def _end_of_line(hole: Hole, text: str, skipped: int) -> Scan:
    return at_line_end(scan(hole.language, text + hole.rest[skipped:], hole.scan), hole.language)


def _fits_on_line(hole: Hole, text: str, skipped: int) -> bool:
    """The same for the line alone, for code whose surroundings are broken while one types."""
    if "\n" in text:
        return False
    ends = [scan(hole.language, hole.before + text + hole.rest[count:]) for count in (0, skipped)]
    as_is, skips = (at_line_end(end, hole.language) for end in ends)
    return skips == Scan() and bool(as_is.unmatched or as_is.errors)


def _with_punctuation(hole: Hole, text: str, count: int) -> int:
    """Take over what follows the closers too, where the text repeats it (``);``)."""
    rest = hole.rest.rstrip()
    if text.rstrip().endswith(rest) and fits(hole, text, len(rest)):
        return len(rest)
    following = hole.rest[count : count + 1]
    return count + 1 if following in {";", ","} and text.rstrip().endswith(following) else count
