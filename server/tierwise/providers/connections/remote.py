"""Endpoints without an SDK, anywhere: through the library that both SDKs are built on, its proxies and certificates."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from tierwise.providers.connections.base import mapped, timeout
from tierwise.providers.connections.http_client import http_client
from tierwise.providers.connections.plain import Answer, PlainConnection
from tierwise.providers.errors import Call

if TYPE_CHECKING:
    import httpx2


class RemoteConnection(PlainConnection["httpx2.AsyncClient"]):
    """See ``Connection``."""

    def _create(self) -> httpx2.AsyncClient:
        client = http_client(self.settings, self.address)
        client.headers.update(self.headers())
        return client

    async def _close(self, client: httpx2.AsyncClient) -> None:
        await client.aclose()

    @asynccontextmanager
    async def _post(
        self, client: httpx2.AsyncClient, call: Call, url: str, body: dict[str, Any]
    ) -> AsyncGenerator[Answer]:
        with mapped(call):
            request = client.build_request("POST", url, json=body, timeout=timeout(call))
            response = await client.send(request, stream=True)
            try:
                yield Answer(response.status_code, response.headers, response.aread, response.aiter_bytes)
            finally:
                await response.aclose()
