"""The full server on pygls: everything but the few frequent messages that ``endpoint.py`` serves itself.

pygls does the dispatch, the typed values and the requests from us to the client. What it does otherwise than an editor
needs is replaced here: documents (kept by the session), lifecycle (the endpoint's), commands (cancellable), error
answers (one sentence, no traceback), and message boxes for faults (none).
"""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from typing import Any, cast

import msgspec
from lsprotocol import converters, types
from pygls.exceptions import JsonRpcException, JsonRpcMethodNotFound
from pygls.lsp.server import LanguageServer
from pygls.protocol import LanguageServerProtocol

from tierwise import __version__
from tierwise.core.errors import UsageError
from tierwise.lsp.endpoint import INTERNAL_ERROR, REQUEST_CANCELLED, Id, explain, log, log_fault
from tierwise.lsp.front import INVALID_PARAMS
from tierwise.lsp.stdio import Writer

METHOD_NOT_FOUND = -32601

_LIFECYCLE = ("initialize", "shutdown", "exit")
"""The endpoint's; what of it comes here is a notification that should be a request, or the other way round."""

_KEPT_ELSEWHERE = ("textDocument/", "notebookDocument/", "workspace/didChangeWorkspaceFolders")
"""Documents and folders are the session's, in its own way."""

_WAITED_FOR = (types.WORKSPACE_EXECUTE_COMMAND, types.CODE_ACTION_RESOLVE)

logging.getLogger("pygls").setLevel(logging.CRITICAL + 1)  # it logs messages whole: the user's code among them

Command = Callable[[list[Any], types.ProgressToken | None], Awaitable[object]]
"""Takes the raw arguments of ``workspace/executeCommand`` and the token under which the client shows progress; raises
``UsageError`` for arguments of a wrong shape."""


class TierwiseProtocol(LanguageServerProtocol):
    """pygls' protocol with our lifecycle, error answers and command table."""

    def __init__(self, server: LanguageServer, converter: Any) -> None:
        super().__init__(server, converter)
        self.commands: dict[str, Command] = {}
        self._plain: set[Id] = set()
        self._methods: dict[Id, str] = {}
        self._out: Writer | None = None
        self._closers: list[Callable[[], None]] = []
        self._on_failure: Callable[[str], None] | None = None
        registry = cast("Any", self.fm)
        builtin: dict[str, object] = registry.builtin_features
        for name in tuple(builtin):
            if name in _LIFECYCLE or name.startswith(_KEPT_ELSEWHERE):
                del builtin[name]
        builtin[types.WORKSPACE_EXECUTE_COMMAND] = self._execute_command
        self._served: tuple[dict[str, object], dict[str, object]] = (builtin, registry.features)

    def connect(self, writer: Writer) -> None:
        self._out = writer

    async def ask_plainly(self, method: str, params: dict[str, Any]) -> object:
        """Send a request of our own invention; the result as JSON has it. Raises JsonRpcException."""
        identifier = uuid.uuid4().hex
        self._plain.add(identifier)
        try:
            return cast("object", await self.send_request_async(method, params, identifier))
        finally:
            self._plain.discard(identifier)

    def on_drain(self, close: Callable[[], None]) -> None:
        """What to do once all requests have ended on shutdown."""
        self._closers.append(close)

    def on_failure(self, tell: Callable[[str], None]) -> None:
        """Also have the sentence of a failed command told, for clients that keep such answers to themselves."""
        self._on_failure = tell

    def receive(self, body: bytes) -> None:
        """Take one message. What cannot be understood is answered all the same."""
        raw: dict[str, Any] = msgspec.json.decode(body)
        identifier, method = raw.get("id"), raw.get("method", "")
        raw["jsonrpc"] = (
            self.VERSION
        )  # without it pygls answers nothing; clients that leave it out mean it all the same
        if not method:
            self._receive_answer(raw)
            return
        known = any(method in table for table in self._served) and _is_request(method) == (identifier is not None)
        try:
            if not known:
                raise JsonRpcMethodNotFound.of(method)
            message = self.structure_message(raw)
        except JsonRpcMethodNotFound:
            self._refuse(identifier, METHOD_NOT_FOUND, f"{method} is not served by Tierwise.")
        except Exception:  # noqa: BLE001 - pygls wraps cattrs' errors in several kinds; all mean the same
            self._refuse(identifier, INVALID_PARAMS, f"{method}: the parameters do not have the shape LSP gives them.")
        else:
            if identifier is not None:
                self._methods[identifier] = method
            self.handle_message(cast("Any", message))

    def has(self, identifier: Id) -> bool:
        """Whether a request of the client with this id is under way."""
        return identifier in self._methods

    def cancel(self, identifier: Id) -> bool:
        """Cancel a request of the client; its answer is sent by the future's own callback."""
        future = self._request_futures.get(identifier) if identifier in self._methods else None
        return future is not None and future.cancel()

    def cancel_waited_for(self) -> int:
        """Cancel what the user asked for and waits for: commands and code actions, but for the one that runs this.
        Returns how many there were.
        """
        here = cast("object", asyncio.current_task())
        asked = [self._request_futures.get(i) for i, method in self._methods.items() if method in _WAITED_FOR]
        return sum(future is not None and future is not here and future.cancel() for future in asked)

    async def drain(self) -> None:
        """Cancel all requests of the client and wait for their ends; those of ours to the client are given up."""
        tasks = [f for f in self._request_futures.values() if isinstance(f, asyncio.Future)]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for future in self._request_futures.values():
            future.cancel()
        for close in self._closers:
            close()

    async def _execute_command(self, params: types.ExecuteCommandParams) -> object:
        command = self.commands.get(params.command)
        if command is None:
            known = ", ".join(sorted(self.commands))
            raise UsageError(f"Unknown command {params.command}. Known: {known}.")
        return await command(list(params.arguments or []), params.work_done_token)

    def _receive_answer(self, raw: dict[str, Any]) -> None:
        """The client's answer to a request of ours. One that makes no sense ends the request like a refusal."""
        identifier = raw.get("id")
        if identifier in self._methods:
            log.warning("ignored an answer whose id is that of the client's own request")
            return
        if identifier in self._plain:
            self._take_plainly(self._request_futures.pop(identifier, None), raw)
            return
        try:
            message = self.structure_message(raw)
        except Exception:  # noqa: BLE001 - pygls wraps cattrs' errors in several kinds; all mean the same
            future = self._request_futures.pop(identifier, None) if identifier is not None else None
            if future is not None and not future.done():
                future.set_exception(JsonRpcException("the client's answer does not have the shape LSP gives it"))
        else:
            self.handle_message(cast("Any", message))

    def _take_plainly(self, future: Future[Any] | None, raw: dict[str, Any]) -> None:
        if future is None or future.done():
            return
        if "error" in raw:
            future.set_exception(JsonRpcException("the client cannot do what it was asked"))
        else:
            future.set_result(raw.get("result"))

    def _send_handler_result(self, future: Future[Any], *, msg_id: Id) -> None:
        self._request_futures.pop(msg_id, None)
        method = self._methods.pop(msg_id, "request")
        if future.cancelled():
            self._refuse(msg_id, REQUEST_CANCELLED, f"{method} was cancelled.")
        elif (error := future.exception()) is not None:
            code, text = explain(method, error)
            self._refuse(msg_id, code, text)
            if self._on_failure is not None and method == types.WORKSPACE_EXECUTE_COMMAND:
                self._on_failure(text)
        else:
            self._send_response(msg_id, result=future.result())

    def _check_handler_result(self, future: Future[Any]) -> None:
        if not future.cancelled() and (error := future.exception()) is not None:
            log_fault("a notification", error)

    def _handle_response(self, msg_id: Id, result: Any = None, error: Any = None) -> None:
        future = self._request_futures.get(msg_id)
        if future is None or future.done():  # it was cancelled while the client answered
            self._request_futures.pop(msg_id, None)
            return
        super()._handle_response(msg_id, result, error)

    def _refuse(self, identifier: Id | None, code: int, text: str) -> None:
        if identifier is None:
            log.warning("ignored: %s", text)
            return
        self._send_data({"jsonrpc": "2.0", "id": identifier, "error": {"code": code, "message": text}})

    def _send_data(self, data: Any) -> None:
        if self._out is None or not data:
            return
        try:
            body = msgspec.json.encode(self._converter.unstructure(data))
        except Exception as fault:  # noqa: BLE001 - an answer that cannot be encoded still is one
            log_fault("encoding a message", fault)
            identifier = getattr(data, "id", None)
            if identifier is None:
                return
            error = {"code": INTERNAL_ERROR, "message": "The answer could not be encoded; see Tierwise's log."}
            body = msgspec.json.encode({"jsonrpc": "2.0", "id": identifier, "error": error})
        self._out.send(body)


