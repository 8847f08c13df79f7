"""The names of the workspace: how many files each stands in, and where it is defined.

Owner of these counts. Written by the thread that learns files, read by the event loop without a lock: a reader may see
a count that is a moment old, never a broken one.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tierwise.embedded.vocabulary import BREAK_CLASS, Vocabulary

_DEFINERS = {
    "function": ("def", "fn", "func", "function", "fun", "sub", "proc"),
    "class": ("class", "struct", "enum", "interface", "trait", "type", "record", "object", "protocol", "union"),
    "module": ("module", "mod", "namespace", "package"),
    "variable": ("const", "let", "var", "val", "static"),
}
"""Words that make the name after them one of a kind, in any language."""

_KINDS = ("word", *_DEFINERS)
_VARIABLE = _KINDS.index("variable")
_NOWHERE, _SEVERAL = 0, 1
"""Places of a name that is defined in no file, and in more than one."""

_START = 2
"""Letters under which names are filed."""

_MOST_FAMILIES = 32
"""Families of languages that are told apart; those after them count as one."""

_SLICE = 4_000
_MOST = 3_000
"""Names that are looked at for one list."""


@dataclass(frozen=True, slots=True)
class Known:
    """A name of the workspace: in how many files it stands, its kind, and the path where it is defined ("" unknown)."""

    text: str
    files: int
    kind: str
    path: str


class Definers:
    """Finds definitions in token texts of one vocabulary."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._kinds: dict[str, int] = {}
        for kind, words in _DEFINERS.items():
            for word in words:
                for blank in (0, 1):
                    self._kinds[chr(vocabulary.number(word) * 2 + blank)] = _KINDS.index(kind)
        words = re.escape("".join(self._kinds))
        assigned = re.escape(chr(vocabulary.number("=") * 2 + 1))
        self._pattern = re.compile(f"([{words}])([^{BREAK_CLASS}])|[{BREAK_CLASS}]([^{BREAK_CLASS}])(?={assigned})")

    def find(self, codes: str) -> list[tuple[str, int]]:
        """The tokens that are defined in ``codes``, with the numbers of their kinds."""
        kinds = self._kinds
        return [
            (name, kinds[definer]) if definer else (assigned, _VARIABLE)
            for definer, name, assigned in self._pattern.findall(codes)
        ]


class Names:
    """All names of the learnt files. ``add`` and ``remove`` belong to the thread that learns."""

    def __init__(self, vocabulary: Vocabulary, definers: Definers) -> None:
        self._vocabulary = vocabulary
        self._definers = definers
        self._files = array("I")
        self._families = array("I")
        self._bits: dict[int, int] = {}
        self._kinds = bytearray()
        self._places = array("I")
        self._paths: dict[str, int] = {"": _NOWHERE, "several": _SEVERAL}
        self._path_of: list[str] = ["", ""]
        self._filed: dict[str, array[int]] = {}
        self._is_filed = bytearray()

    def add(self, path: str, codes: str, seed: int, breathe: Callable[[], None]) -> None:
        """Count a file's names in; ``seed`` tells its family of languages."""
        self._grow()
        family = self._bits.setdefault(seed, 1 << min(len(self._bits), _MOST_FAMILIES - 1))
        for number in _numbers(codes, breathe):
            if not self._files[number]:
                self._file(number)
                self._families[number] = 0
            self._files[number] += 1
            self._families[number] |= family
        place = self._place(path)
        for token, kind in self._definers.find(codes):
            number = ord(token) >> 1
            if kind != _VARIABLE or not self._kinds[number]:
                self._kinds[number] = kind
            self._places[number] = place if self._places[number] in {_NOWHERE, place} else _SEVERAL

    def remove(self, path: str, codes: str, breathe: Callable[[], None]) -> None:
        """Count a file's names out."""
        place = self._place(path)
        for number in _numbers(codes, breathe):
            self._files[number] -= 1
            if self._places[number] == place:
                self._places[number] = _NOWHERE

    def starting(self, start: str) -> Iterator[Known]:
        """The names that begin with ``start``, small and capital letters alike; at least two letters."""
        folded = start.casefold()
        filed = self._filed.get(folded[:_START], ())
        for number in filed[:_MOST]:
            text = self._vocabulary.word(number)
            if self._files[number] and text.casefold().startswith(folded):
                yield self._known(text, number)

    def beginning(self, start: str, seed: int) -> Iterator[tuple[str, int]]:
        """The names of one family of languages that begin with exactly ``start``, at least two letters, and in how many
        files each stands.
        """
        word, files, families = self._vocabulary.word, self._files, self._families
        family = self._bits.get(seed, 0)
        for number in self._filed.get(start[:_START].casefold(), ())[:_MOST]:
            text = word(number)
            if text.startswith(start) and files[number] and families[number] & family:
                yield text, files[number]

    def learnt(self, text: str) -> bool:
        """Whether the name was learnt from any file or open document."""
        return self._vocabulary.known(text) is not None

    def known(self, text: str) -> Known | None:
        """What is known of one name; None where it stands in no learnt file."""
        number = self._vocabulary.known(text)
        if number is None or number >= len(self._files) or not self._files[number]:
            return None
        return self._known(text, number)

    def _known(self, text: str, number: int) -> Known:
        return Known(text, self._files[number], _KINDS[self._kinds[number]], self._path_of[self._places[number]])

    def _place(self, path: str) -> int:
        place = self._paths.get(path)
        if place is None:
            place = self._paths[path] = len(self._path_of)
            self._path_of.append(path)
        return place

    def _grow(self) -> None:
        missing = len(self._vocabulary) - len(self._files)
        if missing > 0:
            self._kinds.extend(bytes(missing))
            self._is_filed.extend(bytes(missing))
            self._places.extend([_NOWHERE] * missing)
            self._families.extend([0] * missing)
            self._files.extend([0] * missing)

    def _file(self, number: int) -> None:
        text = self._vocabulary.word(number)
        if len(text) > _START and text.isidentifier() and not self._is_filed[number]:
            self._is_filed[number] = 1
            self._filed.setdefault(text[:_START].casefold(), array("I")).append(number)


def _numbers(codes: str, breathe: Callable[[], None]) -> set[int]:
    found: set[int] = set()
    for start in range(0, len(codes), _SLICE):
        found.update([ord(token) >> 1 for token in set(codes[start : start + _SLICE])])
        breathe()
    return found


def kind_name(kind: int) -> str:
    """The word for a kind's number."""
    return _KINDS[kind]
