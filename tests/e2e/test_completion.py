"""Ghost text, from the keystroke to the provider's socket and back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from clients import CLIENTS
from harness import OFFLINE, Harness
from worlds import ENVIRON, KEY, WORLDS, World, chains, config, use

from tierwise.cli.editor import Call, Editor, ServerError
from tierwise.core.uris import to_uri
from tierwise.simulator import Fault, FaultKind, Reply, Rule, Script, Simulator

TEXT = "def total(items):\n    result = 0\n    for item in items:\n        result += \n    return result\n"
CURSOR = {"line": 3, "character": 18}
CODE = "item.price"


@pytest.fixture
async def simulator() -> AsyncIterator[Simulator]:
    async with Simulator() as simulator:
        yield simulator


def says(world: World, **reply: Any) -> Script:
    return Script.saying(world.fill(CODE), **reply)


async def opened(harness: Harness, simulator: Simulator, wire: str = "messages", **options: Any) -> Editor:
    """An editor with the text open, and all tiers on one wire."""
    harness.write("shop.py", TEXT)
    settings = config(simulator.base_url, wire, **options)
    editor = await harness.start(config=settings, environ=ENVIRON)
    editor.tell(editor.documents.open(to_uri(harness.workspace / "shop.py")))
    return editor


def retype(editor: Editor, harness: Harness) -> None:
    """Close the document and open it as it was at first."""
    uri = to_uri(harness.workspace / "shop.py")
    editor.tell(editor.documents.close(uri))
    editor.tell(editor.documents.open(uri, TEXT))


def ask(editor: Editor, harness: Harness, *, kind: int = 2) -> Call:
    """Ask for a completion at the end of the line that is being typed."""
    uri = to_uri(harness.workspace / "shop.py")
    line = editor.documents.text(uri).splitlines()[3]
    params = {
        "textDocument": {"uri": uri},
        "position": {"line": 3, "character": len(line)},
        "context": {"triggerKind": kind},
    }
    return editor.send("textDocument/inlineCompletion", params)


def type_one(editor: Editor, harness: Harness, text: str) -> None:
    """Type at the end of the line that is being completed."""
    uri = to_uri(harness.workspace / "shop.py")
    at = editor.documents.text(uri).index("\n    return result")
    editor.tell(editor.documents.replace(uri, at, at, text))


async def test_a_model_on_every_wire_completes(
    harness: Harness, simulator: Simulator, subtests: pytest.Subtests
) -> None:
    editor = await opened(harness, simulator)
    for number, (name, world) in enumerate(WORLDS.items()):
        with subtests.test(wire=name):
            await use(editor, name)
            type_one(editor, harness, f"{number} + ")
            simulator.script = says(world)
            mark, asked = len(editor.notifications), len(simulator.requests)
            (item,) = (await ask(editor, harness).answer())["items"]
            assert item["insertText"] == CODE
            usage = await editor.notification("tierwise/usage", after=mark)
            assert (usage["task"], usage["tier"], usage["model"]) == ("complete", "fast", chains(name)["fast"])
            (seen,) = simulator.requests[asked:]
            assert "result += " in seen.text
            assert usage["input_tokens"] > 0
    assert KEY not in editor.transcript


PAUSING = {
    FaultKind.UNAUTHORIZED,
    FaultKind.FORBIDDEN,
    FaultKind.PAYMENT_REQUIRED,
    FaultKind.RATE_LIMIT,
}
"""Faults after which a model is left alone for a while, on purpose."""


def faulty(world: World, kind: FaultKind) -> Script:
    reply = Reply(text=world.fill(CODE), fault=Fault(kind=kind), token_ms=0.1 if kind is FaultKind.DRIP else 0)
    return Script(rules=(Rule(reply=reply),))


@pytest.mark.parametrize("name", ["messages", "responses", "infill"])
async def test_every_passing_fault_of_a_provider_ends_in_one_answer(
    harness: Harness, simulator: Simulator, name: str
) -> None:
    world = WORLDS[name]
    kinds = sorted(set(FaultKind) - PAUSING)
    harness.write("many.py", "".join(f"value_{number} = \n" for number in range(len(kinds) + 100)))
    settings = config(simulator.base_url, name, "first_token_ms = 300\ndeadline_ms = 600\n")
    editor = await harness.start(config=settings, environ=ENVIRON)
    uri = to_uri(harness.workspace / "many.py")
    editor.tell(editor.documents.open(uri))

    async def complete(line: int) -> list[Any]:
        """Each at a place of its own, so that none waits for another's answer."""
        place = {"line": line, "character": len(f"value_{line} = ")}
        params = {"textDocument": {"uri": uri}, "position": place, "context": {"triggerKind": 1}}
        return (await editor.request("textDocument/inlineCompletion", params))["items"]

    lines = iter(range(len(kinds) + 100))
    simulator.script = says(world)
    while not await complete(next(lines)):
        pass  # the provider's library is still being loaded
    before = len(simulator.requests)
    for kind in kinds:
        simulator.script = faulty(world, kind)
        assert len(await complete(next(lines))) <= 1, kind
    simulator.script = says(world)
    assert await complete(next(lines)), "and after all of them it works again"
    assert len(simulator.requests) == before + len(kinds) + 1
    assert KEY not in editor.transcript


