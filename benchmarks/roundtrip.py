"""What the server adds to a backend: one keystroke (didChange and inlineCompletion) against an instant FIM server.

The backend answers at once, so the roundtrip is the server's own time plus one HTTP exchange. Beside it, in the same
run: a bare asyncio forwarder that makes the same exchange on a socket and nothing else; the same forwarder through the
HTTP library that the server uses for a model server on this machine, and through the one that both SDKs use; Node's
vscode-languageserver, which keeps the document and makes no exchange (where npm can install it). Files of 300, 5,000
and 50,000 lines.

Measured twice: in bursts of keys that follow each other at once, and a key at a time in turn with the others. Between
one key and the next of its own a process then loses its caches, and the machine may slow down: everything takes two to
four times as long, whatever it is. Compare columns, not days.
"""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from statistics import quantiles
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.start import clean_environment
from benchmarks.wire import Server, tierwise

LINES = (300, 5_000, 50_000)
KEYS = 200
WARM = 50
BURSTS = {50: "in bursts of 50", 1: "in turn with the others"}
PEERS = ("forwarder", "aiohttp", "httpx", "node")
NODE = Path(__file__).with_name("node")
_BODY = b'{"content":"value","stop":true,"tokens_predicted":1,"tokens_evaluated":9}'
_WHOLE = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (len(_BODY), _BODY)
_EVENT = b"data: " + _BODY + b"\n\n"
_STREAM = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: %d\r\n\r\n%b" % (len(_EVENT), _EVENT)


def run(console: Console | None = None) -> dict[str, float]:
    """Print the tables; returns the p50 and p95 added over the forwarder, in milliseconds, by burst and file size."""
    console = console or Console()
    results: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder, backend() as port:
        for burst, words in BURSTS.items():
            table = Table(title=f"One keystroke, {KEYS} times {words}, instant backend (ms)", title_justify="left")
            for column in ("lines", *PEERS, "tierwise", "p95", "p99", "added p50", "p95", "CPU ms"):
                table.add_column(column, justify="right")
            for lines in LINES:
                taken, cpu = _measure(Path(folder), port, lines, burst)
                ours, bare = _percentiles(taken["tierwise"]), _percentiles(taken["forwarder"])
                added = [mine - its for mine, its in zip(ours, bare, strict=True)]
                results[f"added_p50_{burst}_{lines}"], results[f"added_p95_{burst}_{lines}"] = added[:2]
                peers = [_percentiles(taken[name])[0] if taken[name] else float("nan") for name in PEERS]
                table.add_row(f"{lines:,}", *(f"{value:.2f}" for value in (*peers, *ours, *added[:2], cpu)))
            console.print(table)
    return results


def _measure(root: Path, port: int, lines: int, burst: int) -> tuple[dict[str, list[float]], float]:
    """Milliseconds per keystroke of each, and our processor time; a peer that is not here has none."""
    servers = _servers(root, port)
    text = "".join(f"value_{i} = f(value_{i - 1})\n" for i in range(lines))
    uri = (root / "a.py").as_uri()
    document = {"uri": uri, "languageId": "python", "version": 1, "text": text}
    taken: dict[str, list[float]] = {name: [] for name in (*PEERS, "tierwise")}
    ours = servers["tierwise"]
    try:
        for one in servers.values():
            one.initialize(root, **_options(port))
            one.notify("textDocument/didOpen", {"textDocument": document})
        ours.request("workspace/executeCommand", {"command": "tierwise.status", "arguments": []})
        began = 0.0
        for start in range(0, WARM + KEYS, burst):
            if start == WARM:
                began = ours.cpu_seconds()
            for name, one in servers.items():
                taken[name] += [keystroke(one, uri, lines // 2, key) for key in range(start, start + burst)]
        cpu = 1000 * (ours.cpu_seconds() - began) / KEYS
    finally:
        for name, one in servers.items():
            _end(name, one)
    return {name: values[WARM:] for name, values in taken.items()}, cpu


def _servers(root: Path, port: int) -> dict[str, Server]:
    forwarder = [sys.executable, str(Path(__file__).with_name("forwarder.py")), "127.0.0.1", str(port)]
    servers = {"forwarder": Server(forwarder)}
    servers |= {library: Server([*forwarder, library]) for library in ("aiohttp", "httpx")}
    if _node():
        servers["node"] = Server(["node", str(NODE / "server.js")])
    return servers | {"tierwise": Server(tierwise(), clean_environment(root))}


def _options(port: int) -> dict[str, Any]:
    provider = {"kind": "fim", "dialect": "llama.cpp", "base_url": f"http://127.0.0.1:{port}"}
    tier = {"chain": ["bench/none"], "first_token_ms": 5_000, "deadline_ms": 10_000}
    return {"trusted": True, "profile": "embedded", "providers": {"bench": provider}, "tiers": {"fast": tier}}


def _end(name: str, server: Server) -> None:
    if name in ("tierwise", "node"):
        server.stop()
    else:
        server.notify("exit", None)
        server.process.wait(5)


@cache
def _node() -> bool:
    """Whether Node's server can be run; installs it the first time."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        return False
    if (NODE / "node_modules").is_dir():
        return True
    installed = subprocess.run([npm, "ci", "--silent", "--no-audit", "--no-fund"], cwd=NODE, check=False)
    return installed.returncode == 0


def keystroke(server: Server, uri: str, line: int, key: int) -> float:
    """Type one character at the end of a line that grows and starts anew, then ask; milliseconds until the answer.

    A letter that no earlier answer begins with here: nothing may be reused.
    """
    column = key % 40
    letter = "bcdfghjklmnpqrst"[(key * 7 + key // 40 * 5) % 16]
    start = {"line": line, "character": 0 if column == 0 else column}
    end = {"line": line, "character": 400 if column == 0 else column}
    change = {"range": {"start": start, "end": end}, "text": letter}
    document = {"uri": uri, "version": key + 2}
    server.notify("textDocument/didChange", {"textDocument": document, "contentChanges": [change]})
    position = {"line": line, "character": column + 1}
    params = {"textDocument": {"uri": uri}, "position": position, "context": {"triggerKind": 1}}
    _, seconds = server.request("textDocument/inlineCompletion", params)
    return 1000 * seconds


def _percentiles(values: list[float]) -> tuple[float, float, float]:
    cuts = quantiles(values, n=100)
    return cuts[49], cuts[94], cuts[98]


@contextmanager
def backend() -> Iterator[int]:
    """A FIM server that answers at once, in a thread of its own; yields its port."""
    loop = asyncio.new_event_loop()
    ready: list[int] = []
    up = threading.Event()

    async def serve() -> None:
        server = await asyncio.start_server(_answer, "127.0.0.1", 0)
        ready.append(server.sockets[0].getsockname()[1])
        up.set()
        async with server:
            await server.serve_forever()

    def thread() -> None:
        with suppress(asyncio.CancelledError):
            loop.run_until_complete(serve())

    worker = threading.Thread(target=thread, daemon=True)
    worker.start()
    up.wait()
    try:
        yield ready[0]
    finally:
        for task in asyncio.all_tasks(loop):
            loop.call_soon_threadsafe(task.cancel)
        worker.join(5)


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(asyncio.IncompleteReadError, ConnectionError):
        while head := await reader.readuntil(b"\r\n\r\n"):
            length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
            body = await reader.readexactly(length)
            writer.write(_STREAM if b'"stream":true' in body.replace(b" ", b"") else _WHOLE)
    writer.close()
