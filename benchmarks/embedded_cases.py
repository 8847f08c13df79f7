"""Places in real code at which the embedded engine is asked, with what really stood there.

Recorded sets are read from the folder that TIERWISE_EVALUATION names; they are no part of this project. Every source
keeps the engine it feeds: what a probe asks about was not learnt, what came before it in the same history was.
"""

from __future__ import annotations

import gzip
import json
import os
import re
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from tierwise.core.documents import Document
from tierwise.core.languages import language_of
from tierwise.core.ports import DocumentEdit
from tierwise.core.text import Lines, Point, Span, advance
from tierwise.embedded.engine import EmbeddedEngine

ROOT = Path(__file__).parents[1]
_LINES_OF_AN_EDIT = 6
"""Lines of one inserted block that are probed, spread over it."""


@dataclass(frozen=True, slots=True)
class Probe:
    """A question and its answer: ``truth`` is the text from ``point`` on, as far as it was written in one go."""

    engine: EmbeddedEngine
    document: Document
    point: Point
    truth: str


def evaluation() -> Path:
    """The folder of recorded sets; it may be absent."""
    return Path(os.environ.get("TIERWISE_EVALUATION", ROOT.parent / "shared/evaluation"))


def sessions(first: int, step: int) -> Iterator[Probe]:
    """Edits of code that the engine has seen: every ``step``-th recorded session from ``first`` on, replayed."""
    file = evaluation() / "traces/commit_sessions.json.gz"
    if file.exists():
        with gzip.open(file, "rt", encoding="utf-8") as stream:
            recorded: list[dict[str, Any]] = json.load(stream)
        for session in recorded[first::step]:
            yield from _session(session)


def _session(session: dict[str, Any]) -> Iterator[Probe]:
    engine = EmbeddedEngine()
    texts: dict[str, str] = {path: text for path, text in session["initial"].items() if text is not None}
    for path, text in texts.items():
        engine.learn(f"/work/{path}", _language(path), text)
    for commit in session["commits"]:
        for change in commit["files"]:
            if change["status"] != "D":
                yield from _file_change(engine, change, texts)


def _file_change(engine: EmbeddedEngine, change: dict[str, Any], texts: dict[str, str]) -> Iterator[Probe]:
    path = change["path"]
    typist = Typist(engine, _document(f"/work/{path}", texts.get(path, "")))
    shift = 0
    for start, stop, text in change["edits"]:
        line = start + shift
        typist.replace(Span(Point(line, 0), Point(line + stop - start, 0)), "")
        yield from typist.write(line, text)
        shift += text.count("\n") - (stop - start)
    texts[path] = typist.document.text
    engine.closed(typist.document)
    engine.learn(f"/work/{path}", _language(path), texts[path])


