"""Implements ``core.checks.ToolRunner``: one copy of the workspace per answer, one process per tool.

Only what the answer makes worse counts: where a tool objects, it runs again without the answer, and what it says then
is no news.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tierwise.checkers.copy import TooLarge, WorkspaceCopy, python_path, search_path
from tierwise.checkers.problems import new_problems, shown
from tierwise.checkers.process import End, Ended, run, without_secrets
from tierwise.core.checks import CheckResult, CheckStatus, Skipped, Tool, ToolJob, ToolKind, Verdict
from tierwise.core.languages import language_of
from tierwise.core.rejection import Rejection, RejectReason

_REASONS = {ToolKind.LINTER: RejectReason.LINT, ToolKind.TYPES: RejectReason.TYPES, ToolKind.TESTS: RejectReason.TESTS}
_NOTHING_COLLECTED = 5
"""pytest's exit status where no test was found (docs.pytest.org, "Exit codes")."""


class SubprocessTools:
    """Runs tools. Safe in any thread; keeps nothing."""

    def __init__(self, environ: Mapping[str, str] = os.environ) -> None:
        self._environ = environ

    def run(
        self, job: ToolJob, tools: Sequence[Tool], begins: Callable[[Tool], None], cancelled: Callable[[], bool]
    ) -> Verdict:
        """As the port says. A copy that is too large, or a tool that is not there, skips the check and says so."""
        wanted = [tool for tool in tools if not tool.languages or tool.languages & job.languages]
        results: list[CheckResult] = [_skipped(tool, "not for these files") for tool in tools if tool not in wanted]
        if not wanted:
            return Verdict(tuple(results))
        try:
            copy = WorkspaceCopy(job.folder, job.limits.folder_mb << 20)
        except (TooLarge, OSError) as error:
            why = "the workspace is too large to copy" if isinstance(error, TooLarge) else "it cannot be copied"
            return Verdict((*results, *(_skipped(tool, why) for tool in wanted)))
        with copy:
            copy.write(job.opened)
            copy.write(job.changed)
            work = _Work(job, copy, self._variables(job.folder, copy), time.monotonic() + job.limits.total_s, cancelled)
            for tool in wanted:
                begins(tool)
                found = work.check(tool)
                if isinstance(found, Rejection):
                    return Verdict((*results, CheckResult(tool.name, CheckStatus.FAILED, found.reason)), found)
                results.append(_skipped(tool, found.why) if found else CheckResult(tool.name, CheckStatus.PASSED))
        return Verdict(tuple(results))

    def _variables(self, folder: Path, copy: WorkspaceCopy) -> dict[str, str]:
        environ = without_secrets(self._environ)
        environ["PATH"] = search_path(copy.folder, environ)
        environ["PYTHONPATH"] = python_path(folder, copy.folder, environ)
        return {**environ, "PYTHONDONTWRITEBYTECODE": "1", "NO_COLOR": "1", "CI": "1"}


@dataclass(slots=True)
class _Work:
    """The tools of one answer. ``until``: monotonic seconds when all must be done."""

    job: ToolJob
    copy: WorkspaceCopy
    environ: dict[str, str]
    until: float
    cancelled: Callable[[], bool]

    def check(self, tool: Tool) -> Rejection | Skipped | None:
        """One tool's objection; None where it has none."""
        command = self._command(tool)
        if isinstance(command, Skipped):
            return command
        after = self._run(command, tool)
        if (skipped := self._not_run(after, tool)) is not None:
            return skipped
        if after.end is End.BY_ITSELF and after.status == 0:
            return None
        before = self._without_the_answer(command, tool)
        return self._compared(tool, after, before)

    def _command(self, tool: Tool) -> list[str] | Skipped:
        files = [path for path, text in self.job.changed.items() if text is not None]
        if tool.languages:
            files = [path for path in files if language_of(path).id in tool.languages]
        if "{tests}" in tool.command and not self.job.tests:
            return Skipped("no test touches the changed code")
        if "{files}" in tool.command and not files:
            return Skipped("no file of its kind changes")
        found: list[str] = []
        for part in tool.command:
            paths = {"{files}": files, "{tests}": list(self.job.tests)}.get(part)
            found += [part] if paths is None else [path.relative_to(self.job.folder).as_posix() for path in paths]
        program = shutil.which(found[0], path=self.environ["PATH"])
        return Skipped(f"{found[0]} is not installed") if program is None else [program, *found[1:]]

    def _run(self, command: list[str], tool: Tool) -> Ended:
        limits = self.job.limits
        seconds = min(tool.timeout_s, self.until - time.monotonic())
        if seconds <= 0:
            return Ended(End.CANCELLED, -1, "")
        return run(
            command,
            self.copy.folder,
            self.environ,
            seconds=seconds,
            memory_mb=limits.memory_mb,
            output_kb=limits.output_kb,
            log=self.copy.outside / "output.log",
            cancelled=self.cancelled,
        )

    def _not_run(self, ended: Ended, tool: Tool) -> Skipped | None:
        if ended.end is End.NOT_STARTED:
            return Skipped(f"it cannot be started: {ended.output}")
        if ended.end is End.CANCELLED:
            return Skipped("there was no time left")
        if tool.kind is ToolKind.TESTS and ended.end is End.BY_ITSELF and ended.status == _NOTHING_COLLECTED:
            return Skipped("it found no tests")
        return None

    def _without_the_answer(self, command: list[str], tool: Tool) -> Ended:
        """What the tool says of the workspace as it is."""
        self.copy.restore(self.job.changed)
        self.copy.write(self.job.opened)
        try:
            return self._run(command, tool)
        finally:
            self.copy.write(self.job.changed)

    def _compared(self, tool: Tool, after: Ended, before: Ended) -> Rejection | Skipped | None:
        reason, folder = _REASONS[tool.kind], str(self.copy.folder)
        if after.end is not End.BY_ITSELF:
            if before.end is not End.BY_ITSELF:
                return Skipped(f"it does not come to an end ({before.end})")
            limit = f"{tool.timeout_s:g} s" if after.end is End.TIME else f"its limit of {after.end}"
            return Rejection(reason, f"With the answer, {tool.name} did not end within {limit}; without it does.")
        if before.end is not End.BY_ITSELF:
            return Skipped(f"it does not come to an end without the answer ({before.end})")
        if before.status == 0:
            return Rejection(reason, f"{tool.name} objects:\n{shown(after.output, folder)}")
        new = new_problems(after.output, before.output, folder)
        if new:
            return Rejection(reason, f"{tool.name} objects to what it did not object to before:\n{new}")
        return Skipped("it fails without the answer, too") if tool.kind is ToolKind.TESTS else None


def _skipped(tool: Tool, why: str) -> CheckResult:
    return CheckResult(tool.name, CheckStatus.SKIPPED, why)
