"""Reads the place of the cursor: what stands before and after it, and what a text put in there has to fit.

Owner of no state.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from tierwise.core.text import Point
from tierwise.embedded.balance import Brackets
from tierwise.embedded.evidence import is_word
from tierwise.embedded.lexing import CODE, Lexeme, Lexer, lexer
from tierwise.embedded.livedocument import LiveDocument
from tierwise.embedded.masking import without_secrets
from tierwise.embedded.scene import Frame, Opening
from tierwise.embedded.tokentext import indentation_width
from tierwise.embedded.values import Silence
from tierwise.embedded.vocabulary import Vocabulary

_CLOSING = re.compile(r"[\s)\]}>;:,{\"'`]*")
"""What may stand after the cursor without a need to meet it: closed brackets and quotes, punctuation."""

_LONGEST_LINE = 500
"""Columns; nothing is suggested farther right: such lines are data, or minified."""

_LONGEST_REST = 2_000
"""Characters after the cursor that are looked at."""

_BELOW = 5
"""Lines below that are looked at for the next line of text."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """What stands around a place. ``above`` and ``below`` are token texts without the lexeme that is being typed, which
    is in ``opening``; the current line's tokens begin at ``line_start`` of ``above``.
    """

    above: str
    line_start: int
    below: str
    opening: Opening
    frame: Frame


def read_cursor(
    live: LiveDocument, point: Point, vocabulary: Vocabulary, brackets: Brackets, max_lines: int
) -> Cursor | Silence:
    """What stands around ``point``, or why nothing can be put in there."""
    line = live.document.lines.line(point.line)
    prefix, rest = line[: point.column], line[point.column :][:_LONGEST_REST]
    if is_word(rest) or rest[:1].isdigit():
        return Silence.MID_WORD
    if len(prefix) > _LONGEST_LINE:
        return Silence.TOO_LONG_LINE
    around = live.surroundings(point.line)
    lexing = lexer(live.document.language)
    lexemes, state = lexing.lex(without_secrets(prefix).lstrip(), around.state)
    typed, quote = _typed(lexing, prefix, lexemes, state)
    in_text = typed is not None and (state != CODE or lexing.is_text(typed[1]))
    if in_text and rest.strip() and not (quote and rest.startswith(quote)):
        return Silence.MID_LINE
    closing = quote if quote and rest.startswith(quote) else ""
    ahead = lexing.lex(without_secrets(rest[len(closing) :]).strip())[0]
    above, width, opening = around.above, around.width_above, Opening(blank=around.after_blank, is_break=True)
    if line.strip() or prefix or not width:
        width = indentation_width(prefix)
        done, opening = _opening(prefix, lexemes, typed)
        above += live.encoder.start(width, around.width_above, around.after_blank) + vocabulary.encode(done)
    frame = Frame(
        typed_line=prefix,
        rest=ahead[0][1] if ahead else "",
        rest_closes=_CLOSING.fullmatch(rest) is not None,
        quote=closing,
        in_text=in_text,
        state=around.state,
        balance=brackets.balance(above, vocabulary.encode(ahead) + around.below),
        next_line=_next_line(live, point.line),
        width=width,
        unit=live.unit,
        indent=live.indent,
        max_lines=1 if rest.strip() else max_lines,
    )
    return Cursor(above, len(around.above), around.below, opening, frame)


def _typed(lexing: Lexer, prefix: str, lexemes: list[Lexeme], state: int) -> tuple[Lexeme | None, str]:
    """The lexeme that is being typed, if the cursor is in or at the end of one that may go on, and the quote that would
    close it.
    """
    if not lexemes:
        return None, ""
    last = lexemes[-1]
    quote = lexing.open_quote(last[1])
    if state != CODE or quote or lexing.is_comment(last[1]):
        return last, quote if state == CODE else ""
    touches = not prefix[-1].isspace()
    return (last if touches and (is_word(last[1]) or last[1][0].isdigit()) else None), ""


def _opening(prefix: str, lexemes: list[Lexeme], typed: Lexeme | None) -> tuple[list[Lexeme], Opening]:
    """The lexemes that are done, and what the next one must fit to. Blanks of aligned columns are one of their own."""
    if typed is not None:
        done, (blanks, begun) = lexemes[:-1], typed
    else:
        done, begun = lexemes, ""
        blanks = prefix[len(prefix.rstrip(" \t")) :] if prefix.strip() else ""
    if blanks not in {"", " "}:
        return [*done, ("", blanks)], Opening(begun, False)
    return done, Opening(begun, bool(blanks) if begun or blanks else None)


def _next_line(live: LiveDocument, line: int) -> str:
    texts = (text.strip() for text in live.document.lines.raw_range(line + 1, line + 1 + _BELOW))
    return next((text for text in texts if text), "")
