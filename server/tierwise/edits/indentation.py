"""Indentation of a completion: as the file has it, and as the point's place demands it.

Pure. ``lines`` are those of the completion without terminators; the first continues the point's line. Changes only
what cannot be right: a line deeper than the statement before it allows, or not deep enough for an opened block.
"""

from __future__ import annotations

import re
from itertools import islice
from math import gcd

from tierwise.edits.around import width
from tierwise.edits.hole import DEFINES, Hole, indent_of
from tierwise.edits.scanner import scan

_STEADY = 5
"""Blocks around after which their one step counts as the rule of the file."""

_STATEMENT_ENDS = (";", "}")
_LINE_ENDS = (*_STATEMENT_ENDS, "{", ")", ":")
_OPERANDS = ("? ", ": ")

_BEGINS_NONE = frozenset("=:|,?%^)]}")
"""What no line begins with, or only one that ends something."""

_GOES_ON = (",", "(", "[", "{", "=", "+", "-", "*", "/", "&", "|", "\\", ".", "?", ":", "<", ">")
"""How lines end that the next one continues."""

_CONTINUES = (".", "?", ":", "&", "|", "+", "-", "*", "/", "=", "<", ">")
"""How lines begin that continue the one before."""

_CONTROL = re.compile(
    r"(?:local\s+function|if|unless|elsif|elif|else|for|foreach|while|until|case|when|switch|do|repeat|try|begin|rescue"
    r"|ensure|catch|finally|loop|with|match|select)\b"
)
"""How lines begin below which others may be deeper, whatever they end with."""

_LEAVES_BLOCK = re.compile(
    r"[)\]}]|(?:else|elif|elsif|elseif|catch|except|rescue|finally|ensure|case|when|default|end|fi|done|esac)\b"
)
"""How lines begin that are less deep than the ones before."""

_UNFINISHED = re.compile(
    r"\b(?:return|import|from|in|is|not|and|or|new|await|as|const|let|var|def|class|func|function|fn)$"
)
"""Words that the same line goes on after."""

_TAB_STOP = 8
"""Columns; that tables with tabs are aligned in nearly all files that have them."""

_ELEMENTS = frozenset({"javascriptreact", "typescriptreact"})
_WHOLE_ELEMENT = re.compile(r"/>$|</[\w.]*>$")

_DECLARING = frozenset({"css", "scss"})
"""Languages whose lines after a comma go on with a value rather than with a list."""

_CLAUSES = _DECLARING | {"sql", "makefile"}
"""Languages whose statements go on below without a sign of it."""

_FREELY_DEEPER = frozenset({"yaml", "haskell"})
"""Languages in which a line may be deeper than the one above it whatever that ends with."""


def reindented(hole: Hole, lines: list[str], *, running: bool = False) -> list[str]:
    """The lines with a first line where it can stand, and the others moved with it where they must.

    ``running``: more lines may come.
    """
    first = next((i for i, line in enumerate(lines) if line.strip()), None)
    if first is None or (hole.is_prose and not hole.is_markup):
        return lines
    if hole.is_markup or not hole.scan.in_code or hole.language.id in _FREELY_DEEPER:
        return _text_placed(hole, lines)
    return _first_placed(hole, lines, first, running)


def from_margin(hole: Hole, lines: list[str]) -> list[str]:
    """The lines moved to the point where they begin at the margin although the point does not: those of a model that
    left the indentation out of all of them, as a fence invites to.
    """
    if not (hole.before and hole.blank_before and hole.scan.in_code) or indent_of(lines[0]):
        return lines
    at_margin = [line for line in lines[1:] if line.strip() and not width(line)]
    leaves = any(DEFINES.match(line) for line in at_margin)
    if not at_margin or leaves or scan(hole.language, "\n".join(lines)).unmatched:
        return lines
    return [lines[0], *(hole.before + line if line.strip() else line for line in lines[1:])]


def in_files_style(hole: Hole, lines: list[str]) -> list[str]:
    """Tabs where the file has only tabs, spaces where it has only spaces; the point's own line stays."""
    if hole.uses_tabs is None or not hole.scan.in_code:
        return lines
    style = _tabbed if hole.uses_tabs else _spaced
    step = _step(lines[1:], hole.around.unit) if hole.uses_tabs else hole.around.unit
    first = [style(lines[0], step) if hole.blank_before else lines[0]] if lines else []
    return first + [style(line, step) for line in lines[1:]]


