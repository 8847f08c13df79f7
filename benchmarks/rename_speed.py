"""How long a rename takes in a workspace of 10,000 files, without a model; beside it the language's own server.

One symbol is used in 200 of the files. Both servers are warm: they have read the folder and changed all of these files
before the clock runs, and rest before each request, as they do for whoever types a new name. The processor's time until
the answer, beside the clock's, tells what a busy machine adds. Before each request the document changes, as it does
under somebody's hands. The other servers are looked for where ``make test-engines`` puts them, and on PATH.

Run alone: ``python -m benchmarks.rename_speed [--language NAME] [--files N]``.
"""

from __future__ import annotations

import argparse
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import psutil
from rich.console import Console
from rich.table import Table

from benchmarks.start import clean_environment
from benchmarks.wire import Server, tierwise

FILES = 10_000
USERS = 200
"""Files that hold the symbol."""
_RENAMES = 20
_WARM = 3
_PATIENCE_S = 90.0
"""How long a server may take to read the folder."""
_REST_S = 0.15
_RESTING_MS = 20.0
"""A server rests when it and its processes use no more than this in ``_REST_S``."""
_PER_FOLDER = 100
_BLOCKS = 5
"""Classes and functions of each file, of 12 lines together."""


@dataclass(frozen=True, slots=True)
class Language:
    """How a workspace is written in one language, and its own server. ``files`` takes how many, and gives each with its
    text; the first defines the symbol ``old``.
    """

    id: str
    old: str
    new: str
    files: Callable[[int], Iterator[tuple[str, str]]]
    command: tuple[str, ...]
    remark: str = "#"


def _python(count: int) -> Iterator[tuple[str, str]]:
    yield "pkg000/mod000.py", "def shared_total(items):\n    return sum(items)\n"
    for number, package, uses in _modules(count):
        head = "from pkg000.mod000 import shared_total\n\n\n" if uses else ""
        call = f"shared_total([{number}])" if uses else f"helper_{number}_0(1)"
        blocks = (
            f"class Store{name}:\n"
            f"    def __init__(self, path):\n        self.path = path\n\n"
            f"    def read(self):\n        return [self.path, {number}]\n\n\n"
            f"def helper_{name}(value):\n    return [value, Store{name}(value).read()]\n\n\n"
            for name in _names(number)
        )
        yield f"{package}/mod{number:03}.py", f"{head}{''.join(blocks)}def main_{number}():\n    return {call}\n"


def _typescript(count: int) -> Iterator[tuple[str, str]]:
    yield "pkg000/mod000.ts", "export function sharedTotal(items: number[]) {\n  return items.length;\n}\n"
    for number, package, uses in _modules(count):
        head = 'import { sharedTotal } from "../pkg000/mod000";\n\n' if uses else ""
        call = f"sharedTotal([{number}])" if uses else f"helper{number}_0(1)"
        blocks = (
            f"export class Store{name} {{\n  constructor(readonly path: number) {{}}\n\n"
            f"  read() {{\n    return [this.path, {number}];\n  }}\n}}\n\n"
            f"export function helper{name}(value: number) {{\n"
            f"  const store = new Store{name}(value);\n  return store.read();\n}}\n\n"
            for name in _names(number)
        )
        yield f"{package}/mod{number:03}.ts", f"{head}{''.join(blocks)}export const main{number} = () => {call};\n"
    yield "tsconfig.json", '{"compilerOptions": {"strict": true, "skipLibCheck": true}}\n'


