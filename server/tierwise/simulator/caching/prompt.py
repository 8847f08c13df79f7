"""A prompt as a prompt cache sees it, and how its tokens are counted.

One rule counts everywhere in the simulator: a block is ``ceil(UTF-8 bytes / 4)`` tokens, a prompt is the sum of its
blocks. No real tokenizer agrees with it exactly; what matters is that the same text always counts the same, so that
cache positions and totals can be computed by hand. Owner of no state. Must never look at what a provider does with
a prompt: the rules are in the caches beside this file.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

BYTES_PER_TOKEN = 4


def tokens_of(text: str | bytes) -> int:
    """Tokens of one block."""
    size = len(text.encode()) if isinstance(text, str) else len(text)
    return -(-size // BYTES_PER_TOKEN)


class Lifetime(StrEnum):
    """Which of a provider's two lifetimes an entry is written with."""

    SHORT = "short"
    LONG = "long"


@dataclass(frozen=True, slots=True)
class CacheBlock:
    """One content block.

    ``section`` is who speaks (``tools``, ``system``, ``user``, ``assistant``) and belongs to its identity. ``turn``
    numbers the message it stands in. ``mark`` asks for an entry that ends here. ``salt`` holds everything else whose
    change makes this block and all after it new to the provider (a thinking mode, an effort).
    """

    section: str
    content: bytes
    mark: Lifetime | None = None
    turn: int = 0
    salt: str = ""

    @property
    def tokens(self) -> int:
        return tokens_of(self.content)

    def same_text(self, other: CacheBlock) -> bool:
        """Whether a provider would render both the same; marks are no part of that."""
        return self.content == other.content and self.section == other.section and self.salt == other.salt


@dataclass(frozen=True, slots=True)
class CachePrompt:
    """All that a cache needs to know of one request.

    ``namespace`` separates customers (their keys), ``key`` is the request's own grouping (``prompt_cache_key``,
    ``cache_salt``), ``implicit`` the lifetime of the break point that a provider sets by itself, None when the
    request switched that off. ``slot`` and ``enabled`` are llama.cpp's ``id_slot`` and ``cache_prompt``.
    """

    model: str
    blocks: tuple[CacheBlock, ...]
    namespace: str = ""
    key: str = ""
    implicit: Lifetime | None = Lifetime.SHORT
    slot: int | None = None
    enabled: bool = True

    @property
    def tokens(self) -> int:
        return sum(block.tokens for block in self.blocks)


@dataclass(frozen=True, slots=True)
class CacheUse:
    """What one request took from the cache and put into it, in tokens; ``input_tokens`` is the whole prompt.

    ``unmarked``: the provider has marks, this request used none, and its reads have a price of their own.
    """

    input_tokens: int
    read_tokens: int = 0
    written_short_tokens: int = 0
    written_long_tokens: int = 0
    unmarked: bool = False

    @property
    def written_tokens(self) -> int:
        return self.written_short_tokens + self.written_long_tokens

    @property
    def plain_tokens(self) -> int:
        """Neither read from the cache nor written to it."""
        return self.input_tokens - self.read_tokens - self.written_tokens


class Ticket:
    """A request's way through a cache: its use is known at once, what it wrote becomes readable later.

    ``began`` is called when the first token of the answer leaves, ``ended`` when the whole answer has left, with its
    text. A request that fails before leaves nothing behind.
    """

    __slots__ = ("use",)

    def __init__(self, use: CacheUse) -> None:
        self.use = use

    def began(self) -> None:
        """The first token of the answer leaves."""

    def ended(self, answer: str) -> None:
        """The answer has left; a cache of everything computed keeps it too."""


@dataclass(frozen=True, slots=True)
class Position:
    """The end of one block: the identity of all text up to here, and its tokens."""

    digest: bytes
    tokens: int


def positions(prompt: CachePrompt) -> list[Position]:
    """One per block, in order. Equal digests mean equal customer, model and text from the start."""
    digest = _seed(prompt)
    total = 0
    result: list[Position] = []
    for block in prompt.blocks:
        head = f"{block.section}\0{block.salt}\0{len(block.content)}\0".encode()
        digest = hashlib.blake2b(digest + head + block.content, digest_size=16).digest()
        total += block.tokens
        result.append(Position(digest, total))
    return result


def head_digest(prompt: CachePrompt, tokens: int) -> bytes:
    """Identity of the first ``tokens`` tokens, as providers use it to choose a machine."""
    digest = hashlib.blake2b(_seed(prompt), digest_size=16)
    for block in prompt.blocks:
        digest.update(block.section.encode() + b"\0" + block.content[: tokens * BYTES_PER_TOKEN])
        tokens -= block.tokens
        if tokens <= 0:
            break
    return digest.digest()


def common_tokens(one: Sequence[CacheBlock], other: Sequence[CacheBlock]) -> int:
    """Tokens of the longest common beginning, in whole tokens."""
    total = 0
    for a, b in zip(one, other, strict=False):
        if a.same_text(b):
            total += a.tokens
            continue
        if a.section == b.section and a.salt == b.salt:
            total += _common_bytes(a.content, b.content) // BYTES_PER_TOKEN
        break
    return total


def cut_blocks(blocks: Sequence[CacheBlock], tokens: int) -> tuple[CacheBlock, ...]:
    """The first ``tokens`` tokens of a prompt."""
    result: list[CacheBlock] = []
    for block in blocks:
        if tokens <= 0:
            break
        if block.tokens > tokens:
            block = CacheBlock(block.section, block.content[: tokens * BYTES_PER_TOKEN], None, block.turn, block.salt)
        result.append(block)
        tokens -= block.tokens
    return tuple(result)


def _common_bytes(one: bytes, other: bytes) -> int:
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[:middle] == other[:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _seed(prompt: CachePrompt) -> bytes:
    return f"{prompt.namespace}\0{prompt.model}\0".encode()
