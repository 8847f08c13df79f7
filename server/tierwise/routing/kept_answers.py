"""Answers to exactly the same request, kept in the team's store: who asks what a colleague has asked pays nothing.

Owner of which requests this session has already made: asking again means wanting another answer. It stands behind the
send boundary, so that what is kept is masked like what is sent. Completions are never kept: no two are the same.
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing, suppress

import msgspec
from cachetools import LRUCache

from tierwise.core.models import (
    ChatPrompt,
    Finished,
    FinishReason,
    ModelClient,
    ModelRef,
    ModelRequest,
    StreamPart,
    TextDelta,
    Usage,
)
from tierwise.core.shared import SharedStore, SharedUnavailable
from tierwise.core.tasks import Role
from tierwise.routing.ports import ClientSource
from tierwise.settings.models import ResolvedModel

FORMAT = b"1"
"""Changes whenever what is hashed, or what is kept, does."""

REMEMBERED = 1_024


class KeptAnswers:
    """Clients that look into the store first. Implements ``ClientSource``.

    ``store`` gives the store while it answers, and for how many seconds answers are kept; None keeps nothing.
    """

    def __init__(self, clients: ClientSource, store: Callable[[], tuple[SharedStore, float] | None]) -> None:
        self._clients = clients
        self._store = store
        self._asked: LRUCache[str, None] = LRUCache(REMEMBERED)

    def client(self, model: ResolvedModel, /) -> ModelClient:
        client = self._clients.client(model)
        found = self._store()
        if found is None or model.embedded:
            return client
        return _KeepingClient(client, model, *found, self._asked)


class _KeepingClient:
    def __init__(
        self, client: ModelClient, model: ResolvedModel, store: SharedStore, seconds: float, asked: LRUCache[str, None]
    ) -> None:
        self._client = client
        self._model = model
        self._store = store
        self._seconds = seconds
        self._asked = asked

    @property
    def ref(self) -> ModelRef:
        return self._client.ref

    async def stream(self, request: ModelRequest) -> AsyncGenerator[StreamPart, None]:
        key = request_key(self._model, request)
        if key is None:
            async with aclosing(self._client.stream(request)) as stream:
                async for part in stream:
                    yield part
            return
        again = key in self._asked
        self._asked[key] = None
        kept = None if again else await self._look(key)
        if kept:
            yield TextDelta(kept)
            yield Finished(FinishReason.STOP, Usage())
            return
        pieces: list[str] = []
        async with aclosing(self._client.stream(request)) as stream:
            async for part in stream:
                match part:
                    case TextDelta(text):
                        pieces.append(text)
                    case Finished(FinishReason.STOP):
                        with suppress(SharedUnavailable):
                            await self._store.keep_answer(key, "".join(pieces), self._seconds)
                    case Finished():
                        pass
                yield part

    async def _look(self, key: str) -> str | None:
        try:
            return await self._store.answer(key)
        except SharedUnavailable:
            return None


def request_key(model: ResolvedModel, request: ModelRequest) -> str | None:
    """A name for everything that an answer depends on; None for what is not kept."""
    prompt = request.prompt
    if request.role is Role.COMPLETE or request.warms or not isinstance(prompt, ChatPrompt):
        return None
    told = (
        model.ref.model,
        model.provider.kind.value,
        model.provider.base_url or "",
        request.role.value,
        request.max_output_tokens,
        request.temperature,
        request.effort,
        request.quiet,
        request.stop,
        request.schema.name if request.schema else None,
    )
    digest = hashlib.sha256(FORMAT)
    digest.update(msgspec.json.encode(told))
    for block in prompt.blocks:
        digest.update(f"\0{block.speaker.value}\0".encode())
        digest.update(block.text.encode("utf-8", "replace"))
    return digest.hexdigest()
