"""Where the code of an old line stands after an edit, if it still does. Pure.

A line that the edit leaves alone stands where it stood. One that it rewrites is looked for among the new lines, with a
tolerance for small changes, and counts only in the company of a line that stood beside it: the same words between
other statements are another passage's.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from functools import cached_property

from tierwise.core.changes import FileEdit
from tierwise.core.languages import language
from tierwise.core.text import Lines
from tierwise.edits.diff import LineChange, line_changes
from tierwise.edits.scanner import comment_start
from tierwise.syntax.outline import outline

_SAME_CODE = 0.75
"""Similarity from which a changed line counts as the old one."""

_TELLING = 12
"""Characters from which a line of code is told from others by its text alone."""

_COMPARED_LINES = 400
"""New lines of one change up to which old code is looked for among them by similarity."""

_SAYS = re.compile(r"[^\W\d_]{2}")


class Remains:
    """The old and the new lines of one edit, and which new one each old one has become. All numbers are 0-based."""

    def __init__(self, edit: FileEdit) -> None:
        self.edit = edit
        self.changes = line_changes(edit)
        self._facts = language(edit.base.language)

    def change(self, first: int, last: int) -> LineChange | None:
        """The change that takes one of these old lines away."""
        return next((change for change in self.changes if change.start <= last and first < change.stop), None)

    def code(self, number: int) -> str:
        """The code of an old line, without a comment behind it."""
        return self._code(self.edit.base.lines, number)

    def new_code(self, change: LineChange) -> Iterator[tuple[int, str]]:
        """The code that a change brings: numbers in the new text, and what stands there without comments."""
        first = self.moved(change.start)
        for i, line in enumerate(change.lines):
            if code := line[: comment_start(self._facts, line)].strip():
                yield first + i, code

    def place(self, number: int) -> int | None:
        """The new line that holds the code of an old one, at most slightly changed; None where it is gone."""
        change = self.change(number, number)
        if change is None:
            return self.moved(number)
        code = self.code(number)
        found = [*self._places(change, code), *self._elsewhere(change, code)]
        return next((place for place in found if self._in_company(number, place)), self._defined(number))

    def following(self, number: int, step: int) -> int | None:
        """The next old line with code that says something, ``step`` lines at a time."""
        return self._next(self.edit.base.lines, number, step)

    def _places(self, change: LineChange, code: str) -> list[int]:
        """The new lines of a change that hold a piece of code, the most alike first."""
        lines = list(self.new_code(change))
        scores = {number: _likeness(code, new, len(lines)) for number, new in lines}
        found = sorted((number for number in scores if scores[number] >= _SAME_CODE), key=lambda n: (-scores[n], n))
        wrapped = _wrapped(code, lines)  # the same in other lines
        return found if wrapped is None or wrapped in found else [*found, wrapped]

    def _elsewhere(self, change: LineChange, code: str) -> list[int]:
        if len(code) < _TELLING:
            return []
        others = (pair for other in self.changes if other is not change for pair in self.new_code(other))
        return [number for number, new in others if new == code]

    def _in_company(self, old: int, new: int) -> bool:
        """Whether one of the next lines of code, above or below, is the same on both sides."""
        before, after = self.edit.base.lines, self.edit.result
        for step in (-1, 1):
            a, b = self._next(before, old, step), self._next(after, new, step)
            if a is None or b is None:
                if a is b:
                    return True
            elif _likeness(self._code(before, a), self._code(after, b), 1) >= _SAME_CODE:
                return True
        return False

    def _defined(self, number: int) -> int | None:
        """The new place of a definition whose first line this is: it may be written anew under its name."""
        name = self._definitions[0].get(number)
        return None if name is None else self._definitions[1].get(name)

    @cached_property
    def _definitions(self) -> tuple[dict[int, tuple[str, ...]], dict[tuple[str, ...], int]]:
        base = self.edit.base
        old = {i.span.start.line: (*i.parents, i.name) for i in outline(base.language, base.text)}
        new = {(*i.parents, i.name): i.span.start.line for i in outline(base.language, self.edit.result.text)}
        return old, new

    def moved(self, number: int) -> int:
        """The new number of an old line that no change takes away."""
        return number + sum(len(c.lines) - (c.stop - c.start) for c in self.changes if c.start < number)

    def _next(self, lines: Lines, number: int, step: int) -> int | None:
        number += step
        while 0 <= number < lines.count:
            if _SAYS.search(self._code(lines, number)):
                return number
            number += step
        return None

    def _code(self, lines: Lines, number: int) -> str:
        if not 0 <= number < lines.count:
            return ""
        line = lines.line(number)
        return line[: comment_start(self._facts, line)].strip()


def _likeness(old: str, new: str, size: int) -> float:
    """From 0 to 1; where there is much to compare, equal lines only count."""
    if old == new or size > _COMPARED_LINES:
        return float(old == new)
    matcher = difflib.SequenceMatcher(None, old, new)
    if matcher.real_quick_ratio() < _SAME_CODE or matcher.quick_ratio() < _SAME_CODE:
        return 0.0
    return matcher.ratio()


def _wrapped(code: str, lines: list[tuple[int, str]]) -> int | None:
    """The line in which a piece of code begins that stands in lines broken otherwise."""
    place = "".join(_squeezed(new) for _, new in lines).find(_squeezed(code).rstrip("([{"))
    for number, new in lines if place >= 0 else ():
        place -= len(_squeezed(new))
        if place < 0:
            return number
    return None


def _squeezed(code: str) -> str:
    return re.sub(r"[\s,]", "", code)
