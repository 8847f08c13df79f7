"""How a file stands in a prompt's prefix: its text once, later what changed. Pure: equal input, equal bytes.

The tests of this room read these texts back as a careful model would; whoever changes one side changes the other.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache

from tierwise.core.fences import fenced, notice
from tierwise.core.text import Lines
from tierwise.session.line_diff import Change, changes

_CONTEXT = 1
"""Unchanged lines before a hunk that begins with less. Line numbers and the replaced lines say where it belongs; more
context would be dead text that every later request pays for (measured on replayed sessions: three lines cost 3 % more
in all)."""
_FEW = 5
"""Removed lines in a row whose end is plain from the first and from how many they are; of more the last is quoted too
(measured on replayed sessions: quoting all of three, and the last of four, costs 3 % more where files are short)."""

FILE = "file"
"""The form of a whole file; the others (outlines, commits) are named where they are made."""


@lru_cache(maxsize=64)  # one request weighs several ways to go on, with the same texts
def snapshot(form: str, name: str, lines: Lines) -> str:
    """A whole text, fenced so that it cannot be taken for anything else. It takes the place of what was said of that
    name in that form before.
    """
    return fenced(form, {"path": name}, lines.text)


@lru_cache(maxsize=256)
def change(form: str, name: str, old: Lines, new: Lines) -> str:
    """What happened to a text since it was last shown: hunks with context, or the whole where that is shorter."""
    hunks = "".join(_hunks(_as_list(old), _as_list(new)))
    text = fenced("changed", _named(form, name), hunks)
    return text if len(text) < sum(map(len, new)) else snapshot(form, name, new)


def outdated(form: str, name: str) -> str:
    """What was said of that name in that form holds no longer; what holds is not shown."""
    return notice("outdated", _named(form, name))


def gone(name: str) -> str:
    """The file of that name exists no longer."""
    return notice("gone", {"path": name})


def moved(old: str, new: str) -> str:
    """The file that was shown under one name has another now; its text is the same."""
    return notice("moved", {"path": new, "from": old})


def _named(form: str, name: str) -> dict[str, str]:
    return {"path": name} if form == FILE else {"path": name, "of": form}


def _as_list(lines: Lines) -> list[str]:
    """The lines without the empty one after the last terminator, which is no line to a diff."""
    found = list(lines)
    if not found[-1]:
        found.pop()
    return found


def _hunks(old: Sequence[str], new: Sequence[str]) -> Iterator[str]:
    for group in _groups(changes(old, new)):
        first, last = group[0], group[-1]
        lead = 0 if _tells(old[first.a1 : first.a2], old) else min(_CONTEXT, first.a1, first.b1)
        a, b = first.a1 - lead, first.b1 - lead
        after = 0 if last.a2 > a else _CONTEXT  # a hunk that quotes nothing of the old text would stand nowhere
        end_a, end_b = min(len(old), last.a2 + after), min(len(new), last.b2 + after)
        yield f"@@ -{_start(a, end_a)},{end_a - a} +{_start(b, end_b)},{end_b - b} @@\n"
        for item in group:
            yield from (_line(" ", line) for line in old[a : item.a1])
            yield from _removed(old[item.a1 : item.a2])
            yield from (_line("+", line) for line in new[item.b1 : item.b2])
            a = item.a2
        yield from (_line(" ", line) for line in old[a:end_a])


def _tells(removed: Sequence[str], old: Sequence[str]) -> bool:
    """Whether removed lines say by themselves where they stood: the first says something, and stands nowhere else."""
    return bool(removed) and bool(removed[0].strip()) and old.count(removed[0]) == 1


def _removed(lines: Sequence[str]) -> Iterator[str]:
    """The first line, how many follow it or, where that is shorter, what they are, and the last of many."""
    end = len(lines) - 1 if len(lines) > _FEW else len(lines)
    rest = lines[1:end]
    yield from (_line("-", line) for line in lines[:1])
    if rest:
        yield min(f"~ {len(rest)}\n", "".join(_line("-", line) for line in rest), key=len)
    yield from (_line("-", line) for line in lines[end:])


def _groups(found: list[Change]) -> Iterator[list[Change]]:
    """Changes with no more than the context between them stand in one hunk."""
    group: list[Change] = []
    for change in found:
        if group and change.a1 - group[-1].a2 > _CONTEXT:
            yield group
            group = []
        group.append(change)
    if group:
        yield group


def _start(start: int, end: int) -> int:
    """The first line of a hunk, counted from 1; an empty stretch is named by the line before it."""
    return start + 1 if end > start else start


def _line(sign: str, line: str) -> str:
    return sign + line if line.endswith(("\n", "\r")) else f"{sign}{line}\n\\ No newline at end of file\n"
