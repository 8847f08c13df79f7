"""What ``confined.py`` starts: puts limits on this process and then runs a script. Uses the standard library alone.

Called with the folder, the script and the seconds it may compute. The hook refuses what the checks of a case have no
use for; code that wants to get around it can, which is why running code has to be asked for.
"""

from __future__ import annotations

import contextlib
import os
import runpy
import sys
from pathlib import Path
from typing import Any

MEMORY_BYTES = 1 << 30
FILE_BYTES = 1 << 20

_REFUSED = (
    "socket.bind",
    "socket.connect",
    "socket.getaddrinfo",
    "socket.gethostby",
    "socket.sendto",
    "socket.sendmsg",
    "subprocess.",
    "os.exec",
    "os.fork",
    "os.kill",
    "os.posix_spawn",
    "os.spawn",
    "os.startfile",
    "os.system",
    "ctypes.",
    "winreg.",
    "_winapi.",
    "webbrowser.",
)
_CHANGES = ("os.chmod", "os.chown", "os.link", "os.mkdir", "os.remove", "os.rename", "os.rmdir", "os.symlink")
_DEVICES = frozenset({"/dev/null", "/dev/urandom", "/dev/random"})
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


def main(folder: str, script: str, seconds: str) -> None:
    """Limit this process, then run ``script``."""
    folder = os.path.realpath(folder)
    sys.path.insert(0, folder)
    sys.argv = [script]
    _limit(int(seconds))
    _leave_the_network()
    _watch(folder)
    runpy.run_path(script, run_name="__main__")


def _limit(seconds: int) -> None:
    """Processor time, memory and file size, as far as the platform has such limits."""
    if sys.platform == "win32":
        return
    import resource

    wanted = {
        resource.RLIMIT_CPU: seconds,
        resource.RLIMIT_AS: MEMORY_BYTES,
        resource.RLIMIT_FSIZE: FILE_BYTES,
        resource.RLIMIT_CORE: 0,
    }
    for limit, value in wanted.items():
        with contextlib.suppress(ValueError, OSError):  # macOS refuses some of them
            resource.setrlimit(limit, (value, value))


def _leave_the_network() -> None:
    """A network of its own without any connection, where the kernel gives one to everybody (Python 3.12 on Linux)."""
    if sys.platform == "linux" and sys.version_info >= (3, 12):
        with contextlib.suppress(OSError):
            os.unshare(os.CLONE_NEWUSER | os.CLONE_NEWNET)


def _watch(folder: str) -> None:
    """Refuse connections, processes, and files outside ``folder`` (reading: and outside Python's own folders)."""
    own = {folder, sys.prefix, sys.base_prefix, sys.exec_prefix, str(Path(os.__file__).parent), "/usr/share/zoneinfo"}
    readable = tuple(os.path.realpath(path) + os.sep for path in own)

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event.startswith(_REFUSED):
            raise PermissionError(f"{event} is refused here")
        if event.startswith(_CHANGES) and not _inside(arguments[0], (folder + os.sep,)):
            raise PermissionError(f"{event} is refused outside the case's folder")
        if event == "open" and not isinstance(arguments[0], int):
            writes = bool((arguments[2] or 0) & _WRITING)
            places = (folder + os.sep,) if writes else readable
            if not _inside(arguments[0], places) and os.fspath(arguments[0]) not in _DEVICES:
                raise PermissionError(f"{arguments[0]} is outside the case's folder")

    sys.addaudithook(hook)


def _inside(path: Any, places: tuple[str, ...]) -> bool:
    return os.path.realpath(os.fsdecode(path)).startswith(places)


if __name__ == "__main__":
    main(*sys.argv[1:])
