"""llama.cpp's own FIM endpoint ``/infill`` and what tells about the server.

Source: llama-server's README and behaviour (b11669). The prompt is cut as the server cuts it: the last three quarters
of a batch of the prefix, the first quarter of the suffix, and as much of the end of the extra files as the context
leaves. ``prompt`` is the beginning of the current line: it follows the prefix whole and takes its room from the
suffix. ``n_predict: 0`` still samples one token. Owner of no state beyond one answer.
"""

from __future__ import annotations

from typing import Any

from tierwise.simulator.answer import Answer
from tierwise.simulator.bodies import (
    JsonObject,
    RawRequest,
    count_field,
    dump,
    flag_field,
    objects_field,
    sse,
    strings_field,
    text_field,
)
from tierwise.simulator.caching.prompt import BYTES_PER_TOKEN, CacheBlock, CachePrompt, tokens_of
from tierwise.simulator.call import LLAMA_MODEL, ApiError, Call, Wire, bad_request
from tierwise.simulator.script import Stop
from tierwise.simulator.table import model_rules
from tierwise.simulator.wires.completions import timings

BATCH_TOKENS = 2_048
CONTEXT_TOKENS = 8_192
SLOTS = 4
STOP_TYPES = {Stop.END: "eos", Stop.LENGTH: "limit", Stop.STOP_SEQUENCE: "word", Stop.REFUSAL: "eos"}


def parse_infill(raw: RawRequest) -> Call:
    """Read ``/infill``; both sides of the cursor are required."""
    body = raw.body
    for name in ("input_prefix", "input_suffix"):
        if name not in body:
            raise bad_request(f"[json.exception.out_of_range.403] key '{name}' not found")
    extra = objects_field(body, "input_extra")
    for item in extra:
        if not isinstance(item.get("text"), str):
            raise bad_request('extra_context chunk must contain a "text" field with a string value')
    prefix, line = text_field(body, "input_prefix"), text_field(body, "prompt", "")
    suffix = text_field(body, "input_suffix")
    predict = body.get("n_predict", -1)
    limit = max(1, predict) if isinstance(predict, int) and predict >= 0 else None
    model = text_field(body, "model", LLAMA_MODEL)
    prompt = CachePrompt(
        model,
        _rendered(extra, prefix, line, suffix, limit),
        slot=count_field(body, "id_slot", least=-1),
        enabled=flag_field(body, "cache_prompt", default=True),
    )
    files = "".join(f"{item.get('filename', '')}\n{item['text']}\n" for item in extra)
    return Call(
        Wire.INFILL,
        raw.provider,
        raw.path,
        model,
        model_rules(raw.provider, model),
        body,
        raw.headers,
        prompt,
        text=files + prefix + line + suffix,
        prefix=prefix + line,
        suffix=suffix,
        stream=flag_field(body, "stream"),
        max_tokens=limit,
        stop=strings_field(body, "stop"),
        thinks=False,
    )


def _rendered(
    extra: list[JsonObject], prefix: str, line: str, suffix: str, limit: int | None
) -> tuple[CacheBlock, ...]:
    files = "".join(f"<file>{item.get('filename', 'tmp')}\n{item['text']}" for item in extra).encode()
    room = max(0, CONTEXT_TOKENS - BATCH_TOKENS - 2 * (limit or 0)) * BYTES_PER_TOKEN
    before = prefix.encode()[-(BATCH_TOKENS * 3 // 4) * BYTES_PER_TOKEN :] + line.encode()
    after = suffix.encode()[: max(0, BATCH_TOKENS // 4 - 2 - tokens_of(line)) * BYTES_PER_TOKEN]
    blocks = [CacheBlock("extra", files[-room:] if room else b"")] if files and room else []
    return (*blocks, CacheBlock("prefix", before), CacheBlock("suffix", after))


class InfillAnswer:
    """One answer as llama.cpp's native events."""

    content_type = "text/event-stream"

    def __init__(self, call: Call, answer: Answer) -> None:
        self._call = call
        self._answer = answer
        self._finished = False
        self._said = ""

    def opening(self, *, finish_first: bool) -> list[bytes]:
        """Nothing precedes the text, unless the end does."""
        self._finished = finish_first
        return [sse(self._final(""))] if finish_first else []

    def thought(self, piece: str) -> list[bytes]:
        """This wire has no thinking."""
        del piece
        return []

    def piece(self, text: str) -> list[bytes]:
        """A piece of the text."""
        self._said += text
        counts = {"tokens_predicted": tokens_of(self._said), "tokens_evaluated": self._answer.use.input_tokens}
        return [sse({"index": 0, "content": text, "tokens": [], "stop": False, "id_slot": -1, **counts})]

    def closing(self) -> list[bytes]:
        """The event with ``stop: true`` and the timings."""
        return [] if self._finished else [sse(self._final(""))]

    def error(self, error: ApiError) -> list[bytes]:
        """llama.cpp sends its error object as an event."""
        body = {"code": error.status, "message": error.message, "type": "server_error"}
        return [b"error: " + dump(body) + b"\n\n", sse({"error": body})]

    def malformed(self) -> bytes:
        """An event that ends in its middle."""
        return b'data: {"index":0,"content":"\n\n'

    def noise(self) -> list[bytes]:
        """The comments of ``sse_ping_interval``, and a progress event."""
        progress = {"total": self._answer.use.input_tokens, "cache": 0, "processed": 0, "time_ms": 0}
        return [b":\n\n", sse({"index": 0, "content": "", "stop": False, "prompt_progress": progress})]

    def whole(self) -> bytes:
        """The final object with all text."""
        return dump(self._final(self._answer.text))

    def _final(self, content: str) -> dict[str, Any]:
        answer = self._answer
        return {
            "index": 0,
            "content": content,
            "tokens": [],
            "id_slot": self._slot(),
            "stop": True,
            "model": self._call.answering_model,
            "tokens_predicted": answer.output_tokens,
            "tokens_evaluated": answer.use.input_tokens,
            "has_new_line": "\n" in answer.text,
            "truncated": False,
            "stop_type": STOP_TYPES[answer.stop],
            "stopping_word": answer.stop_sequence or "",
            "tokens_cached": answer.use.input_tokens + max(0, answer.output_tokens - 1),
            "timings": timings(answer),
        }

    def _slot(self) -> int:
        slot = self._call.prompt.slot
        return slot if slot is not None and slot >= 0 else 0
