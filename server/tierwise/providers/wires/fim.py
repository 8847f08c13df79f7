"""The formats that complete code at a place: llama.cpp, Ollama, Mistral, DeepSeek, and plain completions; and
Inception's for next edits.

Pure. Only llama.cpp takes other files apart from the text, and Mistral's models know a way to write them before it; the
others are given the file alone, because a template of the server's own stands between us and the model. Plain
completions carry a prompt that is rendered already, with other files in the model's own format.
"""

from __future__ import annotations

from tierwise.core.models import FimPrompt, FinishReason, ModelRequest, RawPrompt, Usage
from tierwise.providers.errors import unsuitable
from tierwise.providers.wires.base import (
    ErrorEvent,
    Event,
    Json,
    Reader,
    count,
    mapping,
    max_tokens,
    merged,
    sampling,
    stop,
    text_of,
    tokens,
)
from tierwise.providers.wires.chunks import ChunkReader, usage_option
from tierwise.settings.models import ResolvedModel

_KEEP_ALIVE = "30m"
"""How long Ollama keeps a model loaded after a request. Its own default of 5 minutes makes the first completion after
a short break wait for the model to load; ``default_body`` of the model's facts sets another."""


class InfillWire:
    """llama.cpp's ``POST /infill`` (tools/server/README.md)."""

    path = "/infill"

    def body(self, request: ModelRequest, resolved: ResolvedModel) -> Json:
        prompt = _fim(request, resolved)
        result: Json = {
            "model": resolved.ref.model,  # read only by a server that was started with several
            "input_prefix": prompt.prefix,
            "input_suffix": prompt.suffix,
            "input_extra": [{"filename": excerpt.path, "text": excerpt.text} for excerpt in prompt.extra],
            "n_predict": max_tokens(request, resolved.facts),
            "cache_prompt": True,
            "stream": True,
        }
        if resolved.provider.slot is not None:
            result["id_slot"] = resolved.provider.slot
        return _finished(result, request, resolved)

    def reader(self) -> Reader:
        return _InfillReader()


class OllamaWire:
    """Ollama's ``POST /api/generate`` (docs/api.md): with a suffix, or with a prompt that is rendered already."""

    path = "/api/generate"

    def body(self, request: ModelRequest, resolved: ResolvedModel) -> Json:
        options: Json = {"num_predict": max_tokens(request, resolved.facts)}
        options |= sampling(request, resolved.facts) | stop(request, resolved.facts, "stop")
        result: Json = {"model": resolved.ref.model, "stream": True, "keep_alive": _KEEP_ALIVE, "options": options}
        if isinstance(request.prompt, RawPrompt):
            result |= {"prompt": request.prompt.text, "raw": True}
        else:
            prompt = _fim(request, resolved)
            result |= {"prompt": prompt.prefix, "suffix": prompt.suffix}
        return merged(result, resolved.facts, quiet=request.quiet)

    def reader(self) -> Reader:
        return _OllamaReader()


class MistralWire:
    """Mistral's ``POST /v1/fim/completions``. Its models read other files as ``+++++ PATH`` before the text."""

    path = "/v1/fim/completions"

    def body(self, request: ModelRequest, resolved: ResolvedModel) -> Json:
        prompt = _fim(request, resolved)
        files = "".join(f"+++++ {excerpt.path}\n{excerpt.text}\n\n" for excerpt in prompt.extra)
        result: Json = {
            "model": resolved.ref.model,
            "prompt": f"{files}+++++ {prompt.path}\n{prompt.prefix}" if files else prompt.prefix,
            "suffix": prompt.suffix,
            "max_tokens": max_tokens(request, resolved.facts),
            "stream": True,
        }
        return _finished(result, request, resolved)

    def reader(self) -> Reader:
        return ChunkReader()


