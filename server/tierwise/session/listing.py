"""Which files a workspace folder holds. Owner of that list; walked once, then kept current by the client's events."""

from __future__ import annotations

import os
import threading
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from pathlib import Path

from tierwise.core.clock import Clock
from tierwise.session.disk import is_file, is_folder, is_there
from tierwise.session.folder_map import FolderMap
from tierwise.session.privacy import FolderRules

MAX_FILES = 50_000
"""A folder with more readable files is listed up to here: Tierwise then knows a part of it, and stays usable."""
_AGE_S = 60.0
"""A client that reports no file events gets a fresh walk after this many seconds."""
_MANY = 200
"""From so many changed files on, another walk costs less than finding the place of each."""


class FolderListing:
    """The readable files below one folder, in a stable order. Safe from several threads; the walk runs in the asking
    one.
    """

    def __init__(self, rules: FolderRules, clock: Clock, *, recursive: bool = True) -> None:
        self._rules = rules
        self._recursive = recursive
        self._clock = clock
        self._lock = threading.Lock()
        self._paths: tuple[Path, ...] | None = None
        self._walked_at = 0.0
        self._links: dict[Path, Path] = {}
        self._map: tuple[tuple[Path, ...], FolderMap] | None = None

    @property
    def stale(self) -> bool:
        """Whether the list is not known or too old."""
        return self._paths is None or self._clock.monotonic() - self._walked_at > _AGE_S

    def holds(self, path: Path) -> bool:
        """Whether a path lies where this list looks, there or not."""
        return path.is_relative_to(self._rules.folder)

    def paths(self) -> tuple[Path, ...]:
        """All readable files. Walks the folder when nothing is known or it is too old."""
        with self._lock:
            if self.stale:
                links: dict[Path, Path] = {}
                found = tuple(walk(self._rules, links, recursive=self._recursive))
                if links != self._links:
                    self._links, self._map = links, None
                self._paths = found if self._paths != found else self._paths
                self._walked_at = self._clock.monotonic()
            assert self._paths is not None
            return self._paths

    def map(self) -> FolderMap:
        """The files by what one may call them, as last known: only the first call walks the folder."""
        paths = self._paths
        if paths is None:
            paths = self.paths()
        known = self._map
        if known is None or known[0] is not paths:
            known = self._map = (paths, FolderMap.of(self._rules.folder, paths, self._links))
        return known[1]

    def changed(self, paths: Iterable[Path]) -> None:
        """Files came, went or changed. What the list needs of that is looked at now; for many, when next asked."""
        changed = [path for path in paths if path.is_relative_to(self._rules.folder)]
        with self._lock:
            if self._paths is None or not changed:
                return
            if len(changed) > _MANY or any(self._is_link(path) or self._is_folder(path) for path in changed):
                self._paths = None
            else:
                self._paths = self._updated(self._paths, changed)

    def _is_link(self, path: Path) -> bool:
        return path in self._links or os.path.islink(path)  # noqa: PTH114 - pathlib raises where one may not look

    def _is_folder(self, path: Path) -> bool:
        """Whether a path is a folder, or was one."""
        if is_folder(path):
            return True
        below = str(path) + os.sep
        return not is_there(path) and any(str(known).startswith(below) for known in self._paths or ())

    def _updated(self, known: tuple[Path, ...], changed: list[Path]) -> tuple[Path, ...]:
        there = {path for path in changed if is_file(path) and self._listed(path)}
        have = set(known).intersection(changed)
        if there == have:
            return known  # only their contents changed
        found = [path for path in known if path not in have or path in there]
        for path in there - have:
            found.insert(bisect_left(found, self._key(path), key=self._key), path)
        return tuple(found)

    def _listed(self, path: Path) -> bool:
        direct = self._recursive or path.parent == self._rules.folder
        return direct and self._rules.reason(path) is None

    def _key(self, path: Path) -> tuple[tuple[int, str], ...]:
        """The order of the walk: the files of a folder before its subfolders, each in name order."""
        *folders, name = path.relative_to(self._rules.folder).parts
        return (*((1, folder) for folder in folders), (0, name))


def walk(rules: FolderRules, links: dict[Path, Path] | None = None, *, recursive: bool = True) -> Iterator[Path]:
    """Every file that the rules do not forbid, folder by folder in name order, once: a link to a file is another name
    of it, noted in ``links``. Unreadable folders are passed over; links to folders are not followed (they may lead
    outside or in a circle).
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
            elif not _is_file(entry):
                continue
            elif entry.is_symlink():
                if links is not None and rules.reason(path) is None:
                    links[path] = rules.canonical(path)
            elif rules.reason_unlinked(path) is None:
                found += 1
                yield path
        if recursive:
            pending.extend(reversed(subfolders))


def _is_file(entry: os.DirEntry[str]) -> bool:
    """Whether it is a file, or a link to one; a link in a circle, or through a folder that may not be searched, is
    none.
    """
    try:
        return entry.is_file()
    except OSError:
        return False


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return sorted(entries, key=lambda entry: entry.name)
    except OSError:
        return []
