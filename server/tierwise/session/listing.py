"""Which files a workspace folder holds. Owner of that list; walked once, then kept current by the client's events."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path

from tierwise.core.clock import Clock
from tierwise.session.privacy import FolderRules

MAX_FILES = 50_000
"""A folder with more readable files is listed up to here: Tierwise then knows a part of it, and stays usable."""
_AGE_S = 60.0
"""A client that reports no file events gets a fresh walk after this many seconds."""


class FolderListing:
    """The readable files below one folder, sorted. Safe from several threads; the walk runs in the asking one."""

    def __init__(self, rules: FolderRules, clock: Clock, *, recursive: bool = True) -> None:
        self._rules = rules
        self._recursive = recursive
        self._clock = clock
        self._lock = threading.Lock()
        self._paths: tuple[Path, ...] | None = None
        self._walked_at = 0.0

    def paths(self) -> tuple[Path, ...]:
        """All readable files, in a stable order. Walks the folder when nothing is known or it is too old."""
        with self._lock:
            now = self._clock.monotonic()
            if self._paths is None or now - self._walked_at > _AGE_S:
                self._paths = tuple(walk(self._rules, recursive=self._recursive))
                self._walked_at = now
            return self._paths

    def changed(self) -> None:
        """A file came or went: walk again when next asked."""
        with self._lock:
            self._paths = None


def walk(rules: FolderRules, *, recursive: bool = True) -> Iterator[Path]:
    """Every file that the rules do not forbid, folder by folder in name order. Unreadable folders are passed over;
    links to folders are not followed (they may lead outside or in a circle).
    """
    pending = [rules.folder]
    found = 0
    while pending and found < MAX_FILES:
        folder = pending.pop()
        subfolders: list[Path] = []
        for entry in _entries(folder):
            path = folder / entry.name
            if entry.is_dir(follow_symlinks=False):
                if not rules.skips_folder(path):
                    subfolders.append(path)
            elif entry.is_file() and _allowed(rules, path, linked=entry.is_symlink()):
                found += 1
                yield path
        if recursive:
            pending.extend(reversed(subfolders))


def _allowed(rules: FolderRules, path: Path, *, linked: bool) -> bool:
    return (rules.reason(path) if linked else rules.reason_unlinked(path)) is None


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return sorted(entries, key=lambda entry: entry.name)
    except OSError:
        return []