class Typist:
    """Changes a document as an editor would, with the engine told of every change."""

    def __init__(self, engine: EmbeddedEngine, document: Document) -> None:
        self.engine = engine
        self.document = document
        engine.opened(document)
        engine.wait()

    def replace(self, span: Span, text: str) -> None:
        before = self.document
        span = Span(before.lines.clamp(span.start), before.lines.clamp(span.end))
        self.document = before.changed(span, text, (before.version or 0) + 1)
        self.engine.edited(DocumentEdit(before, self.document, span, text))

    def write(self, line: int, text: str, most: int = _LINES_OF_AN_EDIT, later: str = "") -> Iterator[Probe]:
        """Put ``text`` in as new lines in front of line ``line``, asking on the way. ``later``: what comes after it."""
        lines = text.removesuffix("\n").split("\n") if text else []
        every = max(1, len(lines) // most)
        for number, content in enumerate(lines):
            at = Point(line + number, 0)
            if number % every or not content.strip():
                self.replace(Span.at(at), content + "\n")
                continue
            self.replace(Span.at(at), "\n")
            written = 0
            for column in columns(content):
                self.replace(Span.at(Point(at.line, written)), content[written:column])
                written = column
                yield Probe(
                    self.engine,
                    self.document,
                    Point(at.line, column),
                    "\n".join([content[column:], *lines[number + 1 :], later]),
                )
            self.replace(Span.at(Point(at.line, written)), content[written:])


def columns(line: str) -> list[int]:
    """Where in a line is asked: where its text begins, after one character, and at its quarters."""
    body = line.strip()
    start = len(line) - len(line.lstrip())
    return sorted({start, start + min(1, len(body) - 1), *(start + len(body) * i // 4 for i in (1, 2, 3))})


def infilling(name: str, engine: EmbeddedEngine, every: int = 1) -> Iterator[Probe]:
    """Code that the engine has not seen: a hole in the body of a function."""
    file = evaluation() / f"completion/HumanEval-{name}.jsonl.gz"
    if file.exists():
        with gzip.open(file, "rt", encoding="utf-8") as stream:
            for number, line in enumerate(islice(stream, 0, None, every)):
                case = json.loads(line)
                document = _document(f"/work/case{number}.py", case["prompt"] + case["suffix"])
                engine.opened(document)
                yield Probe(
                    engine,
                    document,
                    advance(Point(0, 0), case["prompt"]),
                    case["canonical_solution"].removesuffix("\n"),
                )
                engine.closed(document)


def written_anew(
    files: list[Path], workspace: list[Path], most: int, engine: EmbeddedEngine | None = None
) -> Iterator[Probe]:
    """Each of ``files`` written from its top by somebody who has the other files of ``workspace``: ``most`` lines of
    each are asked about.
    """
    engine = engine or learnt(workspace)
    for path in files:
        text = _read(path)
        engine.file_gone(path)
        lines = text.split("\n")
        places = [number for number, line in enumerate(lines) if line.strip() and number > 5]
        for number in places[:: max(1, len(places) // most)]:
            typist = Typist(engine, _document(str(path), "\n".join(lines[:number]) + "\n"))
            yield from typist.write(number, lines[number] + "\n", 1, "\n".join(lines[number + 1 : number + 20]))
            engine.closed(typist.document)
        engine.learn(str(path), language_of(path).id, text)


def functions_alone(files: list[Path], every: int) -> Iterator[Probe]:
    """Functions that stand alone, each ``every``-th line of them missing: little is known there, and code follows."""
    for path in files:
        for block in re.findall(r"^def .*\n(?:[ \t]+.*\n|\n)+", _read(path), re.MULTILINE):
            lines = block.rstrip().split("\n")
            for number in range(1, len(lines), every):
                if not lines[number].strip() or len(lines) > 60:
                    continue
                rest = [*lines[:number], "", *lines[number + 1 :]]
                typist = Typist(EmbeddedEngine(), _document(str(path), "\n".join(rest)))
                yield Probe(typist.engine, typist.document, Point(number, 0), lines[number])
                yield from typist.write(number, lines[number] + "\n", 1)


def learnt(files: list[Path]) -> EmbeddedEngine:
    """An engine that has read ``files``."""
    engine = EmbeddedEngine()
    for path in files:
        engine.learn(str(path), language_of(path).id, _read(path))
    return engine


def standard_library(most: int) -> list[Path]:
    """Python's own library, which is on every machine: packages first, its tests last."""
    root = Path(sysconfig.get_path("stdlib"))
    found = (path for path in sorted(root.rglob("*.py")) if "site-packages" not in path.parts)
    ordered = sorted(found, key=lambda path: ("test" in path.parts or "tests" in path.parts, path))
    return [path for path in ordered if _read(path)][:most]


def own_files() -> list[Path]:
    """This repository's Python and TypeScript sources."""
    found = [*ROOT.glob("server/**/*.py"), *ROOT.glob("tests/**/*.py"), *ROOT.glob("client-vscode/src/**/*.ts")]
    return sorted(path for path in found if _read(path).count("\n") > 30)


def _document(path: str, text: str) -> Document:
    place = Path(path)
    return Document(f"file://{path}", place, language_of(place).id, 1, Lines.of(text))


def _language(path: str) -> str:
    return language_of(Path(path)).id


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""
