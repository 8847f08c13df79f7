"""The story in Neovim, by real keys: 0.12, and where it is the same for both, 0.7 too."""

from __future__ import annotations

import itertools
import json
import sys
from pathlib import Path

import pytest

from editors.neovim import Neovim
from editors.neovim_play import NEW, OLD, only
from editors.stage import EDIT, HAIKU, PROSE, SHOP, Stage
from editors.waiting import until

pytestmark = [pytest.mark.editors, pytest.mark.timeout(300)]

_names = (f"sum_{number}" for number in itertools.count())


def with_ghost(nvim: Neovim, stage: Stage, fill: str) -> str:
    """Go to the end of a line that is not complete, and wait for the ghost text; the name that the line adds to.

    The name is another one each time, as what was completed once is not asked for again.
    """
    name = next(_names)
    stage.write("shop.py", SHOP.replace("result", name))
    stage.models.say(fill=fill)
    nvim.edit("shop.py")
    nvim.keys("4GA")
    assert nvim.until(nvim.ghost, "ghost text") == fill
    return name


@only(NEW)
def test_ghost_text_appears_and_tab_accepts_it(nvim: Neovim, stage: Stage) -> None:
    name = with_ghost(nvim, stage, " item.price")
    before = nvim.text()
    nvim.keys("<Tab>")
    nvim.until(lambda: f"{name} += item.price\n" in nvim.text(), "accepted text")
    assert nvim.mode() == "i"
    nvim.keys("<Esc>u")
    nvim.until(lambda: nvim.text() == before, "text as it was before, after one undo")


@only(NEW)
def test_typing_along_keeps_the_ghost_text(nvim: Neovim, stage: Stage) -> None:
    name = with_ghost(nvim, stage, " item.price")
    nvim.keys(" it")
    nvim.until(lambda: nvim.ghost() == "em.price", "the rest of the ghost text")
    asked = [request for request in stage.models.completions if f"{name} +=" in request.text]
    assert len(asked) == 1, "what is there already is not asked for again"


@only(NEW)
def test_ghost_text_is_accepted_word_by_word(nvim: Neovim, stage: Stage) -> None:
    name = with_ghost(nvim, stage, " item.price + tax(item)")
    for part, rest in ((" item", ".price + tax(item)"), (" item.", "price + tax(item)")):
        nvim.keys("<M-Right>")
        nvim.until(lambda part=part: f"{name} +={part}\n" in nvim.text(), f"accepted {part!r}")
        nvim.until(lambda rest=rest: nvim.ghost() == rest, f"the rest {rest!r}")
    nvim.keys("<M-C-Right>")
    nvim.until(lambda: f"{name} += item.price + tax(item)\n" in nvim.text(), "accepted line")


@only(NEW)
def test_tab_without_ghost_text_does_what_it_did(nvim: Neovim) -> None:
    nvim.edit("shop.py")
    nvim.keys("O<Tab>x<Esc>")
    nvim.until(lambda: "\tx" in nvim.text() or "    x" in nvim.text(), "an ordinary tab")


@only(NEW)
def test_ghost_text_can_be_switched_off_and_on(nvim: Neovim, stage: Stage) -> None:
    with_ghost(nvim, stage, " item.price")
    nvim.keys("<Esc>")
    nvim.command("Tierwise toggle")
    nvim.until(lambda: "ghost text is off" in nvim.messages(), "word on it")
    assert nvim.lua("return vim.lsp.inline_completion.is_enabled({ bufnr = 0 })") is False
    nvim.command("Tierwise toggle")
    nvim.keys("A")
    nvim.until(nvim.ghost, "ghost text again")


@only(OLD)
def test_the_old_one_completes_from_its_menu(nvim: Neovim, stage: Stage) -> None:
    stage.models.say(fill=" item.price")
    nvim.edit("shop.py")
    nvim.keys("4GA<C-x><C-o>")
    nvim.until(lambda: "result += item.price\n" in nvim.text(), "the only entry of the menu")


def test_rename_over_two_files(nvim: Neovim, stage: Stage) -> None:
    nvim.edit("shop.py")
    nvim.keys("gg04lgrn")
    nvim.until(lambda: nvim.mode() == "c", "question for the new name")
    nvim.keys("<C-u>grand_total<CR>")
    nvim.until(lambda: "def grand_total(items)" in nvim.text("shop.py"), "renamed definition")
    nvim.until(lambda: nvim.lua("return vim.fn.bufnr('checkout.py')") > 0, "the other file")
    nvim.until(lambda: "import grand_total" in nvim.text("checkout.py"), "renamed use in the other file")
    assert "import total" in stage.read("checkout.py"), "saving is the user's"


