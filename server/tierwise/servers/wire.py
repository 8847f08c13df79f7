"""JSON-RPC with a language server over its standard input and output, as the client.

Owner of the requests under way. Every request is answered, fails, or is given up after its time; what the server asks
of us is always answered.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any, cast

METHOD_NOT_FOUND = -32601

_HEADER_LIMIT = 4_096
_MAX_MESSAGE = 256 * 1024 * 1024
"""Bytes of one message beyond which a server is taken for broken."""


class WireError(Exception):
    """The server answered with an error: its sentence, and its code."""

    def __init__(self, message: str, code: int) -> None:
        super().__init__(message)
        self.code = code


class WireClosed(Exception):
    """The server is gone, or talks nonsense."""


class Unserved(Exception):
    """What ``serve`` raises for a method that it does not know."""


class Wire:
    """One connection. ``serve`` answers the server's requests, ``told`` hears its notifications; both return at once
    and run on the event loop.
    """

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        serve: Callable[[str, Any], object],
        told: Callable[[str, Any], None],
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._serve = serve
        self._told = told
        self._ids = 0
        self._waiting: dict[int, asyncio.Future[Any]] = {}
        self._closed = False

    @property
    def closed(self) -> bool:
        return self._closed

    async def run(self) -> None:
        """Read until the server ends. Never raises but for cancellation; afterwards all requests have failed."""
        try:
            while (body := await _next_body(self._reader)) is not None:
                self._receive(json.loads(body))
        except (ValueError, OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, RecursionError):
            pass  # whatever it was, there is nothing more to be had from this server
        finally:
            self._closed = True
            for future in self._waiting.values():
                if not future.done():
                    future.set_exception(WireClosed())
            self._waiting.clear()

    async def request(self, method: str, params: object, limit_s: float) -> Any:
        """The result. Raises WireError, WireClosed, and TimeoutError after ``limit_s`` seconds."""
        if self._closed:
            raise WireClosed
        self._ids += 1
        identifier = self._ids
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting[identifier] = future
        self._send({"jsonrpc": "2.0", "id": identifier, "method": method, "params": params})
        try:
            async with asyncio.timeout(limit_s):
                return await future
        except (TimeoutError, asyncio.CancelledError):
            if not self._closed:
                self.notify("$/cancelRequest", {"id": identifier})
            raise
        finally:
            self._waiting.pop(identifier, None)

    def notify(self, method: str, params: object) -> None:
        """Send a notification; lost where the server is gone."""
        self._send({"jsonrpc": "2.0", "method": method, "params": params})

    async def drained(self) -> None:
        """Wait until what was sent has left, so that a server that does not read cannot fill our memory."""
        with suppress(OSError):
            await self._writer.drain()

    def _send(self, message: dict[str, Any]) -> None:
        if self._closed or self._writer.is_closing():
            return
        body = json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
        self._writer.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))

    def _receive(self, raw: object) -> None:
        if not isinstance(raw, dict):
            return
        message = cast("dict[str, Any]", raw)
        method, identifier = message.get("method"), message.get("id")
        if isinstance(method, str):
            if "id" in message:
                self._answer(identifier, method, message.get("params"))
            else:
                self._told(method, message.get("params"))
            return
        future = self._waiting.pop(identifier, None) if isinstance(identifier, int) else None
        if future is None or future.done():
            return
        error = message.get("error")
        if isinstance(error, dict):
            table = cast("dict[str, Any]", error)
            code = table.get("code")
            future.set_exception(WireError(str(table.get("message", "")), code if isinstance(code, int) else 0))
        else:
            future.set_result(message.get("result"))

    def _answer(self, identifier: object, method: str, params: Any) -> None:
        answer: dict[str, Any] = {"jsonrpc": "2.0", "id": identifier}
        try:
            answer["result"] = self._serve(method, params)
        except Unserved:
            answer["error"] = {"code": METHOD_NOT_FOUND, "message": f"{method} is not served"}
        self._send(answer)


async def _next_body(reader: asyncio.StreamReader) -> bytes | None:
    """The body of the next message; None at the end. Raises ValueError for what is no message."""
    length = -1
    for _ in range(32):
        line = await reader.readline()
        if not line:
            return None
        if len(line) > _HEADER_LIMIT:
            raise ValueError("a header line without end")
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"content-length":
            length = int(value)
        if not line.strip():
            break
    if not 0 <= length <= _MAX_MESSAGE:
        raise ValueError("a message without a length")
    return await reader.readexactly(length)
