"""One request in one meaning for all wires, and the errors that wires answer with.

Owner of no state. Must never hold a key: headers that carry one are redacted before they come here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from tierwise.simulator.caching.prompt import CachePrompt
from tierwise.simulator.table import ModelRules

LLAMA_MODEL = "simulated.gguf"


class Wire(StrEnum):
    """The shapes of requests and answers."""

    ANTHROPIC = "anthropic"
    COUNT_TOKENS = "count-tokens"
    CHAT = "chat"
    RESPONSES = "responses"
    COMPLETIONS = "completions"
    INFILL = "infill"
    OLLAMA = "ollama"
    MISTRAL_FIM = "mistral-fim"
    DEEPSEEK_FIM = "deepseek-fim"
    MODELS = "models"
    STATUS = "status"


@dataclass(frozen=True, slots=True)
class Call:
    """A parsed request for text.

    ``text`` is all text of the prompt, flattened; ``system`` its instructions; ``prefix`` and ``suffix`` what stands
    before and after the cursor, for FIM wires. ``max_tokens`` None: no limit was given. ``thinks`` is whether the
    request lets the model think. ``header_key`` tells how the key came (``authorization``, ``x-api-key``) or is "".
    """

    wire: Wire
    provider: str
    path: str
    model: str
    rules: ModelRules
    body: Mapping[str, Any]
    headers: Mapping[str, str]
    prompt: CachePrompt
    text: str = ""
    system: str = ""
    prefix: str = ""
    suffix: str = ""
    stream: bool = False
    max_tokens: int | None = None
    stop: tuple[str, ...] = ()
    schema: Mapping[str, Any] | None = None
    schema_name: str = ""
    thinks: bool = True
    extra: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """What only this wire's own answer needs."""

    @property
    def answering_model(self) -> str:
        """The name that the answer gives: a server with one model says its own, whatever was asked for."""
        return LLAMA_MODEL if self.provider == "llama.cpp" else self.model

    @property
    def cursor_text(self) -> str:
        """The text after which the answer begins."""
        return self.prefix or self.text


class ApiError(Exception):
    """An error that is answered to the client, in the words of its provider.

    ``kind`` is Anthropic's ``error.type`` or OpenAI's ``error.code``; each wire writes it in its own form.
    """

    def __init__(
        self,
        status: int,
        kind: str,
        message: str,
        *,
        param: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.kind = kind
        self.message = message
        self.param = param
        self.headers = dict(headers or {})


def bad_request(message: str, *, param: str | None = None, kind: str = "invalid_request_error") -> ApiError:
    """400."""
    return ApiError(400, kind, message, param=param)