def test_rename_by_command(nvim: Neovim) -> None:
    nvim.edit("shop.py")
    nvim.keys("gg04l")
    nvim.command("Tierwise rename sum_of")
    nvim.until(lambda: "renamed in 2 files" in nvim.messages(), "word on it")
    assert "def sum_of(items)" in nvim.text("shop.py")


@only(NEW)
def test_rename_says_why_it_cannot(nvim: Neovim) -> None:
    nvim.edit("shop.py")
    nvim.keys("gg0")
    nvim.command("Tierwise rename other")
    nvim.until(lambda: "Tierwise: " in nvim.messages(), "a sentence")
    assert "Error" not in nvim.messages()
    assert "Traceback" not in nvim.log()


ACCENTS = "# äöü 𝒳\nx = 'é𝒳'; count = 1\nprint('𝒳', count)\n"


def with_the_languages_own(nvim: Neovim, *options: str) -> None:
    """Start a second server for the buffer, which renames as well."""
    code = """
    local words = ...
    vim.g.own = vim.lsp.start_client({ name = 'own', cmd = words })
    vim.lsp.buf_attach_client(0, vim.g.own)
    """
    nvim.lua(code, [sys.executable, str(Path(__file__).with_name("other_server.py")), *options])
    nvim.until(lambda: nvim.lua("return vim.lsp.get_client_by_id(vim.g.own) ~= nil"), "client of the other server")
    ready = "return vim.lsp.get_client_by_id(vim.g.own).initialized == true"
    nvim.until(lambda: nvim.lua(ready), "start of the other server")


def asked_by_the_server(nvim: Neovim, timeout_ms: int) -> None:
    """Ask as the server would, for the name under the cursor; the answer is in ``vim.g.answer``."""
    code = """
    local compat = require('tierwise.compat')
    local client = compat.all_clients()[1]
    local params = vim.lsp.util.make_position_params(0, client.offset_encoding)
    params.newName, params.timeoutMs = 'total', ...
    vim.g.answer = nil
    local work = coroutine.wrap(function()
      vim.g.answer = vim.json.encode(require('tierwise.editor_rename').answer(params, client))
    end)
    work()
    """
    nvim.lua(code, timeout_ms)


def test_the_languages_own_server_is_asked_and_nothing_is_applied(nvim: Neovim, stage: Stage) -> None:
    stage.write("accents.py", ACCENTS)
    nvim.edit("accents.py")
    with_the_languages_own(nvim)
    nvim.keys("gg/count<CR>")
    nvim.until(lambda: nvim.lua("return vim.fn.expand('<cword>')") == "count", "cursor on the name")
    asked_by_the_server(nvim, 20_000)
    edit = json.loads(nvim.until(lambda: nvim.lua("return vim.g.answer"), "answer"))
    (edits,) = edit["changes"].values()
    encoding = nvim.lua("return require('tierwise.compat').all_clients()[1].offset_encoding")
    starts = [each["range"]["start"] for each in edits]
    lines = ACCENTS.splitlines()
    for start in starts:
        head = lines[start["line"]].partition("count")[0]
        assert start["character"] == len(head.encode()) if encoding == "utf-8" else len(head.encode("utf-16-le")) // 2
    assert [start["line"] for start in starts] == [1, 2]
    assert nvim.text() == ACCENTS.rstrip("\n")


def test_a_server_that_does_not_answer_is_not_waited_for(nvim: Neovim, stage: Stage) -> None:
    stage.write("accents.py", ACCENTS)
    nvim.edit("accents.py")
    with_the_languages_own(nvim, "--slow")
    nvim.keys("gg/count<CR>")
    asked_by_the_server(nvim, 50)
    assert nvim.until(lambda: nvim.lua("return vim.g.answer"), "answer") == "null"


@only(NEW)
def test_the_plain_rename_stays_with_the_languages_own_server(nvim: Neovim, stage: Stage) -> None:
    nvim.edit("shop.py")
    with_the_languages_own(nvim)
    renames = "return require('tierwise.compat').renames(require('tierwise.compat').all_clients()[1])"
    nvim.until(lambda: not nvim.lua(renames), "Tierwise gives way")
    nvim.keys("gg04lgrn")
    nvim.until(lambda: nvim.mode() == "c", "question for the new name")
    nvim.keys("<C-u>sum_of<CR>")
    nvim.until(lambda: "def sum_of(items)" in nvim.text(), "rename of the language's own server")
    assert nvim.lua("return vim.fn.bufnr('checkout.py')") < 0, "which knows of one file"
    nvim.command("Tierwise rename sum_all")
    nvim.until(lambda: "renamed in" in nvim.messages(), "rename by Tierwise all the same")


