"""Endpoints without an SDK: a JSON body, answered by server-sent events or by one JSON object per line."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, AsyncIterator
from typing import TYPE_CHECKING, Any

from tierwise.providers.connections.addresses import endpoint
from tierwise.providers.connections.base import BaseConnection, as_event, mapped, timeout
from tierwise.providers.connections.http_client import http_client
from tierwise.providers.errors import Call, from_status
from tierwise.settings.models import FimDialect

if TYPE_CHECKING:
    import httpx2


class PlainConnection(BaseConnection["httpx2.AsyncClient"]):
    """See ``Connection``."""

    async def events(self, call: Call, path: str, body: dict[str, Any]) -> AsyncGenerator[dict[str, Any], None]:
        """See ``Connection.events``."""
        client = await self.client(call)
        with mapped(call):
            request = client.build_request("POST", endpoint(self.address, path), json=body, timeout=timeout(call))
            response = await client.send(request, stream=True)
            try:
                if not response.is_success:
                    content = _content(await response.aread())
                    raise from_status(call, response.status_code, response.headers, content)
                async for text in _lines(response) if self._by_line else _data(response):
                    yield as_event(json.loads(text))
            finally:
                await response.aclose()

    @property
    def _by_line(self) -> bool:
        return self.settings.dialect is FimDialect.OLLAMA

    def _create(self) -> httpx2.AsyncClient:
        client = http_client(self.settings, self.address)
        if self.key:
            client.headers["Authorization"] = f"Bearer {self.key}"
        client.headers.update(self.settings.headers)
        return client

    async def _close(self, client: httpx2.AsyncClient) -> None:
        await client.aclose()


async def _data(response: httpx2.Response) -> AsyncIterator[str]:
    """The data of each server-sent event, without the mark that ends OpenAI's streams."""
    import httpx2

    async for event in httpx2.EventSource(response):
        if event.data and event.data != "[DONE]":
            yield event.data


async def _lines(response: httpx2.Response) -> AsyncIterator[str]:
    """The lines of the answer. Only a line feed ends one: JSON may hold the other characters that Unicode counts as
    line ends, and a line is decoded when it is whole, so that no character is split.
    """
    rest = b""
    async for chunk in response.aiter_bytes():
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            if line.strip():
                yield line.decode()
    if rest.strip():
        yield rest.decode()


def _content(raw: bytes) -> object:
    try:
        return json.loads(raw)
    except ValueError:
        return None