async def test_a_model_that_must_be_left_alone_is_asked_once(
    harness: Harness, simulator: Simulator, subtests: pytest.Subtests
) -> None:
    wires = dict(zip(sorted(PAUSING), ("chat", "infill", "ollama", "mistral"), strict=True))
    editor = await opened(harness, simulator, "deepseek")
    for kind, wire in wires.items():
        with subtests.test(kind=kind):
            await use(editor, wire)
            simulator.script = faulty(WORLDS[wire], kind)
            asked = len(simulator.requests)
            for _ in range(3):
                type_one(editor, harness, "(")
                assert len((await ask(editor, harness, kind=1).answer())["items"]) <= 1
            assert len(simulator.requests) == asked + 1


async def test_cancelling_closes_the_providers_socket(
    harness: Harness, simulator: Simulator, subtests: pytest.Subtests
) -> None:
    simulator.script = Script.failing(FaultKind.HANG_AFTER_HEADERS)
    editor = await opened(harness, simulator)
    for name in WORLDS:
        with subtests.test(wire=name):
            await use(editor, name)
            asked = len(simulator.requests)
            call = ask(editor, harness)
            seen = (await simulator.wait_for_requests(asked + 1))[-1]
            call.cancel()
            with pytest.raises(ServerError) as caught:
                await call.answer()
            assert caught.value.code == -32800
            assert await simulator.wait_closed(seen)


async def test_cancelling_in_the_middle_of_the_answer_closes_the_socket(harness: Harness, simulator: Simulator) -> None:
    simulator.script = Script.failing(FaultKind.HANG_MID_STREAM, after=2)
    editor = await opened(harness, simulator)
    call = ask(editor, harness)
    (seen,) = await simulator.wait_for_requests(1)
    await simulator.wait_first_token(seen)
    call.cancel()
    with pytest.raises(ServerError):
        await call.answer()
    assert await simulator.wait_closed(seen)


async def test_the_newest_request_of_a_document_wins(harness: Harness, simulator: Simulator) -> None:
    world = WORLDS["chat"]
    simulator.script = Script.failing(FaultKind.HANG_AFTER_HEADERS)
    editor = await opened(harness, simulator, "chat")
    first = ask(editor, harness)
    (seen,) = await simulator.wait_for_requests(1)
    simulator.script = says(world)
    uri = to_uri(harness.workspace / "shop.py")
    end = {"line": 1, "character": len("    result = 0")}
    params = {"textDocument": {"uri": uri}, "position": end, "context": {"triggerKind": 2}}
    second = editor.send("textDocument/inlineCompletion", params)
    assert (await first.answer())["items"] == []
    assert (await second.answer())["items"]
    assert await simulator.wait_closed(seen)


async def test_what_was_typed_meanwhile_is_answered_from_what_is_known(harness: Harness, simulator: Simulator) -> None:
    world = WORLDS["chat"]
    simulator.script = says(world)
    editor = await opened(harness, simulator, "chat")
    await ask(editor, harness).answer()
    type_one(editor, harness, "it")
    answer = await ask(editor, harness).answer()
    assert answer["items"][0]["insertText"] in {CODE, CODE[2:]}
    assert len(simulator.requests) == 1


