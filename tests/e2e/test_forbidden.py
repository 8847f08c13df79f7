"""What must not leave the machine does not, also where it was allowed to a moment ago; the rest is still answered."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from harness import Harness
from worlds import ENVIRON, config

from tierwise.cli.editor import Editor
from tierwise.core.uris import to_uri
from tierwise.simulator import Script, Simulator

PLACE = {"start": {"line": 0, "character": 4}, "end": {"line": 0, "character": 9}}
CREATED, CHANGED, DELETED = 1, 2, 3


async def explained(editor: Editor, harness: Harness, name: str, **more: Any) -> dict[str, Any]:
    argument = {"uri": to_uri(harness.workspace / name), "range": PLACE, **more}
    call = editor.send("workspace/executeCommand", {"command": "tierwise.explain", "arguments": [argument]})
    return await call.answer(120.0)


def report(editor: Editor, path: Path, kind: int) -> None:
    editor.notify("workspace/didChangeWatchedFiles", {"changes": [{"uri": to_uri(path), "type": kind}]})


async def opened(harness: Harness, simulator: Simulator) -> Editor:
    harness.write("main.py", "from helper import thing\n\n\ndef run():\n    return thing()\n")
    harness.write("helper.py", "def thing():\n    return 'PRIVATE'\n")
    editor = await harness.start("vscode", config=config(simulator.base_url, "messages"), environ=ENVIRON)
    editor.tell(editor.documents.open(to_uri(harness.workspace / "main.py")))
    await explained(editor, harness, "main.py")
    assert "PRIVATE" in simulator.requests[-1].text
    return editor


async def test_a_file_that_was_deleted_and_then_ignored_leaves_the_prompt(harness: Harness) -> None:
    async with Simulator(Script.saying("It runs.")) as simulator:
        editor = await opened(harness, simulator)
        (harness.workspace / "helper.py").unlink()
        report(editor, harness.workspace / "helper.py", DELETED)
        await explained(editor, harness, "main.py")
        report(editor, harness.write(".gitignore", "helper.py\n"), CREATED)
        await explained(editor, harness, "main.py")
        assert "PRIVATE" not in simulator.requests[-1].text


async def test_an_ignore_file_counts_though_nobody_reports_it(harness: Harness) -> None:
    async with Simulator(Script.saying("It runs.")) as simulator:
        editor = await opened(harness, simulator)
        harness.write(".gitignore", "helper.py\n")
        await explained(editor, harness, "main.py")
        assert "PRIVATE" not in simulator.requests[-1].text


@pytest.mark.parametrize("place", ["sub/.gitignore", "sub/.tierwiseignore", ".git/info/exclude", "~/git/ignore"])
@pytest.mark.parametrize("asked", ["question", "completion"])
async def test_an_ignore_file_counts_that_came_where_nobody_looked(harness: Harness, place: str, asked: str) -> None:
    harness.write(".git/HEAD", "ref: refs/heads/main\n")
    harness.write("main.py", "from sub.helper import thing\n\n\ndef run():\n    return thing()\n")
    helper = harness.write("sub/helper.py", "def thing(private_parameter):\n    return 'PRIVATE'\n")
    async with Simulator(Script.saying("It runs.")) as simulator:
        editor = await harness.start("vscode", config=config(simulator.base_url, "messages"), environ=ENVIRON)
        editor.tell(editor.documents.open(to_uri(harness.workspace / "main.py")))
        await explained(editor, harness, "main.py")
        assert "PRIVATE" in simulator.requests[-1].text
        ignore = Path(place.replace("~", str(harness.home / "config")))
        (harness.workspace / ignore).parent.mkdir(parents=True, exist_ok=True)
        (harness.workspace / ignore).write_text(f"{helper.name}\n")
        if asked == "question":
            await explained(editor, harness, "main.py")
            assert len(simulator.requests) == 2
        else:
            uri = to_uri(harness.workspace / "main.py")
            params = {"position": {"line": 4, "character": 11}, "context": {"triggerKind": 1}}
            await editor.request("textDocument/inlineCompletion", {"textDocument": {"uri": uri}, **params})
        assert not any("private_parameter" in request.text for request in simulator.requests[1:])


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege there")
async def test_a_file_open_through_a_link_is_shown_once_and_as_it_is_typed(harness: Harness) -> None:
    harness.write("main.py", "from helper import thing\n\n\ndef run():\n    return thing()\n")
    harness.write("helper.py", "def thing():\n    return 'STALE'\n")
    (harness.workspace / "linked.py").symlink_to("helper.py")
    async with Simulator(Script.saying("It runs.")) as simulator:
        editor = await harness.start("vscode", config=config(simulator.base_url, "messages"), environ=ENVIRON)
        editor.tell(editor.documents.open(to_uri(harness.workspace / "main.py")))
        linked = to_uri(harness.workspace / "linked.py")
        editor.tell(editor.documents.open(linked))
        at = editor.documents.text(linked).index("STALE")
        editor.tell(editor.documents.replace(linked, at, at + len("STALE"), "TYPED"))
        await explained(editor, harness, "main.py")
        assert "STALE" not in simulator.requests[-1].text
        assert simulator.requests[-1].text.count("'TYPED'") == 1
        await explained(editor, harness, "linked.py")
        assert "STALE" not in simulator.requests[-1].text
        renamed = await editor.request(
            "textDocument/rename",
            {"textDocument": {"uri": linked}, "position": {"line": 0, "character": 5}, "newName": "other"},
        )
        changed = [change["textDocument"]["uri"] for change in renamed["documentChanges"]]
        assert sorted(changed) == [linked, to_uri(harness.workspace / "main.py")]


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege there")
async def test_a_file_that_becomes_a_link_to_a_secret_is_not_read(harness: Harness) -> None:
    async with Simulator(Script.saying("It runs.")) as simulator:
        editor = await opened(harness, simulator)
        harness.write(".env", "SECRET-OF-THE-HOUSE\n")
        helper = harness.workspace / "helper.py"
        helper.unlink()
        helper.symlink_to(".env")
        report(editor, helper, CHANGED)
        await explained(editor, harness, "main.py")
        assert "SECRET-OF-THE-HOUSE" not in simulator.requests[-1].text
        assert "PRIVATE" not in simulator.requests[-1].text
