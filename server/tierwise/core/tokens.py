"""Token estimates without a tokenizer: characters over a factor that is corrected from what answers report.

The vocabularies that tokenizer libraries need are downloaded at run time, so they fail on machines without a network;
an estimate that learns from each answer's ``usage`` needs none and fits the provider's own count better over time.
"""

from __future__ import annotations

from tierwise.core.models import ChatPrompt, FimPrompt, Prompt

CHARS_PER_TOKEN = 3.2
"""Code, before anything was observed. Deliberately low: an estimate that is too high wastes context, one that is too
low overruns a limit."""


def size(text: str) -> int:
    """Characters of a text as budgets count them: one beyond ASCII counts as the bytes that it takes in UTF-8, for
    vocabularies spend as much more on it.
    """
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))


def clipped(text: str, room: int) -> str:
    """The beginning of a text that is of no more than ``room``."""
    if size(text) <= room:
        return text
    return text.encode("utf-8", "surrogatepass")[: max(0, room)].decode("utf-8", "ignore")


class TokenEstimator:
    """Estimates for one model. ``observe`` is called once per answer that reports its prompt tokens."""

    __slots__ = ("_chars_per_token",)

    def __init__(self, chars_per_token: float = CHARS_PER_TOKEN) -> None:
        self._chars_per_token = chars_per_token

    @property
    def chars_per_token(self) -> float:
        return self._chars_per_token

    def tokens(self, text: str) -> int:
        """Estimated tokens of ``text``, rounded up."""
        return int(size(text) / self._chars_per_token) + 1

    def characters(self, tokens: int) -> int:
        """How many characters, as ``size`` counts them, fit into ``tokens``."""
        return int(tokens * self._chars_per_token)

    def observe(self, characters: int, tokens: int) -> None:
        """Move a quarter of the way to what a prompt really was; one too short to tell is ignored."""
        if characters < 500 or tokens < 50:
            return
        seen = min(8.0, max(1.0, characters / tokens))
        self._chars_per_token += (seen - self._chars_per_token) / 4


def prompt_characters(prompt: Prompt) -> int:
    """The size of everything that is sent as text."""
    match prompt:
        case ChatPrompt(blocks):
            return sum(size(block.text) for block in blocks)
        case FimPrompt():
            return size(prompt.prefix) + size(prompt.suffix) + sum(size(e.path) + size(e.text) for e in prompt.extra)
        case _:
            return size(prompt.text)
