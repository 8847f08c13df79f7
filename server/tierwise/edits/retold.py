"""What stands after the point and is said again by the answer, where brackets alone do not tell.

Pure. The text then takes the place of what it repeats. Acts only on evidence in the line itself: a right answer seldom
ends with just what follows it, unless it opened that itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from tierwise.edits.around import weight
from tierwise.edits.hole import Hole

_PAIRS = {")": "(", "]": "[", "}": "{"}
_CLOSING = frozenset({*_PAIRS, *"\"'`"})
_SEPARATORS = frozenset(";,:")
_SENTENCE_ENDS = frozenset(".!?,;:")
_NO_ANGLE = re.compile(r"[-=]>|[<>]=|<<|\s[<>]\s")
"""Arrows and comparisons."""

_EMPHASIS = re.compile(r"\*\*|__|~~|[*_]")
_SCOPE = re.compile(r":\w")
_CLOSING_TAG = re.compile(r"</([\w.:-]+)")
_TELLING = 3
"""Letters and digits that do not end two texts by chance."""


def retold(hole: Hole, text: str) -> int:
    """How many characters after the point a text of one line repeats at its end; 0 where that may be its own."""
    said, rest = text.rstrip(), hole.rest.rstrip()
    if not rest or not said or "\n" in text or opens_itself(said, rest):
        return 0
    ruler = len(set(rest.strip())) == 1 and rest[-1] not in _CLOSING | _SEPARATORS
    if said.endswith(rest) and len(rest.strip()) > 1 and not ruler:
        return len(rest) if not hole.is_prose or _closes_more(said, rest) else 0
    if hole.is_prose and said.endswith(rest) and rest.strip() == "|":
        return len(rest)  # the border of a table's cell
    if hole.is_prose and (emphasis := _emphasis(hole.before, said, rest)):
        return emphasis
    if rest[0] in "\"'" and rest[-1] == ">" and said.endswith(rest[1:]) and _ends_string(hole.before, said, rest[0]):
        return len(rest)
    ends_sentence = rest.strip() == said[-1] != said[-2:-1] and said[-1] in _SENTENCE_ENDS
    if ends_sentence and (hole.is_prose or hole.scan.inside):
        return len(rest)
    if _retold_around(said, rest):
        return len(rest)
    separates = said[-1] == rest[0] and rest[0] in _SEPARATORS and said[-2:-1] != rest[0]
    if hole.scan.in_code and separates and not _SCOPE.match(rest):
        return 1
    angles = _angles(hole.before, said, rest)
    return angles or (_closers(hole.before, said, rest) if hole.is_prose or hole.scan.inside else 0)


def said_again(text: str, rest: str) -> Iterator[int]:
    """The lengths of what ``text`` ends and ``rest`` begins with, the longest first."""
    for count in range(min(len(text), len(rest)), 0, -1):
        if text.endswith(rest[:count]) and rest[count - 1] != " ":
            yield count


def is_within(part: str, text: str) -> bool:
    """Whether all characters of ``part`` stand in ``text`` in their order; editors show nothing else as ghost text."""
    rest = iter(text)
    return all(char in rest for char in part)


def joins_quotes(left: str, right: str) -> bool:
    """Whether the quotes at the border of two texts are one delimiter of three."""
    last, first = left[-1:], right[:1]
    run = len(left) - len(left.rstrip(last)) + len(right) - len(right.lstrip(first)) if last and first else 0
    return last == first and last in "\"'`" and run >= 3


def opens_itself(text: str, rest: str) -> bool:
    """Whether the text opens the elements that the rest closes, so that both need an end."""
    names = set(_CLOSING_TAG.findall(rest))
    return any(len(re.findall(rf"<{re.escape(name)}[\s/>]", text)) >= text.count(f"</{name}") > 0 for name in names)


def _closes_more(said: str, rest: str) -> bool:
    """Whether sentences and markup say the rest again: by a tag or a bracket, rather than by words."""
    return bool(_CLOSING_TAG.search(rest)) or any(char in "<>)]}\"'`" for char in rest)


def _emphasis(before: str, said: str, rest: str) -> int:
    """The marks of emphasis that began before the point and that the text ends as well."""
    mark = _EMPHASIS.match(rest)
    ends = mark and said.endswith(mark[0]) and before.count(mark[0]) % 2 and said.count(mark[0]) % 2
    return len(mark[0]) if mark and ends else 0


def _ends_string(before: str, said: str, quote: str) -> bool:
    """Whether a string that began before the point ends within the text."""
    return before.count(quote) % 2 == 1 == said.count(quote) % 2


def _retold_around(said: str, rest: str) -> bool:
    """Whether the text says the whole rest, closers first, with something new in its midst."""
    if rest[0] != ">" and rest[0] not in _CLOSING:
        return False
    same = 0
    while same < min(len(said), len(rest)) and said[-1 - same] == rest[-1 - same]:
        same += 1
    return weight(rest[len(rest) - same :]) >= _TELLING and is_within(rest, said)


def _angles(before: str, said: str, rest: str) -> int:
    """Angle brackets that were open before the point and that the text closes again."""
    if rest[0] != ">" or said[-1] != ">":
        return 0
    before, bare = _NO_ANGLE.sub("", before), _NO_ANGLE.sub("", said)
    extra = min(bare.count(">") - bare.count("<"), before.count("<") - before.count(">"))
    run = min(len(said) - len(said.rstrip(">")), len(rest) - len(rest.lstrip(">")))
    return max(0, min(extra, run))


def _closers(before: str, said: str, rest: str) -> int:
    """Brackets and quotes that were open before the point, where nothing but the line tells: in prose and strings."""
    if joins_quotes(said, rest):
        return 0
    for count in said_again(said, rest):
        closed = rest[:count]
        quotes = (before.count(char) % 2 and said.count(char) % 2 for char in closed if char in "\"'`")
        opened = (said.count(char) > said.count(_PAIRS[char]) for char in closed if char in _PAIRS)
        tag = closed[0] in "\"'" and before.count("<") > before.count(">")  # the last attribute of one
        if _CLOSING.issuperset(closed.rstrip(">") if tag else closed) and all(quotes) and all(opened):
            return count
    return _closed_within(before, said, rest)


def _closed_within(before: str, said: str, rest: str) -> int:
    """Brackets that were open before the point and that the text closes on its way to something else."""
    count = 0
    for char in rest:
        opener = _PAIRS.get(char, "")
        open_then = before.count(opener) - before.count(char)
        closed = said.count(char) - said.count(opener)
        if not opener or rest[: count + 1].count(char) > min(open_then, closed):
            break
        count += 1
    return count
