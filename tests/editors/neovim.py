"""Neovim with a screen of its own, driven over its RPC with real keys."""

from __future__ import annotations

import gc
import os
import signal
import socket
import subprocess
import threading
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import psutil
import pynvim

from editors.stage import Stage, servers_below
from editors.terminal import Terminal, kill
from editors.waiting import PATIENCE_S, until

T = TypeVar("T")

_GHOST = """
local space = vim.api.nvim_get_namespaces()['nvim.lsp.inline_completion']
if not space then return '' end
local lines = {}
for _, mark in ipairs(vim.api.nvim_buf_get_extmarks(0, space, 0, -1, { details = true })) do
  local function text(chunks)
    return table.concat(vim.tbl_map(function(chunk) return chunk[1] end, chunks))
  end
  table.insert(lines, text(mark[4].virt_text or {}))
  for _, line in ipairs(mark[4].virt_lines or {}) do table.insert(lines, text(line)) end
end
return table.concat(lines, '\\n')
"""

_SERVED = """
local clients = vim.lsp.get_clients and vim.lsp.get_clients() or vim.lsp.get_active_clients()
return #vim.tbl_filter(function(client)
  return client.name == 'tierwise' and vim.lsp.buf_is_attached(vim.api.nvim_get_current_buf(), client.id)
end, clients) == 1
"""

_SAID = """
local loaded = package.loaded['tierwise.server']
return loaded and loaded.said or {}
"""

_NOTE = """
local number, space = vim.fn.bufnr('tierwise://' .. ...), vim.api.nvim_get_namespaces()['tierwise']
if number < 0 or not space then return '' end
local marks = vim.api.nvim_buf_get_extmarks(number, space, 0, -1, { details = true })
return marks[1] and marks[1][4].virt_lines[1][1][1] or ''
"""


class Silent(AssertionError):
    """Neovim did not answer in time, and was ended."""


