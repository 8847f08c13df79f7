"""The streamed chunks that chat completions, plain completions and Mistral's FIM endpoint share.

Pure. Tolerates what servers do: no usage or usage twice, the finish before the first text, empty deltas, content in
parts, thinking under several names.
"""

from __future__ import annotations

from typing import cast

from tierwise.core.models import FinishReason, Usage
from tierwise.providers.wires.base import ErrorEvent, Event, Json, Reader, count, mapping, text_of, tokens
from tierwise.settings.facts import ModelFacts

_FINISH = {
    "stop": FinishReason.STOP,
    "eos": FinishReason.STOP,
    "length": FinishReason.LENGTH,
    "model_length": FinishReason.LENGTH,
    "insufficient_system_resource": FinishReason.LENGTH,
    "content_filter": FinishReason.REFUSAL,
    "refusal": FinishReason.REFUSAL,
}

_THINKING = ("reasoning_content", "reasoning")


class ChunkReader(Reader):
    """Reads ``choices[0]`` of each chunk."""

    def __init__(self) -> None:
        self._refused = False

    def read(self, event: Event) -> str:
        if event.get("error") or event.get("object") == "error":
            raise ErrorEvent(event)
        self._count(event)
        choices = event.get("choices")
        if not isinstance(choices, list) or not choices:
            return ""
        return self._choice(mapping(cast("list[object]", choices)[0]))

    def _choice(self, choice: Event) -> str:
        reason = choice.get("finish_reason")
        if reason == "error":
            raise ErrorEvent(choice)
        delta = mapping(choice.get("delta"))
        self._refused = self._refused or bool(delta.get("refusal"))
        if reason:
            known = _FINISH.get(str(reason), FinishReason.UNKNOWN)
            self.finish = FinishReason.REFUSAL if self._refused else known
        text = text_of(choice, "text") or _content(delta.get("content"))
        self.started = self.started or bool(text) or self._refused or any(delta.get(name) for name in _THINKING)
        return text

    def _count(self, event: Event) -> None:
        usage = mapping(event.get("usage")) or mapping(mapping(event.get("x_groq")).get("usage"))
        if usage:
            self.usage = chunk_usage(usage, mapping(event.get("timings")))


def usage_option(facts: ModelFacts) -> Json:
    """What asks for token counts in a stream, where the server takes it."""
    return {"stream_options": {"include_usage": True}} if facts.stream_usage else {}


def chunk_usage(usage: Event, timings: Event) -> Usage:
    """Token counts under the names in use: OpenAI's, DeepSeek's (``prompt_cache_hit_tokens``), DashScope's
    (``cache_creation_input_tokens``), llama.cpp's (``timings.cache_n``). ``prompt_tokens`` is the whole prompt in all.
    """
    prompt = mapping(usage.get("prompt_tokens_details"))
    cached = count(prompt, "cached_tokens") or count(usage, "prompt_cache_hit_tokens") or count(timings, "cache_n")
    return tokens(
        count(usage, "prompt_tokens"),
        count(usage, "completion_tokens"),
        cached=cached,
        written=count(prompt, "cache_write_tokens", "cache_creation_input_tokens"),
        reasoning=count(mapping(usage.get("completion_tokens_details")), "reasoning_tokens"),
    )


def _content(content: object) -> str:
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return "".join(text_of(mapping(part), "text") for part in cast("list[object]", content))
    return ""
