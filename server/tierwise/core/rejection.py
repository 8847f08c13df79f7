"""Why an answer was not accepted: a typed reason for the statistics, and evidence for the next attempt and a person."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class RejectReason(StrEnum):
    """One word per way in which a model's answer can be wrong."""

    NO_BLOCKS = "no-blocks"
    """The reply holds no SEARCH/REPLACE block."""
    MALFORMED_BLOCK = "malformed-block"
    CUT_OFF = "cut-off"
    """The reply ended in the middle (length limit or broken stream)."""
    SEARCH_NOT_FOUND = "search-not-found"
    SEARCH_AMBIGUOUS = "search-ambiguous"
    NO_CHANGE = "no-change"
    WRONG_FILE = "wrong-file"
    """A path outside the workspace folder, below ``.git``, forbidden, or not covered by the request."""
    OUT_OF_SCOPE = "out-of-scope"
    """A change outside the range that the user asked about."""
    SYNTAX_ERROR = "syntax-error"
    LOST_TEXT = "lost-text"
    """A definition, comment or licence header went away that the request did not name."""
    UNRESOLVED_NAME = "unresolved-name"
    BAD_IMPORT = "bad-import"
    PLACEHOLDER = "placeholder"
    """The reply leaves code out ("... rest unchanged ...")."""
    STYLE = "style"
    """The new lines are not formatted like the file around them."""
    LINT = "lint"
    TYPES = "types"
    """The workspace's type checker objects."""
    TESTS = "tests"
    """The workspace's own tests fail."""
    BAD_SCHEMA = "bad-schema"
    EMPTY = "empty"
    REPEATS_SUFFIX = "repeats-suffix"
    REPETITION = "repetition"
    REFUSED = "refused"
    """The model declined to answer."""


_WORDS = {
    RejectReason.NO_BLOCKS: "no edit in the answer",
    RejectReason.MALFORMED_BLOCK: "an edit that cannot be read",
    RejectReason.CUT_OFF: "the answer was cut off",
    RejectReason.SEARCH_NOT_FOUND: "the lines to change are not in the file",
    RejectReason.SEARCH_AMBIGUOUS: "the lines to change stand in several places",
    RejectReason.NO_CHANGE: "nothing would change",
    RejectReason.WRONG_FILE: "another file than the one asked about",
    RejectReason.OUT_OF_SCOPE: "a change outside of what was asked about",
    RejectReason.SYNTAX_ERROR: "the file would not parse",
    RejectReason.LOST_TEXT: "code, comments or documentation would be lost",
    RejectReason.UNRESOLVED_NAME: "a name that does not exist",
    RejectReason.BAD_IMPORT: "an import that does not exist",
    RejectReason.PLACEHOLDER: "code was left out",
    RejectReason.STYLE: "not formatted like the file",
    RejectReason.LINT: "the linter objects",
    RejectReason.TYPES: "the type checker objects",
    RejectReason.TESTS: "the tests fail",
    RejectReason.BAD_SCHEMA: "not the form that was asked for",
    RejectReason.EMPTY: "an empty answer",
    RejectReason.REPEATS_SUFFIX: "it repeats what follows",
    RejectReason.REPETITION: "it repeats itself",
    RejectReason.REFUSED: "the model declined",
}


def in_words(reason: str) -> str:
    """What a reason means, for a person; one that is none of ``RejectReason`` (a provider's fault) as it is."""
    return _WORDS[RejectReason(reason)] if reason in _WORDS else reason


@dataclass(frozen=True, slots=True)
class Rejection:
    """A verdict against an answer. ``evidence`` is text for the next prompt and for a person: it may quote code, so
    it goes into no log and no event; ``reason`` does.
    """

    reason: RejectReason
    evidence: str
