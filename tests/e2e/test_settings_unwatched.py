"""Settings files that change without a word from the editor, as when another program writes them."""

from __future__ import annotations

import asyncio

import pytest
from harness import OFFLINE, Harness

from tierwise.cli.editor import Editor

LONG = 20.0


async def until_harness(editor: Editor, wanted: str) -> None:
    async with asyncio.timeout(LONG):
        params = {"command": "tierwise.status", "arguments": []}
        while (await editor.request("workspace/executeCommand", params))["harness"] != wanted:
            pass


def config(harness: Harness, text: str) -> None:
    (harness.home / "config" / "tierwise" / "config.toml").write_text(text, encoding="utf-8")


@pytest.mark.parametrize("client", ["neovim-0.12", "bare"])
async def test_a_changed_file_that_nobody_reports_counts(harness: Harness, client: str) -> None:
    editor = await harness.start(client, config=OFFLINE)
    await until_harness(editor, "local")
    config(harness, OFFLINE + 'harness = "ci"\n')
    await until_harness(editor, "ci")
    config(harness, OFFLINE)
    await until_harness(editor, "local")


async def test_a_folders_file_that_appears_counts(harness: Harness) -> None:
    editor = await harness.start("bare", config=OFFLINE)
    await until_harness(editor, "local")
    harness.write(".tierwise.toml", "no_such_key = 1\n")
    message = await editor.notification("window/showMessage")
    assert "no_such_key" in message["message"]