def _strict_converter() -> Any:
    """The converter of lsprotocol, to which a text is a text: it would have null as a new name mean "None"."""
    converter = cast("Any", converters.get_converter())
    converter.register_structure_hook(str, _text)
    usual = converter.get_structure_hook(types.Diagnostic)

    def diagnostic(value: Any, kind: object) -> types.Diagnostic:
        """Other servers make these, and the oddity of one must not take all code actions away."""
        try:
            return cast("types.Diagnostic", usual(value, kind))
        except Exception:  # noqa: BLE001 - whatever is wrong with it: where it is and what it says is enough
            place = cast("types.Range", converter.structure(value["range"], types.Range))
            said = value.get("message")
            words = cast("dict[str, object]", said).get("value") if isinstance(said, dict) else said
            return types.Diagnostic(place, words if isinstance(words, str) else "")

    converter.register_structure_hook(types.Diagnostic, diagnostic)
    return converter


def _text(value: object, _: object) -> str:
    if not isinstance(value, str):
        raise TypeError("no text")
    return value


def _is_request(method: str) -> bool:
    """Whether LSP has ``method`` answered. pygls goes by the id alone, and never answers a notification with one."""
    kinds: dict[str, tuple[object, ...]] = cast("Any", types).METHOD_TO_TYPES
    return kinds[method][1] is not None


class TierwiseServer(LanguageServer):
    """pygls' server, silent about faults: they go to the log, never into a message box."""

    def __init__(self) -> None:
        cast("Any", super()).__init__(  # pygls types it with unknowns
            "tierwise", __version__, protocol_cls=TierwiseProtocol, converter_factory=_strict_converter
        )

    @property
    def wire(self) -> TierwiseProtocol:
        """The protocol object, as what it is."""
        return cast("TierwiseProtocol", self.protocol)

    def report_server_error(self, error: Exception, source: Any) -> None:
        log_fault(getattr(source, "__name__", "pygls"), error)
