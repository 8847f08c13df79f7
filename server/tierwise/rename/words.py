"""The words that names are made of: taken apart, put together in another style, made plural. Pure.

Rules of English plurals are those of Quirk et al., "A Comprehensive Grammar of the English Language", 5.79 to 5.81, as
far as programmers' nouns need them; what they get wrong costs an offer, never an edit.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[^\W\d_A-Z]+|\d+")


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a name, as it is written there."""

    text: str
    start: int

    @property
    def end(self) -> int:
        return self.start + len(self.text)


def words_of(name: str) -> tuple[Word, ...]:
    """The words of a name of any style: ``HTTPServer2`` is HTTP, Server, 2."""
    return tuple(Word(match[0], match.start()) for match in _WORD.finditer(name))


@dataclass(frozen=True, slots=True)
class Derivation:
    """How names follow when ``old`` becomes ``new``; both as lower-case words."""

    old: tuple[str, ...]
    new: tuple[str, ...]
    separator: str
    """Between the new words where a name of one word does not tell."""

    @staticmethod
    def of(old_name: str, new_name: str) -> Derivation | None:
        """None where nothing can be named after the old name, or nothing would change."""
        old, new = (tuple(word.text.lower() for word in words_of(name)) for name in (old_name, new_name))
        if not old or not new or old == new or len("".join(old)) < _SHORTEST or "".join(old).isdigit():
            return None
        return Derivation(old, new, "_" if "_" in new_name else "")

    def apply(self, name: str) -> str | None:
        """The name after the rename; None for one that does not hold the old words. Every style is kept: case,
        separators, plural.
        """
        words = words_of(name)
        pieces: list[str] = []
        last = 0
        for first, plural in self._places(words):
            group = words[first : first + len(self.old)]
            if group[0].start < last:
                continue
            pieces += [name[last : group[0].start], self._written(name, group, plural)]
            last = group[-1].end
        return "".join((*pieces, name[last:])) if pieces else None

    def _places(self, words: Sequence[Word]) -> Iterator[tuple[int, int]]:
        """Where the old words begin, and whether the last of them is made plural (1), singular (-1) or neither."""
        lower = [word.text.lower() for word in words]
        count = len(self.old)
        for first in range(len(lower) - count + 1):
            *head, tail = lower[first : first + count]
            if tuple(head) != self.old[:-1]:
                continue
            if tail == self.old[-1]:
                yield first, 0
            elif tail in plurals(self.old[-1]):
                yield first, 1
            elif self.old[-1] in plurals(tail):
                yield first, -1

    def _written(self, name: str, group: Sequence[Word], plural: int) -> str:
        new = list(self.new)
        if plural == 1:
            new[-1] = plurals(new[-1])[0]
        elif plural == -1:
            new[-1] = singular(new[-1])
        separator = self._separator(name, group)
        return separator.join(_cased(group, new, separator))

    def _separator(self, name: str, group: Sequence[Word]) -> str:
        if len(group) > 1:
            return name[group[0].end : group[1].start]
        found = next((mark for mark in ("_", "-", ".") if mark in name.strip("_-.")), None)
        if found is not None:
            return found
        mixed = name != name.lower() and name != name.upper()
        return "" if mixed else self.separator


def _cased(group: Sequence[Word], new: Sequence[str], separator: str) -> list[str]:
    first = group[0].text
    if first.isupper() and (len(first) > 1 or all(word.text.isupper() for word in group)):
        return [word.upper() for word in new]
    rest = group[1].text if len(group) > 1 else ""
    tail_is_title = rest[:1].isupper() if rest else not separator or first[:1].isupper()
    head = new[0].capitalize() if first[:1].isupper() else new[0]
    return [head, *(word.capitalize() if tail_is_title else word for word in new[1:])]


_SHORTEST = 3
"""Names of fewer letters are in too many others by chance."""

