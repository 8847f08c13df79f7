"""A changeset: what an answer would do to files, as a value. Nothing below ``lsp`` and ``cli`` writes a file."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from tierwise.core.documents import Document
from tierwise.core.text import Lines, Span


@dataclass(frozen=True, slots=True)
class TextEdit:
    """Replace ``span`` by ``text``."""

    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class FileEdit:
    """Edits of one existing file. Spans refer to ``base``, do not overlap, and are sorted by place."""

    base: Document
    edits: tuple[TextEdit, ...]

    @property
    def result(self) -> Lines:
        """The text after all edits."""
        return apply_edits(self.base.lines, self.edits)


@dataclass(frozen=True, slots=True)
class CreateFile:
    """A new file. ``path`` is absolute and inside the workspace folder; nothing exists there."""

    path: Path
    text: str


@dataclass(frozen=True, slots=True)
class RenameFile:
    """Move a file within its workspace folder; the new name is free."""

    old: Path
    new: Path


FileChange = FileEdit | CreateFile | RenameFile


@dataclass(frozen=True, slots=True)
class Changeset:
    """All changes of one answer; they are applied together, as one undo step, or not at all."""

    changes: tuple[FileChange, ...]

    @property
    def edits(self) -> tuple[FileEdit, ...]:
        return tuple(change for change in self.changes if isinstance(change, FileEdit))

    @property
    def empty(self) -> bool:
        return not self.changes


def apply_edits(lines: Lines, edits: Iterable[TextEdit]) -> Lines:
    """Apply edits whose spans all refer to ``lines``. Raises ValueError when two overlap.

    Insertions at one place come out in the order given (LSP 3.18, "TextEdit[]").
    """
    ordered = sorted(edits, key=lambda edit: (edit.span.start, edit.span.end))[::-1]
    for later, earlier in pairwise(ordered):
        if earlier.span.end > later.span.start:
            raise ValueError(f"edits overlap at line {later.span.start.line + 1}")
    for edit in ordered:  # last first, so that earlier spans stay true
        lines = lines.splice(edit.span, edit.text)
    return lines
