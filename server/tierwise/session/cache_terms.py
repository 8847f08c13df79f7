"""What a provider's prompt cache costs and keeps, as the ledger needs it. Values only, made from a model's facts."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

from tierwise.settings.facts import CacheStyle, ModelFacts

_MARKED = frozenset({CacheStyle.ANTHROPIC, CacheStyle.DASHSCOPE, CacheStyle.OPENAI_MARKED})
_MARGIN_S = 5.0
"""A copy counts as expired this much before its time. The provider counts that from when the request before arrived, we
from before it was sent: only a way that takes this much longer than that one did is too long."""
_UNIT = 1_024
"""Tokens in which caches count that find common beginnings by themselves: the largest known, DeepSeek's."""
_FREE = (0.02, 1.0, 1.0)
"""Prices of a server of one's own, in time: reading what it holds is nearly free beside computing it anew."""


@dataclass(frozen=True, slots=True)
class CacheTerms:
    """Lifetimes in seconds from the last use; prices per character of text, all in one unit, so that only their ratios
    count. ``marks``: how many marks a request may carry, 0 where the provider finds common beginnings by itself.
    ``refresh``: whether a request for no answer renews a copy. ``unit``: tokens by which a hit may fall short of what
    was sent before. ``renews``: whether a hit renews the copies at a request's other marks before it, too. Of OpenAI's
    break points it is not known that they do. ``parallel``: whether copies of prompts that part are held side by side;
    a slot of llama.cpp holds the latest prompt alone.
    """

    ttl_s: float
    long_ttl_s: float | None
    read: float
    write: float
    write_long: float
    min_tokens: int
    marks: int = 0
    lookback: int = 20
    keeps: bool = True
    refresh: bool = False
    unit: int = 0
    renews: bool = True
    parallel: bool = True

    @staticmethod
    def of(facts: ModelFacts) -> CacheTerms:
        """The terms of one model."""
        rules, prices = facts.cache, facts.prices
        read = prices.input if prices.cache_read is None else prices.cache_read
        write = prices.input if prices.cache_write is None else prices.cache_write
        write_long = write if prices.cache_write_long is None else prices.cache_write_long
        if not prices.input:
            read, write, write_long = _FREE
        timed = rules.style not in (CacheStyle.NONE, CacheStyle.LLAMA_CPP)
        return CacheTerms(
            ttl_s=max(0.0, rules.ttl_s - _MARGIN_S) if timed else inf,
            long_ttl_s=None if rules.long_ttl_s is None else rules.long_ttl_s - _MARGIN_S,
            read=read,
            write=write,
            write_long=write_long,
            min_tokens=rules.min_tokens,
            marks=rules.max_marks if rules.style in _MARKED else 0,
            lookback=rules.lookback_blocks,
            keeps=rules.style is not CacheStyle.NONE,
            refresh=rules.prewarm and rules.refresh,
            unit=0 if rules.style in _MARKED or not timed else _UNIT,
            renews=rules.style is not CacheStyle.OPENAI_MARKED,
            parallel=rules.style is not CacheStyle.LLAMA_CPP,
        )

    def lifetime(self, *, long: bool) -> float:
        """How long a copy lives, in seconds from its last use."""
        return self.long_ttl_s if long and self.long_ttl_s is not None else self.ttl_s

    def writing(self, *, long: bool) -> float:
        """The price of writing."""
        return self.write_long if long and self.long_ttl_s is not None else self.write
