"""A blocking LSP client for measuring: no event loop of its own stands between the clock and the server."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil


class Server:
    """A language server process. ``request`` returns the result and the seconds it took."""

    def __init__(self, command: list[str], environ: dict[str, str] | None = None, cwd: Path | None = None) -> None:
        self.started = time.perf_counter()
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environ,
            cwd=cwd,
            bufsize=0,
        )
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self._in, self._out = self.process.stdin.fileno(), self.process.stdout.fileno()
        self._buffer = b""
        self._id = 0

    def send(self, message: dict[str, Any]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        data = memoryview(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
        while data:
            data = data[os.write(self._in, data) :]

    def notify(self, method: str, params: Any) -> None:
        self.send({"method": method, "params": params})

    def request(self, method: str, params: Any) -> tuple[Any, float]:
        self._id += 1
        began = time.perf_counter()
        self.send({"id": self._id, "method": method, "params": params})
        while True:
            message = self.receive()
            if message.get("id") == self._id and "method" not in message:
                return message.get("result", message.get("error")), time.perf_counter() - began
            if "id" in message and "method" in message:
                self.send({"id": message["id"], "result": _answer(message)})

    def receive(self) -> dict[str, Any]:
        while b"\r\n\r\n" not in self._buffer:
            self._buffer += self._more()
        header, self._buffer = self._buffer.split(b"\r\n\r\n", 1)
        length = int(header.lower().split(b"content-length:")[1].split(b"\r\n")[0])
        while len(self._buffer) < length:
            self._buffer += self._more()
        body, self._buffer = self._buffer[:length], self._buffer[length:]
        message: dict[str, Any] = json.loads(body)
        return message

    def _more(self) -> bytes:
        data = os.read(self._out, 1 << 16)
        if not data:
            raise RuntimeError(f"the server has ended with status {self.process.wait()}")
        return data

    def initialize(self, root: Path, **options: Any) -> float:
        """Seconds from the start of the process to the answer."""
        capabilities = {
            "textDocument": {"inlineCompletion": {"dynamicRegistration": False}},
            "general": {"positionEncodings": ["utf-16"]},
        }
        params = {
            "processId": os.getpid(),
            "capabilities": capabilities,
            "workspaceFolders": [{"uri": root.as_uri(), "name": "bench"}],
            "rootUri": root.as_uri(),
            "initializationOptions": options,
        }
        self.request("initialize", params)
        took = time.perf_counter() - self.started
        self.notify("initialized", {})
        return took

    def stop(self) -> None:
        try:
            self.request("shutdown", None)
            self.notify("exit", None)
            self.process.wait(10)
        finally:
            self.process.kill()
            self.process.wait()
            for pipe in (self.process.stdin, self.process.stdout):
                if pipe is not None:
                    pipe.close()

    def cpu_seconds(self) -> float:
        times = psutil.Process(self.process.pid).cpu_times()
        return times.user + times.system

    def memory_mib(self) -> float:
        return psutil.Process(self.process.pid).memory_info().rss / 2**20


class Reader:
    """The process with which a server of ours finds the names in files, watched from outside."""

    def __init__(self, server: Server) -> None:
        self._server = psutil.Process(server.process.pid)
        self._process: psutil.Process | None = None

    def busy(self) -> bool:
        """Whether it is at work, or has not begun."""
        if self._process is None:
            self._process = next((child for child in self._server.children() if _finds_names(child)), None)
            return True
        return self._process.is_running() and self._process.status() != psutil.STATUS_ZOMBIE


def _finds_names(process: psutil.Process) -> bool:
    with suppress(psutil.Error):
        return "tierwise.session.names_in_files" in process.cmdline()
    return False


def tierwise() -> list[str]:
    return [sys.executable, "-m", "tierwise", "serve"]


def _answer(message: dict[str, Any]) -> Any:
    if message["method"] == "workspace/configuration":
        return [None] * len(message["params"]["items"])
    return None
