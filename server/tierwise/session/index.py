"""Which files of the workspace hold and define which names. Owner of that index.

One thread writes (the indexer's), any thread reads at any moment without a lock: postings only grow, a file that is
read again gets a new number, and a number that is out of date points to no file. It holds names and places, no text;
and of each file the stamp that it had when it was read, by which ``holders.py`` tells whether it still holds.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from tierwise.core.stamps import Stamp

_WORTH_CLEARING = 2_000
"""Numbers of files that were read again below which the postings are not made anew."""

_NONE = array("I")

_NO_STAMP = -1
"""What no stamp comes to."""


@dataclass(frozen=True, slots=True)
class Names:
    """The names in one file: all of them, and those it defines (nested ones too). ``stamp``: the file's when it was
    read; None where that is not known, or would not tell a change.
    """

    all: tuple[str, ...]
    defined: tuple[str, ...]
    stamp: Stamp | None = field(default=None, compare=False)


@dataclass(slots=True)
class Postings:
    """File numbers by path and by name, paths and stamps by number. Replaced as a whole when it is made anew, so that
    readers always see one state.
    """

    paths: list[Path | None] = field(default_factory=list[Path | None])
    numbers: dict[Path, int] = field(default_factory=dict[Path, int])
    held: dict[str, array[int]] = field(default_factory=dict[str, "array[int]"])
    defined: dict[str, array[int]] = field(default_factory=dict[str, "array[int]"])
    _stamps: array[int] = field(default_factory=lambda: array("q"))
    """One number for all five of a stamp: there may be many files."""

    def is_stamped(self, number: int, stamp: Stamp) -> bool:
        """Whether a file had this stamp when it was read."""
        return self._stamps[number] == hash(stamp)

    def forget_stamp(self, number: int) -> None:
        self._stamps[number] = _NO_STAMP

    def add_file(self, path: Path, stamp: Stamp | None) -> int:
        """The number of a file of which nothing is held yet."""
        self._stamps.append(_NO_STAMP if stamp is None else hash(stamp))
        self.paths.append(path)
        return len(self.paths) - 1

    def add_again(self, path: Path, old: Postings, number: int) -> int:
        """The number here of a file of other postings."""
        self._stamps.append(old._stamps[number])
        self.paths.append(path)
        return len(self.paths) - 1

    def add(self, path: Path, names: Names) -> None:
        """Take the names of a file. Its number is given out last: who has it finds all names."""
        number = self.add_file(path, names.stamp)
        for table, words in ((self.held, names.all), (self.defined, names.defined)):
            for word in words:
                numbers = table.get(word)
                if numbers is None:
                    table[word] = array("I", (number,))
                else:
                    numbers.append(number)
        self.numbers[path] = number


class WorkspaceIndex:
    """Names of all files that were read. An open file is known as it was read from disk last."""

    def __init__(self) -> None:
        self._postings = Postings()

    def __len__(self) -> int:
        """How many files are known."""
        return len(self._postings.numbers)

    def __contains__(self, path: Path) -> bool:
        return path in self._postings.numbers

    @property
    def postings(self) -> Postings:
        """All that is known now, to be read only."""
        return self._postings

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
        self._postings.add(path, names)

    def drop(self, path: Path) -> None:
        """Forget a file; one that is not known is none."""
        postings = self._postings
        number = postings.numbers.pop(path, None)
        if number is not None:
            postings.paths[number] = None
        if len(postings.paths) > _WORTH_CLEARING + 2 * len(postings.numbers):
            self._postings = _cleared(postings)

    def doubt(self, path: Path) -> None:
        """A file may have changed since it was read, and its time need not tell. Any thread may say so."""
        postings = self._postings
        number = postings.numbers.get(path)
        if number is not None:
            postings.forget_stamp(number)

    def keep(self, known: Iterable[Path]) -> None:
        """Forget all files but these: folders came and went."""
        for path in set(self._postings.numbers).difference(known):
            self.drop(path)


def _cleared(old: Postings) -> Postings:
    """The postings made anew, without what is out of date; readers keep the old ones until the new are whole."""
    fresh = Postings()
    numbers: dict[int, int] = {}
    for number, path in enumerate(old.paths):
        if path is not None:
            numbers[number] = fresh.numbers[path] = fresh.add_again(path, old, number)
    for before, after in ((old.held, fresh.held), (old.defined, fresh.defined)):
        for name, found in before.items():
            kept = array("I", (numbers[number] for number in found if number in numbers))
            if kept:
                after[name] = kept
    return fresh
