"""The versions of Neovim that its stories are played in: 0.12, and 0.7."""

from __future__ import annotations

import pytest

from editors.neovim import Neovim
from editors.stage import Stage, program

VERSIONS = {"nvim-0.12": r"NVIM v0\.(1[2-9]|[2-9]\d)", "nvim-0.7": r"NVIM v0\.7"}
NEW, OLD = VERSIONS


def start(name: str, stage: Stage) -> Neovim:
    """Neovim of a version, with Tierwise set up in it."""
    path = program(name, VERSIONS[name])
    stage.tierwise("setup", "neovim", "--write")
    return Neovim(path, stage, new=name == NEW)


def only(name: str) -> pytest.MarkDecorator:
    """Of one version alone."""
    return pytest.mark.parametrize("play", [name], indirect=True, scope="module")
