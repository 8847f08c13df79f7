"""Requests and models as the case files under tests/cases/providers write them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tierwise.core.models import (
    ChatPrompt,
    Excerpt,
    FimPrompt,
    ModelRef,
    ModelRequest,
    Prompt,
    PromptBlock,
    RawPrompt,
    Schema,
    Speaker,
)
from tierwise.core.tasks import Role
from tierwise.settings.facts import ModelFacts
from tierwise.settings.models import ProviderSettings, ResolvedModel

CASES = Path(__file__).parents[2] / "cases" / "providers"


def load(folder: str) -> list[tuple[str, str, dict[str, Any]]]:
    """(file's stem, case's name, case) of every case in a folder."""
    found = []
    for path in sorted((CASES / folder).glob("*.json")):
        found += [(path.stem, case["name"], case) for case in json.loads(path.read_text("utf-8"))]
    assert found, f"no cases in {folder}"
    return found


def model(
    kind: str = "anthropic", name: str = "m", facts: dict[str, Any] | None = None, **provider: Any
) -> ResolvedModel:
    settings = ProviderSettings.model_validate({"kind": kind, **provider})
    return ResolvedModel(ModelRef("p", name), settings, ModelFacts.model_validate(facts or {}))


def request(prompt: Any = (("user", "hi"),), **fields: Any) -> ModelRequest:
    """``prompt``: blocks as [speaker, text, "mark"?, "long"?], {"prefix": …} for FIM, a string for a rendered one."""
    schema = fields.pop("schema", None)
    defaults: dict[str, Any] = {"max_output_tokens": 100, "first_token_s": 5.0, "deadline_s": 10.0}
    if schema is not None:
        defaults["schema"] = Schema("reply", schema)
    if "stop" in fields:
        fields["stop"] = tuple(fields["stop"])
    return ModelRequest(Role.COMPLETE, _prompt(prompt), **(defaults | fields))


def _prompt(value: Any) -> Prompt:
    if isinstance(value, str):
        return RawPrompt(value)
    if isinstance(value, dict):
        extra = tuple(Excerpt(path, text) for path, text in value.get("extra", ()))
        return FimPrompt(value["prefix"], value["suffix"], value.get("path", "a.py"), value.get("repo", "r"), extra)
    return ChatPrompt(tuple(_block(*block) for block in value))


def _block(speaker: str, text: str, *words: str) -> PromptBlock:
    return PromptBlock(Speaker(speaker), text, "mark" in words, "mark" in words, "long" in words)
