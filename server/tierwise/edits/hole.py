"""The place of a completion: what stands around the point, once, before the model answers.

Pure. Looks at a bounded window, whatever the size of the file.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from tierwise.core.documents import Document
from tierwise.core.languages import Language, language
from tierwise.core.text import Point
from tierwise.edits.around import Around, around, code_of, opens_block, width
from tierwise.edits.scanner import CLOSER, Scan, scan

WINDOW = 300
"""Lines above and below the point that are looked at."""

DEFINES = re.compile(
    r"(?:(?:async|export|default|public|private|protected|static|final|abstract|override|pub(?:\([\w:]+\))?)\s+)*"
    r"(?:def|class|func|function|fn|interface|impl|struct|enum|trait|module|namespace)\s+\S"
)
"""How lines that define something begin, in many languages."""

_LONGEST_LINE = 10_000
"""Characters on either side of the point that are looked at: of a minified file, not the whole on every keystroke."""

_STATEMENT_LINES = 40
"""Lines over which the start of a statement is looked for."""

_LEAVES = re.compile(r"(?:return|raise|throw|break|continue|goto)\b")
_SENTENCES = frozenset({"yaml"})
"""Languages whose values need no quotes."""
_ELEMENTS = frozenset({"javascriptreact", "typescriptreact"})
_MARKUP = frozenset({"html", "vue", "svelte"})
_TABBED = frozenset({"go", "makefile"})
"""Languages that are indented with tabs also where no line around is."""
_PROSE = frozenset({"plaintext", "markdown", "restructuredtext"}) | _MARKUP
_FENCE = re.compile(r"\s*(?:`{3,}|~{3,})")


@dataclass(frozen=True)
class Hole:
    """``before`` and ``rest`` are the two parts of the point's line, without its terminator. ``cut_above`` and
    ``cut_below`` tell whether the file goes on beyond the lines around.
    """

    around: Around
    before: str
    rest: str
    cut_above: bool
    cut_below: bool
    eol: str

    @staticmethod
    def at(document: Document, point: Point, inserted: str = "") -> Hole:
        """The hole at ``point``, as if ``inserted`` had been typed there."""
        lines = document.lines
        start, stop = max(0, point.line - WINDOW), min(lines.count, point.line + 1 + WINDOW)
        above, below = "".join(lines.raw_range(start, point.line)), "".join(lines.raw_range(point.line + 1, stop))
        text = lines.line(point.line)
        head = text[max(0, point.column - _LONGEST_LINE) : point.column]
        more, break_, before = (head + inserted).rpartition("\n")
        cut_above, cut_below = start > 0, stop < lines.count
        to_end = point.line + 1 < stop and not cut_below
        near = around(language(document.language), above + more + break_, below, cut=cut_above, to_end=to_end)
        rest = text[point.column : point.column + _LONGEST_LINE]
        return Hole(near, before, rest, cut_above, cut_below, lines.terminator)

    @property
    def language(self) -> Language:
        return self.around.language

    @property
    def above(self) -> tuple[str, ...]:
        """The lines above the point's, without terminators."""
        return self.around.above

    @cached_property
    def scan(self) -> Scan:
        """Brackets and strings at the point."""
        return scan(self.language, self.before, self.around.scan_above)

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
    def between_brackets(self) -> str:
        """The bracket before the point when its partner follows, or the end of a tag; else an empty string."""
        last = self.before.rstrip()[-1:]
        if last == ">" and self.rest.lstrip().startswith("</") and (self.is_markup or self.language.id in _ELEMENTS):
            return last
        return last if last in CLOSER and self.rest.lstrip().startswith(CLOSER[last]) else ""

    @property
    def is_markup(self) -> bool:
        """Whether the language is one of elements, in which sentences are content and fences are not."""
        return self.language.id in _MARKUP

    @cached_property
    def in_fence(self) -> bool:
        """Whether the point is in prose's fenced code that ends below."""
        if not self.is_prose or self.is_markup or self.cut_above:
            return False
        opened = sum(bool(_FENCE.match(line)) for line in self.above) % 2 == 1
        return opened and any(_FENCE.match(line) for line in self.around.below)

    @property
    def keeps_fences(self) -> bool:
        """Whether fences are content at the point."""
        return self.is_prose and not self.is_markup and not self.in_fence

    def statement_level(self, line: str, above: tuple[str, ...]) -> int:
        """The indentation of the statement that ``line`` ends, which may have begun on one of the lines above it."""
        text, first = line, line
        for earlier in reversed(above[-_STATEMENT_LINES:]):
            if not scan(self.language, text).unmatched:
                return width(first)
            text, first = earlier + "\n" + text, earlier
        return width(line)

    @cached_property
    def level_below(self) -> int | None:
        """The indentation of the next line that is not blank; None at the end of the file."""
        if not self.blank_rest:
            return width(self.before + self.rest) if self.blank_before else None
        below = self.around.below_filled
        return width(below[0]) if below else None

    @cached_property
    def uses_tabs(self) -> bool | None:
        """Whether the lines around are indented with tabs; None when they are mixed or not indented."""
        tabs = self.around.tabbed + (self.before[:1] == "\t")
        spaces = self.around.spaced + (self.before[:2] == "  ")
        if not spaces and (tabs or self.language.id in _TABBED):
            return True
        return False if spaces and not tabs else None

    @property
    def says_sentences(self) -> bool:
        """Whether sentences are content at the point, although the language is none of prose."""
        above = self.around.line_above.rstrip()
        in_element = self.language.id in _ELEMENTS and above.endswith(">") and not above.endswith("=>")
        return self.language.id in _SENTENCES or (in_element and self.blank_before)

    @cached_property
    def starred(self) -> bool:
        """Whether the point is in a block comment whose lines begin with an asterisk."""
        text = self.before.strip() or self.around.line_above.strip()
        return self.scan.inside == "*/" and text.startswith(("*", "/*"))

    def mentions(self, word: str) -> bool:
        """Whether the text around holds ``word``."""
        return any(word in line for line in (*self.above, self.before, self.rest, *self.around.below))

    def opens_block(self, line: str) -> bool:
        """Whether the next line must or may be one step deeper."""
        return opens_block(self.language, line)

    def leaves_block(self, line: str) -> bool:
        """Whether nothing can follow the line at its own level, such as after a whole ``return`` statement."""
        return bool(_LEAVES.match(line.strip())) and scan(self.language, line.strip()).stack == ""

    def code_of(self, line: str) -> str:
        """The line without a comment at its end and without white space around."""
        return code_of(self.language, line)


def indent_of(line: str) -> str:
    """The white space that the line begins with."""
    return line[: len(line) - len(line.lstrip(" \t"))]
