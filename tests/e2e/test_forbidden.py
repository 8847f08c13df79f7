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
