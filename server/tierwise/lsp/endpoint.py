"""JSON-RPC: every request is answered exactly once, also when it is cancelled or everything fails.

Owner of the requests under way. After a message that starts something the event loop has its turn, so that the first
step of a handler always sees the documents as they were when its message came. The frequent messages (document
changes, ghost text) are handled here, decoded straight into small structs; all others go to the full server
(``full.py``, pygls), which loads while the first keystrokes are already served.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Coroutine
from typing import Any, Protocol

import msgspec

from tierwise.core.errors import Stale, TierwiseError, UsageError
from tierwise.lsp.front import INVALID_PARAMS, INVALID_REQUEST, PARSE_ERROR
from tierwise.lsp.json_text import without_halves
from tierwise.lsp.stdio import Reader, Writer

INTERNAL_ERROR = -32603
REQUEST_CANCELLED = -32800
CONTENT_MODIFIED = -32801
REQUEST_FAILED = -32803

_MESSAGES_PER_TURN = 8
"""So many document changes may be worked off before the event loop has its turn."""

log = logging.getLogger("tierwise.lsp")

Id = int | str
RequestHandler = Callable[[Any], Coroutine[Any, Any, object]]
NotificationHandler = Callable[[Any], None]


class Message(msgspec.Struct):
    """Any JSON-RPC message, its inner parts not looked at yet."""

    id: Id | msgspec.UnsetType | None = msgspec.UNSET
    method: str | None = None
    params: msgspec.Raw = msgspec.Raw(b"null")


class CancelParams(msgspec.Struct):
    id: Id


class FullServer(Protocol):
    """The rest of the server, as the endpoint sees it."""

    def receive(self, body: bytes) -> None:
        """Take a message whole: a request, a notification, or the client's answer to a request of ours."""
        ...

    def has(self, identifier: Id) -> bool:
        """Whether a request with this id is under way here."""
        ...

    def cancel(self, identifier: Id) -> bool:
        """Cancel a request; False when it is not under way here."""
        ...

    async def drain(self) -> None:
        """Cancel all that is under way and wait until it has ended."""
        ...


