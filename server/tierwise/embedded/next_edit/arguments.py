"""The same argument once more: other calls of a function that was given one more argument in several places.

The other arguments differ from call to call, so that the words around the new one tell nothing; what has to agree is
the function, how many arguments the call had, and where the new one went.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from tierwise.core.documents import Document
from tierwise.core.text import Point, Span
from tierwise.embedded.next_edit.changes import Replacement, Tokens, is_name, replacements, solid, tokens
from tierwise.embedded.next_edit.values import Change, Guess, Why

_OPEN, _CLOSE = frozenset("([{"), frozenset(")]}")
_DEFINES = frozenset({"def", "func", "function", "fn", "class", "fun", "new"})
_LAST, _FIRST = "last", "first"


@dataclass(frozen=True, slots=True)
class _Added:
    """``argument`` became the first or last of a call of ``callee`` that had ``count`` of them."""

    callee: str
    argument: Tokens
    where: str
    count: int


def arguments(change: Change, others: Sequence[Change], documents: Sequence[Document]) -> Iterator[Guess]:
    """Calls to which an argument that ``change`` added is due. ``others`` are the newest first."""
    newest = [(item, added) for item in replacements(change) if (added := _added(item)) is not None]
    if not newest:
        return
    every = [item for each in (change, *others) for item in replacements(each)]
    older = [added for other in others for item in replacements(other) if (added := _added(item)) is not None]
    for replacement, added in newest:
        same = [other for item, other in newest if item is not replacement and _same(other, added)]
        same += [other for other in older if _same(other, added)]
        if _telling(added, len(same), every, documents):
            counts = {added.count, *(other.count for other in same)}
            text = "".join(replacement.new)
            for document in documents:
                yield from _calls(document, added, counts, text)


def _same(other: _Added, added: _Added) -> bool:
    return (other.callee, other.argument, other.where) == (added.callee, added.argument, added.where)


def _added(item: Replacement) -> _Added | None:
    """The argument that a replacement is, None for anything else."""
    if solid(item.old):
        return None
    new, count = solid(item.new), 0
    opening = _opening(item.left)
    if opening is None or opening == 0 or not is_name(item.left[opening - 1]):
        return None
    before, callee = item.left[opening + 1 :], item.left[opening - 1]
    if opening > 1 and item.left[opening - 2] in _DEFINES:
        return None
    if item.right[:1] == (")",) and before and new[:1] == (",",):
        return _Added(callee, new[1:], _LAST, _count(before)) if _balanced(new) else None
    closing = _closing(item.right)
    if before or closing is None or not _balanced(new):
        return None
    if closing > 0 and new[-1:] == (",",):
        count = _count(item.right[:closing])
        return _Added(callee, new[:-1], _FIRST, count)
    return None


def _opening(left: Tokens) -> int | None:
    """Where the bracket is in which the end of ``left`` stands, if it is a round one."""
    depth = 0
    for index in range(len(left) - 1, -1, -1):
        if left[index] in _CLOSE:
            depth += 1
        elif left[index] in _OPEN:
            if depth == 0:
                return index if left[index] == "(" else None
            depth -= 1
    return None


def _closing(right: Tokens) -> int | None:
    """Where the bracket is closed in which the beginning of ``right`` stands."""
    depth = 0
    for index, sign in enumerate(right):
        if sign in _OPEN:
            depth += 1
        elif sign in _CLOSE:
            if depth == 0:
                return index if sign == ")" else None
            depth -= 1
    return None


def _balanced(found: Tokens) -> bool:
    return sum(token in _OPEN for token in found) == sum(token in _CLOSE for token in found)


def _count(inside: Tokens) -> int:
    """How many arguments these tokens are."""
    depth = 0
    commas = 0
    for sign in inside:
        depth += (sign in _OPEN) - (sign in _CLOSE)
        commas += depth == 0 and sign == ","
    return commas + (1 if inside and inside[-1] != "," else 0)


def _telling(added: _Added, same: int, every: Sequence[Replacement], documents: Sequence[Document]) -> bool:
    """Whether the other calls are meant: there are three examples, two of a function of these documents, or one of a
    function that was just given a parameter of the argument's name.
    """
    if same >= 2:
        return True
    if same:
        return any(added.callee in line and _defines(line, added.callee) for doc in documents for line in doc.lines)
    name = added.argument[0]
    if not is_name(name) or added.argument not in {(name,), (name, "=", name)}:
        return False
    return any(
        not solid(item.old) and name in item.new and added.callee in item.left and not _DEFINES.isdisjoint(item.left)
        for item in every
    )


def _defines(line: str, callee: str) -> bool:
    found = solid(tokens(line))
    return any(word == callee and before in _DEFINES for before, word in pairwise(found))


def _calls(document: Document, added: _Added, counts: set[int], text: str) -> Iterator[Guess]:
    """Calls on one line that have as many arguments as those had, and not this one."""
    named = "=" in added.argument[1:2]
    for number, raw in enumerate(document.lines):
        if added.callee not in raw:
            continue
        found = tokens(raw.rstrip("\r\n"))
        for index in range(len(found) - 1):
            if found[index] != added.callee or found[index + 1] != "(":
                continue
            before = solid(found[:index])
            size = _closing(found[index + 2 :])
            if size is None or (before and before[-1] in _DEFINES):
                continue
            inside = solid(found[index + 2 : index + 2 + size])
            if not inside or (_count(inside) not in counts and not named) or _holds(inside, added.argument):
                continue
            column = sum(map(len, found[: index + 2])) + (
                0 if added.where == _FIRST else _length(found, index + 2, size)
            )
            yield Guess(document, Span.at(Point(number, column)), text, Why.ARGUMENT)


def _length(found: Tokens, start: int, size: int) -> int:
    return len("".join(found[start : start + size]).rstrip())


def _holds(inside: Tokens, argument: Tokens) -> bool:
    """Whether the call has this argument, or one of its name with another value."""
    wanted = argument[:2] if argument[1:2] == ("=",) else argument
    return any(inside[at : at + len(wanted)] == wanted for at in range(len(inside) - len(wanted) + 1))
