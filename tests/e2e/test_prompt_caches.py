"""What providers keep of prompts, seen from outside: hits, a miss that nothing explains, and summaries."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import Any

import pytest
from harness import Harness
from worlds import ENVIRON, PATIENT, config

from tierwise.cli.editor import Editor
from tierwise.core.uris import to_uri
from tierwise.simulator import Reply, Rule, Script, Simulator
from tierwise.telemetry.database import FILE_NAME

LONG = "".join(f"def step_{number}(value):\n    return value + {number}\n\n\n" for number in range(400))
"""Longer than the shortest prompt that is kept."""
PATIENCE_S = 120.0
"""For the answer of a server that has yet to load a provider's library, on a slow machine."""
PLACE = {"start": {"line": 0, "character": 4}, "end": {"line": 0, "character": 9}}


async def explained(editor: Editor, uri: str, **more: Any) -> dict[str, Any]:
    argument = {"uri": uri, "range": PLACE, **more}
    call = editor.send("workspace/executeCommand", {"command": "tierwise.explain", "arguments": [argument]})
    return await call.answer(PATIENCE_S)


async def cache(editor: Editor) -> dict[str, Any]:
    status = await editor.send("workspace/executeCommand", {"command": "tierwise.status", "arguments": []}).answer()
    return status["cache"]


async def test_a_miss_that_nothing_explains_is_told(harness: Harness) -> None:
    harness.write("steps.py", LONG)
    uri = to_uri(harness.workspace / "steps.py")
    async with Simulator(Script.saying("It adds.")) as simulator:
        editor = await harness.start("vscode", config=config(simulator.base_url, "messages"), environ=ENVIRON)
        editor.tell(editor.documents.open(uri))
        for _ in range(2):
            await explained(editor, uri)
        hit = await cache(editor)
        simulator.reset()  # the provider has lost its copies before their time
        await explained(editor, uri)
        missed = await cache(editor)
    assert (hit["unexplained_misses"], missed["unexplained_misses"]) == (0, 1)
    assert hit["cached_fraction"] > 0.3
    assert hit["saved_usd"] != 0
    await harness.finish()
    with closing(sqlite3.connect(harness.home / "state" / "tierwise" / FILE_NAME)) as connection:
        rows = connection.execute("SELECT cache_misses FROM requests WHERE task = 'explain' ORDER BY at").fetchall()
    assert rows == [(0,), (0,), (1,)]


async def test_a_file_that_does_not_fit_is_summarized_once(harness: Harness) -> None:
    """The first question takes its outline and waits for nothing; a later one finds the summary."""
    harness.write("steps.py", LONG)
    harness.write("main.py", "from steps import step_1\n\n\ndef run():\n    return step_1(2)\n")
    uri = to_uri(harness.workspace / "main.py")
    small = config("{url}", "messages", f"{PATIENT}context_tokens = 4000\n") + "[context]\nsummaries = true\n"
    summarizing = Rule(system=("You summarize one source file",), reply=Reply(text="Adds numbers to what it is given."))
    script = Script(rules=(summarizing, Rule(reply=Reply(text="It adds."))))
    async with Simulator(script) as simulator:
        editor = await harness.start("vscode", config=small.replace("{url}", simulator.base_url), environ=ENVIRON)
        editor.tell(editor.documents.open(uri))
        asked = 0
        while asked < 20 and not any("Adds numbers" in record.text for record in simulator.requests):
            await explained(editor, uri)
            asked += 1
            await simulator.wait_for_requests(asked + 1)  # the summary is asked for beside the first question
        questions = [record.text for record in simulator.requests if record.rule == 1]
        summaries = [record.text for record in simulator.requests if record.rule == 0]
    assert len(summaries) == 1
    assert "return value + 399" not in questions[0]
    assert '<summary path="steps.py">' not in questions[0]
    assert '<summary path="steps.py">\nAdds numbers' in questions[-1]


@pytest.mark.parametrize("wire", ["messages", "responses"])
async def test_a_review_between_two_questions_shares_their_copy(harness: Harness, wire: str) -> None:
    """Neither its schema nor its effort makes the provider's copy useless, for it and for what follows."""
    harness.write("steps.py", LONG)
    uri = to_uri(harness.workspace / "steps.py")
    async with Simulator(Script.saying("It adds.")) as simulator:
        editor = await harness.start("vscode", config=config(simulator.base_url, wire), environ=ENVIRON)
        editor.tell(editor.documents.open(uri))
        await explained(editor, uri, task="review")
        for task in ("explain", "review", "explain"):
            await explained(editor, uri, task=task)
        uses = [record.use for record in simulator.requests[1:]]
        status = await cache(editor)
    assert all(use is not None and use.read_tokens > 0.7 * use.input_tokens for use in uses), uses
    assert status["unexplained_misses"] == 0


async def test_a_review_of_a_whole_file_cuts_nothing_off(harness: Harness) -> None:
    """Its lines stand in the copy: room for them once more would cost what another question needs again."""
    limit, names = 10_400, ("first.py", "second.py", "third.py")
    whole = {"start": {"line": 0, "character": 0}, "end": {"line": 1_080, "character": 0}}
    async with Simulator(Script.saying("It adds.")) as simulator:
        small = config(simulator.base_url, "messages", f"{PATIENT}context_tokens = {limit}\n")
        editor = await harness.start("vscode", config=small, environ=ENVIRON)
        for name in names:
            path = harness.write(name, "".join(LONG.splitlines(keepends=True)[:1_080]))
            editor.tell(editor.documents.open(to_uri(path)))
            await explained(editor, to_uri(path), task="review", range=whole, tier="frontier")  # sets the effort
            for _ in range(4):  # until it is known how many tokens a text has
                await explained(editor, to_uri(path), tier="frontier")
        await explained(editor, to_uri(path), task="review", range=whole, tier="frontier")
        records = simulator.requests
    for record in records[-2:]:
        assert [name for name in names if f'<file path="{name}">' in record.text] == [*names]
    use = records[-1].use
    assert use is not None
    assert 0.93 * limit < use.input_tokens <= limit
    assert use.read_tokens > 0.9 * use.input_tokens
