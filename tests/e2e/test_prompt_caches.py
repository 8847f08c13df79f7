"""What providers keep of prompts, seen from outside: hits, a miss that nothing explains, and summaries."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import Any

from harness import Harness
from worlds import ENVIRON, config

from tierwise.cli.editor import Editor
from tierwise.core.uris import to_uri
from tierwise.simulator import Script, Simulator
from tierwise.telemetry.database import FILE_NAME

LONG = "".join(f"def step_{number}(value):\n    return value + {number}\n\n\n" for number in range(400))
"""Longer than the shortest prompt that is kept."""
PATIENCE_S = 120.0
"""For the answer of a server that has yet to load a provider's library, on a slow machine."""
PLACE = {"start": {"line": 0, "character": 4}, "end": {"line": 0, "character": 9}}


async def explained(editor: Editor, uri: str) -> dict[str, Any]:
    argument = {"uri": uri, "range": PLACE}
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