def _go(count: int) -> Iterator[tuple[str, str]]:
    yield "pkg000/mod000.go", "package pkg000\n\nfunc SharedTotal(items []int) int {\n\treturn len(items)\n}\n"
    for number, package, uses in _modules(count):
        own = package == "pkg000"
        head = 'import "example.com/bench/pkg000"\n\n' if uses and not own else ""
        shared = "SharedTotal" if own else "pkg000.SharedTotal"
        call = f"{shared}([]int{{{number}}})" if uses else f"helper{number}_0(1)[0]"
        blocks = (
            f"type Store{name} struct {{\n\tpath int\n}}\n\n"
            f"func (s Store{name}) Read() []int {{\n\treturn []int{{s.path, {number}}}\n}}\n\n"
            f"func helper{name}(value int) []int {{\n\tstore := Store{name}{{value}}\n\treturn store.Read()\n}}\n\n"
            for name in _names(number)
        )
        text = f"package {package}\n\n{head}{''.join(blocks)}func Main{number}() int {{\n\treturn {call}\n}}\n"
        yield f"{package}/mod{number:03}.go", text
    yield "go.mod", "module example.com/bench\n\ngo 1.20\n"


def _modules(count: int) -> Iterator[tuple[int, str, bool]]:
    """Number and package of all files but the first, and whether one uses the symbol, as ``USERS`` of all files do."""
    for number in range(1, count):
        yield number, f"pkg{number // _PER_FOLDER:03}", number % (count // USERS) == 0


def _names(number: int) -> list[str]:
    return [f"{number}_{block}" for block in range(_BLOCKS)]


LANGUAGES = (
    Language("python", "shared_total", "sum_of_all", _python, ("pyright-langserver", "--stdio")),
    Language("typescript", "sharedTotal", "sumOfAll", _typescript, ("typescript-language-server", "--stdio"), "//"),
    Language("go", "SharedTotal", "SumOfAll", _go, ("gopls",), "//"),
)


@dataclass(frozen=True, slots=True)
class Times:
    """Milliseconds of each request, processor milliseconds until each answer to a rename, and in how many files the
    last rename changed something.
    """

    prepare: list[float]
    rename: list[float]
    processor: list[float]
    changed: int


def run(console: Console | None = None, languages: str = "", count: int = FILES) -> dict[str, float]:
    """Print the table; returns p95 of rename and prepareRename in milliseconds, by language."""
    console = console or Console()
    table = Table(title=f"Rename in {count:,} files, in ms, {_RENAMES} times, warm, no model", title_justify="left")
    for column in ("language", "server", "files changed", "prepare p50", "p95", "rename p50", "p95", "CPU"):
        table.add_column(column, justify="left" if column in {"language", "server"} else "right")
    results: dict[str, float] = {}
    for language in LANGUAGES:
        if languages in {"", language.id}:
            ours, theirs = _measure(language, count)
            table.add_row(language.id, "tierwise", *_cells(ours))
            table.add_row("", language.command[0], *(_cells(theirs) if theirs else ["not installed"]))
            results[f"{language.id}_rename_p95_ms"] = _p95(ours.rename)
            results[f"{language.id}_prepare_p95_ms"] = _p95(ours.prepare)
    console.print(table)
    console.print("aim: rename p95 ≤ 1,000 ms, prepare p95 ≤ 20 ms")
    return results


def _measure(language: Language, count: int) -> tuple[Times, Times | None]:
    with tempfile.TemporaryDirectory() as place:
        root, home = Path(place).resolve() / "work", Path(place).resolve() / "home"
        for name, text in language.files(count):
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text, encoding="utf-8")
        environ = clean_environment(home)
        environ["PATH"] = os.pathsep.join((servers(), environ.get("PATH", "")))
        with _running(tierwise(), environ, root, trusted=True, profile="embedded", rename=_BUNDLED) as server:
            ours = _times(server, root, language)
        program = shutil.which(language.command[0], path=environ["PATH"])
        if program is None:
            return ours, None
        with _running([program, *language.command[1:]], environ, root, tsserver={"useSyntaxServer": "never"}) as server:
            return ours, _times(server, root, language)


_BUNDLED = {"engines": ["bundled"]}


def servers() -> str:
    """The folder of the language servers that the tests install."""
    home = os.environ.get("ENGINES_HOME") or str(Path.home() / ".cache" / "engines")
    return str(Path(home) / "bin")


