"""The mark of all stories, what becomes of an editor after them, and what those in Neovim begin with."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from editors.neovim import Neovim
from editors.neovim_play import VERSIONS, start
from editors.play import Play
from editors.stage import Stage

_FAILED = pytest.StashKey[bool]()


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "editors: plays in a real editor, where one is installed")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    report = yield
    item.stash[_FAILED] = call.excinfo is not None
    return report


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Path]:
    """Another new folder each time."""
    return partial(tmp_path_factory.mktemp, "stage")


@pytest.fixture(scope="module", params=VERSIONS)
def play(request: pytest.FixtureRequest, folder: Callable[[], Path]) -> Iterator[Play[Neovim]]:
    with Play(folder, partial(start, request.param)) as playing:
        yield playing


@pytest.fixture
def stage(request: pytest.FixtureRequest, play: Play[Any]) -> Iterator[Stage]:
    play.begin()
    yield play.stage
    if request.node.stash.get(_FAILED, False):
        play.discard()


@pytest.fixture
def nvim(play: Play[Neovim], stage: Stage) -> Neovim:
    return play.editor
