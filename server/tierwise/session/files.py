"""Files on disk, read once and kept for the whole session. Owner of that cache; safe to use from several threads."""

from __future__ import annotations

import stat
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from cachetools import LRUCache

from tierwise.core import uris
from tierwise.core.documents import Document
from tierwise.core.languages import language_of
from tierwise.core.stamps import Stamp, is_settled, stamp_of
from tierwise.core.text import Lines
from tierwise.session.disk import read_bytes
from tierwise.session.privacy import Forbidden

_CACHE_BYTES = 64 * 1024 * 1024
_SNIFF = 8_192
"""Bytes looked at for a NUL, as git does, to tell binary files."""


@dataclass(frozen=True, slots=True)
class _Entry:
    stamp: Stamp | None
    document: Document | Forbidden
    size: int


def _size(entry: _Entry) -> int:
    return entry.size


class FileCache:
    """Documents of closed files. A file is read again only when its stamp changed or cannot tell yet, and stays the
    same object while its text does: what was found in it once holds on.
    """

    def __init__(self) -> None:
        self._entries: LRUCache[Path, _Entry] = LRUCache(_CACHE_BYTES, getsizeof=_size)
        self._lock = threading.Lock()

    def read(self, path: Path, max_bytes: int, judge: Callable[[Path], Forbidden | None]) -> Document | Forbidden:
        """The file as a document without a version, or why it cannot be one. Never raises. ``judge`` is asked before
        a text that is not known yet is read.
        """
        stamp = _stamp(path, max_bytes)
        if isinstance(stamp, Forbidden):
            return stamp
        with self._lock:
            entry = self._entries.get(path)
        if entry is not None and entry.stamp == stamp:
            return entry.document
        if (reason := judge(path)) is not None:
            return reason
        now = time.time_ns()
        document = _load(path, max_bytes)
        if entry is not None and isinstance(document, Document) and isinstance(entry.document, Document):
            document = entry.document if entry.document.lines.same_as(document.lines) else document
        size = 256 + (2 * stamp[2] if isinstance(document, Document) else 0)
        with self._lock:
            if size <= _CACHE_BYTES // 8:
                self._entries[path] = _Entry(stamp if is_settled(stamp, now) else None, document, size)
        return document

    def forget(self, path: Path) -> None:
        """Read a file anew when it is asked for next: the client says it changed."""
        with self._lock:
            entry = self._entries.get(path)
            if entry is not None:
                self._entries[path] = replace(entry, stamp=None)


def glance(path: Path, max_bytes: int) -> Document | Forbidden:
    """A file read once and not kept. Never raises."""
    stamp = _stamp(path, max_bytes)
    return stamp if isinstance(stamp, Forbidden) else _load(path, max_bytes)


def _stamp(path: Path, max_bytes: int) -> Stamp | Forbidden:
    try:
        status = path.stat()
    except (OSError, ValueError):
        return Forbidden.UNREADABLE
    if not stat.S_ISREG(status.st_mode):
        return Forbidden.UNREADABLE
    return Forbidden.TOO_LARGE if status.st_size > max_bytes else stamp_of(status)


def _load(path: Path, limit: int) -> Document | Forbidden:
    found = read_bytes(path, limit + 1)
    if found is None:
        return Forbidden.UNREADABLE
    data, _ = found
    if len(data) > limit:
        return Forbidden.TOO_LARGE
    if b"\0" in data[:_SNIFF]:
        return Forbidden.BINARY
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return Forbidden.BINARY
    return Document(uris.to_uri(path), path, language_of(path).id, None, Lines.of(text))


def is_huge(document: Document, max_bytes: int) -> bool:
    """Whether an open document is over the size limit, without joining its lines: counted until it is decided."""
    total = 0
    for line in document.lines:
        total += len(line)
        if total > max_bytes:
            return True
    return False
