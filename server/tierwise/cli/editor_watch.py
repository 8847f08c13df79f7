"""Watches the traffic between an editor and a server for breaches of the protocol (LSP 3.18). Pure.

Owner of what is known of the exchange: requests that wait for an answer, progress that runs, what was breached.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

Json = Mapping[str, Any]
Id = int | str

_NEEDS: dict[str, tuple[str, ...]] = {
    "workspace/configuration": ("workspace", "configuration"),
    "workspace/applyEdit": ("workspace", "applyEdit"),
    "workspace/workspaceFolders": ("workspace", "workspaceFolders"),
    "workspace/textDocumentContent/refresh": ("workspace", "textDocumentContent"),
    "workspace/codeLens/refresh": ("workspace", "codeLens", "refreshSupport"),
    "workspace/inlayHint/refresh": ("workspace", "inlayHint", "refreshSupport"),
    "workspace/diagnostic/refresh": ("workspace", "diagnostics", "refreshSupport"),
    "workspace/semanticTokens/refresh": ("workspace", "semanticTokens", "refreshSupport"),
    "window/workDoneProgress/create": ("window", "workDoneProgress"),
    "window/showDocument": ("window", "showDocument", "support"),
}
"""What a client must have announced before the server may send it this."""

_ALWAYS = frozenset({
    "client/registerCapability", "client/unregisterCapability", "window/showMessageRequest", "window/showMessage",
    "window/logMessage", "telemetry/event", "textDocument/publishDiagnostics", "$/progress", "$/cancelRequest",
    "$/logTrace",
})  # fmt: skip

_BEFORE_INITIALIZED = frozenset({
    "window/showMessage", "window/logMessage", "window/showMessageRequest", "telemetry/event", "$/progress",
})  # fmt: skip

_NOT_BY_NAME: dict[str, tuple[str, ...]] = {
    "workspace/didChangeWorkspaceFolders": ("workspace", "workspaceFolders"),
    **{
        f"textDocument/{name}": ("textDocument", "synchronization", "dynamicRegistration")
        for name in ("didOpen", "didChange", "didClose", "didSave", "willSave", "willSaveWaitUntil")
    },
}
"""Registrations whose capability is not called like the method."""


class Watch:
    """Call ``sent`` and ``received`` with every message, in order; read ``breaches`` and ``unanswered``."""

    def __init__(self, capabilities: Json) -> None:
        self.capabilities = capabilities
        self.breaches: list[str] = []
        self.waiting: dict[Id, str] = {}
        """Requests of the editor that have no answer yet, by id."""
        self._answered: set[Id] = set()
        self._asked: set[Id] = set()
        self._initialized = False
        self._progress: dict[Id, str] = {}

    def sent(self, message: Json) -> None:
        """The editor sent this."""
        method = message.get("method")
        if method is None:
            self._asked.discard(message["id"])
        elif "id" in message:
            self.waiting[message["id"]] = method
        params = _table(message.get("params"))
        if params:
            for name in ("workDoneToken", "partialResultToken"):
                if name in params:
                    self._progress[params[name]] = "given" if name == "workDoneToken" else "partial"

    def received(self, message: Json) -> None:
        """The server sent this."""
        if message.get("jsonrpc") != "2.0":
            self._breach(f"a message without jsonrpc 2.0: {_brief(message)}")
        method = message.get("method")
        if method is None:
            self._answer(message)
            return
        if not self._initialized and method not in _BEFORE_INITIALIZED:
            self._breach(f"{method} before the answer to initialize")
        if "id" in message:
            if message["id"] in self._asked:
                self._breach(f"{method} with id {message['id']}, which another request of the server still has")
            self._asked.add(message["id"])
        self._check_announced(method)
        params = _table(message.get("params"))
        if params:
            self._look_into(method, params)

    def unanswered(self) -> list[str]:
        """Requests of the editor without an answer, and progress without an end."""
        requests = [f"{method} (id {identifier}) was never answered" for identifier, method in self.waiting.items()]
        running = [f"progress {token!r} never ended" for token, state in self._progress.items() if state == "running"]
        return requests + running

    def _answer(self, message: Json) -> None:
        identifier = message.get("id")
        if identifier is None:
            if "error" not in message:
                self._breach(f"neither request, answer nor notification: {_brief(message)}")
            return
        method = self.waiting.pop(identifier, None)
        if method is None:
            known = "answered twice" if identifier in self._answered else "never asked"
            self._breach(f"an answer with id {identifier}, which was {known}: {_brief(message)}")
            return
        self._answered.add(identifier)
        if ("result" in message) == ("error" in message):
            self._breach(f"the answer to {method} has not exactly one of result and error: {_brief(message)}")
        if "error" in message and not _is_error(message["error"]):
            self._breach(f"the error answer to {method} has no code and message: {_brief(message)}")
        if method == "initialize" and "result" in message:
            self._initialized = True

    def _check_announced(self, method: str) -> None:
        if method in _ALWAYS:
            return
        need = ("experimental", "tierwise") if method.startswith("tierwise/") else _NEEDS.get(method)
        if need is None:
            self._breach(f"the server sent {method}, which no client knows")
        elif not self._announced(*need):
            self._breach(f"the server sent {method}, but the client did not announce {'.'.join(need)}")

    def _look_into(self, method: str, params: Json) -> None:
        if method == "window/workDoneProgress/create":
            self._progress[params["token"]] = "given"
        elif method == "$/progress":
            self._follow(params["token"], params.get("value"))
        elif method == "client/registerCapability":
            for registration in params["registrations"]:
                name = registration["method"]
                need = _NOT_BY_NAME.get(name) or (*name.split("/"), "dynamicRegistration")
                if not self._announced(*need):
                    self._breach(f"the server registered {name}, but the client did not announce {'.'.join(need)}")

    def _follow(self, token: Id, value: object) -> None:
        kind = cast("Json", value).get("kind") if isinstance(value, dict) else None
        state = self._progress.get(token)
        if state == "partial":
            return
        expected = {"begin": "given", "report": "running", "end": "running"}.get(str(kind))
        if expected is None:
            self._breach(f"progress {token!r} of unknown kind {kind!r}")
        elif state != expected:
            self._breach(f"progress {token!r}: {kind} while it was {state or 'never created'}")
        self._progress[token] = "ended" if kind == "end" else "running"

    def _announced(self, *keys: str) -> bool:
        value: Any = self.capabilities
        for key in keys:
            if not isinstance(value, Mapping):
                return False
            value = cast("Json", value).get(key)
        return value is not None and value is not False

    def _breach(self, text: str) -> None:
        self.breaches.append(text)


def _table(value: object) -> Json:
    return cast("Json", value) if isinstance(value, dict) else {}


def _is_error(value: object) -> bool:
    if not isinstance(value, dict):
        return False
    error = cast("Json", value)
    return isinstance(error.get("code"), int) and isinstance(error.get("message"), str)


def _brief(message: Json) -> str:
    text = repr(dict(message))
    return text if len(text) <= 200 else text[:200] + "…"
