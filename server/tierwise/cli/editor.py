"""A small LSP client: starts the server as an editor would and talks to it over its standard input and output.

Owner of the server's process. Used by the demonstration and by the tests; it knows nothing of the server's code. It
never writes a file: edits change its own buffers (``documents``).
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from asyncio.subprocess import PIPE, Process
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self, cast

from tierwise.cli.editor_documents import Documents, EditRefused, Notification
from tierwise.cli.editor_watch import Id, Json, Watch
from tierwise.core.errors import TierwiseError
from tierwise.core.uris import to_uri

REQUEST_CANCELLED = -32800
METHOD_NOT_FOUND = -32601

PATIENCE_S = 90.0
"""How long an answer is waited for where nothing else is said: far beyond any that still makes sense."""

Handler = Callable[[Any], object | Awaitable[object]]
"""Answers a request of the server; a TierwiseError becomes an error answer."""


class ServerError(TierwiseError):
    """The server answered with an error."""

    def __init__(self, method: str, code: int, message: str) -> None:
        super().__init__(f"{method}: {message}")
        self.code = code
        self.text = message


class ServerGone(TierwiseError):
    """The server ended, or never started, while something was expected of it."""


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One message. ``at`` is in seconds from the start of the server."""

    at: float
    sent: bool
    message: Json

    def __str__(self) -> str:
        body = json.dumps(self.message, ensure_ascii=False)
        return f"{self.at:8.3f} {'-->' if self.sent else '<--'} {body if len(body) <= 2_000 else body[:2_000] + '…'}"


class Call:
    """A request on its way. ``answer`` waits for it; ``cancel`` asks the server to stop, and an answer still comes."""

    def __init__(self, editor: Editor, identifier: int, method: str) -> None:
        self._editor = editor
        self.id = identifier
        self.method = method
        self.future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()

    async def answer(self, timeout_s: float = PATIENCE_S) -> Any:
        """The result. Raises ServerError, ServerGone, and TimeoutError after ``timeout_s`` seconds."""
        try:
            return await asyncio.wait_for(asyncio.shield(self.future), timeout_s)
        except TimeoutError:
            raise TimeoutError(f"{self.method} (id {self.id}) had no answer after {timeout_s:g} s") from None

    def cancel(self) -> None:
        self._editor.notify("$/cancelRequest", {"id": self.id})


