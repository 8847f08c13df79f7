"""Which of a provider's two lifetimes a prefix is written with: decided by the pauses between requests so far.

Owner of the pauses of one prefix. A copy of five minutes that is lost in a pause has to be written again, or is kept
alive by refreshing it; a copy of an hour costs more to write. What has been seen says what to expect: as many requests
again as there were, with pauses of the same kind (half a one of each kind is assumed before anything was seen).
"""

from __future__ import annotations

from collections import deque

from tierwise.session.cache_terms import CacheTerms

_REMEMBERED = 40
"""Pauses that are remembered: habits change within a day."""
_EXPECTED_AT_LEAST = 4
"""Requests expected to follow the first ones."""
_USUAL_REFRESHES = 2.0
"""Refreshes that a long pause takes, before any was seen."""


class Pauses:
    """The pauses between the requests of one prefix, in seconds."""

    def __init__(self) -> None:
        self._seen: deque[float] = deque(maxlen=_REMEMBERED)

    def add(self, seconds: float) -> None:
        """A request came so long after the one before."""
        self._seen.append(seconds)

    def prefer_long(self, terms: CacheTerms, *, refreshed: bool) -> bool:
        """Whether the long lifetime is worth its price. ``refreshed``: a short copy is kept alive in pauses."""
        if terms.long_ttl_s is None or terms.long_ttl_s <= terms.ttl_s:
            return False
        bridged = [pause for pause in self._seen if terms.ttl_s < pause <= terms.long_ttl_s]
        share = (len(bridged) + 0.5) / (len(self._seen) + 1)
        loss = terms.write - terms.read
        if refreshed:
            per_pause = [pause // terms.ttl_s for pause in bridged] or [_USUAL_REFRESHES]
            loss = terms.read * sum(per_pause) / len(per_pause)
        expected = share * max(len(self._seen), _EXPECTED_AT_LEAST)
        return expected * loss >= terms.write_long - terms.write
