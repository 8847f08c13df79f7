"""The client that a headless server sees: what it is told we can do, answers to what it asks, whether it is at work."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from tierwise import __version__
from tierwise.core.uris import to_uri
from tierwise.servers.wire import Unserved
from tierwise.settings.renaming import LanguageServerSettings

_CAPABILITIES: dict[str, Any] = {
    "general": {"positionEncodings": ["utf-16"]},
    "window": {"workDoneProgress": True},
    "workspace": {
        "applyEdit": False,
        "configuration": True,
        "workspaceFolders": True,
        "didChangeConfiguration": {"dynamicRegistration": False},
        "didChangeWatchedFiles": {"dynamicRegistration": True, "relativePatternSupport": True},
        "workspaceEdit": {"documentChanges": True, "resourceOperations": ["create", "rename", "delete"]},
    },
    "textDocument": {
        "synchronization": {"dynamicRegistration": False, "didSave": False},
        "rename": {"dynamicRegistration": False, "prepareSupport": True, "prepareSupportDefaultBehavior": 1},
    },
    "experimental": {"serverStatusNotification": True},
}


class Counterpart:
    """Answers one server's requests from its settings, and keeps count of the work that it announces."""

    def __init__(self, settings: LanguageServerSettings, folder: Path) -> None:
        self._settings = settings
        self._folder = folder
        self._busy: set[str] = set()
        self._at_rest = not settings.reports_rest
        self._changed = asyncio.Event()

    def initialize(self) -> dict[str, Any]:
        """The parameters of ``initialize``."""
        uri = to_uri(self._folder)
        return {
            "processId": os.getpid(),
            "clientInfo": {"name": "tierwise", "version": __version__},
            "rootUri": uri,
            "rootPath": str(self._folder),
            "workspaceFolders": self._folders(),
            "initializationOptions": self._settings.options,
            "capabilities": _CAPABILITIES,
        }

    async def rest(self) -> None:
        """Wait until the server has nothing under way that it told us of, or is gone."""
        while self._busy or not self._at_rest:
            self._changed.clear()
            await self._changed.wait()

    def gone(self) -> None:
        """The server will tell nothing any more."""
        self._busy.clear()
        self._at_rest = True
        self._changed.set()

    def serve(self, method: str, params: Any) -> object:
        """The answer to a request of the server. Raises Unserved."""
        match method:
            case "workspace/configuration":
                return [_section(self._settings.settings, item) for item in _items(params)]
            case "workspace/workspaceFolders":
                return self._folders()
            case "window/workDoneProgress/create" | "client/registerCapability" | "client/unregisterCapability":
                return None
            case "window/showMessageRequest":
                return None
            case "window/showDocument":
                return {"success": False}
            case "workspace/applyEdit":
                return {"applied": False}
            case _:
                raise Unserved

    def told(self, method: str, params: Any) -> None:
        """Take a notification of the server."""
        if not isinstance(params, dict):
            return
        table = cast("dict[str, Any]", params)
        if method == "$/progress":
            value = table.get("value")
            kind = cast("dict[str, Any]", value).get("kind") if isinstance(value, dict) else None
            if kind == "begin":
                self._busy.add(str(table.get("token")))
            elif kind == "end":
                self._busy.discard(str(table.get("token")))
        elif method == "experimental/serverStatus":
            self._at_rest = bool(table.get("quiescent", True))
        self._changed.set()

    def _folders(self) -> list[dict[str, str]]:
        return [{"uri": to_uri(self._folder), "name": self._folder.name}]


def _items(params: Any) -> list[object]:
    found = cast("dict[str, Any]", params).get("items") if isinstance(params, dict) else None
    return cast("list[object]", found) if isinstance(found, list) else []


def _section(settings: Mapping[str, Any], item: object) -> object:
    """The value of a dotted section; null where nothing is set."""
    name = cast("dict[str, Any]", item).get("section") if isinstance(item, dict) else None
    parts = name.split(".") if isinstance(name, str) and name else []
    for part in parts[:-1]:
        inner = settings.get(part)
        settings = cast("dict[str, Any]", inner) if isinstance(inner, dict) else {}
    return settings.get(parts[-1]) if parts else settings
