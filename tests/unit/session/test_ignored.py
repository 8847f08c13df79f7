"""What an ignore file names, git and we read alike."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tierwise.session.privacy import FolderRules, Forbidden

FILES = ("a.py", "b.py", "1.py", "sub/a.py", "sub/x/a.py", "sub/x/b.txt", "x/y/a.py")
CASES: dict[str, dict[str, bytes]] = {
    "a byte order mark": {".gitignore": b"\xef\xbb\xbfa.py\n"},
    "a byte order mark before a path": {".gitignore": b"\xef\xbb\xbfsub/**\r\n"},
    "named characters": {".gitignore": b"[[:alpha:]].py\n"},
    "other named characters": {".gitignore": b"[[:digit:]_].p[[:lower:]]\n"},
    "a folder let in again, not its files": {".gitignore": b"*.py\n", "sub/.gitignore": b"!*/\n"},
    "a folder let in again in the same file": {".gitignore": b"*.py\n!sub/\n"},
    "all folders, then some files": {".gitignore": b"*\n!*/\n!a.py\n"},
    "a file let in again below": {".gitignore": b"*.py\n", "sub/.gitignore": b"!a.py\n"},
    "nothing below an ignored folder is let in": {".gitignore": b"sub/\n", "sub/.gitignore": b"!a.py\n"},
    "the folder alone": {".gitignore": b"/a.py\n", "x/.gitignore": b"/y/\n"},
}


@pytest.mark.parametrize("name", CASES)
def test_ignore_files_mean_what_they_mean_to_git(tmp_path: Path, name: str) -> None:
    for file, content in {**dict.fromkeys(FILES, b"x = 1\n"), **CASES[name]}.items():
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_bytes(content)
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    command = ["git", "check-ignore", "--no-index", "--stdin"]
    told = subprocess.run(command, cwd=tmp_path, input="\n".join(FILES), capture_output=True, text=True, check=False)
    rules = FolderRules(tmp_path)
    assert {file for file in FILES if rules.reason(tmp_path / file) is Forbidden.IGNORED} == set(told.stdout.split())
