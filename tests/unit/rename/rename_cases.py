"""Rename cases as data: files with marks in them.

A case file holds cases, each begun by ``== TITLE``. Header lines follow: ``new: NAME``; ``declined: REASON [part of the
sentence]`` where the rename must be declined; ``moves: OLD -> NEW``; ``option: NAME=VALUE``. Then files, each begun by
``-- PATH [open]``; ``open`` is a buffer of the editor.

Marks in a file: ``¦`` the cursor; ``«old»`` becomes the new name; ``«old→text»`` becomes that text; ``⁅old⁆`` is
reported as uncertain and stays. All else must stay as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tierwise.core.documents import Document
from tierwise.core.languages import language_of
from tierwise.core.text import Lines, Point, advance
from tierwise.core.uris import to_uri
from tierwise.core.workspace import Unknown

FOLDER = Path("/project").absolute()
_MARKS = re.compile(r"¦|«(?P<old>[^»→]*?)(?:→(?P<new>[^»]*))?»|⁅(?P<maybe>[^⁆]*)⁆")


@dataclass
class Case:
    """One case, with the marks taken out of its files."""

    title: str
    header: dict[str, str]
    files: dict[str, str] = field(default_factory=dict)
    after: dict[str, str] = field(default_factory=dict)
    open: set[str] = field(default_factory=set)
    uncertain: set[tuple[str, int, int]] = field(default_factory=set)
    cursor: tuple[str, Point] | None = None

    @property
    def new(self) -> str:
        return self.header["new"]


class MemoryView:
    """A workspace folder whose files are in memory."""

    def __init__(self, documents: dict[Path, Document]) -> None:
        self.documents = documents

    def folder_of(self, path: Path) -> Path | None:
        return FOLDER if path.is_relative_to(FOLDER) else None

    def read(self, path: Path) -> Document | None:
        return self.documents.get(path)

    def files(self, folder: Path, languages: frozenset[str] | None = None) -> Iterator[Path]:
        for path, document in sorted(self.documents.items()):
            if path.is_relative_to(folder) and (languages is None or document.language in languages):
                yield path

    def files_with(self, folder: Path, word: str, languages: frozenset[str] | None = None) -> Iterator[Path]:
        whole = re.compile(rf"(?<!\w){re.escape(word)}(?!\w)")
        return (path for path in self.files(folder, languages) if whole.search(self.documents[path].text))

    def holders(self, paths: Sequence[Path]) -> Unknown:
        return Unknown(paths)

    def open_documents(self) -> tuple[Document, ...]:
        return tuple(document for document in self.documents.values() if document.is_open)


def view_of(files: dict[str, str], open_files: set[str] | frozenset[str] = frozenset()) -> MemoryView:
    return MemoryView({FOLDER / name: document(name, text, name in open_files) for name, text in files.items()})


def document(name: str, text: str, is_open: bool = False) -> Document:
    path = FOLDER / name
    return Document(to_uri(path), path, language_of(path).id, 1 if is_open else None, Lines.of(text))


def read_cases(path: Path) -> list[Case]:
    parts = re.split(r"^== (.*)\n", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return [_case(title.strip(), body) for title, body in zip(parts[1::2], parts[2::2], strict=True)]


def _case(title: str, body: str) -> Case:
    head, *parts = re.split(r"^-- (.*)\n", body, flags=re.MULTILINE)
    header = dict(line.split(": ", 1) for line in head.strip().splitlines())
    case = Case(title, header)
    for spec, text in zip(parts[::2], parts[1::2], strict=True):
        name, *flags = spec.split()
        if "open" in flags:
            case.open.add(name)
        _add_file(case, name, text.rstrip("\n") + "\n")
    assert case.cursor is not None, f"{title}: no cursor"
    return case


def _add_file(case: Case, name: str, marked: str) -> None:
    before = after = ""
    last = 0
    inner = _inner_cursor(marked)
    for mark in _MARKS.finditer(inner):
        before += inner[last : mark.start()]
        after += inner[last : mark.start()]
        last = mark.end()
        if mark.group() == "¦":
            case.cursor = (name, advance(Point(0, 0), before))
            continue
        if mark["maybe"] is not None:
            start = advance(Point(0, 0), before)
            case.uncertain.add((name, start.line, start.column))
            before += mark["maybe"]
            after += mark["maybe"]
            continue
        before += mark["old"]
        after += mark["new"] if mark["new"] is not None else case.new
    case.files[name] = before + inner[last:]
    case.after[name] = after + inner[last:]


def _inner_cursor(marked: str) -> str:
    """A cursor inside a mark is put right before it: it is the same name."""
    return re.sub(r"([«⁅][^»⁆¦]*)¦([^»⁆]*[»⁆])", r"¦\1\2", marked)
