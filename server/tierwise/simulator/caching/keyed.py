"""OpenAI's cache from GPT-5.6 on: break points, implicit and explicit, found under a key.

Sources: OpenAI's prompt caching guide and the parameter descriptions of SDK 3.52. In ``implicit`` mode the end of the
latest message is a break point and up to three explicit ones are written beside it; in ``explicit`` mode up to four.
Break points of earlier turns are read-only. A request reads the longest prefix that ends at one of its latest 80
break points and was written before; in implicit mode the ends of earlier messages count as break points, since that
is where earlier requests wrote. A prefix has at least ``min_tokens``. ``prompt_cache_key`` chooses where to look; a
key bears about 15 requests a minute, more are spread over further machines, which is modelled as one machine per 15.
Without a key the first 256 tokens choose.

Owner of the entries of one provider. Must never read a clock: times are arguments.
"""

from __future__ import annotations

from collections import defaultdict, deque

from tierwise.simulator.caching.marked import PRUNE_ABOVE, Entry, living
from tierwise.simulator.caching.prompt import (
    CachePrompt,
    CacheUse,
    Lifetime,
    Position,
    Ticket,
    head_digest,
    positions,
)

ROUTING_TOKENS = 256
READ_BREAK_POINTS = 80
WRITES = 4


class Routes:
    """Which machine a request reaches, by the beginning of its prompt or its key, and how busy that one is."""

    def __init__(self, requests_per_minute: int) -> None:
        self._limit = requests_per_minute
        self._recent: defaultdict[bytes, deque[float]] = defaultdict(deque)

    def machine(self, prompt: CachePrompt, at: float, *, by_key_alone: bool) -> bytes:
        """A name that is equal for requests that can share entries."""
        head = b"" if by_key_alone and prompt.key else head_digest(prompt, ROUTING_TOKENS)
        route = b"\0".join((prompt.namespace.encode(), prompt.key.encode(), head))
        recent = self._recent[route]
        while recent and recent[0] <= at - 60.0:
            recent.popleft()
        shard = len(recent) // self._limit
        recent.append(at)
        return route + b"\0" + str(shard).encode()


class KeyedCache:
    """One provider's entries. Times are seconds of any clock that never runs backwards."""

    def __init__(self, *, min_tokens: int, ttl_s: float, long_ttl_s: float, key_requests_per_minute: int) -> None:
        self._min_tokens = min_tokens
        self._ttl_s = {Lifetime.SHORT: ttl_s, Lifetime.LONG: long_ttl_s}
        self._routes = Routes(key_requests_per_minute)
        self._entries: dict[tuple[bytes, bytes], Entry] = {}

    def ask(self, prompt: CachePrompt, at: float) -> Ticket:
        """Account for a request that starts at ``at``."""
        if len(self._entries) > PRUNE_ABOVE:
            self._entries = living(self._entries, at)
        places = positions(prompt)
        machine = self._routes.machine(prompt, at, by_key_alone=True)
        read = self._read(prompt, places, machine, at)
        new = [
            (places[index], lifetime)
            for index, lifetime in _writes(prompt)
            if places[index].tokens > read and places[index].tokens >= self._min_tokens
        ]
        return _KeyedTicket(_use(places, read, new), self, machine, new, at)

    def write(self, machine: bytes, new: list[tuple[Position, Lifetime]], at: float) -> None:
        for place, lifetime in new:
            ttl = self._ttl_s[lifetime]
            self._entries[machine, place.digest] = Entry(at + ttl, ttl)

    def _read(self, prompt: CachePrompt, places: list[Position], machine: bytes, at: float) -> int:
        for index in reversed(_reads(prompt)[-READ_BREAK_POINTS:]):
            entry = self._entries.get((machine, places[index].digest))
            if entry is not None and entry.expires > at:
                entry.expires = at + entry.ttl_s
                return places[index].tokens
        return 0


class _KeyedTicket(Ticket):
    __slots__ = ("_at", "_cache", "_machine", "_new")

    def __init__(
        self, use: CacheUse, cache: KeyedCache, machine: bytes, new: list[tuple[Position, Lifetime]], at: float
    ) -> None:
        super().__init__(use)
        self._cache, self._machine, self._new, self._at = cache, machine, new, at

    def began(self) -> None:
        self._cache.write(self._machine, self._new, self._at)


def _reads(prompt: CachePrompt) -> list[int]:
    """Indexes of the blocks that end a break point, in order."""
    last = len(prompt.blocks) - 1
    return [
        index
        for index, block in enumerate(prompt.blocks)
        if block.mark is not None
        or (prompt.implicit is not None and (index == last or prompt.blocks[index + 1].turn != block.turn))
    ]


def _writes(prompt: CachePrompt) -> list[tuple[int, Lifetime]]:
    """Indexes and lifetimes of the break points that this request may write, in order."""
    blocks = prompt.blocks
    said = max((index for index, block in enumerate(blocks) if block.section == "assistant"), default=-1)
    explicit = [(index, block.mark) for index, block in enumerate(blocks) if block.mark is not None and index > said]
    if prompt.implicit is None or not blocks:
        return explicit[-WRITES:]
    last = len(blocks) - 1
    explicit = [item for item in explicit if item[0] != last][-(WRITES - 1) :]
    return [*explicit, (last, blocks[last].mark or prompt.implicit)]


def _use(places: list[Position], read: int, new: list[tuple[Position, Lifetime]]) -> CacheUse:
    """Each stretch between two written break points has the lifetime of the one that ends it."""
    total = places[-1].tokens if places else 0
    written = {Lifetime.SHORT: 0, Lifetime.LONG: 0}
    start = read
    for place, lifetime in new:
        written[lifetime] += place.tokens - start
        start = place.tokens
    return CacheUse(total, read, written[Lifetime.SHORT], written[Lifetime.LONG])
