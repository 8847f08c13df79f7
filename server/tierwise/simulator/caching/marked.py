"""Caches with marked blocks: Anthropic's ``cache_control`` and DashScope's, which follows it.

Sources: Anthropic's prompt caching guide (build-with-claude/prompt-caching, 2026-08-22) and Alibaba Model Studio's
context cache guide (2026-10-11). Entries are written at marks and nowhere else; a mark finds an entry that ends at
its own block or up to ``lookback_blocks - 1`` blocks before it; the lifetime runs from the start of the request and
begins anew, free of charge, with every hit; an entry can be read once the answer that wrote it has begun.

Where the guides are silent: a mark below the longest hit writes nothing and costs nothing (nothing is reported as
written there), and a hit renews the entries at the request's other marks before it too, since they are part of it.

Owner of the entries of one provider. Must never read a clock: times are arguments.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

from tierwise.simulator.caching.prompt import CachePrompt, CacheUse, Lifetime, Position, Ticket, positions

_Key = TypeVar("_Key")

PRUNE_ABOVE = 4_096
"""Entries above which the expired ones are dropped; bounds memory in long replays, changes no result."""


class MarkedCache:
    """One provider's entries. Times are seconds of any clock that never runs backwards."""

    def __init__(
        self, *, min_tokens: int, lookback_blocks: int, ttl_s: float, long_ttl_s: float, at_end: bool = False
    ) -> None:
        self._min_tokens = min_tokens
        self._lookback = lookback_blocks
        self._ttl_s = {Lifetime.SHORT: ttl_s, Lifetime.LONG: long_ttl_s}
        self._at_end = at_end
        self._entries: dict[bytes, Entry] = {}

    def ask(self, prompt: CachePrompt, at: float) -> Ticket:
        """Account for a request that starts at ``at``. What it writes is readable after the ticket says so."""
        self._prune(at)
        places = positions(prompt)
        marks = [
            (index, block.mark)
            for index, block in enumerate(prompt.blocks)
            if block.mark is not None and places[index].tokens >= self._min_tokens
        ]
        hit = self._longest_hit(places, marks, at)
        read = places[hit].tokens if hit >= 0 else 0
        new = [(places[index], lifetime) for index, lifetime in marks if index > hit]
        use = _use(places, read, new)
        return _MarkedTicket(use, self, new, at, self._at_end)

    def write(self, new: list[tuple[Position, Lifetime]], at: float) -> None:
        for place, lifetime in new:
            ttl = self._ttl_s[lifetime]
            self._entries[place.digest] = Entry(at + ttl, ttl)

    def _longest_hit(self, places: list[Position], marks: list[tuple[int, Lifetime]], at: float) -> int:
        """Index of the last block of the longest live entry, -1 without one; renews what was found."""
        best = -1
        for index, _ in marks:
            lowest = max(-1, index - self._lookback)
            for place in range(index, lowest, -1):
                entry = self._live(places[place], at)
                if entry is not None:
                    entry.expires = at + entry.ttl_s
                    best = max(best, place)
                    break
        return best

    def _live(self, place: Position, at: float) -> Entry | None:
        entry = self._entries.get(place.digest)
        return entry if entry is not None and entry.expires > at else None

    def _prune(self, at: float) -> None:
        if len(self._entries) > PRUNE_ABOVE:
            self._entries = living(self._entries, at)


@dataclass(slots=True)
class Entry:
    """When it ends, and how long it lives from each use on, in seconds."""

    expires: float
    ttl_s: float


def living(entries: dict[_Key, Entry], at: float) -> dict[_Key, Entry]:
    """The entries that have not ended."""
    return {key: entry for key, entry in entries.items() if entry.expires > at}


class _MarkedTicket(Ticket):
    __slots__ = ("_at", "_at_end", "_cache", "_new")

    def __init__(
        self, use: CacheUse, cache: MarkedCache, new: list[tuple[Position, Lifetime]], at: float, at_end: bool
    ) -> None:
        super().__init__(use)
        self._cache, self._new, self._at, self._at_end = cache, new, at, at_end

    def began(self) -> None:
        if not self._at_end:
            self._cache.write(self._new, self._at)

    def ended(self, answer: str) -> None:
        del answer
        if self._at_end:
            self._cache.write(self._new, self._at)


def _use(places: list[Position], read: int, new: list[tuple[Position, Lifetime]]) -> CacheUse:
    """Tokens up to the last long mark are written long, the rest up to the last mark short (the guide's A, B, C)."""
    total = places[-1].tokens if places else 0
    last = max((place.tokens for place, _ in new), default=read)
    last_long = max((place.tokens for place, lifetime in new if lifetime is Lifetime.LONG), default=read)
    return CacheUse(total, read, last - last_long, last_long - read)
