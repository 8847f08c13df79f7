"""The story in Helix, by real keys in a terminal."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from editors.helix import Helix
from editors.play import Play
from editors.stage import BETTER, EDIT, HAIKU, PROSE, SHOP, SONNET, Stage, program

pytestmark = [pytest.mark.editors, pytest.mark.timeout(300)]

VERSION = r"helix (2[4-9]|[3-9]\d)\."


def start(stage: Stage) -> Helix:
    """Helix, with Tierwise set up in it."""
    path = program("hx", VERSION)
    stage.tierwise("setup", "helix", "--write")
    return Helix(path, stage)


@pytest.fixture(scope="module")
def play(folder: Callable[[], Path]) -> Iterator[Play[Helix]]:
    with Play(folder, start) as playing:
        yield playing


@pytest.fixture
def helix(play: Play[Helix], stage: Stage) -> Helix:
    return play.editor


_names = (f"sum_{number}" for number in itertools.count())


def test_a_completion_is_an_item_of_the_menu(helix: Helix, stage: Stage) -> None:
    name = next(_names)
    stage.write("shop.py", SHOP.replace("result", name))
    stage.models.say(fill=" item.price * 2")
    helix.open("shop.py")
    helix.type("4GA")
    helix.shows("INS")
    helix.press("C-x")
    helix.shows("item.price * 2")
    helix.press("Tab")
    helix.shows(f"{name} += item.price * 2")
    helix.press("Enter")
    helix.escape()
    helix.save("shop.py", f"    {name} += item.price * 2\n")
    helix.type("u")
    helix.save("shop.py", f"    {name} +=\n")
    assert stage.read("shop.py") == SHOP.replace("result", name), "one undo"


def test_rename_over_two_files(helix: Helix, stage: Stage) -> None:
    helix.open("shop.py")
    helix.type("ggw")
    helix.type("ll r")
    helix.shows("rename-to:total")
    helix.press("C-u")
    helix.type("grand_total")
    helix.press("Enter")
    helix.shows("def grand_total(items)")
    assert "import total" in stage.read("checkout.py"), "saving is the user's"
    helix.save("checkout.py", "import grand_total")


def test_a_code_action_is_carried_out_in_the_background(helix: Helix, stage: Stage) -> None:
    stage.models.say(answer=EDIT, token_ms=100)
    helix.open("shop.py")
    helix.type("gg4x")
    offered = helix.choose_action("Simplify")
    assert {"Explain", "Write documentation", "Add types", "Extract function", "Write tests"} <= set(offered)
    helix.type("geo# meanwhile")
    helix.escape()
    helix.shows("# meanwhile")
    assert "return sum(items)" not in helix.screen(), "keys are taken while the model writes"
    helix.type("u")
    helix.shows("return sum(items)")  # the text is again the one that the edit was made for
    assert "# meanwhile" not in helix.screen()
    assert stage.read("shop.py") == SHOP
    helix.type("u")
    helix.shows("result = 0")


def test_an_explanation_opens_as_a_file(helix: Helix, stage: Stage) -> None:
    stage.models.say(answer=PROSE, token_ms=20)
    helix.open("shop.py")
    helix.choose_action("Explain")
    helix.shows("explain-")
    helix.shows("It adds up")
    helix.shows("total([1, 2])  # 3")


def test_an_answer_is_stopped(helix: Helix, stage: Stage) -> None:
    stage.models.say(answer=PROSE * 50, token_ms=30)
    helix.open("shop.py")
    helix.choose_action("Explain")
    (request,) = helix.until(lambda: stage.models.larger, "question at the model")
    helix.command("lsp-workspace-command tierwise.cancel")
    helix.until(lambda: request.closed_by_client, "closed socket at the model")


def test_settings_change_without_a_restart(helix: Helix, stage: Stage) -> None:
    stage.models.say(answer=PROSE)
    stage.configure(stage.models_settings().replace(SONNET, HAIKU))
    helix.open("shop.py")
    asked = itertools.count(1)

    def explained() -> str:
        helix.open("shop.py")
        helix.choose_action("Explain")
        number = next(asked)
        helix.until(lambda: len(stage.models.larger) >= number, "question at the model")
        helix.shows("explain-")
        return stage.models.larger[-1].model

    helix.until(lambda: explained() == HAIKU, "the model of the changed settings")


def test_a_killed_server_comes_back_and_nothing_is_lost(helix: Helix, stage: Stage) -> None:
    stage.models.say(answer=PROSE)
    helix.open("shop.py")
    helix.type("geoimportant = 1")
    helix.escape()
    helix.kill_server()
    helix.command("lsp-restart")
    helix.wait_for_server()
    helix.shows("important = 1")
    helix.choose_action("Explain")
    helix.shows("It adds up")
    assert "important = 1" in stage.models.larger[0].text, "the new server knows the unsaved text"
    helix.save("shop.py", "important = 1")


def test_a_strangers_folder_counts_only_once_it_is_trusted(helix: Helix, stage: Stage) -> None:
    stage.write(".tierwise.toml", '[providers.far]\nbase_url = "http://127.0.0.1:9"\n')
    stage.models.say(answer=PROSE)
    helix.open("shop.py")
    helix.until(lambda: "not trusted" in helix.screen() + helix.log(), "word on it")  # a key takes it off the screen
    helix.choose_action("Explain")
    helix.shows("It adds up")
    stage.tierwise("trust", ".")

    def refused() -> bool:
        helix.open("shop.py")
        helix.choose_action("Explain")
        helix.until(lambda: "explain-" in helix.screen() or "cannot be reached" in helix.screen(), "an answer")
        return "cannot be reached" in helix.screen()

    helix.until(refused, "the folder's own settings, without a restart")


def start_resolving(stage: Stage) -> Helix:
    """Helix with actions that are worked out when they are chosen."""
    path = program("hx", VERSION)
    stage.tierwise("setup", "helix", "--write")
    settings = stage.home / "config" / "helix" / "languages.toml"
    settings.write_text(settings.read_text().replace("lazyEdits = false", "lazyEdits = true"))
    return Helix(path, stage)


def test_resolving_works_too(folder: Callable[[], Path]) -> None:
    with Play(folder, start_resolving) as play:
        play.begin()
        stage, helix = play.stage, play.editor
        stage.models.say(answer=EDIT)
        helix.open("shop.py")
        helix.type("gg4x")
        helix.choose_action("Simplify")
        helix.shows("return sum(items)")
        assert len(stage.models.larger) == 1
        helix.save("shop.py", BETTER)
