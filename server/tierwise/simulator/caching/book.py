"""The caches of all simulated providers, each by its documented rules, and what requests cost.

This package is pure: no socket, no clock, no file. A benchmark that replays a session builds ``CachePrompt`` values,
asks a ``CacheBook`` with its own times, and multiplies the result with ``Prices``. Owner of one cache per set of
rules. Must never guess a rule: they are data (``CacheRules``), with their sources in the modules beside this one.
"""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from typing import Protocol

from pydantic import BaseModel, ConfigDict, Field

from tierwise.simulator.caching.implicit import ImplicitCache
from tierwise.simulator.caching.keyed import KeyedCache
from tierwise.simulator.caching.marked import MarkedCache
from tierwise.simulator.caching.prompt import CachePrompt, CacheUse, Ticket
from tierwise.simulator.caching.slots import SlotCache


class CacheKind(StrEnum):
    """How a provider's cache works."""

    NONE = "none"
    MARKED = "marked"
    KEYED = "keyed"
    IMPLICIT = "implicit"
    SLOTS = "slots"


class CacheRules(BaseModel):
    """The numbers of one provider's or model's cache. Lifetimes in seconds."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: CacheKind = CacheKind.NONE
    min_tokens: int = Field(default=0, ge=0)
    granularity: int = Field(default=1, ge=1)
    ttl_s: float = Field(default=300.0, gt=0)
    long_ttl_s: float = Field(default=3_600.0, gt=0)
    lookback_blocks: int = Field(default=20, ge=1)
    key_requests_per_minute: int | None = Field(default=None, ge=1)
    boundaries: bool = False
    answers: bool = False
    readable_at_end: bool = False
    slots: int = Field(default=1, ge=1)
    implicit: CacheRules | None = None
    """What holds for a request without any mark, where the provider has both (DashScope)."""


class Cache(Protocol):
    def ask(self, prompt: CachePrompt, at: float) -> Ticket:
        """Account for a request that starts at ``at`` seconds."""
        ...


class CacheBook:
    """Everything that the simulated providers remember of earlier prompts."""

    def __init__(self) -> None:
        self._caches: dict[tuple[str, CacheRules], Cache] = {}

    def ask(self, provider: str, rules: CacheRules, prompt: CachePrompt, at: float) -> Ticket:
        """Account for a request to ``provider`` under ``rules`` that starts at ``at`` seconds."""
        if rules.implicit is not None and not any(block.mark for block in prompt.blocks):
            ticket = self.cache(provider, rules.implicit).ask(prompt, at)
            ticket.use = replace(ticket.use, unmarked=True)
            return ticket
        return self.cache(provider, rules).ask(prompt, at)

    def cache(self, provider: str, rules: CacheRules) -> Cache:
        """The cache behind these rules."""
        key = (provider, rules)
        if key not in self._caches:
            self._caches[key] = make_cache(rules)
        return self._caches[key]

    def clear(self) -> None:
        """Forget everything."""
        self._caches.clear()


def make_cache(rules: CacheRules) -> Cache:
    """An empty cache that follows ``rules``."""
    match rules.kind:
        case CacheKind.MARKED:
            return MarkedCache(
                min_tokens=rules.min_tokens,
                lookback_blocks=rules.lookback_blocks,
                ttl_s=rules.ttl_s,
                long_ttl_s=rules.long_ttl_s,
                at_end=rules.readable_at_end,
            )
        case CacheKind.KEYED:
            return KeyedCache(
                min_tokens=rules.min_tokens,
                ttl_s=rules.ttl_s,
                long_ttl_s=rules.long_ttl_s,
                key_requests_per_minute=rules.key_requests_per_minute or 15,
            )
        case CacheKind.IMPLICIT:
            return ImplicitCache(
                min_tokens=rules.min_tokens,
                granularity=rules.granularity,
                ttl_s=rules.ttl_s,
                boundaries=rules.boundaries,
                answers=rules.answers,
                requests_per_minute=rules.key_requests_per_minute,
            )
        case CacheKind.SLOTS:
            return SlotCache(rules.slots)
        case CacheKind.NONE:
            return NoCache()


class NoCache:
    """Every token of every prompt is computed."""

    def ask(self, prompt: CachePrompt, at: float) -> Ticket:
        """Account for a request."""
        del at
        return Ticket(CacheUse(prompt.tokens))