_IRREGULAR = {
    "child": "children",
    "criterion": "criteria",
    "datum": "data",
    "foot": "feet",
    "index": "indices",
    "leaf": "leaves",
    "man": "men",
    "matrix": "matrices",
    "mouse": "mice",
    "person": "people",
    "vertex": "vertices",
    "woman": "women",
}
_SINGULAR = {plural: word for word, plural in _IRREGULAR.items()}


def plurals(word: str) -> tuple[str, ...]:
    """The plural forms of a lower-case noun, the usual one first."""
    regular = _regular_plural(word)
    irregular = _IRREGULAR.get(word)
    return (regular,) if irregular is None else (irregular, regular)


def singular(word: str) -> str:
    """The noun of which a lower-case word is the plural; the word itself where it is none."""
    if word in _SINGULAR:
        return _SINGULAR[word]
    for ending, put in (("ies", "y"), ("es", ""), ("s", "")):
        stem = word.removesuffix(ending) + put
        if word.endswith(ending) and len(stem) > 1 and _regular_plural(stem) == word:
            return stem
    return word


def _regular_plural(word: str) -> str:
    if word.endswith("y") and word[-2:-1] not in {"a", "e", "i", "o", "u", ""}:
        return word[:-1] + "ies"
    if word.endswith(("s", "x", "z", "ch", "sh")):
        return word + "es"
    return word + "s"


def is_ordinary(name: str) -> bool:
    """Whether a name reads like a word of prose: one word, written like one."""
    return len(words_of(name)) == 1 and "_" not in name.strip("_") and not any(char.isdigit() for char in name)


def forms_of(old_name: str, new_name: str) -> dict[str, str]:
    """A name of several words as other notations write it (``max-retries``, ``maxRetries``, ``MAX_RETRIES``), with the
    new name in the same notation. Empty for a name of one word.
    """
    old, new = ([word.text.lower() for word in words_of(name)] for name in (old_name, new_name))
    if len(old) < 2 or not new:
        return {}
    found: dict[str, str] = {}
    for join in (_snake, _kebab, _constant, _camel, _pascal):
        found.setdefault(join(old), join(new))
    return {form: text for form, text in found.items() if form not in {old_name, text}}


def _snake(words: Sequence[str]) -> str:
    return "_".join(words)


def _kebab(words: Sequence[str]) -> str:
    return "-".join(words)


def _constant(words: Sequence[str]) -> str:
    return "_".join(words).upper()


def _camel(words: Sequence[str]) -> str:
    return words[0] + "".join(word.capitalize() for word in words[1:])


def _pascal(words: Sequence[str]) -> str:
    return "".join(word.capitalize() for word in words)


class Style(StrEnum):
    """How the words of a name are written."""

    SNAKE = "snake_case"
    CAMEL = "camelCase"
    PASCAL = "PascalCase"
    CONSTANT = "CONSTANT_CASE"


_JOINS: dict[Style, Callable[[Sequence[str]], str]] = {
    Style.SNAKE: _snake,
    Style.CAMEL: _camel,
    Style.PASCAL: _pascal,
    Style.CONSTANT: _constant,
}


def style_of(name: str, others: Iterable[str] = ()) -> Style:
    """The style of a name. Where it has one word, those of ``others`` that begin alike say how two are joined."""
    bare = name.strip("_#$")
    if bare.isupper() and (len(bare) > 1 or "_" in name):
        return Style.CONSTANT
    if bare[:1].isupper():
        return Style.PASCAL
    if "_" in bare:
        return Style.SNAKE
    if bare != bare.lower():
        return Style.CAMEL
    styles = Counter(style_of(other) for other in others if other[:1].islower() and len(words_of(other)) > 1)
    return Style.CAMEL if styles[Style.CAMEL] > styles[Style.SNAKE] else Style.SNAKE


def restyled(name: str, style: Style, like: str) -> str:
    """A name in another style, with the marks that ``like`` begins with (underscores, ``#``)."""
    words = [word.text.lower() for word in words_of(name)]
    mark = like[: len(like) - len(like.lstrip("_#$"))]
    return mark + _JOINS[style](words) if words else ""
