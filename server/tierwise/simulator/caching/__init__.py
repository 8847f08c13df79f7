"""Prompt caches by the providers' documented rules, and what requests cost. Pure: a replay brings its own times."""

from tierwise.simulator.caching.book import CacheBook, CacheKind, CacheRules
from tierwise.simulator.caching.prices import Prices, Totals
from tierwise.simulator.caching.prompt import CacheBlock, CachePrompt, CacheUse, Lifetime, Ticket, tokens_of

__all__ = [
    "CacheBlock",
    "CacheBook",
    "CacheKind",
    "CachePrompt",
    "CacheRules",
    "CacheUse",
    "Lifetime",
    "Prices",
    "Ticket",
    "Totals",
    "tokens_of",
]
