"""A test that hangs ends, also when it is tried again."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

HANGS = """\
import threading

import pytest


@pytest.mark.timeout(1)
def test_hangs():
    threading.Event().wait()


@pytest.fixture
def left_behind():
    yield
    threading.Event().wait()


@pytest.mark.timeout(1)
def test_hangs_when_it_has_failed(left_behind):
    raise AssertionError
"""


@pytest.mark.skipif(not hasattr(signal, "SIGALRM"), reason="there the whole run ends with the first that hangs")
def test_each_try_has_a_time_limit_of_its_own(tmp_path: Path) -> None:
    shutil.copy(Path(__file__).parents[1] / "conftest.py", tmp_path)
    (tmp_path / "test_hangs.py").write_text(HANGS, encoding="utf-8")
    words = [sys.executable, "-m", "pytest", "--reruns", "1", "--rootdir", str(tmp_path), str(tmp_path)]
    ran = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=100)
    assert "2 failed, 1 error, 3 rerun" in ran.stdout, ran.stdout
