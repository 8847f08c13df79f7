"""What changes on disk without anybody saying so: texts, links and ignore files are what they are now."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from tierwise.core.clock import SystemClock
from tierwise.core.uris import to_uri
from tierwise.features.learning import Listeners
from tierwise.session.prefix_line import Absent
from tierwise.session.privacy import FolderTerms, Forbidden
from tierwise.session.session import Session

links = pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege there")


def session_of(folder: Path) -> Session:
    session = Session(SystemClock(), Listeners())
    session.set_folders({folder: FolderTerms()})
    return session


def text_of(session: Session, path: Path) -> str | None:
    document = session.view().read(path)
    return None if document is None else document.text


def test_a_text_of_the_same_size_and_time_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_text("x = 1\n")
    session = session_of(tmp_path)
    assert text_of(session, path) == "x = 1\n"
    times = path.stat().st_atime_ns, path.stat().st_mtime_ns
    path.write_text("x = 2\n")
    os.utime(path, ns=times)
    assert text_of(session, path) == "x = 2\n"


def test_a_file_that_takes_the_place_of_an_aged_one_is_read(tmp_path: Path) -> None:
    path, other = tmp_path / "a.py", tmp_path / "b.py"
    long_ago = 10**18, 10**18
    for file, text in ((path, "x = 1\n"), (other, "x = 2\n")):
        file.write_text(text)
        os.utime(file, ns=long_ago)
    session = session_of(tmp_path)
    assert text_of(session, path) == "x = 1\n"
    other.replace(path)
    assert text_of(session, path) == "x = 2\n"


@links
@pytest.mark.parametrize("target", [".env", "../outside.py", "ignored.py"])
def test_a_file_that_becomes_a_link_is_judged_by_its_target(tmp_path: Path, target: str) -> None:
    folder = tmp_path / "w"
    folder.mkdir()
    (folder / ".gitignore").write_text("ignored.py\n")
    (folder / target).write_text("PASSWORD\n")
    path = folder / "a.py"
    path.write_text("x = 1\n")
    session = session_of(folder)
    before = session.view().read(path)
    assert before is not None
    path.unlink()
    path.symlink_to(target)
    assert session.latest(before) is Absent.FORBIDDEN
    assert text_of(session, path) is None


@links
def test_a_folder_that_becomes_a_link_is_judged_by_its_target(tmp_path: Path) -> None:
    inside, outside = tmp_path / "w" / "sub", tmp_path / "other"
    for folder in (inside, outside):
        folder.mkdir(parents=True)
        (folder / "a.py").write_text(f"x = '{folder.name}'\n")
    session = session_of(tmp_path / "w")
    assert text_of(session, inside / "a.py") == "x = 'sub'\n"
    inside.rename(tmp_path / "w" / "moved")
    inside.symlink_to(outside)
    assert text_of(session, inside / "a.py") is None


@links
def test_an_open_file_that_became_a_link_is_forbidden_once_that_is_reported(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_text("x = 1\n")
    (tmp_path / ".env").write_text("PASSWORD=1\n")
    session = session_of(tmp_path)
    document = session.open(to_uri(path), "python", 1, "x = 1\n")
    assert session.forbidden(document) is None
    path.unlink()
    path.symlink_to(".env")
    session.files_changed([path])
    assert session.forbidden(document) is Forbidden.SECRET


@pytest.mark.parametrize("name", [".gitignore", ".tierwiseignore", "sub/.gitignore"])
def test_an_ignore_file_that_changes_is_noticed(tmp_path: Path, name: str) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / ".gitignore").write_text("other.py\n")
    path = tmp_path / "sub" / "a.py"
    path.write_text("x = 1\n")
    session = session_of(tmp_path)
    assert text_of(session, path) == "x = 1\n"
    (tmp_path / name).write_text("a.py\n")
    session.look_at_rules()
    assert text_of(session, path) is None
    (tmp_path / name).unlink()
    session.look_at_rules()
    assert text_of(session, path) == "x = 1\n"


@pytest.mark.parametrize(("folder", "name"), [(".ssh", "hosts.py"), (".git", "hook.py"), (".aws", "config")])
def test_a_workspace_folder_may_be_secret_itself(tmp_path: Path, folder: str, name: str) -> None:
    (tmp_path / folder).mkdir()
    path = tmp_path / folder / name
    path.write_text("x = 1\n")
    assert session_of(tmp_path / folder).view().forbidden(path) is Forbidden.SECRET


@links
def test_links_in_a_circle_are_no_files(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("x = 1\n")
    (tmp_path / "b.py").symlink_to("c.py")
    (tmp_path / "c.py").symlink_to("b.py")
    session = session_of(tmp_path)
    session.files_changed([tmp_path / "b.py"])
    assert list(session.view().files(tmp_path)) == [tmp_path / "a.py"]
    assert text_of(session, tmp_path / "b.py") is None


def test_a_name_too_long_for_the_disk_is_no_file(tmp_path: Path) -> None:
    path = tmp_path / f"{'n' * 300}.py"
    session = session_of(tmp_path)
    document = session.open(to_uri(path), "python", 1, "x = 1\n")
    assert session.latest(document) == document
    session.close(document.uri)
    session.files_changed([path])
    assert session.latest(document) is Absent.GONE


def test_a_document_that_outgrows_the_limit_is_left_alone_until_it_is_small_again(tmp_path: Path) -> None:
    session = Session(SystemClock(), Listeners())
    session.set_folders({tmp_path: FolderTerms(max_bytes=20_000)})
    uri = to_uri(tmp_path / "a.py")
    session.open(uri, "python", 1, "x = 1\n")
    for version, (text, reason) in enumerate((("y = 2\n" * 5_000, Forbidden.TOO_LARGE), ("z = 3\n", None)), 2):
        edit = session.change(uri, version, None, text)
        assert edit is not None
        assert session.forbidden(edit.after) is reason
