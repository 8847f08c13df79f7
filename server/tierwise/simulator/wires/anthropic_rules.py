"""What Anthropic's API refuses with 400, by version of the API and by model.

Sources: versioning, errors, prompt-caching, thinking and structured-outputs pages of platform.claude.com; the model
flags are in ``models.toml``. Owner of no state.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

from tierwise.simulator.bodies import JsonObject, count_field, number_field, object_field, objects_field, strict_schema
from tierwise.simulator.caching.prompt import CacheBlock, Lifetime
from tierwise.simulator.call import Call, bad_request

VERSIONS = ("2023-06-01", "2026-10-21")
MAX_MARKS = 4
SAMPLING = ("temperature", "top_p", "top_k")
FIELDS = frozenset(
    {
        "model",
        "messages",
        "max_tokens",
        "system",
        "stop_sequences",
        "stream",
        "metadata",
        "thinking",
        "output_config",
        "tools",
        "tool_choice",
        "service_tier",
        "speed",
        "cache_control",
        "diagnostics",
        "container",
        "inference_geo",
    }
)


def check(call: Call) -> None:
    """Raise ApiError for the first thing that the API would refuse."""
    version = call.headers.get("anthropic-version", "")
    if not version:
        raise bad_request("anthropic-version: header is required")
    if version not in VERSIONS:
        raise bad_request(f'anthropic-version: "{version}" is not a valid version')
    _check_sampling(call, version)
    for name in call.body:
        if name not in FIELDS and name not in SAMPLING:
            raise bad_request(f"{name}: Extra inputs are not permitted")
    _check_messages(call, version)
    _check_marks(call)
    _check_effort(call)
    _check_thinking(call)
    _check_format(call)
    _check_limits(call)
    _check_prewarm(call)


def _check_sampling(call: Call, version: str) -> None:
    for name in SAMPLING:
        if name not in call.body:
            continue
        if version != VERSIONS[0]:
            raise bad_request(f"{name}: Extra inputs are not permitted (removed in version {version})")
        if not call.rules.sampling:
            raise bad_request(f"{name}: sampling parameters are not supported by this model")
    number_field(call.body, "temperature", 0, 1)
    number_field(call.body, "top_p", 0, 1)


def _check_messages(call: Call, version: str) -> None:
    messages = objects_field(call.body, "messages")
    if not messages:
        raise bad_request("messages: at least one message is required")
    for number, message in enumerate(messages):
        _check_message(call, version, number, message)
    if messages[-1].get("role") == "assistant":
        if not call.rules.prefill:
            raise bad_request(
                "This model does not support assistant message prefill. The conversation must end with a user message."
            )
        if call.text != call.text.rstrip():
            raise bad_request("messages: final assistant content cannot end with trailing whitespace")
        if call.schema is not None:
            raise bad_request("output_config.format: structured outputs cannot be combined with prefill")


def _check_message(call: Call, version: str, number: int, message: JsonObject) -> None:
    role = message.get("role")
    if role not in ("user", "assistant", "system"):
        raise bad_request(f"messages.{number}.role: Input should be 'user' or 'assistant'")
    if role == "system" and not call.rules.mid_system:
        raise bad_request(f"messages.{number}.role: this model does not support system messages inside messages")
    content = message.get("content")
    if isinstance(content, str):
        if not content:
            raise bad_request(f"messages.{number}: content must be non-empty")
        return
    for place, block in enumerate(objects_field(message, "content")):
        where = f"messages.{number}.content.{place}"
        if block.get("type") == "text" and not block.get("text"):
            raise bad_request("messages: text content blocks must be non-empty")
        if block.get("type") == "thinking" and "cache_control" in block:
            raise bad_request(f"{where}: thinking blocks cannot have cache_control")
        if version != VERSIONS[0] and role == "assistant" and block.get("type") == "document":
            raise bad_request(f"{where}: document blocks are not allowed in assistant messages")
        if version != VERSIONS[0] and role == "user" and block.get("type") == "text" and block.get("citations"):
            raise bad_request(f"{where}.citations: must be empty on user text")


def _check_marks(call: Call) -> None:
    marked = [block for block in call.prompt.blocks if block.mark is not None]
    if len(marked) > MAX_MARKS:
        raise bad_request(f"A maximum of 4 blocks with cache_control may be provided. Found {len(marked)}.")
    if any(not block.content for block in marked):
        raise bad_request("cache_control cannot be set for empty text blocks")
    if list(_long_after_short(marked)):
        raise bad_request(
            "cache_control.ttl: a ttl='1h' cache_control block must not come after a ttl='5m' cache_control block. "
            "Blocks are processed in the order tools, system, messages."
        )


def _long_after_short(marked: list[CacheBlock]) -> Iterator[CacheBlock]:
    short = False
    for block in marked:
        if short and block.mark is Lifetime.LONG:
            yield block
        short = short or block.mark is Lifetime.SHORT


def _check_effort(call: Call) -> None:
    effort = (object_field(call.body, "output_config") or {}).get("effort")
    if effort is None:
        return
    if not call.rules.efforts:
        raise bad_request("output_config.effort: this model does not support the effort parameter.")
    if effort not in call.rules.efforts:
        raise bad_request(f"output_config.effort: Input should be one of {', '.join(call.rules.efforts)}")


def _check_thinking(call: Call) -> None:
    thinking = object_field(call.body, "thinking")
    if thinking is None:
        return
    kind = thinking.get("type")
    rules = call.rules
    if kind not in rules.thinking:
        raise bad_request(f'thinking.type: "{kind}" is not supported by this model; use {" or ".join(rules.thinking)}')
    effort = (object_field(call.body, "output_config") or {}).get("effort") or rules.default_effort
    allowed = {"disabled": rules.disabled_efforts, "between_tools": rules.between_tools_efforts}.get(str(kind), ())
    if allowed and effort not in allowed:
        raise bad_request(f'thinking.type: "{kind}" cannot be combined with effort "{effort}"')
    if kind == "enabled":
        budget = count_field(thinking, "budget_tokens", least=1_024)
        if budget is None:
            raise bad_request("thinking.budget_tokens: Field required")
        if budget >= (call.max_tokens or 0):
            raise bad_request("`max_tokens` must be greater than `thinking.budget_tokens`")


def _check_format(call: Call) -> None:
    form = object_field(object_field(call.body, "output_config") or {}, "format")
    if form is not None:
        if form.get("type") != "json_schema" or not isinstance(form.get("schema"), dict):
            raise bad_request("output_config.format: Input should be a json_schema with a schema")
        strict_schema(cast("JsonObject", form["schema"]), "output_config.format.schema")
    if _forced_tool(call) and not call.rules.forced_tools:
        raise bad_request("tool_choice: forcing a tool is not supported by this model")
    if call.body.get("speed") == "fast" and not call.rules.fast:
        raise bad_request("speed: fast mode is not supported by this model")
    if any(not sequence.strip() for sequence in call.stop):
        raise bad_request("stop_sequences: each stop sequence must contain non-whitespace")


def _check_limits(call: Call) -> None:
    limit = call.rules.output_tokens
    if (call.max_tokens or 0) > limit:
        raise bad_request(
            f"max_tokens: {call.max_tokens} > {limit}, which is the maximum allowed number of output tokens "
            f"for {call.model}"
        )
    if call.prompt.tokens > call.rules.input_tokens:
        raise bad_request(f"prompt is too long: {call.prompt.tokens} tokens > {call.rules.input_tokens} maximum")


def _check_prewarm(call: Call) -> None:
    if call.max_tokens != 0:
        return
    thinking = object_field(call.body, "thinking") or {}
    if call.stream:
        raise bad_request("max_tokens: 0 cannot be combined with stream")
    if thinking.get("type") == "enabled":
        raise bad_request("max_tokens: 0 cannot be combined with thinking.type enabled")
    if call.schema is not None:
        raise bad_request("max_tokens: 0 cannot be combined with output_config.format")
    if _forced_tool(call):
        raise bad_request("max_tokens: 0 cannot be combined with a forced tool_choice")


def _forced_tool(call: Call) -> bool:
    return (object_field(call.body, "tool_choice") or {}).get("type") in ("tool", "any")
