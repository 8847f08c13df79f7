"""What OpenAI's two text endpoints share: blocks for the cache, refusals, usage.

Sources: OpenAI's API reference, prompt caching and reasoning guides, types of SDK 3.52. Other providers of the same
wire are lenient: they overlook what they do not know. Owner of no state.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

from tierwise.simulator.answer import Answer
from tierwise.simulator.bodies import JsonObject, canonical, object_field, objects_field, strict_schema
from tierwise.simulator.caching.book import CacheKind
from tierwise.simulator.caching.prompt import CacheBlock, CachePrompt, Lifetime
from tierwise.simulator.call import ApiError, Call, bad_request
from tierwise.simulator.table import ModelRules

LIFETIMES = {"30m": Lifetime.SHORT, "12h": Lifetime.LONG}
MAX_KEY = 64


def cache_prompt(
    body: JsonObject, rules: ModelRules, namespace: str, messages: list[JsonObject], head: list[CacheBlock]
) -> CachePrompt:
    """The prompt in cache order: what precedes the messages (schema, tools, instructions), then their parts."""
    options = object_field(body, "prompt_cache_options") or {}
    lifetime = _lifetime(options.get("ttl", "30m"))
    effort = effort_of(body) or rules.default_effort
    salt = f"effort={effort}" if rules.cache.kind is CacheKind.KEYED else ""
    blocks = [CacheBlock(block.section, block.content, block.mark, block.turn, salt) for block in head]
    for turn, message in enumerate(messages, 1):
        blocks += [CacheBlock(_role(message), content, mark, turn, salt) for content, mark in _parts(message, lifetime)]
    key = str(body.get("prompt_cache_key") or body.get("cache_salt") or "")
    implicit = None if options.get("mode") == "explicit" else lifetime
    return CachePrompt(str(body.get("model", "")), tuple(blocks), namespace, key, implicit)


def schema_and_tools(schema: JsonObject | None, body: JsonObject) -> list[CacheBlock]:
    """A schema stands before everything else, tools before the first message."""
    blocks = [] if schema is None else [CacheBlock("system", canonical(schema))]
    return blocks + [CacheBlock("tools", canonical(tool)) for tool in objects_field(body, "tools")]


def texts_of(message: JsonObject) -> str:
    """All text of one message."""
    content = message.get("content")
    if isinstance(content, str):
        return content
    return "".join(str(part.get("text", "")) for part in objects_field(message, "content"))


def is_instruction(message: JsonObject) -> bool:
    """Whether a message speaks for the developer and not for the user."""
    return message.get("role") in ("system", "developer")


def effort_of(body: JsonObject) -> str | None:
    """The effort in the words of either endpoint."""
    value = body.get("reasoning_effort") or (object_field(body, "reasoning") or {}).get("effort")
    return None if value is None else str(value)


def padding(body: JsonObject, piece: str) -> dict[str, str]:
    """What hides the length of a piece, unless the request switched it off. Deterministic, unlike the real one."""
    if (object_field(body, "stream_options") or {}).get("include_obfuscation") is False:
        return {}
    return {"obfuscation": "x" * (1 + len(piece) * 7 % 13)}


def check_model_limits(call: Call) -> None:
    """What OpenAI's models refuse on both endpoints."""
    effort = effort_of(call.body)
    if effort is not None:
        _check_effort(call, effort)
    sampling_ok = not call.rules.reasoning or (effort or call.rules.default_effort) == "none"
    for name, default in (("temperature", 1), ("top_p", 1)):
        value = call.body.get(name)
        if value is not None and value != default and not sampling_ok:
            raise ApiError(
                400,
                "unsupported_value",
                f"Unsupported value: '{name}' does not support {value} with this model. "
                f"Only the default ({default}) value is supported.",
                param=name,
            )
    if call.body.get("stop") is not None and not sampling_ok:
        raise unsupported("stop")
    if call.prompt.tokens > call.rules.input_tokens:
        raise ApiError(
            400,
            "context_length_exceeded",
            f"This model's maximum context length is {call.rules.input_tokens} tokens. However, your messages "
            f"resulted in {call.prompt.tokens} tokens. Please reduce the length of the messages.",
            param="messages",
        )


