"""What single providers on OpenAI's chat wire refuse, where that is known. All others overlook what they do not know.

Sources: Mistral's API reference and its published errors (names that it does not know are a 422, ``stream_options``
and ``max_completion_tokens`` among them); Google's page on OpenAI compatibility and LiteLLM's flags for Gemini.
Owner of no state.
"""

from __future__ import annotations

from tierwise.simulator.bodies import JsonObject, object_field
from tierwise.simulator.call import ApiError, Call, bad_request

MISTRAL_FIELDS = frozenset(
    {
        "model",
        "messages",
        "max_tokens",
        "temperature",
        "top_p",
        "stop",
        "stream",
        "random_seed",
        "response_format",
        "reasoning_effort",
        "prompt_mode",
        "safe_prompt",
        "prediction",
        "presence_penalty",
        "frequency_penalty",
        "n",
        "metadata",
        "tools",
        "tool_choice",
        "parallel_tool_calls",
    }
)
MOST_STOPS = {"openai": 4, "gemini": 5}
"""Stop strings that a request may have, by provider; the others take any number."""


def check(call: Call) -> None:
    """Raise ApiError for what the provider of this call would refuse."""
    if call.provider == "mistral":
        refuse_unknown(call.body, MISTRAL_FIELDS)
    if call.provider in ("mistral", "gemini"):
        _check_effort(call)
    if call.provider == "gemini" and not call.rules.sampling:
        for name in ("temperature", "top_p"):
            if call.body.get(name) is not None:
                raise bad_request(f"{name} is not supported by this model.", param=name)


def refuse_unknown(body: JsonObject, known: frozenset[str]) -> None:
    """Mistral's 422 for the first name that it does not know."""
    for name in body:
        if name not in known:
            raise ApiError(422, "extra_forbidden", f"Extra inputs are not permitted: {name}", param=name)


def may_think(body: JsonObject) -> bool:
    """Whether none of the switches that servers have for thinking is off."""
    template = object_field(body, "chat_template_kwargs") or {}
    thinking = object_field(body, "thinking") or {}
    reasoning = object_field(body, "reasoning") or {}
    switched_off = (
        body.get("reasoning_effort") == "none"
        or reasoning.get("effort") == "none"
        or reasoning.get("enabled") is False
        or thinking.get("type") == "disabled"
        or body.get("enable_thinking") is False
        or template.get("enable_thinking") is False
        or body.get("think") is False
    )
    return not switched_off


def _check_effort(call: Call) -> None:
    effort = call.body.get("reasoning_effort")
    if effort is not None and effort not in call.rules.efforts:
        allowed = f"use one of {', '.join(call.rules.efforts)}" if call.rules.efforts else "this model takes none"
        raise bad_request(f"reasoning_effort {effort!r} is not supported; {allowed}", param="reasoning_effort")
