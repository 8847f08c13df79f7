"""The answer to one call, ready to be written on a wire: pieces, reason of the end, usage.

Owner of no state. Must never depend on a wire: limits and stop strings hold the same everywhere.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol, cast

from tierwise.simulator.caching.prompt import BYTES_PER_TOKEN, CacheUse, tokens_of
from tierwise.simulator.call import ApiError, Call
from tierwise.simulator.script import Reply, Stop

_WORDS = re.compile(r"\s*\S+\s*$|\s*\S+|\s+$")


@dataclass(frozen=True, slots=True)
class Answer:
    """What is said, and what is reported of it. ``number`` is the request's number and makes identifiers readable."""

    number: int
    created: int
    chunks: tuple[str, ...]
    thinking: tuple[str, ...]
    stop: Stop
    stop_sequence: str | None
    use: CacheUse
    output_tokens: int
    thinking_tokens: int
    report_usage: bool

    @property
    def text(self) -> str:
        return "".join(self.chunks)

    @property
    def thought(self) -> str:
        return "".join(self.thinking)


class WireAnswer(Protocol):
    """One answer in the words of one wire. The lists are complete events, to be sent in order."""

    content_type: str

    def opening(self, *, finish_first: bool) -> list[bytes]:
        """What precedes the text; with ``finish_first`` the end is announced here and nothing else."""
        ...

    def thought(self, piece: str) -> list[bytes]:
        """A piece of thinking; nothing on wires that do not show it."""
        ...

    def piece(self, text: str) -> list[bytes]:
        """A piece of the answer."""
        ...

    def closing(self) -> list[bytes]:
        """The end, with the usage."""
        ...

    def error(self, error: ApiError) -> list[bytes]:
        """An error in the middle of a stream whose status was 200."""
        ...

    def malformed(self) -> bytes:
        """An event whose JSON is broken off."""
        ...

    def noise(self) -> list[bytes]:
        """Events that a client has to overlook."""
        ...

    def whole(self) -> bytes:
        """The answer without streaming."""
        ...


def make_answer(call: Call, reply: Reply, use: CacheUse, *, number: int, created: int) -> Answer:
    """Apply the request's limits to a reply and count its tokens."""
    chunks = reply.chunks if reply.chunks is not None else split_words(said(call, reply))
    chunks = tuple(chunk for chunk in chunks * reply.repeat if chunk)
    thinking = split_words(reply.thinking) if call.thinks else ()
    thinking_tokens = tokens_of(reply.thinking) if thinking else 0
    stop, sequence = reply.stop or Stop.END, None
    if not reply.ignore_limits:
        chunks, found = cut_at_stop(chunks, call.stop)
        if found is not None:
            stop, sequence = reply.stop or Stop.STOP_SEQUENCE, found
        limit = None if call.max_tokens is None else max(0, call.max_tokens - thinking_tokens)
        shorter = cut_at_tokens(chunks, limit)
        if shorter != chunks or call.max_tokens == 0:
            chunks, stop, sequence = shorter, reply.stop or Stop.LENGTH, None
    output = tokens_of("".join(chunks)) + thinking_tokens
    answer = Answer(number, created, chunks, thinking, stop, sequence, use, output, thinking_tokens, reply.report_usage)
    return _overridden(answer, reply)


def said(call: Call, reply: Reply) -> str:
    """The reply's text, or the plain default: honest about where it comes from, and of the asked shape."""
    if reply.text is not None:
        return reply.text
    if call.schema is not None:
        return json.dumps(example_of(call.schema), ensure_ascii=False)
    if call.prefix or call.suffix:
        return "pass  # simulated answer"
    return f"This is a simulated answer of {call.model}: no model read the prompt of {call.prompt.tokens} tokens."


def split_words(text: str) -> tuple[str, ...]:
    """Words with the space before them; together they are the text."""
    return tuple(_WORDS.findall(text))


def cut_at_stop(chunks: tuple[str, ...], stops: Sequence[str]) -> tuple[tuple[str, ...], str | None]:
    """The pieces before the earliest stop string, and which one it was."""
    text = "".join(chunks)
    found = [(text.index(stop), stop) for stop in stops if stop and stop in text]
    if not found:
        return chunks, None
    at, stop = min(found)
    return _first_characters(chunks, at), stop


def cut_at_tokens(chunks: tuple[str, ...], limit: int | None) -> tuple[str, ...]:
    """The pieces that fit into ``limit`` tokens, never tearing a character."""
    data = "".join(chunks).encode()
    if limit is None or len(data) <= limit * BYTES_PER_TOKEN:
        return chunks
    return _first_characters(chunks, len(data[: limit * BYTES_PER_TOKEN].decode("utf-8", "ignore")))


def example_of(schema: Mapping[str, Any]) -> Any:
    """The smallest value that fits a JSON schema of the kind that structured outputs allow."""
    if "const" in schema:
        return schema["const"]
    if schema.get("enum"):
        return schema["enum"][0]
    for key in ("anyOf", "oneOf", "allOf"):
        if schema.get(key):
            return example_of(schema[key][0])
    named: object = schema.get("type", "object")
    kind = cast("list[str]", named)[0] if isinstance(named, list) else str(named)
    match kind:
        case "object":
            properties = cast("Mapping[str, Mapping[str, Any]]", schema.get("properties", {}))
            return {name: example_of(value) for name, value in properties.items()}
        case "array":
            return [example_of(schema["items"])] * int(schema.get("minItems", 0)) if schema.get("items") else []
        case "string":
            return "simulated"
        case "integer" | "number":
            return schema.get("minimum", 0)
        case "boolean":
            return False
        case _:
            return None


def _first_characters(chunks: tuple[str, ...], count: int) -> tuple[str, ...]:
    result: list[str] = []
    for chunk in chunks:
        if count <= 0:
            break
        result.append(chunk[:count])
        count -= len(chunk)
    return tuple(result)


def _overridden(answer: Answer, reply: Reply) -> Answer:
    given = reply.usage
    if given is None:
        return answer
    use = answer.use
    read = use.read_tokens if given.cache_read_tokens is None else given.cache_read_tokens
    written = use.written_short_tokens if given.cache_written_tokens is None else given.cache_written_tokens
    total = use.input_tokens if given.input_tokens is None else given.input_tokens
    output = answer.output_tokens if given.output_tokens is None else given.output_tokens
    long = 0 if given.cache_written_tokens is not None else use.written_long_tokens
    return replace(answer, use=CacheUse(total, read, written, long, use.unmarked), output_tokens=output)
