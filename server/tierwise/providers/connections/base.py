"""What every connection offers, and the faults of HTTP that all of them share.

Owner of one HTTP client per provider settings, made on first need in a worker thread: reading certificates and
importing an SDK take 30 ms to 2 s, which the event loop must not wait for.
"""

from __future__ import annotations

import asyncio
import ssl
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar, cast

from tierwise.core.errors import ProviderError
from tierwise.providers.errors import Call, cut, late, not_http, unreachable, unsuitable
from tierwise.settings.models import ProviderSettings

if TYPE_CHECKING:
    import httpx2

C = TypeVar("C")


class Connection(Protocol):
    """One way to one provider, shared by all its models and by concurrent requests."""

    @property
    def key(self) -> str:
        """The API key, "" without one."""
        ...

    @property
    def address(self) -> str:
        """The base URL."""
        ...

    async def open(self) -> None:
        """Do now what the first request would have to wait for. Sends nothing. May be called again. Raises what
        ``UNUSABLE`` lists when the settings cannot work.
        """
        ...

    def events(self, call: Call, path: str, body: dict[str, Any]) -> AsyncGenerator[dict[str, Any], None]:
        """Post ``body`` and yield the decoded events of the answer. Raises ProviderError only. Closing the generator,
        or cancelling its task, closes the socket.
        """
        ...

    async def aclose(self) -> None:
        """Close all sockets; the connection must not be used afterwards."""
        ...


class BaseConnection(ABC, Generic[C]):
    """A connection around a client of type ``C``."""

    def __init__(self, settings: ProviderSettings, key: str, address: str) -> None:
        self.settings = settings
        self.key = key
        self.address = address
        self._client: C | None = None
        self._opening = asyncio.Lock()

    async def open(self) -> None:
        """See ``Connection.open``."""
        await self._opened()

    async def client(self, call: Call) -> C:
        """The client, made if need be. Raises BadRequest when the settings cannot work."""
        try:
            return await self._opened()
        except UNUSABLE as error:
            raise unusable(call, error) from error

    async def aclose(self) -> None:
        """See ``Connection.aclose``."""
        client, self._client = self._client, None
        if client is not None:
            await self._close(client)

    async def _opened(self) -> C:
        if self._client is not None:
            return self._client
        async with self._opening:
            if self._client is None:
                self._client = await self._made()
            return self._client

    async def _made(self) -> C:
        """The client of ``_create``, called in a worker thread."""
        return await asyncio.to_thread(self._create)

    @abstractmethod
    def _create(self) -> C:
        """Make the client. Raises what ``UNUSABLE`` lists."""

    @abstractmethod
    async def _close(self, client: C) -> None:
        """Close the client and its sockets."""


UNUSABLE = (OSError, ImportError, ValueError)
"""What making a client raises: a certificate file that cannot be read, SOCKS support that is not installed, a proxy or
header that makes no sense."""


def unusable(call: Call, error: Exception) -> ProviderError:
    """Why no client could be made: one of ``UNUSABLE``, as ours."""
    provider = call.ref.provider
    if isinstance(error, ImportError):
        needed = "socksio (its proxy speaks SOCKS)" if "socksio" in str(error) else error.name or "its SDK"
        return unsuitable(call.ref, f"a package is missing: pip install {needed}")
    if isinstance(error, OSError):
        source = f"providers.{provider}.ca_bundle" if call.resolved.provider.ca_bundle else "SSL_CERT_FILE"
        return unsuitable(call.ref, f"no certificates can be read from the file in {source}")
    return unsuitable(call.ref, f"the proxy or a header of providers.{provider} is not valid")


def timeout(call: Call) -> httpx2.Timeout:
    """The HTTP library's own limits, behind those of ``client``: so that a socket dies even if nobody awaits it."""
    import httpx2

    connect, last = call.resolved.provider.connect_timeout_s, call.request.deadline_s
    return httpx2.Timeout(connect=min(connect, last), read=last, write=last, pool=min(connect, last))


def as_event(value: object) -> dict[str, Any]:
    """A decoded event as a JSON object: the first of a list (Gemini's errors come so), an empty one for all else."""
    if isinstance(value, list) and value:
        value = cast("list[object]", value)[0]
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


@contextmanager
def mapped(call: Call) -> Generator[None]:
    """Turn the faults of HTTP and of broken streams into our errors."""
    import anyio
    import httpx2

    try:
        yield
    except (httpx2.HTTPError, httpx2.InvalidURL, httpx2.StreamError, anyio.EndOfStream, OSError) as error:
        raise transport_error(call, error) from error
    except ValueError as error:  # an event that is no JSON, or text that is no UTF-8
        raise cut(call, "is malformed") from error


def transport_error(call: Call, error: BaseException) -> ProviderError:
    """A fault below HTTP's status codes, as ours. The message never quotes ``error``, which may quote a header."""
    import httpx2

    provider = call.ref.provider
    match error:
        case httpx2.ConnectTimeout() | httpx2.PoolTimeout():
            seconds = call.resolved.provider.connect_timeout_s
            return unreachable(call, f"no connection within {seconds:g} s")
        case httpx2.ProxyError():
            return unreachable(call, f"the proxy refused; see providers.{provider}.proxy and HTTPS_PROXY")
        case httpx2.ConnectError() | ssl.SSLError() if "CERTIFICATE_VERIFY_FAILED" in str(error):
            return unreachable(call, f"its certificate is not trusted; see providers.{provider}.ca_bundle")
        case httpx2.ConnectError():
            return unreachable(call)
        case httpx2.TimeoutException():
            return late(call, started=False)
        case httpx2.UnsupportedProtocol() | httpx2.InvalidURL() | httpx2.LocalProtocolError():
            return not_http(call)
        case _:
            return cut(call, "was cut: the connection broke off")
