"""A chat prompt's blocks as turns: what the chat formats share.

Owner of no state. Keeps the order and the bytes of the blocks: a prefix that is the same stays the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

from tierwise.core.models import ChatPrompt, ModelRequest, PromptBlock, Schema, Speaker
from tierwise.providers.errors import unsuitable
from tierwise.providers.wires.base import Json
from tierwise.settings.facts import CacheRules, CacheStyle
from tierwise.settings.models import ResolvedModel

_RETENTION_S = 24 * 3600
"""The longer of the two retentions of OpenAI's models before GPT-5.6."""


@dataclass(frozen=True, slots=True)
class Turn:
    """Neighbouring blocks of one speaker."""

    speaker: Speaker
    blocks: tuple[PromptBlock, ...]

    @property
    def marked(self) -> bool:
        return any(block.mark for block in self.blocks)

    @property
    def joined(self) -> str:
        """The blocks as one text. A block that does not end its line is ended, so that two never run into one."""
        *head, last = (block.text for block in self.blocks)
        return "".join(text if text.endswith("\n") else text + "\n" for text in head) + last


def turns(request: ModelRequest, resolved: ResolvedModel, styles: tuple[CacheStyle, ...]) -> tuple[Turn, ...]:
    """The prompt in turns. Blank blocks are left out (a message without text is an error on most wires), and so is
    the beginning of an answer where the model takes none or a schema rules the answer. Marks stay only where the
    model's cache is one of ``styles``, the last ``max_marks`` of them: they end the longest prefixes.

    Raises BadRequest for a prompt that is no chat.
    """
    if not isinstance(request.prompt, ChatPrompt):
        raise unsuitable(resolved.ref, "it holds chats, and this prompt is for completing code at a place (kind = fim)")
    facts = resolved.facts
    blocks = [block for block in request.prompt.blocks if block.text.strip()]
    grouped = [
        Turn(speaker, tuple(group)) for speaker, group in groupby(_marked(blocks, facts.cache, styles), _speaker)
    ]
    takes_prefill = facts.prefill and not (request.schema and facts.json_schema)
    if grouped and grouped[-1].speaker is Speaker.ASSISTANT and not takes_prefill:
        grouped.pop()
    if not any(turn.speaker is Speaker.USER for turn in grouped):
        raise unsuitable(resolved.ref, "the prompt asks nothing")
    return tuple(grouped)


def schema_of(request: ModelRequest, resolved: ResolvedModel) -> Schema | None:
    """The schema, where the model can be held to one."""
    return request.schema if resolved.facts.json_schema else None


def strict_schema(schema: Schema) -> dict[str, Any]:
    """The schema in the words that both OpenAI wires use."""
    return {"name": schema.name, "schema": dict(schema.schema), "strict": True}


def openai_cache(request: ModelRequest, rules: CacheRules, found: Sequence[Turn]) -> Json:
    """The fields with which OpenAI's cache is steered. With marks of our own the implicit one is turned off: it
    would write the volatile end of the prompt, at the price of a write, on every request.
    """
    fields: Json = {}
    if request.cache_key and rules.style in (CacheStyle.OPENAI, CacheStyle.OPENAI_MARKED):
        fields["prompt_cache_key"] = request.cache_key
    long = any(block.long for turn in found for block in turn.blocks if block.stable)
    if rules.style is CacheStyle.OPENAI and long and rules.long_ttl_s == _RETENTION_S:
        fields["prompt_cache_retention"] = "24h"
    if rules.style is CacheStyle.OPENAI_MARKED and any(turn.marked for turn in found):
        options: Json = {"mode": "explicit"}
        if long and rules.long_ttl_s is not None:
            options["ttl"] = "12h"
        if request.warms and rules.prewarm:
            options["prewarm"] = True
        fields["prompt_cache_options"] = options
    return fields


def _marked(blocks: list[PromptBlock], rules: CacheRules, styles: tuple[CacheStyle, ...]) -> list[PromptBlock]:
    allowed = rules.max_marks if rules.style in styles else 0
    surplus = sum(block.mark for block in blocks) - allowed
    kept: list[PromptBlock] = []
    for block in blocks:
        if block.mark and surplus > 0:
            surplus -= 1
            block = replace(block, mark=False)
        kept.append(block)
    return kept


def _speaker(block: PromptBlock) -> Speaker:
    return block.speaker
