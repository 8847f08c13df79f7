"""Outlines and imports of documents, made once per text. Owner of that cache; safe from several threads."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from itertools import accumulate, takewhile
from typing import TYPE_CHECKING

from cachetools import LRUCache

from tierwise.core.documents import Document
from tierwise.core.text import Lines

if TYPE_CHECKING:  # loads the parser, which the first keystroke has no use for
    from tierwise.syntax.imports import Import
    from tierwise.syntax.outline import Definition

_HEAD = 100_000
"""Characters at the top of a document in which its imports are looked for. To parse megabytes takes the interpreter a
good part of a second, in which nobody is answered.
"""

_KEPT = 256
"""Documents whose facts are kept, some tens of kilobytes each."""


@dataclass(slots=True)
class _Facts:
    lines: Lines
    outline: tuple[Definition, ...] | None = None
    imports: tuple[Import, ...] | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)


class FactsBook:
    """What was found in the latest texts of the documents asked for last. 10 to 30 ms per 1,000 lines at first sight,
    nothing later.
    """

    def __init__(self) -> None:
        self._facts: LRUCache[str, _Facts] = LRUCache(_KEPT)
        self._lock = threading.Lock()

    def outline(self, document: Document) -> tuple[Definition, ...]:
        """All definitions of a document, in order."""
        from tierwise.syntax.outline import outline

        facts = self._of(document)
        with facts.lock:
            if facts.outline is None:
                facts.outline = outline(document.language, document.text)
            return facts.outline

    def imports(self, document: Document) -> tuple[Import, ...]:
        """The imports at the top of a document, in order."""
        from tierwise.syntax.imports import imports

        facts = self._of(document)
        with facts.lock:
            if facts.imports is None:
                facts.imports = imports(document.language, _head(document.lines))
            return facts.imports

    def _of(self, document: Document) -> _Facts:
        with self._lock:
            facts = self._facts.get(document.uri)
            if facts is None or facts.lines is not document.lines:
                facts = self._facts[document.uri] = _Facts(document.lines)
            return facts


def _head(lines: Lines) -> str:
    """The whole lines that fit; of a text that fits, all."""
    whole = sum(1 for _ in takewhile(_HEAD.__ge__, accumulate(map(len, lines))))
    return "".join(lines.raw_range(0, whole))
