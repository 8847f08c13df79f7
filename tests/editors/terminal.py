"""A terminal that a program runs in and that can be read: tmux with a server of its own."""

from __future__ import annotations

import shlex
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import psutil

from editors.stage import tool

COLUMNS, LINES = 150, 40


class Terminal:
    """One window of ``columns`` by ``LINES`` with a program in it."""

    def __init__(
        self, socket: Path, words: Sequence[str], environ: Mapping[str, str], folder: Path, columns: int = COLUMNS
    ) -> None:
        self._tmux = [tool("tmux"), "-S", str(socket), "-f", "/dev/null"]
        self._environ = dict(environ)
        size = ["-x", str(columns), "-y", str(LINES)]
        self._run("new-session", "-d", "-s", "editor", "-c", str(folder), *size, shlex.join(words))
        self._run("set-option", "-g", "status", "off")
        self._run("set-option", "-g", "escape-time", "0")

    def type(self, text: str) -> None:
        """Type characters as they stand."""
        self._run("send-keys", "-t", "editor", "-l", text)

    def press(self, *keys: str) -> None:
        """Press keys by tmux's names: Enter, Escape, Tab, C-x."""
        self._run("send-keys", "-t", "editor", *keys)

    def screen(self, *, colours: bool = False) -> str:
        """What stands on the screen; "" once the program has ended."""
        shown = self._run("capture-pane", "-p", "-t", "editor", *(["-e"] if colours else []), check=False)
        return shown.rstrip()

    @property
    def row(self) -> int:
        """The cursor's line on the screen, from 0."""
        return int(self._run("display-message", "-p", "-t", "editor", "#{cursor_y}"))

    @property
    def pid(self) -> int:
        """Process id of the program."""
        return int(self._run("display-message", "-p", "-t", "editor", "#{pane_pid}"))

    def close(self) -> None:
        """End the terminal and whatever still runs in it."""
        self._run("kill-server", check=False)

    def _run(self, *arguments: str, check: bool = True) -> str:
        ran = subprocess.run(
            [*self._tmux, *arguments], env=self._environ, capture_output=True, text=True, check=False, timeout=30
        )
        assert not check or ran.returncode == 0, f"tmux {' '.join(arguments)}: {ran.stderr}"
        return ran.stdout


def kill(processes: Iterable[psutil.Process]) -> None:
    """End processes, and all that they have started, outright."""
    for root in processes:
        try:
            everyone = [root, *root.children(recursive=True)]
        except psutil.NoSuchProcess:
            continue
        for process in everyone:
            with suppress(psutil.NoSuchProcess):
                process.kill()
