"""The session: sole owner of mutable editor state. Notifications change it; requests take a frozen view of it.

All methods run on the event loop's thread and return within milliseconds; only the indexer has a thread of its own.
It never writes a file and never talks to a model.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from tierwise.core import uris
from tierwise.core.clock import Clock
from tierwise.core.documents import Document
from tierwise.core.ports import DocumentEdit, WorkspaceListener
from tierwise.core.right_of_way import RightOfWay
from tierwise.core.text import Span
from tierwise.session.disk import is_there
from tierwise.session.documents import OpenDocuments
from tierwise.session.file_facts import FactsBook
from tierwise.session.files import FileCache, is_huge
from tierwise.session.history import EditHistory
from tierwise.session.index import WorkspaceIndex
from tierwise.session.indexer import Indexer
from tierwise.session.listing import FolderListing
from tierwise.session.prefix_line import Absent
from tierwise.session.privacy import IGNORE_FILES, FolderRules, FolderTerms, Forbidden
from tierwise.session.view import FrozenView, Knowledge

_MUCH = 10_000
"""Characters that are put in at once from which on a document is measured again, as after a change of several lines."""


class Session:
    """One editor's session: folders, open documents, history, and what may be read."""

    def __init__(self, clock: Clock, listener: WorkspaceListener) -> None:
        self._clock = clock
        self._listener = listener
        self._open = OpenDocuments()
        self._files = FileCache()
        self._terms: dict[Path, FolderTerms] = {}
        self._rules: dict[Path, FolderRules] = {}
        self._listings: dict[Path, FolderListing] = {}
        self._implicit: set[Path] = set()
        self._huge: set[str] = set()
        self._aliases: dict[str, Path] = {}
        """What documents are called that are open by another name than their file's: by a link."""
        self._open_paths: frozenset[Path | None] = frozenset()
        self._view: FrozenView | None = None
        self._index = WorkspaceIndex()
        self._facts = FactsBook()
        self.right_of_way = RightOfWay()
        """Taken by what somebody waits for; reading in the background gives way."""
        self._indexer = Indexer(self._index, listener, self._is_open, self.right_of_way.give_way)
        self._indexing = False
        self.history = EditHistory(clock)
        self.worked_at = clock.monotonic()
        """When something was last edited, opened, closed or asked for, in monotonic seconds."""

    # Folders and what may be read in them

    @property
    def folders(self) -> tuple[Path, ...]:
        return tuple(self._rules)

    def set_folders(self, folders: Mapping[Path, FolderTerms]) -> None:
        """Take the workspace folders as they are now, with what the settings say of each."""
        self._terms = dict(folders)
        self._rules = {
            folder: FolderRules(folder, terms, within=_outermost(folder, folders)) for folder, terms in folders.items()
        }
        self._listings = {folder: FolderListing(rules, self._clock) for folder, rules in self._rules.items()}
        self._implicit.clear()
        self._view = None
        for document in list(self._open):
            self._seat(document)
        self._view = None
        if self._indexing:
            self.index()  # what may be read has changed

    def index(self) -> None:
        """Start reading the folders in the background: once the client is initialized, and when folders came."""
        self._indexing = True
        for folder, listing in self._listings.items():
            if folder not in self._implicit:
                self._indexer.add_folder(listing)

    def _adopt(self, path: Path) -> None:
        """Without any workspace folder, a file's repository (or, without one, its own folder alone) stands in."""
        if (self._rules and not self._implicit) or any(path.is_relative_to(f) for f in self._rules):
            return
        root = next((parent for parent in path.parents if is_there(parent / ".git")), None)
        folder = root or path.parent
        rules = FolderRules(folder)
        self._rules[folder] = rules
        self._listings[folder] = FolderListing(rules, self._clock, recursive=root is not None)
        self._implicit.add(folder)
        self._view = None

    def _seat(self, document: Document) -> Document:
        """An open document as the file that its name leads to: whoever reads that file, by whatever name, finds what is
        typed here, and finds it once.
        """
        named = uris.to_path(document.uri)
        if named is None:
            return document
        self._adopt(named)
        path = self._canonical(named)
        self._aliases.pop(document.uri, None)
        if path != named:
            self._aliases[document.uri] = named
        self._view = None
        return document if path == document.path else self._open.call(document.uri, path)

    def _canonical(self, named: Path) -> Path:
        folder = self.view().folder_of(named)
        if folder is not None:
            rules = self._rules[folder]
            return rules.canonical(named) if rules.reason(named) is None else named
        called = (rules.called_here(named) for rules in self._rules.values())
        return next((path for path in called if path is not None), named)

    # Documents

    def open(self, uri: str, language: str, version: int, text: str) -> Document:
        self.worked_at = self._clock.monotonic()
        document = self._open.open(uri, language, version, text)
        self._doubt([document.path] if document.path is not None else [])
        document = self._seat(document)
        self._open_paths = self._open_paths | {document.path}
        self._view = None
        self._size_up(document)
        if self.forbidden(document) is None:
            self._listener.opened(document)
        return document

    def change(self, uri: str, version: int, span: Span | None, text: str) -> DocumentEdit | None:
        """Apply one change; None when the client never opened that document."""
        self.worked_at = self._clock.monotonic()
        edit = self._open.change(uri, version, span, text)
        if edit is None:
            return None
        self._view = None
        if edit.span.start.line != edit.span.end.line or len(text) > _MUCH:
            self._size_up(edit.after)
        if self.forbidden(edit.after) is None:
            self.history.record(edit)
            self._listener.edited(edit)
        return edit

    def _size_up(self, document: Document) -> None:
        """Find out whether a document is within the size limit: it counts all of its lines."""
        self._huge.discard(document.uri)
        folder = self.folder_of(document)
        if folder is not None and is_huge(document, self._rules[folder].max_bytes):
            self._huge.add(document.uri)
        self._view = None

    def close(self, uri: str) -> None:
        self.worked_at = self._clock.monotonic()
        document = self._open.close(uri)
        self._open_paths = frozenset(still_open.path for still_open in self._open)
        self._view = None
        self._huge.discard(uri)
        if document is not None and self.forbidden(document) is None:
            self._listener.closed(document)
            if document.path is not None:
                self._indexer.add_files([document.path])  # what is on disk may differ from what was open
        self._aliases.pop(uri, None)

    def files_changed(self, paths: Iterable[Path]) -> None:
        """The client reports files that were created, changed or deleted on disk, or saved."""
        changed = tuple(paths)
        for path in changed:
            self._files.forget(path)
            self._index.doubt(path)
        if any(path.name in IGNORE_FILES for path in changed):
            self.set_folders(self._terms)
        self._doubt(changed)
        for listing in self._listings.values():
            listing.changed(changed)
        for document in list(self._open):
            if document.path in changed or self._aliases.get(document.uri) in changed:
                self._seat(document)
        self._view = None
        self._indexer.add_files(path for path in changed if self.view().forbidden(path) is None)

    def look_at_rules(self, document: Document | None = None) -> None:
        """Take the ignore files as they are on disk now: few clients report those that change outside of them. Those
        that came to folders below are found on the way to ``document``, or when a file there is to be sent.
        """
        if document is not None and document.path is not None:
            self.view().renew([document.path])
        if any(rules.outdated for rules in self._rules.values()):
            self.set_folders(self._terms)

    def _doubt(self, paths: Iterable[Path]) -> None:
        for rules in self._rules.values():
            rules.doubt(paths)

    # Reads

    def document(self, uri: str) -> Document | None:
        """An open document; asking counts as use."""
        self._open.touch(uri)
        return self._open.get(uri)

    def peek(self, uri: str) -> Document | None:
        """An open document, without counting as use."""
        return self._open.get(uri)

    def read(self, uri: str) -> Document | None:
        """A readable file of the workspace that need not be open; None for anything else."""
        path = uris.to_path(uri)
        return None if path is None else self.view().read(path)

    def current(self, document: Document) -> Document | None:
        """The document as it is now, where it still is what it was, open or on disk; None where it is gone, closed or
        forbidden.
        """
        if document.is_open and self._open.get(document.uri) is None:
            return None
        now = self.latest(document)
        return now if isinstance(now, Document) else None

    def latest(self, document: Document) -> Document | Absent:
        """The file of ``document`` as it is now, open or on disk, or why there is none."""
        if document.path is None:
            return self._open.get(document.uri) or Absent.GONE
        view = self.view()
        now = view.read(document.path)
        if now is not None:
            own = self._open.get(document.uri) if document.is_open else None  # one file may be open under two names
            return own if own is not None and now.is_open else now
        if view.forbidden(document.path) is not None:  # asked last: reading finds out what a file has become
            return Absent.FORBIDDEN
        return Absent.OUTDATED if is_there(document.path) else Absent.GONE

    def folder_of(self, document: Document) -> Path | None:
        """The workspace folder of an open document; None outside all of them."""
        return None if document.path is None else self.view().folder_of(document.path)

    def forbidden(self, document: Document) -> Forbidden | None:
        """Why nothing may be done with an open document; None where all is well.

        A buffer that was never saved is allowed. One of another scheme is judged by the file that its URI speaks of:
        editors show files in other ways too (a repository's version of it, a side of a comparison).
        """
        if document.uri in self._huge:
            return Forbidden.TOO_LARGE
        path = document.path or uris.shown_path(document.uri)
        reason = None if path is None else self.view().forbidden(path)
        if reason is None and self._aliases and (alias := self._aliases.get(document.uri)) is not None:
            reason = self.view().forbidden(alias)
            return None if reason is Forbidden.OUTSIDE and self.view().folder_of(alias) is None else reason
        return reason

    def view(self) -> FrozenView:
        """The workspace as it is now; stays true to this moment."""
        if self._view is None:
            documents = {d.path: d for d in self._open if d.path is not None and d.uri not in self._huge}
            if self._aliases:  # a file may be open under two names: the one used last is what it says
                documents |= {d.path: d for d in reversed([*self._open]) if d.path and d.uri not in self._huge}
            worked_on = tuple(dict.fromkeys(hunk.uri for hunk in self.history.recent()))
            knowledge = Knowledge(self._index, self._facts, worked_on)
            self._view = FrozenView(documents, dict(self._rules), self._files, dict(self._listings), knowledge)
        return self._view

    def wait_indexed(self, timeout_s: float) -> bool:
        """Block until the background reading is done. Never called on the event loop."""
        return self._indexer.wait_idle(timeout_s)

    def shutdown(self) -> None:
        self._indexer.stop()

    def _is_open(self, path: Path) -> bool:
        return path in self._open_paths  # asked by the indexing thread: the set is replaced, never mutated


def _outermost(folder: Path, folders: Iterable[Path]) -> Path:
    """The workspace folder around all that hold ``folder``; itself, where it lies in no other."""
    return min((other for other in folders if folder.is_relative_to(other)), key=lambda other: len(other.parts))
