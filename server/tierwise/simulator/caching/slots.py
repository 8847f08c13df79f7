"""llama.cpp's cache: each slot keeps the last sequence it computed, and a prompt reuses what it shares with that.

Source: llama-server's README and behaviour (b11669). A request names its slot (``id_slot``); else the slot whose
sequence it resembles most gets it, if the common beginning is more than a tenth of the prompt; else the one unused
for longest. At least one token is always computed. ``cache_prompt: false`` computes everything. There is no lifetime.
Ollama runs the same engine with one slot per parallel request. Shifting of chunks (``n_cache_reuse``, off by default)
is not modelled.

Owner of the slots. Must never read a clock.
"""

from __future__ import annotations

from dataclasses import dataclass

from tierwise.simulator.caching.prompt import CacheBlock, CachePrompt, CacheUse, Ticket, common_tokens

SIMILARITY = 0.1


class SlotCache:
    """The slots of one server."""

    def __init__(self, slots: int) -> None:
        self._slots = [_Slot(index) for index in range(slots)]
        self._uses = 0

    @property
    def states(self) -> tuple[tuple[int, int], ...]:
        """Number of each slot and tokens of its last prompt."""
        return tuple((slot.number, slot.prompt_tokens) for slot in self._slots)

    def ask(self, prompt: CachePrompt, at: float) -> Ticket:
        """Account for a request; the slot it was given is its own from now on."""
        del at
        slot = self._choose(prompt)
        self._uses += 1
        slot.used = self._uses
        total = prompt.tokens
        common = common_tokens(slot.blocks, prompt.blocks) if prompt.enabled and slot.model == prompt.model else 0
        return _SlotTicket(CacheUse(total, max(0, min(common, total - 1))), slot, prompt)

    def _choose(self, prompt: CachePrompt) -> _Slot:
        if prompt.slot is not None and 0 <= prompt.slot < len(self._slots):
            return self._slots[prompt.slot]
        likeness = {slot.number: common_tokens(slot.blocks, prompt.blocks) for slot in self._slots}
        best = max(self._slots, key=lambda slot: likeness[slot.number])
        if likeness[best.number] > SIMILARITY * prompt.tokens:
            return best
        return min(self._slots, key=lambda slot: slot.used)


@dataclass(slots=True)
class _Slot:
    number: int
    model: str = ""
    blocks: tuple[CacheBlock, ...] = ()
    prompt_tokens: int = 0
    used: int = 0


class _SlotTicket(Ticket):
    __slots__ = ("_prompt", "_slot")

    def __init__(self, use: CacheUse, slot: _Slot, prompt: CachePrompt) -> None:
        super().__init__(use)
        self._slot, self._prompt = slot, prompt

    def began(self) -> None:
        self._slot.model = self._prompt.model
        self._slot.blocks = self._prompt.blocks
        self._slot.prompt_tokens = self._prompt.tokens

    def ended(self, answer: str) -> None:
        if answer and self._slot.blocks is self._prompt.blocks:
            turn = self._prompt.blocks[-1].turn + 1 if self._prompt.blocks else 0
            self._slot.blocks = (*self._prompt.blocks, CacheBlock("assistant", answer.encode(), turn=turn))
