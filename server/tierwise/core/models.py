"""What is said to a model and what it says back: the port between the flows and the wires.

``features`` and ``routing`` know only this file; ``providers`` implement it. Closing the generator that ``stream``
returned closes the provider's socket: that is how cancellation reaches it.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Protocol

from tierwise.core.tasks import Role


@dataclass(frozen=True, slots=True)
class ModelRef:
    """``provider/model`` as settings write it; the model's own name may contain slashes."""

    provider: str
    model: str

    @staticmethod
    def parse(text: str) -> ModelRef:
        """Raises ValueError without a slash or with an empty part."""
        provider, slash, model = text.partition("/")
        if not (slash and provider and model):
            raise ValueError(f"{text!r} is not PROVIDER/MODEL")
        return ModelRef(provider, model)

    def __str__(self) -> str:
        return f"{self.provider}/{self.model}"


class Speaker(StrEnum):
    SYSTEM = "system"
    USER = "user"
    ASSISTANT = "assistant"


@dataclass(frozen=True, slots=True)
class PromptBlock:
    """A piece of a chat prompt.

    ``stable`` blocks form the prefix: they come first and stay byte-identical between requests. ``mark`` asks the
    provider to end a cacheable prefix here, where it takes marks; others ignore it. ``long``: with the long lifetime,
    where one is sold.
    """

    speaker: Speaker
    text: str
    stable: bool = False
    mark: bool = False
    long: bool = False


@dataclass(frozen=True, slots=True)
class ChatPrompt:
    """Blocks in order: system first, then turns. Neighbours of one speaker form one message."""

    blocks: tuple[PromptBlock, ...]


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A file or a part of it; ``path`` is relative to the workspace folder, with forward slashes. ``lasting``: it will
    most likely be the same in the next prompt; those come first.
    """

    path: str
    text: str
    lasting: bool = True


@dataclass(frozen=True, slots=True)
class FimPrompt:
    """Fill-in-the-middle for endpoints that take prefix and suffix themselves."""

    prefix: str
    suffix: str
    path: str
    repository: str
    extra: tuple[Excerpt, ...] = ()


@dataclass(frozen=True, slots=True)
class RawPrompt:
    """A rendered prompt for a plain completion endpoint (FIM tokens written by us)."""

    text: str


Prompt = ChatPrompt | FimPrompt | RawPrompt


@dataclass(frozen=True, slots=True)
class Schema:
    """A strict JSON schema that the answer must follow; ``name`` is a short identifier that providers ask for."""

    name: str
    schema: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class ModelRequest:
    """One call of one model. What the model does not take (temperature, effort, schema) the adapter leaves out.

    ``sources`` are the absolute paths of all files whose text stands in the prompt; the send boundary refuses a
    request that names an ignored one. ``quiet`` asks for as little thinking as the model allows. ``stop`` strings end
    the answer. ``cache_key`` groups requests that share a prefix. ``first_token_s`` and ``deadline_s`` bound the
    adapter's own timeouts, in seconds from the call. ``max_output_tokens`` 0 wants no answer: the provider's cache is
    filled, or renewed, and nothing is said.
    """

    role: Role
    prompt: Prompt
    max_output_tokens: int
    first_token_s: float
    deadline_s: float
    temperature: float | None = None
    effort: str | None = None
    quiet: bool = False
    stop: tuple[str, ...] = ()
    schema: Schema | None = None
    cache_key: str | None = None
    sources: frozenset[str] = frozenset()

    @property
    def warms(self) -> bool:
        """Whether it is there for the provider's cache alone."""
        return self.max_output_tokens == 0

    def with_prompt(self, prompt: Prompt) -> ModelRequest:
        return replace(self, prompt=prompt)


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one call, in one meaning for all providers.

    ``input_tokens`` is the whole prompt: uncached, read from the cache and written to it together. ``cached_tokens``
    were read from the cache, ``cache_write_tokens`` written to it, of which ``cache_write_long_tokens`` with the long
    lifetime. ``output_tokens`` includes ``reasoning_tokens``.
    """

    input_tokens: int = 0
    cached_tokens: int = 0
    cache_write_tokens: int = 0
    cache_write_long_tokens: int = 0
    output_tokens: int = 0
    reasoning_tokens: int = 0

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            self.input_tokens + other.input_tokens,
            self.cached_tokens + other.cached_tokens,
            self.cache_write_tokens + other.cache_write_tokens,
            self.cache_write_long_tokens + other.cache_write_long_tokens,
            self.output_tokens + other.output_tokens,
            self.reasoning_tokens + other.reasoning_tokens,
        )

    @property
    def cached_fraction(self) -> float:
        """Share of the prompt that came from the cache, 0 to 1."""
        return self.cached_tokens / self.input_tokens if self.input_tokens else 0.0


class FinishReason(StrEnum):
    STOP = "stop"
    LENGTH = "length"
    REFUSAL = "refusal"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class TextDelta:
    """The next piece of the answer; never empty."""

    text: str


@dataclass(frozen=True, slots=True)
class Finished:
    """The end of the answer: exactly one, last. ``usage`` is None where the provider reports none."""

    reason: FinishReason
    usage: Usage | None


StreamPart = TextDelta | Finished


class ModelClient(Protocol):
    """One model of one provider."""

    @property
    def ref(self) -> ModelRef: ...

    def stream(self, request: ModelRequest) -> AsyncGenerator[StreamPart, None]:
        """Answer piece by piece, ending with ``Finished``.

        Raises ``ProviderError`` only. Never retries. Closing the generator closes the connection at once; close it
        with ``contextlib.aclosing``.
        """
        ...
