"""Ends the server when the editor that started it is gone: standard input may stay open in a child of a dead editor."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable

_EVERY_S = 2.0


def watch_parent(process_id: int, gone: Callable[[], object]) -> None:
    """Call ``gone`` (from a daemon thread) once the process has ended. Only a process that we descend from is watched:
    the number of one on another machine or outside our container means nothing here, or somebody else's process.
    """
    threading.Thread(target=_watch, args=(process_id, gone), name="tierwise-parent", daemon=True).start()


def _watch(process_id: int, gone: Callable[[], object]) -> None:
    import psutil

    try:
        parent = next((each for each in psutil.Process().parents() if each.pid == process_id), None)
    except psutil.Error:
        return
    if parent is None:
        return
    with contextlib.suppress(psutil.Error):  # gone between two looks
        while parent.is_running() and parent.status() != psutil.STATUS_ZOMBIE:
            time.sleep(_EVERY_S)
    with contextlib.suppress(RuntimeError):  # the loop has closed: we are on our way out
        gone()
