"""The workspace at one moment, as requests see it. Implements ``core.workspace.WorkspaceView``; never mutates."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from tierwise.core import uris
from tierwise.core.documents import Document
from tierwise.core.languages import language_of
from tierwise.session.file_facts import FactsBook
from tierwise.session.files import FileCache
from tierwise.session.folder_map import FolderMap
from tierwise.session.holders import IndexHolders
from tierwise.session.index import WorkspaceIndex
from tierwise.session.listing import FolderListing
from tierwise.session.privacy import FolderRules, Forbidden

if TYPE_CHECKING:
    from tierwise.syntax.imports import Import
    from tierwise.syntax.outline import Definition

_SEARCHED = 300
"""Files that are searched for a name before the index knows any."""
_COMMON = 100
"""Files that may hold a name for it to tell something."""


@dataclass(frozen=True, slots=True)
class Knowledge:
    """What the session has found out about files. ``worked_on``: URIs of those that were edited, the latest first."""

    index: WorkspaceIndex = field(default_factory=WorkspaceIndex)
    facts: FactsBook = field(default_factory=FactsBook)
    worked_on: tuple[str, ...] = ()


def _as_folder(path: Path) -> str:
    """A path as a text that the paths of all files below it begin with, however the system writes the letters."""
    name = os.path.normcase(path)
    return name if name.endswith(os.sep) else name + os.sep


class FrozenView:
    """Open documents as they were when the request came, and the disk through the file cache."""

    def __init__(
        self,
        documents: Mapping[Path, Document],
        rules: Mapping[Path, FolderRules],
        files: FileCache,
        listings: Mapping[Path, FolderListing],
        knowledge: Knowledge | None = None,
    ) -> None:
        self._documents = documents
        self._rules = rules
        self._files = files
        self._listings = listings
        self._knowledge = knowledge or Knowledge()
        inner_first = sorted(rules, key=lambda folder: len(folder.parts), reverse=True)
        self._roots = {_as_folder(folder): folder for folder in inner_first}
        self._folder_of: dict[str, Path | None] = {}

    @property
    def folders(self) -> tuple[Path, ...]:
        return tuple(self._rules)

    def folder_of(self, path: Path) -> Path | None:
        # Compared as texts, which is many times cheaper than as paths, and remembered per folder of the disk: a request
        # asks for hundreds of files, a rename for every file of the workspace.
        name = _as_folder(path)
        if (root := self._roots.get(name)) is not None:
            return root
        parent = name[: name.rfind(os.sep, 0, -1) + 1]
        if parent not in self._folder_of:
            self._folder_of[parent] = next((self._roots[root] for root in self._roots if parent.startswith(root)), None)
        return self._folder_of[parent]

    def forbidden(self, path: Path) -> Forbidden | None:
        """Why a path may not be read, by its name; None where it may."""
        folder = self.folder_of(path)
        return Forbidden.OUTSIDE if folder is None else self._rules[folder].reason(path)

    def renew(self, paths: Iterable[Path]) -> bool:
        """Look at the ignore files on the way to some paths again; whether what may be read is something else now. Not
        done for every path that is read: it is asked what is about to be sent.
        """
        of_folder: dict[Path, list[Path]] = {}
        for path in paths:
            if (folder := self.folder_of(path)) is not None:
                of_folder.setdefault(folder, []).append(path)
        changed = [self._rules[folder].renew(found) for folder, found in of_folder.items()]
        return any(changed)

    def unsendable(self, paths: Sequence[Path]) -> tuple[Path, Forbidden] | None:
        """The first of some paths whose file may not be read any more, and why; None where all may."""
        self.renew(paths)
        return next(((path, reason) for path in paths if (reason := self.forbidden(path)) is not None), None)

    def read(self, path: Path) -> Document | None:
        folder = self.folder_of(path)
        if folder is None or (rules := self._rules[folder]).reason(path) is not None:
            return None
        if path not in self._documents and rules.canonical(path) != path:
            rules.doubt([path])  # a link may lead elsewhere by now
            if rules.reason(path) is not None:
                return None
            path = rules.canonical(path)
        document = self._documents.get(path) or self._files.read(path, rules.max_bytes, rules.reason_to_read)
        return document if isinstance(document, Document) else None

    def files(self, folder: Path, languages: frozenset[str] | None = None) -> Iterator[Path]:
        listing = self._listings.get(folder)
        if listing is None:
            return
        for path in listing.paths():
            if languages is None or language_of(path).id in languages:
                yield path

    def holders(self, paths: Sequence[Path]) -> IndexHolders:
        return IndexHolders(self._knowledge.index.postings, paths, self._documents)

    def files_with(self, folder: Path, word: str, languages: frozenset[str] | None = None) -> Iterator[Path]:
        whole = re.compile(rf"(?<!\w){re.escape(word)}(?!\w)")
        for path in self.files(folder, languages):
            document = self.read(path)
            if document is not None and any(word in line and whole.search(line) for line in document.lines):
                yield path

    def open_documents(self) -> tuple[Document, ...]:
        return tuple(d for path, d in self._documents.items() if self.forbidden(path) is None)

    def outline(self, document: Document) -> tuple[Definition, ...]:
        """All definitions of a document; found once per text."""
        return self._knowledge.facts.outline(document)

    def imports(self, document: Document) -> tuple[Import, ...]:
        """The imports at the top of a document; found once per text."""
        return self._knowledge.facts.imports(document)

    def map(self, folder: Path) -> FolderMap | None:
        """A workspace folder's files by what one may call them; None for any other folder."""
        listing = self._listings.get(folder)
        return None if listing is None else listing.map()

    def holding(self, folder: Path, name: str, language: str, beside: str = "") -> Iterator[Document]:
        """Documents of one language below ``folder`` that hold ``name`` as a whole word, as far as the index knows: the
        open ones first, then those that hold ``beside`` too, then the others, unless there are too many to mean
        anything. Where nothing is indexed yet, a small folder is searched.
        """
        whole = re.compile(rf"(?<!\w){re.escape(name)}(?!\w)")
        listed = self.map(folder)
        paths: Collection[Path] = self._knowledge.index.holding(name, beside, _COMMON)
        if listed is not None and not self._knowledge.index and len(listed.paths) <= _SEARCHED:
            paths = listed.paths.values()
        if not paths and self._knowledge.index.count(name) > _COMMON:
            return
        for path in dict.fromkeys([*self._documents, *paths]):
            if language_of(path).id == language and self.folder_of(path) == folder:
                document = self.read(path)
                if document is not None and any(name in line and whole.search(line) for line in document.lines):
                    yield document

    def defining(self, folder: Path, name: str, language: str) -> list[Path]:
        """Files of one language below ``folder`` that define ``name``, as far as the index knows."""
        return [
            path
            for path in self._knowledge.index.defining(name)
            if language_of(path).id == language and self.folder_of(path) == folder
        ]

    @property
    def worked_on(self) -> tuple[Document, ...]:
        """Readable files that were edited in this session, the latest first."""
        paths = (uris.to_path(uri) for uri in self._knowledge.worked_on)
        found = (self.read(path) for path in paths if path is not None)
        return tuple(document for document in found if document is not None)
