"""Every fault beside every rejection on an edit's way through the tiers: where it leads, and what is told of it."""

from __future__ import annotations

import pytest
from bench import Bench
from test_edit_flow import MODELS, NEW, OLD, REQUEST_FAILED, TEXT, block, edit, models, opened, queue, refused, tiers

from tierwise.core.rejection import in_words
from tierwise.simulator import Fault, FaultKind, Reply, Rule, Script

pytestmark = pytest.mark.asyncio(loop_scope="session")

FAULTS = {
    FaultKind.RATE_LIMIT: "rate-limited",
    FaultKind.OVERLOADED: "transient",
    FaultKind.SERVER_ERROR: "transient",
    FaultKind.UNAUTHORIZED: "auth",
    FaultKind.CUT_BEFORE_FIRST_TOKEN: "transient",
    FaultKind.CUT_MID_STREAM: "transient",
    FaultKind.ERROR_EVENT: "transient",
}
"""Faults, and the reason that an attempt which meets one is recorded with."""

BAD = {
    "no-blocks": "I would rather not.",
    "malformed-block": block().replace("=======\n", ""),
    "cut-off": block().replace(">>>>>>> REPLACE\n", ""),
    "search-not-found": block(old="    no such line\n"),
    "search-ambiguous": block("x\n", "\n"),
    "no-change": block(OLD),
    "wrong-file": block(path="../outside.py"),
    "syntax-error": block("    return (\n"),
    "lost-text": block("", TEXT.split("\n\n\n")[1]),
    "unresolved-name": block("    return summed(items)\n"),
    "bad-import": block("    import quorvex_kit\n\n    return quorvex_kit.total(items)\n"),
    "placeholder": block("    # ... rest of the code ...\n    return 1\n"),
}
"""Answers that no tier's validators accept, by the reason."""

WAYS = {
    "FBG": ("FBBG", 1),
    "BFG": ("BBFG", 1),
    "BBF": ("BBBBF", 2),
    "FBB": ("FBBBB", 1),
    "BFF": ("BBFF", 1),
    "FFB": ("FF", 0),
}
"""What the three tiers do, the weakest first: Fault, Bad answer, Good one. To what attempts that leads, and to how many
escalations: a bad answer is repaired once and then climbs; a stronger tier stands in for one that failed, once.
"""


@pytest.mark.parametrize("reason", BAD)
@pytest.mark.parametrize("kind", FAULTS)
async def test_a_fault_and_a_rejection_in_either_order_still_lead_to_the_good_answer(
    bench: Bench, kind: FaultKind, reason: str
) -> None:
    for way in ("FBG", "BFG"):
        await travel(bench, way, kind, reason)


@pytest.mark.parametrize("way", ["BBF", "FBB", "BFF", "FFB"])
@pytest.mark.parametrize(("kind", "reason"), list(zip(FAULTS, BAD, strict=False)))
async def test_where_no_answer_is_good_nothing_is_lost_and_all_is_told(
    bench: Bench, way: str, kind: FaultKind, reason: str
) -> None:
    await travel(bench, way, kind, reason)


async def travel(bench: Bench, way: str, kind: FaultKind, reason: str) -> None:
    """Ask for an edit, and look at the models asked, the text, the event and the queue."""
    made = {
        "F": Reply(text=block(), fault=Fault(kind=kind, after=2)),
        "B": Reply(text=BAD[reason]),
        "G": Reply(text=block()),
    }
    names = ("claude-haiku-*", "claude-sonnet-*", "claude-opus-*")
    rules = tuple(Rule(model=name, reply=made[step]) for name, step in zip(names, way, strict=True))
    before = len(bench.simulator.requests)
    spent = bench.simulator.totals.cost_usd
    bench.simulator.script = Script(rules=rules)
    project, page = opened(bench, tiers("fast"))
    call = edit(page, f"wish of {project.path.name}")
    attempts, escalations = WAYS[way]
    sentence = "" if way.endswith("G") else await refused(call, REQUEST_FAILED)
    if not sentence:
        answer = await call.answer()
        assert (answer["applied"], answer["tier"], answer["escalations"]) == (True, "frontier", escalations)
    event = await project.event()
    results = {"F": ("failed", FAULTS[kind]), "B": ("rejected", reason), "G": ("used", "")}
    assert [(a["result"], a["reason"]) for a in event["attempts"]] == [results[step] for step in attempts]
    assert models(bench.simulator.requests[before:]) == asked(way, attempts)
    assert event["escalations"] == escalations
    assert event["cost_usd"] == pytest.approx(
        bench.simulator.totals.cost_usd - spent, rel=0.02
    )  # a cut one is estimated
    assert project.text("shop.py") == (TEXT if sentence else TEXT.replace(OLD, NEW))
    if not sentence:
        assert event["outcome"] == "answered"
    elif "B" not in attempts:
        assert (event["outcome"], event["reason"]) == ("failed", FAULTS[kind])
    else:
        assert (event["outcome"], event["reason"]) == ("queued", reason)
        shown = await queue(bench, "show", sentence.rsplit("show ", 1)[1].rstrip("."))
        assert f"wish of {project.path.name}" in shown
        assert shown.count(in_words(reason)) == attempts.count("B")


def asked(way: str, attempts: str) -> list[str]:
    """The models of the attempts: each tier that was asked, a bad one twice."""
    turns = [(model, 1 + (step == "B")) for model, step in zip(MODELS.values(), way, strict=True)]
    return [model for model, times in turns for _ in range(times)][: len(attempts)]
