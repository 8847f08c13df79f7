"""Anthropic Messages: requests and answers. What the API refuses is in ``anthropic_rules``.

Source: the API reference and the types of SDK 2.11. Owner of no state beyond one answer.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, cast

from tierwise.simulator.answer import Answer
from tierwise.simulator.bodies import (
    JsonObject,
    RawRequest,
    canonical,
    count_field,
    dump,
    flag_field,
    object_field,
    objects_field,
    sse,
    strings_field,
    text_field,
)
from tierwise.simulator.caching.prompt import CacheBlock, CachePrompt, Lifetime
from tierwise.simulator.call import LLAMA_MODEL, ApiError, Call, Wire, bad_request
from tierwise.simulator.script import Stop
from tierwise.simulator.table import ModelRules, model_rules
from tierwise.simulator.wires import anthropic_rules as refusals
from tierwise.simulator.wires.completions import fitting

LEAN_USAGE = frozenset({"llama.cpp", "ollama", "lmstudio", "vllm"})
"""Servers that speak this wire, send no pings and report the least; observed of llama.cpp, assumed of the others."""

STOP_REASONS = {
    Stop.END: "end_turn",
    Stop.LENGTH: "max_tokens",
    Stop.STOP_SEQUENCE: "stop_sequence",
    Stop.REFUSAL: "refusal",
}


def parse(raw: RawRequest) -> Call:
    """Read ``POST /v1/messages``. Raises ApiError for what the API refuses."""
    call = _parse(raw, Wire.ANTHROPIC)
    if raw.provider == "anthropic":
        if call.max_tokens is None:
            raise bad_request("max_tokens: Field required")
        refusals.check(call)
    elif raw.provider == "llama.cpp":
        call = replace(fitting(call), max_tokens=None if call.max_tokens is None else max(1, call.max_tokens))
    return call


def parse_count(raw: RawRequest) -> Call:
    """Read ``POST /v1/messages/count_tokens``, which takes the same prompt."""
    return _parse(raw, Wire.COUNT_TOKENS)


def token_count(call: Call) -> bytes:
    """The answer to ``count_tokens``."""
    return dump({"input_tokens": call.prompt.tokens})


def _parse(raw: RawRequest, wire: Wire) -> Call:
    body = raw.body
    model = text_field(body, "model", LLAMA_MODEL if raw.provider == "llama.cpp" else None)
    rules = model_rules(raw.provider, model)
    blocks = tuple(_with_automatic_mark(body, list(_blocks(body, rules))))
    schema = (object_field(object_field(body, "output_config") or {}, "format") or {}).get("schema")
    thinking = object_field(body, "thinking") or {}
    prompt = CachePrompt(model, blocks, namespace=raw.namespace)
    return Call(
        wire,
        raw.provider,
        raw.path,
        model,
        rules,
        body,
        raw.headers,
        prompt,
        text="\n".join(_texts(body)),
        system="\n".join(_system_texts(body)),
        stream=flag_field(body, "stream"),
        max_tokens=count_field(body, "max_tokens"),
        stop=strings_field(body, "stop_sequences"),
        schema=cast("JsonObject | None", schema),
        thinks=thinking.get("type") in ("adaptive", "enabled") or (not thinking and "adaptive" in rules.thinking),
        extra={"thinking_omitted": thinking.get("display") == "omitted"},
    )


def _blocks(body: JsonObject, rules: ModelRules) -> Iterator[CacheBlock]:
    """All blocks in cache order, with what else invalidates them: speed from the system on, the rest from messages."""
    for tool in objects_field(body, "tools"):
        yield CacheBlock("tools", canonical(tool, "cache_control"), _mark(tool))
    speed = f"speed={body.get('speed') or 'standard'}"
    for block in _content(body, "system"):
        yield CacheBlock("system", _identity(block), _mark(block), salt=speed)
    config = object_field(body, "output_config") or {}
    thinking = canonical(object_field(body, "thinking") or {}, "display").decode()
    choice = canonical(object_field(body, "tool_choice") or {}).decode()
    salt = f"{speed} thinking={thinking} effort={config.get('effort') or rules.default_effort} choice={choice}"
    for turn, message in enumerate(objects_field(body, "messages"), 1):
        role = text_field(message, "role")
        for block in _content(message, "content"):
            yield CacheBlock(role, _identity(block), _mark(block), turn, salt)


def _with_automatic_mark(body: JsonObject, blocks: list[CacheBlock]) -> list[CacheBlock]:
    """Top-level ``cache_control`` marks the last block that can be cached, and takes one of the four marks."""
    control = object_field(body, "cache_control")
    if control is None or not blocks:
        return blocks
    lifetime = _mark({"cache_control": control})
    if blocks[-1].mark is not None and blocks[-1].mark is not lifetime:
        raise bad_request("cache_control: the last block already has a cache_control with a different ttl")
    if blocks[-1].mark is None and sum(block.mark is not None for block in blocks) >= refusals.MAX_MARKS:
        raise bad_request("cache_control: automatic caching needs one of the 4 breakpoints, but all 4 are in use")
    last = blocks[-1]
    return [*blocks[:-1], CacheBlock(last.section, last.content, lifetime, last.turn, last.salt)]


def _content(holder: JsonObject, name: str) -> list[JsonObject]:
    """A string is short for one text block."""
    value = holder.get(name)
    return [{"type": "text", "text": value}] if isinstance(value, str) else objects_field(holder, name)


def _identity(block: JsonObject) -> bytes:
    if block.get("type") == "text":
        return text_field(block, "text").encode()
    return canonical(block, "cache_control")


def _mark(block: JsonObject) -> Lifetime | None:
    control = object_field(block, "cache_control")
    if control is None:
        return None
    if control.get("type") != "ephemeral":
        raise bad_request("cache_control.type: Input should be 'ephemeral'")
    match control.get("ttl", "5m"):
        case "5m":
            return Lifetime.SHORT
        case "1h":
            return Lifetime.LONG
        case _:
            raise bad_request("cache_control.ttl: Input should be '5m' or '1h'")


def _system_texts(body: JsonObject) -> list[str]:
    return [str(block.get("text", "")) for block in _content(body, "system")]


def _texts(body: JsonObject) -> list[str]:
    texts = _system_texts(body)
    for message in objects_field(body, "messages"):
        texts += [str(block["text"]) for block in _content(message, "content") if "text" in block]
    return texts


class AnthropicAnswer:
    """One answer as Messages events."""

    content_type = "text/event-stream; charset=utf-8"

    def __init__(self, call: Call, answer: Answer) -> None:
        self._call = call
        self._answer = answer
        self._lean = call.provider in LEAN_USAGE
        self._index = -1
        self._open: str | None = None

    def opening(self, *, finish_first: bool) -> list[bytes]:
        """``message_start``, which llama.cpp was seen to leave out."""
        if finish_first:
            return []
        message: dict[str, Any] = {**self._head(), "content": [], "stop_reason": None, "stop_sequence": None}
        usage = {**self._usage(), "output_tokens": 0 if self._lean else 1}
        start = _event({"type": "message_start", "message": {**message, "usage": usage}})
        return [start] if self._lean else [start, _event({"type": "ping"})]

    def thought(self, piece: str) -> list[bytes]:
        """``thinking_delta``; with ``display: omitted`` the block stays empty."""
        events = self._enter("thinking", {"type": "thinking", "thinking": "", "signature": ""})
        if self._call.extra.get("thinking_omitted"):
            return events
        return [*events, self._delta({"type": "thinking_delta", "thinking": piece})]

    def piece(self, text: str) -> list[bytes]:
        """``text_delta``."""
        events = self._enter("text", {"type": "text", "text": ""})
        return [*events, self._delta({"type": "text_delta", "text": text})]

    def closing(self) -> list[bytes]:
        """``content_block_stop``, ``message_delta`` with the usage so far, ``message_stop``."""
        delta = {"stop_reason": STOP_REASONS[self._answer.stop], "stop_sequence": self._answer.stop_sequence}
        usage = {"output_tokens": self._answer.output_tokens} if self._lean else self._usage()
        end = _event({"type": "message_delta", "delta": delta, "usage": usage})
        return [*self._leave(), end, _event({"type": "message_stop"})]

    def error(self, error: ApiError) -> list[bytes]:
        """``event: error``."""
        body = {"type": "error", "error": {"type": error.kind, "message": error.message}}
        return [_event(body)]

    def malformed(self) -> bytes:
        """A delta that ends in its middle."""
        return b'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"te\n\n'

    def noise(self) -> list[bytes]:
        """A ping, a comment and an event of a later version of the API."""
        return [_event({"type": "ping"}), b": keep-alive\n\n", _event({"type": "future_event", "value": 1})]

    def whole(self) -> bytes:
        """The message."""
        content: list[JsonObject] = []
        if self._answer.thinking:
            shown = "" if self._call.extra.get("thinking_omitted") else self._answer.thought
            content.append({"type": "thinking", "thinking": shown, "signature": "c2ltdWxhdGVk"})
        if self._answer.text:
            content.append({"type": "text", "text": self._answer.text})
        end = {"stop_reason": STOP_REASONS[self._answer.stop], "stop_sequence": self._answer.stop_sequence}
        return dump({**self._head(), "content": content, **end, "usage": self._usage()})

    def _head(self) -> dict[str, Any]:
        name = f"msg_sim{self._answer.number:06d}"
        return {"id": name, "type": "message", "role": "assistant", "model": self._call.answering_model}

    def _usage(self) -> dict[str, Any]:
        use = self._answer.use
        if self._lean:
            tokens = {"input_tokens": use.plain_tokens, "output_tokens": self._answer.output_tokens}
            return {"cache_read_input_tokens": use.read_tokens, **tokens}
        return {
            "input_tokens": use.plain_tokens,
            "cache_creation_input_tokens": use.written_tokens,
            "cache_read_input_tokens": use.read_tokens,
            "cache_creation": {
                "ephemeral_5m_input_tokens": use.written_short_tokens,
                "ephemeral_1h_input_tokens": use.written_long_tokens,
            },
            "output_tokens": self._answer.output_tokens,
            "output_tokens_details": {"thinking_tokens": self._answer.thinking_tokens},
            "service_tier": "standard",
        }

    def _enter(self, kind: str, block: JsonObject) -> list[bytes]:
        if self._open == kind:
            return []
        events = self._leave()
        self._index += 1
        self._open = kind
        return [*events, _event({"type": "content_block_start", "index": self._index, "content_block": block})]

    def _leave(self) -> list[bytes]:
        if self._open is None:
            return []
        events: list[bytes] = []
        if self._open == "thinking":
            events.append(self._delta({"type": "signature_delta", "signature": "c2ltdWxhdGVk"}))
        self._open = None
        return [*events, _event({"type": "content_block_stop", "index": self._index})]

    def _delta(self, delta: JsonObject) -> bytes:
        return _event({"type": "content_block_delta", "index": self._index, "delta": delta})


def _event(data: dict[str, Any]) -> bytes:
    return sse(data, data["type"])
