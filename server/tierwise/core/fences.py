"""Text between tags that it cannot end: how files and code stand in prompts. Pure.

A file may hold our own tags: a test of this program does, and so may one that somebody wrote to deceive a model. Where
a text holds its closing tag, both tags carry the lowest number that makes them differ from everything in the text.
Equal input gives equal bytes.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import count

_CLOSING = frozenset('"<>')


def fenced(tag: str, attributes: Mapping[str, str], text: str) -> str:
    """``text`` on lines of its own between ``<tag …>`` and ``</tag>``, both ended by a line feed.

    A text that does not end with a line feed gets one, and the attribute ``final-newline="no"`` says so.
    """
    number = _number(tag, text)
    words = [f"{tag}{number}", *(f'{name}="{attribute(value)}"' for name, value in attributes.items())]
    if text and not text.endswith("\n"):
        words.append('final-newline="no"')
        text += "\n"
    return f"<{' '.join(words)}>\n{text}</{tag}{number}>\n"


def notice(tag: str, attributes: Mapping[str, str]) -> str:
    """A tag without a text, on a line of its own."""
    words = [tag, *(f'{name}="{attribute(value)}"' for name, value in attributes.items())]
    return f"<{' '.join(words)}/>\n"


def attribute(value: str) -> str:
    """A value as it may stand between quotes: nothing in a file's name ends the tag or its line. What might is written
    as ``&#NUMBER;``.
    """
    if value.isprintable() and _CLOSING.isdisjoint(value) and "&#" not in value:
        return value
    value = value.replace("&#", "&#38;#")
    return "".join(c if c.isprintable() and c not in _CLOSING else f"&#{ord(c)};" for c in value)


def _number(tag: str, text: str) -> str:
    """The lowest number, "" first, under which the closing tag does not occur in the text."""
    if f"</{tag}>" not in text:
        return ""
    return str(next(number for number in count(2) if f"</{tag}{number}>" not in text))
