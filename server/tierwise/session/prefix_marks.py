"""Where in a prefix the provider is to end a copy of it. Pure.

A request reads the longest copy and can be cut only where one ends, so the few marks that it may carry are spread.
"""

from __future__ import annotations

from collections.abc import Sequence

from tierwise.session.cache_terms import CacheTerms
from tierwise.session.prefix_line import Position

_SHARES = (0.5, 0.8)
"""How far into the line copies shall end, beside its end: a cut at the first drops much, at the second little is
written again."""


def marks(ends: Sequence[Position], head_size: int, held: int | None, terms: CacheTerms, now: float) -> frozenset[int]:
    """Indexes of the pieces with a mark: the last; the end of the last copy, if the end is too far from it to find it;
    then, so that the line can be cut there, places on the way and the end of the head. ``now`` is monotonic seconds.

    A mark in text that the provider reads from a copy makes no new one: it only keeps one that is there. Providers that
    take no marks of ours get them all the same: their adapters leave them out.
    """
    last = len(ends) - 1
    wanted = [last]
    if held is not None and last - held >= terms.lookback:
        wanted.append(held)
    possible = [i for i in range(head_size - 1, last) if ends[i].held_until > now or held is None or i > held]
    for share in _SHARES:
        wanted += sorted(possible, key=lambda i: abs(ends[i].chars - share * ends[last].chars))[:1]
    chosen = list(dict.fromkeys([*wanted, min(head_size - 1, last)]))
    return frozenset(chosen[: terms.marks or 4])