def test_a_code_action_for_a_selection(nvim: Neovim, stage: Stage) -> None:
    stage.models.say(answer=EDIT)
    nvim.edit("shop.py")
    assert "Extract function" in choosing(nvim, "ggVjjjjgra", "Simplify")
    nvim.until(lambda: "return sum(items)" in nvim.text("shop.py"), "edited text")


def test_a_code_action_is_resolved_and_applied(nvim: Neovim, stage: Stage) -> None:
    stage.models.say(answer=EDIT)
    nvim.edit("shop.py")
    nvim.keys("ggVjjjj")
    titles = choosing(nvim, ":Tierwise actions<CR>", "Simplify")
    assert {"Explain", "Simplify", "Write documentation", "Add types", "Extract function", "Write tests"} <= set(titles)
    nvim.until(lambda: "return sum(items)" in nvim.text("shop.py"), "edited text")
    assert len(stage.models.larger) == 1, "offering is free, only the choice is paid for"
    assert stage.read("shop.py") == SHOP
    nvim.keys("u")
    nvim.until(lambda: nvim.text("shop.py") == SHOP.rstrip("\n"), "text as before, after one undo")


def choosing(nvim: Neovim, keys: str, title: str) -> list[str]:
    """Press keys that open a menu, and choose; the titles that stood in the menu.

    A menu in 0.7 can only be seen by who draws its screen, so its list is taken where plugins take it.
    """
    code = """
    local wanted = ...
    vim.ui.select = function(items, options, choose)
      vim.g.offered = vim.tbl_map(options.format_item, items)
      for index, item in ipairs(items) do
        if vim.g.offered[index] == wanted then choose(item, index) end
      end
    end
    """
    nvim.lua(code, title)
    nvim.keys(keys)
    return nvim.until(lambda: nvim.lua("return vim.g.offered"), "menu")


def test_an_explanation_streams_into_a_window(nvim: Neovim, stage: Stage) -> None:
    stage.models.say(answer=PROSE, token_ms=300)
    nvim.edit("shop.py")
    nvim.keys("gg")
    nvim.command("Tierwise explain what does it add up?")
    part = nvim.until(lambda: nvim.view("answer"), "the first words")
    assert len(part) < len(PROSE), "the words arrive one by one"
    nvim.until(lambda: nvim.view("answer") == PROSE, "the whole answer")
    nvim.until(lambda: "claude" in nvim.note("answer"), "word on who answered")
    assert nvim.lua("return vim.fn.expand('%:t')") == "shop.py", "the cursor stays in the code"
    (request,) = stage.models.larger
    assert "what does it add up?" in request.text
    nvim.until(lambda: "$" in nvim.lua("return require('tierwise').statusline()"), "cost in the status line")


def test_answers_may_float(nvim: Neovim, stage: Stage) -> None:
    stage.models.say(answer=PROSE)
    nvim.edit("shop.py")
    nvim.lua("require('tierwise').setup({ answer = 'float' })")
    try:
        nvim.command("Tierwise review")
        nvim.until(lambda: nvim.note("answer").startswith("shop.py · "), "the whole review")
        assert "╭" in nvim.screen()
        assert nvim.lua("return vim.api.nvim_win_get_config(0).relative") == "editor"
        nvim.keys("q")
        nvim.until(lambda: "╭" not in nvim.screen(), "closed window")
    finally:
        nvim.lua("require('tierwise').setup({ answer = 'split' })")


@pytest.mark.parametrize(("verb", "shown"), [("queue", "Nothing waits"), ("report", "requests"), ("doctor", "tier")])
def test_what_is_shown_takes_the_same_window(nvim: Neovim, stage: Stage, verb: str, shown: str) -> None:
    nvim.edit("shop.py")
    assert status(nvim)
    nvim.command(f"Tierwise {verb}")
    nvim.until(lambda: shown in nvim.view(verb), verb)
    assert nvim.lua("return #vim.api.nvim_tabpage_list_wins(0)") == 2


