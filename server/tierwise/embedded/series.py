"""The next line of a series: two lines above that differ by a step are taken one step further.

Owner of no state. A step is a number that grows, a letter that goes on, or a name that comes next in a list elsewhere
in the document: after ``self.width = width`` and ``self.height = height`` below ``def __init__(self, width, height,
depth)``, the next line is about ``depth``.
"""

from __future__ import annotations

import re

from tierwise.embedded.analogy import core, exchangeable, replaced
from tierwise.embedded.scene import Scene
from tierwise.embedded.vocabulary import LINE_END, Vocabulary, is_break, line_break

_LONGEST_LINE = 40
_PLACES = 6
"""Places that are looked at for a list that two names stand in."""

_WIDEST_STEP = 8
"""Tokens between two neighbours in such a list."""

_NUMBERED = re.compile(r"(.*?)(\d+)")


class Series:
    """The expected line, read token by token from where the cursor is."""

    __slots__ = ("_place", "_texts")

    def __init__(self, texts: list[str], place: int) -> None:
        self._texts = texts
        self._place = place

    @property
    def text(self) -> str:
        """The next token, with the blank before it."""
        return self._texts[self._place]

    def follow(self) -> bool:
        """Go on to the next token; False when the line was over."""
        self._place += 1
        return self._place < len(self._texts)


def series(scene: Scene) -> Series | None:
    """What the current line is if it goes on as the two above it; None where it cannot."""
    vocabulary, above, start = scene.vocabulary, scene.above, scene.line_start
    typed = above[start:]
    if scene.opening.is_break or typed[:1] != _NEXT_LINE:
        return None
    last, first = _line_before(above, start), ""
    if last[:1] == _NEXT_LINE:
        first = _line_before(above, start - len(last))
    if len(first) != len(last) or not 1 < len(last) <= _LONGEST_LINE:
        return None
    texts = _next(vocabulary, first[1:], last[1:], above[: start - len(last) - len(first)])
    done = [vocabulary.text(token) for token in typed[1:]]
    if texts is None or texts[: len(done)] != done or len(texts) == len(done):
        return None
    if not scene.opening.fits_text(texts[len(done)]):
        return None
    return Series([*texts, LINE_END], len(done))


_NEXT_LINE = line_break(0, deeper=False, blank_before=False)


def _line_before(above: str, stop: int) -> str:
    start = stop - 1
    while start > max(0, stop - _LONGEST_LINE - 1) and not is_break(above[start]):
        start -= 1
    return above[max(0, start) : stop]


def _next(vocabulary: Vocabulary, first: str, last: str, before: str) -> list[str] | None:
    """The texts of the line after ``first`` and ``last``; None where they differ by no step that can be taken."""
    steps: dict[str, str] = {}
    for one, two in zip(first, last, strict=True):
        if one == two:
            continue
        old, new = vocabulary.word(ord(one) >> 1), vocabulary.word(ord(two) >> 1)
        if (ord(one) ^ ord(two)) & 1 or not exchangeable(old, new):
            return None
        if new not in steps:
            following = _counted(old, new) or _listed(vocabulary, old, new, before)
            if following is not None:
                steps[new] = following
    if not steps:
        return None
    cores = dict(found for new, following in steps.items() if (found := core(new, following)) is not None)
    texts: list[str] = []
    for one, two in zip(first, last, strict=True):
        text = vocabulary.text(two)
        if one != two:
            bare = text.lstrip(" ")
            changed = steps.get(bare) or replaced(bare, cores)
            if changed is None:
                return None
            text = text[: len(text) - len(bare)] + changed
        texts.append(text)
    return texts


def _counted(old: str, new: str) -> str | None:
    """The next of two numbers, or of two names or strings that differ in a number or a single letter."""
    one, two = _NUMBERED.fullmatch(old.rstrip("\"'")), _NUMBERED.fullmatch(new.rstrip("\"'"))
    if one and two and one.group(1) == two.group(1):
        step = int(two.group(2)) - int(one.group(2))
        following = int(two.group(2)) + step
        tail = new[len(new.rstrip("\"'")) :]
        counts = step and (abs(step) <= 2 or following % step == 0)  # 10, 20, 30, but not sha256 after sha1
        return f"{two.group(1)}{following:0{len(two.group(2))}d}{tail}" if counts and following >= 0 else None
    if len(old) == len(new) == 1 and old.isalpha() and new.isalpha() and ord(new) == ord(old) + 1:
        return chr(ord(new) + 1) if chr(ord(new) + 1).isalpha() else None
    return None


def _listed(vocabulary: Vocabulary, old: str, new: str, before: str) -> str | None:
    """What comes after ``new`` where it came after ``old`` in the same way, nearest first."""
    old_core, new_core = old.strip("_\"'"), new.strip("_\"'")
    one, two = vocabulary.known(old_core), vocabulary.known(new_core)
    if one is None or two is None or not new_core:
        return None
    for blank in (0, 1):
        token, stop = chr(one * 2 + blank), len(before)
        for _ in range(_PLACES):
            stop = before.rfind(token, 0, stop)
            if stop < 0:
                break
            following = _after(vocabulary, before, stop, two)
            if following:
                return new.replace(new_core, following)
    return None


def _after(vocabulary: Vocabulary, text: str, place: int, number: int) -> str:
    for step in range(2, _WIDEST_STEP):
        if place + step < len(text) and ord(text[place + step]) >> 1 == number:
            between = text[place + 1 : place + step]
            third = place + step + 1 + len(between)
            if third < len(text) and text.startswith(between, place + step + 1):
                word = vocabulary.word(ord(text[third]) >> 1)
                return word if word.isidentifier() else ""
    return ""