class DeepSeekWire:
    """DeepSeek's beta ``POST /completions``, with a suffix."""

    path = "/completions"

    def body(self, request: ModelRequest, resolved: ResolvedModel) -> Json:
        prompt = _fim(request, resolved)
        result: Json = {"model": resolved.ref.model, "prompt": prompt.prefix, "suffix": prompt.suffix, "stream": True}
        result["max_tokens"] = max_tokens(request, resolved.facts)
        return _finished(result | usage_option(resolved.facts), request, resolved)

    def reader(self) -> Reader:
        return ChunkReader()


class CompletionsWire:
    """``POST /v1/completions`` of any server, with a rendered prompt. No suffix is sent: llama.cpp ignores it and vLLM
    refuses it.
    """

    path = "/v1/completions"

    def body(self, request: ModelRequest, resolved: ResolvedModel) -> Json:
        if not isinstance(request.prompt, RawPrompt):
            raise unsuitable(
                resolved.ref, 'dialect = "completions" takes a rendered prompt: set the provider\'s template'
            )
        result: Json = {"model": resolved.ref.model, "prompt": request.prompt.text, "stream": True}
        result["max_tokens"] = max_tokens(request, resolved.facts)
        return _finished(result | usage_option(resolved.facts), request, resolved)

    def reader(self) -> Reader:
        return ChunkReader()


class MercuryEditWire:
    """Inception's ``POST /v1/edit/completions``, for next edits: one message of the user, in the model's own format."""

    path = "/v1/edit/completions"

    def body(self, request: ModelRequest, resolved: ResolvedModel) -> Json:
        if not isinstance(request.prompt, RawPrompt):
            raise unsuitable(resolved.ref, "it only predicts next edits: use it in completion.next_edit_chain")
        messages = [{"role": "user", "content": request.prompt.text}]
        result: Json = {"model": resolved.ref.model, "messages": messages, "stream": True}
        result["max_tokens"] = max_tokens(request, resolved.facts)
        return _finished(result | usage_option(resolved.facts), request, resolved)

    def reader(self) -> Reader:
        return ChunkReader()


class _InfillReader(Reader):
    def read(self, event: Event) -> str:
        if event.get("error"):
            raise ErrorEvent(event)
        text = text_of(event, "content")
        self.started = self.started or bool(text)
        if event.get("stop"):
            limit = event.get("stop_type") == "limit" or event.get("stopped_limit") is True
            self.finish = FinishReason.LENGTH if limit else FinishReason.STOP
            self.usage = _infill_usage(event)
        return text


class _OllamaReader(Reader):
    def read(self, event: Event) -> str:
        if event.get("error"):
            raise ErrorEvent(event)
        text = text_of(event, "response")
        self.started = self.started or bool(text or event.get("thinking"))
        if event.get("done"):
            reasons = {"stop": FinishReason.STOP, "length": FinishReason.LENGTH}
            self.finish = reasons.get(text_of(event, "done_reason"), FinishReason.UNKNOWN)
            self.usage = tokens(count(event, "prompt_eval_count"), count(event, "eval_count"))
        return text


def _infill_usage(event: Event) -> Usage:
    """``timings`` tells cached from computed prompt tokens; ``tokens_cached`` does not: it counts the answer too."""
    timings = mapping(event.get("timings"))
    cached = count(timings, "cache_n")
    total = cached + count(timings, "prompt_n") if timings else count(event, "tokens_evaluated")
    return tokens(total, count(event, "tokens_predicted"), cached=cached)


def _fim(request: ModelRequest, resolved: ResolvedModel) -> FimPrompt:
    if not isinstance(request.prompt, FimPrompt):
        raise unsuitable(resolved.ref, "it only completes code at a place: use a chat model in this tier")
    return request.prompt


def _finished(body: Json, request: ModelRequest, resolved: ResolvedModel) -> Json:
    body = body | sampling(request, resolved.facts) | stop(request, resolved.facts, "stop")
    return merged(body, resolved.facts, quiet=request.quiet)
