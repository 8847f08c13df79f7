"""Answers to read: streamed to our own clients, as a document to those that can show one, as facts without a model."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from harness import OFFLINE, Harness
from worlds import ENVIRON, KEY, chains, config, use

from tierwise.cli.editor import Call, Editor, ServerError
from tierwise.core.uris import to_path, to_uri
from tierwise.simulator import FaultKind, Reply, Rule, Script, Simulator, Stop

TEXT = (
    "def total(items):\n    return sum(price_of(item) for item in items)\n\n\n"
    "def price_of(item):\n    return item.price\n"
)
PLACE = {"start": {"line": 0, "character": 4}, "end": {"line": 0, "character": 9}}
ANSWER = "It adds up the prices of all items, one after the other."


@pytest.fixture
async def simulator() -> AsyncIterator[Simulator]:
    async with Simulator(Script.saying(ANSWER)) as simulator:
        yield simulator


async def opened(harness: Harness, client: str = "vscode", settings: str = OFFLINE) -> Editor:
    harness.write("shop.py", TEXT)
    editor = await harness.start(client, config=settings, environ=ENVIRON)
    editor.tell(editor.documents.open(to_uri(harness.workspace / "shop.py")))
    return editor


def explain(editor: Editor, harness: Harness, **more: Any) -> Call:
    argument = {"uri": to_uri(harness.workspace / "shop.py"), "range": PLACE, **more}
    return editor.send("workspace/executeCommand", {"command": "tierwise.explain", "arguments": [argument]})


async def test_without_a_model_the_facts_are_told(harness: Harness) -> None:
    editor = await opened(harness)
    answer = await explain(editor, harness).answer()
    assert "total" in answer["text"]
    assert "price_of" in answer["text"]
    assert "No model is configured" in answer["text"]


async def test_a_model_explains_on_every_wire(
    harness: Harness, simulator: Simulator, subtests: pytest.Subtests
) -> None:
    editor = await opened(harness, settings=config(simulator.base_url, "chat"))
    for wire in ("messages", "responses", "chat"):
        with subtests.test(wire=wire):
            await use(editor, wire)
            mark = len(editor.notifications)
            answer = await explain(editor, harness, question="Why so?").answer()
            assert answer["text"].strip() == ANSWER
            assert answer["model"] == chains(wire)[answer["tier"]]
            usage = await editor.notification("tierwise/usage", after=mark)
            assert (usage["task"], usage["input_tokens"] > 0) == ("explain", True)
            deltas = [params for method, params in editor.notifications[mark:] if method == "tierwise/answer"]
            assert "".join(params["delta"] for params in deltas).strip() == ANSWER
            assert [params["done"] for params in deltas] == [False] * (len(deltas) - 1) + [True]
            assert "Why so?" in simulator.requests[-1].text
    assert KEY not in editor.transcript


async def test_a_second_question_finds_the_first_ones_prefix_in_the_cache(
    harness: Harness, simulator: Simulator
) -> None:
    harness.write("long.py", "\n".join(f"def function_{n}(argument):\n    return argument + {n}\n" for n in range(200)))
    editor = await opened(harness, settings=config(simulator.base_url, "messages"))
    uri = to_uri(harness.workspace / "long.py")
    editor.tell(editor.documents.open(uri))
    for question in ("What is this?", "And why?"):
        argument = {"uri": uri, "range": PLACE, "question": question}
        params = {"command": "tierwise.explain", "arguments": [argument]}
        await editor.request("workspace/executeCommand", params)
    first, second = simulator.requests
    assert first.use is not None
    assert second.use is not None
    assert first.use.read_tokens == 0
    assert second.use.read_tokens > 0.8 * second.use.input_tokens


async def test_a_client_with_documents_of_its_own_kind_reads_the_answer_there(
    harness: Harness, simulator: Simulator
) -> None:
    harness.write("shop.py", TEXT)
    editor = await harness.start("vscode", config=config(simulator.base_url, "chat"), environ=ENVIRON, initialize=False)
    del editor.capabilities["experimental"]  # type: ignore[attr-defined]
    await editor.initialize()
    editor.tell(editor.documents.open(to_uri(harness.workspace / "shop.py")))
    await explain(editor, harness).answer()
    (shown,) = editor.shown
    assert shown["uri"].startswith("tierwise:")
    content = await editor.request("workspace/textDocumentContent", {"uri": shown["uri"]})
    assert content["text"].strip() == ANSWER


async def test_a_client_that_shows_files_gets_one(harness: Harness, simulator: Simulator) -> None:
    editor = await opened(harness, "helix-25.07", config(simulator.base_url, "chat"))
    await explain(editor, harness).answer()
    (shown,) = editor.shown
    path = to_path(shown["uri"])
    assert path is not None
    assert text_of(path).strip() == ANSWER
    assert not path.is_relative_to(harness.workspace)


def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8")


async def test_an_unknown_answer_is_refused(harness: Harness) -> None:
    editor = await opened(harness)
    with pytest.raises(ServerError):
        await editor.request("workspace/textDocumentContent", {"uri": "tierwise:/explain-99.md"})


async def test_cancelling_in_the_middle_stops_paying(harness: Harness, simulator: Simulator) -> None:
    simulator.script = Script.failing(FaultKind.HANG_MID_STREAM, after=2)
    editor = await opened(harness, settings=config(simulator.base_url, "chat"))
    call = explain(editor, harness)
    (seen,) = await simulator.wait_for_requests(1)
    await editor.notification("tierwise/answer")
    call.cancel()
    with pytest.raises(ServerError) as caught:
        await call.answer()
    assert caught.value.code == -32800
    assert await simulator.wait_closed(seen)


async def test_a_secret_in_the_text_is_masked_on_its_way(harness: Harness, simulator: Simulator) -> None:
    editor = await opened(harness, settings=config(simulator.base_url, "chat"))
    secret = "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"
    uri = to_uri(harness.workspace / "shop.py")
    editor.tell(editor.documents.replace(uri, 0, 0, f'TOKEN = "{secret}"\n'))
    await explain(editor, harness).answer()
    (seen,) = simulator.requests
    assert secret not in seen.text
    assert "TOKEN" in seen.text
    assert secret not in "\n".join(editor.stderr)


async def test_only_an_explanation_or_a_review_can_be_asked_for(harness: Harness, simulator: Simulator) -> None:
    editor = await opened(harness, settings=config(simulator.base_url, "messages"))
    for task in ("reveiw", 5, ["review"]):
        with pytest.raises(ServerError, match="'task' must be"):
            await explain(editor, harness, task=task).answer()
    assert simulator.requests == []
    assert (await explain(editor, harness, task="explain").answer())["text"].strip() == ANSWER


@pytest.mark.parametrize("task", ["explain", "review"])
@pytest.mark.parametrize("reply", ["", " \n", "<think>Nothing to say.</think>\n"])
async def test_an_answer_without_a_word_is_told_as_such(
    harness: Harness, simulator: Simulator, task: str, reply: str
) -> None:
    simulator.script = Script.saying(reply)
    editor = await opened(harness, settings=config(simulator.base_url, "messages"))
    with pytest.raises(ServerError, match="answered without a word"):
        await explain(editor, harness, task=task).answer()
    simulator.script = Script(rules=(Rule(reply=Reply(text=reply, stop=Stop.REFUSAL)),))
    with pytest.raises(ServerError, match="declined to answer"):
        await explain(editor, harness, task=task).answer()
