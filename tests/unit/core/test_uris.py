from __future__ import annotations

import os
from pathlib import Path, PureWindowsPath

import pytest

from tierwise.core import uris


@pytest.mark.parametrize("path", ["/a/b.py", "/a b/ü#?%.py", "/x/[1]/~y.ts", "/a\nb/\t.py"])
def test_paths_survive_the_round_trip(path: str) -> None:
    assert uris.to_path(uris.to_uri(Path(path)), windows=False) == Path(path)


@pytest.mark.skipif(os.name == "nt", reason="names are text there")
def test_a_name_that_is_no_text_keeps_its_bytes() -> None:
    path = Path(os.fsdecode(b"/a/\xff\xc3(.py"))
    assert uris.to_uri(path) == "file:///a/%FF%C3%28.py"
    assert uris.to_path(uris.to_uri(path)) == path


def test_half_a_character_in_a_uri_harms_nobody() -> None:
    assert uris.to_path("file:///a/\ud83d.py") is not None


def test_other_schemes_have_no_path() -> None:
    assert uris.to_path("untitled:Untitled-1") is None
    assert uris.to_path("tierwise:/answer/1.md") is None


@pytest.mark.parametrize("uri", ["file:///c%3A/a/b.py", "file:///C:/a/b.py", "file:///c:/a/b.py"])
def test_windows_drives_meet_in_one_spelling(uri: str) -> None:
    path = uris.to_path(uri, windows=True)
    assert path is not None
    assert PureWindowsPath(str(path)) == PureWindowsPath("C:/a/b.py")


@pytest.mark.parametrize("uri", ["file://[half/a.py", "file:///a%00b.py", "", "a.py"])
def test_what_names_no_file_has_no_path(uri: str) -> None:
    assert uris.to_path(uri) is None


@pytest.mark.parametrize(
    ("uri", "path"),
    [
        ("git:/repo/.env?%7B%22ref%22%3A%22~%22%7D", "/repo/.env"),
        ("vscode-notebook-cell:/a/b.ipynb#W1", "/a/b.ipynb"),
        ("untitled:/a/b.py", None),
        ("untitled:Untitled-1", None),
        ("buffer:x", None),
        ("other:", None),
    ],
)
def test_other_schemes_speak_of_files(uri: str, path: str | None) -> None:
    assert uris.shown_path(uri, windows=False) == (Path(path) if path else None)
