"""How long a rename takes in a workspace of 10,000 files, without a model; beside it the language's own server.

One symbol is used in 200 of the files. Both servers have read the folder before the clock runs, and rest before each
request, as they do for whoever types a new name. The first rename of a session stands for itself; the others come after
it, with all of these files changed before. Before each request the document changes, as it does under somebody's hands.
The processor's time until the answer, beside the clock's, tells what a busy machine adds.

Below the servers stands what bounds them: finding the files that hold the symbol with ``grep``, which looks at every
file and knows nothing of the language (a server that trusts its memory of the disk can be faster), and an answer from a
program that does nothing but answer. The other servers are looked for where ``make test-engines`` puts them, and on
PATH.

Run alone: ``python -m benchmarks.rename_speed [--language NAME] [--files N]``.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import psutil
from rich.console import Console
from rich.table import Table

from benchmarks.rename_workspaces import LANGUAGES, USERS, Language
from benchmarks.start import clean_environment
from benchmarks.wire import Reader, Server, tierwise

FILES = 10_000
_RENAMES = 20
_AT_LEAST = 5
_MEASURED_S = 60.0
"""After this long, what is measured of a slow server so far has to do."""
_WARM = 3
_PATIENCE_S = 90.0
"""How long a server may take to read the folder."""
_REST_S = 0.15
_RESTING_MS = 20.0
"""A server rests when it and its processes use no more than this in ``_REST_S``."""


@dataclass(frozen=True, slots=True)
class Once:
    """Milliseconds of one prepareRename and one rename, processor milliseconds until the rename's answer, and in how
    many files it changes something.
    """

    prepare: float
    rename: float
    processor: float
    changed: int


@dataclass(frozen=True, slots=True)
class Times:
    """The first rename that a server was asked for, and those that came when it was warm."""

    first: Once
    warm: tuple[Once, ...]

    @property
    def prepare(self) -> list[float]:
        return [item.prepare for item in self.warm]

    @property
    def rename(self) -> list[float]:
        return [item.rename for item in self.warm]


def run(console: Console | None = None, languages: str = "", count: int = FILES) -> dict[str, float]:
    """Print the table; returns p95 of rename and prepareRename in milliseconds, by language."""
    console = console or Console()
    table = Table(title=f"Rename in {count:,} files, in ms, no model", title_justify="left")
    for column in ("language", "server", "files", "first", "times", "prepare p50", "p95", "rename p50", "p95", "CPU"):
        table.add_column(column, justify="left" if column in {"language", "server"} else "right")
    results: dict[str, float] = {}
    for language in LANGUAGES:
        if languages in {"", language.id}:
            ours = _add_rows(table, language, count)
            results[f"{language.id}_rename_p95_ms"] = _p95(ours.rename)
            results[f"{language.id}_prepare_p95_ms"] = _p95(ours.prepare)
    echoes = _echoes()
    table.add_row("any", "an echo (bound)", *_bound(echoes))
    console.print(table)
    console.print(
        "files: in how many the rename changes something; bound: looking at every file once, and answering at all"
    )
    console.print("aim: rename p95 ≤ 1,000 ms, prepare p95 ≤ 20 ms")
    return results


def _add_rows(table: Table, language: Language, count: int) -> Times:
    """Measure in one workspace; returns the times of our server."""
    with tempfile.TemporaryDirectory() as place:
        root, home = Path(place).resolve() / "work", Path(place).resolve() / "home"
        for name, text in language.files(count):
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text, encoding="utf-8")
        environ = clean_environment(home)
        environ["PATH"] = os.pathsep.join((servers(), environ.get("PATH", "")))
        options = {"trusted": True, "profile": "embedded", "rename": {"engines": ["bundled"]}}
        with _running(tierwise(), environ, root, **options) as server:
            ours = _times(server, root, language, Reader(server))
        table.add_row(language.id, "tierwise", *_cells(ours))
        program = shutil.which(language.command[0], path=environ["PATH"])
        if program is None:
            table.add_row("", _spoken(language), "not installed")
        else:
            command = [program, *language.command[1:]]
            with _running(command, environ, root, tsserver={"useSyntaxServer": "never"}) as server:
                table.add_row("", _spoken(language), *_cells(_times(server, root, language)))
        if searched := _searches(root, language.old):
            table.add_row("", "grep (bound)", *_bound(searched, before=2))
    return ours


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


def _times(server: Server, root: Path, language: Language, reader: Reader | None = None) -> Times:
    name, text = next(language.files(USERS))
    uri = (root / name).as_uri()
    document = {"uri": uri, "languageId": language.id, "version": 0, "text": text}
    server.notify("textDocument/didOpen", {"textDocument": document})
    row = next(number for number, line in enumerate(text.splitlines()) if language.old in line)
    position = {"line": row, "character": text.splitlines()[row].index(language.old) + 1}
    place = {"textDocument": {"uri": uri}, "position": position}
    version = 0

    def once() -> Once:
        nonlocal version
        version += 1
        change = {"text": f"{text}{language.remark} {version}\n"}
        identifier = {"uri": uri, "version": version}
        _rest(server)
        server.notify("textDocument/didChange", {"textDocument": identifier, "contentChanges": [change]})
        _, prepared_s = server.request("textDocument/prepareRename", place)
        _rest(server)
        before = _processor_ms(server)
        edit, renamed_s = server.request("textDocument/rename", {**place, "newName": language.new})
        return Once(1000 * prepared_s, 1000 * renamed_s, _processor_ms(server) - before, _changed(edit))

    _read(reader)
    first = once()
    until, whole = time.monotonic() + _PATIENCE_S, 0
    while whole < _WARM and (whole or time.monotonic() < until):
        whole += once().changed >= USERS
    warm: list[Once] = []
    until = time.monotonic() + _MEASURED_S
    while len(warm) < _RENAMES and (len(warm) < _AT_LEAST or time.monotonic() < until):
        warm.append(once())
    return Times(first, tuple(warm))


def _read(reader: Reader | None) -> None:
    """Wait until a server of ours has read the folder, for ``_PATIENCE_S`` at most."""
    until = time.monotonic() + _PATIENCE_S
    while reader is not None and reader.busy() and time.monotonic() < until:
        time.sleep(_REST_S)


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


def _searches(root: Path, word: str) -> list[float]:
    """Milliseconds that ``grep`` takes to find the files that hold a word; none where there is no such program."""
    program = shutil.which("grep")
    times: list[float] = []
    for _ in range(_RENAMES if program is not None else 0):
        began = time.perf_counter()
        subprocess.run([str(program), "-rlwF", word, str(root)], check=True, stdout=subprocess.DEVNULL)
        times.append(1000 * (time.perf_counter() - began))
    return times


_ECHO = "import sys\nfor line in sys.stdin.buffer: sys.stdout.buffer.write(line); sys.stdout.buffer.flush()"


def _echoes() -> list[float]:
    """Milliseconds until a program answers that has only to wake up for it."""
    times: list[float] = []
    command = [sys.executable, "-c", _ECHO]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for _ in range(_RENAMES + _WARM):
            time.sleep(_REST_S)
            began = time.perf_counter()
            process.stdin.write(b"x" * 200 + b"\n")
            process.stdout.readline()
            times.append(1000 * (time.perf_counter() - began))
        process.stdin.close()
    return times[_WARM:]


def _cells(times: Times) -> list[str]:
    values = (median(times.prepare), _p95(times.prepare), median(times.rename), _p95(times.rename))
    first = _shown(times.first.rename)
    if times.first.changed < times.warm[-1].changed:
        first = f"{first} ({times.first.changed} files)"
    processor = median(item.processor for item in times.warm)
    return [str(times.warm[-1].changed), first, str(len(times.warm)), *map(_shown, values), _shown(processor)]


def _spoken(language: Language) -> str:
    """A language's own server as it is shown."""
    return language.command[0].removesuffix("-langserver").removesuffix("-language-server")


def _bound(times: list[float], before: int = 0) -> list[str]:
    """The cells of what has no first time, with so many empty ones before its times."""
    return ["", "", str(len(times)), *[""] * before, _shown(median(times)), _shown(_p95(times))]


def _shown(value: float) -> str:
    return f"{value:,.0f}" if value >= 20 else f"{value:.1f}"


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
