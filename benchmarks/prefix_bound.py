"""The least that prompts could cost: for every line of text by itself, with the whole session known beforehand.

A line is needed by some of a session's requests. For each it is sent plain, written with either lifetime, or read where
an earlier copy still lives; a request that does not need it may read it all the same, to keep the copy alive. The
cheapest way through is found by dynamic programming over the requests; the bound is the sum over all lines, plus the
ends of the prompts, which no later request shares, at the plain price.

It ignores what every real cache demands: that only beginnings of prompts are found, so that unneeded text before a
needed one must be carried or everything behind it written again; that lines which were changed or removed stay in a
prompt that only grows; that changes must be announced; that there is a budget. No schedule can cost less, save one that
sends further requests only to keep copies alive: with ``refreshes`` these are allowed too, at the price of reading the
line once per lifetime, and with the same foresight.

A line counts as known once a diff of the file's successive texts says that it stayed; a line that moved is new.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from math import inf

from tierwise.core.text import split_lines
from tierwise.simulator.caching import Prices
from tierwise.simulator.caching.book import CacheKind, CacheRules


@dataclass(frozen=True)
class Served:
    """One request: when, the texts that it needed by name, and the tokens of its end."""

    at: float
    needed: Mapping[str, str]
    end_tokens: int


@dataclass(frozen=True)
class Terms:
    """Prices per token (plain, read) and the lifetimes that are sold: seconds and price of writing."""

    plain: float
    read: float
    lifetimes: tuple[tuple[float, float], ...]

    @staticmethod
    def of(rules: CacheRules, prices: Prices) -> Terms:
        """What the simulated provider sells."""
        read = prices.input if prices.cache_read is None else prices.cache_read
        write = prices.input if prices.cache_write is None else prices.cache_write
        long = write if prices.cache_write_long is None else prices.cache_write_long
        match rules.kind:
            case CacheKind.NONE:
                return Terms(prices.input, prices.input, ())
            case CacheKind.SLOTS:
                return Terms(prices.input, read, ((inf, write),))
            case CacheKind.MARKED | CacheKind.KEYED:
                return Terms(prices.input, read, ((rules.ttl_s, write), (rules.long_ttl_s, long)))
            case CacheKind.IMPLICIT:
                return Terms(prices.input, read, ((rules.ttl_s, write),))


def bound(requests: Sequence[Served], terms: Terms, *, refreshes: bool = False) -> float:
    """US dollars per million times tokens: the least that these requests' prompts could cost."""
    times = [request.at for request in requests]
    ends = sum(request.end_tokens for request in requests) * terms.plain
    needs = _needs(requests)
    return ends + sum(tokens * _cheapest(need, times, terms, refreshes) for need, tokens in needs.items())


def _needs(requests: Sequence[Served]) -> dict[tuple[int, ...], float]:
    """Tokens by the requests that need them."""
    uses: dict[tuple[str, int], list[int]] = {}
    weights: dict[tuple[str, int], float] = {}
    known: dict[str, tuple[list[str], list[int]]] = {}
    count = 0
    for index, request in enumerate(requests):
        for name, text in request.needed.items():
            lines = split_lines(text)
            before, numbers = known.get(name, ([], []))
            if lines != before:
                numbers, count = _followed(before, numbers, lines, count)
                known[name] = (lines, numbers)
            for number, line in zip(numbers, lines, strict=True):
                uses.setdefault((name, number), []).append(index)
                weights[name, number] = len(line.encode()) / 4
    total: dict[tuple[int, ...], float] = {}
    for key, need in uses.items():
        total[tuple(need)] = total.get(tuple(need), 0.0) + weights[key]
    return total


def _followed(before: list[str], numbers: list[int], lines: list[str], count: int) -> tuple[list[int], int]:
    """The number of each line: that of the old one that stayed, or a new one."""
    head = _common(before, lines)
    tail = _common(before[head:][::-1], lines[head:][::-1])
    a, b = len(before) - tail, len(lines) - tail
    found = numbers[:head]
    for tag, a1, a2, b1, b2 in SequenceMatcher(None, before[head:a], lines[head:b], autojunk=False).get_opcodes():
        if tag == "equal":
            found += numbers[head + a1 : head + a2]
        else:
            found += range(count, count + b2 - b1)
            count += b2 - b1
    return found + numbers[a:], count


def _common(one: list[str], other: list[str]) -> int:
    return next((at for at, (x, y) in enumerate(zip(one, other, strict=False)) if x != y), min(len(one), len(other)))


def _cheapest(need: tuple[int, ...], times: Sequence[float], terms: Terms, refreshes: bool) -> float:
    """The least that one token costs which the requests ``need`` want."""
    wanted = frozenset(need)
    nowhere, copies = 0.0, dict[tuple[int, int], float]()  # by lifetime and the request that touched the copy last
    for index in range(need[0], need[-1] + 1):
        best = min([nowhere, *copies.values()])
        after: dict[tuple[int, int], float] = {}
        for (kind, touched), cost in copies.items():
            ttl = terms.lifetimes[kind][0]
            missed = int((times[index] - times[touched]) // ttl) if ttl < inf else 0
            if missed and not refreshes:
                continue
            _keep(after, (kind, index), cost + (missed + 1) * terms.read)
            if index not in wanted:
                _keep(after, (kind, touched), cost)
        if index in wanted:
            nowhere = best + terms.plain
            for kind, (_, write) in enumerate(terms.lifetimes):
                _keep(after, (kind, index), best + write)
        else:
            nowhere = best
        copies = _without_dominated(after)
    return min([nowhere, *copies.values()])


def _keep(costs: dict[tuple[int, int], float], key: tuple[int, int], cost: float) -> None:
    if cost < costs.get(key, inf):
        costs[key] = cost


def _without_dominated(costs: dict[tuple[int, int], float]) -> dict[tuple[int, int], float]:
    """Without copies for which another of the same lifetime was touched later and costs no more."""
    kept: dict[tuple[int, int], float] = {}
    least: dict[int, float] = {}
    for (kind, touched), cost in sorted(costs.items(), reverse=True):
        if cost < least.get(kind, inf):
            kept[kind, touched] = least[kind] = cost
    return kept