def check_cache_fields(call: Call, *, ttls: tuple[str, ...]) -> None:
    """Break points only where the model has them, with the values that the endpoint takes."""
    key = call.body.get("prompt_cache_key")
    if key is not None and (not isinstance(key, str) or len(key) > MAX_KEY):
        raise bad_request(
            f"Invalid 'prompt_cache_key': expected a string with maximum length {MAX_KEY}.", param="prompt_cache_key"
        )
    options = object_field(call.body, "prompt_cache_options")
    if call.rules.cache.kind is not CacheKind.KEYED:
        if options is not None:
            raise unsupported("prompt_cache_options")
        if any(block.mark for block in call.prompt.blocks):
            raise unsupported("prompt_cache_breakpoint")
        return
    if options is None:
        return
    if options.get("mode", "implicit") not in ("implicit", "explicit"):
        raise bad_request("Invalid value: 'prompt_cache_options.mode'", param="prompt_cache_options.mode")
    if options.get("ttl", "30m") not in ttls:
        raise bad_request(
            f"Invalid value: 'prompt_cache_options.ttl'. Supported values are: {', '.join(ttls)}.",
            param="prompt_cache_options.ttl",
        )


def check_fields(body: JsonObject, known: frozenset[str]) -> None:
    """OpenAI refuses names that it does not know."""
    for name in body:
        if name not in known:
            raise ApiError(400, "unknown_parameter", f"Unknown parameter: '{name}'.", param=name)


def check_schema(form: JsonObject, where: str) -> None:
    """A strict schema must name all that an object may hold, and require all of it."""
    name, schema = form.get("name"), form.get("schema")
    if not isinstance(name, str) or not name:
        raise ApiError(400, "missing_required_parameter", f"Missing required parameter: '{where}.name'.", param=where)
    if not isinstance(schema, dict):
        raise ApiError(400, "missing_required_parameter", f"Missing required parameter: '{where}.schema'.", param=where)
    if not form.get("strict"):
        return
    shape = cast("JsonObject", schema)
    try:
        strict_schema(shape, f"Invalid schema for response_format '{name}'")
    except ApiError as exc:
        raise ApiError(400, "invalid_json_schema", exc.message, param=where) from exc
    _check_required(shape, name, where)


def unsupported(name: str, instead: str | None = None) -> ApiError:
    """400: the model does not know this parameter."""
    hint = f" Use '{instead}' instead." if instead else ""
    message = f"Unsupported parameter: '{name}' is not supported with this model.{hint}"
    return ApiError(400, "unsupported_parameter", message, param=name)


def reported_tokens(call: Call, answer: Answer) -> tuple[dict[str, Any], dict[str, Any]]:
    """Details of the prompt and of the answer, as both endpoints name them."""
    use = answer.use
    prompt: dict[str, Any] = {"cached_tokens": use.read_tokens}
    if call.rules.cache.kind is CacheKind.KEYED:
        prompt["cache_write_tokens"] = use.written_tokens
    return prompt, {"reasoning_tokens": answer.thinking_tokens}


def _check_effort(call: Call, effort: str) -> None:
    if not call.rules.efforts:
        raise unsupported("reasoning_effort")
    if effort not in call.rules.efforts:
        names = ", ".join(f"'{name}'" for name in call.rules.efforts)
        raise ApiError(
            400,
            "unsupported_value",
            f"Unsupported value: 'reasoning_effort' does not support '{effort}' with this model. "
            f"Supported values are: {names}.",
            param="reasoning_effort",
        )


def _check_required(schema: JsonObject, name: str, where: str) -> None:
    properties = object_field(schema, "properties") or {}
    missing = [item for item in properties if item not in schema.get("required", [])]
    if missing:
        raise ApiError(
            400,
            "invalid_json_schema",
            f"Invalid schema for response_format '{name}': 'required' is required to be supplied and to be an array "
            f"including every key in properties. Missing '{missing[0]}'.",
            param=where,
        )


def _parts(message: JsonObject, lifetime: Lifetime) -> Iterator[tuple[bytes, Lifetime | None]]:
    content = message.get("content")
    if isinstance(content, str):
        yield content.encode(), None
        return
    if "content" not in message:
        yield canonical(message), None
        return
    for part in objects_field(message, "content"):
        text = part.get("text")
        identity = text.encode() if isinstance(text, str) else canonical(part, "prompt_cache_breakpoint")
        yield identity, _mark(part, lifetime)


def _mark(part: JsonObject, lifetime: Lifetime) -> Lifetime | None:
    """OpenAI's break point, or DashScope's ``cache_control``."""
    point = object_field(part, "prompt_cache_breakpoint")
    if point is not None:
        if point.get("mode") != "explicit":
            raise bad_request("Invalid value: 'prompt_cache_breakpoint.mode'. Supported values are: 'explicit'.")
        return _lifetime(point["ttl"]) if "ttl" in point else lifetime
    return Lifetime.SHORT if object_field(part, "cache_control") is not None else None


def _role(message: JsonObject) -> str:
    role = str(message.get("role") or message.get("type") or "")
    return "system" if role == "developer" else role


def _lifetime(ttl: object) -> Lifetime:
    return LIFETIMES.get(str(ttl), Lifetime.SHORT)
