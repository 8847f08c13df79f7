"""What one server has been told of the workspace: which documents are open and in which state, what changed on disk.

Owner of that memory. Nothing is told while nobody asks: before each question the server is brought up to date.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tierwise.core.documents import Document
from tierwise.core.stamps import Stamp, is_settled, stamp_of
from tierwise.core.uris import to_uri
from tierwise.servers.wire import Wire

_CREATED, _CHANGED, _DELETED = 1, 2, 3

Stamps = dict[Path, Stamp | None]
"""Of every file that is there; None: what changes it next may not show in its stamp."""


@dataclass(slots=True)
class _Shown:
    version: int
    text: str


class Sync:
    """One server's knowledge. All methods but ``stamps`` run on the event loop."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._shown: dict[str, _Shown] = {}
        self._stamps: Stamps | None = None

    def show(self, documents: Iterable[Document]) -> None:
        """Have exactly these documents open, with these texts."""
        wanted = {document.uri: document for document in documents}
        for uri in [uri for uri in self._shown if uri not in wanted]:
            del self._shown[uri]
            self._wire.notify("textDocument/didClose", {"textDocument": {"uri": uri}})
        for uri, document in wanted.items():
            self._show(uri, document)

    def report(self, now: Stamps) -> None:
        """Tell what changed on the disk since the last report; the first one is what the server saw when it began."""
        before, self._stamps = self._stamps, now
        if before is None:
            return
        changes = [
            (path, _CREATED if path not in before else _CHANGED)
            for path, stamp in now.items()
            if stamp is None or stamp != before.get(path)
        ]
        changes += [(path, _DELETED) for path in before if path not in now]
        if changes:
            told = [{"uri": to_uri(path), "type": kind} for path, kind in changes]
            self._wire.notify("workspace/didChangeWatchedFiles", {"changes": told})

    def _show(self, uri: str, document: Document) -> None:
        text = document.text
        shown = self._shown.get(uri)
        if shown is None:
            self._shown[uri] = _Shown(1, text)
            opened = {"uri": uri, "languageId": document.language, "version": 1, "text": text}
            self._wire.notify("textDocument/didOpen", {"textDocument": opened})
        elif shown.text != text:
            shown.version, shown.text = shown.version + 1, text
            params = {"textDocument": {"uri": uri, "version": shown.version}, "contentChanges": [{"text": text}]}
            self._wire.notify("textDocument/didChange", params)


def stamps(paths: Iterable[Path]) -> Stamps:
    """The stamps of those files that are there. Blocks on the disk: never called on the event loop."""
    found: Stamps = {}
    now = time.time_ns()
    for path in paths:
        try:
            stamp = stamp_of(os.stat(path))  # noqa: PTH116 - of every file of the workspace: half the time of Path.stat
        except OSError:
            continue
        found[path] = stamp if is_settled(stamp, now) else None
    return found
