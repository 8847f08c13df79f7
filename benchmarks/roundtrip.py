"""What the server adds to a backend: one keystroke (didChange and inlineCompletion) against an instant FIM server.

The backend answers at once, so the roundtrip is the server's own time plus one HTTP exchange. Beside it, in turn: a
bare asyncio forwarder that makes the same exchange on a socket and nothing else; the same forwarder through the HTTP
library that the server and both SDKs use; Node's vscode-languageserver, which keeps the document and makes no exchange
(where npm can install it). Files of 300, 5,000 and 50,000 lines. On a machine that is shared or saves power, everything
is slower between pauses than in a loop, by up to two times: compare columns, not days.
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

from rich.console import Console
from rich.table import Table

from benchmarks.start import clean_environment
from benchmarks.wire import Server, tierwise

LINES = (300, 5_000, 50_000)
KEYS = 150
WARM = 20
PEERS = ("forwarder", "library", "node")
NODE = Path(__file__).with_name("node")
_BODY = b'{"content":"value","stop":true,"tokens_predicted":1,"tokens_evaluated":9}'
_WHOLE = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (len(_BODY), _BODY)
_EVENT = b"data: " + _BODY + b"\n\n"
_STREAM = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: %d\r\n\r\n%b" % (len(_EVENT), _EVENT)


def run(console: Console | None = None) -> dict[str, float]:
    """Print the table; returns the p50 and p95 added over the forwarder, in milliseconds, by file size."""
    console = console or Console()
    table = Table(title=f"One keystroke, {KEYS} times, instant backend (ms)", title_justify="left")
    for column in ("lines", *PEERS, "tierwise", "p95", "p99", "added p50", "p95", "over library p50", "CPU ms"):
        table.add_column(column, justify="right")
    results: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder, backend() as port:
        for lines in LINES:
            taken, cpu = _measure(Path(folder), port, lines)
            ours, bare = _percentiles(taken["tierwise"]), _percentiles(taken["forwarder"])
            added = [mine - its for mine, its in zip(ours, bare, strict=True)]
            results[f"added_p50_{lines}"], results[f"added_p95_{lines}"] = added[:2]
            peers = {name: _percentiles(taken[name])[0] if taken[name] else float("nan") for name in PEERS}
            row = (*peers.values(), *ours, *added[:2], ours[0] - peers["library"], cpu)
            table.add_row(f"{lines:,}", *(f"{value:.2f}" for value in row))
    console.print(table)
    return results


def _measure(root: Path, port: int, lines: int) -> tuple[dict[str, list[float]], float]:
    """Milliseconds per keystroke of each, and our processor time; a peer that is not here has none."""
    text = "".join(f"value_{i} = f(value_{i - 1})\n" for i in range(lines))
    forwarder = [sys.executable, str(Path(__file__).with_name("forwarder.py")), "127.0.0.1", str(port)]
    servers = {"forwarder": Server(forwarder), "library": Server([*forwarder, "library"])}
    if _node():
        servers["node"] = Server(["node", str(NODE / "server.js")])
    servers["tierwise"] = server = Server(tierwise(), clean_environment(root))
    provider = {"kind": "fim", "dialect": "llama.cpp", "base_url": f"http://127.0.0.1:{port}"}
    tier = {"chain": ["bench/none"], "first_token_ms": 5_000, "deadline_ms": 10_000}
    options = {"trusted": True, "profile": "embedded", "providers": {"bench": provider}, "tiers": {"fast": tier}}
    taken: dict[str, list[float]] = {name: [] for name in (*PEERS, "tierwise")}
    try:
        uri = (root / "a.py").as_uri()
        document = {"uri": uri, "languageId": "python", "version": 1, "text": text}
        for one in servers.values():
            one.initialize(root, **options)
            one.notify("textDocument/didOpen", {"textDocument": document})
        server.request("workspace/executeCommand", {"command": "tierwise.status", "arguments": []})
        began = 0.0
        for key in range(KEYS + WARM):
            if key == WARM:
                began = server.cpu_seconds()
            for name, one in servers.items():
                taken[name].append(keystroke(one, uri, lines // 2, key))
        cpu = 1000 * (server.cpu_seconds() - began) / KEYS
    finally:
        for name, one in servers.items():
            if name in ("forwarder", "library"):
                one.notify("exit", None)
                one.process.wait(5)
            else:
                one.stop()
    return {name: values[WARM:] for name, values in taken.items()}, cpu


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
