"""What a rename is asked and answered, above the engines. Owner of no state."""

from __future__ import annotations

from dataclasses import dataclass

from tierwise.core.changes import Changeset
from tierwise.core.documents import Document
from tierwise.core.text import Point
from tierwise.rename.mentions import Mention
from tierwise.rename.related import Related
from tierwise.rename.values import RenameResult


@dataclass(frozen=True, slots=True)
class RenameRequest:
    """``confirms``: whoever asks lets the user confirm parts of the answer. ``arrived``: monotonic seconds."""

    document: Document
    point: Point
    new_name: str
    confirms: bool
    arrived: float


@dataclass(frozen=True, slots=True)
class RenameAnswer:
    """``certain`` is the rename. ``mentions`` and ``related`` are proposals, each of which the user must confirm."""

    certain: RenameResult
    mentions: tuple[Mention, ...] = ()
    related: tuple[Related, ...] = ()

    @property
    def changeset(self) -> Changeset:
        """The certain part."""
        return self.certain.changeset

    @property
    def engine(self) -> str:
        return self.certain.engine


@dataclass(frozen=True, slots=True)
class Afterwards:
    """What an offer comes to when it is taken. ``judged``: a model, or a plain rule, says so of every part."""

    mentions: tuple[Mention, ...] = ()
    related: tuple[Related, ...] = ()
    judged: bool = True
