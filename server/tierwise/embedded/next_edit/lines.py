"""The same lines once more: put in beside a line like that one, taken out, or put in place of the same lines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tierwise.core.documents import Document
from tierwise.core.text import Lines, Point, Span
from tierwise.embedded.next_edit.changes import IMPORT, Block, blocks, is_word, tokens
from tierwise.embedded.next_edit.values import Change, Guess, Why

_NEIGHBOURS = 3
"""Lines above and below that are compared."""
_MAX_LINES = 12
_EXAMPLES = 6
_ENOUGH = 3
"""Words that all places must have in common."""
_LONG = 12
"""Characters from which a line that was taken out twice is telling by itself."""


@dataclass(frozen=True, slots=True)
class _Pattern:
    """What all places of one change of lines have in common; ``above`` is told from the bottom up. All without blanks
    at their ends.
    """

    newest: Block
    old: tuple[str, ...]
    above: tuple[str, ...]
    below: tuple[str, ...]
    places: tuple[tuple[str, int], ...]


def line_repeats(change: Change, others: Sequence[Change], documents: Sequence[Document]) -> Iterator[Guess]:
    """Where the lines of ``change`` are due again. ``others`` are the newest first."""
    lines = {document.uri: document.lines for document in documents}
    older = [block for other in others if other.uri in lines for block in blocks(other)]
    newest = list(blocks(change))
    for block in newest:
        if not _worthwhile(block):
            continue
        same = [other for other in (*newest, *older) if other is not block and _stripped(other) == _stripped(block)]
        pattern = _pattern(block, same[:_EXAMPLES], lines)
        if _telling(pattern):
            for document in documents:
                yield from _found(pattern, lines[block.uri], document)


def _worthwhile(block: Block) -> bool:
    if max(len(block.old), len(block.new)) > _MAX_LINES or (len(block.old) == len(block.new) == 1):
        return False
    if block.new and all(map(IMPORT.match, block.new)):
        return False  # it is put into a file that uses it, not beside the same neighbours
    return _words(block.new or block.old) >= 2


def _stripped(block: Block) -> tuple[tuple[str, ...], tuple[str, ...]]:
    return tuple(map(str.strip, block.old)), tuple(map(str.strip, block.new))


def _words(lines: Sequence[str]) -> int:
    return sum(is_word(token) for line in lines for token in tokens(line.strip()) if token.strip())


def _pattern(newest: Block, others: Sequence[Block], lines: dict[str, Lines]) -> _Pattern:
    above, below = _around(newest, lines[newest.uri])
    for other in others:
        other_above, other_below = _around(other, lines[other.uri])
        above, below = _shared(above, other_above), _shared(below, other_below)
    places = tuple((block.uri, block.line) for block in (newest, *others))
    return _Pattern(newest, _stripped(newest)[0], _with_words(above), _with_words(below), places)


def _around(block: Block, lines: Lines) -> tuple[tuple[str, ...], tuple[str, ...]]:
    stop = block.line + len(block.new)
    above = [line.strip() for line in lines.raw_range(block.line - _NEIGHBOURS, block.line)]
    return tuple(reversed(above)), tuple(line.strip() for line in lines.raw_range(stop, stop + _NEIGHBOURS))


def _shared(mine: tuple[str, ...], theirs: tuple[str, ...]) -> tuple[str, ...]:
    count = 0
    while count < min(len(mine), len(theirs)) and mine[count] == theirs[count]:
        count += 1
    return mine[:count]


def _with_words(lines: tuple[str, ...]) -> tuple[str, ...]:
    """Without what blank lines and closing brackets stand at the end: they are the same everywhere."""
    while lines and not _words(lines[-1:]):
        lines = lines[:-1]
    return lines


def _telling(pattern: _Pattern) -> bool:
    """Whether a place that has all this in common is one of those meant."""
    around, old = _words((*pattern.above, *pattern.below)), _words(pattern.old)
    if len(pattern.places) == 1:
        return False  # measured: what was rewritten or taken out once is hardly ever due in its copy
    long = sum(map(len, pattern.old)) >= _LONG
    return old + around >= (2 if long else _ENOUGH)


def _found(pattern: _Pattern, mine: Lines, document: Document) -> Iterator[Guess]:
    """Places that look as those did before. The longest line that must be there is looked for first."""
    wanted = (*reversed(pattern.above), *pattern.old, *pattern.below)
    anchor = max(range(len(wanted)), key=lambda index: len(wanted[index]))
    lines = document.lines
    new = tuple(map(str.strip, pattern.newest.new))
    for number, line in enumerate(lines):
        if wanted[anchor] not in line or line.strip() != wanted[anchor]:
            continue
        first = number - anchor
        if first < 0 or tuple(map(str.strip, lines.raw_range(first, first + len(wanted)))) != wanted:
            continue
        start = first + len(pattern.above)
        if (document.uri, start) in pattern.places or _there_already(lines, start, len(pattern.old), new):
            continue
        text = _indented(pattern, mine, lines, start)
        if text is not None:
            stop = start + len(pattern.old)
            why = Why.REPEAT if pattern.old and new else Why.INSERT if new else Why.REMOVE
            yield Guess(document, Span(Point(start, 0), Point(stop, 0)), text, why)


def _there_already(lines: Lines, start: int, old: int, new: tuple[str, ...]) -> bool:
    if old or not new:
        return False
    near = [line.strip() for line in lines.raw_range(start - len(new), start + len(new))]
    return any(tuple(near[at : at + len(new)]) == new for at in range(len(near) - len(new) + 1))


def _indented(pattern: _Pattern, mine: Lines, lines: Lines, start: int) -> str | None:
    """The new lines with the indentation of their new place; None where that cannot be told. ``mine`` are the lines
    around the newest change.
    """
    block = pattern.newest
    if pattern.old:
        was, now = block.old[0], lines.raw(start)
    elif pattern.above:
        was, now = mine.raw(block.line - 1), lines.raw(start - 1)
    else:
        was, now = mine.raw(block.line + len(block.new)), lines.raw(start)
    was, now = _indentation(was), _indentation(now)
    if was == now:
        return "".join(block.new)
    if not all(line.startswith(was) for line in block.new if line.strip()):
        return None
    return "".join(now + line[len(was) :] if line.strip() else line for line in block.new)


def _indentation(line: str) -> str:
    return line[: len(line) - len(line.lstrip(" \t"))]
