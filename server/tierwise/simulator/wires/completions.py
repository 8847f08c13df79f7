"""Plain completions and the FIM dialects that look like them: vLLM, llama.cpp, DeepSeek beta, Mistral.

vLLM refuses ``suffix``; llama.cpp overlooks it. DeepSeek's beta takes it and answers at most 4,096 tokens. Mistral
answers its FIM endpoint in the shape of a chat completion. Owner of no state beyond one answer.
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
    number_field,
    object_field,
    sse,
    strings_field,
    text_field,
)
from tierwise.simulator.caching.prompt import CacheBlock, CachePrompt
from tierwise.simulator.call import ApiError, Call, Wire, bad_request
from tierwise.simulator.script import Stop
from tierwise.simulator.table import model_rules
from tierwise.simulator.wires.compatible import refuse_unknown

FINISH_REASONS = {
    Stop.END: "stop",
    Stop.LENGTH: "length",
    Stop.STOP_SEQUENCE: "stop",
    Stop.REFUSAL: "content_filter",
}
DEEPSEEK_LIMIT = 4_096
MISTRAL_FIM_FIELDS = frozenset(
    {
        "model",
        "prompt",
        "suffix",
        "max_tokens",
        "min_tokens",
        "stop",
        "stream",
        "temperature",
        "top_p",
        "random_seed",
        "metadata",
    }
)
DEFAULT_MAX_TOKENS = 16
"""What ``/v1/completions`` answers when the request does not say how much."""


def parse_completions(raw: RawRequest) -> Call:
    """Read ``/v1/completions``."""
    if raw.body.get("suffix") is not None and raw.provider == "vllm":
        raise bad_request("suffix is not currently supported", param="suffix", kind="BadRequestError")
    prompt = text_field(raw.body, "prompt")
    limit = count_field(raw.body, "max_tokens")
    fallback = None if raw.provider == "llama.cpp" else DEFAULT_MAX_TOKENS
    return fitting(_fim_call(Wire.COMPLETIONS, raw, prompt, "", fallback if limit is None else limit))


def parse_deepseek(raw: RawRequest) -> Call:
    """Read DeepSeek's ``/beta/completions``."""
    limit = count_field(raw.body, "max_tokens", least=1)
    if limit is not None and limit > DEEPSEEK_LIMIT:
        raise bad_request(f"Invalid max_tokens value, the valid range of max_tokens is [1, {DEEPSEEK_LIMIT}]")
    prompt = text_field(raw.body, "prompt")
    suffix = text_field(raw.body, "suffix", "")
    return _fim_call(Wire.DEEPSEEK_FIM, raw, prompt, suffix, limit or DEEPSEEK_LIMIT)


def parse_mistral(raw: RawRequest) -> Call:
    """Read Mistral's ``/v1/fim/completions``, which refuses names that it does not know."""
    refuse_unknown(raw.body, MISTRAL_FIM_FIELDS)
    number_field(raw.body, "temperature", 0, 1.5)
    prompt, suffix = text_field(raw.body, "prompt"), text_field(raw.body, "suffix", "")
    return _fim_call(Wire.MISTRAL_FIM, raw, prompt, suffix, count_field(raw.body, "max_tokens"))


def _fim_call(wire: Wire, raw: RawRequest, prompt: str, suffix: str, max_tokens: int | None) -> Call:
    body = raw.body
    model = text_field(body, "model", "simulated")
    blocks = [CacheBlock("user", prompt.encode())]
    if suffix:
        blocks.append(CacheBlock("suffix", suffix.encode()))
    key = str(body.get("cache_salt") or "")
    slot = count_field(body, "id_slot", least=-1)
    options = object_field(body, "stream_options") or {}
    return Call(
        wire,
        raw.provider,
        raw.path,
        model,
        model_rules(raw.provider, model),
        body,
        raw.headers,
        CachePrompt(
            model,
            tuple(blocks),
            raw.namespace,
            key,
            slot=slot,
            enabled=flag_field(body, "cache_prompt", default=True),
        ),
        text=prompt + suffix,
        prefix=prompt,
        suffix=suffix,
        stream=flag_field(body, "stream"),
        max_tokens=max_tokens,
        stop=strings_field(body, "stop", most=16),
        thinks=False,
        extra={"usage": options.get("include_usage") is True},
    )


