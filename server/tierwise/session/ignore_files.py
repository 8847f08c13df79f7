"""What the ignore files on the way to a path say of it. Owner of what was read of them, folder by folder on first need,
and of the stamps by which it is known whether they still say so.

Git's and ours are asked apart: a ``.tierwiseignore`` takes files away, and gives none back that git ignores. A
repository within another has git's rules of its own; ours hold in it as everywhere below their folder.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tierwise.core.stamps import Stamp, is_settled
from tierwise.session.disk import read_bytes, stamp_at
from tierwise.session.ignore_patterns import IgnorePatterns, as_bytes
from tierwise.session.repository import Repository, is_repository

GIT_IGNORE, OWN_IGNORE = ".gitignore", ".tierwiseignore"
_MOST_BYTES = 256 * 1024
_EVERYTHING = b"*\n"
"""What a larger file is taken to say: what it names cannot be told."""


@dataclass(slots=True)
class _File:
    """A file of patterns as it was read. ``stamp`` None: it was not there; ``settled``: it would tell a change."""

    path: str
    stamp: Stamp | None
    settled: bool
    data: bytes | None
    followed: bool

    @staticmethod
    def read(path: Path, *, followed: bool = True) -> _File:
        name = os.fspath(path)
        now = time.time_ns()
        stamp = stamp_at(name)
        data = None if stamp is None else _content(name, followed=followed)
        return _File(name, stamp, stamp is None or is_settled(stamp, now), data, followed)

    def is_current(self) -> bool:
        """Whether it says what it said. Its text is looked at again only where the stamp cannot tell."""
        stamp = stamp_at(self.path)
        if stamp == self.stamp and self.settled:
            return True
        now = time.time_ns()
        data = None if stamp is None else _content(self.path, followed=self.followed)
        if data != self.data:
            return False
        self.stamp, self.settled = stamp, stamp is None or is_settled(stamp, now)
        return True

    def patterns(self, *, fold: bool, own: bool = False) -> IgnorePatterns | None:
        """``own``: a file of ours, which may be in UTF-16, as some shells write; to git such a file says nothing."""
        data = self.data
        if own and data is not None and data.startswith((b"\xff\xfe", b"\xfe\xff")):
            data = data.decode("utf-16", "replace").encode("utf-8", "replace")
        return IgnorePatterns(data, fold=fold) if data else None


def _content(path: str, *, followed: bool) -> bytes | None:
    if not followed and os.path.islink(path):  # noqa: PTH114 - a string
        return None
    found = read_bytes(path, _MOST_BYTES + 1)
    if found is None:
        return None
    return _EVERYTHING if len(found[0]) > _MOST_BYTES else found[0]


@dataclass(slots=True)
class _Folder:
    """What stands in one folder. ``mark``: where a repository puts its ``.git``, and whether it is there.
    ``repository``: where one begins here, with the patterns for the whole of it.
    """

    mark: str
    marked: bool
    is_root: bool
    git: _File
    own: _File
    patterns: IgnorePatterns | None
    own_patterns: IgnorePatterns | None
    repository: Repository | None
    excludes: tuple[_File, ...] = ()
    exclude_patterns: tuple[IgnorePatterns, ...] = ()
    configs: tuple[_File, ...] = ()

    def is_current(self) -> bool:
        """Whether all that was found here is still so. Three questions to the system, a few more for a repository."""
        if os.path.lexists(self.mark) != self.marked or not (self.git.is_current() and self.own.is_current()):
            return False
        if self.marked and is_repository(Path(self.mark).parent) != self.is_root:
            return False
        return all(file.is_current() for file in (*self.excludes, *self.configs))


class IgnoreFiles:
    """The ignore files below ``base``, the root of a repository or a folder without one. ``depth``: folders from there
    to the workspace folder. Safe from several threads.
    """

    def __init__(self, base: Path, depth: int) -> None:
        self._base = base
        self._depth = depth
        self._folders: dict[tuple[str, ...], _Folder] = {}

    def ignores(self, parts: tuple[str, ...], *, is_folder: bool) -> bool:
        """Whether a path is named, the folders above it not looked at. The file nearest to it that says anything
        decides.
        """
        names = [as_bytes(part) for part in parts]
        return self._own(parts, names, is_folder=is_folder) or self._git(parts, names, is_folder=is_folder)

    def hides(self, parts: tuple[str, ...]) -> bool:
        """Whether one of our own files names a folder or one above it."""
        names = [as_bytes(part) for part in parts]
        return any(self._own(parts[:end], names[:end], is_folder=True) for end in range(1, len(parts) + 1))

    def outdated(self) -> bool:
        """Whether a file says something else than when it was read, or one came to the workspace folder or above."""
        return any(not self._still_so(parts, folder) for parts, folder in tuple(self._folders.items()))

    def renew(self, paths: Iterable[tuple[str, ...]]) -> bool:
        """Look at all files on the way to some paths; whether one of them says something else now, which then holds."""
        changed = False
        for parts in {path[:depth] for path in paths for depth in range(len(path))}:
            known = self._folders.get(parts)
            if known is not None and not known.is_current():
                self._folders.pop(parts, None)
                changed = True
        return changed

    def _own(self, parts: tuple[str, ...], names: list[bytes], *, is_folder: bool) -> bool:
        for depth in range(len(parts) - 1, -1, -1):
            patterns = self._folder(parts[:depth]).own_patterns
            if patterns is not None:
                said = patterns.verdict(b"/".join(names[depth:]), is_folder=is_folder)
                if said is not None:
                    return said
        return False

    def _git(self, parts: tuple[str, ...], names: list[bytes], *, is_folder: bool) -> bool:
        for depth in range(len(parts) - 1, -1, -1):
            folder = self._folder(parts[:depth])
            path = b"/".join(names[depth:])
            for patterns in (folder.patterns, *folder.exclude_patterns):
                said = None if patterns is None else patterns.verdict(path, is_folder=is_folder)
                if said is not None:
                    return said
            if folder.repository is not None:
                return False
        return False

    def _still_so(self, parts: tuple[str, ...], folder: _Folder) -> bool:
        if len(parts) > self._depth and folder.repository is None:
            return all(file.is_current() for file in (folder.git, folder.own) if file.stamp is not None)
        return folder.is_current()

    def _folder(self, parts: tuple[str, ...]) -> _Folder:
        known = self._folders.get(parts)
        if known is None:
            known = self._folders[parts] = self._read(parts)
        return known

    def _read(self, parts: tuple[str, ...]) -> _Folder:
        path = self._base.joinpath(*parts)
        mark = os.fspath(path / ".git")
        marked = os.path.lexists(mark)
        root = marked and is_repository(path)
        repository = Repository.at(path) if root or not parts else None
        fold = repository.fold if repository is not None else self._fold_above(parts)
        git, own = _File.read(path / GIT_IGNORE, followed=False), _File.read(path / OWN_IGNORE)
        folder = _Folder(
            mark, marked, root, git, own, git.patterns(fold=fold), own.patterns(fold=fold, own=True), repository
        )
        if repository is not None:
            folder.excludes = tuple(map(_File.read, repository.excludes))
            found = (file.patterns(fold=fold) for file in folder.excludes)
            folder.exclude_patterns = tuple(patterns for patterns in found if patterns is not None)
            folder.configs = tuple(map(_File.read, repository.configs))
        return folder

    def _fold_above(self, parts: tuple[str, ...]) -> bool:
        for depth in range(len(parts) - 1, -1, -1):
            repository = self._folder(parts[:depth]).repository
            if repository is not None:
                return repository.fold
        return False
