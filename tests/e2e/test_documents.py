"""The server's documents are the editor's, whatever is typed, in every unit in which positions are counted."""

from __future__ import annotations

import random
from typing import Any

import pytest
from harness import Harness
from worlds import ENVIRON, config

from tierwise.cli.editor import Editor
from tierwise.cli.editor_documents import position
from tierwise.core.uris import to_uri
from tierwise.simulator import Script, Simulator

PIECES = ("a", "é", "😀", "\n", "\r\n", "\r", "\x0c", "\u2028", "    ", "longer text", "")


async def prompt(editor: Editor, simulator: Simulator, uri: str) -> str:
    """The document as the server sends it to a model that fills in at its end."""
    text = editor.documents.text(uri)
    place = position(text, len(text), editor.documents.encoding)
    params = {"textDocument": {"uri": uri}, "position": place, "context": {"triggerKind": 1}}
    count = len(simulator.requests)
    await editor.request("textDocument/inlineCompletion", params)
    seen = (await simulator.wait_for_requests(count + 1))[-1]
    return seen.body["input_prefix"] + seen.body.get("prompt", "") + seen.body["input_suffix"]


@pytest.mark.parametrize(("client", "encoding"), [("vscode", "utf-16"), ("neovim-0.12", "utf-8"), ("bare", "utf-16")])
async def test_edits_in_every_encoding(harness: Harness, client: str, encoding: str) -> None:
    random.seed(client)
    async with Simulator(Script.saying("x")) as simulator:
        editor = await harness.start(client, config=config(simulator.base_url, "infill"), environ=ENVIRON)
        assert editor.documents.encoding == encoding
        uri = to_uri(harness.workspace / "wild.py")
        editor.tell(editor.documents.open(uri, "start = 'é😀'\n"))
        for _ in range(60):
            length = len(editor.documents.text(uri))
            start = random.randint(0, length)
            end = min(length, start + random.choice((0, 0, 1, 3)))
            text = editor.documents.text(uri)
            if "\r\n" in (text[start - 1 : start + 1], text[end - 1 : end + 1]):
                continue  # between the halves of a terminator there is no position
            editor.tell(editor.documents.replace(uri, start, end, random.choice(PIECES)))
        editor.tell(
            editor.documents.replace(uri, len(editor.documents.text(uri)), len(editor.documents.text(uri)), "\nz = ")
        )
        sent = await prompt(editor, simulator, uri)
        shown = editor.documents.text(uri)
        assert sent.replace("\r\n", "\n").replace("\r", "\n") == shown.replace("\r\n", "\n").replace("\r", "\n")


async def test_whole_text_changes_and_reopening(harness: Harness) -> None:
    async with Simulator(Script.saying("x")) as simulator:
        editor = await harness.start(config=config(simulator.base_url, "infill"), environ=ENVIRON)
        uri = to_uri(harness.workspace / "a.py")
        editor.tell(editor.documents.open(uri, "old = 1\n"))
        editor.documents.buffers[uri].text = "new = "
        changes: list[dict[str, Any]] = [{"text": "thrown away"}, {"text": "new = "}]
        editor.notify("textDocument/didChange", {"textDocument": {"uri": uri, "version": 2}, "contentChanges": changes})
        assert await prompt(editor, simulator, uri) == "new = "
        editor.tell(editor.documents.close(uri))
        editor.tell(editor.documents.open(uri, "again = "))
        assert await prompt(editor, simulator, uri) == "again = "


async def test_requests_about_documents_that_are_not_open(harness: Harness) -> None:
    editor = await harness.start()
    uri = to_uri(harness.workspace / "never.py")
    params = {
        "textDocument": {"uri": uri},
        "position": {"line": 0, "character": 0},
        "context": {"triggerKind": 1},
    }
    assert (await editor.request("textDocument/inlineCompletion", params))["items"] == []
    editor.notify(
        "textDocument/didChange",
        {"textDocument": {"uri": uri, "version": 2}, "contentChanges": [{"text": "x"}]},
    )
    editor.notify("textDocument/didClose", {"textDocument": {"uri": uri}})
    assert (await editor.request("textDocument/inlineCompletion", params))["items"] == []


@pytest.mark.parametrize("place", [(99, 0), (0, 999), (2**31 - 1, 2**31 - 1)])
async def test_positions_out_of_range_do_no_harm(harness: Harness, place: tuple[int, int]) -> None:
    editor = await harness.start()
    uri = to_uri(harness.workspace / "a.py")
    editor.tell(editor.documents.open(uri, "x = 1\n"))
    params = {
        "textDocument": {"uri": uri},
        "position": {"line": place[0], "character": place[1]},
        "context": {"triggerKind": 1},
    }
    assert isinstance((await editor.request("textDocument/inlineCompletion", params))["items"], list)


async def test_untitled_buffers_are_served(harness: Harness) -> None:
    editor = await harness.start()
    text = "first_value = 10\nsecond_value = first_value\nthird_value = first_v"
    editor.tell(editor.documents.open("untitled:Untitled-1", text, "python"))
    params = {
        "textDocument": {"uri": "untitled:Untitled-1"},
        "position": {"line": 2, "character": len("third_value = first_v")},
        "context": {"triggerKind": 1},
    }
    assert isinstance((await editor.request("textDocument/inlineCompletion", params))["items"], list)
