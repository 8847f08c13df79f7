"""Facts of a model: what it accepts, what it costs, how its provider caches. Data from the profiles, never code.

Owner of no state. No rule in the program asks for a model's name; it asks for one of these values, so that a wrong or
new fact costs one line of TOML (in a profile, or in a user's ``[models."name"]``).
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, field_validator

from tierwise.core.models import Usage


class Frozen(BaseModel):
    """Base of all settings: immutable, an unknown key is an error that names it, and numbers are finite."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Prices(Frozen):
    """US dollars per million tokens. A cache price left out costs what plain input costs."""

    input: float = Field(default=0.0, ge=0, description="Prompt tokens, not from the cache.")
    output: float = Field(default=0.0, ge=0, description="Answer tokens, thinking included.")
    cache_read: float | None = Field(default=None, ge=0, description="Prompt tokens read from the provider's cache.")
    cache_write: float | None = Field(
        default=None, ge=0, description="Prompt tokens written to the cache, usual lifetime."
    )
    cache_write_long: float | None = Field(
        default=None, ge=0, description="Prompt tokens written with the long lifetime."
    )

    def cost_usd(self, usage: Usage) -> float:
        """Dollars for one call at these prices."""
        read = self.input if self.cache_read is None else self.cache_read
        write = self.input if self.cache_write is None else self.cache_write
        write_long = write if self.cache_write_long is None else self.cache_write_long
        short = usage.cache_write_tokens - usage.cache_write_long_tokens
        plain = usage.input_tokens - usage.cached_tokens - usage.cache_write_tokens
        million = plain * self.input + usage.cached_tokens * read + short * write
        million += usage.cache_write_long_tokens * write_long + usage.output_tokens * self.output
        return million / 1_000_000


class PriceCliff(Frozen):
    """Other prices for the whole request once its prompt is longer than ``above_tokens``."""

    above_tokens: int = Field(gt=0, description="Prompt tokens up to which the plain prices hold.")
    prices: Prices = Field(description="Prices of every token of a request beyond that.")


class CacheStyle(StrEnum):
    """How a provider's prompt cache is used."""

    NONE = "none"
    IMPLICIT = "implicit"
    """Matches prefixes by itself; nothing to send."""
    ANTHROPIC = "anthropic"
    """Marked blocks (``cache_control``), a lookback, a write price."""
    OPENAI = "openai"
    """Implicit prefixes grouped by ``prompt_cache_key``."""
    OPENAI_MARKED = "openai-marked"
    """As ``openai``, and the model takes explicit break points."""
    DASHSCOPE = "dashscope"
    """Marked blocks as Anthropic's, on the chat wire."""
    LLAMA_CPP = "llama.cpp"
    """``cache_prompt`` and a slot."""


class CacheTie(StrEnum):
    """What a provider's copy depends on besides the text."""

    EFFORT = "effort"
    """The thinking effort, and whether thinking is turned off."""
    SCHEMA = "schema"
    """The schema that the answer is held to."""


class CacheRules(Frozen):
    """Rules of the provider's prompt cache."""

    style: CacheStyle = Field(default=CacheStyle.NONE, description="How the cache is used.")
    min_tokens: int = Field(default=1024, ge=0, description="Shorter prefixes are not cached.")
    ttl_s: int = Field(default=300, ge=0, description="Lifetime of an entry in seconds, from its last use.")
    long_ttl_s: int | None = Field(default=None, description="The long lifetime in seconds, where one is sold.")
    max_marks: int = Field(default=4, ge=0, description="Marks allowed in one request.")
    lookback_blocks: int = Field(
        default=20,
        ge=1,
        description="Blocks in which a mark finds an earlier entry, its own counted; 1: only where one stands again.",
    )
    key_requests_per_minute: int | None = Field(default=None, description="Requests a minute that one cache key bears.")
    prewarm: bool = Field(default=False, description="Whether a request for no answer fills the cache.")
    refresh: bool = Field(
        default=False, description="Whether such a request renews an entry's lifetime for the price of reading it."
    )
    tied_to: tuple[CacheTie, ...] = Field(
        default=(), description="What else of a request must stay the same for an entry to be found."
    )


