"""The files of one folder as they are on disk, for verbs that run without an editor. Reads, never writes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tierwise.core.clock import SystemClock
from tierwise.session.disk import is_there
from tierwise.session.files import FileCache
from tierwise.session.listing import FolderListing
from tierwise.session.privacy import FolderRules, FolderTerms
from tierwise.session.view import FrozenView

_MARKS = (".git", ".tierwise.toml")


def disk_view(folder: Path, exclude: Sequence[str] = ()) -> FrozenView:
    """A view of ``folder`` with nothing open; ignored and secret files do not exist in it. ``exclude``: further files
    to leave out, in .gitignore's syntax.
    """
    rules = FolderRules(folder, FolderTerms(exclude=tuple(exclude)))
    return FrozenView({}, {folder: rules}, FileCache(), {folder: FolderListing(rules, SystemClock())})


def workspace_folder(file: Path) -> Path:
    """The nearest folder above ``file`` that looks like a project's root; else the file's own folder."""
    for parent in file.parents:
        if any(is_there(parent / mark) for mark in _MARKS):
            return parent
    return file.parent
