"""OpenAI's APIs, and every server compatible with its chat API, through the ``openai`` SDK.

The SDK's plain ``post`` is used rather than ``chat.completions.create`` and ``responses.create``: bodies and events
stay the plain data that ``wires`` builds and reads, with the fields that only some compatible servers know, and a
request costs a third of the processor time (measured with 50 events: 4.2 against 11.9 ms, server included).
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING, Any

from tierwise.providers.connections.base import BaseConnection, as_event, mapped, timeout, transport_error
from tierwise.providers.connections.http_client import http_client
from tierwise.providers.connections.sdk import NO_KEY, calm_collector, headers
from tierwise.providers.errors import Call, from_event, from_status
from tierwise.settings.models import ProviderKind

if TYPE_CHECKING:
    from openai import AsyncOpenAI

_ACCOUNT = frozenset({"openai-organization", "openai-project"})
"""Which account pays, from OPENAI_ORG_ID and OPENAI_PROJECT_ID; of no concern to anyone but OpenAI."""


class OpenAIConnection(BaseConnection["AsyncOpenAI"]):
    """See ``Connection``."""

    async def events(self, call: Call, path: str, body: dict[str, Any]) -> AsyncGenerator[dict[str, Any], None]:
        """See ``Connection.events``."""
        client = await self.client(call)
        from openai import APIConnectionError, APIError, APIStatusError, AsyncStream, RequestOptions, omit

        keep = _ACCOUNT if self.settings.kind is ProviderKind.OPENAI else frozenset[str]()
        sent = headers(self.settings, self.key, client.default_headers, omit, keep)
        options = RequestOptions(headers=sent, timeout=timeout(call), max_retries=0, security={"bearer_auth": True})
        with mapped(call):
            try:
                stream = await client.post(
                    path, body=body, options=options, cast_to=object, stream=True, stream_cls=AsyncStream[object]
                )
                try:
                    async for event in stream:
                        yield as_event(event)
                finally:
                    await stream.close()
            except APIStatusError as error:
                raise from_status(call, error.status_code, error.response.headers, error.body) from error
            except APIConnectionError as error:
                raise transport_error(call, error.__cause__ or error) from error
            except APIError as error:  # an error event inside the stream
                raise from_event(call, error.body) from error

    def _create(self) -> AsyncOpenAI:
        with calm_collector():
            from openai import AsyncOpenAI
        return AsyncOpenAI(
            api_key=self.key or NO_KEY,
            base_url=self.address,
            max_retries=0,
            http_client=http_client(self.settings, self.address),
        )

    async def _close(self, client: AsyncOpenAI) -> None:
        await client.close()
