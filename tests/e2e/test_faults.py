"""Every fault of a provider on every wire: an answer comes in time, from whoever has one, and the event says how."""

from __future__ import annotations

import pytest
from bench import PROVIDERS, Bench, chain, fill

from tierwise.simulator import Fault, FaultKind, Reply, Rule, Script

pytestmark = pytest.mark.asyncio(loop_scope="session")

TEXT = "def total(items):\n    result = 0\n    for item in items:\n        result += ¦\n    return result\n"

MODELS = {
    "messages": "claude-haiku-5-5",
    "responses": "gpt-6-luna",
    "chat": "llama-3.3-70b-versatile",
    "infill": "qwen2.5-coder",
    "ollama": "qwen2.5-coder:7b",
    "mistral": "codestral-2508",
    "deepseek": "deepseek-flash",
    "qwen": "qwen2.5-coder-7b",
}
"""One wire each, and a model that it serves."""

FALLBACK = "groq/fallback"

BEFORE = {
    FaultKind.RATE_LIMIT: "rate-limited",
    FaultKind.OVERLOADED: "transient",
    FaultKind.SERVER_ERROR: "transient",
    FaultKind.UNAVAILABLE: "transient",
    FaultKind.GATEWAY_TIMEOUT: "transient",
    FaultKind.UNAUTHORIZED: "auth",
    FaultKind.PAYMENT_REQUIRED: "auth",
    FaultKind.FORBIDDEN: "auth",
    FaultKind.NOT_FOUND: "bad-request",
    FaultKind.BAD_REQUEST: "bad-request",
    FaultKind.TOO_LARGE: "bad-request",
    FaultKind.CUT_BEFORE_HEADERS: "transient",
    FaultKind.CUT_BEFORE_FIRST_TOKEN: "transient",
    FaultKind.GARBAGE: "transient",
}
"""Nothing was said: the fallback answers. With the reason of the first attempt."""

SILENT = (FaultKind.HANG_BEFORE_HEADERS, FaultKind.HANG_AFTER_HEADERS)
"""The first model is late: the fallback is started beside it and answers."""

BROKEN = (FaultKind.CUT_MID_STREAM, FaultKind.MALFORMED_EVENT, FaultKind.ERROR_EVENT, FaultKind.MISSING_END)
"""The answer breaks off after its first piece."""

HARMLESS = (FaultKind.FINISH_FIRST, FaultKind.SPLIT_UTF8, FaultKind.NOISE, FaultKind.DRIP)
"""What a reader of the wire must bear."""


def failing(wire: str, kind: FaultKind, text: str = "item.first * 2") -> Script:
    """A first model with a fault, and a fallback that works."""
    late = 0.01 if kind is FaultKind.DRIP else 0
    first = Reply(text=fill(wire, text), fault=Fault(kind=kind), token_ms=late)
    return Script(rules=(Rule(model="fallback", reply=Reply(text=fill("groq", "item.other"))), Rule(reply=first)))


def tier(wire: str, *, first_token_ms: int = 20_000, deadline_ms: int = 30_000, hedge: bool = False) -> str:
    limits = chain("fast", f"{wire}/{MODELS[wire]}", FALLBACK, first_token_ms=first_token_ms, deadline_ms=deadline_ms)
    return f"{limits}[routing]\nhedge = {str(hedge).lower()}\n"


async def test_the_tables_hold_every_fault_and_every_wire() -> None:
    assert {*BEFORE, *SILENT, *BROKEN, *HARMLESS, FaultKind.HANG_MID_STREAM, FaultKind.EMPTY} == set(FaultKind)
    assert set(MODELS) <= set(PROVIDERS)


@pytest.mark.parametrize("kind", BEFORE)
@pytest.mark.parametrize("wire", MODELS)
async def test_before_the_first_word_the_fallback_answers(bench: Bench, wire: str, kind: FaultKind) -> None:
    project = bench.project(tier(wire))
    bench.simulator.script = failing(wire, kind)
    assert await project.open("shop.py", TEXT).ghost() == "item.other"
    event = await project.event()
    assert (event["outcome"], event["source"]) == ("answered", FALLBACK)
    assert [(a["result"], a["reason"]) for a in event["attempts"]] == [("failed", BEFORE[kind]), ("used", "")]
    assert event["attempts"][0]["cost_usd"] == 0, "what failed before its first word is not charged"


