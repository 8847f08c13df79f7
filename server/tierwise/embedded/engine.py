"""The model-free engine: what answers when there is no model, no network, or no money left.

Owner of all that was learnt: the vocabulary, the files of the workspace, the open documents. It hears of the workspace
as a ``WorkspaceListener``: of open documents on the event loop, of files in one indexing thread. ``complete`` and
``items`` belong to the event loop, take no lock and wait for nothing. The engine never sees an ignored or secret file,
and nothing that it learnt leaves the process.
"""

from __future__ import annotations

import time
from pathlib import Path
from zlib import crc32

from tierwise.core.documents import Document
from tierwise.core.ports import DocumentEdit
from tierwise.core.text import Point, split_lines
from tierwise.embedded.balance import Brackets
from tierwise.embedded.corpus import Corpus
from tierwise.embedded.cursor import read_cursor
from tierwise.embedded.estimate import judged
from tierwise.embedded.generate import Writer
from tierwise.embedded.items import ranked
from tierwise.embedded.livedocument import LiveDocument
from tierwise.embedded.masking import without_secrets
from tierwise.embedded.names import Definers, Names, kind_name
from tierwise.embedded.scene import Scene
from tierwise.embedded.tokentext import Encoder, as_read, indentation_unit, token_text
from tierwise.embedded.values import Silence, Suggestion, Word
from tierwise.embedded.vocabulary import FILE_END, Vocabulary

_FAMILIES = (
    ("javascript", "javascriptreact", "typescript", "typescriptreact", "vue", "svelte"),
    ("c", "cpp"),
    ("css", "scss"),
    ("json", "jsonc"),
)
_FAMILY = {member: family[0] for family in _FAMILIES for member in family}
"""Languages that learn from each other; every other language is its own family."""

_LONGEST_TEXT = 24
"""Characters of a string or comment that is kept as it is from a file of the workspace."""

_LARGEST_FILE = 400_000
"""Characters; a larger file is data or generated, and not learnt."""

_OTHERS = 3
"""Open documents that are looked through beside the one that is worked on: those used last."""

_DEFINITIONS = 8_000
"""Tokens of a document in which definitions are looked for."""

_NAMES_ABOVE, _NAMES_BELOW = 400, 100
"""Lines in which names are looked for."""

_BREATH_S = 0.0002
"""Rest between two slices of learning, so that the event loop gets its turn; else it would wait for 5 ms each time."""


