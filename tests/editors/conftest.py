"""The mark of all stories, and what those in Neovim begin with. The other editors have a stage of their own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from editors.neovim import Neovim
from editors.neovim_play import VERSIONS, Play
from editors.stage import Models, Stage


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "editors: plays in a real editor, where one is installed")


@pytest.fixture(scope="module", params=VERSIONS)
def play(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Play]:
    with Models() as models:
        play = Play(request.param, tmp_path_factory.mktemp("stage"), models)
        yield play
        play.nvim.close()


@pytest.fixture
def stage(play: Play) -> Stage:
    play.stage.reset()
    return play.stage


@pytest.fixture
def nvim(play: Play, stage: Stage) -> Neovim:
    play.nvim.reset()
    return play.nvim
