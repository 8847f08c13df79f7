"""Passes what happens in the workspace on to those who learn from it: the embedded engine and the known completions."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from tierwise.core.documents import Document
from tierwise.core.ports import DocumentEdit, WorkspaceListener


class Listeners:
    """Several listeners as one. Later ones hear of an edit after the earlier ones."""

    def __init__(self) -> None:
        self._listeners: list[WorkspaceListener] = []

    def add(self, listener: WorkspaceListener) -> None:
        self._listeners.append(listener)

    def opened(self, document: Document) -> None:
        for listener in self._listeners:
            listener.opened(document)

    def edited(self, edit: DocumentEdit) -> None:
        for listener in self._listeners:
            listener.edited(edit)

    def closed(self, document: Document) -> None:
        for listener in self._listeners:
            listener.closed(document)

    def file_read(self, document: Document) -> None:
        for listener in self._listeners:
            listener.file_read(document)

    def file_gone(self, path: Path) -> None:
        for listener in self._listeners:
            listener.file_gone(path)


class Follows(Protocol):
    """A feature that follows open documents only."""

    def edited(self, edit: DocumentEdit) -> None: ...

    def closed(self, document: Document) -> None: ...


class OpenDocumentListener:
    """A listener for a feature that has no use for files on disk."""

    def __init__(self, feature: Follows) -> None:
        self._feature = feature

    def opened(self, document: Document) -> None: ...

    def edited(self, edit: DocumentEdit) -> None:
        self._feature.edited(edit)

    def closed(self, document: Document) -> None:
        self._feature.closed(document)

    def file_read(self, document: Document) -> None: ...

    def file_gone(self, path: Path) -> None: ...
