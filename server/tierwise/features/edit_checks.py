"""Has the workspace's own linter, type checker and tests judge an answer, once our own checks have accepted it.

Owner of no state. Nothing is run that the settings do not name, and nothing at all for a folder that is not trusted.
"""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path

from tierwise.core.changes import Changeset, CreateFile, FileEdit, RenameFile
from tierwise.core.checks import CheckResult, CheckStatus, Tool, ToolJob, ToolKind, ToolRunner, Verdict
from tierwise.core.documents import Document
from tierwise.core.languages import language_of
from tierwise.session.view import FrozenView
from tierwise.settings.checking import tool
from tierwise.settings.models import Settings

_DOING = {
    ToolKind.LINTER: "Running the linter",
    ToolKind.TYPES: "Running the type checker",
    ToolKind.TESTS: "Running the tests",
}
_MOST_TESTS = 20
"""Test files that are run for one answer: those that touch it most likely come first."""
_WORD = re.compile(r"[^\W\d]\w{2,}")


class ToolChecks:
    """The tools of all folders."""

    def __init__(self, runner: ToolRunner, is_trusted: Callable[[Path], bool]) -> None:
        self._runner = runner
        self._is_trusted = is_trusted

    async def judge(
        self,
        changeset: Changeset,
        view: FrozenView,
        folder: Path | None,
        settings: Settings,
        report: Callable[[str], None],
    ) -> Verdict:
        """The tools' verdict. ``report`` hears what is being run. Cancelled, it ends when the last process has."""
        tools = [tool(name, settings.checkers[name]) for name in settings.checks.use]
        if not tools:
            return Verdict()
        if folder is None or not self._is_trusted(folder):
            return _skipped(tools, "the folder is not trusted" if folder else "the file is in no workspace folder")
        loop = asyncio.get_running_loop()
        stop = threading.Event()

        def begins(one: Tool) -> None:
            loop.call_soon_threadsafe(report, f"{_DOING[one.kind]} ({one.name})")

        def work() -> Verdict:
            job = tool_job(changeset, view, folder, settings)
            return self._runner.run(job, tools, begins, stop.is_set)

        running = asyncio.ensure_future(asyncio.to_thread(work))
        try:
            return await asyncio.shield(running)
        finally:
            stop.set()
            if not running.done():
                await asyncio.wait({running})


def tool_job(changeset: Changeset, view: FrozenView, folder: Path, settings: Settings) -> ToolJob:
    """What the tools are to look at. Reads the workspace: call it in a thread."""
    changed = {path: text for path, text in _new_texts(changeset, view) if path.is_relative_to(folder)}
    documents = (document for document in view.open_documents() if document.path and view.folder_of(document.path))
    opened = {d.path: d.text for d in documents if d.path and d.path.is_relative_to(folder)}
    tests = islice(dict.fromkeys(_tests(changeset, view, folder)), _MOST_TESTS)
    languages = frozenset(language_of(path).id for path in changed)
    return ToolJob(folder, changed, opened, tuple(tests), languages, settings.checks.limits)


def _new_texts(changeset: Changeset, view: FrozenView) -> Iterator[tuple[Path, str | None]]:
    for change in changeset.changes:
        match change:
            case FileEdit(Document(path=Path() as path)):
                yield path, change.result.text
            case CreateFile(path, text):
                yield path, text
            case RenameFile(old, new):
                moved = view.read(old)
                yield old, None
                yield new, moved.text if moved else ""
            case _:
                pass


def _tests(changeset: Changeset, view: FrozenView, folder: Path) -> Iterator[Path]:
    """Test files that touch what changes: changed or new ones, those named after a changed file, and those that name
    the file or a definition whose lines change.
    """
    listed = view.map(folder)
    every = frozenset(listed.test_files) if listed else frozenset[Path]()
    edits = [edit for edit in changeset.edits if edit.base.path is not None and edit.base.path.is_relative_to(folder)]
    created = [change.path for change in changeset.changes if isinstance(change, CreateFile)]
    yield from (path for path in created if listed is not None and listed.is_test(path))
    yield from (edit.base.path for edit in edits if edit.base.path in every)
    for edit in edits:
        if edit.base.path is not None and listed is not None:
            yield from listed.tests_of(edit.base.path, edit.base.language)
    for edit in edits:
        yield from _naming(_changed_names(view, edit), view, every, edit.base.language)


def _changed_names(view: FrozenView, edit: FileEdit) -> frozenset[str]:
    """The names of the definitions that an edit changes lines of, and of their file."""
    changed = [
        definition.name
        for definition in view.outline(edit.base)
        if any(definition.span.touches(part.span) for part in edit.edits)
    ]
    return frozenset([*changed, edit.base.path.stem if edit.base.path else ""]) - {""}


def _naming(names: frozenset[str], view: FrozenView, tests: Iterable[Path], language: str) -> Iterator[Path]:
    """The tests of a language that hold one of the names, those with most of them first."""
    found: list[tuple[int, Path]] = []
    for path in sorted(tests):
        document = view.read(path) if language_of(path).id == language else None
        held = names & set(_WORD.findall(document.text)) if document else ()
        if held:
            found.append((-len(held), path))
    yield from (path for _, path in sorted(found))


def _skipped(tools: Iterable[Tool], why: str) -> Verdict:
    return Verdict(tuple(CheckResult(one.name, CheckStatus.SKIPPED, why) for one in tools))