def _text_placed(hole: Hole, lines: list[str]) -> list[str]:
    """Where lines stand as they like (strings, comments), only an indentation said twice is surely wrong."""
    doubled = hole.before and hole.blank_before and width(hole.before) >= width(hole.around.line_above)
    return [lines[0].lstrip(), *lines[1:]] if doubled and lines[0].strip() else lines


def _first_placed(hole: Hole, lines: list[str], first: int, running: bool) -> list[str]:
    own = first == 0
    if own and (_lacks_break(hole, lines[0]) or _begins_block(hole, lines[0])):
        return _first_placed(hole, ["", *lines], 1, running)
    if own and not hole.blank_before:
        return _following_placed(hole, _without_gap(hole, lines), 0, hole.before + lines[0], 0)
    before = hole.before if own else ""
    at = width(before + indent_of(lines[first]))
    alone = not running and not any(line.strip() for line in lines[first + 1 :])
    right = _right_level(hole, own, lines[first].strip(), at, width(before), alone)
    if right == at > width(before) > 0 and _goes_on_at_point(hole, lines, first):
        right = width(before)
    if right == at:
        return _following_placed(hole, lines, first, lines[first], 0, at)
    moved = list(lines)
    moved[first] = _indent(hole, right - width(before)) + lines[first].lstrip()
    return _following_placed(hole, moved, first, moved[first], at - right, right)


def _goes_on_at_point(hole: Hole, lines: list[str], first: int) -> bool:
    """Whether the second line stands where the point does, below a first one that is deeper for no reason."""
    level, text = width(hole.before), lines[first].strip()
    second = next((line for line in lines[first + 1 :] if line.strip()), "")
    if width(second) != level or hole.opens_block(text) or text.endswith(_GOES_ON):
        return False
    outer = width(hole.around.line_above)
    return outer < level if hole.opens_block(hole.around.line_above) else outer <= level


def _right_level(hole: Hole, own: bool, text: str, at: int, before: int, alone: bool) -> int:
    """Where ``text``, which now stands at column ``at``, belongs; ``at`` itself unless that cannot be.

    ``own``: it continues the point's line; ``before``: columns before the point; ``alone``: no other line follows.
    """
    above, earlier = _above(hole, own)
    if not hole.language.indented and (flat := _flat_level(hole, above, text, at, before)) is not None:
        return flat
    if above.endswith("\\"):
        return at
    if hole.scan.stack and at > width(above) + 1 and _is_next_item(hole, above):
        return max(before, width(above))
    if hole.scan.stack and hole.language.indented:
        return at
    if not hole.language.indented:
        twice, beside = at == 2 * before, width(above) == before
        if at > before > 0 and (twice or beside) and _is_too_deep(hole, above, text, at):
            return before
        return _right_level_by_brackets(hole, above, at, before) if above else at
    level = hole.statement_level(above, earlier)
    lowest, highest = _levels(hole, above, level, text)
    below = hole.level_below
    if alone and hole.opens_block(text) and below is not None and lowest < below <= at:
        highest = min(highest, below - hole.around.unit)  # the lines below are the block that it opens
    elif alone and text.startswith("@") and below is not None:
        highest = min(highest, below)  # what it decorates
    elif hole.opens_block(above) and at == below:
        return at
    if before and at > before and lowest <= before <= highest:
        return before  # where the editor put the point
    if at < lowest:
        return before if lowest <= before else level + hole.around.unit
    return highest if at > highest else max(at, before)


def _above(hole: Hole, own: bool) -> tuple[str, tuple[str, ...]]:
    """The line that the text follows, and the lines above that."""
    lines = hole.above if own or hole.blank_before else (*hole.above, hole.before)
    last = next((i for i in range(len(lines) - 1, -1, -1) if lines[i].strip()), None)
    return (lines[last], lines[:last]) if last is not None else ("", ())


