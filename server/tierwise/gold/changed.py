"""The files of a case after a change. Pure: a changeset in, texts out."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from tierwise.core.changes import Changeset, CreateFile, FileEdit


def texts_after(files: Mapping[str, str], changeset: Changeset, folder: Path) -> dict[str, str]:
    """Text by path relative to ``folder``, of old and new files."""
    texts = dict(files)
    for change in changeset.changes:
        match change:
            case FileEdit(base):
                assert base.path is not None
                texts[_relative(base.path, folder)] = change.result.text
            case CreateFile(path, text):
                texts[_relative(path, folder)] = text
            case _:
                texts[_relative(change.new, folder)] = texts.pop(_relative(change.old, folder))
    return texts


def _relative(path: Path, folder: Path) -> str:
    return path.relative_to(folder).as_posix()
