"""What stands at a path, as far as one may look: what cannot be looked at is nothing. Never raises, where pathlib does:
below a folder that may not be searched, for a link in a circle, for a name that no disk takes.
"""

from __future__ import annotations

import stat
from pathlib import Path


def is_there(path: Path) -> bool:
    """Whether a path leads to anything."""
    return _mode(path) != 0


def is_file(path: Path) -> bool:
    """Whether a path leads to a file."""
    return stat.S_ISREG(_mode(path))


def is_folder(path: Path) -> bool:
    """Whether a path leads to a folder."""
    return stat.S_ISDIR(_mode(path))


def _mode(path: Path) -> int:
    try:
        return path.stat().st_mode
    except (OSError, ValueError):
        return 0
