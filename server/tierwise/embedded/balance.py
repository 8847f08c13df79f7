"""Brackets around the cursor: which ones an insertion may close and which it has to open.

Owner of no state.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from tierwise.embedded.vocabulary import Vocabulary

_PAIRS = {"(": ")", "[": "]", "{": "}"}
_OPENERS, _CLOSERS = "([{", ")]}"
_OPENS_HOLE = "${"
"""Opens a hole in a template string; a ``}`` closes it."""

_MATCHED = re.compile(r"\(\)|\[\]|\{\}")

_REACH = 2_000
"""Tokens that are looked at on either side; a bracket pair that is wider counts as closed."""


@dataclass(frozen=True, slots=True)
class Balance:
    """``may_close``: closing brackets, innermost first, that the text before the cursor waits for and the text after
    it does not bring. ``must_open``: opening brackets whose closing ones stand after the cursor alone.
    """

    may_close: tuple[str, ...]
    must_open: tuple[str, ...]


class Ledger:
    """The brackets of an insertion as it grows. ``settled`` is whether it may end here."""

    def __init__(self, balance: Balance) -> None:
        self._may_close = list(reversed(balance.may_close))
        self._must_open = balance.must_open
        self._opened: list[str] = []

    @property
    def settled(self) -> bool:
        return not self._opened or tuple(self._opened) == self._must_open

    @property
    def inside(self) -> bool:
        """Whether a bracket that the insertion opened is still open."""
        return bool(self._opened)

    def take(self, lexeme: str) -> bool:
        """Go past a lexeme; False when it closes what is not the insertion's to close."""
        if lexeme == _OPENS_HOLE:
            lexeme = "{"
        if lexeme in _PAIRS:
            self._opened.append(lexeme)
        elif lexeme and lexeme in _CLOSERS:
            if self._opened:
                return _PAIRS[self._opened.pop()] == lexeme
            return bool(self._may_close) and self._may_close.pop() == lexeme
        return True


class Brackets:
    """Finds brackets in token texts; owner of the search expression for one vocabulary."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._plain: dict[int, str] = {}
        for lexeme in (*_OPENERS, *_CLOSERS, _OPENS_HOLE):
            number = vocabulary.number(lexeme)
            for blank in (0, 1):
                self._plain[number * 2 + blank] = lexeme[-1]
        self._any = re.compile("[" + re.escape("".join(map(chr, self._plain))) + "]")

    def balance(self, above: str, below: str) -> Balance:
        """The state between two token texts, judged within reach."""
        waiting = list(self._unmatched(above[-_REACH:], opening=True))
        coming = self._unmatched(below[:_REACH], opening=False)
        may_close: list[str] = []
        must_open: list[str] = []
        innermost = True  # nothing that the text below closes lies further in
        for closer in coming:
            while waiting and _PAIRS.get(waiting[-1]) != closer:
                unclosed = waiting.pop()
                may_close += [_PAIRS[unclosed]] if innermost and unclosed in _PAIRS else []
            if waiting:
                waiting.pop()
                innermost = False
            elif len(above) <= _REACH:
                must_open.append(_OPENERS[_CLOSERS.index(closer)])
        if innermost and len(below) <= _REACH:
            may_close.extend(_PAIRS[opener] for opener in reversed(waiting) if opener in _PAIRS)
        return Balance(tuple(may_close), tuple(reversed(must_open)))

    def _unmatched(self, text: str, *, opening: bool) -> str:
        brackets = "".join(self._any.findall(text)).translate(self._plain)
        count = 1
        while count:
            brackets, count = _MATCHED.subn("", brackets)
        return brackets.lstrip(_CLOSERS) if opening else brackets[: len(brackets) - len(brackets.lstrip(_CLOSERS))]
