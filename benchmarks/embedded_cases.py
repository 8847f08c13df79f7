"""Real text that is written into real documents, keystroke by keystroke, with the embedded engine listening.

Recorded sets are read from the folder that TIERWISE_EVALUATION names; they are no part of this project. Every source
keeps the engine it feeds: what a probe asks about was not learnt, what came before it in the same history was. Sources
are generators of probes; who sends a number of characters back accepts that much, and is asked again after it.
"""

from __future__ import annotations

import gzip
import json
import os
import re
import sysconfig
from collections.abc import Callable, Generator, Iterator
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
FOLDER = Path("/project").absolute()
"""Where recorded files are said to stand; nothing is read or written there."""

TRACES = {"rustcode": "list.rs", "sveltecomponent": "App.svelte"}
"""Recorded keystrokes, and what file they write."""

_FORESEEN = 80
"""Patches of a trace that are looked ahead for what becomes of a place."""

_WINDOW = 600
"""Characters after a place that are followed through those patches."""


@dataclass(frozen=True, slots=True)
class Probe:
    """A question and its answer: ``truth`` is what stands from ``point`` on once it is written."""

    engine: EmbeddedEngine
    document: Document
    point: Point
    truth: str


Probes = Generator[Probe, int | None, None]


def evaluation() -> Path:
    """The folder of recorded sets; it may be absent."""
    return Path(os.environ.get("TIERWISE_EVALUATION", ROOT.parent / "shared/evaluation"))


def sessions(first: int, step: int, most: int = 3) -> Probes:
    """Edits of code that the engine has seen: every ``step``-th recorded session from ``first`` on, replayed. ``most``
    lines of each inserted block are asked about.
    """
    for session in _recorded("traces/commit_sessions.json.gz")[first::step]:
        engine = EmbeddedEngine()
        texts: dict[str, str] = {path: text for path, text in session["initial"].items() if text is not None}
        for path, text in texts.items():
            engine.learn(str(FOLDER / path), _language(FOLDER / path), text)
        for commit in session["commits"]:
            for change in commit["files"]:
                if change["status"] != "D":
                    yield from _file_change(engine, change, texts, most)


def _file_change(engine: EmbeddedEngine, change: dict[str, Any], texts: dict[str, str], most: int) -> Probes:
    path = FOLDER / change["path"]
    typist = Typist(engine, _document(path, texts.get(change["path"], "")))
    shift = 0
    for start, stop, text in change["edits"]:
        line = start + shift
        typist.replace(Span(Point(line, 0), Point(line + stop - start, 0)), "")
        yield from typist.write_lines(line, text, most)
        shift += text.count("\n") - (stop - start)
    texts[change["path"]] = typist.document.text
    engine.closed(typist.document)
    engine.learn(str(path), _language(path), typist.document.text)


def infilling(name: str, every: int = 1) -> Probes:
    """Code that the engine has not seen: a hole in the body of a function, and nothing else is known."""
    file = evaluation() / f"completion/HumanEval-{name}.jsonl.gz"
    if not file.exists():
        return
    with gzip.open(file, "rt", encoding="utf-8") as stream:
        cases = [json.loads(line) for line in islice(stream, 0, None, every)]
    for number, case in enumerate(cases):
        document = _document(FOLDER / f"case{number}.py", case["prompt"] + case["suffix"])
        typist = Typist(EmbeddedEngine(), document)
        yield from typist.write(advance(Point(0, 0), case["prompt"]), case["canonical_solution"].removesuffix("\n"))


def trace(name: str) -> Probes:
    """One of ``TRACES``: keystrokes of a person, with all corrections; the engine has seen what the person wrote.
    It is asked after each typed character that goes on where the one before it ended.
    """
    patches: list[tuple[int, int, str]] = []
    for recorded in _recorded(f"traces/{name}.json.gz", "txns"):
        patches += [(at, gone, new) for at, gone, new in recorded["patches"]]
    text = patches[0][2] if patches else ""
    typist = Typist(EmbeddedEngine(), _document(FOLDER / TRACES[name], text))
    accepted = -1
    for number, (at, gone, new) in enumerate(patches[1:], start=1):
        before = patches[number - 1]
        goes_on = not gone and not before[1] and len(before[2]) == 1 and before[2] != "\n" and at == before[0] + 1
        if goes_on and at >= accepted:
            truth = _becomes(text, patches[number : number + _FORESEEN], at)
            taken = yield Probe(typist.engine, typist.document, _place(text, at), truth)
            accepted = at + taken if taken else -1
        elif at > accepted:
            accepted = -1
        typist.replace(Span(_place(text, at), _place(text, at + gone)), new)
        text = text[:at] + new + text[at + gone :]


