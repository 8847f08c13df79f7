"""Where patterns come from besides the folders: held against git for kinds of repositories and settings of git's."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tierwise.session.privacy import FolderRules, Forbidden

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is to be asked")

FILES = ("a.py", "b.py", "c.py", "d.py")
CONFIGS: dict[str, dict[str, str]] = {
    "none": {"xdg/git/ignore": "a.py\n"},
    "in the home folder": {".gitconfig": "[core]\n  excludesFile = ~/mine ; a comment\n", "mine": "b.py\n"},
    "quoted": {".gitconfig": '[Core] ExcludesFile = "~/my file" # so\n', "my file": "b.py\n"},
    "the last one": {
        ".gitconfig": "[core]\nexcludesfile=~/one\n[core]\nexcludesfile=~/two\n",
        "one": "a.py\n",
        "two": "b.py\n",
    },
    "the stronger one": {
        "xdg/git/config": "[core]\nexcludesfile = ~/one\n",
        ".gitconfig": "[core]\nexcludesfile = ~/two\n",
        "one": "a.py\n",
        "two": "b.py\n",
    },
    "included": {".gitconfig": "[include]\npath = more\n", "more": "[core]\nexcludesFile = ~/mine\n", "mine": "c.py\n"},
    "beside what is not there": {
        ".gitconfig": "[core]\nexcludesFile = ~/mine\n[include]\npath = none\n",
        "mine": "c.py\n",
    },
    "for this place": {
        ".gitconfig": '[includeIf "gitdir:~/projects/"]\n\tpath = more\n[includeIf "gitdir:elsewhere/"]\npath = less\n',
        "more": "[core]\nexcludesFile = ~/mine\n",
        "less": "[core]\nexcludesFile = ~/other\n",
        "mine": "d.py\n",
        "other": "a.py\n",
    },
    "nothing": {".gitconfig": "[core]\nexcludesFile =\n", "xdg/git/ignore": "a.py\n"},
    "continued": {".gitconfig": "[core]\nexcludesFile = ~/mi\\\nne\n", "mine": "a.py\n"},
    "of another section": {
        ".gitconfig": '[core "x"]\nexcludesFile = ~/mine\n[user]\nexcludesfile=~/mine\n',
        "mine": "a.py\n",
    },
}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "xdg"))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.delenv("GIT_CONFIG_GLOBAL", raising=False)
    return tmp_path


@pytest.mark.parametrize("name", CONFIGS)
def test_the_users_own_patterns_are_those_of_git(home: Path, name: str) -> None:
    repository = home / "projects" / "r"
    files(repository)
    git(repository, "init", "-q")
    for file, text in CONFIGS[name].items():
        (home / file).parent.mkdir(parents=True, exist_ok=True)
        (home / file).write_text(text)
    assert ours(repository) == told(repository)
    git(repository, "config", "core.excludesFile", str(home / "own"))
    (home / "own").write_text("d.py\n")
    assert ours(repository) == told(repository) == {"d.py"}


def test_a_working_tree_beside_the_repository_shares_its_patterns(home: Path) -> None:
    repository, beside = home / "r", home / "beside"
    files(repository)
    git(repository, "init", "-q")
    git(repository, *ME, "commit", "-q", "--allow-empty", "-m", "one")
    git(repository, "worktree", "add", "-q", str(beside))
    files(beside)
    (repository / ".git" / "info" / "exclude").write_text("b.py\n")
    assert ours(beside) == told(beside) == {"b.py"}


def test_a_repository_within_another_has_patterns_of_its_own(home: Path) -> None:
    outer, inner = home / "outer", home / "inner"
    for repository in (outer, inner):
        files(repository)
        git(repository, "init", "-q")
    git(inner, *ME, "commit", "-q", "--allow-empty", "-m", "one")
    git(outer, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", inner.as_uri(), "sub")
    files(outer / "sub")
    (outer / ".gitignore").write_text("a.py\n")
    (outer / "sub" / ".gitignore").write_text("b.py\n")
    (outer / ".git" / "modules" / "sub" / "info").mkdir(exist_ok=True)
    (outer / ".git" / "modules" / "sub" / "info" / "exclude").write_text("c.py\n")
    rules = FolderRules(outer)
    found = {name for name in FILES if rules.reason(outer / "sub" / name) is Forbidden.IGNORED}
    assert found == told(outer / "sub") == ours(outer / "sub") == {"b.py", "c.py"}
    assert ours(outer) == told(outer) == {"a.py"}
    (outer / ".tierwiseignore").write_text("d.py\n")
    assert FolderRules(outer).reason(outer / "sub" / "d.py") is Forbidden.IGNORED


@pytest.mark.parametrize("content", [None, "", "gitdir: nowhere\n", "gitdir: ../sub\n", "nonsense"])
def test_what_is_no_repository_keeps_the_patterns_of_the_one_around(home: Path, content: str | None) -> None:
    repository = home / "r"
    files(repository / "sub")
    git(repository, "init", "-q")
    (repository / ".gitignore").write_text("a.py\n")
    if content is None:
        (repository / "sub" / ".git").mkdir()
    else:
        (repository / "sub" / ".git").write_text(content)
    names = [f"sub/{name}" for name in FILES]
    rules = FolderRules(repository)
    assert [name for name in names if rules.reason(repository / name) is Forbidden.IGNORED] == ["sub/a.py"]
    asked = subprocess.run(
        ["git", "-C", repository, "check-ignore", "--no-index", *names], check=False, capture_output=True, text=True
    )
    assert asked.stdout.split() == ["sub/a.py"]


ME = ("-c", "user.name=me", "-c", "user.email=me@example.org")


def files(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name in FILES:
        (folder / name).touch()


def git(folder: Path, *arguments: str) -> str:
    return subprocess.run(["git", "-C", folder, *arguments], check=True, capture_output=True, text=True).stdout


def ours(folder: Path) -> set[str]:
    rules = FolderRules(folder)
    return {name for name in FILES if rules.reason(folder / name) is Forbidden.IGNORED}


def told(folder: Path) -> set[str]:
    command = ["git", "-C", str(folder), "check-ignore", "--no-index", *FILES]
    return set(subprocess.run(command, check=False, capture_output=True, text=True).stdout.split())
