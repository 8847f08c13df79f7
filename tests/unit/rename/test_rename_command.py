"""``tierwise rename``: diff, JSON, and files written in one step each."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from tierwise.cli.main import main


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / ".tierwise.toml").write_text("")
    (tmp_path / "lib.py").write_bytes(b"def load(path):\r\n    return path\r\n")
    (tmp_path / "main.py").write_bytes(b"\xef\xbb\xbffrom lib import load\nprint(load('x'), '\xc3\xa9')\n")
    (tmp_path / "main.py").chmod(0o755)
    return tmp_path


def rename(*arguments: str) -> int:
    return main(["rename", *arguments])


def test_the_diff_is_printed_and_nothing_is_written(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = {path: path.read_bytes() for path in project.iterdir()}
    assert rename(f"{project / 'main.py'}:2:7", "load_all") == 0
    printed = capsys.readouterr().out
    for line in (
        "--- a/lib.py",
        "+++ b/lib.py",
        "-def load(path):",
        "+def load_all(path):",
        "+from lib import load_all",
    ):
        assert line in printed.splitlines()
    assert printed.splitlines()[-1] == "3 occurrences in 2 files to rename, engine jedi; --write does it"
    assert {path: path.read_bytes() for path in project.iterdir()} == before


def test_json(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert rename(f"{project / 'lib.py'}:1:5", "load_all", "--json") == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["engine"] == "jedi"
    assert [file["path"] for file in printed["files"]] == ["lib.py", "main.py"]
    assert printed["files"][0]["edits"] == [
        {"line": 1, "column": 5, "end_line": 1, "end_column": 9, "new_text": "load_all"}
    ]
    assert printed["moves"] == []
    assert printed["uncertain"] == []


def test_write_keeps_bytes_mode_and_line_ends(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert rename(f"{project / 'main.py'}:2:7", "load_all", "--write") == 0
    assert (project / "lib.py").read_bytes() == b"def load_all(path):\r\n    return path\r\n"
    expected = b"\xef\xbb\xbffrom lib import load_all\nprint(load_all('x'), '\xc3\xa9')\n"
    assert (project / "main.py").read_bytes() == expected
    assert stat.S_IMODE((project / "main.py").stat().st_mode) == 0o755
    assert sorted(path.name for path in project.iterdir()) == [".tierwise.toml", "lib.py", "main.py"]
    assert "3 occurrences in 2 files renamed" in capsys.readouterr().out


def test_write_moves_a_renamed_module(project: Path) -> None:
    assert rename(f"{project / 'main.py'}:1:6", "store", "--write") == 0
    assert (project / "store.py").is_file()
    assert not (project / "lib.py").exists()
    assert b"from store import load" in (project / "main.py").read_bytes()


def test_the_folder_is_the_nearest_project_root(project: Path) -> None:
    inner = project / "sub"
    inner.mkdir()
    (inner / "use.py").write_text("from lib import load\nload(1)\n")
    assert rename(f"{inner / 'use.py'}:2:1", "load_all", "--write") == 0
    assert (project / "lib.py").read_bytes().startswith(b"def load_all")


@pytest.mark.parametrize(
    ("place", "new", "status", "sentence"),
    [
        ("main.py", "x", 2, "is no FILE:LINE:COLUMN"),
        ("main.py:0:1", "x", 2, "is no FILE:LINE:COLUMN"),
        ("main.py:9:1", "x", 2, "has no line 9"),
        ("missing.py:1:1", "x", 1, "does not exist"),
        ("main.py:2:1", "x", 1, "built into Python"),
        ("main.py:2:7", "1x", 1, "not a valid name"),
        ("main.py:2:7", "class", 1, "keyword"),
    ],
)
def test_refusals_are_one_line(
    project: Path, capsys: pytest.CaptureFixture[str], place: str, new: str, status: int, sentence: str
) -> None:
    assert rename(f"{project / place}" if ":" not in place else str(project / place), new) == status
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    assert captured.err.startswith("tierwise rename: ")
    assert sentence in captured.err


def test_uncertain_places_are_shown(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "a.py").write_text("class A:\n    def run(self): ...\ndef f(x):\n    x.run()\n")
    assert rename(f"{project / 'a.py'}:2:9", "go") == 0
    printed = capsys.readouterr().out
    assert "uncertain a.py:4:7: x.run()" in printed
    assert "1 place left alone" in printed
