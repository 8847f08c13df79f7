"""The files of one workspace folder as a syntactic rename reads them: parsed once, looked at word by word.

Owner of what was read during one rename. Reads through the view only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from pathlib import Path

from tierwise.core.documents import Document
from tierwise.core.text import Point, Span
from tierwise.core.workspace import WorkspaceView
from tierwise.rename.layout import Layout, layout_of
from tierwise.rename.values import stop_if
from tierwise.syntax.parse import Node, Parsed, parse
from tierwise.syntax.scopes import Binding, Name, Occurrences, occurrences


class SourceFile:
    """One parsed file. ``path`` is made up for a buffer that is no file."""

    def __init__(self, document: Document, parsed: Parsed) -> None:
        self.document = document
        self.parsed = parsed
        self.path = document.path or Path(document.uri)
        self._words: dict[str, Occurrences] = {}

    @property
    def root(self) -> Node:
        return self.parsed.root

    def occurrences(self, word: str) -> Occurrences:
        if word not in self._words:
            self._words[word] = occurrences(self.parsed, word)
        return self._words[word]

    def text(self, node: Node) -> str:
        return self.parsed.source(node)

    def name_at(self, node: Node) -> Name | None:
        """The occurrence that an identifier is."""
        return self.occurrences(self.text(node)).at(node.start_byte)

    def binding(self, node: Node) -> Binding | None:
        """What an identifier is bound to in this file."""
        name = self.name_at(node)
        return None if name is None else name.binding

    def span(self, start: int, end: int) -> Span:
        return Span(self.parsed.point(start), self.parsed.point(end))


class Project:
    """The workspace folder around one document."""

    def __init__(
        self, view: WorkspaceView, document: Document, languages: frozenset[str], cancelled: Callable[[], bool]
    ) -> None:
        parsed = parse(document.language, document.text)
        if parsed is None:
            raise LookupError(f"no grammar for {document.language}")
        self.own = SourceFile(document, parsed)
        self.folder = view.folder_of(document.path) if document.path is not None else None
        self.languages = languages
        self._view = view
        self._cancelled = cancelled
        self._files: dict[Path, SourceFile | None] = {self.own.path: self.own}
        self._holding: dict[str, frozenset[Path]] = {}

    def file(self, path: Path) -> SourceFile | None:
        """A file of one of the engine's languages; None where there is none that may be read."""
        if path not in self._files:
            document = self._view.read(path) if self.folder is not None else None
            parsed = (
                parse(document.language, document.text) if document and document.language in self.languages else None
            )
            self._files[path] = SourceFile(document, parsed) if document and parsed else None
        return self._files[path]

    def text(self, path: Path) -> str | None:
        """The text of any file, of whatever language."""
        document = self._view.read(path) if self.folder is not None else None
        return None if document is None else document.text

    def files_with(self, word: str) -> Iterator[SourceFile]:
        """Files that hold a word, the document itself first. Asks between files whether to go on."""
        yield self.own
        if self.folder is None:
            return
        for path in self._view.files_with(self.folder, word, self.languages):
            stop_if(self._cancelled)
            file = self.file(path)
            if file is not None and file is not self.own:
                yield file

    def paths_with(self, word: str, languages: frozenset[str]) -> Iterator[Path]:
        """Files of other languages that hold a word."""
        if self.folder is not None and languages:
            yield from self._view.files_with(self.folder, word, languages)

    def paths(self) -> frozenset[Path]:
        """Every file of the folder in the engine's languages."""
        return self.layout.files

    @cached_property
    def layout(self) -> Layout:
        """How these files lie."""
        listed = tuple(self._view.files(self.folder, self.languages)) if self.folder is not None else ()
        found = layout_of(listed)
        return found if self.own.path in found.files else layout_of((*listed, self.own.path))

    def that_may_hold(self, paths: Iterable[Path], word: str) -> list[Path]:
        """Some of these files without those that are known not to hold a word; none is read for that."""
        if word not in self._holding:
            listed = tuple(self._view.files(self.folder, self.languages)) if self.folder is not None else ()
            self._holding[word] = frozenset((*self._view.holders(listed).of(word), self.own.path))
        holding = self._holding[word]
        return [path for path in paths if path in holding]

    def paths_named(self, name: str) -> list[Path]:
        """Files of any language with this name, wherever they are in the folder."""
        if self.folder is None:
            return []
        return list(layout_of(self._view.files(self.folder)).names.get(name, ()))


def ancestors(node: Node) -> Iterator[Node]:
    """Nodes around ``node``, innermost first."""
    around = node.parent
    while around is not None:
        yield around
        around = around.parent


def around(node: Node, *types: str) -> Node | None:
    """The innermost node of one of ``types`` around ``node``."""
    return next((item for item in ancestors(node) if item.type in types), None)


def in_error(node: Node) -> bool:
    """Whether a node lies in a stretch that did not parse, where scopes mean nothing."""
    return any(item.type == "ERROR" for item in ancestors(node))


def place(file: SourceFile, point: Point) -> str:
    """A place as a person writes it."""
    return f"{file.path.name}:{point.line + 1}"
