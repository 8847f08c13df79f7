"""The lines around a place of completion, and what is known of them.

Pure. From one keystroke to the next these lines are the same while the point's own line grows, so what was found out
about them is kept for the few places that were asked about last.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import pairwise

from tierwise.core.languages import Language
from tierwise.core.text import split_lines
from tierwise.edits.scanner import Scan, comment_start, scan

_STYLE_LINES = 80
"""Lines above and below whose style counts: those nearby say more about it than the rest of a long file."""

_PLACES = 16
"""Places that are remembered; each holds the text of its lines twice, some 50 KB."""

_DEFINITION = re.compile(
    r"^([^\S\n]*)(?:async |export |public |private |static |pub )*"
    r"(?:def|class|func|function|fn|interface|impl|struct) \w+[^\S\n]*[(:<{]",
    re.MULTILINE,
)
_OPENS_BLOCK = re.compile(r"[:{(\[]$|=>$|->$|\b(?:then|do|else|begin)$")
_OPENS_INDENTED = re.compile(r":$")


@dataclass(frozen=True, eq=False)
class Around:
    """``above`` and ``below``: the lines before and after that of the point, without terminators."""

    language: Language
    above: tuple[str, ...]
    below: tuple[str, ...]

    @cached_property
    def scan_above(self) -> Scan:
        """Brackets and strings where the point's line begins."""
        return scan(self.language, "\n".join((*self.above, "")))

    @cached_property
    def scan_below(self) -> Scan:
        """Brackets of the lines below, when they begin in code."""
        return scan(self.language, "\n".join(self.below))

    @cached_property
    def line_above(self) -> str:
        """The last line above that is not blank, or an empty string."""
        return next((line for line in reversed(self.above) if line.strip()), "")

    @cached_property
    def below_filled(self) -> tuple[str, ...]:
        """The lines below that are not blank, without white space at their ends."""
        return tuple([line for line in map(str.rstrip, self.below) if line])

    @cached_property
    def tabbed(self) -> int:
        """How many of the lines nearby are indented with tabs."""
        return sum([line[:1] == "\t" for line in self._near])

    @cached_property
    def spaced(self) -> int:
        """How many of the lines nearby are indented with spaces."""
        return sum([line[:2] == "  " for line in self._near])

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
                width(b) - width(a)
                for a, b in pairwise(filled)
                if width(b) > width(a) and opens_block(self.language, a)
            )
        return found

    @cached_property
    def keeps_trailing_space(self) -> bool:
        """Whether lines nearby end with white space, so that it may be meant."""
        return any(line[-1:] in {" ", "\t"} and line.strip() for line in self._near)

    @cached_property
    def repeats_lines(self) -> bool:
        """Whether equal lines stand one below the other around, as in tables of data."""
        return any(a == b and weight(a) for lines in (self.above, self.below) for a, b in pairwise(lines))

    @property
    def _near(self) -> tuple[str, ...]:
        return (*self.above[-_STYLE_LINES:], *self.below[:_STYLE_LINES])


@lru_cache(maxsize=_PLACES)
def around(language: Language, above: str, below: str, *, cut: bool, to_end: bool) -> Around:
    """What stands between ``above``, which is whole lines, and ``below``.

    ``cut``: the file begins before ``above``. ``to_end``: the last line below is the file's last, without terminator.
    """
    lines_above, lines_below = _bare(above), _bare(below)
    lines_above.pop()  # the piece after the last terminator: there the point's own line begins
    if cut:
        lines_above = _from_definition(lines_above)
    if not to_end:
        lines_below.pop()
    return Around(language, tuple(lines_above), tuple(lines_below))


def width(line: str) -> int:
    """Columns of the indentation; a tab counts four, so that both kinds can be compared."""
    return sum(4 if char == "\t" else 1 for char in line[: len(line) - len(line.lstrip(" \t"))])


def weight(line: str) -> int:
    """Letters and digits of a line: how much it says."""
    return sum(char.isalnum() for char in line)


def opens_block(language: Language, line: str) -> bool:
    """Whether the next line must or may be one step deeper."""
    pattern = _OPENS_INDENTED if language.indented else _OPENS_BLOCK
    return bool(pattern.search(code_of(language, line)))


def code_of(language: Language, line: str) -> str:
    """The line without a comment at its end and without white space around."""
    return line[: comment_start(language, line)].strip()


def _bare(text: str) -> list[str]:
    if "\r" not in text:
        return text.split("\n")
    return [line.rstrip("\r\n") for line in split_lines(text)]


def _from_definition(lines: list[str]) -> list[str]:
    """Begin where a definition begins, as near to the margin as any: there no string or bracket is open."""
    text = "\n".join(lines)
    found = min(_DEFINITION.finditer(text), key=lambda match: width(match[1]), default=None)
    return lines if found is None else lines[text.count("\n", 0, found.start()) :]
