"""What was learnt from the files of the workspace: their token texts and two hash chains through them.

Owner of the texts and the chains. One thread at a time learns and forgets; ``occurrences`` may run in another at any
moment and takes no lock: all it reads is append-only, and an entry is complete before a head points to it. A chain
links the places that had the same tokens before them, the most recently learnt first (as LZ77 compressors find
matches), so memory is eight bytes a token whatever the number of contexts.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Callable, Iterator

from tierwise.embedded.names import Names
from tierwise.embedded.vocabulary import FILE_START

_SLICE = 1500
"""Tokens that are linked between two breaths: about half a millisecond."""

_SMALLEST, _LARGEST = 1 << 14, 1 << 20
"""Heads of chains. More than tokens would only cost memory; fewer mix contexts in one chain and walks get longer."""

MOST_TOKENS = 12_000_000
"""Tokens of all files together, about 150 MiB; past it the files that were learnt longest ago are forgotten."""

_WORTH_CLEARING = 50_000
"""Tokens of forgotten files below which chains are not built anew."""

_A, _B, _C = 31, 7_919, 1_009
"""Primes that spread the codes of a context over the heads; small, so that no product needs a long integer."""

Place = tuple[str, int, str]
"""A token text, where in it the next token stands, and the path of its file."""


class Chains:
    """Token texts of files with the chains through them. Grows only at its end."""

    def __init__(self, heads: int) -> None:
        self.heads = heads
        self.size = 0
        self._texts: list[str] = []
        self._paths: list[str] = []
        self._bases = array("I")
        self._short, self._long = array("I", bytes(4 * heads)), array("I", bytes(4 * heads))
        self._short_links, self._long_links = array("I"), array("I")
        self.gone: set[int] = set()

    def text(self, number: int) -> str:
        return self._texts[number]

    def path(self, number: int) -> str:
        return self._paths[number]

    def add(self, path: str, text: str, seed: int, breathe: Callable[[], None]) -> int:
        """Put a file's token text at the end; returns its number. ``seed`` keeps languages apart; it is below
        2**16, so that sums stay short.
        """
        base = self.size
        number = len(self._texts)
        self._texts.append(text)
        self._paths.append(path)
        self._bases.append(base)
        codes = array("I", text.encode("utf-32-le", "surrogatepass"))
        for start in range(0, len(codes), _SLICE):
            self._link(codes, start, min(start + _SLICE, len(codes)), base, seed)
            breathe()
        self.size = base + len(codes)
        return number

    def _link(self, codes: array[int], start: int, stop: int, base: int, seed: int) -> None:
        short, long, heads = self._short, self._long, self.heads
        short_links, long_links = self._short_links, self._long_links
        add_short, add_long = short_links.append, long_links.append
        third, second, first = (codes[i] if i >= 0 else 0 for i in range(start - 3, start))
        fourth = codes[start - 4] if start >= 4 else 0
        older, old = (third * _A + fourth * _B + seed) % heads, (second * _A + third * _B + seed) % heads
        for place in range(base + start, base + stop):
            key = (first * _A + second * _B + seed) % heads
            add_short(short[key])
            short[key] = place
            older, old, key = old, key, (key + older * _C) % heads
            add_long(long[key])
            long[key] = place
            second, first = first, codes[place - base]

    def walk(self, context: str, seed: int, long: bool, most: int) -> Iterator[Place]:
        """Places whose preceding tokens equal the last four (``long``) or two of ``context``, most recently learnt
        first; at most ``most`` links are followed.
        """
        order = 4 if long else 2
        tail = context[-order:]
        if len(tail) < order:
            return
        codes = [ord(token) for token in tail]
        key = (codes[-1] * _A + codes[-2] * _B + seed) % self.heads
        if long:
            key = (key + (codes[-3] * _A + codes[-4] * _B + seed) % self.heads * _C) % self.heads
        links = self._long_links if long else self._short_links
        at = (self._long if long else self._short)[key]
        bases, texts, gone = self._bases, self._texts, self.gone
        for _ in range(most):
            if not at:
                return
            number = bisect_right(bases, at) - 1
            place = at - bases[number]
            text = texts[number]
            if text.startswith(tail, place - order) and place >= order and number not in gone:
                yield text, place, self._paths[number]
            at = links[at]


class Corpus:
    """All files of the workspace, as last learnt. A file that is learnt again takes its place at the end."""

    def __init__(self, names: Names, most: int = MOST_TOKENS) -> None:
        self._names = names
        self._most = most
        self._chains = Chains(_SMALLEST)
        self._numbers: dict[str, int] = {}
        self._seeds: dict[str, int] = {}
        self._dead = 0

    def __len__(self) -> int:
        return len(self._numbers)

    @property
    def tokens(self) -> int:
        return self._chains.size - self._dead

    def learn(self, path: str, text: str, seed: int, breathe: Callable[[], None]) -> None:
        """Replace what is known of ``path`` by a token text. Calls ``breathe`` about every half millisecond."""
        self.forget(path, breathe)
        while self._numbers and self.tokens + len(text) > self._most:
            self.forget(next(iter(self._numbers)), breathe)
        size = self._chains.size + len(text)
        crowded = size > 2 * self._chains.heads and self._chains.heads < _LARGEST
        if crowded or self._dead > max(_WORTH_CLEARING, size // 3):
            self._rebuild(breathe)
        self._numbers[path] = self._chains.add(path, FILE_START + text, seed, breathe)
        self._seeds[path] = seed
        self._names.add(path, text, seed, breathe)

    def forget(self, path: str, breathe: Callable[[], None]) -> None:
        """Forget a file; one that was not learnt is none."""
        number = self._numbers.pop(path, None)
        if number is not None:
            text = self._chains.text(number)
            self._chains.gone.add(number)
            self._dead += len(text)
            self._names.remove(path, text.removeprefix(FILE_START), breathe)

    def occurrences(self, context: str, seed: int, long: bool, most: int) -> Iterator[Place]:
        return self._chains.walk(context, seed, long, most)

    def _rebuild(self, breathe: Callable[[], None]) -> None:
        """New chains with more heads and without the dead; readers keep the old ones until the new ones are whole."""
        old, heads = self._chains, _SMALLEST
        while heads < min(_LARGEST, 2 * (old.size - self._dead)):
            heads *= 2
        fresh = Chains(heads)
        numbers = {path: fresh.add(path, old.text(n), self._seeds[path], breathe) for path, n in self._numbers.items()}
        self._numbers, self._chains, self._dead = numbers, fresh, 0
