"""Small ports between rooms that may not import each other."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from tierwise.core.documents import Document
from tierwise.core.text import Span


@dataclass(frozen=True, slots=True)
class DocumentEdit:
    """One change of an open document: ``before`` with ``span`` replaced by ``text`` is ``after``."""

    before: Document
    after: Document
    span: Span
    text: str


class WorkspaceListener(Protocol):
    """Who wants to learn from the workspace. Forbidden files are never reported.

    The first three are called on the event loop and must return within milliseconds; ``file_read`` and ``file_gone``
    are called from the one indexing thread.
    """

    def opened(self, document: Document) -> None: ...

    def edited(self, edit: DocumentEdit) -> None: ...

    def closed(self, document: Document) -> None: ...

    def file_read(self, document: Document) -> None: ...

    def file_gone(self, path: Path) -> None: ...