class Neovim:
    """One running Neovim. All methods are for the thread that made it.

    While Neovim waits for an answer to a question it answers none itself: then only ``keys``, ``mode`` and ``screen``
    may be used. Whatever else is asked then ends it, and raises Silent with what stood on its screen.
    """

    def __init__(self, program: Path, stage: Stage, *, new: bool) -> None:
        self._stage = stage
        self._new = new
        address = str(stage.home / "nvim.socket")
        self._nvim: pynvim.Nvim | None = None
        self._processes: list[psutil.Process] = []
        self._behind = _headless([str(program), "--headless", "--listen", address], stage) if new else None
        if new:
            # The screen of the new one is a process of its own, which would otherwise start the editor: by a name that
            # does not hold for a program with a loader of its own.
            until(lambda: _listens(address), "Neovim")
        looking = ["--server", address, "--remote-ui"] if new else ["--listen", address]
        # wide enough for Neovim's own sentences with a path in them, which wait for a key when they do not fit
        self._terminal = Terminal(
            stage.home / "tmux.socket", [str(program), *looking], stage.environ, stage.project, 250
        )
        self._processes = [psutil.Process(self._terminal.pid)]
        try:
            until(lambda: _listens(address), "Neovim", context=self._terminal.screen)
            self._nvim = pynvim.attach("socket", path=address)
            self._processes.append(psutil.Process(self.lua("return vim.fn.getpid()")))
            self.until(lambda: self._answer(self.nvim.api.list_uis), "screen")
        except BaseException:
            self.kill()
            raise

    @property
    def nvim(self) -> pynvim.Nvim:
        assert self._nvim is not None, "it was left"
        return self._nvim

    def lua(self, code: str, *arguments: Any) -> Any:
        return self._answer(lambda: self.nvim.exec_lua(code, *arguments))

    def keys(self, text: str) -> None:
        """Press keys, in Neovim's notation."""
        self._answer(lambda: self.nvim.input(text))

    def command(self, text: str) -> None:
        """Type a command line and confirm it."""
        self.keys(f":{text.replace('<', '<lt>')}<CR>")

    def until(self, look: Callable[[], Any], what: str) -> Any:
        """As ``until``; Neovim is only asked while it does not wait for a key itself, as it would never answer."""
        return until(lambda: None if self._blocked() else look(), what, context=self._state)

    def edit(self, name: str) -> None:
        """Open a file of the project and wait until the server serves it."""
        self.command(f"edit {name}")
        self.until(lambda: self.lua("return vim.fn.expand('%:t')") == Path(name).name, f"buffer {name}")
        self.until(self.served, f"server for {name}")

    def reset(self) -> None:
        """Only the first window with an empty buffer, and nothing said."""
        self.keys("<C-\\><C-n>:tabonly | only<CR>:%bwipeout!<CR>:messages clear<CR>")
        self.lua("require('tierwise.server').said = {}")
        listed = "return #vim.fn.getbufinfo({ buflisted = 1 })"
        self.until(lambda: self.lua(listed) == 1 and not self.messages(), "calm")

    def served(self) -> bool:
        return self.lua(_SERVED)

    def text(self, name: str = "") -> str:
        """The text of a buffer: the current one, or that of a file."""
        number = self.lua("local name = ...; return name == '' and 0 or vim.fn.bufnr(name)", name)
        if number < 0:
            return ""
        return "\n".join(self.lua("return vim.api.nvim_buf_get_lines(..., 0, -1, false)", number))

    def ghost(self) -> str:
        """The ghost text that is shown."""
        return self.lua(_GHOST)

    def view(self, kind: str) -> str:
        """The text of one of Tierwise's own windows; "" before it is there."""
        return self.text(f"tierwise://{kind}")

    def note(self, kind: str) -> str:
        """What stands below that text."""
        return self.lua(_NOTE, kind)

    def mode(self) -> str:
        return self._answer(self.nvim.api.get_mode)["mode"]

    def screen(self, *, colours: bool = False) -> str:
        """What a person sees."""
        return self._terminal.screen(colours=colours)

    def messages(self) -> str:
        """What was said to the user so far; Tierwise's own sentences in full."""
        return self._answer(lambda: self.nvim.command_output("messages")) + "\n".join(self.lua(_SAID))

    def log(self) -> str:
        """What the language client wrote down."""
        path = self._stage.home / ("state" if self._new else "cache") / "nvim" / "lsp.log"
        return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""

    def kill_server(self) -> None:
        """Kill the language server outright."""
        (pid,) = servers_below(self._processes[-1].pid)
        os.kill(pid, signal.SIGKILL)

    def leave(self) -> None:
        """Leave as a person does, and wait until editor and server are gone."""
        everyone = {process for root in self._processes for process in [root, *root.children(recursive=True)]}
        self.keys("<C-\\><C-n>:qa!<CR>")
        if self._behind:
            self._behind.wait(20)
        _, left = psutil.wait_procs(list(everyone), timeout=20)
        for process in left:
            process.kill()
        assert not left, f"still there after leaving: {left}"

    def close(self) -> None:
        """Leave, and let go of everything."""
        try:
            if self._processes[-1].is_running():
                self.leave()
        finally:
            self.kill()

    def kill(self) -> None:
        """End editor and server outright, and let go of everything."""
        self._end()
        self._hang_up()
        self._terminal.close()

    def _answer(self, ask: Callable[[], T]) -> T:
        """What Neovim answers. pynvim would wait for ever, and only notices that Neovim has ended."""
        screens: list[str] = []

        def give_up() -> None:
            screens.append(self.screen())
            self._end()

        watch = threading.Timer(PATIENCE_S, give_up)
        watch.start()
        try:
            return ask()
        except (OSError, EOFError) as error:
            if not screens:
                raise
            raise Silent(f"no answer within {PATIENCE_S:g} s; screen:\n{screens[0]}") from error
        finally:
            watch.cancel()
            watch.join()

    def _end(self) -> None:
        kill(self._processes)
        if self._behind:
            self._behind.kill()
            self._behind.wait()

    def _state(self) -> str:
        if self._blocked():
            return f"it waits for a key; screen:\n{self.screen()}"
        shown = f"messages:\n{self.messages()}\ntext:\n{self.text()}\nscreen:\n{self.screen()}"
        return f"{shown}\nlog:\n{self.log()[-4000:]}"

    def _blocked(self) -> bool:
        return self._answer(self.nvim.api.get_mode)["blocking"]

    def _hang_up(self) -> None:
        """pynvim closes its event loop before its transport: the warnings on that are its own, and end here."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ResourceWarning)
            if self._nvim:
                self._nvim.close()
            self._nvim = None
            gc.collect()


def _headless(words: list[str], stage: Stage) -> subprocess.Popen[bytes]:
    nothing = subprocess.DEVNULL
    return subprocess.Popen(words, env=stage.environ, cwd=stage.project, stdin=nothing, stdout=nothing, stderr=nothing)


def _listens(address: str) -> bool:
    with socket.socket(socket.AF_UNIX) as wire:
        return wire.connect_ex(address) == 0
