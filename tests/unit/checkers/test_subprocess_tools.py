"""The workspace's own tools on a copy: limits, cancelling, what they may see, and what counts as the answer's fault."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from tierwise.checkers import process
from tierwise.checkers.problems import new_problems
from tierwise.checkers.process import End, without_secrets
from tierwise.checkers.runner import SubprocessTools
from tierwise.core.checks import CheckStatus, Tool, ToolJob, ToolKind, ToolLimits, Verdict
from tierwise.core.rejection import RejectReason

PYTHON = sys.executable
PARENT = """
import pathlib, subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
place = pathlib.Path({!r})
part = place.with_suffix(".part")
part.write_text(str(child.pid))
part.rename(place)
time.sleep(600)
"""
"""A process with a child that would outlive it; its child's number stands in a file."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "work"
    folder.mkdir()
    (folder / "app.py").write_text("x = 1\n")
    (folder / "other.py").write_text("y = 1\n")
    return folder


def python(code: str, *arguments: str, kind: ToolKind = ToolKind.LINTER, timeout_s: float = 30.0) -> Tool:
    """A tool that is a few lines of Python."""
    return Tool("tool", kind, (PYTHON, "-c", code, *arguments), frozenset({"python"}), timeout_s)


def job(folder: Path, text: str = "x = 2\n", *, opened: str = "", limits: ToolLimits | None = None) -> ToolJob:
    documents = {folder / "other.py": opened} if opened else {}
    return ToolJob(folder, {folder / "app.py": text}, documents, (), frozenset({"python"}), limits or ToolLimits())


def judged(
    work: ToolJob, tool: Tool, cancelled: Callable[[], bool] = lambda: False, environ: dict[str, str] | None = None
) -> Verdict:
    runner = SubprocessTools() if environ is None else SubprocessTools(environ)
    return runner.run(work, (tool,), lambda _: None, cancelled)


def detail(verdict: Verdict) -> tuple[CheckStatus, str]:
    (result,) = verdict.results
    return result.status, result.detail


def test_a_tool_sees_the_answer_and_what_is_open_and_the_workspace_stays_as_it_is(folder: Path) -> None:
    code = (
        "import pathlib\nassert pathlib.Path('app.py').read_text() == 'x = 2\\n'\n"
        "assert pathlib.Path('other.py').read_text() == 'y = 7\\n'\npathlib.Path('made.txt').write_text('')\n"
    )
    assert detail(judged(job(folder, opened="y = 7\n"), python(code)))[0] is CheckStatus.PASSED
    assert {path.name: path.read_text() for path in folder.iterdir()} == {"app.py": "x = 1\n", "other.py": "y = 1\n"}


@pytest.mark.parametrize(
    ("kind", "reason"),
    [(ToolKind.LINTER, RejectReason.LINT), (ToolKind.TYPES, RejectReason.TYPES), (ToolKind.TESTS, RejectReason.TESTS)],
)
def test_an_objection_to_the_answer_rejects_it_with_the_tools_words(
    folder: Path, kind: ToolKind, reason: RejectReason
) -> None:
    code = "import sys\ntext = open(sys.argv[1]).read()\nsys.exit(f'{sys.argv[1]}:1: no twos' if '2' in text else 0)"
    verdict = judged(job(folder), python(code, "{files}", kind=kind))
    assert verdict.rejection is not None
    assert verdict.rejection.reason is reason
    assert "app.py:1: no twos" in verdict.rejection.evidence
    assert str(folder.parent) not in verdict.rejection.evidence


def test_what_was_wrong_before_is_not_the_answers_fault(folder: Path) -> None:
    assert detail(judged(job(folder), python("print('app.py:1: old'); raise SystemExit(1)")))[0] is CheckStatus.PASSED
    failing = python("print('FAILED test_old'); raise SystemExit(1)", kind=ToolKind.TESTS)
    assert detail(judged(job(folder), failing)) == (CheckStatus.SKIPPED, "it fails without the answer, too")


def test_new_problems_are_told_from_old_ones_that_moved() -> None:
    before = "/a/app.py:3: old\nFound 1 error in 0.2 s\n"
    after = "/a/app.py:9: old\n/a/app.py:1: new\nFound 2 errors in 0.3 s\n"
    assert new_problems(before.replace("3", "7"), before, "/a") == ""
    assert "app.py:1: new" in new_problems(after, before, "/a")


def test_a_tool_that_hangs_with_the_answer_only_rejects_it(folder: Path) -> None:
    code = "import time\nif '2' in open('app.py').read(): time.sleep(600)"
    verdict = judged(job(folder), python(code, timeout_s=1))
    assert verdict.rejection is not None
    assert "did not end within 1 s" in verdict.rejection.evidence


