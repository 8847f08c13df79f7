"""One program with limits of time, memory and output. Owner of the process and of all that it starts.

The limits keep a mistake from doing harm; they are no wall against code that means it. The program gets no variable
that looks like a secret, and no standard input.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import psutil

_LOOK_S = 0.05
"""How often time, memory and output are looked at."""

_SECRET = re.compile(r"KEY|TOKEN|SECRET|PASSW|CREDENTIAL|AUTH|COOKIE|SESSION_?ID", re.IGNORECASE)
_LONGEST_OUTPUT = 64 << 20
"""Bytes of output from which a program is ended: it has run wild."""


class End(StrEnum):
    """Why a program ended."""

    BY_ITSELF = "by itself"
    TIME = "time"
    MEMORY = "memory"
    OUTPUT = "output"
    CANCELLED = "cancelled"
    NOT_STARTED = "not started"


@dataclass(frozen=True, slots=True)
class Ended:
    """``status``: the exit status where it ended by itself. ``output``: both streams; long ones lack their middle."""

    end: End
    status: int
    output: str


def run(
    command: Sequence[str],
    folder: Path,
    environ: Mapping[str, str],
    *,
    seconds: float,
    memory_mb: int,
    output_kb: int,
    log: Path,
    cancelled: Callable[[], bool],
) -> Ended:
    """Run ``command`` in ``folder`` and wait for it. ``log`` takes its output, outside of ``folder``."""
    with log.open("wb") as output:
        try:
            process = subprocess.Popen(  # noqa: S603 - the workspace's owner has configured it
                [*command],
                cwd=folder,
                env=dict(environ),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=os.name != "nt",
            )
        except (OSError, ValueError) as error:
            return Ended(End.NOT_STARTED, -1, str(getattr(error, "strerror", None) or error))
        try:
            end = _watch(process, log, time.monotonic() + seconds, memory_mb << 20, cancelled)
        finally:
            _end(process)
    return Ended(end, process.returncode, _read(log, output_kb << 10))


def without_secrets(environ: Mapping[str, str]) -> dict[str, str]:
    """The variables of an environment that may be handed to a workspace's programs."""
    return {name: value for name, value in environ.items() if not _SECRET.search(name)}


def _watch(
    process: subprocess.Popen[bytes], log: Path, until: float, memory: int, cancelled: Callable[[], bool]
) -> End:
    while True:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_LOOK_S)
            return End.BY_ITSELF
        if cancelled():
            return End.CANCELLED
        if time.monotonic() > until:
            return End.TIME
        if _memory(process.pid) > memory:
            return End.MEMORY
        if log.stat().st_size > _LONGEST_OUTPUT:
            return End.OUTPUT


def _memory(pid: int) -> int:
    """Bytes that a process and all below it hold."""
    total = 0
    for process in _tree(pid):
        with contextlib.suppress(psutil.Error):
            total += process.memory_info().rss
    return total


def _tree(pid: int) -> list[psutil.Process]:
    try:
        process = psutil.Process(pid)
        return [process, *process.children(recursive=True)]
    except psutil.Error:
        return []


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the process and all that it may have started; nothing happens to one that has ended."""
    below = _tree(process.pid)[1:] if process.poll() is None else []
    if sys.platform != "win32":
        with contextlib.suppress(ProcessLookupError, PermissionError):  # the group is empty; macOS says the second
            os.killpg(process.pid, signal.SIGKILL)
    elif process.poll() is None:
        process.kill()
    for child in below:
        with contextlib.suppress(psutil.Error):
            child.kill()
    process.wait()


def _read(log: Path, limit: int) -> str:
    data = log.read_bytes()
    if len(data) > limit:
        data = data[: limit // 2] + b"\n...\n" + data[-limit // 2 :]
    return data.decode("utf-8", "replace").replace("\r\n", "\n")
