"""The one place every prompt passes on its way out: no forbidden file, no detected secret gets further.

Context is already chosen from readable files only; this is the second lock, on the door itself. It wraps the clients
that routing uses, so there is no way around it.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path

from tierwise.core.errors import Declined
from tierwise.core.masker import Masker
from tierwise.core.models import (
    ChatPrompt,
    FimPrompt,
    Finished,
    ModelClient,
    ModelRef,
    ModelRequest,
    Prompt,
    RawPrompt,
    StreamPart,
    TextDelta,
)
from tierwise.routing.ports import ClientSource
from tierwise.settings.models import ResolvedModel

_Unsendable = Callable[[Sequence[Path]], tuple[Path, object] | None]


class GuardedClients:
    """Clients whose requests are checked and masked before they leave. Implements ``routing.ports.ClientSource``.
    ``forbidden``: the first of some files that may not be sent as things are now, and why.
    """

    def __init__(self, clients: ClientSource, masker: Masker, forbidden: _Unsendable) -> None:
        self._clients = clients
        self._masker = masker
        self._forbidden = forbidden

    def client(self, model: ResolvedModel, /) -> ModelClient:
        return _GuardedClient(self._clients.client(model), self._masker, self._forbidden)


class _GuardedClient:
    def __init__(self, client: ModelClient, masker: Masker, forbidden: _Unsendable) -> None:
        self._client = client
        self._masker = masker
        self._forbidden = forbidden

    @property
    def ref(self) -> ModelRef:
        return self._client.ref

    async def stream(self, request: ModelRequest) -> AsyncGenerator[StreamPart, None]:
        """As the client behind it; placeholders in the answer become the secrets again, so that an edit applies.
        Raises ``Declined`` for a request that names a forbidden file.
        """
        if (found := self._forbidden([Path(source) for source in sorted(request.sources)])) is not None:
            path, reason = found
            raise Declined(f"{path.name} must not leave this machine ({reason}); nothing was sent.")
        prompt = masked_prompt(request.prompt, self._masker.mask)
        masked = request if prompt is request.prompt else request.with_prompt(prompt)
        restorer = self._masker.restorer()
        async with aclosing(self._client.stream(masked)) as stream:
            async for part in stream:
                match part:
                    case TextDelta(text):
                        restored = restorer.feed(text)
                    case Finished():
                        restored = restorer.flush()
                if restored:
                    yield TextDelta(restored)
                if isinstance(part, Finished):
                    yield part


def masked_prompt(prompt: Prompt, mask: Callable[[str], str]) -> Prompt:
    """The prompt with every detected secret replaced by its placeholder; itself where there is none to be filled in
    between two texts, as with nearly every keystroke.
    """
    match prompt:
        case ChatPrompt(blocks):
            return ChatPrompt(tuple(replace(block, text=mask(block.text)) for block in blocks))
        case FimPrompt(prefix, suffix):
            extra = tuple(replace(excerpt, text=mask(excerpt.text)) for excerpt in prompt.extra)
            masked = mask(prefix), mask(suffix)
            if masked[0] is prefix and masked[1] is suffix and extra == prompt.extra:
                return prompt
            return replace(prompt, prefix=masked[0], suffix=masked[1], extra=extra)
        case RawPrompt(text):
            return RawPrompt(mask(text))
