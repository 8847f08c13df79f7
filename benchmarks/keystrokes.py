"""Typing: what reaches a paid backend, what a known answer costs, and how late an answer can be when models fail.

Three measurements against the simulator in a process of its own (llama.cpp's wire):

- bursts of 200 keystrokes, 60 ms apart, each with a request, against a backend whose first token takes 300 ms: once
  the backend says just what is typed, once it never does. Beside them the backend alone, asked once by a bare client.
  Where nothing that is typed can be foretold, nobody knows which key is the last until the time of one more key has
  passed: an answer sooner than that pause behind the backend would take a request for nearly every key.
- keystrokes that an answer foretold (type-through): no backend call may be made.
- every fault of the simulator in turn: milliseconds by which the latest answer passed the deadline (negative: none
  did), and the share of answers within the first-token budget. Budget and deadline are short, so that most faults
  meet them.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.start import clean_environment
from tierwise.cli.editor import Call, Editor
from tierwise.core.uris import to_uri
from tierwise.simulator import FaultKind

KEYS, INTERVAL_S, BACKEND_MS = 200, 0.06, 300
BUDGET_MS, DEADLINE_MS, FAULT_REQUESTS = 150, 300, 1_000
STORY = "first second third fourth fifth sixth seventh eighth ninth tenth "
_CAPABILITIES = {"general": {"positionEncodings": ["utf-16"]}, "textDocument": {"inlineCompletion": {}}}
_PAUSING = {FaultKind.UNAUTHORIZED, FaultKind.FORBIDDEN, FaultKind.PAYMENT_REQUIRED, FaultKind.RATE_LIMIT}


@dataclass
class Backend:
    """The simulator, asked over HTTP for what it saw."""

    url: str

    def script(self, **reply: Any) -> None:
        self._post("script", {"rules": [{"reply": reply}]})
        self._post("reset", {})

    def requests(self) -> int:
        with urllib.request.urlopen(f"{self.url}/simulator/requests", timeout=10) as answer:
            return sum(request["path"].endswith("/infill") for request in json.load(answer))

    def alone_ms(self) -> float:
        """One request by a bare client, until the answer is there."""
        began = time.perf_counter()
        body = {"input_prefix": "x = ", "input_suffix": "", "n_predict": 64, "stream": False}
        self._post("infill", body, "/llama.cpp/")
        return 1000 * (time.perf_counter() - began)

    def _post(self, path: str, body: object, below: str = "/simulator/") -> None:
        head = {"Content-Type": "application/json"}
        request = urllib.request.Request(f"{self.url}{below}{path}", json.dumps(body).encode(), head)
        with urllib.request.urlopen(request, timeout=30) as answer:
            answer.read()


def run(console: Console | None = None) -> dict[str, float]:
    """Print the tables; returns what they hold."""
    console = console or Console()
    with tempfile.TemporaryDirectory() as folder, simulator() as backend:
        return asyncio.run(_measure(console, Path(folder), backend))


async def _measure(console: Console, root: Path, backend: Backend) -> dict[str, float]:
    results: dict[str, float] = {}
    async with _editor(root, backend, first_token_ms=5_000, deadline_ms=10_000) as desk:
        await desk.warm(backend)
        alone = _alone(backend)
        table = Table(title=f"{KEYS} keystrokes {1000 * INTERVAL_S:.0f} ms apart", title_justify="left")
        for column in ("the backend says", "reach it", "answered", "last answer ms", "backend alone ms"):
            table.add_column(column, justify="left" if column.startswith("the") else "right")
        for name, text in (("what is typed", (STORY * 20)[1 : KEYS + 20]), ("something else", "@")):
            reached, answered, last = await _burst(desk, backend, text)
            results[f"reached {name}"], results[f"last {name}"] = reached, last
            table.add_row(name, f"{reached} of {KEYS}", f"{answered}", f"{last:.0f}", f"{alone:.0f}")
        console.print(table)
        results |= await _type_through(console, desk, backend)
    async with _editor(root, backend, first_token_ms=BUDGET_MS, deadline_ms=DEADLINE_MS) as desk:
        await desk.warm(backend)
        results |= await _faults(console, desk, backend)
    return results


class Desk:
    """An editor with one document; every line is a fresh place."""

    def __init__(self, editor: Editor, uri: str) -> None:
        self.editor = editor
        self.uri = uri
        self.at = 0

    async def warm(self, backend: Backend) -> None:
        """Until a model has answered: its library is loaded, its connection stands."""
        backend.script(text="warm")
        while not await self.ask().answer():
            self.new_line()
        while not (await self.ask().answer())["items"]:
            self.new_line()

    def new_line(self) -> None:
        self.type("\nx = ")

    def type(self, text: str) -> None:
        self.editor.tell(self.editor.documents.replace(self.uri, self.at, self.at, text))
        self.at += len(text)

    def ask(self, *, invoked: bool = False) -> Call:
        before = self.editor.documents.text(self.uri)[: self.at]
        line = before.count("\n")
        position = {"line": line, "character": len(before) - before.rfind("\n") - 1}
        params = {
            "textDocument": {"uri": self.uri},
            "position": position,
            "context": {"triggerKind": 1 if invoked else 2},
        }
        return self.editor.send("textDocument/inlineCompletion", params)


class _Started:
    def __init__(self, editor: Editor, uri: str) -> None:
        self._editor = editor
        self._uri = uri

    async def __aenter__(self) -> Desk:
        await self._editor.__aenter__()
        await self._editor.initialize()
        self._editor.tell(self._editor.documents.open(self._uri, "x = "))
        desk = Desk(self._editor, self._uri)
        desk.at = len("x = ")
        return desk

    async def __aexit__(self, *error: object) -> None:
        await self._editor.shutdown()
        await self._editor.__aexit__(None, None, None)


def _editor(root: Path, backend: Backend, **limits: int) -> _Started:
    provider = {"kind": "fim", "dialect": "llama.cpp", "base_url": f"{backend.url}/llama.cpp"}
    options = {
        "trusted": True,
        "profile": "embedded",
        "providers": {"bench": provider},
        "tiers": {"fast": {"chain": ["bench/none"], **limits}},
        "routing": {"hedge": False, "breaker_failures": 100_000},
        "completion": {"multiline": False},
    }
    editor = Editor(_CAPABILITIES, folders=[root], environ=clean_environment(root), name="bench", options=options)
    return _Started(editor, to_uri(root / "typed.txt"))


def _alone(backend: Backend) -> float:
    backend.script(text="word", first_token_ms=BACKEND_MS)
    return median(backend.alone_ms() for _ in range(5))


async def _burst(desk: Desk, backend: Backend, says: str) -> tuple[int, int, float]:
    """Requests that reached the backend, answers, and milliseconds from the last keystroke to its answer. What the
    backend says goes on after the first letter, for which it is asked at once.
    """
    backend.script(text=says, first_token_ms=BACKEND_MS, token_ms=2, ignore_limits=True)
    desk.new_line()
    calls: list[Call] = []
    began = time.perf_counter()
    for number, letter in enumerate((STORY * 20)[:KEYS]):
        await asyncio.sleep(max(0.0, began + number * INTERVAL_S - time.perf_counter()))
        desk.type(letter)
        typed = time.perf_counter()
        calls.append(desk.ask())
    await calls[-1].answer()
    last = 1000 * (time.perf_counter() - typed)
    answered = sum([isinstance(await call.answer(), dict) for call in calls])
    return backend.requests(), answered, last


async def _type_through(console: Console, desk: Desk, backend: Backend) -> dict[str, float]:
    backend.script(text=(STORY * 3).strip())
    desk.new_line()
    while not (await desk.ask().answer())["items"]:
        desk.new_line()
    backend.script(text="something else")
    times: list[float] = []
    for letter in (STORY * 3)[:150]:
        desk.type(letter)
        began = time.perf_counter()
        answer = await desk.ask().answer()
        times.append(1000 * (time.perf_counter() - began))
        if not answer["items"]:
            raise RuntimeError("a keystroke that was foretold was not answered from memory")
    cuts = quantiles(times, n=100)
    calls = backend.requests()
    console.print(
        f"type-through: p50 {cuts[49]:.2f} ms, p95 {cuts[94]:.2f} ms, {calls} backend calls in {len(times)} keys"
    )
    return {"through_p50": cuts[49], "through_p95": cuts[94], "through_calls": calls}


async def _faults(console: Console, desk: Desk, backend: Backend) -> dict[str, float]:
    kinds = [kind for kind in FaultKind if kind not in _PAUSING]
    each = -(-FAULT_REQUESTS // len(kinds))
    title = f"{each * len(kinds)} requests, every fault; budget {BUDGET_MS} ms, deadline {DEADLINE_MS} ms"
    table = Table(title=title, title_justify="left")
    for column in ("fault", "p50 ms", "latest ms", "past the deadline ms", "within the budget"):
        table.add_column(column, justify="left" if column == "fault" else "right")
    latest, within, total = float("-inf"), 0, 0
    for kind in kinds:
        backend.script(text="value", fault={"kind": kind}, token_ms=1)
        times: list[float] = []
        for _ in range(each):
            desk.new_line()
            began = time.perf_counter()
            await desk.ask(invoked=True).answer()  # asked for by key: no pause for further typing
            times.append(1000 * (time.perf_counter() - began))
        good = sum(value <= BUDGET_MS + 5 for value in times)
        latest, within, total = max(latest, *times), within + good, total + len(times)
        row = (f"{median(times):.1f}", f"{max(times):.1f}", f"{max(times) - DEADLINE_MS:+.1f}", f"{good / each:.0%}")
        table.add_row(kind, *row)
    table.add_row("all", "", f"{latest:.1f}", f"{latest - DEADLINE_MS:+.1f}", f"{within / total:.0%}")
    console.print(table)
    return {"past_deadline_ms": latest - DEADLINE_MS, "within_budget": within / total}


@contextmanager
def simulator() -> Iterator[Backend]:
    """``tierwise simulate`` as a process of its own."""
    command = [sys.executable, "-u", "-m", "tierwise", "simulate", "--no-auth"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    first = process.stdout.readline()
    # Its further lines are not read: they are few enough for the pipe only if nobody asks much, so drop them.
    drain = subprocess.Popen([sys.executable, "-c", "import sys\nfor _ in sys.stdin: pass"], stdin=process.stdout)
    try:
        yield Backend(first.split(" at ")[1].split()[0])
    finally:
        process.terminate()
        process.wait(10)
        drain.wait(10)
        process.stdout.close()
