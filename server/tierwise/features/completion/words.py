"""A list of names for plain completion."""

from __future__ import annotations

from dataclasses import dataclass

from tierwise.core.text import Span


@dataclass(frozen=True, slots=True)
class Word:
    """A name that may be meant. ``kind`` as in an outline, or ``word``; ``detail`` says where it comes from."""

    text: str
    kind: str
    detail: str


@dataclass(frozen=True, slots=True)
class WordList:
    """Names, the likeliest first; each replaces ``span``."""

    span: Span
    items: tuple[Word, ...]
