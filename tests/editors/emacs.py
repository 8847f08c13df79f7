"""Emacs in a terminal with real keys; its state is asked through its own server socket."""

from __future__ import annotations

import json
import os
import signal
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import psutil

from editors.stage import Stage, servers_below
from editors.terminal import Terminal, kill
from editors.waiting import PATIENCE_S, until

T = TypeVar("T")

INIT = """\
(setq inhibit-startup-screen t make-backup-files nil auto-save-default nil create-lockfiles nil
      ring-bell-function 'ignore use-dialog-box nil suggest-key-bindings nil
      lsp-guess-root-without-session t lsp-auto-guess-root t lsp-restart 'auto-restart
      lsp-enable-suggest-server-download nil lsp-session-file (expand-file-name "lsp-session" "~")
      lsp-headerline-breadcrumb-enable nil lsp-modeline-code-actions-enable nil lsp-lens-enable nil
      lsp-enable-snippet nil lsp-completion-provider :none lsp-client-packages nil
      eglot-autoreconnect t warning-minimum-level :error server-socket-dir "~/sockets" confirm-kill-processes nil)
(require 'json)
(require 'server)
(server-start)
"""


class Emacs:
    """One running Emacs with Tierwise's file loaded. ``version``: its program's name; ``client``: "eglot" or "lsp"."""

    def __init__(self, version: str, program: Path, stage: Stage, client: str) -> None:
        self._stage = stage
        self.version = version
        self.client = client
        folder = stage.home / ".emacs.d"
        starts = "tierwise-eglot" if client == "eglot" else "lsp"
        own = (folder / "init.el").read_text() if (folder / "init.el").exists() else ""
        require = "(require 'eglot)" if client == "eglot" else '(load "lsp-mode-autoloads")'
        hook = f"{require}\n(add-hook 'python-mode-hook #'{starts})\n"
        (folder / "init.el").write_text(own + INIT + hook)
        words = [str(program), "-nw", "--no-splash"]
        self._terminal = Terminal(stage.home / "emacs.socket", words, stage.environ, stage.project)
        self._socket = stage.home / "sockets" / "server"
        self._process = psutil.Process(self._terminal.pid)
        try:
            until(lambda: self._socket.exists() and self._try("t"), "Emacs", context=self.screen)
        except BaseException:
            self.kill()
            raise

    def lisp(self, form: str) -> Any:
        """The value of a form, by way of JSON; nil is None."""
        return json.loads(json.loads(self._ask(f"(json-encode {form})")))

    def type(self, text: str) -> None:
        """Press the keys of these characters."""
        self._terminal.type(text)

    def press(self, *keys: str) -> None:
        """Press keys by tmux's names: Enter, Escape, Tab, C-x."""
        self._terminal.press(*keys)

    def ask(self, name: str) -> None:
        """M-x NAME."""
        self.press("M-x")
        self.shows("M-x")
        self.type(name)
        self.press("Enter")

    def command(self, name: str, *answers: str) -> None:
        """M-x NAME, and then an answer to each of its questions."""
        self.ask(name)
        for answer in answers:
            self.until(lambda: self._question() not in {"", "M-x "}, f"question of {name}")
            if self._minibuffer("minibuffer-contents-no-properties"):
                self.press("C-a", "C-k")  # where there is nothing to delete Emacs complains, and forgets what is typed
            self.type(answer)
            self.press("Enter")
        self.until(lambda: self.lisp("(minibuffer-depth)") == 0, f"end of M-x {name}")

    def until(self, look: Callable[[], T], what: str) -> T:
        """As ``until``; the screen is told where it did not come."""
        return until(look, what, context=self._state)

    def shows(self, text: str) -> None:
        """Wait until a text stands on the screen."""
        self.until(lambda: text in self.screen(), f"{text!r} on the screen")

    def edit(self, name: str) -> None:
        """Open a file of the project in the only window and wait until the server serves it."""
        path = json.dumps(str(self._stage.project / name))
        self.lisp(f"(progn (delete-other-windows) (switch-to-buffer (find-file-noselect {path})) (goto-char 1) t)")
        self.press("C-l")  # clients start after a command
        self.until(lambda: self.lisp(f'(with-current-buffer "{name}" (and tierwise-mode t))'), f"server for {name}")

    def go(self, name: str, text: str, *, after: bool = False) -> None:
        """Put point at the first place of a text, or behind it."""
        behind = "" if after else f"(goto-char (- (point) {len(text)}))"
        form = f"(progn (goto-char 1) (search-forward {json.dumps(text)}) {behind} (deactivate-mark) (point))"
        self.lisp(f'(with-current-buffer "{name}" (set-buffer "{name}") (select-window (get-buffer-window)) {form})')

    def text(self, buffer: str) -> str:
        """The text of a buffer; "" where there is none."""
        whole = f'(with-current-buffer "{buffer}" (substring-no-properties (buffer-string)))'
        return self.lisp(f'(if (get-buffer "{buffer}") {whole} "")')

    def ghost(self, name: str) -> str:
        """The ghost text that is shown."""
        shown = "(and tierwise--ghost (overlay-get (plist-get tierwise--ghost :overlay) 'after-string))"
        return self.lisp(f'(with-current-buffer "{name}" (substring-no-properties (or {shown} "")))')

    def messages(self) -> str:
        return self.text("*Messages*")

    def screen(self) -> str:
        return self._terminal.screen()

    def has_server(self) -> bool:
        """Whether a process of the language server runs."""
        return bool(servers_below(self._process.pid))

    def kill_server(self) -> None:
        """Kill the language server outright."""
        (pid,) = servers_below(self._process.pid)
        os.kill(pid, signal.SIGKILL)
        self.until(lambda: pid not in servers_below(self._process.pid), "end of the server")

    def reset(self) -> None:
        """Every file closed, nothing asked, nothing said."""
        if self.lisp("(minibuffer-depth)"):  # where nothing is asked the key would end what Lisp does next instead
            self.press("C-g")
            self.until(lambda: self.lisp("(minibuffer-depth)") == 0, "end of every question")
        self.lisp(
            "(progn (dolist (buffer (buffer-list)) (when (buffer-file-name buffer) (with-current-buffer buffer"
            " (set-buffer-modified-p nil) (let ((kill-buffer-query-functions nil)) (kill-buffer)))))"
            ' (dolist (name \'("*Tierwise*" "*Tierwise status*")) (when (get-buffer name) (kill-buffer name)))'
            " (delete-other-windows)"
            " (with-current-buffer (messages-buffer) (let ((inhibit-read-only t)) (erase-buffer))) t)"
        )

    def close(self) -> None:
        """Leave as a person does, and wait until editor and server are gone."""
        everyone = [self._process, *self._process.children(recursive=True)]
        try:
            self.reset()
            self.press("C-x", "C-c")
            _, left = psutil.wait_procs(everyone, timeout=20)
            said = self.screen()
        finally:
            for process in everyone:
                if process.is_running():
                    process.kill()
            self._terminal.close()
        assert not left, f"still there after leaving: {left}\n{said}"

    def kill(self) -> None:
        """End editor and server outright."""
        kill([self._process])
        self._terminal.close()

    def _question(self) -> str:
        return self._minibuffer("minibuffer-prompt")

    def _minibuffer(self, function: str) -> str:
        """What a function says of the question that is asked; "" where none is."""
        said = f"(with-current-buffer (window-buffer (minibuffer-window)) ({function}))"
        return self.lisp(f'(if (> (minibuffer-depth) 0) (substring-no-properties (or {said} "")) "")')

    def _state(self) -> str:
        said = self._try("(with-current-buffer (messages-buffer) (buffer-string))")
        return f"messages:\n{said}\nscreen:\n{self.screen()}"

    def _try(self, form: str) -> str:
        try:
            return self._ask(form)
        except (OSError, AssertionError) as error:
            return "" if isinstance(error, ConnectionError) else str(error)

    def _ask(self, form: str) -> str:
        """One form, evaluated by Emacs, printed by it."""
        quoted = form.replace("&", "&&").replace("-", "&-").replace(" ", "&_").replace("\n", "&n")
        with socket.socket(socket.AF_UNIX) as wire:
            wire.settimeout(PATIENCE_S)
            wire.connect(str(self._socket))
            wire.sendall(f"-eval {quoted} \n".encode())
            said = b""
            while piece := wire.recv(65536):
                said += piece
        printed = ""
        for line in said.decode().splitlines():
            kind, _, rest = line.partition(" ")
            plain = rest.replace("&_", " ").replace("&n", "\n").replace("&-", "-").replace("&&", "&")
            assert kind != "-error", f"{form}\n{plain}"
            if kind in {"-print", "-print-nonl"}:
                printed += plain
        return printed