class Endpoint:
    """One connection."""

    def __init__(self, reader: Reader, writer: Writer) -> None:
        self._reader = reader
        self._writer = writer
        self._requests: dict[str, tuple[msgspec.json.Decoder[Any], RequestHandler]] = {}
        self._notifications: dict[str, tuple[msgspec.json.Decoder[Any], NotificationHandler]] = {}
        self._also_full: set[str] = set()
        self._running: dict[Id, asyncio.Task[None]] = {}
        self._inbox: deque[bytes | None] = deque()
        self._waiting: list[bytes] = []
        self._full: FullServer | None = None
        self._shutdown: asyncio.Task[None] | None = None
        self._on_shutdown: Callable[[], Coroutine[Any, Any, None]] | None = None
        self._exit: asyncio.Future[int] | None = None
        self._message = msgspec.json.Decoder(Message)
        self._encoder = msgspec.json.Encoder()
        self.on_notification("$/cancelRequest", CancelParams, self._cancel)

    def on_request(self, method: str, params: type[msgspec.Struct], handler: RequestHandler) -> None:
        """Serve ``method`` here, with its parameters decoded into ``params``."""
        self._requests[method] = (msgspec.json.Decoder(params), handler)

    def on_notification(
        self, method: str, params: type[msgspec.Struct], handler: NotificationHandler, *, also_full: bool = False
    ) -> None:
        """Serve ``method`` here. The handler runs at once and must not block. ``also_full``: the full server hears of
        it too, once it is there.
        """
        self._notifications[method] = (msgspec.json.Decoder(params), handler)
        if also_full:
            self._also_full.add(method)

    def on_shutdown(self, close: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """What to do on ``shutdown``, after all requests have ended and before it is answered."""
        self._on_shutdown = close

    def attach_full(self, full: FullServer) -> None:
        """The rest of the server is there: give it, in order, what has waited for it."""
        self._full = full
        for body in self._waiting:
            full.receive(body)
        self._waiting.clear()

    def attach_nothing(self) -> None:
        """The rest of the server could not be loaded: what needs it is refused, ghost text goes on."""
        self.attach_full(_Missing(self._refuse))

    def _refuse(self, body: bytes) -> None:
        message = self._message.decode(body)
        if message.method is not None and isinstance(message.id, int | str):
            text = f"{message.method} is not available: a part of Tierwise could not be loaded; see its log."
            self._send_error(message.id, INTERNAL_ERROR, text)

    async def run(self) -> int:
        """Serve until ``exit`` or the end of the stream; the exit status that LSP asks for."""
        loop = asyncio.get_running_loop()
        self._exit = loop.create_future()
        self._reader.attach(loop, self._wake)
        status = await self._exit
        if self._shutdown is None:
            await self._close()
        else:  # also a client that leaves without waiting for the answer loses nothing of what was under way
            await asyncio.wait([self._shutdown])
        await asyncio.to_thread(self._writer.flush, 1.0)
        return status

    def leave(self) -> None:
        """End as if the client had gone (its process died)."""
        self._finish(1)

    def notify(self, method: str, params: object) -> None:
        """Send a notification."""
        self._send({"jsonrpc": "2.0", "method": method, "params": params})

    def _wake(self) -> None:
        idle = not self._inbox
        self._inbox.extend(self._reader.take())
        if idle and self._inbox:
            self._turn()

    def _turn(self) -> None:
        for _ in range(_MESSAGES_PER_TURN):
            body = self._inbox.popleft()
            if body is None:
                self._finish(0 if self._shutdown else 1)
                return
            if not self._receive(body) or not self._inbox:
                break
        if self._inbox:  # what this message started takes its first step before the next message
            asyncio.get_running_loop().call_soon(self._turn)

    def _receive(self, body: bytes) -> bool:
        """Work off one message; whether it is over and done with: nothing was started that has yet to take a step."""
        try:
            body, message = self._decoded(body)
        except msgspec.DecodeError as error:
            self._send_error(None, *_malformed(error))
            return True
        except RecursionError:
            self._send_error(None, PARSE_ERROR, "The message is nested too deeply to be read.")
            return True
        if message.id is msgspec.UNSET and message.method in self._notifications:
            return self._notification(message.method, message.params, body)
        if message.method is None and message.id is msgspec.UNSET:
            self._send_error(None, INVALID_REQUEST, "No JSON-RPC message: it has neither a method nor an id.")
        elif message.method is None or message.id is msgspec.UNSET:
            self._others(message.method, body)
        elif message.id is None:
            self._send_error(None, INVALID_REQUEST, "A request needs an id that is a number or a string.")
        else:
            self._request(message.id, message.method, message.params, body)
        return False

    def _decoded(self, body: bytes) -> tuple[bytes, Message]:
        try:
            return body, self._message.decode(body)
        except msgspec.ValidationError:
            raise
        except msgspec.DecodeError:
            repaired = without_halves(body)
            if repaired is None:
                raise
            return repaired, self._message.decode(repaired)

    def _notification(self, method: str, params: msgspec.Raw, body: bytes) -> bool:
        decoder, handler = self._notifications[method]
        try:
            handler(decoder.decode(params))
        except msgspec.DecodeError as error:
            log.warning("ignored a malformed %s: %s", method, error)
        except Exception as error:  # noqa: BLE001 - the server must outlive a fault in one notification
            log_fault(method, error)
        else:
            if method in self._also_full:
                self._to_full(body)
                return False
        return True

    def _others(self, method: str | None, body: bytes) -> None:
        """A notification that is not served here, or (``method`` None) an answer of the client's."""
        if method == "exit":
            self._finish(0 if self._shutdown else 1)
        else:
            self._to_full(body)

    def _request(self, identifier: Id, method: str, params: msgspec.Raw, body: bytes) -> None:
        if self._shutdown:
            self._send_error(identifier, INVALID_REQUEST, f"The server is shutting down: {method} is not served.")
        elif self._has(identifier):
            self._send_error(identifier, INVALID_REQUEST, f"The id {identifier!r} is already in use.")
        elif method == "shutdown":
            self._shutdown = self._start(identifier, method, self._close())
        elif method == "initialize":
            self._send_error(identifier, INVALID_REQUEST, "initialize was answered already.")
        elif method not in self._requests:
            self._to_full(body)
        else:
            decoder, handler = self._requests[method]
            try:
                value = decoder.decode(params)
            except msgspec.DecodeError as error:
                self._send_error(identifier, INVALID_PARAMS, f"{method}: {error}")
                return
            self._start(identifier, method, handler(value))

    def _start(self, identifier: Id, method: str, work: Coroutine[Any, Any, object]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(self._serve(identifier, method, work))
        self._running[identifier] = task
        task.add_done_callback(lambda _: self._unserved(identifier, method, work))
        return task

    async def _serve(self, identifier: Id, method: str, work: Coroutine[Any, Any, object]) -> None:
        """Answer in the turn of the event loop in which the work ends."""
        try:
            self._send({"jsonrpc": "2.0", "id": identifier, "result": await work})
        except asyncio.CancelledError:
            self._send_error(identifier, REQUEST_CANCELLED, f"{method} was cancelled.")
        except Exception as error:  # noqa: BLE001 - whatever it is, the client must have its answer
            self._send_error(identifier, *explain(method, error))
        finally:
            del self._running[identifier]

    def _unserved(self, identifier: Id, method: str, work: Coroutine[Any, Any, object]) -> None:
        """Answer what was cancelled before its first step."""
        if self._running.pop(identifier, None) is not None:
            work.close()
            self._send_error(identifier, REQUEST_CANCELLED, f"{method} was cancelled.")

    def _has(self, identifier: Id) -> bool:
        """Whether a request with this id has no answer yet."""
        if identifier in self._running or (self._full is not None and self._full.has(identifier)):
            return True
        waiting = (self._message.decode(body) for body in self._waiting)
        return any(message.id == identifier and message.method is not None for message in waiting)

    def _cancel(self, params: CancelParams) -> None:
        task = self._running.get(params.id)
        if task is not None:
            if not self._shutdown:  # what then runs is the end of everything, which must come to its end
                task.cancel()
        elif self._full is not None:
            self._full.cancel(params.id)
        else:
            self._cancel_waiting(params.id)

    def _cancel_waiting(self, identifier: Id) -> None:
        """A request that still waits for the full server is answered at once."""
        for body in self._waiting:
            message = self._message.decode(body)
            if message.id == identifier and message.method is not None:
                self._waiting.remove(body)
                self._send_error(identifier, REQUEST_CANCELLED, f"{message.method} was cancelled.")
                return

    def _to_full(self, body: bytes) -> None:
        if self._full is None:
            self._waiting.append(body)
        else:
            self._full.receive(body)

    async def _close(self) -> None:
        """Cancel what is under way, wait for it, and let go of everything else."""
        current = asyncio.current_task()
        tasks = [task for task in self._running.values() if task is not current]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for body in self._waiting:
            message = self._message.decode(body)
            if message.method is not None and isinstance(message.id, int | str):
                self._send_error(message.id, REQUEST_CANCELLED, f"{message.method}: the server is shutting down.")
        self._waiting.clear()
        if self._full is not None:
            await self._full.drain()
        if self._on_shutdown is not None:
            await self._on_shutdown()

    def _finish(self, status: int) -> None:
        if self._exit is not None and not self._exit.done():
            self._exit.set_result(status)

    def _send_error(self, identifier: Id | None, code: int, text: str) -> None:
        self._send({"jsonrpc": "2.0", "id": identifier, "error": {"code": code, "message": text}})

    def _send(self, message: dict[str, object]) -> None:
        self._writer.send(self._encoder.encode(message))


class _Missing:
    """Stands in for the full server where that could not be loaded."""

    def __init__(self, refuse: Callable[[bytes], None]) -> None:
        self._refuse = refuse

    def receive(self, body: bytes) -> None:
        self._refuse(body)

    def has(self, identifier: Id) -> bool:
        del identifier
        return False

    def cancel(self, identifier: Id) -> bool:
        del identifier
        return False

    async def drain(self) -> None: ...


def explain(method: str, error: BaseException) -> tuple[int, str]:
    """The code and the one sentence under which an error reaches the client; unknown ones are logged without text."""
    match error:
        case Stale():
            return CONTENT_MODIFIED, str(error)
        case UsageError():
            return INVALID_PARAMS, str(error)
        case TierwiseError():
            return REQUEST_FAILED, str(error)
        case _:
            log_fault(method, error)
            return INTERNAL_ERROR, f"{method} failed inside Tierwise ({type(error).__name__}); see its log."


def log_fault(method: str, error: BaseException) -> None:
    """Say where a fault of ours happened. Its own message stays out: it may quote the user's text."""
    place = "unknown place"
    trace = error.__traceback__
    while trace is not None:
        place = f"{trace.tb_frame.f_globals.get('__name__', '?')}:{trace.tb_lineno}"
        trace = trace.tb_next
    log.error("%s failed: %s at %s", method, type(error).__name__, place)


def _malformed(error: msgspec.DecodeError) -> tuple[int, str]:
    if isinstance(error, msgspec.ValidationError):
        return INVALID_REQUEST, f"No JSON-RPC message: {error}"
    return PARSE_ERROR, "The message is no valid JSON."
