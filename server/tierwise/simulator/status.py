"""What the simulated servers tell about themselves: lists of models, versions, slots. Owner of no state."""

from __future__ import annotations

from typing import Any

from tierwise.simulator.bodies import dump
from tierwise.simulator.caching.book import CacheBook
from tierwise.simulator.caching.slots import SlotCache
from tierwise.simulator.call import LLAMA_MODEL
from tierwise.simulator.table import model_rules, table
from tierwise.simulator.wires.llama_cpp import CONTEXT_TOKENS, SLOTS

OLLAMA_MODEL = "qwen2.5-coder:7b"
_CREATED = 1_767_225_600
_OWN = {
    "llama.cpp": (LLAMA_MODEL,),
    "ollama": (OLLAMA_MODEL,),
    "vllm": ("Qwen/Qwen2.5-Coder-7B",),
    "lmstudio": ("qwen2.5-coder-7b",),
    "deepseek": ("deepseek-flash", "deepseek-v4-pro"),
    "mistral": ("codestral-2508", "devstral-latest"),
    "gemini": ("gemini-3.8-flash", "gemini-3.1-pro-preview"),
    "dashscope": ("qwen3-coder-plus", "qwen3-coder-flash"),
}


def model_list(provider: str) -> bytes:
    """The list of models in the shape of the provider."""
    names = _model_names(provider)
    if provider == "anthropic":
        listed = {"created_at": "2026-01-01T00:00:00Z", "lifecycle": "active"}
        data: list[dict[str, Any]] = [{"type": "model", "id": name, "display_name": name, **listed} for name in names]
        return dump({"data": data, "has_more": False, "first_id": names[0], "last_id": names[-1]})
    data = [{"id": name, "object": "model", "created": _CREATED, "owned_by": provider} for name in names]
    return dump({"object": "list", "data": data})


def server_status(provider: str, path: str, book: CacheBook) -> bytes:
    """The answer of a path that tells how a local server is."""
    match provider, path.rsplit("/", 1)[-1]:
        case "ollama", "version":
            return dump({"version": "0.40.12"})
        case "ollama", _:
            return dump({"models": [_ollama_model()]})
        case "vllm", "version":
            return dump({"version": "0.30.1"})
        case "vllm", _:
            return b""
        case _, "health":
            return dump({"status": "ok"})
        case _, "slots":
            return dump(_slots(book))
        case _:
            settings = {"n_ctx": CONTEXT_TOKENS, "params": {"n_predict": -1}}
            shown = {"total_slots": SLOTS, "model_path": LLAMA_MODEL, "build_info": "simulator"}
            return dump({"default_generation_settings": settings, **shown})


def _model_names(provider: str) -> tuple[str, ...]:
    if provider in _OWN:
        return _OWN[provider]
    patterns = [pattern for rules in table() if rules.provider == provider for pattern in rules.match]
    names = dict.fromkeys(pattern.rstrip("*").rstrip("-") for pattern in patterns)
    return tuple(name for name in names if name) or ("simulated-model",)


def _ollama_model() -> dict[str, Any]:
    details = {"format": "gguf", "family": "qwen2", "parameter_size": "7.6B", "quantization_level": "Q4_K_M"}
    named = {"name": OLLAMA_MODEL, "model": OLLAMA_MODEL, "modified_at": "2026-01-01T00:00:00Z"}
    return {**named, "size": 0, "digest": "0" * 64, "details": details}


def _slots(book: CacheBook) -> list[dict[str, Any]]:
    cache = book.cache("llama.cpp", model_rules("llama.cpp", LLAMA_MODEL).cache)
    kept = dict(cache.states) if isinstance(cache, SlotCache) else {}
    states = [{"id": number, "n_ctx": CONTEXT_TOKENS, "is_processing": False} for number in range(SLOTS)]
    return [{**state, "n_prompt_tokens": kept[state["id"]]} if kept.get(state["id"]) else state for state in states]
