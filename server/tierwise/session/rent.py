"""What it has cost so far to carry text that might as well not be there. Owner of one account per place of a prefix."""

from __future__ import annotations


class Rent:
    """Characters times reads. Text that was needed meanwhile was not carried in vain: of every read there counts only
    what nobody has needed since.
    """

    def __init__(self) -> None:
        self._steps: list[tuple[int, int]] = []  # ever more characters, each with the reads since it was that many

    def add(self, idle: int, reads: int) -> int:
        """``idle`` characters were read ``reads`` times more; all that counts by now."""
        while self._steps and self._steps[-1][0] >= idle:
            reads += self._steps.pop()[1]
        if idle > 0:
            self._steps.append((idle, reads))
        return sum(chars * times for chars, times in self._steps)
