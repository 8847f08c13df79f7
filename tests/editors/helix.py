"""Helix in a terminal, driven by keys and known by its screen."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import psutil

from editors.stage import Stage, servers_below
from editors.terminal import Terminal, kill
from editors.waiting import until

T = TypeVar("T")

NO_SERVER = "No configured language server supports code actions"


class Helix:
    """One running Helix. What it shows is all that there is to see; what it holds is written to disk to be read."""

    def __init__(self, program: Path, stage: Stage) -> None:
        self._stage = stage
        self._terminal = Terminal(stage.home / "hx.socket", [str(program)], stage.environ, stage.project)
        self._process = psutil.Process(self._terminal.pid)
        try:
            self.until(lambda: "NOR" in self.screen(), "Helix")
        except BaseException:
            self.kill()
            raise

    def screen(self) -> str:
        return self._terminal.screen()

    def type(self, text: str) -> None:
        """Press the keys of these characters."""
        self._terminal.type(text)

    def press(self, *keys: str) -> None:
        """Press keys by tmux's names: Enter, Escape, C-x."""
        self._terminal.press(*keys)

    def command(self, text: str) -> None:
        """Type a command and confirm it, from normal mode."""
        self.type(f":{text}")
        self.until(lambda: f":{text}" in self.screen(), f"command line with {text}")
        self.press("Enter")
        self.until(lambda: f":{text}" not in self.screen(), f"end of {text}")

    def until(self, look: Callable[[], T], what: str) -> T:
        """As ``until``; the screen is told where it did not come."""
        return until(look, what, context=lambda: f"screen:\n{self.screen()}\nlog:\n{self.log()[-4000:]}")

    def shows(self, text: str) -> None:
        """Wait until a text stands on the screen."""
        self.until(lambda: text in self.screen(), f"{text!r} on the screen")

    def open(self, name: str) -> None:
        """Open a file of the project, and wait until the server answers for it."""
        self.command(f"open {name}")
        self.shows(name)
        self.wait_for_server()

    def wait_for_server(self) -> None:
        """Wait until the server answers for the file in front."""

        def asked() -> bool:
            if NO_SERVER in self.screen():
                self.press("Down")  # any key takes the former answer away
                self.until(lambda: NO_SERVER not in self.screen(), "end of the former answer")
            self.type(" a")
            self.until(lambda: NO_SERVER in self.screen() or "Explain" in self.screen(), "answer to space a")
            return NO_SERVER not in self.screen()

        self.until(asked, "server")
        self.press("Escape")
        self.until(lambda: "Explain" not in self.screen(), "end of the menu")

    def escape(self) -> None:
        """Back to normal mode: a key that follows too soon would be taken for one with Alt."""
        self.press("Escape")
        self.until(lambda: " NOR " in self.screen(), "normal mode")

    def save(self, name: str, text: str) -> None:
        """Write everything, and wait until a file holds a text."""
        self.command("write-all")

        def written() -> bool:
            try:
                return text in self._stage.read(name)
            except FileNotFoundError:  # Helix moves the former file aside while it writes
                return False

        self.until(written, f"{text!r} in {name}")

    def choose_action(self, title: str) -> list[str]:
        """Open the menu of code actions and take one; the titles that stood in it."""
        self.type(" a")
        self.shows(title)
        lines = self.screen().splitlines()
        column = next(line.index(title) for line in lines if title in line)
        menu = [re.split(r"\s{2,}", line[column:])[0] for line in lines[self._terminal.row + 1 :]]
        self.press(*["Down"] * menu.index(title), "Enter")
        return menu

    def log(self) -> str:
        path = self._stage.home / "cache" / "helix" / "helix.log"
        return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""

    def kill_server(self) -> None:
        """Kill the language server outright."""
        (pid,) = servers_below(self._process.pid)
        os.kill(pid, signal.SIGKILL)
        self.until(lambda: pid not in servers_below(self._process.pid), "end of the server")

    def reset(self) -> None:
        """No file open, nothing said."""
        self.press("Escape")
        self.escape()
        self.command("buffer-close-all!")
        self.shows("[scratch]")

    def close(self) -> None:
        """Leave as a person does, and wait until editor and server are gone."""
        everyone = [self._process, *self._process.children(recursive=True)]
        self.press("Escape")
        self.escape()
        self.type(":quit-all!")
        self.press("Enter")
        _, left = psutil.wait_procs(everyone, timeout=20)
        for process in left:
            process.kill()
        self._terminal.close()
        assert not left, f"still there after leaving: {left}"

    def kill(self) -> None:
        """End editor and server outright."""
        kill([self._process])
        self._terminal.close()
