"""A workspace can be written by a stranger: nothing of it is executed, imported, or copied anywhere."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from tierwise.cli.disk_view import disk_view
from tierwise.core.text import Point
from tierwise.rename.engines import bundled_engines
from tierwise.rename.python.packages import installed_packages
from tierwise.rename.service import Renamer

MAIN = "import helper\nfrom helper import work\nimport evil\nimport numpy\nwork(1).run()\nevil.go(helper)\n"
HELPER = "class Job:\n    def run(self): ...\ndef work(x) -> Job: return Job()\n"


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    """A folder in which whatever could be run leaves a mark."""
    mark = tmp_path / "EXECUTED"
    shout = f"open({str(mark)!r}, 'a').write(__file__ + '\\n')\n"
    folder = tmp_path / "workspace"
    for name in (".venv/bin", ".venv/lib/python3.11/site-packages/numpy", ".jedi", "evil", "jedi", "parso"):
        (folder / name).mkdir(parents=True)
    (folder / "main.py").write_text(MAIN)
    (folder / "helper.py").write_text(shout + HELPER)
    (folder / "evil" / "__init__.py").write_text(shout + "def go(x): ...\n")
    for name in ("sitecustomize.py", "usercustomize.py", "jedi/__init__.py", "parso/__init__.py", "conftest.py"):
        (folder / name).write_text(shout)
    (folder / ".venv" / "pyvenv.cfg").write_text("home = /usr/bin\n")
    (folder / ".venv/lib/python3.11/site-packages/numpy/__init__.py").write_text(shout)
    (folder / ".venv/lib/python3.11/site-packages/evil.pth").write_text(f"import os; {shout}")
    (folder / "evil" / "native.so").write_bytes(b"\x7fELF")
    for python in ("python", "python3", "python.exe"):
        script = folder / ".venv" / "bin" / python
        script.write_text(f"#!/bin/sh\necho {python} >> {mark}\n")
        script.chmod(0o755)
    (folder / ".jedi" / "project.json").write_text(
        '[1, {"_environment_path": ".venv", "_load_unsafe_extensions": true}]'
    )
    return folder


@pytest.mark.parametrize(("line", "column", "name"), [(4, 0, "work"), (4, 8, "run"), (5, 5, "go"), (0, 7, "helper")])
def test_nothing_of_the_workspace_runs(
    hostile: Path, line: int, column: int, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = hostile.parent / "home"
    home.mkdir()
    for variable in ("HOME", "XDG_CACHE_HOME", "LOCALAPPDATA", "USERPROFILE"):
        monkeypatch.setenv(variable, str(home))
    monkeypatch.setenv("VIRTUAL_ENV", str(hostile / ".venv"))
    monkeypatch.chdir(hostile)
    before = (list(sys.path), Path.cwd(), dict(os.environ))
    modules = set(sys.modules)
    view = disk_view(hostile)
    document = view.read(hostile / "main.py")
    assert document is not None
    result = Renamer(bundled_engines()).rename(view, document, Point(line, column), f"{name}2", cancelled=lambda: False)
    assert result.certain >= 2
    assert not (hostile.parent / "EXECUTED").exists()
    assert (list(sys.path), Path.cwd(), dict(os.environ)) == before
    assert not {"helper", "evil", "numpy", "sitecustomize2"} & (set(sys.modules) - modules)
    assert list(home.rglob("*")) == [], "caches of parsed code were written"


def test_packages_are_found_by_looking_only(hostile: Path) -> None:
    found = installed_packages(hostile, {})
    assert found == (hostile / ".venv/lib/python3.11/site-packages",)
    assert installed_packages(hostile / "evil", {}) == ()
    assert not (hostile.parent / "EXECUTED").exists()
