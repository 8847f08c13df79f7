"""Bodies as data: each case of tests/cases/providers/bodies is a request and the JSON that goes out for it."""

from __future__ import annotations

from typing import Any

import pytest
from providers_cases import load, model, request

from tierwise.core.errors import BadRequest
from tierwise.providers.wires.base import Wire
from tierwise.providers.wires.chat import ChatWire
from tierwise.providers.wires.fim import CompletionsWire, DeepSeekWire, InfillWire, MistralWire, OllamaWire
from tierwise.providers.wires.messages import MessagesWire
from tierwise.providers.wires.responses import ResponsesWire

WIRES: dict[str, tuple[Wire, dict[str, Any]]] = {
    "messages": (MessagesWire(), {"kind": "anthropic"}),
    "chat": (ChatWire(), {"kind": "openai-compatible", "base_url": "http://h/v1"}),
    "responses": (ResponsesWire(), {"kind": "openai"}),
    "infill": (InfillWire(), {"kind": "fim", "dialect": "llama.cpp"}),
    "ollama": (OllamaWire(), {"kind": "fim", "dialect": "ollama"}),
    "mistral": (MistralWire(), {"kind": "fim", "dialect": "mistral"}),
    "deepseek": (DeepSeekWire(), {"kind": "fim", "dialect": "deepseek"}),
    "completions": (CompletionsWire(), {"kind": "fim", "dialect": "completions"}),
}


def check(wire: str, case: dict[str, Any]) -> None:
    format_, provider = WIRES[wire]
    resolved = model(facts=case.get("facts"), **(provider | case.get("provider", {})))
    asked = request(**case["request"])
    if "refused" in case:
        with pytest.raises(BadRequest, match=case["refused"]):
            format_.body(asked, resolved)
    else:
        assert format_.body(asked, resolved) == case["body"]


@pytest.mark.parametrize(("wire", "case"), [pytest.param(w, c, id=f"{w}: {n}") for w, n, c in load("bodies")])
def test_body(wire: str, case: dict[str, Any]) -> None:
    check(wire, case)


@pytest.mark.parametrize("wire", WIRES)
def test_facts_are_not_changed_by_a_body(wire: str) -> None:
    format_, provider = WIRES[wire]
    resolved = model(facts={"default_body": {"a": {"b": 1}}, "quiet_body": {"a": {"c": 2}}}, **provider)
    before = resolved.facts.model_copy(deep=True)
    prompts: list[Any] = [[["user", "hi"]], {"prefix": "p", "suffix": "s"}, "raw"]
    for prompt in prompts:
        try:
            body = format_.body(request(prompt), resolved)
        except BadRequest:
            continue
        assert body["a"] == {"b": 1}
        body["a"]["b"] = 3
    assert resolved.facts == before
