"""``tierwise rename``: diff, JSON, and files written in one step each."""

from __future__ import annotations

import json
import stat
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tierwise.cli.main import main

FAKE = Path(__file__).parents[1] / "servers" / "fake_server.py"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for kind in ("CONFIG", "STATE"):
        monkeypatch.setenv(f"XDG_{kind}_HOME", str(tmp_path / "user" / kind))
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / ".tierwise.toml").write_text("")
    (folder / "lib.py").write_bytes(b"def load(path):\r\n    return path\r\n")
    (folder / "main.py").write_bytes(b"\xef\xbb\xbffrom lib import load\nprint(load('x'), '\xc3\xa9')\n")
    (folder / "main.py").chmod(0o755)
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


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
        ("main.py:2:7", "__debug__", 1, "keyword"),
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


def use_server(project: Path, *habits: str) -> None:
    """Let the project name a language server for plain text and for Python."""
    command = json.dumps([sys.executable, str(FAKE), str(project.parent / "log"), *habits])
    settings = f'[language_servers.fake]\nlanguages = ["plaintext", "python"]\nrank = -1\ncommand = {command}\n'
    (project / ".tierwise.toml").write_text(settings)
    (project / "words.txt").write_text("load of hay\n")


def test_a_language_server_is_waited_for_in_a_trusted_folder(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    use_server(project)
    place = f"{project / 'words.txt'}:1:1"
    assert rename(place, "cart") == 1, "its command is not run before somebody trusts it"
    assert not (project.parent / "log").exists()
    assert main(["trust", str(project)]) == 0
    assert rename(place, "cart", "--write") == 0
    assert (project / "words.txt").read_text() == "cart of hay\n"
    assert capsys.readouterr().out.splitlines()[-1] == "1 occurrence in 1 file renamed, engine fake"


def test_a_language_server_that_fails_leaves_it_to_ours(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    use_server(project, "no-provider")
    assert main(["trust", str(project)]) == 0
    assert rename(f"{project / 'lib.py'}:1:5", "load_all") == 0
    assert capsys.readouterr().out.splitlines()[-1].startswith("3 occurrences in 2 files to rename, engine jedi")


def test_the_settings_choose_the_engines(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    use_server(project)
    with (project / ".tierwise.toml").open("a") as settings:
        settings.write('[rename]\nengines = ["bundled"]\n')
    assert main(["trust", str(project)]) == 0
    assert rename(f"{project / 'lib.py'}:1:5", "load_all") == 0
    assert "engine jedi" in capsys.readouterr().out
    assert not (project.parent / "log").exists()


@pytest.mark.parametrize(("aliases", "files"), [("true", ["a.js"]), ("false", ["a.js", "b.js"])])
def test_the_settings_choose_aliases(
    project: Path, capsys: pytest.CaptureFixture[str], aliases: str, files: list[str]
) -> None:
    (project / "a.js").write_text("import { load } from './b';\nload();\n")
    (project / "b.js").write_text("export function load() {}\n")
    (project / ".tierwise.toml").write_text(f"[rename]\naliases = {aliases}\n")
    assert main(["trust", str(project)]) == 0
    capsys.readouterr()
    assert rename(f"{project / 'a.js'}:2:1", "read", "--json") == 0
    printed = json.loads(capsys.readouterr().out)
    assert [file["path"] for file in printed["files"]] == files


def test_a_file_in_conflict_is_refused(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    conflict = "<<<<<<< ours\nx = load(1)\n=======\nx = load(2)\n>>>>>>> theirs\n"
    (project / "main.py").write_text(f"from lib import load\n{conflict}")
    before = contents(project)
    assert rename(f"{project / 'lib.py'}:1:5", "load_all", "--write") == 1
    assert "main.py holds an unresolved merge conflict" in capsys.readouterr().err
    assert contents(project) == before


def test_a_file_that_changes_meanwhile_is_refused(
    project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    before_writing(monkeypatch, lambda: (project / "main.py").write_text("from lib import load\nload(2)\n"))
    assert rename(f"{project / 'lib.py'}:1:5", "load_all", "--write") == 1
    assert "main.py changed while the rename was computed" in capsys.readouterr().err
    assert contents(project) == {
        ".tierwise.toml": b"",
        "lib.py": b"def load(path):\r\n    return path\r\n",
        "main.py": b"from lib import load\nload(2)\n",
    }


def test_a_write_that_fails_half_way_is_taken_back(
    project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = contents(project)
    replaced: list[Path] = []
    replace = Path.replace

    def fail_at_the_second(self: Path, target: Any) -> Path:
        if len(replaced) == 1:
            replaced.append(target)
            raise OSError(28, "No space left on device")
        replaced.append(target)
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", fail_at_the_second)
    assert rename(f"{project / 'lib.py'}:1:5", "load_all", "--write") == 1
    monkeypatch.undo()
    assert "No space left" in capsys.readouterr().err
    assert contents(project) == before


def before_writing(monkeypatch: pytest.MonkeyPatch, act: Callable[[], object]) -> None:
    """Do something at the moment when the rename is known and nothing is written yet."""
    from tierwise.cli import rename as verb

    write = verb.write_changes

    def act_then_write(changes: Any) -> None:
        act()
        write(changes)

    monkeypatch.setattr(verb, "write_changes", act_then_write)
