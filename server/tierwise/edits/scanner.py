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
_PATTERN_END = "?"
"""Among closers: the bracket after a pattern of a shell's ``case``, which closes one only where one is open."""

_CASE_PATTERN = re.compile(r"[ \t]*(?:[^\s()|\"']|\"[^\"]*\"|'[^']*'|[ \t]*\|[ \t]*)+\)")
_LONGEST_PATTERN = 200
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
    return _machine(language).run(text, state or Scan())


def at_line_end(state: Scan, language: Language) -> Scan:
    """The state when the line ends here: a line comment ends with it, an open string of one line is an error."""
    if state.inside and state.inside not in _machine(language).crossing:
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


@dataclass(frozen=True, slots=True)
class _Effect:
    """What one line does: closes brackets that were open before it, opens others, ends inside of something."""

    closers: str
    openers: str
    inside: str
    errors: int


_REMEMBERED_LINES = 20_000
"""Lines whose effect is known, per language. From one keystroke to the next nearly all lines are the same."""


class _Machine:
    """Scans one language. Owner of the effects that it knows; they depend on the line and on where it begins only."""

    def __init__(self, language: Language) -> None:
        self._tokens, self._ends, self._multiline = _patterns(language)
        self._ends_patterns = language.id == "shellscript"
        self._known: dict[str, dict[str, _Effect | None]] = {}
        self.crossing = frozenset(self._multiline.values())
        """Delimiters of what may go on over the end of a line."""

    def run(self, text: str, state: Scan) -> Scan:
        stack, unmatched = list(state.stack), state.unmatched
        inside, errors = state.inside, state.errors
        known = self._known_in(inside)
        for line in _lines(text):
            effect = known[line] if line in known else self._learn(known, inside, line)
            if effect is None:
                continue
            for closer in effect.closers:
                if closer == _PATTERN_END:
                    if stack and stack[-1] == "(":
                        stack.pop()
                elif not stack:
                    unmatched += closer
                elif CLOSER[stack[-1]] == closer:
                    stack.pop()
                else:
                    errors += 1
            stack += effect.openers
            errors += effect.errors
            if effect.inside != inside:
                inside = effect.inside
                known = self._known_in(inside)
        return Scan("".join(stack), unmatched, inside, errors)

    def _known_in(self, inside: str) -> dict[str, _Effect | None]:
        """The effects of lines that begin ``inside``, by line; None: it changes nothing, as most lines do."""
        return self._known.setdefault(inside, {})

    def _learn(self, known: dict[str, _Effect | None], inside: str, line: str) -> _Effect | None:
        if len(known) >= _REMEMBERED_LINES:
            known.clear()
        effect = self._effect(inside, line)
        changes = effect != _Effect("", "", inside, 0)
        known[line] = effect if changes else None
        return known[line]

    def _effect(self, inside: str, line: str) -> _Effect:
        closers, openers, errors, place = "", "", 0, 0
        while True:
            if inside:
                end = self._ends[inside].match(line, place)
                if end is None or end[1] is None:
                    break
                errors += end[1] == "\n" != inside
                place, inside = end.end(), ""
            token = self._tokens.search(line, place)
            if token is None:
                break
            place, found = token.end(), token[0]
            if found in CLOSER:
                openers += found
            elif found in ")]}":
                if not openers:
                    closers += _PATTERN_END if self._ends_patterns and _ends_pattern(line, place) else found
                elif CLOSER[openers[-1]] == found:
                    openers = openers[:-1]
                else:
                    errors += 1
            elif found == "/":
                place = _after_slash(line, token.start())
            elif not (len(found) > 1 and found[0] == found[-1] == "'" and found not in self._ends):  # no character
                inside = self._multiline.get(found) or (found if found in self._ends else _LINE_COMMENT)
        return _Effect(closers, openers, inside, errors)


def _lines(text: str) -> list[str]:
    pieces = text.split("\n")
    last = pieces.pop()
    return [*[piece + "\n" for piece in pieces], last]


@lru_cache(maxsize=64)
def _machine(language: Language) -> _Machine:
    return _Machine(language)


_Patterns = tuple[re.Pattern[str], dict[str, re.Pattern[str]], dict[str, str]]


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
    for start, stop in (*language.long_brackets, *((language.block_comment,) if language.block_comment else ())):
        multiline[start] = stop
        ends[stop] = re.compile(rf"(?s:.*?)({re.escape(stop)})")
    boundary = r"(?<![^\s;(])" if language.id in _SPACED_COMMENTS else ""
    comments = [boundary + re.escape(mark) for mark in language.line_comments]
    literals = [] if "'" in language.quotes else [r"'(?:\\[^\n']{1,10}|[^'\\\n])'"]
    slash = ["/"] if language.id in _REGEX_LANGUAGES else []
    starts = sorted([*multiline, *language.quotes], key=len, reverse=True)
    tokens = [*literals, *map(re.escape, starts), *comments, *slash, r"[()\[\]{}]"]
    return re.compile("|".join(tokens)), ends, multiline


def _ends_pattern(line: str, place: int) -> bool:
    """Whether the bracket before ``place`` may end a pattern of a shell's ``case``: one begins the line or a branch."""
    start = line.rfind(";;", 0, place) + 2 if ";;" in line[:place] else 0
    return place - start <= _LONGEST_PATTERN and bool(_CASE_PATTERN.fullmatch(line, start, place))


def _after_slash(text: str, place: int) -> int:
    """Past a regular expression literal, where a slash can start one."""
    if not _BEFORE_REGEX.search(text, max(0, place - 60), place):
        return place + 1
    literal = _REGEX_LITERAL.match(text, place)
    return literal.end() if literal else place + 1
