"""The block: one change of one file as a model writes it, before anyone looked whether it fits.

Owner of no state. Every edit format reads replies into blocks, so that ``apply`` knows one thing only.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Block:
    """Put ``replace`` where ``search`` stands. Both end with a line feed unless they are empty.

    ``path`` is what the reply says, cleaned of decoration, or None: then the request's file is meant. ``previous`` is
    the path of the block before it. ``line`` is the 1-based line of the reply in which the block opens.
    ``others`` are further ways to split the same text when its content holds the divider itself, in falling length
    of their search text; the first reading that stands in the file is the true one.
    """

    path: str | None
    search: str
    replace: str
    line: int = 1
    previous: str | None = None
    others: tuple[tuple[str, str], ...] = ()

    @property
    def readings(self) -> tuple[tuple[str, str], ...]:
        """All ways to read the block as (search, replace), the longest search first."""
        return ((self.search, self.replace), *self.others)

    @property
    def changes_nothing(self) -> bool:
        return not self.others and self.search == self.replace


def lines_of(text: str) -> list[str]:
    """The lines of a block's text, without their terminators; a final terminator makes no further line."""
    if not text:
        return []
    return text.removesuffix("\n").split("\n")


def text_of(lines: list[str]) -> str:
    """The opposite of ``lines_of``."""
    return "".join(line + "\n" for line in lines)
