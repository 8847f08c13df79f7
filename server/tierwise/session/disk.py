"""What stands at a path, as far as one may look: what cannot be looked at is nothing. Never raises, where pathlib does:
below a folder that may not be searched, for a link in a circle, for a name that no disk takes.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from pathlib import Path

from tierwise.core.stamps import Stamp, stamp_of

_UNBLOCKED: int = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
"""To open a pipe for reading waits until somebody writes to it, which may be never."""


def is_there(path: Path) -> bool:
    """Whether a path leads to anything."""
    return _mode(path) != 0


def is_file(path: Path) -> bool:
    """Whether a path leads to a file."""
    return stat.S_ISREG(_mode(path))


def is_folder(path: Path) -> bool:
    """Whether a path leads to a folder."""
    return stat.S_ISDIR(_mode(path))


def stamp_at(path: str | Path) -> Stamp | None:
    """The stamp of what a path leads to; None where that is nothing."""
    try:
        return stamp_of(os.stat(path))  # noqa: PTH116 - asked for many files at once: half the time of Path.stat
    except (OSError, ValueError):
        return None


def stamps_at(paths: Iterable[Path]) -> dict[Path, Stamp | None]:
    return {path: stamp_at(path) for path in paths}


def read_bytes(path: str | Path, limit: int) -> tuple[bytes, Stamp] | None:
    """The first ``limit`` bytes of a file and its stamp from before they were read: a change meanwhile makes another.
    None for what is no file, a pipe or a device in its place too, and for one that cannot be read.
    """
    try:
        with open(os.open(path, _UNBLOCKED), "rb") as file:  # noqa: PTH123 - a descriptor
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                return None
            return file.read(limit), stamp_of(status)
    except (OSError, ValueError):
        return None


def _mode(path: Path) -> int:
    try:
        return path.stat().st_mode
    except (OSError, ValueError):
        return 0
