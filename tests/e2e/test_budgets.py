"""No prompt is ever longer than its tier allows: whatever was sent before, whatever is asked, in any script."""

from __future__ import annotations

import asyncio
import json
import re
import sys
from asyncio.subprocess import PIPE
from typing import Any

import pytest
from harness import Harness
from worlds import ENVIRON, PATIENT, config

from tierwise.cli.editor import Editor
from tierwise.core.uris import to_uri
from tierwise.simulator import Script, Simulator

LIMIT = 8_000
PLACE = {"start": {"line": 0, "character": 4}, "end": {"line": 0, "character": 9}}
MUCH = {"start": {"line": 0, "character": 0}, "end": {"line": 400, "character": 0}}


async def explained(editor: Editor, harness: Harness, name: str, **more: Any) -> None:
    argument = {"uri": to_uri(harness.workspace / name), "range": PLACE, **more}
    call = editor.send("workspace/executeCommand", {"command": "tierwise.explain", "arguments": [argument]})
    await call.answer(120.0)


async def allow(editor: Editor, tokens: int) -> None:
    """Change the limit of all tiers, and wait until the server has it."""
    tiers = ("fast", "balanced", "frontier")
    editor.settings["tierwise"] = {"tiers": {tier: {"context_tokens": tokens} for tier in tiers}}
    editor.notify("workspace/didChangeConfiguration", {"settings": None})
    for _ in range(100):
        status = await editor.request("workspace/executeCommand", {"command": "tierwise.status"})
        if status["tiers"]["balanced"]["context_tokens"] == tokens:
            return
    raise AssertionError("the limit never changed")


def functions(name: str, comment: str, count: int) -> str:
    return "".join(f"def {name}_{n}(value):\n    # {comment}\n    return value + {n}\n\n\n" for n in range(count))


async def test_prompts_stay_within_the_limit_in_any_script(harness: Harness, subtests: pytest.Subtests) -> None:
    scripts = {"han": "漢" * 60, "astral": "😀" * 60, "cyrillic": "ж" * 60, "latin": "plain words " * 5}
    for name, comment in scripts.items():
        harness.write(f"{name}.py", functions(name, comment, 900))
        harness.write(f"{name}_short.py", f"from {name} import {name}_1\n\n" + functions("short", comment, 90))
    limits = f"{PATIENT}context_tokens = {LIMIT}\n"
    async with Simulator(Script.saying("It adds.")) as simulator:
        editor = await harness.start("vscode", config=config(simulator.base_url, "messages", limits), environ=ENVIRON)
        for name in scripts:
            with subtests.test(script=name):
                for file in (f"{name}_short.py", f"{name}.py"):
                    editor.tell(editor.documents.open(to_uri(harness.workspace / file)))
                    await explained(editor, harness, file)
                await explained(editor, harness, f"{name}.py", range=MUCH)
                await explained(editor, harness, f"{name}_short.py", question="Why? " * 3_000)
                used = [record.use.input_tokens for record in simulator.requests if record.use is not None]
                assert max(used) <= LIMIT, used
                assert max(used) > LIMIT / 3, used


async def test_a_lowered_limit_holds_for_what_was_sent_before_too(harness: Harness) -> None:
    harness.write("steps.py", functions("step", "one of many", 700))
    limits = f"{PATIENT}context_tokens = 40000\n"
    async with Simulator(Script.saying("It adds.")) as simulator:
        editor = await harness.start("vscode", config=config(simulator.base_url, "messages", limits), environ=ENVIRON)
        editor.tell(editor.documents.open(to_uri(harness.workspace / "steps.py")))
        await explained(editor, harness, "steps.py")
        before = simulator.requests[-1].use
        await allow(editor, 3_000)
        await explained(editor, harness, "steps.py")
        after = simulator.requests[-1].use
    assert before is not None
    assert before.input_tokens > 3_000
    assert after is not None
    assert after.input_tokens <= 3_000


async def doctored(harness: Harness, place: str) -> set[tuple[str, str]]:
    """What ``doctor --context`` says the balanced tier is shown: forms and names."""
    command = (sys.executable, "-m", "tierwise", "doctor", "--context", f"{harness.workspace / place}", "--json")
    process = await asyncio.create_subprocess_exec(*command, env={**harness.environ, **ENVIRON}, stdout=PIPE)
    printed, _ = await process.communicate()
    (balanced,) = (choice for choice in json.loads(printed)["choices"] if choice["tier"] == "balanced")
    return {(piece["form"], piece["name"]) for piece in balanced["pieces"] if piece["tokens"] is not None}


@pytest.mark.parametrize("limit", [1_000, 2_000, 6_000])
async def test_doctor_names_what_is_really_sent(harness: Harness, limit: int) -> None:
    """Nothing is named that finds no room in the end, however small it is."""
    for number in range(5):
        imports = "".join(f"from part_{other} import f_0\n" for other in range(number + 1, 5))
        code = "".join(f"def f_{line}(a):\n    return a + {line}\n\n\n" for line in range(3 + 40 * (number % 4)))
        harness.write(f"part_{number}.py", imports + code)
    limits = f"{PATIENT}context_tokens = {limit}\n"
    async with Simulator(Script.saying("It adds.")) as simulator:
        editor = await harness.start("vscode", config=config(simulator.base_url, "messages", limits), environ=ENVIRON)
        editor.tell(editor.documents.open(to_uri(harness.workspace / "part_0.py")))
        line = {"line": 6, "character": 0}
        await explained(editor, harness, "part_0.py", range={"start": line, "end": line}, tier="balanced")
        sent = re.findall(r'^<(file|outline) path="([^"]+)"', simulator.requests[-1].text, re.MULTILINE)
    assert set(sent) == await doctored(harness, "part_0.py:7")
