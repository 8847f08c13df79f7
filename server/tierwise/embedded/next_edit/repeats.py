"""The same replacement once more: where the words stand that were replaced, between the same neighbours.

How much has to agree was measured on recorded commits (``benchmarks/next_edit.py``): a replacement that was made once
says little about other places, one that was made twice says a lot when what both places have in common is found again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

from tierwise.core.documents import Document
from tierwise.core.text import Point, Span
from tierwise.embedded.next_edit.changes import (
    IMPORT,
    Replacement,
    Tokens,
    folded,
    is_word,
    replacements,
    solid,
    tokens,
    words,
)
from tierwise.embedded.next_edit.values import Change, Guess, Why

_EXAMPLES = 6
"""As many places are compared to find what they have in common."""
_PATTERNS = 4
"""Different replacements of one change that are looked for."""
_LONG, _VERY_LONG = 4, 8
"""Characters from which a single word is telling: replaced in three places, in two."""
_SURE_AROUND = 4
"""Words around it that make sure of a place, although the same word became something else in another."""
_COMMON = frozenset(
    re.findall(
        r"\w+",
        "a and any as async await bool boolean break case char class const continue def default dict do double else "
        "enum err error except export extends false False final float fn for from func function go if impl import in "
        "int interface is let list long map match mod mut new nil None not null number object of or package pass "
        "private protected pub public return Result self set short static str string String struct super switch test "
        "the this throw throws to true True try tuple type undefined unknown use using var void where while with yield",
    )
)
"""Words that stand everywhere: alone they tell nothing of a place."""


@dataclass(frozen=True, slots=True)
class _Pattern:
    """What all places of one replacement have in common; ``places`` are their URIs and lines. ``outer_left`` and
    ``outer_right`` go on beyond what stands in brackets, which may differ.
    """

    newest: Replacement
    left: Tokens
    right: Tokens
    outer_left: Tokens
    outer_right: Tokens
    from_start: bool
    to_end: bool
    places: tuple[tuple[str, int], ...]

    @property
    def key(self) -> str:
        """Its longest word, which a line must hold to come into question; "" for one without words."""
        known = (*self.left, *self.outer_left, *self.newest.old, *self.right, *self.outer_right)
        return max((token for token in known if is_word(token)), key=len, default="")


def repeats(change: Change, others: Sequence[Change], documents: Sequence[Document]) -> Iterator[Guess]:
    """Where the replacements of ``change`` are due again. ``others`` are the newest first."""
    newest = replacements(change)
    older = [replacement for other in others for replacement in replacements(other)]
    seen: set[tuple[Tokens, Tokens]] = set()
    for replacement in newest:
        if replacement.bare in seen or len(seen) == _PATTERNS or _adds_import(change, replacement):
            continue
        seen.add(replacement.bare)
        beside = [other for other in newest if other is not replacement and other.bare == replacement.bare]
        before = [other for other in older if other.bare == replacement.bare]
        if not beside and not before:
            continue
        pattern = _pattern(replacement, [*beside, *before][:_EXAMPLES])
        for document in documents:
            elsewhere = document is not documents[0]
            if elsewhere and _family(document.language) != _family(documents[0].language):
                continue
            if _telling(pattern, [*newest, *older], elsewhere=elsewhere):
                yield from _found(pattern, document)


def _adds_import(change: Change, replacement: Replacement) -> bool:
    """Whether a name was added to an import: another file gets it when it uses it."""
    return not solid(replacement.old) and IMPORT.match(change.new[replacement.line - change.line]) is not None


def _family(language: str) -> str:
    """JavaScript and TypeScript share their names; other languages do not."""
    return "ecmascript" if language.startswith(("javascript", "typescript")) else language


def _pattern(newest: Replacement, others: Sequence[Replacement]) -> _Pattern:
    left, right, from_start, to_end = newest.left, newest.right, True, True
    outer_left, outer_right = folded(left), folded(right)
    for other in others:
        left, all_left = _shared_end(left, other.left)
        right, all_right = _shared(right, other.right)
        outer_left, _ = _shared_end(outer_left, folded(other.left))
        outer_right, _ = _shared(outer_right, folded(other.right))
        from_start, to_end = from_start and all_left, to_end and all_right
    places = tuple((item.uri, item.line) for item in (newest, *others))
    return _Pattern(newest, left, right, outer_left, outer_right, from_start, to_end, places)


def _shared_end(mine: Tokens, theirs: Tokens) -> tuple[Tokens, bool]:
    """How both end, and whether that is all of both."""
    found, whole = _shared(mine[::-1], theirs[::-1])
    return found[::-1], whole


def _shared(mine: Tokens, theirs: Tokens) -> tuple[Tokens, bool]:
    """How both begin, and whether that is all of both."""
    count = 0
    while count < min(len(mine), len(theirs)) and mine[count] == theirs[count]:
        count += 1
    return mine[:count], count == len(mine) == len(theirs)


def _telling(pattern: _Pattern, every: Sequence[Replacement], *, elsewhere: bool = False) -> bool:
    """Whether a place that has all this in common is one of those meant. ``elsewhere``: in another document."""
    old = solid(pattern.newest.old)
    telling = sum(is_word(token) and token not in _COMMON for token in old)
    inner = words(pattern.left) + words(pattern.right)
    around = max(inner, words(pattern.outer_left) + words(pattern.outer_right))
    if _replaced_otherwise(pattern.newest, every) and around < _SURE_AROUND:
        return False
    if telling + around >= (3 if elsewhere else 2):
        return True
    if len(old) != 1 or not telling:
        return False
    return len(old[0]) >= (_VERY_LONG if elsewhere or len(pattern.places) == 2 else _LONG)


def _replaced_otherwise(newest: Replacement, every: Sequence[Replacement]) -> bool:
    """Whether the same words became something else in another place."""
    old, new = newest.bare
    return any(other.bare[0] == old and other.bare[1] != new for other in every)


def _found(pattern: _Pattern, document: Document) -> Iterator[Guess]:
    key = pattern.key
    if not key:
        return
    text = "".join(pattern.newest.new)
    for number, line in enumerate(document.lines):
        if key not in line or (document.uri, number) in pattern.places:
            continue
        columns = list(_places(pattern, line.rstrip("\r\n")))
        if columns:
            span = Span(Point(number, columns[0][0]), Point(number, columns[-1][1]))
            between = (line[stop:start] for (_, stop), (start, _) in pairwise(columns))
            yield Guess(document, span, text + "".join(part + text for part in between), Why.REPEAT)


def _places(pattern: _Pattern, line: str) -> Iterator[tuple[int, int]]:
    """The columns of the pattern in a line."""
    old = pattern.newest.old
    if "".join(old) not in line:
        return
    found = tokens(line)
    columns = tuple(accumulate(map(len, found), initial=0))
    for index in range(len(found) - len(old) + 1):
        if found[index : index + len(old)] == old and _fits(pattern, found, index):
            yield columns[index], columns[index + len(old)]


def _fits(pattern: _Pattern, found: Tokens, index: int) -> bool:
    old, new = pattern.newest.old, solid(pattern.newest.new)
    if not old and (index == 0 or found[index - 1].isspace() != pattern.newest.spaced):
        return False
    left, right = solid(found[:index]), solid(found[index + len(old) :])
    if not (_ends(left, pattern.left) and right[: len(pattern.right)] == pattern.right):
        return False
    outer = folded(right)[: len(pattern.outer_right)]
    if not (_ends(folded(left), pattern.outer_left) and outer == pattern.outer_right):
        return False
    if pattern.left and pattern.from_start and len(left) != len(pattern.left):
        return False
    if pattern.right and pattern.to_end and len(right) != len(pattern.right):
        return False
    return not _there_already(solid(old), new, left, right)


def _ends(tokens_: Tokens, tail: Tokens) -> bool:
    return tokens_[len(tokens_) - len(tail) :] == tail if len(tail) <= len(tokens_) else False


def _there_already(old: Tokens, new: Tokens, left: Tokens, right: Tokens) -> bool:
    """Whether the place looks as if the replacement had been made: the old words stand within the new ones."""
    for at in range(len(new) - len(old) + 1) if new else ():
        rest = new[at + len(old) :]
        if new[at : at + len(old)] == old and _ends(left, new[:at]) and right[: len(rest)] == rest:
            return True
    return False
