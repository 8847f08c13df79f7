"""Where a completion of several lines leaves the block that it belongs to, by indentation and brackets.

Pure. ``lines`` are those of the completion without terminators; the first continues the point's line.
"""

from __future__ import annotations

import re

from tierwise.edits.around import width
from tierwise.edits.balance import free_brackets
from tierwise.edits.hole import DEFINES, Hole
from tierwise.edits.scanner import Scan, scan

_CLAUSE = re.compile(
    r"(?:[})\]]+\s*)?(?:else|elif|elsif|elseif|except|catch|finally|rescue|ensure|case|default)\b"
    r"|(?:public|private|protected)\s*:"
)
_LAST_CLAUSE = re.compile(r"(?:[})\]]+\s*)?(else|finally|ensure|default)\b(?!\s*if\b)")
"""Clauses of which a statement has one."""
_NEXT_BLOCK = re.compile(r"(?:}\s*)?(?:else|elif|elsif|elseif|except|catch|finally|rescue|ensure)\b")
_END_WORD = re.compile(r"(?:end|fi|done|esac)\b|;;")
_ENDS = ("</", "{/", "{:", "}", ")", "]", "/>")
_END_WORD_LANGUAGES = frozenset({"ruby", "lua", "shellscript", "elixir"})


def scope_end(hole: Hole, lines: list[str], *, running: bool) -> int | None:
    """The first line that is outside the block the point stands in; None when all are inside.

    ``running``: more lines may come.

    Comments at its border count as outside only when nothing of the block follows. A closing bracket that nothing
    after the point closes, and a clause of the same statement (``else``), belong to the block.
    """
    first = next((i for i, line in enumerate(lines) if line.strip()), None)
    if first is None or not hole.scan.in_code:
        return None
    if hole.between_brackets in {"(", "["}:
        return _after_bracket(hole, lines)
    if hole.is_markup:
        return _element_end(hole, lines, first)
    return None if hole.is_prose else _Scope(hole, lines, first).end(running)


def _after_bracket(hole: Hole, lines: list[str]) -> int | None:
    """The line after the one that closes the bracket before the point."""
    state = hole.scan
    for i, line in enumerate(lines[:-1]):
        state = scan(hole.language, line + "\n", state)
        if len(state.stack) < len(hole.scan.stack):
            return i + 1
    return None


def _element_end(hole: Hole, lines: list[str], first: int) -> int | None:
    """The line with which the element (or the script's block) around the point ends as it does below."""
    base = width((hole.before if first == 0 else "") + lines[first])
    below = hole.around.below_filled
    outer = next((line for line in below if width(line) < base), "")
    ends = [line for line in (outer, *below[:1]) if line.lstrip().startswith(_ENDS) and width(line) <= base]
    return next((i for i, line in enumerate(lines) if i > first and line.rstrip() in ends), None)


def ends_block(hole: Hole) -> bool:
    """Whether the point is on a line that begins with the end of a block."""
    return hole.blank_rest and hole.before.lstrip().startswith("}") and hole.scan.in_code


def continues_statement(hole: Hole, lines: list[str]) -> bool:
    """Whether the completion goes on with the block of a statement: its first one, whose bracket it begins with, or
    after the end of a block the next one, such as ``else {``.
    """
    first = next((i for i, line in enumerate(lines) if line.strip()), None)
    if first == 0 and lines[0].strip() == "{" and hole.blank_rest and not hole.blank_before:
        has_body = width(next(iter(hole.around.below_filled), "")) > width(hole.before)
        return hole.scan.in_code and not (hole.language.indented or has_body)
    if first is None or not ends_block(hole):
        return False
    if first == 0:
        text = hole.before + lines[0]
        return bool(_NEXT_BLOCK.match(text.lstrip())) and hole.opens_block(text)
    return width(lines[first]) == width(hole.before) and bool(_NEXT_BLOCK.match(lines[first].lstrip()))


