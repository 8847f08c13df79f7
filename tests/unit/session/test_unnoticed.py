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


@links
def test_a_file_open_by_a_link_is_that_file(tmp_path: Path) -> None:
    path, link = tmp_path / "a.py", tmp_path / "b.py"
    path.write_text("x = 1\n")
    link.symlink_to("a.py")
    session = session_of(tmp_path)
    assert list(session.view().files(tmp_path)) == [path]
    session.open(to_uri(link), "python", 1, "x = 2\n")
    assert text_of(session, path) == text_of(session, link) == "x = 2\n"
    session.open(to_uri(path), "python", 1, "x = 3\n")
    assert text_of(session, path) == text_of(session, link) == "x = 3\n"
    session.close(to_uri(path))
    session.close(to_uri(link))
    assert text_of(session, path) == text_of(session, link) == "x = 1\n"


@links
def test_a_link_is_a_name_under_which_a_file_is_found(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("x = 1\n")
    (tmp_path / "b.py").symlink_to("a.py")
    session = session_of(tmp_path)
    listed = session.view().map(tmp_path)
    assert listed is not None
    assert listed.paths == {"a.py": tmp_path / "a.py", "b.py": tmp_path / "a.py"}
    (tmp_path / "b.py").unlink()
    session.files_changed([tmp_path / "b.py"])
    listed = session.view().map(tmp_path)
    assert listed is not None
    assert listed.paths == {"a.py": tmp_path / "a.py"}


@links
@pytest.mark.parametrize(("link", "reason"), [(".env", Forbidden.SECRET), ("b.log", Forbidden.IGNORED)])
def test_a_file_open_by_a_forbidden_name_is_left_alone(tmp_path: Path, link: str, reason: Forbidden) -> None:
    (tmp_path / ".gitignore").write_text("*.log\n")
    (tmp_path / "a.py").write_text("x = 1\n")
    (tmp_path / link).symlink_to("a.py")
    session = session_of(tmp_path)
    assert session.forbidden(session.open(to_uri(tmp_path / link), "python", 1, "x = 2\n")) is reason
    assert text_of(session, tmp_path / "a.py") == "x = 1\n"


@links
def test_a_workspace_folder_that_is_a_link_holds_what_is_opened_by_its_real_name(tmp_path: Path) -> None:
    real, link = tmp_path / "real", tmp_path / "link"
    real.mkdir()
    (real / "a.py").write_text("x = 1\n")
    link.symlink_to(real)
    session = session_of(link)
    document = session.open(to_uri(real / "a.py"), "python", 1, "x = 2\n")
    assert session.forbidden(document) is None
    assert text_of(session, link / "a.py") == "x = 2\n"


@pytest.mark.parametrize("place", ["sub/.gitignore", "sub/deep/.tierwiseignore", ".git/info/exclude"])
def test_an_ignore_file_that_came_is_noticed_before_a_file_is_sent(tmp_path: Path, place: str) -> None:
    path = nested(tmp_path)
    session = session_of(tmp_path)
    assert session.view().unsendable([path]) is None
    (tmp_path / place).write_text("a.py\n")
    assert session.view().unsendable([path]) == (path, Forbidden.IGNORED)
    assert text_of(session, path) is None
    (tmp_path / place).unlink()
    assert session.view().unsendable([path]) is None


def test_a_folder_that_becomes_a_repository_is_noticed_before_a_file_is_sent(tmp_path: Path) -> None:
    path = nested(tmp_path)
    (tmp_path / ".gitignore").write_text("a.py\n")
    session = session_of(tmp_path)
    assert session.view().unsendable([path]) == (path, Forbidden.IGNORED)
    (tmp_path / "sub" / ".git").mkdir()
    assert session.view().unsendable([path]) == (path, Forbidden.IGNORED)  # to git that is none
    for name in ("objects", "refs", "HEAD"):
        (tmp_path / "sub" / ".git" / name).mkdir()
    assert session.view().unsendable([path]) is None


def nested(folder: Path) -> Path:
    """A file two folders below the root of a repository."""
    (folder / ".git" / "info").mkdir(parents=True)
    path = folder / "sub" / "deep" / "a.py"
    path.parent.mkdir(parents=True)
    path.write_text("x = 1\n")
    return path


def test_our_ignore_files_take_away_and_give_nothing_back(tmp_path: Path) -> None:
    (tmp_path / ".gitignore").write_text("*.key.py\n")
    (tmp_path / ".tierwiseignore").write_text("!a.key.py\n*.txt\n!b.txt\n")
    session = session_of(tmp_path)
    found = {name: session.view().forbidden(tmp_path / name) for name in ("a.key.py", "a.txt", "b.txt", "sub/a.txt")}
    ignored = Forbidden.IGNORED
    assert found == {"a.key.py": ignored, "a.txt": ignored, "b.txt": None, "sub/a.txt": ignored}


def test_of_an_ignore_file_too_large_to_be_read_all_is_ignored(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / ".gitignore").write_text("no.py\n" * 1_000_000)
    session = session_of(tmp_path)
    assert session.view().forbidden(tmp_path / "sub" / "a.py") is Forbidden.IGNORED
    assert session.view().forbidden(tmp_path / "a.py") is None


def test_hostile_patterns_hold_nothing_up(tmp_path: Path) -> None:
    (tmp_path / ".gitignore").write_text("*a" * 40 + "b\n" + "**/*a*a/" * 20 + "b\n" + "?*" * 60 + "b\n")
    session = session_of(tmp_path)
    assert session.view().forbidden(tmp_path.joinpath(*["a" * 200] * 15, "c.py")) is None


def test_the_ignore_files_of_a_workspace_folder_hold_in_another_one_inside(tmp_path: Path) -> None:
    inner = tmp_path / "sub" / "inner"
    inner.mkdir(parents=True)
    (tmp_path / ".tierwiseignore").write_text("/sub/inner/a.py\nhidden/\n")
    session = Session(SystemClock(), Listeners())
    session.set_folders({inner: FolderTerms(), tmp_path: FolderTerms()})
    assert session.view().forbidden(inner / "a.py") is Forbidden.IGNORED
    assert session.view().forbidden(inner / "b.py") is None
    session.set_folders({tmp_path / "hidden": FolderTerms(), tmp_path: FolderTerms()})
    assert session.view().forbidden(tmp_path / "hidden" / "b.py") is Forbidden.IGNORED


def test_open_documents_stay_when_the_workspace_folders_change(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    for folder in (one, two):
        folder.mkdir()
        (folder / "a.py").write_text("x = 1\n")
    session = session_of(one)
    documents = [session.open(to_uri(folder / "a.py"), "python", 1, "x = 2\n") for folder in (one, two)]
    assert [session.forbidden(document) for document in documents] == [None, Forbidden.OUTSIDE]
    session.set_folders({two: FolderTerms()})
    assert [session.forbidden(document) for document in documents] == [Forbidden.OUTSIDE, None]
    assert text_of(session, two / "a.py") == "x = 2\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be"])
def test_our_ignore_files_count_in_every_encoding_that_shells_write(tmp_path: Path, encoding: str) -> None:
    mark = "\ufeff" if encoding == "utf-16-be" else ""
    (tmp_path / ".tierwiseignore").write_bytes(f"{mark}größe.py\r\nb.py\r\n".encode(encoding))
    view = session_of(tmp_path).view()
    reasons = [view.forbidden(tmp_path / name) for name in ("größe.py", "b.py", "c.py")]
    assert reasons == [Forbidden.IGNORED, Forbidden.IGNORED, None]
