"""What each simulated model accepts, caches and costs: ``models.toml`` and ``prices.toml`` as values.

Owner of no state. Must never read the profiles of the settings: a wrong fact there has to fail against this table.
"""

from __future__ import annotations

import tomllib
from fnmatch import fnmatchcase
from functools import cache
from importlib.resources import files
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from tierwise.simulator.caching.book import CacheRules
from tierwise.simulator.caching.prices import Prices


class ModelRules(BaseModel):
    """One entry of the table. The comments in ``models.toml`` explain the flags."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    provider: str
    match: tuple[str, ...]
    known: bool = True
    input_tokens: int = Field(default=131_072, gt=0)
    output_tokens: int = Field(default=32_768, gt=0)
    efforts: tuple[str, ...] = ()
    default_effort: str = ""
    thinking: tuple[str, ...] = ()
    disabled_efforts: tuple[str, ...] = ()
    between_tools_efforts: tuple[str, ...] = ()
    sampling: bool = False
    prefill: bool = False
    forced_tools: bool = True
    mid_system: bool = True
    fast: bool = False
    reasoning: bool = False
    tools_need_none: bool = False
    report_cached: bool = True
    reasoning_field: str = ""
    cache: CacheRules = CacheRules()

    def fits(self, provider: str, model: str) -> bool:
        """Whether this entry is about that model."""
        return self.provider in (provider, "*") and any(fnmatchcase(model, pattern) for pattern in self.match)


def model_rules(provider: str, model: str) -> ModelRules:
    """The rules for a model; the table's last entry fits all."""
    return next(rules for rules in table() if rules.fits(provider, model))


def model_prices(provider: str, model: str) -> Prices:
    """What a model costs; nothing where the table does not know it (a server of one's own)."""
    fitting = (prices for pattern, prices in _prices().get(provider, {}).items() if fnmatchcase(model, pattern))
    return next(fitting, Prices())


@cache
def table() -> tuple[ModelRules, ...]:
    """All entries in order. Read once."""
    return tuple(ModelRules.model_validate(item) for item in _read("models.toml")["models"])


@cache
def _prices() -> dict[str, dict[str, Prices]]:
    return {
        provider: {pattern: Prices.model_validate(item) for pattern, item in models.items()}
        for provider, models in _read("prices.toml").items()
    }


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads(files("tierwise.simulator").joinpath(name).read_text("utf-8"))