class CompletionsAnswer:
    """One answer as ``text_completion`` objects."""

    content_type = "text/event-stream; charset=utf-8"

    def __init__(self, call: Call, answer: Answer) -> None:
        self._call = call
        self._answer = answer
        self._finished = False

    def opening(self, *, finish_first: bool) -> list[bytes]:
        """Nothing precedes the text, unless the end does."""
        self._finished = finish_first
        return [self._chunk("", FINISH_REASONS[self._answer.stop])] if finish_first else []

    def thought(self, piece: str) -> list[bytes]:
        """This wire has no thinking."""
        del piece
        return []

    def piece(self, text: str) -> list[bytes]:
        """A piece of the text."""
        return [self._chunk(text)]

    def closing(self) -> list[bytes]:
        """The finish reason, the usage where it is asked for or given anyway, ``[DONE]``."""
        usage = {"usage": self._usage()} if self._answer.report_usage else {}
        if self._call.provider == "llama.cpp" and not self._finished:
            choice = self._choice("", FINISH_REASONS[self._answer.stop])
            return [sse({**self._head(), "choices": [choice], **usage, **self._timings()}), sse(b"[DONE]")]
        events = [] if self._finished else [self._chunk("", FINISH_REASONS[self._answer.stop])]
        if usage and (self._call.extra.get("usage") or self._call.provider == "deepseek"):
            events.append(sse({**self._head(), "choices": [], **usage}))
        return [*events, sse(b"[DONE]")]

    def error(self, error: ApiError) -> list[bytes]:
        """An object with ``error`` in place of a chunk."""
        return [sse({"error": {"message": error.message, "type": error.kind, "param": None, "code": error.status}})]

    def malformed(self) -> bytes:
        """A chunk that ends in its middle."""
        return b'data: {"id":"cmpl-sim","object":"text_completion","choices":[{"index":0,"te\n\n'

    def noise(self) -> list[bytes]:
        """A comment and a chunk without choices."""
        return [b": ping\n\n", sse({**self._head(), "choices": []})]

    def whole(self) -> bytes:
        """The completion."""
        choice = self._choice(self._answer.text, FINISH_REASONS[self._answer.stop])
        usage = {"usage": self._usage()} if self._answer.report_usage else {}
        return dump({**self._head(), "choices": [choice], **usage, **self._timings()})

    def _chunk(self, text: str, finish: str | None = None) -> bytes:
        return sse({**self._head(), "choices": [self._choice(text, finish)]})

    def _choice(self, text: str, finish: str | None) -> JsonObject:
        return {"index": 0, "text": text, "logprobs": None, "finish_reason": finish}

    def _usage(self) -> dict[str, Any]:
        use, output = self._answer.use, self._answer.output_tokens
        usage: dict[str, Any] = {"prompt_tokens": use.input_tokens, "completion_tokens": output}
        usage["total_tokens"] = use.input_tokens + output
        if self._call.rules.report_cached:
            usage["prompt_tokens_details"] = {"cached_tokens": use.read_tokens}
        if self._call.provider == "deepseek":
            usage["prompt_cache_hit_tokens"] = use.read_tokens
            usage["prompt_cache_miss_tokens"] = use.input_tokens - use.read_tokens
        return usage

    def _timings(self) -> dict[str, Any]:
        if self._call.provider != "llama.cpp":
            return {}
        return {"timings": timings(self._answer)}

    def _head(self) -> dict[str, Any]:
        name = f"cmpl-sim{self._answer.number:06d}"
        head = {"id": name, "object": "text_completion", "created": self._answer.created}
        return {**head, "model": self._call.answering_model}


def fitting(call: Call) -> Call:
    """The call; 400 in the words of a local server if its prompt is longer than the context."""
    tokens, context = call.prompt.tokens, call.rules.input_tokens
    if call.provider == "llama.cpp" and tokens > context:
        message = f"request ({tokens} tokens) exceeds the available context size ({context} tokens), try increasing it"
        raise ApiError(400, "exceed_context_size_error", message)
    return call


def timings(answer: Answer) -> dict[str, Any]:
    """llama.cpp's account: what came from the slot, what was computed. Milliseconds are not simulated."""
    use = answer.use
    return {
        "cache_n": use.read_tokens,
        "prompt_n": use.input_tokens - use.read_tokens,
        "prompt_ms": 0.0,
        "predicted_n": answer.output_tokens,
        "predicted_ms": 0.0,
    }