@contextmanager
def _running(command: list[str], environ: dict[str, str], root: Path, **options: Any) -> Iterator[Server]:
    server = Server(command, environ, root)
    try:
        server.initialize(root, **options)
        yield server
    finally:
        server.stop()


def _times(server: Server, root: Path, language: Language) -> Times:
    name, text = next(language.files(USERS))
    uri = (root / name).as_uri()
    document = {"uri": uri, "languageId": language.id, "version": 0, "text": text}
    server.notify("textDocument/didOpen", {"textDocument": document})
    row = next(number for number, line in enumerate(text.splitlines()) if language.old in line)
    position = {"line": row, "character": text.splitlines()[row].index(language.old) + 1}
    place = {"textDocument": {"uri": uri}, "position": position}

    def once(version: int) -> tuple[float, float, float, int]:
        change = {"text": f"{text}{language.remark} {version}\n"}
        identifier = {"uri": uri, "version": version}
        server.notify("textDocument/didChange", {"textDocument": identifier, "contentChanges": [change]})
        _, prepared_s = server.request("textDocument/prepareRename", place)
        _rest(server)
        before = _processor_ms(server)
        edit, renamed_s = server.request("textDocument/rename", {**place, "newName": language.new})
        return 1000 * prepared_s, 1000 * renamed_s, _processor_ms(server) - before, _changed(edit)

    version = _warm_up(once)
    measured: list[tuple[float, float, float, int]] = []
    for number in range(1, _RENAMES + 1):
        _rest(server)
        measured.append(once(version + number))
    prepares, renames, processors, changed = zip(*measured, strict=True)
    return Times(list(prepares), list(renames), list(processors), changed[-1])


def _warm_up(once: Callable[[int], tuple[float, float, float, int]]) -> int:
    """Ask until the answer is whole, and ``_WARM`` times more; the number of requests."""
    until, version, whole = time.monotonic() + _PATIENCE_S, 0, 0
    while whole < _WARM and (whole or time.monotonic() < until):
        version += 1
        whole += once(version)[-1] >= USERS
    return version


def _rest(server: Server) -> None:
    """Wait until a server has nothing to do any more, for ``_PATIENCE_S`` at most."""
    until, before = time.monotonic() + _PATIENCE_S, _processor_ms(server)
    while time.monotonic() < until:
        time.sleep(_REST_S)
        now = _processor_ms(server)
        if now - before <= _RESTING_MS:
            return
        before = now


def _processor_ms(server: Server) -> float:
    """What a server and the processes that it started have used so far."""
    own = psutil.Process(server.process.pid)
    times = [process.cpu_times() for process in (own, *own.children(recursive=True))]
    return 1000 * sum(item.user + item.system for item in times)


def _changed(edit: Any) -> int:
    """Files in which an edit changes something. Raises RuntimeError for an answer that is none."""
    if not isinstance(edit, dict) or "message" in edit:
        raise RuntimeError(f"the rename was not done: {edit}")
    listed = edit.get("documentChanges")
    changes = edit.get("changes", {}) if listed is None else {item["textDocument"]["uri"] for item in listed}
    return len(changes)


def _cells(times: Times) -> list[str]:
    values = (median(times.prepare), _p95(times.prepare), median(times.rename), _p95(times.rename))
    shown = (f"{value:,.0f}" if value >= 20 else f"{value:.1f}" for value in values)
    return [str(times.changed), *shown, f"{median(times.processor):,.0f}"]


def _p95(values: list[float]) -> float:
    return sorted(values)[int(0.95 * (len(values) - 1))]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--language", choices=[language.id for language in LANGUAGES], default="", help="only this one")
    parser.add_argument("--files", type=int, default=FILES, help=f"files of the workspace (default {FILES})")
    args = parser.parse_args()
    run(Console(width=120), args.language, args.files)


if __name__ == "__main__":
    main()
