"""The workspace's own linter and tests as judges of this project's own edits, run as the edit flow runs them.

The workspace of an edit is written out, its function still a stub; the answer is applied to a copy by the checkers
themselves.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from benchmarks.validator_worlds import Edit
from tierwise.checkers.runner import SubprocessTools
from tierwise.core.checks import Tool, ToolJob, ToolKind, ToolLimits
from tierwise.core.rejection import Rejection

_PYTHON = frozenset({"python"})
_LINTER = Tool("ruff", ToolKind.LINTER, (sys.executable, "-m", "ruff", "check", "--no-cache", "{files}"), _PYTHON, 60)
_TESTS = Tool(
    "pytest",
    ToolKind.TESTS,
    # The workspace's packages lie in a folder that an installed Tierwise would otherwise stand before.
    (sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "-o", "pythonpath=server", "{tests}"),
    _PYTHON,
    120,
)


class OwnTools:
    """Judges edits of ``validator_worlds.own``. Owner of the folder with the last edit's workspace."""

    def __init__(self) -> None:
        self._root = Path(tempfile.mkdtemp(prefix="tierwise-validators-"))
        self._edit: Edit | None = None
        self._runner = SubprocessTools()

    def judge(self, edit: Edit, after: Mapping[str, str]) -> Rejection | None:
        """What linter and tests say of the new texts; None accepts them, also where there is nothing to run."""
        if not edit.tests:
            return None
        folder = self._written(edit)
        changed: dict[Path, str | None] = {folder / name: text for name, text in after.items()}
        tests = [folder / name for name in edit.tests]
        job = ToolJob(folder, changed, {}, tests, _PYTHON, ToolLimits(total_s=300))
        return self._runner.run(job, (_LINTER, _TESTS), lambda _: None, lambda: False).rejection

    def close(self) -> None:
        shutil.rmtree(self._root, ignore_errors=True)

    def _written(self, edit: Edit) -> Path:
        folder = self._root / "work"
        if self._edit is not edit:
            shutil.rmtree(folder, ignore_errors=True)
            for name, text in edit.files.items():
                path = folder / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(text.encode())
            self._edit = edit
        return folder
