"""Lines to lexemes, one line at a time, for every language alike.

Owner of no state. The lexer is lexical only: it knows comments, strings and operators from ``core.languages`` and
never parses. It never fails: the lexemes of any text, joined, are that text.
"""

from __future__ import annotations

import re
from functools import cache

from tierwise.core.languages import Language, language

CODE = 0
"""The lexer's state outside every string or comment that crosses lines."""

Lexeme = tuple[str, str]
"""The blanks before it, and its text."""

# Longest first where one is the start of another; single characters come from the catch-all.
_OPERATORS = (
    r">>>=?|<<=|>>=|\*\*=?|//=?|===?|!==?|\.\.[.=]?|\?\?=?|&&=?|\|\|=?|<=>|->|=>|<=|>=|::|:=|[-+*/%|&^]=|\+\+|--|<<|>>"
    r"|\?\.|</|/>|<-|\$\{"
)
_PREFIX = r"(?:[rbfuRBFU]{1,2})?"
_QUOTES = frozenset("\"'`")


class Lexer:
    """The lexer of one language."""

    def __init__(self, facts: Language) -> None:
        opening = {quote: quote for quote in facts.long_quotes}
        if facts.block_comment:
            opening[facts.block_comment[0]] = facts.block_comment[1]
        self._state_of = {opener: number for number, opener in enumerate(opening, start=1)}
        self._closers = ("", *opening.values())
        self._comment_openers = facts.line_comments + ((facts.block_comment[0],) if facts.block_comment else ())
        self._pattern = re.compile(rf"([ \t]*)({'|'.join(_alternatives(facts, opening))})")

    def lex(self, line: str, state: int = CODE) -> tuple[list[Lexeme], int]:
        """The lexemes of ``line`` (no indentation, no terminator) that starts in ``state``, and the state after it.
        What lies inside a string or comment that crosses lines is one lexeme a line.
        """
        lexemes: list[Lexeme] = []
        start = 0
        if state != CODE:
            start = self._end_of_long(line, 0, state)
            if start < 0:
                return ([("", line)] if line else []), state
            lexemes.append(("", line[:start]))
        for opener in self._state_of:
            if opener in line:
                return self._lex_with_long(line, start, lexemes)
        found = self._pattern.findall(line, start)
        return (lexemes + found if lexemes else found), CODE

    def is_text(self, lexeme: str) -> bool:
        """Whether ``lexeme`` is a string, closed or not, or a comment."""
        return (
            lexeme[-1] in _QUOTES
            or lexeme.startswith(self._comment_openers)
            or lexeme.lstrip("rbfuRBFU")[:1] in _QUOTES
        )

    def open_quote(self, lexeme: str) -> str:
        """The quote that would close ``lexeme``, the last of a line; "" when it is no string or is closed."""
        bare = lexeme.lstrip("rbfuRBFU")
        if bare[:1] not in _QUOTES or (len(bare) > 1 and bare[-1] == bare[0] and bare[-2:-1] != "\\"):
            return ""
        return bare[0]

    def is_comment(self, lexeme: str) -> bool:
        return lexeme.startswith(self._comment_openers)

    def _lex_with_long(self, line: str, start: int, lexemes: list[Lexeme]) -> tuple[list[Lexeme], int]:
        match = self._pattern.match(line, start)
        while match:
            blanks, lexeme = match.groups()
            bare = lexeme.lstrip("rbfuRBFU") if lexeme[-1] in _QUOTES else lexeme
            state = self._state_of.get(bare, CODE)
            end = match.end() if state == CODE else self._end_of_long(line, match.end(), state)
            if end < 0:
                return [*lexemes, (blanks, line[match.start(2) :])], state
            lexemes.append((blanks, line[match.start(2) : end]))
            match = self._pattern.match(line, end)
        return lexemes, CODE

    def _end_of_long(self, line: str, start: int, state: int) -> int:
        closer = self._closers[state]
        at = line.find(closer, start)
        while at > 0 and line[at - 1] == "\\" and closer[0] in _QUOTES:
            at = line.find(closer, at + 1)
        return -1 if at < 0 else at + len(closer)


@cache
def lexer(identifier: str) -> Lexer:
    """The lexer of a language identifier; an unknown language is lexed as plain text."""
    return Lexer(language(identifier))


def _alternatives(facts: Language, opening: dict[str, str]) -> list[str]:
    """Regular expressions in the order of trial, the frequent ones early. A quote that is not closed takes the rest."""
    word = r"[^\W\d]\w*"
    quotes = "".join(facts.quotes + facts.long_quotes)
    before_quote = rf"\b(?![{re.escape(quotes)}])" if quotes else ""  # a word that touches a quote may be its prefix
    parts = [word + before_quote, r"[()\[\],;{}]", r"\d\w*(?:\.\d\w*)?"]
    parts += [re.escape(comment) + r".*" for comment in facts.line_comments]
    parts += [(_PREFIX if opener[0] in _QUOTES else "") + re.escape(opener) for opener in opening]
    for quote in facts.quotes:
        parts.append(rf"{_PREFIX}{quote}(?:\\.|[^{quote}\\])*(?:{quote}|\\?$)")
    return [*parts, word, _OPERATORS, r"[^ \t]"]
