"""Brackets, strings and comments of a piece of code, without a parser.

Pure. Knows only what ``core/languages.py`` knows, so it can be wrong about rare literals; whoever uses it must act
only where its answer fits the whole surrounding, never on a mismatch alone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache

from tierwise.core.languages import Language

CLOSER = {"(": ")", "[": "]", "{": "}"}
_LINE_COMMENT = "\n"
_SPACED_COMMENTS = frozenset({"shellscript", "yaml", "dockerfile", "makefile", "php", "ruby", "elixir"})
"""Languages in which ``#`` inside a word is no comment."""

_REGEX_LITERAL = re.compile(r"/(?![/*])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n\[])+/[a-z]*")
_REGEX_LANGUAGES = frozenset({"javascript", "javascriptreact", "typescript", "typescriptreact", "vue", "svelte"})
_BEFORE_REGEX = re.compile(r"(?:^|[(,=:\[!&|?{};\n]|\breturn)[ \t]*$")


@dataclass(frozen=True, slots=True)
class Scan:
    """The state after a text. ``stack``: open brackets, outermost first. ``unmatched``: closers without an opener.

    ``inside`` is empty in code, the closing delimiter within a string or block comment, ``"\\n"`` within a line
    comment. ``errors`` counts closers of the wrong kind and strings that their line left open.
    """

    stack: str = ""
    unmatched: str = ""
    inside: str = ""
    errors: int = 0

    @property
    def in_comment(self) -> bool:
        return self.inside == _LINE_COMMENT

    @property
    def in_code(self) -> bool:
        return not self.inside


def scan(language: Language, text: str, state: Scan | None = None) -> Scan:
    """Go through ``text``, starting from ``state``."""
    tokens, ends, multiline = _patterns(language)
    state = state or Scan()
    brackets = _Brackets(list(state.stack), list(state.unmatched), state.errors)
    inside, place = state.inside, 0
    while True:
        if inside:
            end = ends[inside].match(text, place)
            if end is None or end[1] is None:
                break
            brackets.errors += end[1] == "\n" != inside
            place, inside = end.end(), ""
        token = tokens.search(text, place)
        if token is None:
            break
        place, found = token.end(), token[0]
        if found in "()[]{}":
            brackets.take(found)
        elif found == "/":
            place = _after_slash(text, token.start())
        elif not (len(found) > 1 and found[0] == found[-1] == "'" and found not in ends):  # no character literal
            inside = multiline.get(found) or (found if found in ends else _LINE_COMMENT)
    return Scan("".join(brackets.stack), "".join(brackets.unmatched), inside, brackets.errors)


@dataclass(slots=True)
class _Brackets:
    stack: list[str]
    unmatched: list[str]
    errors: int

    def take(self, found: str) -> None:
        if found in CLOSER:
            self.stack.append(found)
        elif not self.stack:
            self.unmatched.append(found)
        elif CLOSER[self.stack[-1]] == found:
            self.stack.pop()
        else:
            self.errors += 1


def at_line_end(state: Scan, language: Language) -> Scan:
    """The state when the line ends here: a line comment ends with it, an open string of one line is an error."""
    if state.inside and state.inside not in _patterns(language)[2].values():
        return replace(state, inside="", errors=state.errors + (not state.in_comment))
    return state


def comment_start(language: Language, line: str) -> int | None:
    """Where the line comment of a line begins that starts in code; None without one."""
    for mark in language.line_comments:
        place = line.find(mark)
        while place >= 0:
            if scan(language, line[: place + len(mark)]).in_comment:
                return place
            place = line.find(mark, place + 1)
    return None


_Patterns = tuple[re.Pattern[str], dict[str, re.Pattern[str]], dict[str, str]]


@lru_cache(maxsize=64)
def _patterns(language: Language) -> _Patterns:
    """What to look for in code, how each string or comment ends (group 1), and which openers may cross lines."""
    multiline = {quote: quote for quote in language.long_quotes}
    ends = {_LINE_COMMENT: re.compile(r"[^\n]*(\n)?")}
    for quote in (*language.quotes, *language.long_quotes):
        end = re.escape(quote)
        if quote not in multiline:
            ends[quote] = re.compile(rf"(?:\\(?s:.)|[^\\{end}\n])*({end}|\n)?")
        elif language.id == "go":
            ends[quote] = re.compile(rf"(?s:.*?)({end})")  # a raw string knows no escapes
        else:
            ends[quote] = re.compile(rf"(?s:\\.|(?!{end})[^\\])*({end})?")
    if language.block_comment:
        start, stop = language.block_comment
        multiline[start] = stop
        ends[stop] = re.compile(rf"(?s:.*?)({re.escape(stop)})")
    boundary = r"(?<![^\s;(])" if language.id in _SPACED_COMMENTS else ""
    comments = [boundary + re.escape(mark) for mark in language.line_comments]
    literals = [] if "'" in language.quotes else [r"'(?:\\[^\n']{1,10}|[^'\\\n])'"]
    slash = ["/"] if language.id in _REGEX_LANGUAGES else []
    starts = sorted([*multiline, *language.quotes], key=len, reverse=True)
    tokens = [*literals, *map(re.escape, starts), *comments, *slash, r"[()\[\]{}]"]
    return re.compile("|".join(tokens)), ends, multiline


def _after_slash(text: str, place: int) -> int:
    """Past a regular expression literal, where a slash can start one."""
    if not _BEFORE_REGEX.search(text, max(0, place - 60), place):
        return place + 1
    literal = _REGEX_LITERAL.match(text, place)
    return literal.end() if literal else place + 1
