"""What the prediction of next edits takes and gives."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from tierwise.core.documents import Document
from tierwise.core.text import Span


@dataclass(frozen=True, slots=True)
class Change:
    """``old`` lines of a document became ``new``, which stand from ``line`` (0-based) on. Lines have terminators."""

    uri: str
    line: int
    old: tuple[str, ...]
    new: tuple[str, ...]

    @property
    def equal(self) -> bool:
        """Whether there are as many lines as before, so that each stands where the old one stood."""
        return len(self.old) == len(self.new)


class Why(StrEnum):
    """What makes an edit follow."""

    REPEAT = "repeat"
    """The same replacement was made at another place like this one."""
    RENAME = "rename"
    """The name was changed where it is defined."""
    ARGUMENT = "argument"
    """Other calls of the same function got this argument."""
    INSERT = "insert"
    """The same lines were put in at another place like this one."""
    REMOVE = "remove"
    """The same lines were taken out at another place like this one."""


@dataclass(frozen=True, slots=True)
class Guess:
    """``text`` in place of ``span`` of ``document``, which is as it is now."""

    document: Document
    span: Span
    text: str
    why: Why
