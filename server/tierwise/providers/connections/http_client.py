"""The HTTP client below every connection: the library that both SDKs are built on.

Owner of the certificates read so far, nothing else. Redirects are not followed: prompts hold a person's code and go to
no address that the settings do not name.
"""

from __future__ import annotations

import os
import ssl
from functools import cache
from typing import TYPE_CHECKING

from tierwise import __version__
from tierwise.providers.errors import is_loopback
from tierwise.settings.models import ProviderSettings

if TYPE_CHECKING:
    import httpx2

USER_AGENT = f"tierwise/{__version__}"

HEADERS = {"User-Agent": USER_AGENT, "Accept-Encoding": "identity"}
"""Of every request: who asks, and that small pieces should not wait in a compressor."""

KEEP_IDLE_S = 90.0
"""Seconds that an idle connection is kept. The library's 5 s would make every request after a thinking pause open a new
one, a TLS handshake more; a connection that the server has closed meanwhile is noticed before it is used."""


def http_client(settings: ProviderSettings, address: str) -> httpx2.AsyncClient:
    """A client for one provider. Proxies and certificates come from the settings, else from the environment
    (``HTTPS_PROXY``, ``ALL_PROXY``, ``NO_PROXY``, ``SSL_CERT_FILE``, ``SSL_CERT_DIR``), as httpx reads it. This machine
    itself is never reached through a proxy of the environment: the proxy would get the code, and fail.

    Call it in a worker thread: imports and certificates take their time. Raises OSError, ImportError and ValueError
    when the settings cannot work.
    """
    import httpx2

    _load_backend()
    return httpx2.AsyncClient(
        verify=_certificates(settings.ca_bundle, os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR")),
        proxy=settings.proxy,
        trust_env=not is_loopback(address),
        headers=HEADERS,
        limits=httpx2.Limits(
            max_connections=None,
            # A new connection to this machine costs next to nothing, and llama.cpp closes a kept one unannounced.
            max_keepalive_connections=0 if is_loopback(address) and address.startswith("http:") else None,
            keepalive_expiry=KEEP_IDLE_S,
        ),
        follow_redirects=False,
    )


@cache
def _load_backend() -> None:
    """Import what the library would import while the first request waits (measured: 25 ms): an empty run loads it."""
    import anyio

    anyio.run(anyio.sleep, 0)


@cache
def _certificates(ca_bundle: str | None, *_environment: str | None) -> ssl.SSLContext:
    """Shared by all connections that trust the same: reading the system's certificates takes some 20 ms each time."""
    import httpx2

    return httpx2.create_ssl_context() if ca_bundle is None else ssl.create_default_context(cafile=ca_bundle)
