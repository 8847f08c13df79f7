"""Ghost text beyond the plain case: budgets in time and money, typing on, acceptance, every unit of columns."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from bench import CURSOR, PROVIDERS, Bench, Page, chain, eventually, fill

from tierwise.cli.editor import REQUEST_CANCELLED, ServerError
from tierwise.cli.editor_documents import apply_text_edits
from tierwise.simulator import Fault, FaultKind, Reply, Rule, Script

pytestmark = pytest.mark.asyncio(loop_scope="session")

TEXT = "def total(items):\n    result = 0\n    for item in items:\n        result += ¦\n    return result\n"
CODE = "item.price * item.amount"
FAST = "messages/claude-haiku-5-5"
KNOWN = "".join(f"def sum{n}(order):\n    price = order.price * order.amount\n    return price\n\n\n" for n in range(3))
"""What the embedded engine can complete from."""


def says(provider: str = "messages", code: str = CODE, **reply: Any) -> Script:
    return Script.saying(fill(provider, code), **reply)


def accepted(page: Page, item: dict[str, Any]) -> str:
    """The document after the editor has taken an item over."""
    edit = {"range": item["range"], "newText": item["insertText"]}
    return apply_text_edits(page.text, [edit], page.bench.editor.documents.encoding)[0]


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_every_way_to_reach_a_model_completes(bench: Bench, provider: str) -> None:
    project = bench.project(chain("fast", f"{provider}/qwen2.5-coder-7b"), {"prices.py": "PRICE = 1\n"})
    bench.simulator.script = says(provider)
    page = project.open("shop.py", "import prices\n" + TEXT)
    assert await page.ghost() == CODE
    event = await project.event()
    (attempt,) = event["attempts"]
    (seen,) = bench.simulator.requests
    assert (event["task"], event["tier"], event["outcome"]) == ("complete", "fast", "answered")
    assert (attempt["provider"], attempt["result"]) == (provider, "used")
    assert event["first_token_ms"] is not None
    assert "result += " in seen.text or "result += " in str(seen.body)
    assert seen.use is not None


# Budgets


async def test_a_model_that_is_late_is_stood_in_for_and_heard_for_the_next_keystroke(bench: Bench) -> None:
    project = bench.project(chain("fast", FAST, first_token_ms=150, deadline_ms=400))
    release = asyncio.Event()

    async def late(_: object) -> str:
        await release.wait()
        return fill("messages", "price * order.amount + order.tax")

    bench.simulator.script = Script(rules=(Rule(reply=late),))
    page = project.open("orders.py", f"{KNOWN}def last(order):\n    price = order.{CURSOR}\n")
    shown = await page.ghost()
    assert shown is not None
    assert shown.startswith("price * order.amount")
    release.set()
    event = await project.event()
    assert (event["outcome"], event["source"]) == ("answered", "embedded")
    assert event["attempts"][0]["cost_usd"] > 0, "what came too late is paid all the same"
    page.type("p")
    assert await page.ghost() == "rice * order.amount + order.tax"
    assert len(bench.simulator.requests) == 1


async def test_at_the_limit_of_money_the_workspace_completes_and_the_rest_asks(bench: Bench) -> None:
    tiers = chain("fast", FAST) + chain("balanced", "messages/claude-sonnet-5-5")
    project = bench.project(f"{tiers}[budget]\nsession_usd = 0.0\n")
    page = project.open("orders.py", f"{KNOWN}def last(order):\n    price = order.price * {CURSOR}\n")
    shown = await page.ghost()
    assert shown is not None
    assert shown.startswith("order.amount")
    for name, more in (("tierwise.edit", {"instruction": "add tax"}), ("tierwise.explain", {})):
        with pytest.raises(ServerError, match="budget"):
            await page.command(name, **more).answer()
    assert bench.simulator.requests == []


async def test_without_models_and_engine_the_reason_is_recorded(bench: Bench) -> None:
    project = bench.project("[tiers.fast]\nchain = []\n[completion]\nembedded = false\n")
    assert await project.open("shop.py", TEXT).ghost() is None
    event = await project.event()
    assert (event["outcome"], event["reason"]) == ("empty", "no-model")


# Taking back and typing on


async def test_a_storm_of_keystrokes_with_cancellations_is_all_answered(bench: Bench) -> None:
    project = bench.project(chain("fast", FAST))
    bench.simulator.script = says(first_token_ms=15)
    page = project.open("shop.py", TEXT)
    calls = []
    for number, letter in enumerate("some_long_name_that_is_no_prefix_of_anything * 2"):
        page.type(letter)
        calls.append(page.complete(invoked=False))
        if number % 3 == 0:
            calls[-1].cancel()
        if number % 7 == 0:
            await asyncio.sleep(0)
    answers = await asyncio.gather(*(call.answer() for call in calls), return_exceptions=True)
    for answer in answers:
        if isinstance(answer, ServerError):
            assert answer.code == REQUEST_CANCELLED
        else:
            assert isinstance(answer, dict)
    await eventually(lambda: len(project.events()) == len(calls), "one event for each keystroke")
    assert {event["outcome"] for event in project.events()} <= {"answered", "empty", "cancelled", "superseded", "stale"}
    (last,) = answers[-1]["items"]
    assert last["insertText"] == CODE, "whoever stops typing is given what fits there"


async def test_another_keystroke_closes_the_socket_of_an_answer_that_no_longer_fits(bench: Bench) -> None:
    project = bench.project(chain("fast", FAST))
    hang = Fault(kind=FaultKind.HANG_MID_STREAM, after=3)
    bench.simulator.script = Script(rules=(Rule(reply=Reply(chunks=("<fill>", "item", ".price"), fault=hang)),))
    page = project.open("shop.py", TEXT)
    first = page.complete(invoked=False)
    (seen,) = await bench.simulator.wait_for_requests(1)
    await bench.simulator.wait_first_token(seen)
    page.type("result")
    assert await bench.simulator.wait_closed(seen)
    assert (await first.answer())["items"] == []
    event = await project.event()
    assert (event["outcome"], event["cost_usd"] > 0) == ("stale", True)


@pytest.mark.parametrize("again", ["", "        result += ", "result += "])
async def test_typing_what_is_being_said_joins_the_answer(bench: Bench, again: str) -> None:
    """Also where the model says the cursor's line from its start, as chat models are asked to."""
    project = bench.project(chain("fast", FAST))
    bench.simulator.script = says(code=again + CODE, token_ms=100)
    page = project.open("shop.py", TEXT)
    first = page.complete(invoked=False)
    (seen,) = await bench.simulator.wait_for_requests(1)
    await bench.simulator.wait_first_token(seen)
    page.type("ite")
    second = page.complete(invoked=False)
    assert (await first.answer())["items"] == []
    items = (await second.answer())["items"]
    assert items[0]["insertText"] == CODE.removeprefix("ite")
    assert len(bench.simulator.requests) == 1
    await eventually(lambda: len(project.events()) == 2, "both events")
    events = {event["outcome"]: event for event in project.events()}
    assert events.keys() == {"superseded", "answered"}
    assert (events["superseded"]["cost_usd"], events["answered"]["cost_usd"] > 0) == (0, True)


