"""Lexemes as single characters, so that C-speed string search is n-gram search.

Owner of the interned lexemes. A token is one character: its code is twice the number of the lexeme, and one more if a
blank stands before it. A token text is a plain ``str`` of such characters: immutable, compact, safe to share between
threads. Token texts are private to the room: they are never decoded, printed or sent anywhere.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable

_MOST_WORDS = 0x10FFFF // 2 - 1
"""Two characters for each lexeme must fit into what a ``str`` can hold."""

BREAKS = 12
BOUNDARY, OPAQUE = 0, 1
_FIRST_BREAK = 2
_SAME = _FIRST_BREAK + 5
"""Breaks run from 5 levels out over the same level to 4 levels in; two more are for indentation that fits no level."""

ODD_IN = _FIRST_BREAK + 10
ODD_OUT = _FIRST_BREAK + 11
_RESERVED = _FIRST_BREAK + BREAKS

BREAK_CLASS = f"{chr(_FIRST_BREAK * 2)}-{chr(_RESERVED * 2 - 1)}"
"""All breaks, for a character class of a regular expression."""

OPAQUE_LEXEME = "\0"
"""What stands for a long string or comment: it says that there is one, and predicts nothing."""

LINE_END = "\n"
"""What a line break looks like, whatever indentation it leads to."""

FILE_START = chr(BOUNDARY * 2)
"""Stands before the first line of every text; matches nothing that is predicted."""


class Vocabulary:
    """Numbers for lexemes. ``number`` and ``encode`` may be called from two threads at once."""

    def __init__(self) -> None:
        self._words: list[str] = [""] * _RESERVED
        self._words[OPAQUE] = OPAQUE_LEXEME
        self._numbers: dict[str, int] = {OPAQUE_LEXEME: OPAQUE}
        self._adding = threading.Lock()

    def __len__(self) -> int:
        return len(self._words)

    def number(self, lexeme: str) -> int:
        """The number of ``lexeme``, which is added if it is new; ``OPAQUE`` once the vocabulary is full."""
        number = self._numbers.get(lexeme)
        return self._add(lexeme) if number is None else number

    def known(self, lexeme: str) -> int | None:
        return self._numbers.get(lexeme)

    def word(self, number: int) -> str:
        """The lexeme of a number; "" for line breaks and what is not kept."""
        return self._words[number]

    def text(self, token: str) -> str:
        """What a token looks like in a line: its lexeme, with the blank before it; ``LINE_END`` for any break."""
        code = ord(token)
        if _FIRST_BREAK * 2 <= code < _RESERVED * 2:
            return LINE_END
        return " " + self._words[code >> 1] if code & 1 else self._words[code >> 1]

    def token(self, text: str) -> str:
        """The token of a lexeme with or without one blank before it."""
        lexeme = text.removeprefix(" ")
        return chr(self.number(lexeme) * 2 + (len(lexeme) < len(text)))

    def encode(self, lexemes: Iterable[tuple[str, str]]) -> str:
        """The token text of lexemes. A run of more than one blank (aligned columns) is a token of its own."""
        codes: list[str] = []
        find = self._numbers.get
        for blanks, lexeme in lexemes:
            number = find(lexeme)
            if number is None:
                number = self._add(lexeme)
            if not blanks:
                codes.append(chr(number * 2))
            elif blanks == " ":
                codes.append(chr(number * 2 + 1))
            else:
                codes.append(chr(self.number(blanks) * 2))
                codes.append(chr(number * 2))
        return "".join(codes)

    def _add(self, lexeme: str) -> int:
        with self._adding:
            number = self._numbers.get(lexeme)
            if number is None:
                number = len(self._words)
                if number > _MOST_WORDS:
                    return OPAQUE
                self._words.append(lexeme)  # before the number is known to others, so that they can look it up
                self._numbers[lexeme] = number
            return number


def line_break(levels: int | None, deeper: bool, blank_before: bool) -> str:
    """The token that begins a line: how its indentation differs from that of the line of text above, in levels of the
    file's indentation (None: no whole number of levels, ``deeper`` says which way), and whether blank lines stand
    between.
    """
    if levels is None:
        number = ODD_IN if deeper else ODD_OUT
    else:
        number = _SAME + max(-5, min(4, levels))
    return chr(number * 2 + blank_before)


FILE_END = line_break(0, deeper=False, blank_before=True)
"""Stands behind the last line of a learnt file, so that its end is the end of a line."""


def is_break(token: str) -> bool:
    return _FIRST_BREAK * 2 <= ord(token) < _RESERVED * 2


def break_levels(token: str) -> int | None:
    """The change of indentation that a break stands for; None where it is no whole number of levels."""
    number = ord(token) >> 1
    return None if number >= ODD_IN else number - _SAME


def blank_before(token: str) -> bool:
    """Whether blank lines stand before the line that this break begins."""
    return bool(ord(token) & 1)
