"""What the engine answers with."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Suggestion:
    """``text`` goes in at the cursor; its lines end with a line feed, whatever the document's do. ``confidence`` is the
    measured share of such texts that are right up to where they stop, in (0, 1]. ``evidence`` says where the text comes
    from.
    """

    text: str
    confidence: float
    evidence: Evidence


class Evidence(StrEnum):
    """The strongest of what a suggestion rests on."""

    DOCUMENT = "document"
    """The same tokens stood before in this document."""
    WORKSPACE = "workspace"
    """They stood in another file."""
    ANALOGY = "analogy"
    """A nearby line has the same shape."""
    NAME = "name"
    """A name near the cursor begins like this."""


@dataclass(frozen=True, slots=True)
class Word:
    """A name for a completion list. ``kind``: ``function``, ``class``, ``module``, ``variable`` or ``word``; ``detail``
    says where it is defined, "" where that is not known.
    """

    text: str
    kind: str
    detail: str


class Silence(StrEnum):
    """Why nothing is suggested."""

    NOTHING_KNOWN = "nothing-known"
    """Nothing like this was seen."""
    UNSURE = "unsure"
    """What was seen goes on in too many ways."""
    MID_WORD = "mid-word"
    """The cursor stands before or inside a word."""
    MID_LINE = "mid-line"
    """Text follows on the line, and no way was found to meet it."""
    DUPLICATES_SUFFIX = "duplicates-suffix"
    """The likeliest text stands after the cursor already."""
    UNBALANCED = "unbalanced"
    """The likeliest text would close or leave open a bracket against the text around it."""
    TOO_SHORT = "too-short"
    """A single character, which is typed faster than read."""
    TOO_LONG_LINE = "too-long-line"
    """The line is longer than code lines are: data, or minified."""
    MASKED = "hides-a-secret"
    """The likeliest text is or completes a secret."""
