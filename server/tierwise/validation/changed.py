"""The files of a changeset, before and after: what every check that reads whole texts looks at. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from tierwise.core.changes import Changeset, CreateFile, FileEdit
from tierwise.core.languages import language_of
from tierwise.core.text import split_lines
from tierwise.edits.diff import line_changes


@dataclass(frozen=True)
class ChangedFile:
    """One file. ``before`` is None for a new one. ``name`` is how evidence calls it."""

    path: Path | None
    name: str
    language: str
    before: str | None
    after: str
    new_lines: tuple[tuple[int, str], ...]
    """The lines that the answer writes: their 0-based numbers in ``after``, and their text without terminators."""

    @cached_property
    def new_numbers(self) -> frozenset[int]:
        return frozenset(number for number, _ in self.new_lines)


def changed_files(changeset: Changeset) -> Iterator[ChangedFile]:
    """Every file whose text changes or comes to be."""
    for change in changeset.changes:
        match change:
            case FileEdit(base):
                name = base.path.name if base.path else base.uri
                yield ChangedFile(
                    base.path, name, base.language, base.text, change.result.text, tuple(_new_lines(change))
                )
            case CreateFile(path, text):
                lines = tuple((i, line.rstrip("\r\n")) for i, line in enumerate(split_lines(text)))
                yield ChangedFile(path, path.name, language_of(path).id, None, text, lines)
            case _:
                pass


def _new_lines(edit: FileEdit) -> Iterator[tuple[int, str]]:
    shift = 0
    for change in line_changes(edit):
        for i, line in enumerate(change.lines):
            yield change.start + shift + i, line.rstrip("\r\n")
        shift += len(change.lines) - (change.stop - change.start)