def test_a_tool_that_always_hangs_says_nothing_of_the_answer(folder: Path) -> None:
    status, why = detail(judged(job(folder), python("import time; time.sleep(600)", timeout_s=0.3)))
    assert (status, why) == (CheckStatus.SKIPPED, "it does not come to an end (time)")


def test_memory_is_limited(folder: Path) -> None:
    code = "import time\nif '2' in open('app.py').read():\n    held = b'x' * (300 << 20)\n    time.sleep(600)"
    verdict = judged(job(folder, limits=ToolLimits(memory_mb=150)), python(code))
    assert verdict.rejection is not None
    assert "its limit of memory" in verdict.rejection.evidence


def test_output_is_limited(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "_LONGEST_OUTPUT", 1 << 20)
    code = "import time\nif '2' in open('app.py').read():\n    print('x' * (2 << 20), flush=True)\n    time.sleep(600)"
    verdict = judged(job(folder), python(code))
    assert verdict.rejection is not None
    assert "its limit of output" in verdict.rejection.evidence


def test_of_long_output_the_beginning_and_the_end_are_kept(folder: Path, tmp_path: Path) -> None:
    command = (PYTHON, "-c", "print('first' + 'x' * 9000 + 'last')")
    ended = process.run(
        command, folder, {}, seconds=30, memory_mb=4096, output_kb=1, log=tmp_path / "log", cancelled=lambda: False
    )
    assert ended.end is End.BY_ITSELF
    assert ended.output.startswith("first")
    assert ended.output.rstrip().endswith("last")
    assert len(ended.output) < 1_100


def test_cancelling_ends_the_tool_and_what_it_started(folder: Path, tmp_path: Path) -> None:
    started = tmp_path / "child"
    code = PARENT.format(str(started))
    verdict = judged(job(folder), python(code), started.exists)
    assert detail(verdict)[0] is CheckStatus.SKIPPED
    assert not _lives(int(started.read_text()))


def _lives(pid: int) -> bool:
    """Whether a process that was killed is still there after a while; the system may take a moment."""
    for _ in range(100):
        try:
            if psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
                return False
            psutil.Process(pid).wait(0.05)
        except psutil.NoSuchProcess:
            return False
        except psutil.TimeoutExpired:
            continue
    return True


def test_secrets_stay_out_of_a_tools_environment(folder: Path) -> None:
    secret = {"ANTHROPIC_API_KEY": "s", "GITHUB_TOKEN": "s", "DB_PASSWORD": "s", "aws_secret_access": "s"}
    plain = {"PATH": "/bin", "LANG": "C", "HOME": "/home/me"}
    assert without_secrets({**secret, **plain}) == plain
    code = "import os, sys\nsys.exit(any(value == 'hush' for value in os.environ.values()))"
    environ = {**process.os.environ, "MY_API_KEY": "hush"}
    assert detail(judged(job(folder), python(code), environ=environ))[0] is CheckStatus.PASSED


@pytest.mark.parametrize(
    ("tool", "why"),
    [
        (Tool("t", ToolKind.LINTER, ("no-such-program",), frozenset(), 1), "no-such-program is not installed"),
        (Tool("t", ToolKind.TYPES, ("go", "vet"), frozenset({"go"}), 1), "not for these files"),
        (Tool("t", ToolKind.TESTS, (PYTHON, "{tests}"), frozenset(), 1), "no test touches the changed code"),
    ],
)
def test_what_cannot_be_checked_is_skipped_with_the_reason(folder: Path, tool: Tool, why: str) -> None:
    assert detail(judged(job(folder), tool)) == (CheckStatus.SKIPPED, why)


def test_a_workspace_that_is_too_large_is_not_copied(folder: Path) -> None:
    with (folder / "data.bin").open("wb") as file:
        file.truncate(2 << 20)
    assert (
        detail(judged(job(folder, limits=ToolLimits(folder_mb=1)), python("")))[1]
        == "the workspace is too large to copy"
    )


def test_windows_ends_a_process_with_all_below_it(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The branch without process groups, which needs nothing that only Windows has."""
    monkeypatch.setattr(process.sys, "platform", "win32")
    stop = tmp_path / "pid"
    code = PARENT.format(str(stop))
    ended = process.run(
        (PYTHON, "-c", code), folder, dict(process.os.environ), seconds=60, memory_mb=4096, output_kb=1,
        log=tmp_path / "log", cancelled=stop.exists,
    )  # fmt: skip
    assert ended.end is End.CANCELLED
    assert not _lives(int(stop.read_text()))
