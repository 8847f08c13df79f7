"""OpenAI Responses: requests and answers.

Source: the API reference and the types of SDK 3.52. There are no stop strings on this endpoint. With
``prompt_cache_options.prewarm`` the cache is filled and nothing is said. Owner of no state beyond one answer.
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
    text_field,
)
from tierwise.simulator.caching.book import CacheKind
from tierwise.simulator.caching.prompt import CacheBlock
from tierwise.simulator.call import ApiError, Call, Wire, bad_request
from tierwise.simulator.script import Stop
from tierwise.simulator.table import model_rules
from tierwise.simulator.wires import openai

LEAST_OUTPUT = 16
INCOMPLETE = {Stop.LENGTH: "max_output_tokens", Stop.REFUSAL: "content_filter"}
FIELDS = frozenset(
    {
        "model",
        "input",
        "instructions",
        "max_output_tokens",
        "temperature",
        "top_p",
        "top_logprobs",
        "stream",
        "stream_options",
        "text",
        "reasoning",
        "tools",
        "tool_choice",
        "parallel_tool_calls",
        "max_tool_calls",
        "store",
        "include",
        "metadata",
        "user",
        "service_tier",
        "safety_identifier",
        "truncation",
        "background",
        "conversation",
        "previous_response_id",
        "prompt",
        "prompt_cache_key",
        "prompt_cache_options",
        "prompt_cache_retention",
    }
)


def parse(raw: RawRequest) -> Call:
    """Read ``POST /v1/responses``. Raises ApiError for what the API refuses."""
    body = raw.body
    model = text_field(body, "model")
    rules = model_rules(raw.provider, model)
    items = _items(body)
    instructions = text_field(body, "instructions", "")
    form = object_field(object_field(body, "text") or {}, "format") or {}
    schema = cast("JsonObject | None", form.get("schema")) if form.get("type") == "json_schema" else None
    options = object_field(body, "prompt_cache_options") or {}
    head = openai.schema_and_tools(schema, body)
    if instructions:
        head.append(CacheBlock("system", instructions.encode()))
    spoken = [openai.texts_of(item) for item in items]
    said = [openai.texts_of(item) for item in items if openai.is_instruction(item)]
    call = Call(
        Wire.RESPONSES,
        raw.provider,
        raw.path,
        model,
        rules,
        body,
        raw.headers,
        openai.cache_prompt(body, rules, raw.namespace, items, head),
        text="\n".join([instructions, *spoken] if instructions else spoken),
        system="\n".join([instructions, *said]),
        stream=flag_field(body, "stream"),
        max_tokens=0 if options.get("prewarm") is True else count_field(body, "max_output_tokens"),
        schema=schema,
        schema_name=str(form.get("name", "")),
        thinks=openai.effort_of(body) != "none",
        extra={"prewarm": options.get("prewarm") is True},
    )
    number_field(body, "temperature", 0, 2)
    _check(call, form)
    return call


def _items(body: JsonObject) -> list[JsonObject]:
    given = body.get("input")
    if given is None:
        raise ApiError(400, "missing_required_parameter", "Missing required parameter: 'input'.", param="input")
    return [{"role": "user", "content": given}] if isinstance(given, str) else objects_field(body, "input")


def _check(call: Call, form: JsonObject) -> None:
    openai.check_fields(call.body, FIELDS)
    limit = count_field(call.body, "max_output_tokens")
    if limit is not None and limit < LEAST_OUTPUT:
        raise ApiError(
            400,
            "integer_below_min_value",
            f"Invalid 'max_output_tokens': integer below minimum value. Expected a value >= {LEAST_OUTPUT}, "
            f"but got {limit} instead.",
            param="max_output_tokens",
        )
    openai.check_model_limits(call)
    openai.check_cache_fields(call, ttls=("30m", "12h"))
    if form.get("type") not in (None, "text", "json_object", "json_schema"):
        raise bad_request("Invalid value: 'text.format.type'", param="text.format.type")
    if form.get("type") == "json_schema":
        openai.check_schema(form, "text.format")


class ResponsesAnswer:
    """One answer as typed events with sequence numbers."""

    content_type = "text/event-stream; charset=utf-8"

    def __init__(self, call: Call, answer: Answer) -> None:
        self._call = call
        self._answer = answer
        self._sequence = -1
        self._said = False
        self._finished = False

    def opening(self, *, finish_first: bool) -> list[bytes]:
        """``created`` and ``in_progress``; or the end before everything else."""
        self._finished = finish_first
        if finish_first:
            return [self._event(f"response.{self._status()}", response=self._response(done=True))]
        begun = self._response(done=False)
        events = [self._event(name, response=begun) for name in ("response.created", "response.in_progress")]
        if self._call.thinks and self._answer.thinking:
            item = self._reasoning()
            events.append(self._event("response.output_item.added", output_index=0, item=item))
        return events

    def thought(self, piece: str) -> list[bytes]:
        """The chain of thought is not shown."""
        del piece
        return []

    def piece(self, text: str) -> list[bytes]:
        """``output_text.delta``, the first with the item and the part that it belongs to."""
        events = [] if self._said else self._begin()
        self._said = True
        padding = openai.padding(self._call.body, text)
        delta = self._event("response.output_text.delta", **self._place(), delta=text, logprobs=[], **padding)
        return [*events, delta]

    def closing(self) -> list[bytes]:
        """Everything that was begun is done, then ``completed`` or ``incomplete`` with the usage."""
        events = self._end() if self._said else []
        if not self._finished:
            events.append(self._event(f"response.{self._status()}", response=self._response(done=True)))
        return events

    def error(self, error: ApiError) -> list[bytes]:
        """``error``, and the response that failed."""
        code = "rate_limit_exceeded" if error.status == 429 else "server_error"
        failed = {**self._response(done=False), "status": "failed", "error": {"code": code, "message": error.message}}
        event = self._event("error", code=code, message=error.message, param=None)
        return [event, self._event("response.failed", response=failed)]

    def malformed(self) -> bytes:
        """An event that ends in its middle."""
        return b'event: response.output_text.delta\ndata: {"type":"response.output_text.delta","del\n\n'

    def noise(self) -> list[bytes]:
        """A comment and an event of a later version of the API."""
        return [b": keep-alive\n\n", self._event("response.future_event", value=1)]

    def whole(self) -> bytes:
        """The response."""
        return dump(self._response(done=True))

    def _begin(self) -> list[bytes]:
        events: list[bytes] = []
        if self._index():
            events.append(self._event("response.output_item.done", output_index=0, item=self._reasoning()))
        message: dict[str, Any] = {**self._message(""), "status": "in_progress", "content": []}
        events.append(self._event("response.output_item.added", output_index=self._index(), item=message))
        return [*events, self._event("response.content_part.added", **self._place(), part=_part(""))]

    def _end(self) -> list[bytes]:
        text = self._answer.text
        done = self._event("response.output_text.done", **self._place(), text=text, logprobs=[])
        part = self._event("response.content_part.done", **self._place(), part=_part(text))
        item = self._event("response.output_item.done", output_index=self._index(), item=self._message(text))
        return [done, part, item]

    def _index(self) -> int:
        """Place of the message in the output: behind the reasoning, if there is any."""
        return 1 if self._call.thinks and self._answer.thinking else 0

    def _place(self) -> dict[str, Any]:
        return {"item_id": f"msg_sim{self._answer.number:06d}", "output_index": self._index(), "content_index": 0}

    def _reasoning(self) -> dict[str, Any]:
        return {"id": f"rs_sim{self._answer.number:06d}", "type": "reasoning", "summary": []}

    def _message(self, text: str) -> dict[str, Any]:
        status = "incomplete" if self._answer.stop in INCOMPLETE else "completed"
        name = f"msg_sim{self._answer.number:06d}"
        return {"id": name, "type": "message", "role": "assistant", "status": status, "content": [_part(text)]}

    def _status(self) -> str:
        incomplete = self._answer.stop in INCOMPLETE and not self._call.extra.get("prewarm")
        return "incomplete" if incomplete else "completed"

    def _response(self, *, done: bool) -> dict[str, Any]:
        status = self._status() if done else "in_progress"
        details = {"reason": INCOMPLETE[self._answer.stop]} if status == "incomplete" else None
        output: list[dict[str, Any]] = []
        if done and self._index():
            output.append(self._reasoning())
        if done and self._answer.text:
            output.append(self._message(self._answer.text))
        return {
            "id": f"resp_sim{self._answer.number:06d}",
            "object": "response",
            "created_at": self._answer.created,
            "status": status,
            "error": None,
            "incomplete_details": details,
            "instructions": self._call.body.get("instructions"),
            "model": self._call.model,
            "output": output,
            "parallel_tool_calls": True,
            "tool_choice": "auto",
            "tools": [],
            "metadata": {},
            "usage": self._usage() if done and self._answer.report_usage else None,
        }

    def _usage(self) -> dict[str, Any]:
        use, output = self._answer.use, self._answer.output_tokens
        details: dict[str, Any] = {"cached_tokens": use.read_tokens, "cache_write_tokens": use.written_tokens}
        if self._call.rules.cache.kind is CacheKind.KEYED:
            details["cache_write_tokens_details"] = {
                "ttl_30m_tokens": use.written_short_tokens,
                "ttl_12h_tokens": use.written_long_tokens,
            }
        return {
            "input_tokens": use.input_tokens,
            "input_tokens_details": details,
            "output_tokens": output,
            "output_tokens_details": {"reasoning_tokens": self._answer.thinking_tokens},
            "total_tokens": use.input_tokens + output,
        }

    def _event(self, kind: str, **fields: Any) -> bytes:
        self._sequence += 1
        return sse({"type": kind, "sequence_number": self._sequence, **fields}, kind)


def _part(text: str) -> dict[str, Any]:
    return {"type": "output_text", "text": text, "annotations": [], "logprobs": []}
