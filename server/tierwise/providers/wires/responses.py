"""OpenAI's Responses format: ``POST /responses``, typed server-sent events.

Pure. ``store`` is always false: an answer about a person's code is not kept at the provider. The format knows no stop
strings; ``client`` holds the answer to them. Source of the rules: OpenAI's API reference (Responses, Streaming).
"""

from __future__ import annotations

from tierwise.core.models import FinishReason, ModelRequest, PromptBlock, Speaker, Usage
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
from tierwise.providers.wires.turns import Turn, openai_cache, schema_of, strict_schema, turns
from tierwise.settings.facts import CacheStyle
from tierwise.settings.models import ResolvedModel

_FEWEST = 16
"""The API refuses a lower ``max_output_tokens``."""


class ResponsesWire:
    """The format as a ``Wire``."""

    path = "/responses"

    def body(self, request: ModelRequest, resolved: ResolvedModel) -> Json:
        facts = resolved.facts
        found = turns(request, resolved, (CacheStyle.OPENAI_MARKED,))
        result: Json = {
            "model": resolved.ref.model,
            "input": [_item(turn) for turn in found],
            "max_output_tokens": max(_FEWEST, max_tokens(request, facts)),
            "stream": True,
            "stream_options": {"include_obfuscation": False},
            "store": False,
        }
        result |= sampling(request, facts)
        level = effort(request, facts)
        if level is not None:
            result["reasoning"] = {"effort": level}
        schema = schema_of(request, resolved)
        if schema is not None:
            result["text"] = {"format": {"type": "json_schema", **strict_schema(schema)}}
        result |= openai_cache(request, facts.cache, found)
        return merged(result, facts, quiet=request.quiet)

    def reader(self) -> Reader:
        return _Reader()


class _Reader(Reader):
    def __init__(self) -> None:
        self._refused = False

    def read(self, event: Event) -> str:
        kind = text_of(event, "type")
        match kind:
            case "response.output_text.delta":
                text = text_of(event, "delta")
                self.started = self.started or bool(text)
                return text
            case "response.refusal.delta" | "response.refusal.done":
                self.started = self._refused = True
            case "response.completed" | "response.incomplete":
                self._end(mapping(event.get("response")))
            case "response.failed" | "error":
                raise ErrorEvent(mapping(event.get("response")) or event)
            case _:
                self.started = self.started or kind.startswith("response.reasoning")
        return ""

    def _end(self, response: Event) -> None:
        reason = mapping(response.get("incomplete_details")).get("reason")
        if self._refused or reason == "content_filter":
            self.finish = FinishReason.REFUSAL
        elif reason == "max_output_tokens":
            self.finish = FinishReason.LENGTH
        else:
            self.finish = FinishReason.UNKNOWN if reason else FinishReason.STOP
        usage = mapping(response.get("usage"))
        if usage:
            self.usage = _usage(usage)


def _item(turn: Turn) -> Json:
    kind = "output_text" if turn.speaker is Speaker.ASSISTANT else "input_text"
    return {"role": turn.speaker.value, "content": [_part(block, kind) for block in turn.blocks]}


def _part(block: PromptBlock, kind: str) -> Json:
    result: Json = {"type": kind, "text": block.text}
    if block.mark and kind == "input_text":  # the API takes break points on input only
        result["prompt_cache_breakpoint"] = {"mode": "explicit"}
    return result


def _usage(usage: Event) -> Usage:
    prompt = mapping(usage.get("input_tokens_details"))
    return tokens(
        count(usage, "input_tokens"),
        count(usage, "output_tokens"),
        cached=count(prompt, "cached_tokens"),
        written=count(prompt, "cache_write_tokens"),
        written_long=count(mapping(prompt.get("cache_write_tokens_details")), "ttl_12h_tokens"),
        reasoning=count(mapping(usage.get("output_tokens_details")), "reasoning_tokens"),
    )