async def test_an_accepted_completion_is_followed_by_the_next_before_it_is_asked_for(bench: Bench) -> None:
    project = bench.project(chain("fast", FAST))
    bench.simulator.script = Script(
        rules=(
            Rule(times=1, reply=Reply(text=fill("messages", "item.price"))),
            Rule(reply=Reply(text="<fill> * 2</fill>")),
        )
    )
    page = project.open("shop.py", TEXT)
    (item,) = (await page.complete().answer())["items"]
    page.type(item["insertText"])
    command = item["command"]
    assert await bench.command(command["command"], *command["arguments"]).answer() == {"known": True}
    _, ahead = await bench.simulator.wait_for_requests(2)
    assert "item.price" in ahead.text
    await bench.simulator.wait_finished(ahead)
    await eventually(lambda: len(project.events()) == 2, "the event of the request ahead")
    assert await page.ghost() == " * 2"
    assert len(bench.simulator.requests) == 2
    await eventually(lambda: len(project.events()) == 3, "the event of the answer from memory")
    assert [event["reason"] for event in project.events()] == ["", "prefetch", ""]
    assert project.events()[-1]["source"] == f"reuse:{FAST}"
    assert await bench.command(command["command"], *command["arguments"]).answer() == {"known": False}


# What the editor is given


@pytest.mark.parametrize("bench", ["vscode", "neovim-0.12", "utf-32"], indirect=True)
async def test_columns_count_in_the_clients_units(bench: Bench) -> None:
    project = bench.project(chain("fast", FAST))
    bench.simulator.script = says(code='"ż🎉" + name')
    page = project.open("names.py", f'𝐱 = "🎉é"; total = join({CURSOR}) # 🎉\n')
    (item,) = (await page.complete().answer())["items"]
    assert accepted(page, item) == '𝐱 = "🎉é"; total = join("ż🎉" + name) # 🎉\n'
    seen = bench.simulator.requests[0]
    assert '𝐱 = "🎉é"; total = join(<cursor/>) # 🎉' in seen.text


async def test_windows_line_ends_stay_windows_line_ends(bench: Bench) -> None:
    project = bench.project(chain("fast", FAST))
    bench.simulator.script = says(
        code="total = 0\n    for item in items:\n        total += item.price\n    return total"
    )
    page = project.open("shop.py", f"def f(items):\r\n    {CURSOR}\r\n\r\n\r\nprint(f([]))\r\n")
    (item,) = (await page.complete().answer())["items"]
    assert "\n" in item["insertText"]
    text = accepted(page, item)
    assert text.replace("\r\n", "").count("\n") == 0
    assert text.startswith(
        "def f(items):\r\n    total = 0\r\n    for item in items:\r\n        total += item.price\r\n"
    )


