"""``tierwise rename``: rename a symbol from the command line, as a diff, as JSON, or written to the files.

Writes only with ``--write``, and only files that still hold what was read from them.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from rich.console import Console
from rich.markup import escape

from tierwise.cli.diffs import print_diff
from tierwise.cli.disk_view import disk_view, workspace_folder
from tierwise.cli.figures import console
from tierwise.core.changes import FileEdit, RenameFile
from tierwise.core.documents import Document
from tierwise.core.errors import Declined, Stale, UsageError
from tierwise.core.text import Point
from tierwise.rename.engines import bundled_engines
from tierwise.rename.service import Renamer
from tierwise.rename.values import Occurrence, RenameResult

_BOM = b"\xef\xbb\xbf"


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("place", metavar="FILE:LINE:COLUMN", help="where the name stands; both count from 1")
    parser.add_argument("new_name", metavar="NEW_NAME", help="what it shall be called")
    output = parser.add_mutually_exclusive_group()
    output.add_argument("--json", action="store_true", help="print the edits as JSON instead of a diff")
    output.add_argument("--write", action="store_true", help="change the files")


def run(args: argparse.Namespace) -> int:
    file, point = _place(args.place)
    folder = workspace_folder(file)
    view = disk_view(folder)
    document = view.read(file)
    if document is None:
        raise Declined(f"{file} cannot be renamed in: it does not exist, is ignored, or is no text file")
    if point.line >= document.lines.count or point.column > len(document.lines.line(point.line)):
        raise UsageError(f"{file.name} has no line {point.line + 1}, column {point.column + 1}")
    result = Renamer(bundled_engines()).rename(view, document, point, args.new_name, cancelled=lambda: False)
    if args.json:
        print(json.dumps(_as_json(folder, result), indent=2, ensure_ascii=False))
        return 0
    out = console()
    if args.write:
        _write(result)
    else:
        for edit in result.changeset.edits:
            _print_diff(out, folder, edit)
    _print_summary(out, folder, result, written=args.write)
    return 0


def _place(text: str) -> tuple[Path, Point]:
    parts = text.rsplit(":", 2)
    if len(parts) != 3 or not all(part.isdecimal() and int(part) > 0 for part in parts[1:]):
        raise UsageError(f"'{text}' is no FILE:LINE:COLUMN, such as src/app.py:12:5")
    return Path(parts[0]).resolve(), Point(int(parts[1]) - 1, int(parts[2]) - 1)


def _as_json(folder: Path, result: RenameResult) -> dict[str, object]:
    return {
        "engine": result.engine,
        "files": [
            {
                "path": _relative(folder, edit.base.path),
                "edits": [
                    {
                        "line": item.span.start.line + 1,
                        "column": item.span.start.column + 1,
                        "end_line": item.span.end.line + 1,
                        "end_column": item.span.end.column + 1,
                        "new_text": item.text,
                    }
                    for item in edit.edits
                ],
            }
            for edit in result.changeset.edits
        ],
        "moves": [{"old": _relative(folder, move.old), "new": _relative(folder, move.new)} for move in _moves(result)],
        "uncertain": [
            {
                "path": _relative(folder, item.document.path),
                "line": item.span.start.line + 1,
                "column": item.span.start.column + 1,
            }
            for item in result.uncertain
        ],
    }


def _print_diff(out: Console, folder: Path, edit: FileEdit) -> None:
    print_diff(out, _relative(folder, edit.base.path), edit.base.text, edit.result.text)


def _print_summary(out: Console, folder: Path, result: RenameResult, *, written: bool) -> None:
    for move in _moves(result):
        out.print(f"[bold]move[/] {escape(_relative(folder, move.old))} → {escape(_relative(folder, move.new))}")
    for item in result.uncertain:
        out.print(f"[yellow]uncertain[/] {escape(_line_of(folder, item))}", soft_wrap=True)
    done = "renamed" if written else "to rename"
    summary = f"{_count(result.certain, 'occurrence')} in {_count(result.files, 'file')} {done}, engine {result.engine}"
    if result.uncertain:
        summary += f"; {_count(len(result.uncertain), 'place')} left alone, because the owner's type is unknown"
    out.print(summary if written else f"{summary}; --write does it")


def _line_of(folder: Path, item: Occurrence) -> str:
    line = item.span.start.line
    where = f"{_relative(folder, item.document.path)}:{line + 1}:{item.span.start.column + 1}"
    return f"{where}: {item.document.lines.line(line).strip()}"


def _write(result: RenameResult) -> None:
    """Every file is prepared beside its target and then put in its place in one step; nothing is touched before all are
    prepared.
    """
    moves = list(_moves(result))
    for move in moves:
        if move.new.exists():
            raise Declined(f"{move.new} exists already; nothing was changed")
    with ExitStack() as leftovers:
        prepared = [_prepare(edit, leftovers) for edit in result.changeset.edits]
        for temporary, target in prepared:
            temporary.replace(target)
    for move in moves:
        move.old.rename(move.new)


def _prepare(edit: FileEdit, leftovers: ExitStack) -> tuple[Path, Path]:
    target = _path(edit.base).resolve()  # a link stays a link
    data = target.read_bytes()
    mark = _BOM if data.startswith(_BOM) else b""
    if data.removeprefix(mark) != edit.base.text.encode():
        raise Stale(f"{target} changed while the rename was computed; nothing was written, try again")
    handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    leftovers.callback(Path(name).unlink, missing_ok=True)
    with os.fdopen(handle, "wb") as file:
        file.write(mark + edit.result.text.encode())
    shutil.copymode(target, name)
    return Path(name), target


def _moves(result: RenameResult) -> Iterator[RenameFile]:
    return (change for change in result.changeset.changes if isinstance(change, RenameFile))


def _path(document: Document) -> Path:
    if document.path is None:
        raise Declined(f"{document.uri} is no file")
    return document.path


def _relative(folder: Path, path: Path | None) -> str:
    return "" if path is None else path.relative_to(folder).as_posix()


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