@pytest.mark.parametrize("kind", SILENT)
@pytest.mark.parametrize("wire", MODELS)
async def test_a_silent_model_is_overtaken_by_its_fallback(bench: Bench, wire: str, kind: FaultKind) -> None:
    project = bench.project(tier(wire, first_token_ms=400, deadline_ms=20_000, hedge=True))
    bench.simulator.script = failing(wire, kind)
    page = project.open("shop.py", TEXT)
    if await page.ghost() is None:  # this machine was too slow for the budget: then it is there for the next keystroke
        page.type(" ")
        assert await page.ghost() is not None
    event = await project.event(lambda event: bool(event["attempts"]))
    assert [(a["result"], a["reason"]) for a in event["attempts"]] == [("hedged-away", "hedge-lost"), ("used", "")]
    silent = bench.simulator.requests[0]
    assert await bench.simulator.wait_closed(silent), "the loser's socket is closed"


@pytest.mark.parametrize("kind", BROKEN)
@pytest.mark.parametrize("wire", MODELS)
async def test_an_answer_that_breaks_off_is_not_shown_as_whole(bench: Bench, wire: str, kind: FaultKind) -> None:
    project = bench.project(tier(wire) + "[completion]\nembedded = false\n")
    bench.simulator.script = failing(wire, kind, "item.first * 2 if item.")
    shown = await project.open("shop.py", TEXT).ghost()
    event = await project.event()
    (attempt,) = event["attempts"]
    if attempt["result"] == "used":  # this wire had said all before it broke
        assert shown is not None
        return
    assert (attempt["result"], attempt["reason"]) == ("failed", "transient")
    if kind is FaultKind.MISSING_END and shown:  # all was said but that it is all
        assert "item.first * 2 if item.".startswith(shown)
    else:
        assert (shown, event["outcome"], event["reason"]) == (None, "empty", "cut-off")


@pytest.mark.parametrize("kind", HARMLESS)
@pytest.mark.parametrize("wire", MODELS)
async def test_a_wire_that_is_odd_but_whole_is_read(bench: Bench, wire: str, kind: FaultKind) -> None:
    project = bench.project(tier(wire))
    bench.simulator.script = failing(wire, kind)
    assert await project.open("shop.py", TEXT).ghost() == "item.first * 2"
    event = await project.event()
    assert (event["outcome"], event["source"]) == ("answered", f"{wire}/{MODELS[wire]}")


@pytest.mark.parametrize("wire", MODELS)
async def test_an_empty_answer_is_an_answer(bench: Bench, wire: str) -> None:
    project = bench.project(tier(wire))
    bench.simulator.script = failing(wire, FaultKind.EMPTY)
    assert await project.open("shop.py", TEXT).ghost() is None
    event = await project.event()
    assert (event["outcome"], event["reason"], len(event["attempts"])) == ("empty", "empty", 1)


@pytest.mark.parametrize("wire", MODELS)
async def test_what_hangs_in_mid_answer_ends_at_the_deadline(bench: Bench, wire: str) -> None:
    project = bench.project(tier(wire, first_token_ms=300, deadline_ms=300))
    bench.simulator.script = failing(wire, FaultKind.HANG_MID_STREAM, "item.first * 2 if item.")
    page = project.open("shop.py", TEXT)
    await page.ghost()
    event = await project.event()
    assert event["total_ms"] < 5_000, "the deadline, and much patience with this machine"
    (attempt,) = event["attempts"]
    assert (attempt["result"], attempt["reason"]) in {("late", "deadline"), ("used", "stopped-early"), ("used", "")}
    assert await bench.simulator.wait_closed(bench.simulator.requests[0])


@pytest.mark.parametrize("wire", MODELS)
async def test_where_all_fail_the_workspace_itself_answers(bench: Bench, wire: str) -> None:
    project = bench.project(tier(wire))
    bench.simulator.script = Script.failing(FaultKind.SERVER_ERROR)
    known = "    price = order.price * order.amount + order.shipping\n    return price\n\n\n"
    text = "".join(f"def sum{number}(order):\n{known}" for number in range(3))
    shown = await project.open("orders.py", f"{text}def last(order):\n    price = order.price * ¦\n").ghost()
    event = await project.event()
    assert [attempt["result"] for attempt in event["attempts"]] == ["failed", "failed"]
    assert shown is not None
    assert shown.startswith("order.amount")
    assert (event["outcome"], event["source"]) == ("answered", "embedded")
