from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from tierwise.cli.editor import Editor, ServerError, ServerGone

SERVER = Path(__file__).parent / "scripted_server.py"
CAPABILITIES = {"workspace": {"configuration": True, "applyEdit": True}, "window": {"showDocument": {"support": True}}}


def editor(manner: str = "well", **options: Any) -> Editor:
    return Editor(CAPABILITIES, command=(sys.executable, str(SERVER), manner), **options)


async def test_the_usual_course(tmp_path: Path) -> None:
    async with editor(folders=[tmp_path]) as client:
        await client.initialize()
        assert client.documents.encoding == "utf-8"
        assert await client.request("anything") is None
        assert await client.shutdown() == 3
    assert client.breaches == ()
    assert client.stderr[0] == "ready"
    assert '--> {"jsonrpc": "2.0", "id": 1, "method": "initialize"' in client.transcript


async def test_a_cancelled_request_is_answered_with_an_error() -> None:
    async with editor("silent") as client:
        await client.initialize()
        call = client.send("slow")
        call.cancel()
        with pytest.raises(ServerError, match="cancelled") as caught:
            await call.answer()
        assert caught.value.code == -32800
        await client.shutdown()
    assert client.breaches == ()


@pytest.mark.parametrize(
    ("manner", "breach"),
    [
        ("twice", "answered twice"),
        ("too-long", "no stream of messages"),
        ("cut", "no stream of messages"),
        ("silent", "slow (id 2) was never answered"),
        ("dies", "slow (id 2) was never answered"),
    ],
)
async def test_a_server_that_breaks_the_protocol_is_found_out(manner: str, breach: str) -> None:
    async with editor(manner) as client:
        await client.initialize()
        call = client.send("slow")
        if manner == "silent":
            await client.request("shutdown")
        client.notify("exit")
        await client.wait_exit()
    assert any(breach in found for found in client.breaches), client.breaches
    if manner != "twice":
        assert isinstance(call.future.exception(), ServerGone) or manner == "too-long"


async def test_requests_of_the_server_are_answered_as_an_editor_does(tmp_path: Path) -> None:
    async def ask(method: str, **params: Any) -> Any:
        reply = await client.request("ask", {"method": method, "params": params})
        return reply.get("result", reply.get("error"))

    async with editor(folders=[tmp_path], settings={"tierwise": {"profile": "local"}}) as client:
        await client.initialize()
        items = [{"section": "tierwise"}, {"section": "tierwise.profile"}, {"section": "other.key"}]
        assert await ask("workspace/configuration", items=items) == [{"profile": "local"}, "local", None]
        assert await ask("window/showDocument", uri="file:///x") == {"success": True}
        assert client.shown == [{"uri": "file:///x"}]
        stale = {"textDocument": {"uri": "untitled:none", "version": 3}, "edits": []}
        refusal = await ask("workspace/applyEdit", edit={"documentChanges": [stale]})
        assert refusal["applied"] is False
        assert (await ask("odd/method"))["code"] == -32601
        await client.shutdown()
    assert len(client.breaches) == 1
    assert "odd/method" in client.breaches[0]


async def test_an_applied_edit_is_announced_to_the_server() -> None:
    async with editor() as client:
        await client.initialize()
        client.tell(client.documents.open("untitled:a", "x"))
        span = {"start": {"line": 0, "character": 0}, "end": {"line": 0, "character": 1}}
        edit = {"changes": {"untitled:a": [{"range": span, "newText": "y"}]}}
        reply = await client.request("ask", {"method": "workspace/applyEdit", "params": {"edit": edit}})
        # The change is announced before the edit is confirmed, so the scripted server reads it first.
        assert reply["method"] == "textDocument/didChange"
        assert client.documents.text("untitled:a") == "y"


async def test_notifications_are_waited_for() -> None:
    async with editor() as client:
        await client.initialize()
        for text in ("one", "two"):
            client.notify("tell", {"message": text})
        found = await client.notification("window/logMessage", lambda params: params["message"] == "two")
        assert found == {"message": "two"}
        mark = len(client.notifications)
        client.notify("tell", {"message": "one"})
        assert await client.notification("window/logMessage", after=mark) == {"message": "one"}
        await client.shutdown()


async def test_a_server_that_cannot_be_started_is_named() -> None:
    with pytest.raises(ServerGone, match="no-such-program"):
        async with Editor({}, command=("no-such-program",)):
            pass