@pytest.mark.parametrize(
    ("before", "after", "code", "want"),
    [
        ("print(", ")", "items)", "print(items)"),
        ("print(", ")", "items", "print(items)"),
        ("x = [", "]", "1, 2]", "x = [1, 2]"),
        ("call(first(", "))", "1), 2)", "call(first(1), 2)"),
        ('name = "', '"', 'done"', 'name = "done"'),
        ("f({", "})", '"a": 1})', 'f({"a": 1})'),
    ],
)
async def test_brackets_that_the_editor_closed_are_not_doubled(
    bench: Bench, before: str, after: str, code: str, want: str
) -> None:
    project = bench.project(chain("fast", FAST))
    bench.simulator.script = says(code=code)
    page = project.open("a.py", f"items = 1\n{before}{CURSOR}{after}\n")
    (item,) = (await page.complete().answer())["items"]
    assert accepted(page, item) == f"items = 1\n{want}\n"
    assert item["range"]["start"]["line"] == item["range"]["end"]["line"] == 1


async def test_the_item_selected_in_the_editors_own_list_is_continued(bench: Bench) -> None:
    project = bench.project(chain("fast", FAST))
    bench.simulator.script = says(code="(items)")
    page = project.open("a.py", f"items = 1\npri{CURSOR}\n")
    span = {"start": {"line": 1, "character": 0}, "end": {"line": 1, "character": 3}}
    call = page.complete(invoked=False, selectedCompletionInfo={"range": span, "text": "print"})
    (item,) = (await call.answer())["items"]
    assert item["insertText"] == "print(items)"
    assert accepted(page, item) == "items = 1\nprint(items)\n"


@pytest.mark.parametrize(("first", "last"), [(0, 0), (0, 1)])
async def test_a_selected_item_of_another_place_is_none(bench: Bench, first: int, last: int) -> None:
    project = bench.project(chain("fast", FAST))
    bench.simulator.script = says(code="items * 2")
    page = project.open("a.py", f"items = 1\nx = {CURSOR}\n")
    span = {"start": {"line": first, "character": 0}, "end": {"line": last, "character": 4}}
    (item,) = (await page.complete(selectedCompletionInfo={"range": span, "text": "print"}).answer())["items"]
    assert accepted(page, item) == "items = 1\nx = items * 2\n"


@pytest.mark.parametrize("bench", ["helix-25.07", "eglot-1.9"], indirect=True)
async def test_clients_without_ghost_text_find_it_in_their_list(bench: Bench) -> None:
    project = bench.project(chain("fast", FAST))
    bench.simulator.script = says(code="total(items) * 2\n    return result")
    page = project.open("shop.py", f"def total(items):\n    result = sub{CURSOR}\n\n\nprint(total([]))\n")
    answer = await page.send("textDocument/completion").answer()
    ghosts = [item for item in answer["items"] if item.get("detail") == "Tierwise"]
    assert len(ghosts) == 1
    (ghost,) = ghosts
    edit = ghost["textEdit"]
    assert edit["range"]["start"] == {"line": 1, "character": len("    result = ")}
    assert ghost["filterText"].startswith("sub"), "or the client's own filter takes it away"
    text = apply_text_edits(page.text, [edit], bench.editor.documents.encoding)[0]
    assert text.startswith("def total(items):\n    result = subtotal(items) * 2")
    assert answer["isIncomplete"] is True
    assert ghost["insertTextMode"] == 1, "or a client indents the second line once more"
    command = ghost["command"]
    assert await bench.command(command["command"], *command["arguments"]).answer() == {"known": True}


async def test_with_ghost_text_the_list_holds_names_only(bench: Bench) -> None:
    project = bench.project(chain("fast", FAST))
    page = project.open("shop.py", f"subtotal = 1\nsubject = 2\nprint(sub{CURSOR})\n")
    answer = await page.send("textDocument/completion").answer()
    assert {"subtotal", "subject"} <= {item["label"] for item in answer["items"]}
    assert bench.simulator.requests == []


# Where none is wanted


@pytest.mark.parametrize(
    ("name", "text", "invoked", "settings", "reason"),
    [
        ("a.py", "# ¦\n", False, "", "comment-start"),
        ("a.py", "value = na¦me\n", False, "", "mid-word"),
        ("a.py", "x = ¦\n", True, "[completion]\nenabled = false\n", "disabled"),
        ("a.md", "x = ¦\n", True, '[completion]\ndisabled_languages = ["markdown"]\n', "language-disabled"),
        (".env", "KEY=¦\n", True, "", "secret-file"),
        ("dump.sql", "select ¦\n", True, '[privacy]\nexclude = ["*.sql"]\n', "ignored-file"),
        ("big.py", "x = 1\n" * 400 + "y = ¦\n", True, "[privacy]\nmax_file_kb = 2\n", "too-large"),
    ],
)
async def test_no_completion_and_why(
    bench: Bench, name: str, text: str, invoked: bool, settings: str, reason: str
) -> None:
    project = bench.project(chain("fast", FAST) + settings)
    bench.simulator.script = says()
    assert await project.open(name, text).ghost(invoked=invoked) is None
    event = await project.event()
    assert (event["outcome"], event["reason"]) == ("empty", reason)
    assert bench.simulator.requests == []
