"""Which edit comes next: all rules asked, the surest first, never against what the user just did."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice

from tierwise.core.documents import Document
from tierwise.core.text import Point
from tierwise.embedded.next_edit.arguments import arguments
from tierwise.embedded.next_edit.changes import blocks
from tierwise.embedded.next_edit.lines import line_repeats
from tierwise.embedded.next_edit.renames import renames
from tierwise.embedded.next_edit.repeats import repeats
from tierwise.embedded.next_edit.values import Change, Guess

Rule = Callable[[Change, Sequence[Change], Sequence[Document]], Iterator[Guess]]

RULES: tuple[Rule, ...] = (renames, repeats, arguments, line_repeats)
"""The surest first: what one finds is not looked for by those after it."""

_MAX_GUESSES = 200
_LOOKED_AT = 2
"""Changes whose consequences are looked for: the newest, and the one before where that leads to nothing."""


def predict(changes: Sequence[Change], documents: Sequence[Document], at: tuple[str, Point] | None) -> list[Guess]:
    """Edits that follow from the newest change, the nearest first: below the cursor ``at`` (a URI and a place), above
    it, in other documents. ``changes`` are the newest first and stand where they say; ``documents`` are as they are
    now, that of the newest change first.
    """
    changes = _meant(changes)
    if not changes:
        return []
    touched = [(block.uri, block.line, block.line + len(block.new)) for change in changes for block in blocks(change)]

    def free(guess: Guess) -> bool:
        return not _in(touched, guess) and not _typed_at(at, guess)

    for index, change in enumerate(changes[:_LOOKED_AT]):
        if change.uri != documents[0].uri:
            break
        others = [*changes[:index], *changes[index + 1 :]]
        for rule in RULES:
            found = islice((guess for guess in rule(change, others, documents) if free(guess)), _MAX_GUESSES)
            if guesses := _apart(found):
                start = at or (change.uri, Point(change.line, 0))
                return sorted(guesses, key=lambda guess: _distance(start, guess))
    return []


def _meant(changes: Sequence[Change]) -> list[Change]:
    """The changes without those that were taken back; none where the newest is one that takes another back."""
    kept: list[Change] = []
    for index, change in enumerate(changes):
        if any(_reverses(later, change) for later in changes[:index]):
            continue
        if any(_reverses(change, earlier) for earlier in changes[index + 1 :]):
            if index == 0:
                return []
            continue
        kept.append(change)
    return kept


def _reverses(later: Change, earlier: Change) -> bool:
    return (later.uri, later.old, later.new) == (earlier.uri, earlier.new, earlier.old)


def _in(touched: Sequence[tuple[str, int, int]], guess: Guess) -> bool:
    first, last, uri = guess.span.start.line, guess.span.end.line, guess.document.uri
    return any(where == uri and start <= last and first < stop for where, start, stop in touched)


def _typed_at(at: tuple[str, Point] | None, guess: Guess) -> bool:
    span = guess.span
    return at is not None and at[0] == guess.document.uri and span.start.line <= at[1].line <= span.end.line


def _apart(guesses: Iterable[Guess]) -> list[Guess]:
    """The guesses without those that touch an earlier one."""
    kept: dict[tuple[str, int], list[Guess]] = {}
    for guess in guesses:
        key = (guess.document.uri, guess.span.start.line)
        if not any(guess.span.touches(other.span) for other in kept.get(key, ())):
            kept.setdefault(key, []).append(guess)
    return [guess for group in kept.values() for guess in group]


def _distance(start: tuple[str, Point], guess: Guess) -> tuple[bool, bool, int, int]:
    uri, point = start
    here, line = guess.document.uri == uri, guess.span.start.line
    return not here, here and line < point.line, abs(line - point.line) if here else line, guess.span.start.column
