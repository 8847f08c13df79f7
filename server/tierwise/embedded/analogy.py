"""Lines like this one: a nearby line of the same shape, with its names put in place of this line's.

Owner of no state. After ``self._width = width`` and ``self._hei`` it knows how ``self._height =`` goes on; after two
lines that differ by a step, it knows the third.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from tierwise.embedded.scene import Scene
from tierwise.embedded.vocabulary import BREAK_CLASS, LINE_END, Vocabulary

_LINES_ABOVE, _LINES_BELOW = 60, 15
_FADING = 0.05

_REACH = 1_200
"""Tokens above among which those lines are looked for, and a quarter of it below."""

_LINE = re.compile(f"[{BREAK_CLASS}][^{BREAK_CLASS}]*")
_NAME = re.compile(r"[^\W\d]\w*")


class Analogy:
    """A nearby line of the same shape, read as it would stand here, token by token."""

    __slots__ = ("_line", "_place", "_swap", "_vocabulary", "text", "weight")

    text: str
    """The next token here, with the blank before it."""

    def __init__(self, vocabulary: Vocabulary, line: str, place: int, swap: _Swap, weight: float) -> None:
        self._vocabulary = vocabulary
        self._line = line
        self._place = place
        self._swap = swap
        self.weight = weight
        self.text = swap.apply(vocabulary, line[place])

    def follow(self) -> bool:
        """Go on to the next token; False when the line was over."""
        if self.text == LINE_END:
            return False
        self._place += 1
        over = self._place == len(self._line)
        self.text = LINE_END if over else self._swap.apply(self._vocabulary, self._line[self._place])
        return True

    @property
    def exchanged(self) -> bool:
        """Whether the other line has another name in this place."""
        return self.text != LINE_END and self.text != self._vocabulary.text(self._line[self._place])


def analogies(scene: Scene) -> list[Analogy]:
    """Every nearby line that begins like the current one up to exchanged names, the nearest first."""
    vocabulary, opening = scene.vocabulary, scene.opening
    typed = scene.above[scene.line_start :]
    if len(typed) < 2 and not opening.typed:
        return []
    found: list[Analogy] = []
    at = len(typed)
    for rank, line in enumerate(_lines_around(scene)):
        if len(line) <= at or (at == 1 and not opening.fits(vocabulary, line[1])):
            continue
        swap = _align(vocabulary, typed, line)
        if swap is not None and opening.fits_text(swap.apply(vocabulary, line[at])):
            weight = (swap.equal + 0.5) / (swap.equal + len(swap.names) + 1.0) / (1 + _FADING * rank)
            found.append(Analogy(vocabulary, line, at, swap, weight))
    return found


def _lines_around(scene: Scene) -> list[str]:
    """The token texts of lines near the cursor: those above, nearest first, then those below."""
    above = _LINE.findall(scene.above, max(0, scene.line_start - _REACH), scene.line_start)
    below = _LINE.findall(scene.below, 0, _REACH // 4)
    return above[: -_LINES_ABOVE - 1 : -1] + below[:_LINES_BELOW]


@dataclass(slots=True)
class _Swap:
    """Names of the other line and what stands in their place here; ``cores`` are the parts of names that differ."""

    names: dict[str, str]
    equal: int
    cores: dict[str, str]

    def apply(self, vocabulary: Vocabulary, token: str) -> str:
        """The text that ``token`` of the other line has here."""
        text = vocabulary.text(token)
        if not self.names:
            return text
        bare = text.lstrip(" ")
        blank = text[: len(text) - len(bare)]
        if bare in self.names:
            return blank + self.names[bare]
        return blank + (replaced(bare, self.cores) or bare)


def _align(vocabulary: Vocabulary, typed: str, line: str) -> _Swap | None:
    names: dict[str, str] = {}
    equal = 0
    for place in range(1, len(typed)):
        mine, theirs = typed[place], line[place]
        if mine == theirs:
            equal += 1
            continue
        if (ord(mine) ^ ord(theirs)) & 1:
            return None
        old, new = vocabulary.word(ord(theirs) >> 1), vocabulary.word(ord(mine) >> 1)
        if not exchangeable(old, new) or names.setdefault(old, new) != new:
            return None
    if len(names) > equal + 1:
        return None
    return _Swap(names, equal, _cores(names) if names else {})


def replaced(name: str, cores: dict[str, str]) -> str | None:
    """``name`` with the first of ``cores`` that it contains replaced; None where it contains none."""
    return next((name.replace(old, new) for old, new in cores.items() if old in name), None)


def exchangeable(old: str, new: str) -> bool:
    """Whether one of two different lexemes may stand for the other in lines of the same shape."""
    if not old or not new:
        return False
    if old[0] in "\"'`":
        return new[0] == old[0]
    if old[0].isdigit():
        return new[0].isdigit()
    return _NAME.match(old) is not None and _NAME.match(new) is not None


def _cores(names: dict[str, str]) -> dict[str, str]:
    cores: dict[str, str] = {}
    for old, new in names.items():
        parts = core(old, new)
        if parts is None:
            continue
        old, new = parts
        for spell in (str, str.lower, str.upper, str.capitalize):
            cores.setdefault(spell(old), spell(new))
    return cores


def core(old: str, new: str) -> tuple[str, str] | None:
    """The parts in which two names differ, whole words of them; None where too little is left to be recognized."""
    head = 0
    while head < min(len(old), len(new)) and old[head] == new[head]:
        head += 1
    while head > 0 and (old[head - 1].isalnum() and head < len(old) and old[head].islower()):
        head -= 1
    tail = 0
    while tail < min(len(old), len(new)) - head and old[-1 - tail] == new[-1 - tail]:
        tail += 1
    while tail > 0 and old[-tail].islower():
        tail -= 1
    mine, theirs = old[head : len(old) - tail], new[head : len(new) - tail]
    return (mine, theirs) if len(mine) >= 3 and theirs else None
