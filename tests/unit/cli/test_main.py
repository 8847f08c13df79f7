from __future__ import annotations

import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from tierwise import __version__
from tierwise.cli.main import VERBS, main


def run(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tierwise", *arguments]
    return subprocess.run(command, capture_output=True, text=True, env={**os.environ, **environ}, check=False)


def test_the_help_names_every_verb_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    lines = capsys.readouterr().out.splitlines()
    for name in VERBS:
        assert sum(line.split()[:1] == [name] for line in lines) == 1
    assert all(len(line) <= 100 for line in lines)


def test_no_verb_shows_the_help_as_wrong_use(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    assert "usage: tierwise VERB" in capsys.readouterr().out


def test_the_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"tierwise {__version__}\n"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["reprot"], "did you mean 'report'?"),
        (["zzz"], "`tierwise --help`"),
        (["queue", "show"], "required: N"),
        (["queue", "show", "x"], "invalid int value"),
        (["report", "--days", "0"], "no number of days"),
        (["report", "--colour"], "--colour"),
    ],
)
def test_wrong_use_is_one_line_and_status_2(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert len(printed.err.splitlines()) == 1
    assert words in printed.err


def test_every_verb_explains_itself(capsys: pytest.CaptureFixture[str]) -> None:
    for name in VERBS:
        assert main([name, "--help"]) == 0
        assert f"usage: tierwise {name}" in capsys.readouterr().out


def test_a_verb_loads_no_other_verb() -> None:
    code = (
        "import sys; from tierwise.cli.main import main; main(['queue', '--help'])\n"
        "print([m for m in sys.modules if m.split('.')[0] in {'pygls', 'httpx', 'anthropic', 'jedi'}])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_the_servers_start_loads_only_the_standard_library() -> None:
    code = (
        "import sys; before = set(sys.modules)\n"
        "from tierwise.__main__ import main; main(['serve'])\n"
        "names = {m.split('.')[0] for m in set(sys.modules) - before}\n"
        "print(sorted(names - set(sys.stdlib_module_names)), 'argparse' in names, file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], input="", capture_output=True, text=True, check=True)
    assert done.stderr.splitlines()[-1] == "['tierwise'] False"


def test_a_state_file_that_cannot_be_read_is_one_line_and_status_1(tmp_path: Path) -> None:
    (tmp_path / "tierwise" / "events.sqlite3").mkdir(parents=True)
    done = run("report", XDG_STATE_HOME=str(tmp_path))
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert "events.sqlite3" in done.stderr


def test_a_fault_of_our_own_is_one_line_without_a_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("TIERWISE_TRACEBACK", raising=False)
    monkeypatch.setattr(import_module("tierwise.cli.queue"), "run", lambda args: 1 // 0)
    assert main(["queue"]) == 1
    printed = capsys.readouterr().err
    assert printed.startswith("tierwise queue: ZeroDivisionError")
    assert "Traceback" not in printed


def test_an_interrupt_is_status_130(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(args: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(import_module("tierwise.cli.queue"), "run", interrupted)
    assert main(["queue"]) == 130


@pytest.mark.skipif(os.name == "nt", reason="closed pipes are reported otherwise there")
def test_a_closed_pipe_is_quiet() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [sys.executable, "-m", "tierwise", "--help"], stdout=writer, stderr=subprocess.PIPE, text=True, check=False
    )
    os.close(writer)
    assert done.stderr == ""
    assert done.returncode == 1


@pytest.mark.parametrize("columns", ["0", "1", "19"])
def test_a_terminal_that_says_it_has_no_columns_is_still_written_to(
    columns: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    assert main(["profiles"]) == 0
    assert "embedded" in capsys.readouterr().out


def test_an_error_of_the_system_is_told_in_words(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    home.write_text("a file")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home))
    assert main(["setup", "helix", "--write"]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"tierwise setup: {home}")
    assert "Errno" not in line
