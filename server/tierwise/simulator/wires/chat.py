"""Chat Completions: OpenAI's own, strict about what it takes, and everybody else's, lenient.

Owner of no state beyond one answer.
"""

from __future__ import annotations

from typing import Any, cast

from tierwise.simulator.answer import Answer
from tierwise.simulator.bodies import (
    JsonObject,
    RawRequest,
    count_field,
    dump,
    flag_field,
    number_field,
    object_field,
    objects_field,
    sse,
    strings_field,
    text_field,
)
from tierwise.simulator.call import LLAMA_MODEL, ApiError, Call, Wire, bad_request
from tierwise.simulator.script import Stop
from tierwise.simulator.table import model_rules
from tierwise.simulator.wires import compatible, openai
from tierwise.simulator.wires.completions import fitting, timings

FINISH_REASONS = {
    Stop.END: "stop",
    Stop.LENGTH: "length",
    Stop.STOP_SEQUENCE: "stop",
    Stop.REFUSAL: "content_filter",
}
FIELDS = frozenset(
    {
        "model",
        "messages",
        "max_completion_tokens",
        "max_tokens",
        "temperature",
        "top_p",
        "stop",
        "stream",
        "stream_options",
        "response_format",
        "reasoning_effort",
        "verbosity",
        "tools",
        "tool_choice",
        "parallel_tool_calls",
        "n",
        "seed",
        "user",
        "metadata",
        "store",
        "service_tier",
        "safety_identifier",
        "prediction",
        "presence_penalty",
        "frequency_penalty",
        "logit_bias",
        "logprobs",
        "top_logprobs",
        "modalities",
        "prompt_cache_key",
        "prompt_cache_options",
        "prompt_cache_retention",
    }
)
ALWAYS_USAGE = frozenset({"mistral", "deepseek"})
"""Providers whose last chunk carries the usage, asked for or not."""


def parse(raw: RawRequest) -> Call:
    """Read a chat request. Raises ApiError for what the provider refuses."""
    body = raw.body
    model = text_field(body, "model", LLAMA_MODEL if raw.provider == "llama.cpp" else None)
    rules = model_rules(raw.provider, model)
    messages = objects_field(body, "messages")
    if not messages and raw.provider != "llama.cpp":
        raise bad_request("Invalid 'messages': empty array. Expected an array with minimum length 1.", param="messages")
    form = object_field(body, "response_format") or {}
    named = (object_field(form, "json_schema") or {}) if form.get("type") == "json_schema" else {}
    schema = cast("JsonObject | None", named.get("schema"))
    limit = count_field(body, "max_completion_tokens", least=1)
    options = object_field(body, "stream_options") or {}
    call = Call(
        Wire.CHAT,
        raw.provider,
        raw.path,
        model,
        rules,
        body,
        raw.headers,
        openai.cache_prompt(body, rules, raw.namespace, messages, openai.schema_and_tools(schema, body)),
        text="\n".join(openai.texts_of(message) for message in messages),
        system="\n".join(openai.texts_of(message) for message in messages if openai.is_instruction(message)),
        stream=flag_field(body, "stream"),
        max_tokens=limit if limit is not None else count_field(body, "max_tokens", least=1),
        stop=strings_field(body, "stop", most=compatible.MOST_STOPS.get(raw.provider)),
        schema=schema,
        schema_name=str(named.get("name", "")),
        thinks=compatible.may_think(body),
        extra={"usage": options.get("include_usage") is True},
    )
    number_field(body, "temperature", 0, 2)
    if raw.provider == "openai":
        _check(call, form, named, options)
    compatible.check(call)
    return fitting(call)


def _check(call: Call, form: JsonObject, named: JsonObject, options: JsonObject) -> None:
    openai.check_fields(call.body, FIELDS)
    if options and not call.stream:
        raise bad_request(
            "The 'stream_options' parameter is only allowed when 'stream' is enabled.", param="stream_options"
        )
    if call.rules.reasoning and call.body.get("max_tokens") is not None:
        raise openai.unsupported("max_tokens", "max_completion_tokens")
    openai.check_model_limits(call)
    openai.check_cache_fields(call, ttls=("30m",))
    if form.get("type") not in (None, "text", "json_object", "json_schema"):
        raise bad_request("Invalid value: 'response_format.type'", param="response_format.type")
    if form.get("type") == "json_schema":
        openai.check_schema(named, "response_format.json_schema")
    effort = openai.effort_of(call.body) or call.rules.default_effort
    if call.rules.tools_need_none and call.body.get("tools") and effort != "none":
        raise bad_request(
            "Function calling on this endpoint needs reasoning_effort 'none'; use /v1/responses.", param="tools"
        )


