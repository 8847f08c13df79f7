"""What follows from an edit, in Neovim 0.12: drawn where it would happen, gone to, taken, passed over."""

from __future__ import annotations

import itertools

import pytest

from editors.neovim import Neovim
from editors.neovim_play import NEW, only
from editors.stage import Stage

pytestmark = [pytest.mark.editors, pytest.mark.timeout(300), only(NEW)]

TAX = '''\
def gross(amount, rate=0.19):
    """The price with tax."""
    return amount * (1 + rate)
'''

_numbers = itertools.count()


def begin(nvim: Neovim, stage: Stage, keys: str) -> str:
    """Rename a parameter by hand; the line that should follow from it.

    The file and the name are others each time: what was passed over is not proposed again.
    """
    number = next(_numbers)
    stage.write(f"tax_{number}.py", TAX)
    nvim.edit(f"tax_{number}.py")
    nvim.keys(f"gg/rate<CR>cwshare_{number}{keys}")
    return f"    return amount * (1 + share_{number})"


def shown(nvim: Neovim, stage: Stage) -> str:
    """Leave the next edit on the screen; the line that it would make."""
    line = begin(nvim, stage, "<Esc>")
    nvim.until(lambda: "<Tab>: next edit" in nvim.screen(), "word on the next edit")
    assert line in nvim.screen()
    assert line not in nvim.text()
    return line


def test_it_is_gone_to_and_taken_and_undone_at_once(nvim: Neovim, stage: Stage) -> None:
    line = shown(nvim, stage)
    nvim.keys("<Tab>")
    nvim.until(lambda: nvim.lua("return vim.fn.line('.')") == 3, "cursor at the edit")
    assert line not in nvim.text()
    nvim.keys("<Tab>")
    nvim.until(lambda: line in nvim.text(), "the edit")
    nvim.until(lambda: "next edit" not in nvim.screen(), "nothing more to take")
    nvim.keys("u")
    nvim.until(lambda: "(1 + rate)" in nvim.text(), "text as it was before the edit")
    assert "amount, share_" in nvim.text()


def test_it_is_passed_over(nvim: Neovim, stage: Stage) -> None:
    shown(nvim, stage)
    nvim.command("lua require('tierwise').dismiss_next_edit()")
    nvim.until(lambda: "next edit" not in nvim.screen(), "nothing shown")
    nvim.keys("<Tab>Gox<Esc>")
    nvim.until(lambda: nvim.text().endswith("\nx"), "what is typed on")
    assert "(1 + rate)" in nvim.text(), "the key does what it did before"


def test_while_inserting_the_key_needs_an_escape_first(nvim: Neovim, stage: Stage) -> None:
    line = begin(nvim, stage, "")
    nvim.until(lambda: "<Esc><Tab>: next edit" in nvim.screen(), "word on the next edit")
    nvim.keys("<Esc>")
    nvim.until(lambda: nvim.mode() == "n", "normal mode")
    nvim.keys("<Tab>")
    nvim.until(lambda: nvim.lua("return vim.fn.line('.')") == 3, "cursor at the edit")
    nvim.keys("<Tab>")
    nvim.until(lambda: line in nvim.text(), "the edit")


def test_typing_on_takes_it_back(nvim: Neovim, stage: Stage) -> None:
    shown(nvim, stage)
    nvim.keys("Gox<Esc>")
    nvim.until(lambda: "(1 + share_" not in nvim.screen(), "nothing shown")
    assert "(1 + rate)" in nvim.text()
