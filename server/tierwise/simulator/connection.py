"""HTTP/1.1 on one socket, with exact control: cut anywhere, hang, send single bytes, notice at once that it closed.

h11 keeps the grammar of the protocol; the socket is an asyncio transport. Owner of one connection and of the task
that answers on it: the task is cancelled the moment the client is gone. Must never answer anything but the loopback
interface, nor a page of a browser (a foreign ``Host``), since ``/simulator/script`` changes what is answered.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterable
from urllib.parse import parse_qsl, urlsplit

import h11

MAX_BODY_BYTES = 32 * 1024 * 1024
"""The largest request that Anthropic takes; larger ones are answered 413."""
LOCAL_HOSTS = frozenset({"127.0.0.1", "localhost"})

Headers = Iterable[tuple[str, str]]


class Exchange:
    """One request and the means to answer it. Sending after the client is gone never happens: the task is cancelled."""

    def __init__(self, connection: Connection, request: h11.Request, body: bytes, *, too_large: bool) -> None:
        target = urlsplit(request.target.decode("ascii", "replace"))
        self.method = request.method.decode("ascii")
        self.path = target.path
        self.query = dict(parse_qsl(target.query))
        self.headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in request.headers}
        self.body = body
        self.too_large = too_large
        self.client_gone = False
        self.bytes_sent = 0
        self.status: int | None = None
        self._connection = connection

    @property
    def local(self) -> bool:
        """Whether the request was meant for this machine by its name."""
        return urlsplit("//" + self.headers.get("host", "")).hostname in LOCAL_HOSTS

    async def respond(self, status: int, headers: Headers, body: bytes) -> None:
        """A whole answer."""
        await self.start(status, [*headers, ("content-length", str(len(body)))])
        await self.send(body)
        await self.finish()

    async def start(self, status: int, headers: Headers) -> None:
        """Status line and headers; without a length the body is chunked."""
        self.status = status
        fields = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]
        await self._write(h11.Response(status_code=status, headers=fields))

    async def send(self, data: bytes) -> None:
        """The next piece of the body: one HTTP chunk, one write."""
        if data:
            self.bytes_sent += len(data)
            await self._write(h11.Data(data=data))

    async def finish(self) -> None:
        """The regular end of the answer."""
        await self._write(h11.EndOfMessage())

    def cut(self) -> None:
        """Close the connection where it stands, after what was sent so far."""
        self._connection.close()

    async def _write(self, event: h11.Response | h11.Data | h11.EndOfMessage) -> None:
        await self._connection.send(event)


Handler = Callable[[Exchange], Awaitable[None]]


class Connection(asyncio.Protocol):
    """One client's connection; requests on it are answered one after the other."""

    def __init__(self, handler: Handler, register: set[Connection]) -> None:
        self._handler = handler
        self._register = register
        self._http = h11.Connection(h11.SERVER, max_incomplete_event_size=256 * 1024)
        self._request: h11.Request | None = None
        self._body = bytearray()
        self._too_large = False
        self._exchange: Exchange | None = None
        self._task: asyncio.Task[None] | None = None
        self._transport: asyncio.Transport | None = None
        self._writable = asyncio.Event()
        self._writable.set()

    @property
    def task(self) -> asyncio.Task[None] | None:
        """The task that is answering, for a shutdown that waits."""
        return self._task

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """asyncio: the socket is open."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._register.add(self)

    def data_received(self, data: bytes) -> None:
        """asyncio: bytes arrived. While an answer is on its way they wait inside h11."""
        self._http.receive_data(data)
        if self._task is None:
            self._advance()

    def eof_received(self) -> bool:
        """asyncio: the client closed. No client of ours closes half a connection, so it is gone."""
        if self._exchange is not None and self._transport is not None:
            self._transport.abort()
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        """asyncio: the socket is closed; an answer that is still on its way has no reader any more."""
        del exc
        self._register.discard(self)
        self._writable.set()
        if self._exchange is not None and self._task is not None:
            self._exchange.client_gone = True
            self._task.cancel()

    def pause_writing(self) -> None:
        """asyncio: the client reads slower than we write."""
        self._writable.clear()

    def resume_writing(self) -> None:
        """asyncio: it caught up."""
        self._writable.set()

    async def send(self, event: h11.Response | h11.Data | h11.EndOfMessage) -> None:
        """Write one event; waits while the client does not read."""
        data = self._http.send(event)
        if data and self._transport is not None:
            self._transport.write(data)
        await self._writable.wait()

    def close(self) -> None:
        """Close the socket after what was written."""
        self._exchange = None
        if self._transport is not None:
            self._transport.close()

    def abort(self) -> None:
        """Drop the socket and stop answering."""
        self._exchange = None
        if self._task is not None:
            self._task.cancel()
        if self._transport is not None:
            self._transport.abort()

    def _advance(self) -> None:
        """Read events until a request is whole or bytes are missing."""
        while True:
            try:
                event = self._http.next_event()
            except h11.RemoteProtocolError:
                self.close()
                return
            if event is h11.NEED_DATA or event is h11.PAUSED:
                self._invite_body()
                return
            if isinstance(event, h11.ConnectionClosed):
                self.close()
                return
            if isinstance(event, h11.Request):
                self._request, self._too_large = event, False
                self._body.clear()
            elif isinstance(event, h11.Data):
                self._too_large = self._too_large or len(self._body) + len(event.data) > MAX_BODY_BYTES
                if not self._too_large:
                    self._body += event.data
            elif isinstance(event, h11.EndOfMessage) and self._request is not None:
                self._exchange = Exchange(self, self._request, bytes(self._body), too_large=self._too_large)
                self._task = asyncio.get_running_loop().create_task(self._answer(self._exchange))
                return

    def _invite_body(self) -> None:
        if self._http.they_are_waiting_for_100_continue and self._transport is not None:
            go_on = self._http.send(h11.InformationalResponse(status_code=100, headers=[]))
            self._transport.write(go_on or b"")

    async def _answer(self, exchange: Exchange) -> None:
        try:
            with contextlib.suppress(asyncio.CancelledError):
                await self._handler(exchange)
        finally:
            self._task = None
            if self._exchange is not None and not exchange.client_gone:
                self._exchange = None
                self._next()

    def _next(self) -> None:
        """Go on with the connection if the answer was whole, else end it."""
        if self._http.our_state is h11.DONE and self._http.their_state is h11.DONE:
            self._http.start_next_cycle()
            self._advance()
        else:
            self.close()