@pytest.mark.parametrize("client", CLIENTS)
async def test_without_any_model_the_workspace_completes(harness: Harness, client: str) -> None:
    text = (
        "def first(order):\n    price = order.price * order.amount\n    return price\n\n\n"
        "def second(order):\n    price = order.price * order.amount\n    return price\n\n\n"
        "def third(order):\n    price = order.pri"
    )
    harness.write("orders.py", text)
    editor = await harness.start(client, config=OFFLINE)
    uri = to_uri(harness.workspace / "orders.py")
    editor.tell(editor.documents.open(uri))
    place = {"textDocument": {"uri": uri}, "position": {"line": 11, "character": len("    price = order.pri")}}
    if "inlineCompletionProvider" in editor.server_capabilities:
        answer = await editor.request("textDocument/inlineCompletion", {**place, "context": {"triggerKind": 1}})
        assert answer["items"][0]["insertText"].startswith("ce * order.amount")
    else:
        answer = await editor.request("textDocument/completion", place)
        items: list[dict[str, Any]] = answer["items"] if isinstance(answer, dict) else answer
        assert any("price * order.amount" in str(item) for item in items), items


async def test_a_silent_model_is_stood_in_for_at_the_deadline(harness: Harness, simulator: Simulator) -> None:
    simulator.script = Script.failing(FaultKind.HANG_BEFORE_HEADERS)
    editor = await opened(harness, simulator, "chat", limits="first_token_ms = 200\ndeadline_ms = 400\n")
    answer = await ask(editor, harness, kind=1).answer()
    assert isinstance(answer["items"], list)
    usage = await editor.notification("tierwise/usage")
    assert usage["model"] != chains("chat")["fast"]


async def test_a_forbidden_file_reaches_no_provider(harness: Harness, simulator: Simulator) -> None:
    world = WORLDS["chat"]
    simulator.script = says(world)
    harness.write(".gitignore", "private/\n")
    editor = await harness.start(config=config(simulator.base_url, "chat"), environ=ENVIRON)
    for name in (".env", "private/notes.py", "id_rsa"):
        harness.write(name, "TOKEN = 'x'\nTOKEN\n")
        uri = to_uri(harness.workspace / name)
        editor.tell(editor.documents.open(uri))
        params = {"textDocument": {"uri": uri}, "position": {"line": 1, "character": 5}, "context": {"triggerKind": 1}}
        assert (await editor.request("textDocument/inlineCompletion", params))["items"] == []
    outside = harness.home / "outside.py"
    outside.write_text("x = 1\nx\n")
    uri = to_uri(outside)
    editor.tell(editor.documents.open(uri))
    params = {"textDocument": {"uri": uri}, "position": {"line": 1, "character": 1}, "context": {"triggerKind": 1}}
    await editor.request("textDocument/inlineCompletion", params)
    assert simulator.requests == []


async def test_a_missing_key_is_told_once_and_the_workspace_completes(harness: Harness, simulator: Simulator) -> None:
    harness.write("shop.py", TEXT)
    editor = await harness.start(config=config(simulator.base_url, "chat"))
    editor.tell(editor.documents.open(to_uri(harness.workspace / "shop.py")))
    message = await editor.notification("window/showMessage")
    assert "FAR_KEY" in message["message"]
    for _ in range(3):
        await ask(editor, harness, kind=1).answer()
    shown = [params for method, params in editor.notifications if method == "window/showMessage"]
    assert len(shown) == 1
    assert simulator.requests == []


async def test_a_burst_of_keystrokes_is_all_answered(harness: Harness, simulator: Simulator) -> None:
    world = WORLDS["chat"]
    simulator.script = says(world, first_token_ms=20)
    editor = await opened(harness, simulator, "chat")
    calls: list[Call] = []
    for letter in "item_with_a_long_name":
        type_one(editor, harness, letter)
        calls.append(ask(editor, harness))
    answers = await asyncio.gather(*(call.answer() for call in calls))
    assert all(isinstance(answer["items"], list) for answer in answers)
