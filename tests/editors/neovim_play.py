"""Neovim with a stage, for the stories that it is played in: 0.12, and 0.7."""

from __future__ import annotations

from pathlib import Path

import pytest

from editors.neovim import Neovim
from editors.stage import Models, Stage, program

VERSIONS = {"nvim-0.12": r"NVIM v0\.(1[2-9]|[2-9]\d)", "nvim-0.7": r"NVIM v0\.7"}
NEW, OLD = VERSIONS


class Play:
    """A Neovim with its stage, used by all tests of one version."""

    def __init__(self, name: str, root: Path, models: Models) -> None:
        path = program(name, VERSIONS[name])
        self.stage = Stage(root, models)
        self.stage.tierwise("setup", "neovim", "--write")
        self.nvim = Neovim(path, self.stage, new=name == NEW)


def only(name: str) -> pytest.MarkDecorator:
    """Of one version alone."""
    return pytest.mark.parametrize("play", [name], indirect=True, scope="module")