def _levels(hole: Hole, above: str, level: int, text: str) -> tuple[int, int]:
    """The least and the greatest column at which a statement can stand below one that is at ``level``."""
    if hole.opens_block(above):
        return level + 1, level + max(hole.around.steps, default=hole.around.unit)
    if hole.leaves_block(above) and not text.startswith("break"):  # which people do leave after a return
        outer = (width(line) for line in reversed(hole.above) if line.strip() and width(line) < level)
        return 0, next(outer, level)
    return 0, level


def _flat_level(hole: Hole, above: str, text: str, at: int, before: int) -> int | None:
    """The level of both neighbours where ``text`` is deeper than they are for no reason; None elsewhere."""
    level, below = width(above), hole.level_below
    if _LEAVES_BLOCK.match(text) or (_continues(hole, text) and not (text[0] == "." == above.strip()[:1])):
        return None
    if text[:1] == "." and at == 2 * before == 2 * level:
        return before  # the next link of a chain
    if hole.opens_block(above) and before - level == hole.around.unit and at == before + before:
        return before  # where the editor put the point
    if not above or below is None or not max(before, level) == below < at:
        return None
    if level < below:
        return below if before == below else None  # the first line of their block
    code = hole.code_of(above)
    if at == 2 * before and not (hole.opens_block(above) or DEFINES.match(code) or _CONTROL.match(code)):
        return before
    return below if hole.language.id not in _CLAUSES and _is_too_deep(hole, above, text, at) else None


def _is_too_deep(hole: Hole, above: str, text: str, at: int) -> bool:
    """Whether a line that is deeper than the point is so for no reason, such as the point's indentation said twice:
    nothing above opens a block, and neither line continues another.
    """
    code, comment = hole.code_of(above), text.startswith(hole.language.line_comments or "\0")
    element = hole.language.id in _ELEMENTS and _WHOLE_ELEMENT.search(code)
    if hole.opens_block(above) or (code.endswith(_GOES_ON) and not element) or at == width(above):
        return False
    if _continues(hole, text) and not comment:
        return False
    return not (DEFINES.match(code) or (_CONTROL.match(code) and not code.endswith(_STATEMENT_ENDS)))


def _continues(hole: Hole, text: str) -> bool:
    """Whether ``text`` begins as what goes on with the line above."""
    element = hole.language.id in _ELEMENTS and re.match(r"</?[\w>]", text)
    return text.startswith(_CONTINUES) and not element


def _right_level_by_brackets(hole: Hole, above: str, at: int, before: int) -> int:
    level, opens = width(above), hole.opens_block(above)
    if opens and above.lstrip().startswith(_OPERANDS):
        level += 2  # formatters count from behind the sign
    if hole.language.block_comment and above.strip().startswith(hole.language.block_comment[1]):
        level, closed = level - level % 2, True  # the asterisks of such comments stand one column in
    else:
        closed = hole.code_of(above).endswith(_STATEMENT_ENDS)
    most = level + max(hole.around.steps, default=hole.around.unit) if opens else level
    if at <= most or before > most:
        return at
    if opens:
        steady = len(hole.around.steps) == 1 and hole.around.steps.total() >= _STEADY
        return before if before > level else most if steady else at
    return (before or level) if closed else at


def _is_next_item(hole: Hole, above: str) -> bool:
    """Whether the line above is an item of the same list as the point's line."""
    if not hole.code_of(above).endswith(",") or hole.language.id in _DECLARING:
        return False
    last = max(i for i, line in enumerate(hole.above) if line == above)
    start = scan(hole.language, "".join(line + "\n" for line in hole.above[:last]))
    return start.stack == hole.scan.stack and start.in_code


def _following_placed(
    hole: Hole, lines: list[str], first: int, text: str, moved: int, level: int | None = None
) -> list[str]:
    """Move the lines after the first with it: those of an answer that was shifted as a whole, or not at all."""
    level = width(hole.before) if level is None else level
    state = scan(hole.language, "".join(line + "\n" for line in lines[: first + 1]), hole.scan)
    second = next((i for i in range(first + 1, len(lines)) if lines[i].strip()), None)
    if (
        text.endswith("\\")
        or second is None
        or state.inside
        or len(state.stack) > len(hole.scan.stack) + (not hole.language.indented)
    ):
        return lines
    opens, at = hole.opens_block(text), width(lines[second])
    shift = 0
    if opens and at <= level and hole.language.indented:
        shift = at - level - hole.around.unit
    elif hole.language.indented and not hole.scan.stack:
        most = level + hole.around.unit if opens else level
        shift = at - most if at > most else 0
    elif moved > 0 and at - moved >= level:
        shift = moved if at > (level + hole.around.unit if opens else level) else 0
    if not shift:
        return lines
    return lines[: first + 1] + _shifted(hole, lines[first + 1 :], shift)


