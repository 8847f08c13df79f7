"""Writes a rename to the disk: all of it, or nothing.

Owner of the temporary files while it runs. Touches only files that still hold what was read from them.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

from tierwise.core.changes import Changeset, FileEdit, RenameFile
from tierwise.core.errors import Declined, Stale

_BOM = b"\xef\xbb\xbf"
_CONFLICT = re.compile(rb"^<{7} .*?^={7}\r?$.*?^>{7} ", re.MULTILINE | re.DOTALL)
"""What git leaves in a file whose versions it could not merge."""


def write_changes(changes: Changeset) -> None:
    """Write edits and moves. Every file is prepared beside its target and put in its place in one step; nothing is
    touched before all are prepared, and what was done is taken back where a later step fails.

    Raises Stale where a file changed since it was read, Declined where one is in conflict or a target exists, and
    OSError. In each case the files are as they were before.
    """
    moves = [change for change in changes.changes if isinstance(change, RenameFile)]
    for move in moves:
        if move.new.exists():
            raise Declined(f"{move.new} exists already; nothing was changed")
    with ExitStack() as leftovers:
        prepared = [_prepare(edit, leftovers) for edit in changes.edits]
        done: list[Callable[[], object]] = []
        try:
            for one in prepared:
                one.temporary.replace(one.target)
                done.append(one.restore)
            for move in moves:
                move.new.parent.mkdir(parents=True, exist_ok=True)
                move.old.rename(move.new)
                done.append(lambda move=move: move.new.rename(move.old))
        except OSError:
            for undo in reversed(done):
                with suppress(OSError):  # the first failure is the one to tell of
                    undo()
            raise


@dataclass(frozen=True, slots=True)
class _Prepared:
    """A new text beside its target, and a copy of the old one."""

    temporary: Path
    target: Path
    kept: Path

    def restore(self) -> None:
        self.kept.replace(self.target)


def _prepare(edit: FileEdit, leftovers: ExitStack) -> _Prepared:
    if edit.base.path is None:
        raise Declined(f"{edit.base.uri} is no file; nothing was written")
    target = edit.base.path.resolve()  # a link stays a link
    data = target.read_bytes()
    mark = _BOM if data.startswith(_BOM) else b""
    if data.removeprefix(mark) != edit.base.text.encode():
        raise Stale(f"{target} changed while the rename was computed; nothing was written, try again")
    if _CONFLICT.search(data):
        raise Declined(f"{target} holds an unresolved merge conflict; nothing was written, resolve it first")
    kept = _beside(target, data, leftovers)
    return _Prepared(_beside(target, mark + edit.result.text.encode(), leftovers), target, kept)


def _beside(target: Path, data: bytes, leftovers: ExitStack) -> Path:
    """A temporary file in the target's own folder, with its mode: only there one step replaces it."""
    handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    leftovers.callback(Path(name).unlink, missing_ok=True)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
    shutil.copymode(target, name)
    return Path(name)
