"""A text as tokens, line by line; a changed line costs a splice, not a pass over the file.

Owner of no state: a ``TokenText`` is immutable. What a line's tokens are depends on the lines above only through the
lexer's state (a string or comment that crosses lines) and the indentation of the line of text above.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from tierwise.core.text import Lines
from tierwise.embedded.lexing import CODE, Lexeme, lexer
from tierwise.embedded.masking import without_secrets
from tierwise.embedded.vocabulary import OPAQUE_LEXEME, Vocabulary, line_break

_MOST_TOKENS = 300
"""Tokens kept of one line; what is longer is data or minified."""

_LONGEST_LINE = 4_000
"""Characters of one line that are read."""

_SLICE = 100
"""Lines between two breaths."""

_WIDEST = 0xFFFF

_RESYNC = 200
"""Lines after an edit that are read anew at most while the lexer's state differs from before: a string was opened, and
for now all below is part of it.
"""


@dataclass(frozen=True, slots=True)
class TokenText:
    """``codes`` is the whole text; line ``i`` has ``lengths[i]`` tokens of it, its break first, and none when blank.
    ``states[i]`` is the lexer's state in front of line ``i``; ``widths[i]`` its indentation in columns. ``whole`` is
    False where lines below an edit were left as they had been read before it.
    """

    codes: str
    lengths: array[int]
    widths: array[int]
    states: bytes
    whole: bool = True

    def offset(self, line: int) -> int:
        """Where line ``line`` begins in ``codes``."""
        return sum(self.lengths[:line])

    def indentation_above(self, line: int) -> tuple[int, bool]:
        """The indentation of the nearest line of text above ``line``, and whether blank lines stand between."""
        above = line - 1
        while above >= 0 and not self.lengths[above]:
            above -= 1
        return (self.widths[above] if above >= 0 else 0), above < line - 1


class Encoder:
    """Lines to tokens for one language and one file's step of indentation. ``longest_text`` bounds the strings and
    comments that are kept as they are; a longer one is a token that says nothing.
    """

    def __init__(self, vocabulary: Vocabulary, language: str, unit: int, longest_text: int) -> None:
        self._vocabulary = vocabulary
        self._lexer = lexer(language)
        self.unit = unit
        self._longest_text = longest_text

    def line(self, text: str, state: int, above: int, after_blank: bool) -> tuple[str, int, int]:
        """The tokens of one line, the lexer's state after it, and its indentation in columns. ``above`` is the
        indentation of the line of text above.
        """
        body = text.strip()
        if not body:
            return "", state, 0
        width = indentation_width(text)
        lexemes, after = self._lexer.lex(body, state)
        if len(text) >= _LONGEST_LINE:
            after = state  # what its end would have closed is not known
        if len(body) > self._longest_text:
            lexemes = self._shortened(lexemes, inside_text=state != CODE)
        return self.start(width, above, after_blank) + self._vocabulary.encode(lexemes), after, width

    def start(self, width: int, above: int, after_blank: bool) -> str:
        """The break in front of a line of this indentation."""
        difference = width - above
        levels = difference // self.unit if difference % self.unit == 0 else None
        return line_break(levels, difference > 0, after_blank)

    def whole(self, lines: Iterable[str]) -> Iterator[tuple[str, int, int]]:
        """The tokens, state in front, and indentation of each line of a file."""
        state, above, after_blank = 0, 0, False
        for text in lines:
            before = state
            codes, state, width = self.line(text, state, above, after_blank)
            yield codes, before, width
            if codes:
                above, after_blank = width, False
            else:
                after_blank = True

    def _shortened(self, lexemes: list[Lexeme], inside_text: bool) -> list[Lexeme]:
        longest, is_text = self._longest_text, self._lexer.is_text
        return [
            (blanks, lexeme if len(lexeme) <= longest or not (inside_text or is_text(lexeme)) else OPAQUE_LEXEME)
            for blanks, lexeme in lexemes[:_MOST_TOKENS]
        ]


def as_read(line: str) -> str:
    """A line, with its terminator, as far as it is read."""
    return line if len(line) < _LONGEST_LINE else line[:_LONGEST_LINE] + line[len(line.rstrip("\r\n")) :]


def token_text(encoder: Encoder, lines: Iterable[str], breathe: Callable[[], None] | None = None) -> TokenText:
    """A whole text as tokens. Calls ``breathe`` every hundred lines: about every half millisecond."""
    codes: list[str] = []
    lengths, widths, states = array("H"), array("H"), bytearray()
    for line, state, width in encoder.whole(lines):
        if breathe is not None and len(lengths) % _SLICE == 0:
            breathe()
        codes.append(line)
        lengths.append(len(line))
        widths.append(min(width, _WIDEST))
        states.append(state)
    return TokenText("".join(codes), lengths, widths, bytes(states))


def spliced(
    old: TokenText, encoder: Encoder, lines: Lines, first: int, old_stop: int, new_stop: int, blank: int | None = None
) -> TokenText:
    """``old`` after its lines ``first`` up to ``old_stop`` became lines ``first`` up to ``new_stop`` of ``lines``. Line
    ``blank`` is taken for a blank one.

    Lines below are read anew while the lexer's state or the break in front of them changes with the edit.
    """
    shift = old_stop - new_stop
    above, after_blank = old.indentation_above(first)
    state = old.states[first] if first < len(old.states) else 0
    codes: list[str] = []
    lengths, widths, states = array("H"), array("H"), bytearray()
    settled = False
    line = first
    while line < lines.count and (line < new_stop or not settled):
        if line >= new_stop + _RESYNC:
            break
        text, after, width = encoder.line(
            "" if line == blank else without_secrets(as_read(lines.raw(line))), state, above, after_blank
        )
        codes.append(text)
        lengths.append(len(text))
        widths.append(min(width, _WIDEST))
        states.append(state)
        state = after
        above, after_blank = (width, False) if text else (above, True)
        line += 1
        below = line + shift
        settled = bool(text) and line > new_stop and below < len(old.states) and old.states[below] == state
    whole = old.whole and (settled or line == lines.count)
    low, high = old.offset(first), old.offset(line + shift)
    return TokenText(
        old.codes[:low] + "".join(codes) + old.codes[high:],
        old.lengths[:first] + lengths + old.lengths[line + shift :],
        old.widths[:first] + widths + old.widths[line + shift :],
        old.states[:first] + bytes(states) + old.states[line + shift :],
        whole,
    )


def indentation_unit(lines: Iterable[str]) -> int:
    """The columns of one level in a file: the commonest step inwards; 4 where it has none."""
    steps: dict[int, int] = {}
    above = 0
    for line in lines:
        if line.isspace() or not line:
            continue
        width = indentation_width(line)
        if 2 <= width - above <= 8:
            steps[width - above] = steps.get(width - above, 0) + 1
        above = width
    return max(steps, key=lambda step: (steps[step], step)) if steps else 4


def indentation_width(line: str) -> int:
    """Columns of the blanks that a line starts with; a tab reaches to the next multiple of four."""
    blanks = line[: len(line) - len(line.lstrip(" \t"))]
    return len(blanks.expandtabs(4)) if "\t" in blanks else len(blanks)
