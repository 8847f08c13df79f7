"""Secrets out of what leaves, and back into what returns.

Owner, in a ``Masker``, of which placeholder stands for which secret; that is kept in memory only. Nothing in a
placeholder is derived from the secret.
"""

from __future__ import annotations

import re
from collections import deque

from tierwise.core.secrets import PLACEHOLDER, marks_private_key, secret_spans

_PLACEHOLDER = re.compile(PLACEHOLDER + r"\d+")
# Any beginning of a placeholder, at the end of a text.
_UNFINISHED = re.compile(
    "".join(f"(?:{char}" for char in PLACEHOLDER) + r"\d{0,9}" + ")?" * (len(PLACEHOLDER) - 1) + r")\Z"
)
_LONGEST_PLACEHOLDER = len(PLACEHOLDER) + 9
_REMEMBERED_CHARACTERS = 4_000_000
_CLEAN_TEXTS = 16
"""Texts without a secret, up to the end of their last whole line, that are remembered: typing makes them go on."""
_LONGEST_TEXT = 100_000
"""Characters of one of them, at most."""


class Masker:
    """Replaces secrets in text by placeholders, and placeholders in a model's reply by the secrets.

    The same secret has the same placeholder for the life of the masker, so that a prompt's prefix stays the same.
    """

    def __init__(self) -> None:
        self._placeholders: dict[str, str] = {}
        self._secrets: dict[str, str] = {}
        self._number = 0
        self._taken: set[str] = set()
        self._clean_lines: set[str] = set()
        self._clean_size = 0
        self._clean_texts: deque[str] = deque(maxlen=_CLEAN_TEXTS)

    def mask(self, text: str) -> str:
        """The text with a placeholder for every secret found in it.

        Most of a prompt's text was in the one before: lines that are known to be clean are not looked at again.
        """
        if marks_private_key(text):
            return self._masked(text)
        whole, line_end, last = text.rpartition("\n")
        known = whole in self._clean_texts
        new = [line for line in ([last] if known else text.split("\n")) if line not in self._clean_lines]
        if new:
            lines = "\n".join(new)
            self._take_placeholders(lines)
            if secret_spans(lines):
                return self._masked(text)
            self._remember(new)
        if line_end and not known and len(whole) <= _LONGEST_TEXT:
            self._clean_texts.append(whole)
        return text

    def _masked(self, text: str) -> str:
        self._take_placeholders(text)
        pieces: list[str] = []
        end = 0
        for start, stop in secret_spans(text):
            pieces += (text[end:start], self._placeholder(text[start:stop]))
            end = stop
        return "".join((*pieces, text[end:]))

    def restore(self, text: str) -> str:
        """The text with every placeholder of ours replaced by what it stands for."""
        if PLACEHOLDER not in text:
            return text
        return _PLACEHOLDER.sub(lambda found: self._secrets.get(found[0], found[0]), text)

    def restorer(self) -> Restorer:
        """``restore`` for a text that comes piece by piece."""
        return Restorer(self)

    def _take_placeholders(self, text: str) -> None:
        """A number that somebody's text has already is not given again."""
        if PLACEHOLDER in text:
            self._taken.update(_PLACEHOLDER.findall(text))

    def _remember(self, lines: list[str]) -> None:
        size = sum(map(len, lines))
        if self._clean_size + size > _REMEMBERED_CHARACTERS:
            self._clean_lines.clear()
            self._clean_size = 0
        self._clean_lines.update(lines)
        self._clean_size += size

    def _placeholder(self, secret: str) -> str:
        known = self._placeholders.get(secret)
        if known is not None:
            return known
        while True:  # a number that some text already contains would be restored there by mistake
            self._number += 1
            name = f"{PLACEHOLDER}{self._number}"
            if name not in self._taken:
                break
        self._placeholders[secret] = name
        self._secrets[name] = secret
        return name


class Restorer:
    """Restores a streamed reply: holds back an end that may be the beginning of a placeholder."""

    def __init__(self, masker: Masker) -> None:
        self._masker = masker
        self._held = ""

    def feed(self, delta: str) -> str:
        """What can be shown after this piece; may be empty."""
        text = self._held + delta
        unfinished = _UNFINISHED.search(text, max(0, len(text) - _LONGEST_PLACEHOLDER))
        cut = unfinished.start() if unfinished else len(text)
        self._held = text[cut:]
        return self._masker.restore(text[:cut])

    def flush(self) -> str:
        """What was held back, at the end of the reply."""
        held, self._held = self._held, ""
        return self._masker.restore(held)
