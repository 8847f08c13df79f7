"""A model server on this machine, reached through the HTTP library that costs a keystroke least.

An exchange with an instant server takes this library 0.2 ms where the one that both SDKs are built on takes 0.8, and
0.6 beside 1.6 between pauses (``benchmarks.roundtrip`` has both). Everywhere else the network takes longer than
that, and proxies, certificates and SOCKS count: see ``remote``.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import msgspec

from tierwise.providers.connections.http_client import HEADERS, KEEP_IDLE_S
from tierwise.providers.connections.plain import Answer, PlainConnection
from tierwise.providers.errors import Call, cut, is_loopback, late, not_http, unreachable
from tierwise.settings.models import ProviderSettings

if TYPE_CHECKING:
    import aiohttp


def is_local(settings: ProviderSettings, address: str) -> bool:
    """Whether nothing stands between here and there: this machine, without TLS and without a proxy."""
    plain = settings.proxy is None and settings.ca_bundle is None
    return plain and urlsplit(address).scheme == "http" and is_loopback(address)


class LocalConnection(PlainConnection["aiohttp.ClientSession"]):
    """See ``Connection``."""

    async def _made(self) -> aiohttp.ClientSession:
        await asyncio.to_thread(import_module, "aiohttp")  # 0.1 s
        return self._create()

    def _create(self) -> aiohttp.ClientSession:
        import aiohttp

        return aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=KEEP_IDLE_S, socket_factory=_socket),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={**HEADERS, "Content-Type": "application/json", **self.headers()},
        )

    async def _close(self, client: aiohttp.ClientSession) -> None:
        await client.close()

    @asynccontextmanager
    async def _post(
        self, client: aiohttp.ClientSession, call: Call, url: str, body: dict[str, Any]
    ) -> AsyncGenerator[Answer]:
        with _mapped(call):
            async with await _sent(client, call, url, body) as response:
                yield Answer(response.status, response.headers, response.read, response.content.iter_any)


@dataclass(slots=True)
class _Way:
    """What became known of the connection that a request took."""

    kept: bool = True
    """Whether it had served a request before: no socket was made for it."""


_WAY: ContextVar[_Way] = ContextVar("way")
"""That of the request at hand, also for the tasks in which the library makes a connection for it."""


def _socket(address: tuple[int, int, int, str, tuple[Any, ...]]) -> socket.socket:
    _WAY.get().kept = False
    family, kind, protocol, *_ = address
    return socket.socket(family, kind, protocol)


async def _sent(client: aiohttp.ClientSession, call: Call, url: str, body: dict[str, Any]) -> aiohttp.ClientResponse:
    """Post. A kept connection that the server closes just when it is to be used again is no fault of the server, and
    another is taken; llama.cpp closes each after a streamed answer without having said so.
    """
    import aiohttp

    data, timeout = msgspec.json.encode(body), _timeout(call)
    while True:
        way = _Way()
        _WAY.set(way)
        try:
            return await client.post(url, data=data, timeout=timeout, allow_redirects=False)
        except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError):
            if not way.kept:
                raise
        except ValueError as error:
            raise not_http(call) from error


def _timeout(call: Call) -> aiohttp.ClientTimeout:
    """The library's own limits, behind those of the caller: so that a socket dies even if nobody awaits it."""
    import aiohttp

    last = call.request.deadline_s
    return aiohttp.ClientTimeout(
        total=None, sock_connect=min(call.resolved.provider.connect_timeout_s, last), sock_read=last
    )


@contextmanager
def _mapped(call: Call) -> Generator[None]:
    """Turn the library's faults into our errors. A message never quotes them: they may quote a header."""
    import aiohttp

    try:
        yield
    except aiohttp.ConnectionTimeoutError as error:
        raise unreachable(call, f"no connection within {call.resolved.provider.connect_timeout_s:g} s") from error
    except aiohttp.ClientConnectorError as error:
        raise unreachable(call) from error
    except TimeoutError as error:
        raise late(call, started=False) from error
    except (aiohttp.ClientError, OSError, RuntimeError) as error:  # the last: the session was closed meanwhile
        raise cut(call, "was cut: the connection broke off") from error
    except ValueError as error:  # an event that is no JSON, or text that is no UTF-8
        raise cut(call, "is malformed") from error
