"""Names that may be meant by the word that is being typed: those in scope first, then those of the workspace.

Owner of no state. A name is known to stand near the cursor, in code or in prose; how often it followed the token before
the word says more than how near it is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from heapq import nlargest
from itertools import islice

from tierwise.embedded.evidence import is_word_part
from tierwise.embedded.masking import may_be_offered
from tierwise.embedded.scene import Scene

_HALVED_AFTER = 2_000
"""Characters away at which a name counts half."""

_REACH = 8_000
"""Characters that are looked through for each letter that was typed: one letter begins many names."""

_LOOKED_AT, _MOST_NAMES = 48, 12
"""Names that are looked at, and of which the neighbours are: the nearest."""

_FAR_WEIGHT, _FAR_FILES = 0.1, 2
"""The most that a name of other files weighs, and in how many files it stands when it weighs half of it."""

_LETTERS = 3
"""Letters that must stand before the workspace's names are proposed: fewer begin too many."""

_NEAR = 12_000
"""Tokens on either side in which a name counts as used in this document."""

_MOST_PAIRS = 8
"""Places in the workspace at which a name is looked for behind the same token."""

_OWN_PAIR = 2.0

_LAST_WORD = re.compile(r"[^\W\d]\w*$")


@dataclass(slots=True)
class Named:
    """``weight``, up to 1, is how near the name stands, or little where it stands in other files only; ``pairs``: how
    often it followed the same token, in this document twice as much as in the workspace.
    """

    weight: float
    pairs: float


def named(scene: Scene) -> dict[str, Named]:
    """The names that begin like the word that is being typed, as tokens with the blank before them. In a string or a
    comment, of which the word is only the last part, they are that string or comment up to the end of the word.
    """
    begun = _LAST_WORD.search(scene.opening.typed)
    if begun is None:
        return {}
    word, head = begun.group(), (" " if scene.opening.blank else "") + scene.opening.typed[: begun.start()]
    weights = _near(scene, word)
    if len(word) >= _LETTERS:
        for name, files in scene.names.beginning(word, scene.seed):
            weights.setdefault(name, _FAR_WEIGHT * files / (files + _FAR_FILES))
    in_code = not head.strip()
    nearest = nlargest(_LOOKED_AT, weights, key=lambda name: (weights[name], name))
    fitting = (
        name
        for name in nearest
        if (_is_used(scene, name) if in_code else name != word and may_be_offered(name, learnt=_is_used(scene, name)))
    )
    found = islice(fitting, _MOST_NAMES)
    return {head + name: Named(weights[name], _pairs(scene, name) if in_code else 0.0) for name in found}


def _is_used(scene: Scene, name: str) -> bool:
    """Whether the name stands in the code of this document or in a file of the workspace."""
    number = scene.vocabulary.known(name)
    if number is None:
        return False
    above, below = scene.above[-_NEAR:], scene.below[:_NEAR]
    tokens = chr(number * 2), chr(number * 2 + 1)
    return any(token in above or token in below for token in tokens) or scene.names.known(name) is not None


def _near(scene: Scene, word: str) -> dict[str, float]:
    begun = re.compile(re.escape(word) + r"\w*")  # begins with a literal, which is searched many times faster
    weights: dict[str, float] = {}
    reach = _REACH * len(word)
    above, below = scene.text_above[-reach:], scene.text_below[:reach]
    for text, is_above in ((below, False), (above, True)):
        for match in begun.finditer(text):
            start = match.start()
            if start and is_word_part(text[start - 1]):
                continue
            weight = 1 / (1 + (len(text) - start if is_above else start) / _HALVED_AFTER)
            weights[match.group()] = max(weight, weights.get(match.group(), 0.0))
    return weights


def _pairs(scene: Scene, name: str) -> float:
    number = scene.vocabulary.known(name)
    if number is None or not scene.above:
        return 0.0
    above, below = scene.above[-_NEAR:], scene.below[:_NEAR]
    pair = above[-1] + chr(number * 2 + bool(scene.opening.blank))
    places = scene.corpus.occurrences(pair, scene.seed, False, _MOST_PAIRS)
    elsewhere = sum(path not in scene.hidden for _, _, path in places)
    return _OWN_PAIR * (above.count(pair) + below.count(pair)) + elsewhere
