"""The edit formats that replies may come in. A new one is a file beside this and one line here."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Protocol

from tierwise.core.rejection import Rejection
from tierwise.edits import search_replace
from tierwise.edits.blocks import Block


class BlockReader(Protocol):
    """Reads one reply of one format, piece by piece."""

    @property
    def broken(self) -> bool:
        """Whether the reply can no longer become usable."""
        ...

    def feed(self, delta: str) -> tuple[Block, ...]:
        """Take the next piece; returns the blocks that it completed."""
        ...

    def finish(self, *, complete: bool = True) -> tuple[Block, ...] | Rejection:
        """The end of the reply; ``complete`` is False when it was cut."""
        ...


@dataclass(frozen=True, slots=True)
class EditFormat:
    """How edits are written in a reply. ``reader`` takes the relative paths of the files in the prompt."""

    name: str
    reader: Callable[[Collection[str]], BlockReader]
    write: Callable[[Iterable[Block]], str]


FORMATS: Mapping[str, EditFormat] = MappingProxyType(
    {
        "search-replace": EditFormat("search-replace", search_replace.BlockStream, search_replace.write),
    }
)
