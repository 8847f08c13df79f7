"""What requests cost, in US dollars, from the tokens they used and the prices of a model.

Owner of no state but its own totals. Must never know a price itself.
"""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, Field

from tierwise.simulator.caching.prompt import CacheUse


class Prices(BaseModel):
    """US dollars per million tokens; a cache price left out costs what plain input costs.

    ``cache_read_unmarked`` is for requests without marks, where that differs. ``cliff_above`` and ``cliff``: other
    prices for every token of a request whose prompt is longer.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    input: float = Field(default=0.0, ge=0)
    output: float = Field(default=0.0, ge=0)
    cache_read: float | None = Field(default=None, ge=0)
    cache_read_unmarked: float | None = Field(default=None, ge=0)
    cache_write: float | None = Field(default=None, ge=0)
    cache_write_long: float | None = Field(default=None, ge=0)
    cliff_above: int | None = Field(default=None, gt=0)
    cliff: Prices | None = None

    def cost_usd(self, use: CacheUse, output_tokens: int) -> float:
        """Dollars for one request."""
        if self.cliff is not None and self.cliff_above is not None and use.input_tokens > self.cliff_above:
            return self.cliff.cost_usd(use, output_tokens)
        read = self.input if self.cache_read is None else self.cache_read
        if use.unmarked and self.cache_read_unmarked is not None:
            read = self.cache_read_unmarked
        write = self.input if self.cache_write is None else self.cache_write
        write_long = write if self.cache_write_long is None else self.cache_write_long
        millionths = (
            use.plain_tokens * self.input
            + use.read_tokens * read
            + use.written_short_tokens * write
            + use.written_long_tokens * write_long
            + output_tokens * self.output
        )
        return millionths / 1_000_000


@dataclass(slots=True)
class Totals:
    """The sum over several requests."""

    requests: int = 0
    input_tokens: int = 0
    read_tokens: int = 0
    written_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float = 0.0

    def add(self, use: CacheUse, output_tokens: int, cost_usd: float) -> None:
        """Count one request."""
        self.requests += 1
        self.input_tokens += use.input_tokens
        self.read_tokens += use.read_tokens
        self.written_tokens += use.written_tokens
        self.output_tokens += output_tokens
        self.cost_usd += cost_usd
