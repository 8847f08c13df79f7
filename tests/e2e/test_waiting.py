"""Clients that wait badly: those that cannot cancel a request, and those that freeze while an action is resolved."""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import AsyncIterator
from contextlib import closing
from typing import Any

import pytest
from harness import Harness
from worlds import ENVIRON, config

from tierwise.cli.editor import Call, Editor, ServerError
from tierwise.core.uris import to_uri
from tierwise.simulator import Script, SeenRequest, Simulator
from tierwise.telemetry.database import FILE_NAME

TEXT = "def total(items):\n    return sum(items)\n"
ANSWER = "It adds up all items, one after the other, and that is all."
PLACE = {"start": {"line": 0, "character": 4}, "end": {"line": 0, "character": 4}}
CANCELLED = -32800


@pytest.fixture
async def simulator() -> AsyncIterator[Simulator]:
    async with Simulator(Script.saying(ANSWER)) as simulator:
        yield simulator


async def opened(harness: Harness, simulator: Simulator, **options: Any) -> Editor:
    harness.write("shop.py", TEXT)
    settings = config(simulator.base_url, "messages")
    editor = await harness.start("helix-25.07", config=settings, environ=ENVIRON, **options)
    editor.tell(editor.documents.open(to_uri(harness.workspace / "shop.py")))
    return editor


async def waiting(harness: Harness, simulator: Simulator) -> tuple[Editor, Call, SeenRequest]:
    """An explanation is under way that takes a minute for each of its words."""
    simulator.script = Script.saying(ANSWER, token_ms=60_000)
    editor = await opened(harness, simulator)
    argument = {"uri": to_uri(harness.workspace / "shop.py"), "range": PLACE}
    call = editor.send("workspace/executeCommand", {"command": "tierwise.explain", "arguments": [argument]})
    (request,) = await simulator.wait_for_requests(1)
    return editor, call, request


async def test_a_command_ends_what_the_user_waits_for(harness: Harness, simulator: Simulator) -> None:
    editor, call, request = await waiting(harness, simulator)
    end = {"command": "tierwise.cancel", "arguments": []}
    assert await editor.request("workspace/executeCommand", end) == {"cancelled": 1}
    with pytest.raises(ServerError) as caught:
        await call.answer()
    assert caught.value.code == CANCELLED
    assert await simulator.wait_closed(request), "nothing more is paid for"
    assert await editor.request("workspace/executeCommand", end) == {"cancelled": 0}


@pytest.mark.parametrize("lazy", [True, False])
async def test_a_client_may_ask_for_commands_instead_of_resolving(
    harness: Harness, simulator: Simulator, lazy: bool
) -> None:
    better = TEXT.replace("return", "yield")
    simulator.script = Script.saying(f"shop.py\n<<<<<<< SEARCH\n{TEXT}=======\n{better}>>>>>>> REPLACE\n")
    editor = await opened(harness, simulator, options={"tierwise": {}, "lazyEdits": lazy})
    uri = to_uri(harness.workspace / "shop.py")
    params = {"textDocument": {"uri": uri}, "range": PLACE, "context": {"diagnostics": []}}
    actions = await editor.request("textDocument/codeAction", params)
    (action,) = [action for action in actions if action["title"] == "Simplify"]
    if lazy:
        assert "command" not in action
        assert (await editor.request("codeAction/resolve", action))["edit"]
    else:
        assert await editor.request("codeAction/resolve", action) == action, "some clients resolve all the same"
        assert (await editor.request("workspace/executeCommand", action["command"]))["applied"]
        assert editor.documents.text(uri) == better


async def test_a_failed_command_is_told_to_the_user_of_a_client_that_keeps_it_to_itself(
    harness: Harness, simulator: Simulator
) -> None:
    editor = await opened(harness, simulator, options={"tierwise": {}, "showErrors": True})
    with pytest.raises(ServerError):
        await editor.request("workspace/executeCommand", {"command": "tierwise.edit", "arguments": []})
    message = await editor.notification("window/showMessage")
    assert message["type"] == 1
    assert "tierwise.edit takes one argument" in message["message"]


async def test_what_cannot_be_kept_in_the_queue_still_says_why_nothing_was_changed(
    harness: Harness, simulator: Simulator
) -> None:
    simulator.script = Script.saying("No.")
    state = harness.home / "state" / "tierwise"
    state.write_text("where the folder should be", encoding="utf-8")
    editor = await opened(harness, simulator)
    argument = {"uri": to_uri(harness.workspace / "shop.py"), "instruction": "better"}
    with pytest.raises(ServerError, match=r"(?s)the last: no edit in the answer.*could not be kept in the queue.*disk"):
        await editor.request("workspace/executeCommand", {"command": "tierwise.edit", "arguments": [argument]})


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signal")
async def test_a_server_ended_by_a_signal_keeps_what_was_paid_for(harness: Harness, simulator: Simulator) -> None:
    editor, call, request = await waiting(harness, simulator)
    await simulator.wait_first_token(request)
    editor.process.terminate()
    with pytest.raises(ServerError, match="cancelled"):
        await call.answer()
    assert await editor.wait_exit() == 1
    with closing(sqlite3.connect(harness.home / "state" / "tierwise" / FILE_NAME)) as events:
        ((outcome, cost),) = events.execute("SELECT outcome, cost_usd FROM requests").fetchall()
    assert outcome == "cancelled"
    assert cost > 0