class _Scope:
    """The block while its lines are read. Lines at ``base`` belong to it unless it is closed."""

    def __init__(self, hole: Hole, lines: list[str], first: int) -> None:
        self._hole = hole
        self._lines = lines
        base, closed = _base(hole, lines, first)
        self._base: int = base
        self._closed: bool = closed
        self._from = first + 1 if hole.blank_before else 1
        self._statement = _first_statement(hole, lines, self._from, base)
        defines = DEFINES.match(self._statement.strip()) or self._statement.strip().startswith("@")
        self._defines = bool(defines) and not (hole.blank_before and hole.opens_block(hole.around.line_above))
        self._depth = len(hole.scan.stack)
        self._free = free_brackets(hole)
        self._clause_at = self._base if self._closed else _level_above(hole, self._base)

    def end(self, running: bool) -> int | None:
        outside: int | None = None
        state = self._state_at_start()
        for i in range(self._from, len(self._lines)):
            text = self._lines[i].strip()
            continues = bool(state.inside) or len(state.stack) > self._depth
            state = scan(self._hole.language, self._lines[i] + "\n", state)
            if not text or continues:
                continue
            if not self._holds(i, text):
                outside = i if outside is None else outside
                if not text.startswith(self._hole.language.line_comments or ("\0",)):
                    return outside
            elif width(self._lines[i]) >= self._base:
                outside = None
        return None if running else outside

    def _state_at_start(self) -> Scan:
        return scan(self._hole.language, "".join(line + "\n" for line in self._lines[: self._from]), self._hole.scan)

    def _holds(self, i: int, text: str) -> bool:
        at = width(self._lines[i])
        if at <= self._base and self._stands_below(text, at):
            return False
        if at > self._base or (at == self._base and not self._closed):
            if at == self._base:
                if self._begins_another(text):
                    return False
                self._statement = text
            return True
        if text[0] in ")]}" and self._free > 0:
            self._free -= 1
            self._depth -= 1
            self._base, self._closed = at, True
            return True
        brace = text[0] == "{" and self._is_clause(self._lines[i - 1].strip())
        if at == self._clause_at and (brace or self._is_clause(text)):
            self._base, self._closed = at, True
            return True
        return False

    def _is_clause(self, text: str) -> bool:
        ends = self._hole.language.id in _END_WORD_LANGUAGES and _END_WORD.match(text)
        return bool(ends or _CLAUSE.match(text))

    def _stands_below(self, text: str, at: int) -> bool:
        """Whether the lines below go on with the same end, or with the same last clause, of the same statement."""
        line = next((line for line in self._hole.around.below_filled if width(line) <= at), "")
        if not line or width(line) != at:
            return False
        below = line.strip()
        if self._hole.language.id in _END_WORD_LANGUAGES and _END_WORD.match(text):
            return bool(_END_WORD.match(below)) or self._is_clause(below)
        said, there = _LAST_CLAUSE.match(text), _LAST_CLAUSE.match(below)
        return bool(said and there and said[1] == there[1])

    def _begins_another(self, text: str) -> bool:
        """Whether a line at the block's own level begins something of its own."""
        if text[0] in ")]}{" or self._is_clause(text):
            return False
        statement = self._statement.strip()
        apart = DEFINES.match(text) or text[0] == "@" or self._base == 0
        if apart and self._defines and not statement.startswith("@"):
            return True
        return self._hole.leaves_block(statement) and not text.endswith(":")


def _first_statement(hole: Hole, lines: list[str], start: int, base: int) -> str:
    """What stands on the block's level before line ``start``; an empty string when that is another level."""
    text = (hole.before if start == 1 else "") + lines[start - 1]
    return text if width(text) == base else ""


def _base(hole: Hole, lines: list[str], first: int) -> tuple[int, bool]:
    """The block's indentation, and whether lines at it are outside already."""
    if hole.blank_before:
        return width((hole.before if first == 0 else "") + lines[first]), False
    here, inner = width(hole.before), width(lines[first])
    if continues_statement(hole, lines):
        return here, True
    if first == 0:
        return here, False
    if hole.opens_block(hole.before):
        return here, inner > here and (here == 0 or bool(DEFINES.match(hole.before.strip())))
    leaves = inner < here and (inner == 0 or DEFINES.match(lines[first].strip()))
    return (here if leaves else min(here, inner)), False


def _level_above(hole: Hole, base: int) -> int | None:
    """The indentation of the statement whose block the point stands in."""
    lines = (hole.before, *reversed(hole.above))
    return next((width(line) for line in lines if line.strip() and width(line) < base), None)