class Editor:
    """One editor with one server. ``async with`` starts it and makes sure that the process is gone at the end.

    ``settings`` is what ``workspace/configuration`` is answered from, by section. ``handlers`` may be replaced. After
    the end ``breaches`` says what the server did that the protocol forbids.
    """

    def __init__(
        self,
        capabilities: Json,
        *,
        folders: Sequence[Path] = (),
        environ: Mapping[str, str] | None = None,
        settings: Mapping[str, Any] | None = None,
        options: Mapping[str, Any] | None = None,
        name: str = "editor",
        process_id: int | None = None,
        command: Sequence[str] = (sys.executable, "-m", "tierwise", "serve"),
    ) -> None:
        self.name = name
        self.process_id = os.getpid() if process_id is None else process_id
        self.capabilities = capabilities
        self.folders = tuple(folders)
        self.settings: dict[str, Any] = dict(settings or {})
        self.options = options
        self.documents = Documents()
        self.log: list[LogEntry] = []
        self.notifications: list[tuple[str, Any]] = []
        """Notifications of the server with their parameters, in the order in which they came."""
        self.registrations: dict[str, Json] = {}
        self.shown: list[Json] = []
        """Parameters of ``window/showDocument``."""
        self.server_capabilities: Json = {}
        self.stderr: deque[str] = deque(maxlen=2_000)
        self.handlers: dict[str, Handler] = {
            "workspace/configuration": self._configuration,
            "workspace/applyEdit": self._apply_edit,
            "workspace/workspaceFolders": lambda _: self._workspace_folders(),
            "workspace/textDocumentContent/refresh": lambda _: None,
            "client/registerCapability": self._register,
            "client/unregisterCapability": self._unregister,
            "window/workDoneProgress/create": lambda _: None,
            "window/showDocument": self._show_document,
            "window/showMessageRequest": lambda _: None,
        }
        self._command = tuple(command)
        self._environ = dict(os.environ if environ is None else environ)
        self._watch = Watch(capabilities)
        self._ids = 0
        self._calls: dict[Id, Call] = {}
        self._waiters: list[tuple[str, Callable[[Any], bool], asyncio.Future[Any]]] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._started = 0.0

    async def __aenter__(self) -> Self:
        self._started = time.monotonic()
        try:
            self._process = await asyncio.create_subprocess_exec(
                *self._command, stdin=PIPE, stdout=PIPE, stderr=PIPE, env=self._environ
            )
        except OSError as exc:
            raise ServerGone(f"Cannot start {self._command[0]}: {exc.strerror}.") from exc
        self._readers = [asyncio.create_task(self._read()), asyncio.create_task(self._read_stderr())]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process.returncode is None:
            self._process.kill()
        await self._ended()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @property
    def process(self) -> Process:
        return self._process

    @property
    def breaches(self) -> tuple[str, ...]:
        """Breaches of the protocol so far; after the end also what was left unanswered."""
        ended = self._process.returncode is not None
        return (*self._watch.breaches, *(self.unanswered if ended else ()))

    @property
    def unanswered(self) -> tuple[str, ...]:
        """What the server still owes: answers, and ends of progress."""
        return tuple(self._watch.unanswered())

    @property
    def transcript(self) -> str:
        """The message log and the server's stderr, for a person who looks for a fault."""
        return "\n".join([*map(str, self.log), "stderr:", *self.stderr])

    async def initialize(self) -> Json:
        """Shake hands; returns the server's whole answer."""
        params: dict[str, Any] = {
            "processId": self.process_id,
            "clientInfo": {"name": self.name},
            "rootUri": to_uri(self.folders[0]) if self.folders else None,
            "workspaceFolders": self._workspace_folders() or None,
            "capabilities": self.capabilities,
        }
        if self.options is not None:
            params["initializationOptions"] = self.options
        result: Json = await self.request("initialize", params)
        self.server_capabilities = result["capabilities"]
        self.documents.encoding = self.server_capabilities.get("positionEncoding", "utf-16")
        self.notify("initialized", {})
        return result

    def send(self, method: str, params: object = None) -> Call:
        """Send a request without waiting."""
        self._ids += 1
        call = self._calls[self._ids] = Call(self, self._ids, method)
        if self._readers[0].done():
            self._give_up()
            return call
        self._send({"jsonrpc": "2.0", "id": call.id, "method": method, "params": params})
        return call

    async def request(self, method: str, params: object = None, timeout_s: float = PATIENCE_S) -> Any:
        """Send a request and wait for its answer, as ``Call.answer`` does."""
        return await self.send(method, params).answer(timeout_s)

    def notify(self, method: str, params: object = None) -> None:
        self._send({"jsonrpc": "2.0", "method": method, "params": params})

    def tell(self, notification: Notification) -> None:
        """Send what a change of the documents has to be announced with."""
        self.notify(*notification)

    async def notification(
        self,
        method: str,
        match: Callable[[Any], bool] = lambda _: True,
        *,
        after: int = 0,
        timeout_s: float = PATIENCE_S,
    ) -> Any:
        """Parameters of the first notification that matches, among those from number ``after`` on and those to come."""
        for name, params in self.notifications[after:]:
            if name == method and match(params):
                return params
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiters.append((method, match, future))
        return await asyncio.wait_for(future, timeout_s)

    async def shutdown(self) -> int:
        """Leave as the protocol says; returns the server's exit status."""
        await self.request("shutdown")
        self.notify("exit")
        return await self.wait_exit()

    async def wait_exit(self, timeout_s: float = PATIENCE_S) -> int:
        """Wait until the server has ended by itself; returns its exit status. Raises TimeoutError."""
        await asyncio.wait_for(asyncio.gather(*map(asyncio.shield, self._readers)), timeout_s)
        return await asyncio.wait_for(self._process.wait(), timeout_s)

    def send_bytes(self, data: bytes) -> None:
        """Send bytes as they are, past all bookkeeping (for tests of malformed input)."""
        stdin = self._process.stdin
        if stdin is not None and not stdin.is_closing():
            stdin.write(data)

    def close_input(self) -> None:
        """Close the server's standard input, as an editor that dies does."""
        if self._process.stdin is not None:
            self._process.stdin.close()

    def _send(self, message: dict[str, Any]) -> None:
        if message.get("params", ...) is None:
            del message["params"]
        self._watch.sent(message)
        self.log.append(LogEntry(time.monotonic() - self._started, True, message))
        body = json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")
        self.send_bytes(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))

    async def _read(self) -> None:
        stream = self._process.stdout
        assert stream is not None
        try:
            while (body := await _next_body(stream)) is not None:
                self._receive(json.loads(body))
        except (ValueError, asyncio.IncompleteReadError, asyncio.LimitOverrunError) as exc:
            self._watch.breaches.append(f"standard output is no stream of messages: {exc}")
        self._give_up()

    def _give_up(self) -> None:
        """Fail the requests that a server that is gone cannot answer any more."""
        for call in self._calls.values():
            call.future.set_exception(ServerGone(f"The server ended before it answered {call.method}."))
            call.future.exception()  # whoever does not wait for it must not be warned of it
        self._calls.clear()

    def _receive(self, message: Json) -> None:
        self.log.append(LogEntry(time.monotonic() - self._started, False, message))
        self._watch.received(message)
        if "method" not in message:
            self._answered(message)
        elif "id" in message:
            task = asyncio.create_task(self._serve(message))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        else:
            self._notified(message["method"], message.get("params"))

    def _answered(self, message: Json) -> None:
        call = self._calls.pop(message.get("id", ""), None)
        if call is None:
            return
        if "error" in message:
            error = message["error"]
            call.future.set_exception(ServerError(call.method, error["code"], error["message"]))
            call.future.exception()
        else:
            call.future.set_result(message.get("result"))

    def _notified(self, method: str, params: Any) -> None:
        self.notifications.append((method, params))
        for waiter in tuple(self._waiters):
            name, match, future = waiter
            if name == method and not future.done() and match(params):
                future.set_result(params)
            if future.done():
                self._waiters.remove(waiter)

    async def _serve(self, message: Json) -> None:
        answer: dict[str, Any] = {"jsonrpc": "2.0", "id": message["id"]}
        handler = self.handlers.get(message["method"])
        try:
            if handler is None:
                answer["error"] = {"code": METHOD_NOT_FOUND, "message": f"no {message['method']} here"}
            else:
                result = handler(message.get("params"))
                answer["result"] = await result if isinstance(result, Awaitable) else result
        except TierwiseError as exc:
            answer["error"] = {"code": -32803, "message": str(exc)}
        self._send(answer)

    async def _read_stderr(self) -> None:
        stream = self._process.stderr
        assert stream is not None
        while line := await stream.readline():
            self.stderr.append(line.decode("utf-8", "replace").rstrip())

    async def _ended(self) -> None:
        self.close_input()
        await asyncio.gather(*self._readers, return_exceptions=True)
        await self._process.wait()
        with suppress(OSError):  # a pipe that the server closed first
            if self._process.stdin is not None:
                await self._process.stdin.wait_closed()

    def _workspace_folders(self) -> list[dict[str, str]]:
        return [{"uri": to_uri(folder), "name": folder.name} for folder in self.folders]

    def _configuration(self, params: Json) -> list[Any]:
        return [_section(self.settings, item.get("section", "")) for item in params["items"]]

    def _apply_edit(self, params: Json) -> dict[str, Any]:
        try:
            told = self.documents.apply(params["edit"])
        except EditRefused as exc:
            return {"applied": False, "failureReason": str(exc)}
        for notification in told:
            self.tell(notification)
        return {"applied": True}

    def _register(self, params: Json) -> None:
        for registration in params["registrations"]:
            self.registrations[registration["id"]] = registration

    def _unregister(self, params: Json) -> None:
        for registration in params["unregisterations"]:
            del self.registrations[registration["id"]]

    def _show_document(self, params: Json) -> dict[str, bool]:
        self.shown.append(params)
        return {"success": True}


async def _next_body(stream: asyncio.StreamReader) -> bytes | None:
    """The next message's body; None at the end of the stream between two messages."""
    try:
        header = await stream.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError as exc:
        if exc.partial:
            raise ValueError(f"the end within a header: {exc.partial[:80]!r}") from None
        return None
    length: int | None = None
    for line in header.decode("ascii", "replace").rstrip("\r\n").split("\r\n"):
        name, colon, value = line.partition(":")
        if not colon or not name.startswith("Content-"):
            raise ValueError(f"no header: {line[:80]!r}")
        if name == "Content-Length":
            length = int(value)
    if length is None:
        raise ValueError(f"a header without Content-Length: {header!r}")
    return await stream.readexactly(length)


def _section(settings: Mapping[str, Any], name: str) -> Any:
    value: Any = settings
    for part in name.split(".") if name else ():
        value = cast("Json", value).get(part) if isinstance(value, Mapping) else None
    return value
