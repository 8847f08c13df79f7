"""Where the tokens before the cursor stood before, and what followed them there.

Owner of no state. Nearer evidence weighs more: this document, then the other open ones, then the workspace (the nested
caches of Hellendoorn and Devanbu, "Are deep neural networks the best choice for modeling source code?", 2017).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tierwise.embedded.scene import Scene

ORDERS = (1, 2, 3, 4, 6, 8, 12)
"""Lengths of context that are told apart; a match counts for the longest that it reaches and for all shorter ones."""

_LONGEST = ORDERS[-1]
_LEVELS = tuple(sum(order <= length for order in ORDERS) - 1 for length in range(_LONGEST + 1))

Searches = tuple[tuple[int, int], ...]
"""Lengths of context to search for, and how many places each may find."""

_ABOVE: Searches = ((4, 8), (2, 16), (1, 16))
_BELOW: Searches = ((4, 4), (2, 8), (1, 4))
_OTHER: Searches = ((4, 4), (2, 6))
_SKIPPING: Searches = ((2, 12),)
_LINKS, _SKIPPING_LINKS = 32, 24

_NEAR = 12_000
"""Tokens on either side that are searched once the first token is decided; that one looks through the whole file."""

_OWN_WEIGHT, _OPEN_WEIGHT, _WORKSPACE_WEIGHT = 2.0, 1.5, 1.0
_FADING = 0.1
"""How much less each farther place in the document counts."""


@dataclass(slots=True)
class Witness:
    """A place where the same tokens stood before: the next token there is ``text[place]``. ``length`` tokens before it
    agree (up to the longest order); ``own``: it is in the document itself.
    """

    text: str
    place: int
    length: int
    weight: float
    own: bool

    @property
    def level(self) -> int:
        """The index in ``ORDERS`` of the longest context that agrees."""
        return _LEVELS[self.length]

    def follow(self) -> bool:
        """Go on to the next token; False at the end of the text."""
        self.place += 1
        self.length = min(_LONGEST, self.length + 1)
        return self.place < len(self.text)


def witnesses(scene: Scene, above: str, *, far: bool) -> Iterator[Witness]:
    """Where the last tokens of ``above`` stood before. ``far``: in the whole document, not only near the cursor."""
    context = above[-_LONGEST:]
    low = 0 if far else max(0, len(above) - _NEAR)
    for rank, place in enumerate(_places_before(above, context, low, _ABOVE)):
        weight = _OWN_WEIGHT / (1 + _FADING * rank)
        yield Witness(above, place, _agreement(above, place, context), weight, own=True)
    below = scene.below
    for rank, place in enumerate(_places_after(below, context, len(below) if far else _NEAR)):
        weight = _OWN_WEIGHT / (1.5 + _FADING * rank)
        yield Witness(below, place, _agreement(below, place, context), weight, own=True)
    for other in scene.others:
        for place in _places_before(other, context, 0, _OTHER):
            yield Witness(other, place, _agreement(other, place, context), _OPEN_WEIGHT, own=False)
    seen: set[tuple[str, int]] = set()
    for long in (True, False):
        for text, place, path in scene.corpus.occurrences(context, scene.seed, long, _LINKS):
            if place < len(text) and path not in scene.hidden and (path, place) not in seen:
                seen.add((path, place))
                yield Witness(text, place, _agreement(text, place, context), _WORKSPACE_WEIGHT, own=False)


def skipping(scene: Scene, above: str) -> Iterator[tuple[str, float]]:
    """What followed, and with what weight, where the same tokens but for one word stood before: that word is the last
    one, or the last but one.
    """
    word = scene.vocabulary.word
    for back in (1, 2):
        if len(above) < back + 2 or not is_word(word(ord(above[-back]) >> 1)):
            continue
        head, skipped, tail = above[-back - 2 : -back], above[-back], above[len(above) - back + 1 :]
        for rank, place in enumerate(_places_before(above, head, 0, _SKIPPING)):
            after = place + back
            if after >= len(above) or above[place] == skipped or not above.startswith(tail, place + 1):
                continue
            if is_word(word(ord(above[place]) >> 1)):
                yield above[after], _OWN_WEIGHT / (1 + _FADING * rank)
        for text, place, path in scene.corpus.occurrences(head, scene.seed, False, _SKIPPING_LINKS):
            after = place + back
            if path in scene.hidden or after >= len(text) or not text.startswith(tail, place + 1):
                continue
            if is_word(word(ord(text[place]) >> 1)):
                yield text[after], _WORKSPACE_WEIGHT


def is_word(lexeme: str) -> bool:
    """Whether a lexeme is an identifier or a keyword."""
    return lexeme[:1].isalpha() or lexeme[:1] == "_"


def is_word_part(char: str) -> bool:
    return char == "_" or char.isalnum()


def _places_before(text: str, context: str, low: int, searches: Searches) -> Iterator[int]:
    """Where in ``text`` something follows the end of ``context``: long contexts first, and of each the nearest to the
    end.
    """
    seen: set[int] = set()
    for order, most in searches:
        needle = context[-order:]
        stop = len(text) - 1
        for _ in range(most if len(needle) == order else 0):
            found = text.rfind(needle, low, stop)
            if found < 0:
                break
            place = found + order
            stop = place - 1
            if place not in seen:
                seen.add(place)
                yield place


def _places_after(text: str, context: str, high: int) -> Iterator[int]:
    """The same in the text below the cursor, the nearest to its start first."""
    seen: set[int] = set()
    for order, most in _BELOW:
        needle = context[-order:]
        start = 0
        for _ in range(most if len(needle) == order else 0):
            found = text.find(needle, start, high)
            place = found + order
            if found < 0 or place >= len(text):
                break
            start = found + 1
            if place not in seen:
                seen.add(place)
                yield place


def _agreement(text: str, place: int, context: str) -> int:
    length = 1
    most = min(len(context), place)
    while length < most and text[place - 1 - length] == context[-1 - length]:
        length += 1
    return length
