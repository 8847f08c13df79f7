"""``tierwise rename``: rename a symbol from the command line, as a diff, as JSON, or written to the files.

The engines are those of an editor's session, the folder's language servers included where it is trusted. Writes only
with ``--write``.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from rich.console import Console
from rich.markup import escape

from tierwise.cli.diffs import print_diff
from tierwise.cli.disk_view import disk_view, workspace_folder
from tierwise.cli.figures import console
from tierwise.cli.rename_write import write_changes
from tierwise.core.changes import FileEdit, RenameFile
from tierwise.core.clock import SystemClock
from tierwise.core.errors import Declined, UsageError
from tierwise.core.right_of_way import RightOfWay
from tierwise.core.text import Point
from tierwise.core.workspace import WorkspaceView
from tierwise.features.rename.engines import Asked, Engines
from tierwise.rename.engines import bundled_engines
from tierwise.rename.service import Renamer
from tierwise.rename.snapshot import Snapshot
from tierwise.rename.values import Occurrence, RenameResult
from tierwise.servers.pool import LanguageServers
from tierwise.settings.store import SettingsStore, open_store


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("place", metavar="FILE:LINE:COLUMN", help="where the name stands; both count from 1")
    parser.add_argument("new_name", metavar="NEW_NAME", help="what it shall be called")
    output = parser.add_mutually_exclusive_group()
    output.add_argument("--json", action="store_true", help="print the edits as JSON instead of a diff")
    output.add_argument("--write", action="store_true", help="change the files")


def run(args: argparse.Namespace) -> int:
    file, point = _place(args.place)
    folder = workspace_folder(file)
    store = _store(folder)
    view = disk_view(folder, store.for_folder(folder).privacy.exclude)
    document = view.read(file)
    if document is None:
        raise Declined(f"{file} cannot be renamed in: it does not exist, is ignored, or is no text file")
    if point.line >= document.lines.count or point.column > len(document.lines.line(point.line)):
        raise UsageError(f"{file.name} has no line {point.line + 1}, column {point.column + 1}")
    result = asyncio.run(_renamed(store, view, Asked(Snapshot(view), document, point, args.new_name)))
    if args.json:
        print(json.dumps(_as_json(folder, result), indent=2, ensure_ascii=False))
        return 0
    out = console()
    if args.write:
        write_changes(result.changeset)
    else:
        for edit in result.changeset.edits:
            _print_diff(out, folder, edit)
    _print_summary(out, folder, result, written=args.write)
    return 0


def _store(folder: Path) -> SettingsStore:
    """The settings that hold for ``folder``. What is wrong with them is told; the rest holds."""
    store = open_store(os.environ)
    store.set_folders([folder])
    for problem in store.problems():
        print(f"tierwise rename: {problem.sentence}", file=sys.stderr)
    return store


async def _renamed(store: SettingsStore, view: WorkspaceView, asked: Asked) -> RenameResult:
    """The certain occurrences, by the best engine there is. Raises RenameDeclined."""
    servers = LanguageServers(store.for_folder, store.is_trusted, lambda: view, os.environ, SystemClock())
    renamers = Renamer(bundled_engines()), Renamer(bundled_engines(aliases=False))
    engines = Engines(*renamers, servers, RightOfWay())
    assert asked.document.path is not None
    settings = store.for_folder(view.folder_of(asked.document.path)).rename
    try:
        with console(stderr=True).status(f"asking {', then '.join(engines.names(asked.document, settings))}"):
            return await engines.rename(asked, settings, patient=True)
    finally:
        await engines.aclose()
        await servers.aclose()


def _place(text: str) -> tuple[Path, Point]:
    parts = text.rsplit(":", 2)
    if len(parts) != 3 or not all(part.isdecimal() and int(part) > 0 for part in parts[1:]):
        raise UsageError(f"'{text}' is no FILE:LINE:COLUMN, such as src/app.py:12:5")
    return Path(os.path.realpath(parts[0])), Point(int(parts[1]) - 1, int(parts[2]) - 1)


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


def _moves(result: RenameResult) -> Iterator[RenameFile]:
    return (change for change in result.changeset.changes if isinstance(change, RenameFile))


def _relative(folder: Path, path: Path | None) -> str:
    return "" if path is None else path.relative_to(folder).as_posix()


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
