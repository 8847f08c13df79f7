"""Context in a large workspace: how long the choice takes, what reading the workspace costs in time and memory.

A workspace of 5,000 Python files is made, each importing five others. The choice is made in this process, as the server
makes it in a worker thread, at 200 places: what belongs to a place and how it fits into the budget, right after a
keystroke; and what a completion's model reads besides. Then a real server opens the workspace cold: keystrokes are
timed while it reads in the background, and again when it has ended, against an instant backend. Memory is that of the
server with its reading process, above what the server takes for an empty folder.
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import quantiles

import psutil
from rich.console import Console
from rich.table import Table

from benchmarks.roundtrip import backend, keystroke
from benchmarks.start import clean_environment
from benchmarks.wire import Reader, Server, tierwise
from tierwise.core.clock import SystemClock
from tierwise.core.documents import Document
from tierwise.core.tasks import Task
from tierwise.core.text import Point, Span
from tierwise.core.uris import to_uri
from tierwise.features.learning import Listeners
from tierwise.features.place import gather
from tierwise.session.context import fit
from tierwise.session.nearby import fragments
from tierwise.session.privacy import FolderTerms
from tierwise.session.session import Session

FILES = 5_000
PLACES = 200
ROOM = 60_000
"""Characters of the budget."""
MOST_S = 150.0
"""Seconds after which reading is given up on."""
IDLE_KEYS = 300
BETWEEN_S = 0.05
"""Seconds between two keys: faster than anybody types. With none at all the server would do nothing else."""


def run(console: Console | None = None) -> dict[str, float]:
    """Print the table; returns milliseconds (choice, roundtrips) and MiB."""
    console = console or Console()
    with tempfile.TemporaryDirectory() as place:
        folder, empty = Path(place).resolve() / "work", Path(place).resolve() / "empty"
        empty.mkdir()
        _write(folder)
        found = {**_choices(folder), **_server(folder, empty)}
    table = Table(title=f"Context in {FILES:,} files", title_justify="left")
    for column in ("what", "p50 ms", "p95 ms", "aim"):
        table.add_column(column, justify="left" if column in ("what", "aim") else "right")
    rows = (
        ("choice, warm", "p95 ≤ 5 ms"),
        ("choice, warm, CPU", ""),
        ("choice, first sight", ""),
        ("completion", "off its path"),
    )
    for name, aim in rows:
        table.add_row(name, f"{found[f'{name} p50']:.2f}", f"{found[f'{name} p95']:.2f}", aim)
    for name, aim in (("keystroke, idle", ""), ("keystroke, while reading", "p95 ≤ 2 x idle")):
        table.add_row(name, f"{found[f'{name} p50']:.2f}", f"{found[f'{name} p95']:.2f}", aim)
    console.print(table)
    keys = f"{found['keys']:.0f} keystrokes in {found['seconds']:.1f} s"
    console.print(f"while reading: p95 {found['ratio']:.2f} x idle ({keys})")
    console.print(
        f"memory for it: {found['memory']:.0f} MiB at most, {found['memory after']:.0f} MiB after (aim ≤ 150)"
    )
    return found


def _write(folder: Path) -> None:
    """Packages of 50 modules; each module imports five others and calls what they define."""
    dice = random.Random(5)
    for number in range(FILES):
        path = folder / _name(number)
        path.parent.mkdir(parents=True, exist_ok=True)
        used = dice.sample(range(FILES), 5)
        imports = "".join(f"from {_module(other)} import Thing{other}, make_{other}\n" for other in used)
        methods = "".join(
            f"    def step_{number}_{k}(self, value):\n"
            f'        """Step {k} of {number}."""\n'
            f"        first = make_{used[k % 5]}(value + {k})\n"
            f"        return Thing{used[(k + 1) % 5]}(first).total\n\n"
            for k in range(12)
        )
        path.write_text(
            f"{imports}\n\nclass Thing{number}:\n    total = {number}\n\n{methods}\n"
            f"def make_{number}(value):\n    return Thing{number}()\n",
            encoding="utf-8",
        )


def _name(number: int) -> str:
    return f"pack{number // 50}/mod{number}.py"


def _module(number: int) -> str:
    return f"pack{number // 50}.mod{number}"


def _choices(folder: Path) -> dict[str, float]:
    session = Session(SystemClock(), Listeners())
    session.set_folders({folder: FolderTerms()})
    session.index()
    if not session.wait_indexed(300):
        raise RuntimeError("the workspace was not read in time")
    dice = random.Random(6)
    first: list[float] = []
    warm: list[float] = []
    processor: list[float] = []
    small: list[float] = []
    for number in dice.sample(range(FILES), PLACES // 4):
        path = folder / _name(number)
        uri = to_uri(path)
        document = session.open(uri, "python", 1, path.read_text("utf-8"))
        first.append(_choice(session, document, Point(20, 8)))
        for key in range(4):
            point = Point(14 + 10 * key, 8)
            session.change(uri, 2 + key, Span.at(point), "x")
            now = session.document(uri)
            assert now is not None
            session.view().outline(now)  # the parser follows every keystroke in the background
            session.view().imports(now)
            busy = time.thread_time()
            warm.append(_choice(session, now, point))
            processor.append(1000 * (time.thread_time() - busy))
            began = time.perf_counter()
            fragments(session.view(), now, point, tuple(session.history.recent()))
            small.append(1000 * (time.perf_counter() - began))
    session.shutdown()
    return {
        **_named("choice, first sight", first),
        **_named("choice, warm", warm),
        **_named("choice, warm, CPU", processor),
        **_named("completion", small),
    }


def _choice(session: Session, document: Document, point: Point) -> float:
    began = time.perf_counter()
    view = session.view()
    place = gather(view, document, Span.at(point), Task.EDIT)
    fit(view, place.candidates, ROOM, summary=lambda _: None)
    return 1000 * (time.perf_counter() - began)


def _server(folder: Path, empty: Path) -> dict[str, float]:
    reading: list[float] = []
    idle: list[float] = []
    peak = seconds = 0.0
    with backend() as port:
        server = _started(folder, port)
        try:
            began, reader = time.perf_counter(), Reader(server)
            for key, time_ms in enumerate(_keystrokes(server, folder / _name(0))):
                busy = reader.busy()
                (reading if busy else idle).append(time_ms)
                if busy:
                    seconds = time.perf_counter() - began
                    peak = max(peak, _memory(server)) if key % 20 == 0 else peak
                if len(idle) >= IDLE_KEYS or time.perf_counter() - began > MOST_S:
                    break
                time.sleep(BETWEEN_S)
            after = _memory(server)
        finally:
            server.stop()
        bare = _started(empty, port)
        try:
            for key, _ in enumerate(_keystrokes(bare, empty / "a.py")):
                if key == 50:
                    break
            before = _memory(bare)
        finally:
            bare.stop()
    results = {**_named("keystroke, while reading", reading), **_named("keystroke, idle", idle)}
    return {
        **results,
        "ratio": results["keystroke, while reading p95"] / results["keystroke, idle p95"],
        "keys": len(reading),
        "seconds": seconds,
        "memory": max(peak, after) - before,
        "memory after": after - before,
    }


def _started(folder: Path, port: int) -> Server:
    server = Server(tierwise(), clean_environment(folder.parent))
    provider = {"kind": "fim", "dialect": "llama.cpp", "base_url": f"http://127.0.0.1:{port}"}
    tier = {"chain": ["bench/none"], "first_token_ms": 5_000, "deadline_ms": 10_000}
    server.initialize(folder, trusted=True, profile="embedded", providers={"bench": provider}, tiers={"fast": tier})
    return server


def _keystrokes(server: Server, path: Path) -> Iterator[float]:
    uri = to_uri(path)
    text = "".join(f"value_{i} = f(value_{i - 1})\n" for i in range(300))
    document = {"uri": uri, "languageId": "python", "version": 1, "text": text}
    server.notify("textDocument/didOpen", {"textDocument": document})
    key = 0
    while True:
        yield keystroke(server, uri, 150, key)
        key += 1


def _memory(server: Server) -> float:
    """Resident MiB of the server and its children."""
    process = psutil.Process(server.process.pid)
    return sum(one.memory_info().rss for one in (process, *process.children())) / 2**20


def _named(name: str, values: list[float]) -> dict[str, float]:
    if len(values) < 20:
        return {f"{name} p50": float("nan"), f"{name} p95": float("nan")}
    cuts = quantiles(values, n=20)
    return {f"{name} p50": cuts[9], f"{name} p95": cuts[18]}


if __name__ == "__main__":
    run(Console(file=sys.stdout))
