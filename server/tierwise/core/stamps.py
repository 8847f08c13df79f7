"""What tells one state of a file from another without reading it, and when that may be trusted. Pure.

File systems count time in ticks, of a few milliseconds up to two seconds. What changes twice within one tick keeps its
stamp, so that a stamp says nothing of the text that was read right after a change: git calls such entries racy, and
reads them again.
"""

from __future__ import annotations

import os

Stamp = tuple[int, int, int, int, int]
"""Times of modification and of change of its entry in nanoseconds, size in bytes, number, and number of the disk:
programs can set the first, and a rename brings another file with a time of its own.
"""

_SECOND = 1_000_000_000
_COARSE_NS, _FINE_NS = 2 * _SECOND, _SECOND // 20
"""Longer than the tick of any file system that counts whole seconds, and of any other: those of today take the time
from the kernel, which sets it a hundred times a second at least, or sixty-four times (Windows).
"""


def stamp_of(status: os.stat_result) -> Stamp:
    return status.st_mtime_ns, status.st_ctime_ns, status.st_size, status.st_ino, status.st_dev


def is_settled(stamp: Stamp, read_ns: int) -> bool:
    """Whether a stamp stands for what was read: no change after ``read_ns``, the wall clock's nanoseconds before the
    text was read, can bear it.
    """
    tick = _FINE_NS if stamp[0] % _SECOND else _COARSE_NS
    return read_ns - max(stamp[:2]) > tick
