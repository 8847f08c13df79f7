"""The place of a completion: what stands around the point, once, before the model answers.

Pure. Looks at a bounded window, whatever the size of the file.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from tierwise.core.documents import Document
from tierwise.core.languages import Language, language
from tierwise.core.text import Point
from tierwise.edits.scanner import Scan, comment_start, scan

WINDOW = 300
"""Lines above and below the point that are looked at."""

_STYLE_LINES = 80
"""Lines above and below whose style counts: those nearby say more about it than the rest of a long file."""

_STATEMENT_LINES = 40
"""Lines over which the start of a statement is looked for."""

_DEFINITION = re.compile(
    r"^([^\S\n]*)(?:async |export |public |private |static |pub )*"
    r"(?:def|class|func|function|fn|interface|impl|struct) \w+[^\S\n]*[(:<{]",
    re.MULTILINE,
)
_OPENS_BLOCK = re.compile(r"[:{(\[]$|=>$|->$|\b(?:then|do|else|begin)$")
_OPENS_INDENTED = re.compile(r":$")
_LEAVES = re.compile(r"(?:return|raise|throw|break|continue|goto)\b")
_PROSE = frozenset({"plaintext", "markdown", "restructuredtext", "html", "vue", "svelte"})


@dataclass(frozen=True)
class Hole:
    """``before`` and ``rest`` are the two parts of the point's line; ``above`` and ``below`` the lines around it, all
    without terminators. ``cut_above`` and ``cut_below`` tell whether the file goes on beyond them.
    """

    language: Language
    above: tuple[str, ...]
    before: str
    rest: str
    below: tuple[str, ...]
    cut_above: bool
    cut_below: bool
    eol: str

    @staticmethod
    def at(document: Document, point: Point, inserted: str = "") -> Hole:
        """The hole at ``point``, as if ``inserted`` had been typed there."""
        lines = document.lines
        start, stop = max(0, point.line - WINDOW), min(lines.count, point.line + 1 + WINDOW)
        above = lines.bare_range(start, point.line)
        if start:
            above = _from_definition(above)
        text = lines.line(point.line)
        *more, before = (text[: point.column] + inserted).split("\n")
        return Hole(
            language(document.language),
            (*above, *more),
            before,
            text[point.column :],
            tuple(lines.bare_range(point.line + 1, stop)),
            start > 0,
            stop < lines.count,
            lines.terminator,
        )

    @cached_property
    def scan(self) -> Scan:
        """Brackets and strings at the point."""
        return scan(self.language, "\n".join((*self.above, self.before)))

    @cached_property
    def scan_below(self) -> Scan:
        """Brackets of the lines below, when they begin in code."""
        return scan(self.language, "\n".join(self.below))

    @property
    def blank_before(self) -> bool:
        return not self.before.strip()

    @property
    def blank_rest(self) -> bool:
        return not self.rest.strip()

    @property
    def is_prose(self) -> bool:
        """Whether the language is one in which sentences, fences and tags are content."""
        return self.language.id in _PROSE

    @cached_property
    def line_above(self) -> str:
        """The last line above that is not blank, or an empty string."""
        return next((line for line in reversed(self.above) if line.strip()), "")

    def statement_level(self, line: str, above: tuple[str, ...]) -> int:
        """The indentation of the statement that ``line`` ends, which may have begun on one of the lines above it."""
        text, first = line, line
        for earlier in reversed(above[-_STATEMENT_LINES:]):
            if not scan(self.language, text).unmatched:
                return width(first)
            text, first = earlier + "\n" + text, earlier
        return width(line)

    @cached_property
    def below_filled(self) -> tuple[str, ...]:
        """The lines below that are not blank, without white space at their ends."""
        return tuple([line for line in map(str.rstrip, self.below) if line])

    @cached_property
    def level_below(self) -> int | None:
        """The indentation of the next line that is not blank; None at the end of the file."""
        if not self.blank_rest:
            return width(self.before + self.rest) if self.blank_before else None
        return width(self.below_filled[0]) if self.below_filled else None

    @cached_property
    def uses_tabs(self) -> bool | None:
        """Whether the lines around are indented with tabs; None when they are mixed or not indented."""
        around = (*self._near, self.before)
        tabs = sum([line[:1] == "\t" for line in around])
        spaces = sum([line[:2] == "  " for line in around])
        if tabs and not spaces:
            return True
        return False if spaces and not tabs else None

    @cached_property
    def unit(self) -> int:
        """Columns of one indentation step, by the most frequent one around; 4 where nothing tells."""
        widths = [width(line) for line in (*self.above, *self.below) if line.strip()]
        steps = Counter(b - a for a, b in pairwise(widths) if 2 <= b - a <= 8)
        return steps.most_common(1)[0][0] if steps else 4

    @cached_property
    def steps(self) -> Counter[int]:
        """Columns by which blocks around are deeper than the line that opens them, and how often each occurs."""
        found: Counter[int] = Counter()
        for lines in (self.above, self.below):
            filled = [line for line in lines if line.strip()]
            found.update(
                width(b) - width(a) for a, b in pairwise(filled) if width(b) > width(a) and self.opens_block(a)
            )
        return found

    @property
    def _near(self) -> tuple[str, ...]:
        return (*self.above[-_STYLE_LINES:], *self.below[:_STYLE_LINES])

    @cached_property
    def starred(self) -> bool:
        """Whether the point is in a block comment whose lines begin with an asterisk."""
        return self.scan.inside == "*/" and (self.before.strip() or self.line_above.strip()).startswith(("*", "/*"))

    @cached_property
    def keeps_trailing_space(self) -> bool:
        """Whether lines around end with white space, so that it may be meant."""
        text = "\n".join((*self._near, ""))
        if " \n" not in text and "\t\n" not in text:
            return False  # nearly always; this is asked for every keystroke
        return any(line[-1:] in {" ", "\t"} and line.strip() for line in self._near)

    @cached_property
    def repeats_lines(self) -> bool:
        """Whether equal lines stand one below the other around, as in tables of data."""
        return any(a == b and weight(a) for lines in (self.above, self.below) for a, b in pairwise(lines))

    def mentions(self, word: str) -> bool:
        """Whether the text around holds ``word``."""
        return any(word in line for line in (*self.above, self.before, self.rest, *self.below))

    def opens_block(self, line: str) -> bool:
        """Whether the next line must or may be one step deeper."""
        pattern = _OPENS_INDENTED if self.language.indented else _OPENS_BLOCK
        return bool(pattern.search(self.code_of(line)))

    def leaves_block(self, line: str) -> bool:
        """Whether nothing can follow the line at its own level, such as after a whole ``return`` statement."""
        return bool(_LEAVES.match(line.strip())) and scan(self.language, line.strip()).stack == ""

    def code_of(self, line: str) -> str:
        """The line without a comment at its end and without white space around."""
        return line[: comment_start(self.language, line)].strip()


def width(line: str) -> int:
    """Columns of the indentation; a tab counts four, so that both kinds can be compared."""
    return sum(4 if char == "\t" else 1 for char in line[: len(line) - len(line.lstrip(" \t"))])


def indent_of(line: str) -> str:
    """The white space that the line begins with."""
    return line[: len(line) - len(line.lstrip(" \t"))]


def weight(line: str) -> int:
    """Letters and digits of a line: how much it says."""
    return sum(char.isalnum() for char in line)


def _from_definition(lines: list[str]) -> list[str]:
    """Begin where a definition begins, as near to the margin as any: there no string or bracket is open."""
    text = "\n".join(lines)
    found = min(_DEFINITION.finditer(text), key=lambda match: width(match[1]), default=None)
    return lines if found is None else lines[text.count("\n", 0, found.start()) :]
