"""Keeps secrets out of what is learnt: nothing that was never learnt can be offered.

Owner of no state.
"""

from __future__ import annotations

import re

from tierwise.core.secrets import secret_spans
from tierwise.embedded.vocabulary import OPAQUE_LEXEME

_ENCODED = re.compile(r"""^[ \t"'#/*]*+(?=[^\n]*\d)[A-Za-z0-9+/=]{40,}+(?:\\n)?[ \t"',;)\\]*$""", re.MULTILINE)
"""A line of nothing but one long run of base64 or hexadecimal digits: part of a key, or data. A single line of a key
cannot be told by the marks around the whole.
"""

_RUN = re.compile(r"[^\r\n]+")


def without_secrets(text: str) -> str:
    """``text`` with a token that predicts nothing for each secret found in it. It keeps its number of lines."""
    spans = [*secret_spans(text), *(match.span() for match in _ENCODED.finditer(text))]
    if not spans:
        return text
    pieces: list[str] = []
    end = 0
    for start, stop in sorted(spans):
        if stop > end:
            pieces += (text[end:start], _RUN.sub(OPAQUE_LEXEME, text[max(start, end) : stop]))
            end = stop
    return "".join((*pieces, text[end:]))


def offers_secret(line: str, offered: str) -> bool:
    """Whether ``offered``, put in at the end of ``line``, makes or completes a secret."""
    return any(stop > len(line) for _, stop in secret_spans(line + offered))


def may_be_offered(name: str, *, learnt: bool) -> bool:
    """Whether a word of a text that was not masked may be offered: one that was learnt from a masked text, too, or
    that has no digit, which every generated secret has.
    """
    return learnt or not any(map(str.isdigit, name))
