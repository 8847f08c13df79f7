"""Edits that the workspace's own tools judge, and what waits in the queue when no answer passes."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from typing import Any

import pytest
from bench import Bench, Page, Project, eventually
from test_edit_flow import MODELS, block, edit, models, queue, refused, replies, tiers

from tierwise.cli.editor import REQUEST_CANCELLED
from tierwise.simulator import Reply, Rule, Script

pytestmark = pytest.mark.asyncio(loop_scope="session")

INVALID_PARAMS, REQUEST_FAILED = -32602, -32803
OLD = "    return a - b\n"
FILES = {
    "sums.py": f"def add(a, b):\n{OLD}",
    "test_sums.py": "import unittest\n\nfrom sums import add\n\n\nclass Sums(unittest.TestCase):\n"
    "    def test_add(self):\n        self.assertEqual(add(2, 3), 5)\n",
}
TESTS = f"""
[checks]
use = ["own-tests"]
[checkers.own-tests]
kind = "tests"
command = [{json.dumps(sys.executable)}, "-m", "unittest", "{{tests}}"]
languages = ["python"]
"""
WRONG = block("    return a * b\n", OLD, "sums.py")
RIGHT = block("    return a + b\n", OLD, "sums.py")


def opened(bench: Bench, settings: str = TESTS, files: dict[str, str] = FILES) -> tuple[Project, Page]:
    project = bench.project(tiers(more=settings), files)
    return project, project.open("sums.py")


async def item(bench: Bench, number: int) -> dict[str, Any]:
    return await bench.command("tierwise.queue", {"action": "show", "number": number}).answer()


def number_in(sentence: str) -> int:
    return int(sentence.rsplit("show ", 1)[1].rstrip("."))


async def test_what_only_the_tests_find_wrong_goes_back_with_their_words(bench: Bench) -> None:
    bench.simulator.script = replies(WRONG, RIGHT)
    project, page = opened(bench)
    mark = len(bench.editor.notifications)
    answer = await edit(page, "add them").answer()
    assert project.text("sums.py") == FILES["sums.py"].replace("-", "+")
    assert project.disk("sums.py") == FILES["sums.py"], "tests run on a copy"
    assert answer["checks"]["passed"][-1] == "own-tests"
    assert "AssertionError: 6 != 5" in bench.simulator.requests[1].text, "the evidence is in the next prompt"
    event = await project.event()
    assert [attempt["reason"] for attempt in event["attempts"]] == ["tests", ""]
    told = bench.editor.notifications[mark:]
    shown = [p["value"].get("message", "") for method, p in told if method == "$/progress"]
    assert any(sentence.startswith("Running the tests") for sentence in shown)
    assert any("checks passed" in sentence for sentence in shown)
    (verdict,) = [params for method, params in told if method == "tierwise/verdict"]
    assert verdict["passed"] == answer["checks"]["passed"]
    assert verdict["uris"] == [page.uri]


async def test_what_no_tier_gets_past_the_tests_waits_and_can_be_tried_again_with_a_tier(bench: Bench) -> None:
    bench.simulator.script = Script.saying(WRONG)
    project = bench.project(tiers("fast", TESTS), FILES)
    page = project.open("sums.py")
    number = number_in(await refused(edit(page, "add them"), REQUEST_FAILED, "the last: the tests fail"))
    assert models(bench.simulator.requests) == [MODELS[t] for t in ("fast", "balanced", "frontier") for _ in range(2)]
    waiting = await item(bench, number)
    assert (waiting["instruction"], len(waiting["attempts"])) == ("add them", 6)
    assert {attempt["reason"] for attempt in waiting["attempts"]} == {"tests"}
    assert {attempt["words"] for attempt in waiting["attempts"]} == {"the tests fail"}
    assert "6 != 5" in waiting["attempts"][0]["evidence"]

    retry = {"action": "retry", "number": number, "tier": "frontier"}
    asked = len(bench.simulator.requests)
    assert number_in(await refused(bench.command("tierwise.queue", retry), REQUEST_FAILED, "tests")) == number
    assert models(bench.simulator.requests[asked:]) == [MODELS["frontier"]] * 2
    assert "6 != 5" in bench.simulator.requests[asked].text, "it begins with what was wrong"
    assert len((await item(bench, number))["attempts"]) == 8, "the same item, with all that was tried"

    page.replace(0, 0, "# moved down meanwhile\n")
    bench.simulator.script = Script.saying(RIGHT)
    answer = await bench.command("tierwise.queue", retry).answer()
    assert (answer["applied"], answer["tier"]) == (True, "frontier")
    assert "return a + b" in project.text("sums.py")
    listed = await bench.command("tierwise.queue", {"action": "list"}).answer()
    assert number not in [waiting["number"] for waiting in listed["items"]]


async def test_an_item_whose_lines_are_gone_is_not_guessed_at(bench: Bench) -> None:
    bench.simulator.script = Script.saying("No.")
    project, page = opened(bench, "")
    span = page.range_of(OLD)
    number = number_in(await refused(edit(page, "add", range=span), REQUEST_FAILED))
    page.replace(0, len(page.text), "def add(*numbers):\n    return sum(numbers)\n")
    asked = len(bench.simulator.requests)
    await refused(bench.command("tierwise.queue", {"action": "retry", "number": number}), REQUEST_FAILED, "anew")
    assert len(bench.simulator.requests) == asked
    dropped = await bench.command("tierwise.queue", {"action": "drop", "number": number}).answer()
    assert dropped == {"dropped": number}
    assert project.text("sums.py").startswith("def add(*numbers)")


@pytest.mark.parametrize("good", [True, False])
async def test_an_item_that_somebody_takes_out_while_it_is_tried_again_is_done_or_waits_anew(
    bench: Bench, good: bool
) -> None:
    release = asyncio.Event()
    release.set()

    async def late(_: object) -> str:
        await release.wait()
        return RIGHT if good else "No."

    bench.simulator.script = Script.saying("No.")
    project, page = opened(bench, "")
    number = number_in(await refused(edit(page, "add"), REQUEST_FAILED))
    bench.simulator.script = Script(rules=(Rule(reply=late),))
    release.clear()
    asked = len(bench.simulator.requests)
    retry = bench.command("tierwise.queue", {"action": "retry", "number": number})
    await bench.simulator.wait_for_requests(asked + 1)
    await bench.command("tierwise.queue", {"action": "drop", "number": number}).answer()
    release.set()
    if good:
        assert (await retry.answer())["applied"] is True
        assert project.text("sums.py") == FILES["sums.py"].replace("-", "+")
    else:
        anew = number_in(await refused(retry, REQUEST_FAILED))
        assert anew > number
        assert (await item(bench, anew))["instruction"] == "add"


@pytest.mark.parametrize("number", [10**9, 1 << 63, 10**30])
async def test_a_number_without_an_item_is_said_to_have_none(bench: Bench, number: int) -> None:
    for action in ("show", "retry", "drop"):
        call = bench.command("tierwise.queue", {"action": action, "number": number})
        await refused(call, INVALID_PARAMS, f"No item {number} in the queue")


async def test_the_command_line_tries_again_and_writes_only_when_told(bench: Bench) -> None:
    bench.simulator.script = Script.saying(WRONG)
    project = bench.project(tiers("frontier", TESTS), FILES)
    number = number_in(await refused(edit(project.open("sums.py"), "add them"), REQUEST_FAILED))
    bench.simulator.script = Script.saying(RIGHT)
    trusted = bench.state / "trusted.json"
    trusted.write_text(json.dumps([os.path.normcase(str(project.path.resolve()))]))
    try:
        printed = await queue(bench, "retry", str(number), "--tier", "frontier")
        assert "+    return a + b" in printed
        assert project.disk("sums.py") == FILES["sums.py"]
        assert str(number) in await queue(bench, "list")
        assert "out of the queue" in await queue(bench, "retry", str(number), "--write")
    finally:
        trusted.unlink()
    assert project.disk("sums.py") == FILES["sums.py"].replace("-", "+")
    assert str(number) not in (await queue(bench, "list")).split()


async def test_cancelling_ends_the_tests(bench: Bench) -> None:
    bench.simulator.script = Script.saying(RIGHT)
    slow = (
        "import os, pathlib, time\n\nfrom sums import add\n\n"
        "pathlib.Path({!r}).write_text(str(os.getpid()))\ntime.sleep(600)\n"
    )
    project, page = opened(bench)
    running = project.path.parent / f"{project.path.name}.pid"
    project.write("test_sums.py", slow.format(str(running)))
    bench.changed(project.path / "test_sums.py")
    call = edit(page, "add them")
    await eventually(lambda: running.exists() and running.read_text(), "the tests' process")
    call.cancel()
    await refused(call, REQUEST_CANCELLED)
    with pytest.raises(ProcessLookupError):
        os.kill(int(running.read_text()), 0)
    assert project.text("sums.py") == FILES["sums.py"]
    assert (await project.event())["outcome"] == "cancelled"


async def test_a_tool_that_is_not_there_is_named_and_rejects_nothing(bench: Bench) -> None:
    bench.simulator.script = Script(rules=(Rule(reply=Reply(text=RIGHT)),))
    missing = '[checks]\nuse = ["no-such"]\n[checkers.no-such]\nkind = "linter"\ncommand = ["no-such-program"]\n'
    _, page = opened(bench, missing)
    answer = await edit(page, "add them").answer()
    assert answer["applied"] is True
    assert answer["checks"]["skipped"][-1] == {"name": "no-such", "why": "no-such-program is not installed"}


@pytest.mark.parametrize(
    "argument",
    [{}, {"action": "eat"}, {"action": "show"}, {"action": "drop", "number": 0}, {"action": "retry", "number": "1"}],
)
async def test_arguments_of_the_queue_are_explained(bench: Bench, argument: dict[str, Any]) -> None:
    await refused(bench.command("tierwise.queue", argument), -32602, "tierwise.queue")


# Without a model


async def test_what_needs_no_model_is_offered_whole_and_asks_none(bench: Bench) -> None:
    files = {"shop.py": "def tax(value):\n    return value\n", "app.py": "import sys\nimport os\n\nprint(tax(1))\n"}
    project = bench.project('profile = "embedded"\n', files)
    page = project.open("app.py")

    async def offered() -> dict[str, Any]:
        return {action["title"]: action for action in await page.actions(page.range_of("tax"))}

    found = await offered()
    while "Add 'from shop import tax'" not in found:  # the folder is being read
        found = await offered()
    assert found["Organize imports"]["kind"] == "source.tierwise.imports"
    bench.editor.documents.preview(found["Organize imports"]["edit"])
    for told in bench.editor.documents.apply(found["Add 'from shop import tax'"]["edit"]):
        bench.editor.tell(told)
    assert page.text == "import sys\nimport os\nfrom shop import tax\n\nprint(tax(1))\n"
    only = await page.actions(page.range_of("tax"), only=["source.tierwise.imports"])
    assert [action["title"] for action in only] == ["Organize imports"]
    assert bench.simulator.requests == []


async def test_where_no_tier_succeeds_a_skeleton_is_better_than_waiting(bench: Bench) -> None:
    bench.simulator.script = Script.saying("No.")
    project, page = opened(bench, "")
    (action,) = [a for a in await page.actions(page.range_of("add")) if a["title"] == "Write documentation"]
    resolved = await bench.editor.request("codeAction/resolve", action)
    for told in bench.editor.documents.apply(resolved["edit"]):
        bench.editor.tell(told)
    assert '    """Add.' in page.text
    event = await project.event()
    assert (event["outcome"], event["source"]) == ("answered", "script")
    assert {attempt["result"] for attempt in event["attempts"]} == {"rejected"}
