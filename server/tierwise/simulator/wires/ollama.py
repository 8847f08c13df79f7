"""Ollama's native ``/api/generate``: one JSON object a line, streaming unless told otherwise.

Source: Ollama's API documentation (0.40). Owner of no state beyond one answer.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, cast

from tierwise.simulator.answer import Answer
from tierwise.simulator.bodies import (
    JsonObject,
    RawRequest,
    dump,
    flag_field,
    object_field,
    strings_field,
    text_field,
)
from tierwise.simulator.caching.prompt import CacheBlock, CachePrompt
from tierwise.simulator.call import ApiError, Call, Wire
from tierwise.simulator.script import Stop
from tierwise.simulator.table import model_rules

DONE_REASONS = {Stop.END: "stop", Stop.LENGTH: "length", Stop.STOP_SEQUENCE: "stop", Stop.REFUSAL: "stop"}


def parse_generate(raw: RawRequest) -> Call:
    """Read ``/api/generate``. Without a prompt it only loads the model."""
    body = raw.body
    model = text_field(body, "model")
    options = object_field(body, "options") or {}
    prompt, suffix = text_field(body, "prompt", ""), text_field(body, "suffix", "")
    system = text_field(body, "system", "")
    predict = options.get("num_predict")
    form = body.get("format")
    blocks = [CacheBlock("system", system.encode())] if system else []
    blocks.append(CacheBlock("user", prompt.encode()))
    if suffix:
        blocks.append(CacheBlock("suffix", suffix.encode()))
    return Call(
        Wire.OLLAMA,
        raw.provider,
        raw.path,
        model,
        model_rules(raw.provider, model),
        body,
        raw.headers,
        CachePrompt(model, tuple(blocks)),
        text=system + prompt + suffix,
        system=system,
        prefix=prompt,
        suffix=suffix,
        stream=flag_field(body, "stream", default=True),
        max_tokens=0 if not prompt and not suffix else _limit(predict),
        stop=strings_field(options, "stop"),
        schema=cast("JsonObject", form) if isinstance(form, dict) else None,
        thinks=body.get("think") is True,
        extra={"load": not prompt and not suffix},
    )


class GenerateAnswer:
    """One answer as lines of JSON."""

    content_type = "application/x-ndjson"

    def __init__(self, call: Call, answer: Answer) -> None:
        self._call = call
        self._answer = answer
        self._finished = False

    def opening(self, *, finish_first: bool) -> list[bytes]:
        """Nothing precedes the text, unless the end does."""
        self._finished = finish_first
        return [self._line(self._final(""))] if finish_first else []

    def thought(self, piece: str) -> list[bytes]:
        """A line with ``thinking``."""
        return [self._line({"response": "", "thinking": piece, "done": False})]

    def piece(self, text: str) -> list[bytes]:
        """A line with ``response``."""
        return [self._line({"response": text, "done": False})]

    def closing(self) -> list[bytes]:
        """The line with ``done: true`` and the counts."""
        return [] if self._finished else [self._line(self._final(""))]

    def error(self, error: ApiError) -> list[bytes]:
        """A line with ``error``."""
        return [dump({"error": error.message}) + b"\n"]

    def malformed(self) -> bytes:
        """A line that ends in its middle."""
        return b'{"model":"sim","response":"\n'

    def noise(self) -> list[bytes]:
        """An empty line, and one with a field of a later version."""
        return [b"\n", self._line({"response": "", "done": False, "future": 1})]

    def whole(self) -> bytes:
        """The last line with all text."""
        thinking = {"thinking": self._answer.thought} if self._answer.thinking else {}
        return dump({**self._head(), **thinking, **self._final(self._answer.text)})

    def _final(self, text: str) -> dict[str, Any]:
        if self._call.extra.get("load"):
            return {"response": "", "done": True, "done_reason": "load"}
        use = self._answer.use
        return {
            "response": text,
            "done": True,
            "done_reason": DONE_REASONS[self._answer.stop],
            "total_duration": 0,
            "load_duration": 0,
            "prompt_eval_count": use.input_tokens,
            "prompt_eval_cached_count": use.read_tokens,
            "prompt_eval_duration": 0,
            "eval_count": self._answer.output_tokens,
            "eval_duration": 0,
        }

    def _line(self, fields: JsonObject) -> bytes:
        return dump({**self._head(), **fields}) + b"\n"

    def _head(self) -> dict[str, Any]:
        created = datetime.fromtimestamp(self._answer.created, UTC).isoformat().replace("+00:00", "Z")
        return {"model": self._call.model, "created_at": created}


def _limit(predict: object) -> int | None:
    return predict if isinstance(predict, int) and predict >= 0 else None