class EditFormat(StrEnum):
    """Formats in which models were taught to predict the next edit."""

    ZETA = "zeta"
    ZETA_2 = "zeta-2"
    SWEEP = "sweep"
    MERCURY_EDIT = "mercury-edit"


class ModelFacts(Frozen):
    """What is known of one model. The defaults are those of an unknown chat model: nothing special is sent."""

    like: str | None = Field(
        default=None, description="Name of a model whose facts hold wherever this one gives none (an alias, a gateway)."
    )
    context_tokens: int = Field(default=32_768, gt=0, description="Longest prompt plus answer, in tokens.")
    max_output_tokens: int = Field(default=4_096, gt=0, description="Longest answer, in tokens.")
    temperature: bool = Field(default=True, description="Whether it takes a temperature at all.")
    efforts: tuple[str, ...] = Field(default=(), description="Effort levels it takes, lowest first; empty: none.")
    default_body: dict[str, Any] = Field(
        default_factory=dict, description="Fields put into every request body as they stand."
    )
    quiet_body: dict[str, Any] = Field(
        default_factory=dict,
        description="Fields that turn thinking off, or as low as it goes, put in when a tier asks for quiet answers.",
    )
    prefill: bool = Field(default=False, description="Whether the last message may be the beginning of the answer.")
    json_schema: bool = Field(default=False, description="Whether answers can be held to a strict JSON schema.")
    forced_tools: bool = Field(default=False, description="Whether the choice of a tool can be forced.")
    stop_sequences: int = Field(default=4, ge=0, description="How many stop strings it takes.")
    max_tokens_field: str = Field(default="max_tokens", description="Name of the answer limit on the chat wire.")
    stream_usage: bool = Field(
        default=True, description="Whether it takes stream_options, which ask for token counts on the chat wire."
    )
    api: str | None = Field(default=None, description='For kind "openai": "responses" or "chat"; None: responses.')
    fim_template: str | None = Field(default=None, description="Name of the FIM format it was trained on.")
    edit_template: EditFormat | None = Field(
        default=None, description="Name of the next-edit format it was trained on."
    )
    prices: Prices = Field(default_factory=Prices, description="US dollars per million tokens.")
    price_cliff: PriceCliff | None = Field(default=None, description="Where the price of the whole request jumps.")
    price_steps: tuple[PriceCliff, ...] = Field(
        default=(),
        description="Further jumps above the first, by rising length, where prices have more than two levels.",
    )
    cache: CacheRules = Field(default_factory=CacheRules, description="Rules of the prompt cache.")
    first_token_ms: int | None = Field(
        default=None, gt=0, description="Typical first-token time in milliseconds, before any was observed."
    )
    retires: str | None = Field(
        default=None, description="Date (YYYY-MM-DD) from which the provider no longer serves it."
    )

    @field_validator("retires")
    @classmethod
    def _date(cls, value: str | None) -> str | None:
        try:
            return value if value is None else date.fromisoformat(value).isoformat()
        except ValueError:
            raise ValueError("must be a date such as 2027-03-31") from None

    def prices_for(self, prompt_tokens: int) -> Prices:
        """The prices that hold for a prompt of this length."""
        prices = self.prices
        for step in (self.price_cliff, *self.price_steps):
            if step is not None and prompt_tokens > step.above_tokens:
                prices = step.prices
        return prices

    def cost_usd(self, usage: Usage) -> float:
        """Dollars for one call."""
        return self.prices_for(usage.input_tokens).cost_usd(usage)

    def saved_usd(self, usage: Usage) -> float:
        """Dollars that the cache saved against sending the same tokens without one; negative if writing cost more."""
        plain = Usage(input_tokens=usage.input_tokens, output_tokens=usage.output_tokens)
        return self.cost_usd(plain) - self.cost_usd(usage)
