"""Caches that find common beginnings by themselves: OpenAI before GPT-5.6, Gemini, DeepSeek, Groq, Cerebras, vLLM.

A request reads the longest beginning that it shares with an earlier one, rounded down to the provider's granularity,
if that has at least ``min_tokens``; the last token of a prompt is always computed. Writing costs nothing.

- OpenAI before 5.6: 1,024 tokens, steps of 128, the machine chosen by the first 256 tokens and ``prompt_cache_key``.
- DeepSeek (guide kv_cache, 2026-11): whole units only. Units end where a request's prompt or its answer ended, where
  two requests were seen to part, and at fixed intervals: ``boundaries`` and ``granularity`` together.
- vLLM: full blocks of 16 tokens, answers included, no lifetime but memory; ``cache_salt`` is the key.

Owner of the prompts of one provider. Must never read a clock: times are arguments.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from tierwise.simulator.caching.keyed import Routes
from tierwise.simulator.caching.prompt import CacheBlock, CachePrompt, CacheUse, Ticket, common_tokens, cut_blocks

KEPT_PROMPTS = 256
"""Prompts kept per machine, the latest used; older ones are what a provider would have evicted."""


class ImplicitCache:
    """One provider's prompts. ``requests_per_minute`` None: all requests of a customer reach one machine."""

    def __init__(
        self,
        *,
        min_tokens: int,
        granularity: int,
        ttl_s: float,
        boundaries: bool = False,
        answers: bool = False,
        requests_per_minute: int | None = None,
    ) -> None:
        self._min_tokens = min_tokens
        self._granularity = granularity
        self._ttl_s = ttl_s
        self._boundaries = boundaries
        self._answers = answers
        self._routes = Routes(requests_per_minute) if requests_per_minute else None
        self._kept: defaultdict[bytes, list[_Kept]] = defaultdict(list)

    def ask(self, prompt: CachePrompt, at: float) -> Ticket:
        """Account for a request that starts at ``at``."""
        machine = self._machine(prompt, at)
        kept = self._kept[machine] = [item for item in self._kept[machine] if item.expires > at]
        total = prompt.tokens
        read, parted = 0, 0
        for item in kept:
            common = common_tokens(item.blocks, prompt.blocks)
            usable = self._usable(item, common, total)
            parted = max(parted, common if common < item.tokens else 0)
            if usable >= self._min_tokens:
                item.expires = at + self._ttl_s
                read = max(read, usable)
        return _ImplicitTicket(CacheUse(total, read), self, machine, prompt, at, parted)

    def keep(self, machine: bytes, blocks: tuple[CacheBlock, ...], at: float) -> None:
        """Remember a prompt; what it contains as a beginning need not be kept beside it, unless units count."""
        kept = self._kept[machine]
        item = _Kept(blocks, sum(block.tokens for block in blocks), at + self._ttl_s)
        if self._boundaries:
            kept[:] = [old for old in kept if old.blocks != blocks]
        else:
            kept[:] = [old for old in kept if common_tokens(old.blocks, blocks) < old.tokens]
        kept.append(item)
        del kept[:-KEPT_PROMPTS]

    def keep_answer(self, machine: bytes, prompt: CachePrompt, answer: str, at: float) -> None:
        """Remember the answer behind its prompt, where the provider keeps all that was computed."""
        if self._answers and answer and prompt.blocks:
            said = CacheBlock("assistant", answer.encode(), turn=prompt.blocks[-1].turn + 1)
            self.keep(machine, (*prompt.blocks, said), at)

    def keep_parting(self, machine: bytes, prompt: CachePrompt, parted: int, at: float) -> None:
        """Where two requests were seen to part, a unit of its own begins (providers with units only)."""
        if self._boundaries and parted >= self._min_tokens:
            self.keep(machine, cut_blocks(prompt.blocks, parted), at)

    def _usable(self, item: _Kept, common: int, total: int) -> int:
        if self._boundaries and common == item.tokens:
            return min(common, total - 1)
        return min(common, total - 1) // self._granularity * self._granularity

    def _machine(self, prompt: CachePrompt, at: float) -> bytes:
        owner = f"{prompt.namespace}\0{prompt.model}\0{prompt.key}".encode()
        return owner if self._routes is None else self._routes.machine(prompt, at, by_key_alone=False)


@dataclass(slots=True)
class _Kept:
    blocks: tuple[CacheBlock, ...]
    tokens: int
    expires: float


class _ImplicitTicket(Ticket):
    __slots__ = ("_at", "_cache", "_machine", "_parted", "_prompt")

    def __init__(
        self, use: CacheUse, cache: ImplicitCache, machine: bytes, prompt: CachePrompt, at: float, parted: int
    ) -> None:
        super().__init__(use)
        self._cache, self._machine, self._prompt, self._at, self._parted = cache, machine, prompt, at, parted

    def began(self) -> None:
        self._cache.keep_parting(self._machine, self._prompt, self._parted, self._at)
        self._cache.keep(self._machine, self._prompt.blocks, self._at)

    def ended(self, answer: str) -> None:
        self._cache.keep_answer(self._machine, self._prompt, answer, self._at)
