"""The way to the process that finds names in files. Owner of that process; used by one thread.

It is started for the first of many files and ended with the last: it costs memory of its own.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import cast

from tierwise.core.stamps import Stamp
from tierwise.session.index import Names

_AHEAD = 16
"""Paths that are sent before the first answer is read: enough to keep the process busy, far less than a pipe holds."""


class IndexProcess:
    """One process, started on first need."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None

    def names(self, paths: Sequence[Path]) -> Iterator[tuple[Path, Names | None]]:
        """Each file's names, in order; None for one that cannot be read. Ends early when the process cannot be had or
        breaks: what is missing then is not known, and nothing else suffers.
        """
        with suppress(OSError, ValueError):
            process = self._started()
            sent = 0
            for number, path in enumerate(paths):
                while sent < min(len(paths), number + _AHEAD):
                    self._send(process, paths[sent])
                    sent += 1
                yield path, self._receive(process)
            return
        self.close()

    def close(self) -> None:
        """End the process, at once."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.communicate()

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            flags: int = getattr(subprocess, "CREATE_NO_WINDOW", 0) | getattr(
                subprocess, "BELOW_NORMAL_PRIORITY_CLASS", 0
            )
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tierwise.session.names_in_files"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                creationflags=flags,
            )
        return self._process

    def _send(self, process: subprocess.Popen[bytes], path: Path) -> None:
        assert process.stdin is not None
        process.stdin.write(json.dumps(str(path)).encode("utf-8", "surrogatepass") + b"\n")
        process.stdin.flush()

    def _receive(self, process: subprocess.Popen[bytes]) -> Names | None:
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line:
            raise OSError("the process has ended")
        answer = json.loads(line)
        if answer is None:
            return None
        stamp = None if answer[2] is None else cast("Stamp", tuple(answer[2]))
        return Names(tuple(answer[0]), tuple(answer[1]), stamp)
