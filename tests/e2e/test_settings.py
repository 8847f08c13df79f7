"""Settings: changed while the server runs, one per folder, and never widened by a stranger's file."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from harness import OFFLINE, Harness
from worlds import ENVIRON, config

from tierwise.cli.editor import Editor
from tierwise.core.uris import to_uri
from tierwise.simulator import Script, Simulator


@pytest.fixture
async def simulator() -> AsyncIterator[Simulator]:
    async with Simulator(Script.saying("value")) as simulator:
        yield simulator


async def status(editor: Editor) -> dict[str, Any]:
    return await editor.request("workspace/executeCommand", {"command": "tierwise.status", "arguments": []})


async def until(editor: Editor, **expected: Any) -> dict[str, Any]:
    """Ask for the status until it says what is expected."""
    for _ in range(100):
        found = await status(editor)
        if all(found[name] == value for name, value in expected.items()):
            return found
    raise AssertionError(f"{expected} never came: {found}")


def changed(path: Path) -> dict[str, Any]:
    return {"changes": [{"uri": to_uri(path), "type": 2}]}


async def test_a_changed_file_counts_without_a_restart(harness: Harness) -> None:
    editor = await harness.start(config=OFFLINE)
    path = harness.home / "config" / "tierwise" / "config.toml"
    assert (await status(editor))["harness"] == "local"
    watched = [r for r in editor.registrations.values() if r["method"] == "workspace/didChangeWatchedFiles"]
    assert watched
    path.write_text(OFFLINE + 'harness = "ci"\n')
    editor.notify("workspace/didChangeWatchedFiles", changed(path))
    await until(editor, harness="ci")


@pytest.mark.parametrize(
    ("section", "sentence"),
    [
        ("fast", 'editor settings: must be a table, not "fast"'),
        (5, "editor settings: must be a table, not 5"),
        ([{}], "editor settings: must be a table, not a list"),
        ({"trusted": "yes"}, 'editor settings: trusted: must be true or false, not "yes"'),
    ],
)
async def test_a_section_that_is_none_is_told_and_changes_nothing(
    harness: Harness, section: object, sentence: str
) -> None:
    editor = await harness.start(settings={"tierwise": {"harness": "ci"}})
    await until(editor, harness="ci", problems=[])
    editor.settings["tierwise"] = section
    editor.notify("workspace/didChangeConfiguration", {"settings": None})
    message = await editor.notification("window/showMessage")
    assert message["message"] == f"Tierwise: {sentence}"
    await until(editor, trusted=False, problems=[sentence], harness="local" if isinstance(section, dict) else "ci")
    editor.settings["tierwise"] = {"trusted": True}
    editor.notify("workspace/didChangeConfiguration", {"settings": None})
    await until(editor, trusted=True, problems=[])


@pytest.mark.parametrize("nested", [False, True])
async def test_what_an_editor_says_of_itself_stands_beside_its_settings(harness: Harness, nested: bool) -> None:
    section = {"harness": "ci"}
    said = {"trusted": True, "lazyEdits": False, "showErrors": True}
    editor = await harness.start("bare", options={**said, "tierwise": section} if nested else {**said, **section})
    await until(editor, harness="ci", trusted=True, problems=[])


async def test_a_broken_file_keeps_what_was_good_and_is_told_once(harness: Harness) -> None:
    editor = await harness.start(config=OFFLINE + 'harness = "ci"\n')
    path = harness.home / "config" / "tierwise" / "config.toml"
    assert (await status(editor))["harness"] == "ci"
    path.write_text("harness = \n")
    editor.notify("workspace/didChangeWatchedFiles", changed(path))
    message = await editor.notification("window/showMessage")
    assert "config.toml" in message["message"]
    assert (await status(editor))["harness"] == "ci"
    editor.notify("workspace/didChangeWatchedFiles", changed(path))
    assert (await status(editor))["problems"]
    assert sum(method == "window/showMessage" for method, _ in editor.notifications) == 1


@pytest.mark.parametrize("client", ["vscode", "neovim-0.7"])
async def test_the_editors_settings_win(harness: Harness, client: str) -> None:
    editor = await harness.start(client, config=OFFLINE, settings={"tierwise": {"harness": "production"}})
    if client == "neovim-0.7":  # it answers no questions, it tells
        editor.notify("workspace/didChangeConfiguration", {"settings": editor.settings})
    await until(editor, harness="production")


async def test_settings_in_initialization_options(harness: Harness) -> None:
    editor = await harness.start("bare", config=OFFLINE, options={"harness": "ci"})
    assert (await status(editor))["harness"] == "ci"


async def test_a_wrong_editor_setting_is_told_and_its_correction_counts(harness: Harness) -> None:
    editor = await harness.start(config=OFFLINE, settings={"tierwise": {"harness": "ci", "tires": {}}})
    message = await editor.notification("window/showMessage")
    assert "tires" in message["message"]
    editor.settings["tierwise"] = {"harness": "ci"}
    editor.notify("workspace/didChangeConfiguration", {"settings": None})
    await until(editor, harness="ci")


STRANGER = """
harness = "ci"
[providers.evil]
kind = "fim"
dialect = "llama.cpp"
base_url = "{url}"
[tiers.fast]
chain = ["evil/qwen2.5-coder"]
first_token_ms = 20000
deadline_ms = 30000
"""


@pytest.mark.parametrize("trusted", [False, True])
async def test_a_folders_own_providers_count_only_where_it_is_trusted(
    harness: Harness, simulator: Simulator, trusted: bool
) -> None:
    harness.write(".tierwise.toml", STRANGER.replace("{url}", f"{simulator.base_url}/llama.cpp"))
    harness.write("a.py", "x = 1\ny = ")
    editor = await harness.start(config=OFFLINE, options={"trusted": trusted})
    uri = to_uri(harness.workspace / "a.py")
    editor.tell(editor.documents.open(uri))
    params = {"textDocument": {"uri": uri}, "position": {"line": 1, "character": 4}, "context": {"triggerKind": 1}}
    await editor.request("textDocument/inlineCompletion", params)
    assert bool(simulator.requests) == trusted
    assert (await status(editor))["trusted"] == trusted
    if not trusted:
        message = await editor.notification("window/showMessage")
        assert ".tierwise.toml" in message["message"]


async def test_each_folder_has_its_own_settings(harness: Harness, simulator: Simulator) -> None:
    one, two = harness.workspace / "one", harness.workspace / "two"
    harness.write("one/.tierwise.toml", "[completion]\nenabled = false\n")
    text = "first_value = 10\nsecond_value = first_value\nthird_value = first_v"
    harness.write("one/a.py", text)
    harness.write("two/a.py", text)
    settings = config(simulator.base_url, "infill")
    editor = await harness.start(config=settings, environ=ENVIRON, folders=[one])

    async def completed(folder: Path) -> bool:
        uri = to_uri(folder / "a.py")
        editor.tell(editor.documents.open(uri))
        place = {"line": 2, "character": len("third_value = first_v")}
        params = {"textDocument": {"uri": uri}, "position": place, "context": {"triggerKind": 1}}
        items = (await editor.request("textDocument/inlineCompletion", params))["items"]
        editor.tell(editor.documents.close(uri))
        return bool(items)

    assert not await completed(one)
    event = {"added": [{"uri": to_uri(two), "name": "two"}], "removed": []}
    editor.notify("workspace/didChangeWorkspaceFolders", {"event": event})
    assert await completed(two)
    assert not await completed(one)


async def test_a_file_that_becomes_ignored_is_left_alone_from_then_on(harness: Harness, simulator: Simulator) -> None:
    harness.write("a.py", "x = 1\ny = ")
    editor = await harness.start(config=config(simulator.base_url, "infill"), environ=ENVIRON)
    uri = to_uri(harness.workspace / "a.py")
    editor.tell(editor.documents.open(uri))
    params = {"textDocument": {"uri": uri}, "position": {"line": 1, "character": 4}, "context": {"triggerKind": 1}}
    await editor.request("textDocument/inlineCompletion", params)
    assert len(simulator.requests) == 1
    ignore = harness.write(".tierwiseignore", "a.py\n")
    editor.notify("workspace/didChangeWatchedFiles", {"changes": [{"uri": to_uri(ignore), "type": 1}]})
    await status(editor)
    editor.tell(editor.documents.replace(uri, 0, 0, "z = 0\n"))
    params["position"] = {"line": 2, "character": 4}
    assert (await editor.request("textDocument/inlineCompletion", params))["items"] == []
    assert len(simulator.requests) == 1