def test_an_answer_is_stopped(nvim: Neovim, stage: Stage) -> None:
    stage.models.say(answer=PROSE * 50, token_ms=30)
    nvim.edit("shop.py")
    nvim.command("Tierwise explain")
    nvim.until(lambda: nvim.view("answer"), "the first words")
    nvim.command("Tierwise cancel")
    nvim.until(lambda: nvim.note("answer") == "Stopped.", "word on it")
    (request,) = stage.models.larger
    until(lambda: request.closed_by_client, "closed socket at the model")


def test_an_edit_by_instruction(nvim: Neovim, stage: Stage) -> None:
    stage.models.say(answer=EDIT)
    nvim.edit("shop.py")
    nvim.keys("ggVjjjj")
    nvim.keys(":Tierwise edit use sum()<CR>")
    nvim.until(lambda: "return sum(items)" in nvim.text("shop.py"), "edited text")
    nvim.until(lambda: "edited 1 file" in nvim.messages(), "word on it")


def test_settings_change_without_a_restart(nvim: Neovim, stage: Stage) -> None:
    nvim.edit("shop.py")
    assert HAIKU in status(nvim)
    stage.configure('profile = "embedded"\n')
    until(lambda: HAIKU not in status(nvim), "changed settings from a file that another program wrote")
    nvim.lua("require('tierwise').settings({ budget = { day_usd = 0.25 } })")
    until(lambda: "day $0.2500" in status(nvim), "changed settings from the editor")


def status(nvim: Neovim) -> str:
    nvim.command("Tierwise status")
    return nvim.until(lambda: nvim.view("status"), "status")


def test_a_killed_server_comes_back_and_nothing_is_lost(nvim: Neovim, stage: Stage) -> None:
    stage.models.say(fill=" item.price", answer=PROSE)
    nvim.edit("shop.py")
    nvim.keys("Goimportant = 1<Esc>")
    nvim.until(lambda: "important = 1" in nvim.text(), "typed text")
    nvim.kill_server()
    nvim.until(lambda: "was started again" in nvim.messages(), "word on it")
    nvim.until(nvim.served, "server again")
    assert "important = 1" in nvim.text()
    nvim.command("Tierwise explain")
    nvim.until(lambda: nvim.view("answer") == PROSE, "an answer of the new server")
    assert "important = 1" in stage.models.larger[0].text, "the new server knows the unsaved text"


@only(NEW)
def test_ghost_text_after_the_server_was_killed(nvim: Neovim, stage: Stage) -> None:
    with_ghost(nvim, stage, " item.price")
    nvim.kill_server()
    nvim.until(lambda: "was started again" in nvim.messages(), "word on it")
    nvim.until(nvim.served, "server again")
    nvim.keys("<Esc>4GA")
    nvim.until(nvim.ghost, "ghost text from the new server")
    assert "Error" not in nvim.messages()


@only(NEW)
def test_a_stopped_server_stays_stopped(nvim: Neovim) -> None:
    nvim.edit("shop.py")
    nvim.lua("for _, client in ipairs(vim.lsp.get_clients()) do client:stop() end")
    nvim.until(lambda: not nvim.served(), "end of the server")
    assert "started again" not in nvim.messages()
    nvim.command("Tierwise restart")
    nvim.until(nvim.served, "server again")


def test_a_strangers_folder_counts_only_once_it_is_trusted(nvim: Neovim, stage: Stage) -> None:
    stage.write(".tierwise.toml", '[providers.far]\nbase_url = "http://127.0.0.1:9"\n')
    stage.models.say(answer=PROSE)
    nvim.edit("shop.py")
    nvim.until(lambda: "base_url" in nvim.messages(), "word on what does not count")
    nvim.command("Tierwise explain")
    nvim.until(lambda: nvim.view("answer") == PROSE, "an answer from the user's own provider")
    assert "not trusted" in status(nvim)
    nvim.command("Tierwise trust")
    nvim.keys("y")
    until(lambda: "folder trusted" in status(nvim), "trust, without a restart")


def test_checkhealth_and_help(nvim: Neovim) -> None:
    nvim.edit("shop.py")
    nvim.command("checkhealth tierwise")
    report = nvim.until(lambda: nvim.text() if "Keys for ghost text" in nvim.text() else None, "report")
    assert "ERROR" not in report
    assert "started by:" in report
    nvim.command("help tierwise-ghost-text")
    nvim.until(lambda: nvim.lua("return vim.bo.filetype") == "help", "help")


@only(NEW)
def test_leaving_leaves_no_traceback(nvim: Neovim, stage: Stage) -> None:
    nvim.edit("shop.py")
    nvim.keys("GoX = 1<Esc>")
    nvim.leave()
    assert "Traceback" not in nvim.log()
