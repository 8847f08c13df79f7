"""What exactly a change changed: which words of a line, between which others; which lines, between which others."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from tierwise.embedded.next_edit.values import Change

Tokens = tuple[str, ...]

_TOKEN = re.compile(r"\w+|\s+|[^\w\s]")
IMPORT = re.compile(r"""\s*(?:(?:from|import|use|using|require|\#include|@import)\b|["'][\w./@-]+["'],?\s*$)""")
"""A line that imports, in whatever language."""
_CLOSED_BY = {"(": ")", "[": "]", "{": "}"}
_MAX_PAIRS = 12
"""A replacement of more lines than this is a rewriting: nobody makes the same one again."""


@dataclass(frozen=True, slots=True)
class Replacement:
    """In line ``line`` of ``uri``, ``old`` became ``new`` between ``left`` and ``right``: the tokens of the line up to
    there and from there on, without blanks.
    """

    uri: str
    line: int
    old: Tokens
    new: Tokens
    left: Tokens
    right: Tokens
    spaced: bool
    """Whether a blank stands before it."""

    @property
    def bare(self) -> tuple[Tokens, Tokens]:
        """Old and new without blanks: what makes two replacements the same."""
        return solid(self.old), solid(self.new)


@dataclass(frozen=True, slots=True)
class Block:
    """Lines from ``line`` of ``uri`` on: ``old`` became ``new``; one of the two may be empty."""

    uri: str
    line: int
    old: Tokens
    new: Tokens


def tokens(line: str) -> Tokens:
    """Words, blanks and single signs; joined they are the line."""
    return tuple(_TOKEN.findall(line))


def solid(found: Sequence[str]) -> Tokens:
    """The tokens that are not blank."""
    return tuple(token for token in found if not token.isspace())


def folded(found: Sequence[str]) -> Tokens:
    """The tokens with everything in brackets that are closed again left out: what calls have in common whatever their
    arguments.
    """
    kept: list[str] = []
    opened: list[int] = []
    for token in found:
        if token in _CLOSED_BY.values() and opened and _CLOSED_BY[kept[opened[-1]]] == token:
            del kept[opened.pop() + 1 :]
        elif token in _CLOSED_BY:
            opened.append(len(kept))
        kept.append(token)
    return tuple(kept)


def is_word(token: str) -> bool:
    return token[0] == "_" or token[0].isalnum()


def words(found: Sequence[str]) -> int:
    """How many of the tokens are words."""
    return sum(map(is_word, found))


def blocks(change: Change) -> Iterator[Block]:
    """The stretches of lines that differ. What was only indented anew or only changed in blanks does not count."""
    old, new = change.old, change.new
    if change.equal:
        yield from _pairwise(change)
        return
    matcher = SequenceMatcher(None, [line.strip() for line in old], [line.strip() for line in new], autojunk=False)
    for tag, i1, i2, j1, j2 in matcher.get_opcodes():
        if tag != "equal":
            yield Block(change.uri, change.line + j1, old[i1:i2], new[j1:j2])


def _pairwise(change: Change) -> Iterator[Block]:
    start = None
    for index in range(len(change.old) + 1):
        differs = index < len(change.old) and change.old[index].strip() != change.new[index].strip()
        if differs and start is None:
            start = index
        elif not differs and start is not None:
            yield Block(change.uri, change.line + start, change.old[start:index], change.new[start:index])
            start = None


def replacements(change: Change) -> list[Replacement]:
    """What became of single lines; empty for lines that came, went or were rewritten in another number."""
    found: list[Replacement] = []
    for block in blocks(change):
        if not 0 < len(block.old) == len(block.new) <= _MAX_PAIRS:
            continue
        for index, (old, new) in enumerate(zip(block.old, block.new, strict=True)):
            replacement = _replacement(change.uri, block.line + index, old.rstrip("\r\n"), new.rstrip("\r\n"))
            if replacement is not None:
                found.append(replacement)
    return found


def renamed(replacement: Replacement) -> tuple[str, str] | None:
    """The word and the one in its place, where a line differs in that alone, at one place or several."""
    old, new = replacement.old, replacement.new
    if len(old) != len(new):
        return None
    pairs = {(mine, theirs) for mine, theirs in zip(old, new, strict=True) if mine != theirs}
    if len(pairs) != 1:
        return None
    (pair,) = pairs
    return pair if all(is_name(word) for word in pair) else None


def is_name(word: str) -> bool:
    return is_word(word) and not word[0].isdigit()


def _replacement(uri: str, line: int, old: str, new: str) -> Replacement | None:
    mine, theirs = tokens(old), tokens(new)
    shorter = min(len(mine), len(theirs))
    head = 0
    while head < shorter and mine[head] == theirs[head]:
        head += 1
    tail = 0
    while tail < shorter - head and mine[-1 - tail] == theirs[-1 - tail]:
        tail += 1
    before, after = mine[: len(mine) - tail][head:], theirs[: len(theirs) - tail][head:]
    if solid(before) == solid(after):
        return None  # blanks are a formatter's business
    left, right = mine[:head], mine[len(mine) - tail :]
    return Replacement(uri, line, before, after, solid(left), solid(right), bool(left) and left[-1].isspace())
