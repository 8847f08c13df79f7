"""The workspace as it would be with a changeset applied: what checks that look beyond one file read. Pure.

Owner of nothing but what it has looked up for one changeset.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import TypeVar, cast

from tierwise.core.changes import Changeset, FileEdit, RenameFile
from tierwise.validation.changed import ChangedFile, changed_files
from tierwise.validation.scope import EditScope

T = TypeVar("T")


class Project:
    """Read access by names relative to the workspace folder, with forward slashes."""

    def __init__(self, changeset: Changeset, scope: EditScope) -> None:
        self.changeset = changeset
        self.changed = tuple(changed_files(changeset))
        self.folder = scope.folder
        self.scope = scope
        self._memory: dict[object, object] = {}
        self._edits = {edit.base.path: edit for edit in changeset.edits}
        self._new = {name: file for file in self.changed if (name := self._name(file.path)) is not None}
        self._gone = {
            name
            for change in changeset.changes
            if isinstance(change, RenameFile) and (name := self._name(change.old)) is not None
        }

    def edit_of(self, file: ChangedFile) -> FileEdit | None:
        """The edit of a changed file; None for a new one."""
        return None if file.before is None else self._edits.get(file.path)

    def remembered(self, make: Callable[[Project], T]) -> T:
        """One value of a kind for all checks of a changeset, made when it is first asked for."""
        if make not in self._memory:
            self._memory[make] = make(self)
        return cast("T", self._memory[make])

    @cached_property
    def known(self) -> bool:
        """Whether the workspace's files were listed: without, nothing can be said about what does not exist."""
        return bool(self._listed)

    @cached_property
    def names(self) -> frozenset[str]:
        """All readable files."""
        return (self._listed | self._new.keys()) - self._gone

    def text(self, name: str) -> str | None:
        """The text of a file as it would be; None where there is none to read."""
        if name in self._new:
            return self._new[name].after
        if name in self._gone or self.scope.workspace is None:
            return None
        document = self.scope.workspace.read(self.folder / name)
        return None if document is None else document.text

    def exists(self, name: str) -> bool:
        """Whether a file or folder is there, readable or not (generated and ignored ones are not listed)."""
        return name in self.names or name in self.folders or self.scope.exists(self.folder / name)

    @cached_property
    def folders(self) -> frozenset[str]:
        """All folders that hold readable files; "" is the workspace folder."""
        found = {""}
        for name in self.names:
            for parent in PurePosixPath(name).parents:
                text = "" if parent == PurePosixPath() else parent.as_posix()
                if text in found:
                    break
                found.add(text)
        return frozenset(found)

    def others_with(self, word: str, languages: frozenset[str]) -> Iterator[tuple[str, str]]:
        """Names and texts of files of ``languages`` beside the changed ones that hold ``word`` as a whole word."""
        workspace = self.scope.workspace
        if workspace is None:
            return
        for path in workspace.files_with(self.folder, word, languages):
            name = self._name(path)
            document = None if name is None or name in self._new or name in self._gone else workspace.read(path)
            if name is not None and document is not None:
                yield name, document.text

    def name_of(self, file: ChangedFile) -> str:
        """The name of a changed file; its last part for one outside the folder."""
        return self._name(file.path) or file.name

    @cached_property
    def _listed(self) -> frozenset[str]:
        workspace = self.scope.workspace
        if workspace is None:
            return frozenset()
        names = (self._name(path) for path in workspace.files(self.folder))
        return frozenset(name for name in names if name is not None)

    def _name(self, path: Path | None) -> str | None:
        if path is None or not path.is_relative_to(self.folder):
            return None
        return path.relative_to(self.folder).as_posix()
