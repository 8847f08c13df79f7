"""OpenAI's Chat Completions format, as OpenAI and everyone compatible speaks it: ``POST /chat/completions``.

Pure. Servers differ in what they refuse, so nothing is sent that neither the request nor the model's facts ask for.
Content is plain text unless the model's cache takes marks, because not every compatible server takes content parts; it
does not depend on where the marks are, because a prefix must not change when a mark moves on.
"""

from __future__ import annotations

from tierwise.core.models import ModelRequest, PromptBlock
from tierwise.providers.wires.base import Json, Reader, effort, max_tokens, merged, sampling, stop
from tierwise.providers.wires.chunks import ChunkReader, usage_option
from tierwise.providers.wires.turns import Turn, openai_cache, schema_of, strict_schema, turns
from tierwise.settings.facts import CacheStyle, ModelFacts
from tierwise.settings.models import ProviderKind, ResolvedModel

_MARKED = (CacheStyle.DASHSCOPE, CacheStyle.OPENAI_MARKED)


class ChatWire:
    """The format as a ``Wire``."""

    path = "/chat/completions"

    def body(self, request: ModelRequest, resolved: ResolvedModel) -> Json:
        facts = resolved.facts
        found = turns(request, resolved, _MARKED)
        result: Json = {
            "model": resolved.ref.model,
            "messages": [_message(turn, facts.cache.style) for turn in found],
            facts.max_tokens_field: max_tokens(request, facts),
            "stream": True,
        }
        result |= _options(resolved) | sampling(request, facts) | stop(request, facts, "stop") | _effort(request, facts)
        schema = schema_of(request, resolved)
        if schema is not None:
            result["response_format"] = {"type": "json_schema", "json_schema": strict_schema(schema)}
        result |= openai_cache(request, facts.cache, found) | _slot(resolved)
        return merged(result, facts, quiet=request.quiet)

    def reader(self) -> Reader:
        return ChunkReader()


def _message(turn: Turn, style: CacheStyle) -> Json:
    if style in _MARKED:
        return {"role": turn.speaker.value, "content": [_part(block, style) for block in turn.blocks]}
    return {"role": turn.speaker.value, "content": turn.joined}


def _part(block: PromptBlock, style: CacheStyle) -> Json:
    result: Json = {"type": "text", "text": block.text}
    if block.mark and style is CacheStyle.DASHSCOPE:
        result["cache_control"] = {"type": "ephemeral"}
    elif block.mark:
        result["prompt_cache_breakpoint"] = {"mode": "explicit"}
    return result


def _options(resolved: ResolvedModel) -> Json:
    fields = usage_option(resolved.facts)
    if fields and resolved.provider.kind is ProviderKind.OPENAI:
        fields["stream_options"]["include_obfuscation"] = False  # padding against traffic analysis: bytes, no content
    return fields


def _slot(resolved: ResolvedModel) -> Json:
    """llama.cpp chooses the slot that holds the longest beginning of the prompt, unless the settings name one."""
    if resolved.facts.cache.style is not CacheStyle.LLAMA_CPP:
        return {}
    slot = resolved.provider.slot
    return {"cache_prompt": True} | ({} if slot is None else {"id_slot": slot})


def _effort(request: ModelRequest, facts: ModelFacts) -> Json:
    level = effort(request, facts)
    return {} if level is None else {"reasoning_effort": level}
