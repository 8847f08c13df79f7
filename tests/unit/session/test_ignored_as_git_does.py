"""Which files are ignored, asked of git itself: it and we never differ, in neither direction."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tierwise.session.privacy import FolderRules, Forbidden

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is to be asked")

FOLDERS = ("a", "b", "ab", "a/a", "a/b", "b/ab", "a/b/a", "a/b/b")
NAMES = ("a", "ab", "a.py", "B.PY", "é", "x-y", *(("a b", "[a]", "!a", "#a", "a\\", "a\nb") if os.name != "nt" else ()))
TREE = tuple(f"{folder}/{name}.f" for folder in FOLDERS for name in NAMES) + tuple(f"{name}.f" for name in NAMES)

WORDS = [*"aabb*?///!#\\ -x\r", "*", "ab", ".f", ".py", "B.PY", "é", "**"]
SETS = [
    "[a-b]",
    "[!a]",
    "[^b]",
    "[]a]",
    "[[:alpha:]]",
    "[[:upper:]x]",
    "[a",
    "[[:no:]]",
    "[\\]a]",
    "[a-]",
    "[b-a]",
    "[/a]",
]
WHOLE = [
    "a/**",
    "!a/a",
    "**/b/",
    "/a/",
    "!a/b/",
    "*.f",
    "!*.f",
    "a/**/b/*",
    "**",
    "!**/",
    "a**/b",
    "\ufeff*.f",
    "ab/**",
]
LINES = st.sampled_from(WHOLE) | st.lists(st.sampled_from(WORDS + SETS), min_size=1, max_size=6).map("".join)
FILES = st.lists(LINES, min_size=1, max_size=5).map("\n".join)
PLACES = (".gitignore", "a/.gitignore", "a/b/.gitignore", ".git/info/exclude", "../everywhere")


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("asked") / "repository"
    for name in TREE:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    subprocess.run(["git", "init", "-q", folder], check=True)
    (folder.parent / "gitconfig").write_text(f"[core]\n\texcludesFile = {folder.parent.as_posix()}/everywhere\n")
    return folder


@pytest.mark.usefixtures("_only_our_configuration")
@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(files=st.dictionaries(st.sampled_from(PLACES), FILES, min_size=1, max_size=3), fold=st.booleans())
@example({".gitignore": "a/**\n!a/a.py.f"}, False)
@example({".gitignore": "a/**\n!a/b/\n", "a/b/.gitignore": "!a.f"}, False)
@example({".git/info/exclude": "!a.f", "../everywhere": "*.f"}, False)
@example({".gitignore": "[[:upper:]]*\n/A/[A]*"}, True)
@example({".gitignore": "ab**/a.f\na**/b/*\n"}, False)
def test_git_and_we_ignore_the_same_files(repository: Path, files: dict[str, str], fold: bool) -> None:
    for place in PLACES:
        write(repository / place, files.get(place))
    subprocess.run(["git", "-C", repository, "config", "core.ignorecase", str(fold).lower()], check=True)
    rules = FolderRules(repository)
    ours = {name for name in TREE if rules.reason(repository / name) is Forbidden.IGNORED}
    assert ours == told(repository)


def told(repository: Path) -> set[str]:
    command = ["git", "check-ignore", "--no-index", "-z", "--stdin"]
    asked = b"\0".join(os.fsencode(name) for name in TREE)
    answer = subprocess.run(command, cwd=repository, input=asked, capture_output=True, check=False)
    assert answer.returncode in (0, 1), answer.stderr
    return {os.fsdecode(name) for name in answer.stdout.split(b"\0") if name}


def write(path: Path, text: str | None) -> None:
    if text is None:
        path.unlink(missing_ok=True)
    else:
        path.write_bytes(text.encode())


@pytest.fixture
def _only_our_configuration(monkeypatch: pytest.MonkeyPatch, repository: Path) -> None:
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(repository.parent / "gitconfig"))
