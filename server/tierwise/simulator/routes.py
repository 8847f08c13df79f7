"""Which path belongs to which provider and wire.

Every provider can be reached below its name, at the very paths that it has in the world: the base URL
``http://127.0.0.1:PORT/deepseek`` stands for ``https://api.deepseek.com``. Without a name the paths of Anthropic,
OpenAI and the native paths of the FIM servers are served together. Exact paths only: a doubled ``/v1`` is a 404 here
too. Owner of no state.
"""

from __future__ import annotations

from dataclasses import dataclass

from tierwise.simulator.call import Wire

_ANTHROPIC = {"/v1/messages": Wire.ANTHROPIC, "/v1/messages/count_tokens": Wire.COUNT_TOKENS}
_LLAMA_STATUS = {"/health": Wire.STATUS, "/props": Wire.STATUS, "/slots": Wire.STATUS}
_OLLAMA_NATIVE = {
    "/api/generate": Wire.OLLAMA,
    "/api/tags": Wire.STATUS,
    "/api/ps": Wire.STATUS,
    "/api/version": Wire.STATUS,
}


def _compatible(base: str, *, completions: bool = False) -> dict[str, Wire]:
    routes = {f"{base}/chat/completions": Wire.CHAT, f"{base}/models": Wire.MODELS}
    return routes | ({f"{base}/completions": Wire.COMPLETIONS} if completions else {})


PROVIDERS: dict[str, dict[str, Wire]] = {
    "anthropic": {**_ANTHROPIC, "/v1/models": Wire.MODELS},
    "openai": {**_compatible("/v1"), "/v1/responses": Wire.RESPONSES},
    "gemini": _compatible("/v1beta/openai"),
    "dashscope": _compatible("/compatible-mode/v1"),
    "deepseek": {
        **_compatible(""),
        **_compatible("/v1"),
        "/beta/completions": Wire.DEEPSEEK_FIM,
        "/anthropic/v1/messages": Wire.ANTHROPIC,
    },
    "mistral": {**_compatible("/v1"), "/v1/fim/completions": Wire.MISTRAL_FIM},
    "groq": _compatible("/openai/v1"),
    "cerebras": _compatible("/v1"),
    "openrouter": _compatible("/api/v1"),
    "inception": {**_compatible("/v1"), "/v1/edit/completions": Wire.CHAT},
    "together": _compatible("/v1", completions=True),
    "fireworks": _compatible("/inference/v1", completions=True),
    "vllm": {**_compatible("/v1", completions=True), **_ANTHROPIC, "/health": Wire.STATUS, "/version": Wire.STATUS},
    "lmstudio": {**_compatible("/v1", completions=True), **_ANTHROPIC},
    "llama.cpp": {
        **_compatible("/v1", completions=True),
        **_ANTHROPIC,
        **_LLAMA_STATUS,
        "/infill": Wire.INFILL,
    },
    "ollama": {**_compatible("/v1", completions=True), **_ANTHROPIC, **_OLLAMA_NATIVE},
}
"""Paths by provider."""

WITHOUT_KEY = frozenset({"vllm", "lmstudio", "llama.cpp", "ollama"})
"""Servers that run without one."""

GET_WIRES = frozenset({Wire.MODELS, Wire.STATUS})

_ROOT: dict[str, str] = {
    "/v1/messages": "anthropic",
    "/v1/messages/count_tokens": "anthropic",
    "/v1/chat/completions": "openai",
    "/v1/responses": "openai",
    "/v1/models": "openai",
    "/v1/fim/completions": "mistral",
    "/beta/completions": "deepseek",
    "/infill": "llama.cpp",
    "/health": "llama.cpp",
    "/props": "llama.cpp",
    "/slots": "llama.cpp",
    "/api/generate": "ollama",
    "/api/tags": "ollama",
    "/api/ps": "ollama",
    "/api/version": "ollama",
}


@dataclass(frozen=True, slots=True)
class Route:
    """Where a request arrived."""

    provider: str
    wire: Wire
    needs_key: bool

    @property
    def method(self) -> str:
        return "GET" if self.wire in GET_WIRES else "POST"


def find_route(path: str, *, only: str | None, completions: str, anthropic_client: bool) -> Route | None:
    """The route of a path, or None.

    ``only`` names the one provider that is simulated, at its own paths; ``completions`` the provider that answers
    ``/v1/completions`` where the path does not say; ``anthropic_client`` decides whose list of models is meant.
    """
    if only is not None:
        return _route(only, path)
    provider = named_provider(path)
    if provider:
        return _route(provider, path.removeprefix(f"/{provider}"))
    if path == "/v1/completions":
        return _route(completions, path)
    if path == "/v1/models" and anthropic_client:
        return _route("anthropic", path)
    return _route(_ROOT[path], path) if path in _ROOT else None


def named_provider(path: str) -> str:
    """The provider whose name stands in front of a path, "" without one."""
    name = path[1:].partition("/")[0]
    return name if name in PROVIDERS else ""


def _route(provider: str, path: str) -> Route | None:
    wire = PROVIDERS[provider].get(path)
    return None if wire is None else Route(provider, wire, provider not in WITHOUT_KEY)
