"""Edits on their way through tiers and checks: repair, escalation, the queue, files that must not be touched, money."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping
from typing import Any

import pytest
from bench import KEY, Bench, Page, Project, chain

from tierwise.cli.editor import REQUEST_CANCELLED, Call, ServerError
from tierwise.core.uris import to_uri
from tierwise.simulator import Fault, FaultKind, Reply, Rule, Script, SeenRequest, Stop

pytestmark = pytest.mark.asyncio(loop_scope="session")

CONTENT_MODIFIED, REQUEST_FAILED = -32801, -32803

OLD = "    result = 0\n    for item in items:\n        result += item.price\n    return result\n"
TEXT = f"from prices import tax\n\n\ndef total(items):\n{OLD}"
NEW = "    return sum(item.price for item in items)\n"
PRICES = "def tax(value):\n    return value * 0.2\n" + "".join(
    f"# price list, line {n}: {n * 7} cents\n" for n in range(200)
)
FILES = {"shop.py": TEXT, "prices.py": PRICES, "unrelated.py": "x = 1\n", ".env": "TOKEN=abc\n"}

MODELS = {
    "fast": "messages/claude-haiku-5-5",
    "balanced": "messages/claude-sonnet-5-5",
    "frontier": "messages/claude-opus-5-5",
}


LAST = '[tasks.edit]\ntier = "balanced"\n[routing]\nmax_escalations = 0\nrepair_turns = 0\n'


def tiers(start: str = "balanced", more: str = "") -> str:
    return "".join(chain(tier, model) for tier, model in MODELS.items()) + f'[tasks.edit]\ntier = "{start}"\n{more}'


def block(new: str = NEW, old: str = OLD, path: str = "shop.py") -> str:
    return f"{path}\n<<<<<<< SEARCH\n{old}=======\n{new}>>>>>>> REPLACE\n"


def replies(*texts: str | Reply) -> Script:
    """These replies one after the other, and then the last one for ever."""
    made = [text if isinstance(text, Reply) else Reply(text=text) for text in texts]
    return Script(rules=(*(Rule(times=1, reply=reply) for reply in made[:-1]), Rule(reply=made[-1])))


def opened(bench: Bench, settings: str = "", files: Mapping[str, str] = FILES) -> tuple[Project, Page]:
    project = bench.project(settings or tiers(), files)
    return project, project.open("shop.py")


def edit(page: Page, instruction: str = "use sum", **argument: Any) -> Call:
    return page.command("tierwise.edit", instruction=instruction, **argument)


async def refused(call: Call, code: int, words: str = "") -> str:
    with pytest.raises(ServerError) as caught:
        await call.answer()
    assert caught.value.code == code, caught.value.text
    assert words in caught.value.text
    return caught.value.text


def models(seen: list[SeenRequest]) -> list[str]:
    return [f"messages/{request.model}" for request in seen]


# Repair, escalation, queue


async def test_a_rejected_answer_goes_back_with_the_evidence_and_the_prefix_is_cached(bench: Bench) -> None:
    bench.simulator.script = replies(block(old="    no such line\n"), block())
    project, page = opened(bench)
    answer = await edit(page).answer()
    assert (answer["applied"], answer["tier"], answer["escalations"]) == (True, "balanced", 0)
    first, second = bench.simulator.requests
    assert models([first, second]) == [MODELS["balanced"]] * 2
    assert "no such line" in second.text, "its own answer"
    assert "search-not-found" in second.text, "and what was wrong with it"
    assert first.use is not None
    assert second.use is not None
    assert first.use.written_tokens > 512
    assert second.use.read_tokens >= first.use.written_tokens
    event = await project.event()
    assert [(a["result"], a["reason"]) for a in event["attempts"]] == [("rejected", "search-not-found"), ("used", "")]
    assert event["cached_tokens"] == second.use.read_tokens
    assert event["saved_usd"] != 0
    assert event["cost_usd"] == pytest.approx(bench.simulator.totals.cost_usd)


async def test_what_stays_wrong_climbs_to_the_stronger_tier(bench: Bench) -> None:
    bench.simulator.script = Script(
        rules=(Rule(model="claude-opus-*", reply=Reply(text=block())), Rule(reply=Reply(text="I cannot see it.")))
    )
    project, page = opened(bench)
    answer = await edit(page).answer()
    assert (answer["tier"], answer["model"], answer["escalations"]) == ("frontier", MODELS["frontier"], 1)
    sequence = [MODELS["balanced"], MODELS["balanced"], MODELS["frontier"]]
    assert models(bench.simulator.requests) == sequence
    assert "I cannot see it." in bench.simulator.requests[-1].text, "the stronger model is told what was tried"
    event = await project.event()
    assert (event["outcome"], event["escalations"], event["tier"]) == ("answered", 1, "frontier")


@pytest.mark.parametrize(
    ("start", "routing", "asked"),
    [
        ("fast", "", ["fast", "fast", "balanced", "balanced", "frontier", "frontier"]),
        ("fast", "max_escalations = 1\nrepair_turns = 0\n", ["fast", "balanced"]),
        ("fast", "max_escalations = 0\n", ["fast", "fast"]),
        ("frontier", "", ["frontier", "frontier"]),
    ],
)
async def test_at_most_two_escalations_and_then_a_person(
    bench: Bench, start: str, routing: str, asked: list[str]
) -> None:
    bench.simulator.script = Script.saying("No.")
    project, page = opened(bench, tiers(start, f"[routing]\n{routing}" if routing else ""))
    sentence = await refused(edit(page, f"wish of {project.path.name}"), REQUEST_FAILED, "tierwise queue show")
    assert models(bench.simulator.requests) == [MODELS[tier] for tier in asked]
    assert project.text("shop.py") == TEXT
    event = await project.event()
    assert (event["outcome"], event["reason"], len(event["attempts"])) == ("queued", "no-blocks", len(asked))
    assert event["cost_usd"] == pytest.approx(bench.simulator.totals.cost_usd)
    number = sentence.rsplit("show ", 1)[1].rstrip(".")
    listed, shown = await queue(bench, "list"), await queue(bench, "show", number)
    assert number in listed
    assert f"wish of {project.path.name}" in shown
    assert shown.count("no edit in the answer") == len(asked)
    assert "No." not in listed


async def test_a_model_that_declines_is_not_asked_again(bench: Bench) -> None:
    bench.simulator.script = replies(Reply(text="", stop=Stop.REFUSAL), block())
    project, page = opened(bench)
    assert (await edit(page).answer())["escalations"] == 1
    assert models(bench.simulator.requests) == [MODELS["balanced"], MODELS["frontier"]]
    assert (await project.event())["attempts"][0]["reason"] == "refused"


async def test_a_tier_that_is_down_is_passed_over_without_an_escalation(bench: Bench) -> None:
    down = Reply(fault=Fault(kind=FaultKind.OVERLOADED))
    bench.simulator.script = Script(rules=(Rule(model="claude-sonnet-*", reply=down), Rule(reply=Reply(text=block()))))
    _, page = opened(bench)
    answer = await edit(page).answer()
    assert (answer["tier"], answer["escalations"]) == ("frontier", 0)


async def test_a_fallback_answers_inside_the_tier(bench: Bench) -> None:
    down = Reply(fault=Fault(kind=FaultKind.RATE_LIMIT, retry_after_s=1))
    bench.simulator.script = Script(rules=(Rule(model="claude-sonnet-*", reply=down), Rule(reply=Reply(text=block()))))
    project, page = opened(
        bench, chain("balanced", MODELS["balanced"], "chat/stand-in") + '[tasks.edit]\ntier = "balanced"\n'
    )
    answer = await edit(page).answer()
    assert (answer["model"], answer["tier"]) == ("chat/stand-in", "balanced")
    assert [a["reason"] for a in (await project.event())["attempts"]] == ["rate-limited", ""]


@pytest.mark.parametrize("model", ["messages/claude-sonnet-5-5", "chat/a-model", "lmstudio/a-model"])
async def test_what_a_model_thinks_aloud_is_neither_applied_nor_shown(bench: Bench, model: str) -> None:
    thought = f"<think>\nPerhaps this?\n{block('    return 7' + chr(10))}No.\n</think>\n\n"
    bench.simulator.script = replies(thought + block(), thought + "It adds up.", thought + "Nothing is to be changed.")
    project, page = opened(bench, chain("balanced", model) + "[tasks.explain]\ntier = 'balanced'\n" + LAST)
    assert (await edit(page).answer())["applied"] is True
    assert project.text("shop.py") == TEXT.replace(OLD, NEW)
    assert (await page.command("tierwise.explain").answer())["text"] == "It adds up."
    await refused(edit(page), REQUEST_FAILED, "no edit in the answer")
    assert project.text("shop.py") == TEXT.replace(OLD, NEW)


async def test_a_thought_whose_opening_tag_was_taken_away_is_neither_applied_nor_shown(bench: Bench) -> None:
    thought = f"Perhaps this?\n{block('    return 7' + chr(10))}No.\n</think>\n\n"
    bench.simulator.script = replies(thought + block(), thought + "It adds up.", thought + "It is so.")
    project, page = opened(bench, chain("balanced", "lmstudio/a-model") + "[tasks.explain]\ntier = 'balanced'\n" + LAST)
    assert (await edit(page).answer())["applied"] is True
    assert project.text("shop.py") == TEXT.replace(OLD, NEW)
    for words in ("It adds up.", "It is so."):
        assert (await page.command("tierwise.explain").answer())["text"] == words


# What must not be touched


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        ("unrelated.py", "x = 1\n", "x = 2\n"),
        (".env", "TOKEN=abc\n", "TOKEN=new\n"),
        ("../outside.py", "", "x = 2\n"),
        ("/tmp/outside.py", "", "x = 2\n"),
        (".git/hooks/pre-commit", "", "#!/bin/sh\n"),
        ("sub/../../outside.py", "", "x = 2\n"),
        ("linked/new.py", "", "x = 2\n"),
        ("ignored/new.py", "", "x = 2\n"),
        ("new.py", "", "x = 2\n"),
    ],
)
async def test_a_reply_may_touch_only_what_was_asked_for(bench: Bench, path: str, old: str, new: str) -> None:
    bench.simulator.script = replies(block() + block(new, old, path), block())
    project, page = opened(bench, files={**FILES, ".gitignore": "ignored/\n"})
    outside = bench.harness.home / "elsewhere"
    outside.mkdir(exist_ok=True)
    (project.path / "linked").symlink_to(outside)
    assert (await edit(page).answer())["files"] == 1
    assert project.text("shop.py") == TEXT.replace(OLD, NEW)
    assert (await project.event())["attempts"][0]["reason"] in {"wrong-file", "out-of-scope"}
    assert {str(file.relative_to(project.path)) for file in project.path.rglob("*")} == {
        *FILES,
        ".gitignore",
        ".tierwise.toml",
        "linked",
    }
    assert not list(outside.iterdir())


async def test_a_file_that_belongs_to_the_request_may_be_changed_with_it_in_one_step(bench: Bench) -> None:
    tax = "def tax(value):\n    return value * 0.2\n"
    bench.simulator.script = Script.saying(
        block() + block("def tax(value, rate=0.2):\n    return value * rate\n", tax, "prices.py")
    )
    project, page = opened(bench)
    before = len(bench.editor.log)
    answer = await edit(page, "use sum, and give tax a rate").answer()
    assert (answer["applied"], answer["files"]) == (True, 2)
    assert project.text("shop.py") == TEXT.replace(OLD, NEW)
    assert "rate=0.2" in project.text("prices.py")
    asked = [
        entry.message for entry in bench.editor.log[before:] if entry.message.get("method") == "workspace/applyEdit"
    ]
    assert len(asked) == 1, "one step to undo"
    versions = {
        c["textDocument"]["uri"]: c["textDocument"]["version"] for c in asked[0]["params"]["edit"]["documentChanges"]
    }
    assert versions == {page.uri: 1, to_uri(project.path / "prices.py"): None}
    assert project.disk("shop.py") == TEXT
    assert project.disk("prices.py") == PRICES


async def test_windows_line_ends_survive_an_edit(bench: Bench) -> None:
    bench.simulator.script = Script.saying(block())
    project, page = opened(bench, files={**FILES, "shop.py": TEXT.replace("\n", "\r\n")})
    assert (await edit(page).answer())["applied"] is True
    assert project.text("shop.py") == TEXT.replace(OLD, NEW).replace("\n", "\r\n")


# Meanwhile


def answered_late(bench: Bench) -> asyncio.Event:
    """The model will change two files, once the event is set."""
    release = asyncio.Event()
    tax = block("def tax(value):\n    return value * 0.3\n", "def tax(value):\n    return value * 0.2\n", "prices.py")

    async def late(_: object) -> str:
        await release.wait()
        return block() + tax

    bench.simulator.script = Script(rules=(Rule(reply=late),))
    return release


@pytest.mark.parametrize("what", ["shop.py", "prices.py on disk", "prices.py open", "closed"])
async def test_what_changed_while_the_model_answered_is_left_alone(bench: Bench, what: str) -> None:
    release = answered_late(bench)
    project, page = opened(bench)
    other = project.open("prices.py") if what == "prices.py open" else None
    call = edit(page, "use sum and raise the tax")
    await bench.simulator.wait_for_requests(1)
    if other is not None:
        other.replace(0, 0, "# typed meanwhile\n")
    elif what == "shop.py":
        page.replace(0, 0, "# typed meanwhile\n")
    elif what == "closed":
        page.close()
    else:
        bench.changed(project.write("prices.py", "# saved meanwhile by another program\n" + PRICES))
    before = {name: project.text(name) for name in ("shop.py", "prices.py")}
    release.set()
    await refused(call, CONTENT_MODIFIED)
    assert {name: project.text(name) for name in before} == before
    assert (await project.event())["cost_usd"] > 0


@pytest.mark.parametrize("what", ["typed and taken back", "closed and opened", "the other one opened"])
async def test_an_edit_is_made_against_the_same_text_under_its_new_version(bench: Bench, what: str) -> None:
    release = answered_late(bench)
    project, page = opened(bench)
    call = edit(page, "use sum and raise the tax")
    await bench.simulator.wait_for_requests(1)
    if what == "typed and taken back":
        page.replace(0, 0, "x")
        page.replace(0, 1, "")
    elif what == "closed and opened":
        page.close()
        project.open("shop.py")
    else:
        project.open("prices.py")
    release.set()
    assert (await call.answer())["applied"] is True
    assert project.text("shop.py") == TEXT.replace(OLD, NEW)
    assert project.text("prices.py") == PRICES.replace("0.2", "0.3")


@pytest.mark.parametrize("bench", ["bare"], indirect=True)
async def test_nothing_is_paid_for_an_editor_that_cannot_apply_edits(bench: Bench) -> None:
    bench.simulator.script = Script.saying(block())
    _, page = opened(bench)
    await refused(edit(page), REQUEST_FAILED, "workspace/applyEdit")
    assert bench.simulator.requests == []


@pytest.mark.parametrize("way", ["request", "progress"])
async def test_a_cancelled_edit_closes_the_socket_and_asks_no_further(bench: Bench, way: str) -> None:
    bench.simulator.script = Script.failing(FaultKind.HANG_MID_STREAM, after=1)
    project, page = opened(bench)
    mark = len(bench.editor.notifications)
    call = edit(page)
    (seen,) = await bench.simulator.wait_for_requests(1)
    await bench.simulator.wait_first_token(seen)
    if way == "request":
        call.cancel()
    else:
        begun = await bench.editor.notification("$/progress", lambda p: p["value"]["kind"] == "begin", after=mark)
        assert begun["value"]["cancellable"] is True
        bench.editor.notify("window/workDoneProgress/cancel", {"token": begun["token"]})
    await refused(call, REQUEST_CANCELLED)
    assert await bench.simulator.wait_closed(seen)
    event = await project.event()
    assert event["outcome"] == "cancelled"
    assert [(a["result"], a["cost_usd"] > 0) for a in event["attempts"]] == [("cancelled", True)]
    assert len(bench.simulator.requests) == 1
    assert project.text("shop.py") == TEXT


async def test_progress_runs_under_the_clients_own_token(bench: Bench) -> None:
    bench.simulator.script = Script.saying(block())
    _, page = opened(bench)
    mark = len(bench.editor.notifications)
    argument = {"uri": page.uri, "range": page.range(), "instruction": "use sum"}
    params = {"command": "tierwise.edit", "arguments": [argument], "workDoneToken": "mine"}
    await bench.editor.request("workspace/executeCommand", params)
    shown = [p for method, p in bench.editor.notifications[mark:] if method == "$/progress"]
    assert {p["token"] for p in shown} == {"mine"}
    assert [p["value"]["kind"] for p in shown][:: len(shown) - 1] == ["begin", "end"]
    assert any("balanced tier" in p["value"].get("message", "") for p in shown)


async def test_an_editor_that_does_not_apply_is_believed(bench: Bench) -> None:
    bench.simulator.script = Script.saying(block())
    project, page = opened(bench)
    apply = bench.editor.handlers["workspace/applyEdit"]
    try:
        for answer in ({"applied": False, "failureReason": "no"}, None, {"nonsense": 1}):
            bench.editor.handlers["workspace/applyEdit"] = lambda _, answer=answer: answer
            assert (await edit(page).answer())["applied"] is False
    finally:
        bench.editor.handlers["workspace/applyEdit"] = apply
    assert project.text("shop.py") == TEXT


async def queue(bench: Bench, *arguments: str) -> str:
    """What ``tierwise queue`` prints."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "tierwise", "queue", *arguments),
        env={**bench.harness.environ, "BENCH_KEY": KEY, "COLUMNS": "200"},
        stdout=asyncio.subprocess.PIPE,
    )
    output, _ = await process.communicate()
    assert process.returncode == 0
    return output.decode()
