"""How fast the embedded engine answers and learns, and the memory it takes, in a workspace of 2,000 files.

Beside each, in the same process, what could not be faster: for an answer, one search for the typed beginning in the
text of the document; for an edit, the new text alone; for learning, reading the text once.
"""

from __future__ import annotations

import gc
import random
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import psutil

from benchmarks.embedded_cases import FOLDER, read, standard_library
from tierwise.core.documents import Document
from tierwise.core.ports import DocumentEdit
from tierwise.core.text import Lines, Point, Span
from tierwise.embedded.engine import EmbeddedEngine

FILES, LINES = 2_000, 5_000
_PLACES = 1_500

_FIRST = """
import time
from pathlib import Path
from tierwise.core.documents import Document
from tierwise.core.text import Lines
from tierwise.embedded.engine import EmbeddedEngine
engine = EmbeddedEngine()
text = "import os\\n\\ndef first(path):\\n    return os.path.join(path, 'a')\\n\\ndef second(path):\\n    return os.pa"
document = Document("untitled:a", None, "python", 1, Lines.of(text))
engine.opened(document)
if not hasattr(engine.complete(document, document.lines.end), "text"):
    raise SystemExit("nothing was offered where something should be")
"""


@dataclass(frozen=True, slots=True)
class Times:
    """Milliseconds, sorted; ``bare`` those of the lower bound at the same places."""

    what: str
    ms: list[float]
    bare: list[float]


@dataclass(frozen=True, slots=True)
class Workspace:
    """``megabytes`` of text in ``files`` files; learnt in ``seconds`` with its rests, ``mib`` of memory for all."""

    files: int
    megabytes: float
    seconds: float
    read_seconds: float
    mib: float


def workspace() -> tuple[EmbeddedEngine, Workspace]:
    """An engine that has learnt ``FILES`` files; where Python's library has fewer, with parts of it under new names."""
    texts = [read(path) for path in standard_library(FILES)]
    parts = [text[len(text) // 2 :].replace("self.", f"self.part{number}_") for number, text in enumerate(texts)]
    texts = [*texts, *parts][:FILES]
    gc.collect()
    process = psutil.Process()
    before = process.memory_info().rss
    engine = EmbeddedEngine()
    began = time.perf_counter()
    for number, text in enumerate(texts):
        engine.learn(str(FOLDER / f"{number}.py"), "python", text)
    seconds = time.perf_counter() - began
    gc.collect()
    memory = (process.memory_info().rss - before) / 2**20
    began = time.perf_counter()
    for text in texts:
        text.encode().decode().splitlines()
    size = sum(len(text.encode()) for text in texts) / 1e6
    return engine, Workspace(len(texts), size, seconds, time.perf_counter() - began, memory)


def typing(engine: EmbeddedEngine) -> list[Times]:
    """Type at ``_PLACES`` random places of a document of ``LINES`` lines: three characters on a new line each."""
    text = "".join(read(path) for path in standard_library(400)[20:])
    lines = Lines.of("".join(Lines.of(text).raw_range(0, LINES)))
    path = FOLDER / "long.py"
    document = Document(path.as_uri(), path, "python", 1, lines)
    engine.opened(document)
    engine.wait()
    chance = random.Random(1)
    answers, keys, moves, names = (
        Times(what, [], []) for what in ("answer", "key typed", "line left", "list of names")
    )
    for _ in range(_PLACES):
        line = chance.randrange(20, LINES - 20)
        copied = document.lines.line(chance.randrange(0, LINES)).rstrip()
        column = min(len(copied), len(copied) - len(copied.lstrip()) + chance.randrange(0, 12))
        document = _edited(engine, document, Span.at(Point(line, 0)), copied[:column] + "\n", moves)
        point = Point(line, column)
        _timed(moves, lambda d=document, p=point: engine.writer(d, p), lambda d=document: d.lines.count)
        whole = document.text
        typed = copied[:column].lstrip() or "\n"
        search = lambda t=typed, w=whole: w.rfind(t)  # noqa: E731 - timed as it is
        for _ in range(2):
            document = _edited(engine, document, Span.at(point), copied[point.column : point.column + 1] or "_", keys)
            point = Point(line, point.column + 1)
            _timed(answers, lambda d=document, p=point: engine.complete(d, p), search)
        _timed(names, lambda d=document, p=point: engine.items(d, p, 40), search)
        document = _edited(
            engine, document, Span(Point(line, 0), Point(line + 1, 0)), "", replace(moves, ms=[], bare=[])
        )
    return [answers, names, keys, _summed(moves)]


def first_answer(runs: int = 5) -> tuple[float, float]:
    """Milliseconds from a process' start to its first completion, and of a process that does nothing; medians."""
    ours, bare = [_python(_FIRST) for _ in range(runs)], [_python("pass") for _ in range(runs)]
    return sorted(ours)[runs // 2], sorted(bare)[runs // 2]


def _edited(engine: EmbeddedEngine, before: Document, span: Span, text: str, times: Times) -> Document:
    after = before.changed(span, text, (before.version or 0) + 1)
    _timed(
        times,
        lambda: engine.edited(DocumentEdit(before, after, span, text)),
        lambda: before.lines.splice(span, text),
    )
    return after


def _timed(times: Times, ours: Callable[[], object], bare: Callable[[], object]) -> None:
    for measured, work in ((times.ms, ours), (times.bare, bare)):
        began = time.perf_counter()
        work()
        measured.append(1000 * (time.perf_counter() - began))


def _summed(times: Times) -> Times:
    """The edit and what is read because of it, which happens when the next question comes, as one."""
    ms = [first + second for first, second in list(pairwise(times.ms))[::2]]
    return Times(times.what, ms, [first + second for first, second in list(pairwise(times.bare))[::2]])


def _python(code: str) -> float:
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[1])
    return 1000 * (time.perf_counter() - began)
