"""Endpoints without an SDK: a JSON body, answered by server-sent events or by one JSON object per line."""

from __future__ import annotations

import json
from abc import abstractmethod
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, aclosing
from dataclasses import dataclass
from typing import Any, TypeVar

from tierwise.providers.connections.addresses import endpoint
from tierwise.providers.connections.base import BaseConnection, as_event
from tierwise.providers.connections.streams import json_lines, sse_data
from tierwise.providers.errors import Call, cut, from_status
from tierwise.settings.models import FimDialect

C = TypeVar("C")


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer whose body is still to come: whole by ``read``, or piece by piece."""

    status: int
    headers: Mapping[str, str]
    read: Callable[[], Awaitable[bytes]]
    pieces: Callable[[], AsyncIterator[bytes]]


class PlainConnection(BaseConnection[C]):
    """See ``Connection``. Which HTTP library makes the exchange is for those below to say."""

    async def events(self, call: Call, path: str, body: dict[str, Any]) -> AsyncGenerator[dict[str, Any], None]:
        """See ``Connection.events``."""
        client = await self.client(call)
        async with self._post(client, call, endpoint(self.address, path), body) as answer:
            if not 200 <= answer.status < 300:
                raise from_status(call, answer.status, answer.headers, _content(await answer.read()))
            async with aclosing(self._texts(call, answer)) as texts:
                async for text in texts:
                    yield as_event(json.loads(text))

    def headers(self) -> dict[str, str]:
        """What every request carries."""
        authorization = {"Authorization": f"Bearer {self.key}"} if self.key else {}
        return {**authorization, **self.settings.headers}

    @abstractmethod
    def _post(self, client: C, call: Call, url: str, body: dict[str, Any]) -> AbstractAsyncContextManager[Answer]:
        """Post the body as JSON; leaving the context closes the socket unless the answer has been read to its end.
        Turns the library's faults, and ValueErrors within the context, into ProviderErrors.
        """

    def _texts(self, call: Call, answer: Answer) -> AsyncGenerator[str]:
        if self.settings.dialect is FimDialect.OLLAMA:
            return json_lines(answer.pieces())
        if not answer.headers.get("content-type", "").lower().startswith("text/event-stream"):
            raise cut(call, "is no stream of events")
        return sse_data(answer.pieces())


def _content(raw: bytes) -> object:
    try:
        return json.loads(raw)
    except ValueError:
        return None