class EmbeddedEngine:
    """Completion without a model, learnt from the workspace as it changes."""

    def __init__(self) -> None:
        self._vocabulary = Vocabulary()
        self._definers = Definers(self._vocabulary)
        self._names = Names(self._vocabulary, self._definers)
        self._corpus = Corpus(self._names)
        self._brackets = Brackets(self._vocabulary)
        self._open: dict[str, LiveDocument] = {}
        self._defined: tuple[str, dict[str, str]] = ("", {})

    def opened(self, document: Document) -> None:
        """Take over a document that the editor opened; a second call replaces it."""
        self._open.pop(document.uri, None)
        self._open[document.uri] = LiveDocument(self._vocabulary, document, _breathe)

    def edited(self, edit: DocumentEdit) -> None:
        """Follow one edit of an open document; one that is not open is opened by it."""
        live = self._open.pop(edit.before.uri, None)
        if live is None or live.document.lines is not edit.before.lines:
            self.opened(edit.after)
            return
        self._open[edit.before.uri] = live
        first, last = edit.span.start.line, edit.span.end.line
        grown = edit.after.lines.count - edit.before.lines.count
        live.edited(edit.after, first, last + 1, last + 1 + grown)

    def closed(self, document: Document) -> None:
        """The document is as it is on disk from now on."""
        self._open.pop(document.uri, None)

    def file_read(self, document: Document) -> None:
        """Learn a file of the workspace, in place of what was learnt of it before. One thread at a time."""
        self.learn(str(document.path), document.language, document.text)

    def file_gone(self, path: Path) -> None:
        """Forget a file. On the thread of ``file_read``."""
        self._corpus.forget(str(path), _breathe)

    def learn(self, path: str, language: str, text: str) -> None:
        """Learn a file, in place of what was learnt of it before. One thread at a time; rests about every half
        millisecond.
        """
        if len(text) > _LARGEST_FILE:
            self._corpus.forget(path, _breathe)
            return
        lines = split_lines(without_secrets("".join(map(as_read, split_lines(text)))))
        encoder = Encoder(self._vocabulary, language, indentation_unit(lines[:1_000]), _LONGEST_TEXT)
        self._corpus.learn(path, token_text(encoder, lines, _breathe).codes + FILE_END, _seed(language), _breathe)

    def wait(self) -> None:
        """Block until every open document is read as a whole. For tests and benchmarks."""
        for live in self._open.values():
            live.wait()

    def complete(
        self, document: Document, point: Point, *, multiline: bool = True, max_lines: int = 12
    ) -> Suggestion | Silence:
        """Text to put in at ``point``, or why there is none. ``multiline`` False: no more than the current line."""
        writer = self.writer(document, point, max_lines if multiline else 1)
        return writer if isinstance(writer, Silence) else writer.write()

    def items(self, document: Document, point: Point, limit: int) -> tuple[Word, ...]:
        """At most ``limit`` names that may be meant at ``point``, likeliest first; none in a string or comment."""
        point = document.lines.clamp(point)
        writer = self.writer(document, point)
        if isinstance(writer, Silence):
            likely: dict[str, float] = {}
            if writer is not Silence.MID_WORD:
                return ()
        elif writer.in_text or writer.fresh:
            return ()
        else:
            likely = {text.lstrip(" "): probability for text, probability in judged(writer.poll())}
        return ranked(document.lines, point, likely, self._definitions(self._live(document).codes), self._names, limit)

    def writer(self, document: Document, point: Point, max_lines: int = 1) -> Writer | Silence:
        """The completion of ``complete`` before it is written: for what calibrates it."""
        point = document.lines.clamp(point)
        live = self._live(document)
        cursor = read_cursor(live, point, self._vocabulary, self._brackets, max_lines)
        if isinstance(cursor, Silence):
            return cursor
        seed = _seed(document.language)
        others = [other for other in reversed(self._open.values()) if other is not live]
        scene = Scene(
            vocabulary=self._vocabulary,
            corpus=self._corpus,
            names=self._names,
            seed=seed,
            above=cursor.above,
            line_start=cursor.line_start,
            below=cursor.below,
            others=tuple(other.codes for other in others if _seed(other.document.language) == seed)[:_OTHERS],
            hidden=frozenset(str(live.document.path) for live in self._open.values()),
            opening=cursor.opening,
            text_above="".join(document.lines.raw_range(point.line - _NAMES_ABOVE, point.line)),
            text_below="".join(document.lines.raw_range(point.line + 1, point.line + 1 + _NAMES_BELOW)),
        )
        return Writer(scene, cursor.frame)

    def _definitions(self, codes: str) -> dict[str, str]:
        """The names that a token text defines, with their kinds; kept for the next question about the same text."""
        if self._defined[0] is not codes:
            found = self._definers.find(codes[-_DEFINITIONS:])
            word = self._vocabulary.word
            self._defined = codes, {word(ord(token) >> 1): kind_name(kind) for token, kind in found}
        return self._defined[1]

    def _live(self, document: Document) -> LiveDocument:
        """The tokens of ``document``, which counts as used now."""
        live = self._open.pop(document.uri, None)
        if live is None or live.document.lines is not document.lines:
            live = LiveDocument(self._vocabulary, document, _breathe)
        self._open[document.uri] = live
        return live


def _seed(language: str) -> int:
    """The corpus' key of a language's family."""
    return crc32(_FAMILY.get(language, language).encode()) & 0xFFFF


def _breathe() -> None:
    time.sleep(_BREATH_S)
