"""Edits: from an instruction or a code action to a checked change, and everything that can go wrong on the way."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from clients import CLIENTS, capabilities
from harness import OFFLINE, Harness
from worlds import ENVIRON, KEY, chains, config, use

from tierwise.cli.editor import Call, Editor, ServerError
from tierwise.core.clock import SystemClock
from tierwise.core.uris import to_uri
from tierwise.simulator import FaultKind, Reply, Rule, Script, Simulator
from tierwise.telemetry.database import FILE_NAME
from tierwise.telemetry.queue import QueueStore

TEXT = "def total(items):\n    result = 0\n    for item in items:\n        result += item.price\n    return result\n"
NEW = "def total(items):\n    return sum(item.price for item in items)\n"
WHOLE = {"start": {"line": 0, "character": 0}, "end": {"line": 5, "character": 0}}


def block(new: str, old: str = TEXT, path: str = "shop.py") -> str:
    return f"{path}\n<<<<<<< SEARCH\n{old}=======\n{new}>>>>>>> REPLACE\n"


@pytest.fixture
async def simulator() -> AsyncIterator[Simulator]:
    async with Simulator() as simulator:
        yield simulator


async def opened(harness: Harness, simulator: Simulator, client: str = "vscode", wire: str = "chat") -> Editor:
    harness.write("shop.py", TEXT)
    settings = config(simulator.base_url, wire)
    editor = await harness.start(client, config=settings, environ=ENVIRON)
    editor.tell(editor.documents.open(to_uri(harness.workspace / "shop.py")))
    return editor


def text(editor: Editor, harness: Harness) -> str:
    return editor.documents.text(to_uri(harness.workspace / "shop.py"))


def edit(editor: Editor, harness: Harness, instruction: str = "use sum") -> Call:
    argument = {"uri": to_uri(harness.workspace / "shop.py"), "range": WHOLE, "instruction": instruction}
    return editor.send("workspace/executeCommand", {"command": "tierwise.edit", "arguments": [argument]})


async def actions(editor: Editor, harness: Harness, **context: Any) -> list[dict[str, Any]]:
    uri = to_uri(harness.workspace / "shop.py")
    params = {"textDocument": {"uri": uri}, "range": WHOLE, "context": {"diagnostics": [], **context}}
    return await editor.request("textDocument/codeAction", params)


def restore(editor: Editor, harness: Harness) -> None:
    """Bring the text back as it was at first."""
    uri = to_uri(harness.workspace / "shop.py")
    editor.tell(editor.documents.replace(uri, 0, len(text(editor, harness)), TEXT))


async def test_an_instruction_becomes_an_edit_on_every_wire(
    harness: Harness, simulator: Simulator, subtests: pytest.Subtests
) -> None:
    simulator.script = Script.saying("Here it is:\n\n" + block(NEW))
    editor = await opened(harness, simulator)
    for wire in ("messages", "responses", "chat"):
        with subtests.test(wire=wire):
            await use(editor, wire)
            mark = len(editor.notifications)
            answer = await edit(editor, harness).answer()
            assert answer["applied"] is True
            assert (answer["files"], answer["escalations"]) == (1, 0)
            assert answer["model"] == chains(wire)[answer["tier"]]
            assert text(editor, harness) == NEW
            usage = await editor.notification("tierwise/usage", after=mark)
            assert usage["task"] == "edit"
            assert usage["input_tokens"] > 0
        restore(editor, harness)
    assert (harness.workspace / "shop.py").read_text() == TEXT, "the editor saves, not the server"
    assert KEY not in editor.transcript


@pytest.mark.parametrize("client", CLIENTS)
async def test_a_code_action_in_every_client(harness: Harness, simulator: Simulator, client: str) -> None:
    simulator.script = Script.saying(block(NEW))
    editor = await opened(harness, simulator, client)
    offered = await actions(editor, harness)
    assert simulator.requests == [], "offering is free"
    (action,) = [a for a in offered if a["title"] == "Simplify"]
    resolves = capabilities(client).get("textDocument", {}).get("codeAction", {}).get("resolveSupport", {})
    if "edit" in resolves.get("properties", ()):
        assert "edit" not in action
        resolved = await editor.request("codeAction/resolve", action)
        editor.documents.apply(resolved["edit"])
    elif capabilities(client).get("workspace", {}).get("applyEdit"):
        command = action["command"] if isinstance(action["command"], dict) else action
        params = {"command": command["command"], "arguments": command["arguments"]}
        assert (await editor.request("workspace/executeCommand", params))["applied"] is True
    else:
        return  # a client that takes no edits at all
    assert text(editor, harness) == NEW


async def test_an_action_for_an_older_text_is_refused(harness: Harness, simulator: Simulator) -> None:
    editor = await opened(harness, simulator)
    (action,) = [a for a in await actions(editor, harness) if a["title"] == "Simplify"]
    editor.tell(editor.documents.replace(to_uri(harness.workspace / "shop.py"), 0, 0, "# new\n"))
    with pytest.raises(ServerError, match="changed"):
        await editor.request("codeAction/resolve", action)
    assert simulator.requests == []


async def test_typing_meanwhile_refuses_the_answer(harness: Harness, simulator: Simulator) -> None:
    simulator.script = Script.saying(block(NEW), first_token_ms=300)
    editor = await opened(harness, simulator)
    call = edit(editor, harness)
    await simulator.wait_for_requests(1)
    editor.tell(editor.documents.replace(to_uri(harness.workspace / "shop.py"), 0, 0, "# new\n"))
    with pytest.raises(ServerError):
        await call.answer()
    assert text(editor, harness) == "# new\n" + TEXT


async def test_diagnostics_are_offered_a_fix_that_the_model_is_told_of(harness: Harness, simulator: Simulator) -> None:
    simulator.script = Script.saying(block(NEW))
    editor = await opened(harness, simulator)
    diagnostic = {"range": WHOLE, "message": "loop could be a comprehension", "severity": 2}
    offered = await actions(editor, harness, diagnostics=[diagnostic], only=["quickfix"])
    (action,) = offered
    assert action["kind"] == "quickfix.tierwise"
    assert action["diagnostics"] == [diagnostic]
    await editor.request("codeAction/resolve", action)
    assert "loop could be a comprehension" in simulator.requests[0].text


async def test_an_odd_diagnostic_of_another_server_takes_no_action_away(harness: Harness, simulator: Simulator) -> None:
    editor = await opened(harness, simulator)
    odd = [
        {"range": WHOLE, "message": {"kind": "markdown", "value": "**said** in Markdown"}},
        {"range": WHOLE, "message": "of no known weight", "severity": 9, "tags": [77], "code": {"x": 1}},
        {"range": WHOLE, "message": ""},
        {"range": WHOLE, "message": None},
    ]
    offered = await actions(editor, harness, diagnostics=odd, only=["quickfix"])
    assert [action["title"] for action in offered] == ["Fix: **said** in Markdown", "Fix: of no known weight"]


BAD = {
    "prose": "I would rather not.",
    "not-found": block(NEW, old="def nothing_like_this():\n"),
    "syntax": block("def total(items:\n    return (\n"),
    "outside": block(NEW, path="../outside.py"),
    "git": block(NEW, path=".git/config"),
    "cut-off": "shop.py\n<<<<<<< SEARCH\n" + TEXT + "=======\n" + NEW,
    "no-change": block(TEXT),
}


async def test_a_bad_answer_is_sent_back_and_a_good_one_taken(
    harness: Harness, simulator: Simulator, subtests: pytest.Subtests
) -> None:
    editor = await opened(harness, simulator)
    for name, bad in BAD.items():
        simulator.script = Script(rules=(Rule(times=1, reply=Reply(text=bad)), Rule(reply=Reply(text=block(NEW)))))
        with subtests.test(bad=name):
            asked = len(simulator.requests)
            assert (await edit(editor, harness).answer())["applied"] is True
            assert text(editor, harness) == NEW
            assert len(simulator.requests) == asked + 2
        restore(editor, harness)


async def test_what_no_tier_gets_right_waits_for_a_person(harness: Harness, simulator: Simulator) -> None:
    simulator.script = Script.saying("No.")
    editor = await opened(harness, simulator)
    with pytest.raises(ServerError, match="queue show 1"):
        await edit(editor, harness, "the wish of the user").answer()
    assert text(editor, harness) == TEXT
    await editor.shutdown()
    (queued,) = QueueStore(harness.home / "state" / "tierwise" / FILE_NAME, SystemClock()).list()
    assert queued.item.instruction == "the wish of the user"
    assert {attempt.reason for attempt in queued.item.attempts} == {"no-blocks"}
    assert len(queued.item.attempts) == len(simulator.requests)
    assert len({attempt.tier for attempt in queued.item.attempts}) == 2


async def test_a_fault_ends_in_one_sentence(harness: Harness, simulator: Simulator, subtests: pytest.Subtests) -> None:
    editor = await opened(harness, simulator)
    for kind in (FaultKind.SERVER_ERROR, FaultKind.CUT_MID_STREAM, FaultKind.GARBAGE, FaultKind.BAD_REQUEST):
        simulator.script = Script.failing(kind)
        with subtests.test(kind=kind):
            with pytest.raises(ServerError) as caught:
                await edit(editor, harness).answer()
            assert "failed inside" not in caught.value.text
            assert KEY not in caught.value.text
            assert text(editor, harness) == TEXT


async def test_cancelling_stops_paying(harness: Harness, simulator: Simulator, subtests: pytest.Subtests) -> None:
    editor = await opened(harness, simulator)
    (action,) = [a for a in await actions(editor, harness) if a["title"] == "Simplify"]
    for kind in (FaultKind.HANG_AFTER_HEADERS, FaultKind.HANG_MID_STREAM):
        simulator.script = Script.failing(kind)
        for way in ("command", "resolve"):
            with subtests.test(kind=kind, way=way):
                asked = len(simulator.requests)
                call = edit(editor, harness) if way == "command" else editor.send("codeAction/resolve", action)
                seen = (await simulator.wait_for_requests(asked + 1))[-1]
                call.cancel()
                with pytest.raises(ServerError) as caught:
                    await call.answer()
                assert caught.value.code == -32800
                assert await simulator.wait_closed(seen)
                assert len(simulator.requests) == asked + 1
                assert text(editor, harness) == TEXT


async def test_without_a_model_only_what_needs_none_is_offered(harness: Harness) -> None:
    harness.write("shop.py", TEXT)
    editor = await harness.start(config=OFFLINE)
    editor.tell(editor.documents.open(to_uri(harness.workspace / "shop.py")))
    assert [action["title"] for action in await actions(editor, harness)] == ["Explain"]
    with pytest.raises(ServerError) as caught:
        await edit(editor, harness).answer()
    assert "model" in caught.value.text


async def test_arguments_of_a_wrong_shape_are_explained(harness: Harness) -> None:
    editor = await harness.start()
    nowhere = {"uri": "file:///nowhere.py", "range": WHOLE, "instruction": "x"}
    for argument in ({}, {"uri": 1}, nowhere, {"uri": "x", "range": []}, 7):
        with pytest.raises(ServerError) as caught:
            await editor.request("workspace/executeCommand", {"command": "tierwise.edit", "arguments": [argument]})
        assert caught.value.code == -32602, argument
    with pytest.raises(ServerError, match=r"tierwise\.edit"):
        await editor.request("workspace/executeCommand", {"command": "tierwise.edti", "arguments": []})


async def test_a_forbidden_file_reaches_no_provider(harness: Harness, simulator: Simulator) -> None:
    simulator.script = Script.saying(block(NEW))
    editor = await opened(harness, simulator)
    secret = to_uri(harness.write(".env", "TOKEN=abc\n"))
    editor.tell(editor.documents.open(secret))
    argument = {"uri": secret, "range": WHOLE, "instruction": "sort"}
    with pytest.raises(ServerError, match="left alone"):
        await editor.request("workspace/executeCommand", {"command": "tierwise.edit", "arguments": [argument]})
    assert simulator.requests == []


async def test_progress_is_shown_where_the_client_shows_it(harness: Harness, simulator: Simulator) -> None:
    simulator.script = Script.saying(block(NEW))
    editor = await opened(harness, simulator)
    await edit(editor, harness).answer()
    kinds = [params["value"]["kind"] for method, params in editor.notifications if method == "$/progress"]
    assert kinds[0] == "begin"
    assert kinds[-1] == "end"