def _shifted(hole: Hole, lines: list[str], shift: int) -> list[str]:
    """All lines ``shift`` columns to the left (or right when negative); unchanged when one has not that much."""
    if any(line.strip() and width(line) < shift for line in lines):
        return lines
    return [_indent(hole, width(line) - shift) + line.lstrip() if line.strip() else line for line in lines]


def _without_gap(hole: Hole, lines: list[str]) -> list[str]:
    """Drop white space that the point's line ends with already, or that no code has in the middle of a line."""
    text = lines[0].lstrip()
    lead = indent_of(lines[0])
    if not lead or not text or hole.before.endswith("  ") or _stands_apart(hole, text) or _is_aligned(hole, lead):
        return lines
    if hole.language.id == "shellscript" and hole.before[-1] == "[":
        return lines  # a test, whose brackets are words
    if hole.before[-1] == "\t" and "\t" in lead:
        return lines
    if hole.before[-1] in " \t([.":
        return [text, *lines[1:]]
    return [" " + text, *lines[1:]] if len(lead) > 1 else lines


def _stands_apart(hole: Hole, text: str) -> bool:
    """Whether space before ``text`` may be meant: a comment, an operator, a number in a table."""
    return text[0] in "#/-=:|&<>+*?!%^," or bool(hole.scan.stack and text[0].isdigit())


def _is_aligned(hole: Hole, lead: str) -> bool:
    """Whether what follows ``lead`` begins at the column of what stands apart in a line nearby."""
    ended = hole.before.endswith((";", "{", "}", ")")) or (hole.before.endswith(":") and not hole.scan.stack)
    if ended:
        return False
    column = len((hole.before + lead).expandtabs(_TAB_STOP))
    above = islice((line for line in reversed(hole.above) if line.strip()), 2)
    near = [line.expandtabs(_TAB_STOP) for line in (*above, *hole.around.below_filled[:1])]
    apart = (line for line in near if len(line) > column and line[column - 1].isspace())
    starts = [line for line in apart if not line[column].isspace()]
    return len(starts) > 1 or any(line[column - 2] == " " and line[:column].strip() for line in starts)


def _begins_block(hole: Hole, text: str) -> bool:
    """Whether the first line is that of the block that the point's line opens, without a break or a blank between."""
    return (
        hole.language.id == "python"
        and hole.blank_rest
        and hole.before[-1:] == ":"
        and not text[:1].isspace()
        and not hole.scan.stack
    )


def _lacks_break(hole: Hole, text: str) -> bool:
    """Whether an indented first line belongs below the point's line, which is finished."""
    if hole.blank_before or not hole.blank_rest or width(text) < 2 or hole.before[-1] in " \t([,.=+-*/|&\\":
        return False
    if text.strip()[0] in _BEGINS_NONE or (text[0] == "\t" and not hole.code_of(hole.before).endswith(_LINE_ENDS)):
        return False  # a column of a table
    if _UNFINISHED.search(hole.before) or _is_aligned(hole, indent_of(text)):
        return False
    return not text.strip().startswith(hole.language.line_comments or "\0")


def _indent(hole: Hole, columns: int) -> str:
    columns = max(0, columns)
    return "\t" * (columns // 4) if hole.uses_tabs else " " * columns


def _step(lines: list[str], default: int) -> int:
    """Columns of one step in lines that are indented with spaces: what divides them all."""
    step = gcd(default, *(len(line) - len(line.lstrip(" ")) for line in lines if line.startswith("  ")))
    return step if step > 1 else default


def _tabbed(line: str, step: int) -> str:
    spaces = len(line) - len(line.lstrip(" "))
    return "\t" * (spaces // step) + " " * (spaces % step) + line[spaces:] if spaces >= step else line


def _spaced(line: str, step: int) -> str:
    lead = indent_of(line)
    return lead.replace("\t", " " * step) + line[len(lead) :] if "\t" in lead else line