def _becomes(text: str, patches: list[tuple[int, int, str]], at: int) -> str:
    """What stands from ``at`` on when the writer leaves the line: typing mistakes mended, words completed by the
    editor in place.
    """
    head, tail, reached = text[max(0, at - 200) : at], text[at : at + _WINDOW], 0
    for place, gone, new in patches:
        start = place - at
        if start < 0:
            kept = head[start:]  # the editor puts a whole word in place of its typed beginning
            if -start > len(head) or start + gone < 0 or not new.startswith(kept):
                break
            tail = new[-start:] + tail[start + gone :]
            continue
        if start > max(reached, (tail + "\n").index("\n")):
            break
        tail = tail[:start] + new + tail[start + gone :]
        reached = start + len(new)
    return tail


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

    def write_lines(self, line: int, text: str, most: int, later: str = "") -> Probes:
        """Put ``text`` in as new lines in front of line ``line``, asking about ``most`` of them. ``later``: what comes
        after it.
        """
        lines = text.removesuffix("\n").split("\n") if text else []
        every = max(1, len(lines) // most)
        for number, content in enumerate(lines):
            at = Point(line + number, 0)
            if number % every or not content.strip():
                self.replace(Span.at(at), content + "\n")
                continue
            start = len(content) - len(content.lstrip())
            self.replace(Span.at(at), content[:start] + "\n")
            rest = "\n".join([content[start:], *lines[number + 1 :], later])
            yield from self._type(Point(at.line, start), rest, len(content) - start)

    def write(self, at: Point, text: str) -> Probes:
        """Put ``text`` in at ``at``, asking all the way. The editor indents new lines by itself."""
        written = 0
        while written < len(text):
            rest = text[written:]
            blanks = len(rest) - len(rest.lstrip())
            self.replace(Span.at(at), rest[:blanks])
            at = advance(at, rest[:blanks])
            line = rest[blanks:].split("\n")[0]
            yield from self._type(at, rest[blanks:], len(line))
            at = Point(at.line, at.column + len(line))
            written += blanks + len(line)

    def _type(self, at: Point, rest: str, most: int) -> Probes:
        typed = 0
        while typed < most:
            place = Point(at.line, at.column + typed)
            taken = yield Probe(self.engine, self.document, place, rest[typed:])
            step = min(max(1, taken or 0), most - typed)
            self.replace(Span.at(place), rest[typed : typed + step])
            typed += step


def written_again(files: list[Path], blocks: int, size: int = 6) -> Probes:
    """Blocks of ``size`` lines, spread over ``files``, taken out and written once more by somebody who has all the
    files but those lines.
    """
    engine = EmbeddedEngine()
    for path in files:
        engine.learn(str(path), _language(path), read(path))
    long = [path for path in files if read(path).count("\n") > 3 * size]
    for number in range(blocks):
        path = long[number * 7919 % len(long)]
        lines = read(path).split("\n")
        first = size + number * 104_729 % (len(lines) - 2 * size)
        engine.file_gone(path)
        typist = Typist(engine, _document(path, "\n".join(lines[:first] + lines[first + size :])))
        yield from typist.write_lines(first, "\n".join(lines[first : first + size]) + "\n", size)
        engine.closed(typist.document)
        engine.learn(str(path), _language(path), read(path))


def functions_alone(files: list[Path], every: int) -> Probes:
    """Functions that stand alone, each ``every``-th line of them missing: little is known there, and code follows."""
    for path in files:
        for block in re.findall(r"^def .*\n(?:[ \t]+.*\n|\n)+", read(path), re.MULTILINE):
            lines = block.rstrip().split("\n")
            for number in range(1, len(lines), every):
                if lines[number].strip() and len(lines) <= 60:
                    document = _document(path, "\n".join([*lines[:number], *lines[number + 1 :]]))
                    yield from Typist(EmbeddedEngine(), document).write_lines(number, lines[number] + "\n", 1)


def after_lines_alike(files: list[Path], reach: int = 100) -> Probes:
    """Lines that follow two of the same shape, taken out, with ``reach`` lines around them and nothing else known."""
    for path in files:
        lines = read(path).split("\n")
        shapes = [re.sub(r"\w+", "w", line) for line in lines]
        for number in range(2, len(lines)):
            first, last = lines[number - 2 : number]
            if (
                shapes[number - 2] != shapes[number - 1]
                or first == last
                or not (last.strip() and lines[number].strip())
            ):
                continue
            start = len(lines[number]) - len(lines[number].lstrip())
            above = lines[max(0, number - reach) : number]
            document = _document(path, "\n".join([*above, lines[number][:start], *lines[number + 1 : number + reach]]))
            typist = Typist(EmbeddedEngine(), document)
            yield Probe(typist.engine, document, Point(len(above), start), lines[number][start:])


def thinned(probes: Callable[[], Probes], every: int) -> Iterator[Probe]:
    """Each ``every``-th of the probes."""
    return islice(probes(), 0, None, every)


def standard_library(most: int) -> list[Path]:
    """Python's own library, which is on every machine: packages first, its tests last."""
    root = Path(sysconfig.get_path("stdlib"))
    found = (path for path in sorted(root.rglob("*.py")) if "site-packages" not in path.parts)
    ordered = sorted(found, key=lambda path: ("test" in path.parts or "tests" in path.parts, path))
    return [path for path in ordered if read(path)][:most]


def own_files() -> list[Path]:
    """This repository's sources in Python and TypeScript."""
    found = [*ROOT.glob("server/**/*.py"), *ROOT.glob("tests/**/*.py"), *ROOT.glob("client-vscode/src/**/*.ts")]
    return sorted(path for path in found if read(path).count("\n") > 30)


def read(path: Path) -> str:
    """A file's text; "" where it has none."""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""


def _recorded(name: str, key: str = "") -> list[dict[str, Any]]:
    file = evaluation() / name
    if not file.exists():
        return []
    with gzip.open(file, "rt", encoding="utf-8") as stream:
        loaded = json.load(stream)
    return loaded[key] if key else loaded


def _place(text: str, offset: int) -> Point:
    return Point(text.count("\n", 0, offset), offset - (text.rfind("\n", 0, offset) + 1))


def _document(path: Path, text: str) -> Document:
    return Document(path.as_uri(), path, _language(path), 1, Lines.of(text))


def _language(path: Path) -> str:
    return language_of(path).id
