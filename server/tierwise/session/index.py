"""Which files of the workspace hold and define which names. Owner of that index.

One thread writes (the indexer's), any thread reads at any moment without a lock: postings only grow, a file that is
read again gets a new number, and a number that is out of date points to no file. It holds names and places, no text.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

_WORTH_CLEARING = 2_000
"""Numbers of files that were read again below which the postings are not made anew."""

_NONE = array("I")


@dataclass(frozen=True, slots=True)
class Names:
    """The names in one file: all of them, and those it defines (nested ones too)."""

    all: tuple[str, ...]
    defined: tuple[str, ...]


@dataclass(slots=True)
class _Postings:
    """File numbers by name. Replaced as a whole when it is made anew, so that readers always see one state."""

    paths: list[Path | None]
    held: dict[str, array[int]]
    defined: dict[str, array[int]]

    def add(self, path: Path, names: Names) -> int:
        number = len(self.paths)
        self.paths.append(path)
        for table, words in ((self.held, names.all), (self.defined, names.defined)):
            for word in words:
                numbers = table.get(word)
                if numbers is None:
                    table[word] = array("I", (number,))
                else:
                    numbers.append(number)
        return number


class WorkspaceIndex:
    """Names of all files that were read. An open file is known as it was read from disk last."""

    def __init__(self) -> None:
        self._postings = _Postings([], {}, {})
        self._numbers: dict[Path, int] = {}

    def __len__(self) -> int:
        """How many files are known."""
        return len(self._numbers)

    def __contains__(self, path: Path) -> bool:
        return path in self._numbers

    def count(self, name: str) -> int:
        """How many files hold a name, about: what was read again may count twice."""
        return len(self._postings.held.get(name, _NONE))

    def holding(self, name: str, beside: str = "", most: int | None = None) -> list[Path]:
        """Files that hold a name, in the order in which they were read, those first that hold ``beside`` too. Where
        more than ``most`` hold the name, only those: what everyone calls something says little.
        """
        postings = self._postings
        numbers = postings.held.get(name, _NONE)
        others = frozenset(postings.held.get(beside, _NONE)) if beside else frozenset[int]()
        first = [number for number in numbers if number in others]
        rest = [number for number in numbers if number not in others] if most is None or len(numbers) <= most else []
        return [path for number in (*first, *rest) if (path := postings.paths[number]) is not None]

    def defining(self, name: str) -> list[Path]:
        """Files that define a name, in the order in which they were read."""
        postings = self._postings
        found = (postings.paths[number] for number in postings.defined.get(name, _NONE))
        return [path for path in found if path is not None]

    def put(self, path: Path, names: Names) -> None:
        """Take what is known of a file now in place of what was known before."""
        self.drop(path)
        self._numbers[path] = self._postings.add(path, names)

    def drop(self, path: Path) -> None:
        """Forget a file; one that is not known is none."""
        number = self._numbers.pop(path, None)
        if number is not None:
            self._postings.paths[number] = None
        if len(self._postings.paths) > _WORTH_CLEARING + 2 * len(self._numbers):
            self._clear()

    def keep(self, known: Iterable[Path]) -> None:
        """Forget all files but these: folders came and went."""
        for path in set(self._numbers).difference(known):
            self.drop(path)

    def _clear(self) -> None:
        """Make the postings anew, without what is out of date; readers keep the old ones until the new are whole."""
        old, fresh = self._postings, _Postings([], {}, {})
        numbers: dict[int, int] = {}
        for number, path in enumerate(old.paths):
            if path is not None:
                numbers[number] = self._numbers[path] = len(fresh.paths)
                fresh.paths.append(path)
        for before, after in ((old.held, fresh.held), (old.defined, fresh.defined)):
            for name, found in before.items():
                kept = array("I", (numbers[number] for number in found if number in numbers))
                if kept:
                    after[name] = kept
        self._postings = fresh