class ChatAnswer:
    """One answer as chat chunks. Also the answer of Mistral's FIM endpoint."""

    content_type = "text/event-stream; charset=utf-8"

    def __init__(self, call: Call, answer: Answer) -> None:
        self._call = call
        self._answer = answer
        self._wants_usage = answer.report_usage and (bool(call.extra.get("usage")) or call.provider in ALWAYS_USAGE)
        self._sparse = call.provider == "llama.cpp"
        self._finished = False

    def opening(self, *, finish_first: bool) -> list[bytes]:
        """The speaker; or, as llama.cpp was seen to do, the end before everything else."""
        self._finished = finish_first
        if finish_first:
            return [self._chunk({}, FINISH_REASONS[self._answer.stop])]
        return [self._chunk({"role": "assistant", "content": None if self._call.provider == "llama.cpp" else ""})]

    def thought(self, piece: str) -> list[bytes]:
        """Shown by the servers that have a field for it."""
        field = self._call.rules.reasoning_field
        return [self._chunk({field: piece})] if field else []

    def piece(self, text: str) -> list[bytes]:
        """A content delta."""
        return [self._chunk({"content": text})]

    def closing(self) -> list[bytes]:
        """The finish reason, the usage if asked for, ``[DONE]``."""
        together = self._call.provider in ALWAYS_USAGE
        usage = self.usage() if self._wants_usage else None
        events: list[bytes] = []
        if not self._finished:
            events.append(self._chunk({}, FINISH_REASONS[self._answer.stop], usage if together else None))
        if usage is not None and not together:
            head = self._head("chat.completion.chunk")
            events.append(sse({**head, "choices": [], "usage": usage, **self._timings()}))
        return [*events, sse(b"[DONE]")]

    def error(self, error: ApiError) -> list[bytes]:
        """An object with ``error`` in place of a chunk."""
        body = {"message": error.message, "type": "server_error", "param": error.param, "code": error.kind}
        return [sse({"error": body})]

    def malformed(self) -> bytes:
        """A chunk that ends in its middle."""
        return b'data: {"id":"chatcmpl-sim","object":"chat.completion.chunk","choices":[{"index":0,"de\n\n'

    def noise(self) -> list[bytes]:
        """Comments, as proxies send them, and a chunk without choices."""
        return [b": PROCESSING\n\n", sse({**self._head("chat.completion.chunk"), "choices": []})]

    def whole(self) -> bytes:
        """The completion."""
        message: dict[str, Any] = {"role": "assistant", "content": self._answer.text}
        if not self._sparse:
            message["refusal"] = None
        field = self._call.rules.reasoning_field
        if field and self._answer.thinking:
            message[field] = self._answer.thought
        choice = self._choice("message", message, FINISH_REASONS[self._answer.stop])
        usage = {"usage": self.usage()} if self._answer.report_usage else {}
        return dump({**self._head("chat.completion"), "choices": [choice], **usage, **self._timings()})

    def usage(self) -> dict[str, Any]:
        """The usage in the words of the provider."""
        use, answer = self._answer.use, self._answer
        prompt, completion = openai.reported_tokens(self._call, answer)
        usage: dict[str, Any] = {
            "prompt_tokens": use.input_tokens,
            "completion_tokens": answer.output_tokens,
            "total_tokens": use.input_tokens + answer.output_tokens,
        }
        if self._call.rules.report_cached:
            usage["prompt_tokens_details"] = prompt
        if self._call.rules.report_cached and not self._sparse:
            usage["completion_tokens_details"] = completion
        if self._call.provider == "deepseek":
            usage["prompt_cache_hit_tokens"] = use.read_tokens
            usage["prompt_cache_miss_tokens"] = use.input_tokens - use.read_tokens
        if self._call.provider == "dashscope" and any(block.mark for block in self._call.prompt.blocks):
            prompt["cache_creation_input_tokens"] = use.written_tokens
            prompt["cache_creation"] = {"ephemeral_5m_input_tokens": use.written_tokens}
            prompt["cache_type"] = "ephemeral"
        return usage

    def _chunk(self, delta: JsonObject, finish: str | None = None, usage: JsonObject | None = None) -> bytes:
        choice = self._choice("delta", delta, finish)
        chunk: dict[str, Any] = {**self._head("chat.completion.chunk"), "choices": [choice]}
        if usage is not None or (self._call.extra.get("usage") and self._call.provider == "openai"):
            chunk["usage"] = usage
        if self._call.provider == "openai" and delta.get("content") is not None:
            chunk |= openai.padding(self._call.body, str(delta["content"]))
        return sse(chunk)

    def _choice(self, name: str, said: JsonObject, finish: str | None) -> JsonObject:
        choice = {"index": 0, name: said, "finish_reason": finish}
        return choice if self._sparse else {**choice, "logprobs": None}

    def _timings(self) -> dict[str, Any]:
        return {"timings": timings(self._answer)} if self._call.provider == "llama.cpp" else {}

    def _head(self, kind: str) -> dict[str, Any]:
        name = f"chatcmpl-sim{self._answer.number:06d}"
        return {"id": name, "object": kind, "created": self._answer.created, "model": self._call.answering_model}
