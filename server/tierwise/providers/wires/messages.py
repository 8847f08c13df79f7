"""Anthropic's Messages format: ``POST /v1/messages``, typed server-sent events.

Pure. Source of the rules: Anthropic's API reference (Messages, Streaming, Prompt caching).
"""

from __future__ import annotations

from typing import Any

from tierwise.core.models import FinishReason, ModelRequest, PromptBlock, Speaker
from tierwise.providers.wires.base import (
    ErrorEvent,
    Event,
    Json,
    Reader,
    count,
    effort,
    mapping,
    max_tokens,
    merged,
    sampling,
    text_of,
    tokens,
)
from tierwise.providers.wires.turns import Turn, schema_of, turns
from tierwise.settings.facts import CacheRules, CacheStyle, ModelFacts
from tierwise.settings.models import ResolvedModel

_FINISH = {
    "end_turn": FinishReason.STOP,
    "stop_sequence": FinishReason.STOP,
    "max_tokens": FinishReason.LENGTH,
    "model_context_window_exceeded": FinishReason.LENGTH,
    "refusal": FinishReason.REFUSAL,
}


class MessagesWire:
    """The format as a ``Wire``."""

    path = "/v1/messages"

    def body(self, request: ModelRequest, resolved: ResolvedModel) -> Json:
        facts = resolved.facts
        found = turns(request, resolved, (CacheStyle.ANTHROPIC,))
        result: Json = {"model": resolved.ref.model, "max_tokens": max_tokens(request, facts)}
        result["stream"] = not request.warms  # a request for no answer is refused as a stream
        system = [
            _block(block, facts.cache) for turn in found for block in turn.blocks if turn.speaker is Speaker.SYSTEM
        ]
        if system:
            result["system"] = system
        result["messages"] = [_message(turn, facts.cache) for turn in found if turn.speaker is not Speaker.SYSTEM]
        result |= sampling(request, facts) | _stop(request, facts) | _output(request, resolved)
        return merged(result, facts, quiet=request.quiet)

    def reader(self) -> Reader:
        return _Reader()


class _Reader(Reader):
    def __init__(self) -> None:
        self._counts: dict[str, Any] = {}

    def read(self, event: Event) -> str:
        match event.get("type"):
            case "message_start":
                self._count(mapping(event.get("message")).get("usage"))
            case "message":  # the whole of an answer that was not streamed
                self._count(event.get("usage"))
                self.finish = _FINISH.get(text_of(event, "stop_reason"), FinishReason.UNKNOWN)
            case "content_block_start":
                return self._text(mapping(event.get("content_block")))
            case "content_block_delta":
                return self._text(mapping(event.get("delta")))
            case "message_delta":
                self._count(event.get("usage"))
                reason = mapping(event.get("delta")).get("stop_reason")
                if reason is not None:
                    self.finish = _FINISH.get(str(reason), FinishReason.UNKNOWN)
            case "message_stop":
                self.finish = self.finish or FinishReason.UNKNOWN
            case "error":
                raise ErrorEvent(event)
            case _:
                pass  # ping, content_block_stop, and whatever comes to exist
        return ""

    def _text(self, part: Event) -> str:
        if part.get("type") in ("thinking", "redacted_thinking", "thinking_delta", "signature_delta"):
            self.started = True
            return ""
        text = text_of(part, "text")
        self.started = self.started or bool(text)
        return text

    def _count(self, usage: object) -> None:
        """Later counts replace earlier ones: each event's are cumulative."""
        found = {name: value for name, value in mapping(usage).items() if value is not None}
        if not found:
            return
        self._counts |= found
        counts = self._counts
        read, written = count(counts, "cache_read_input_tokens"), count(counts, "cache_creation_input_tokens")
        self.usage = tokens(
            count(counts, "input_tokens") + read + written,
            count(counts, "output_tokens"),
            cached=read,
            written=written,
            written_long=count(mapping(counts.get("cache_creation")), "ephemeral_1h_input_tokens"),
            reasoning=count(mapping(counts.get("output_tokens_details")), "thinking_tokens"),
        )


def _message(turn: Turn, rules: CacheRules) -> Json:
    blocks = [_block(block, rules) for block in turn.blocks]
    if turn.speaker is Speaker.ASSISTANT:
        blocks[-1]["text"] = blocks[-1]["text"].rstrip()  # a last assistant turn must not end in white space
    return {"role": turn.speaker.value, "content": blocks}


def _block(block: PromptBlock, rules: CacheRules) -> Json:
    result: Json = {"type": "text", "text": block.text}
    if block.mark:
        control = {"type": "ephemeral"}
        if block.long and rules.long_ttl_s is not None:
            control["ttl"] = "1h"
        result["cache_control"] = control
    return result


def _stop(request: ModelRequest, facts: ModelFacts) -> Json:
    """Stop strings of white space only are refused by the API; ``client`` holds the answer to them."""
    strings = [text for text in request.stop if text.strip()][: facts.stop_sequences]
    return {"stop_sequences": strings} if strings else {}


def _output(request: ModelRequest, resolved: ResolvedModel) -> Json:
    config: Json = {}
    level = effort(request, resolved.facts)
    if level is not None:
        config["effort"] = level
    schema = schema_of(request, resolved)
    if schema is not None and not request.warms:
        config["format"] = {"type": "json_schema", "schema": dict(schema.schema)}
    return {"output_config": config} if config else {}
