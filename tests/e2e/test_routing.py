"""What becomes of answers, what is learnt from it, and the report, in a running server."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from bench import Bench, Page, chain

from tierwise.cli.editor import ServerError
from tierwise.simulator import Reply, Rule, Script
from tierwise.telemetry.database import FILE_NAME

pytestmark = pytest.mark.asyncio(loop_scope="session")

OLD = "    return items[0]\n"
NEW = "    return items[0] if items else None\n"
TEXT = f"def first(items):\n{OLD}\n\ndef other():\n    pass\n"
BLOCK = f"shop.py\n<<<<<<< SEARCH\n{OLD}=======\n{NEW}>>>>>>> REPLACE\n"
TIERS = (
    chain("fast", "messages/claude-haiku-5-5")
    + chain("balanced", "messages/claude-sonnet-5-5")
    + chain("frontier", "messages/claude-opus-5-5")
)


async def feedback(bench: Bench, folder: Path) -> list[str]:
    """What was recorded of the folder's answers; the report waits until all is stored."""
    await bench.command("tierwise.report", {"format": "json"}).answer()
    query = "SELECT what FROM feedback JOIN requests ON id = request_id WHERE folder = ? ORDER BY feedback.at, what"
    with closing(sqlite3.connect(f"file:{bench.state / FILE_NAME}?mode=ro", uri=True)) as connection:
        return [what for (what,) in connection.execute(query, (str(folder),))]


async def learnt(bench: Bench, folder: Path) -> list[dict[str, Any]]:
    status = await bench.status()
    return (status["folders"][str(folder)] if "folders" in status else status)["learnt"]


def opened(bench: Bench) -> tuple[Path, Page]:
    bench.simulator.script = Script(rules=(Rule(reply=Reply(text=BLOCK)),))
    project = bench.project(TIERS, {"shop.py": TEXT})
    return project.path, project.open("shop.py")


async def test_an_edit_that_is_taken_back_is_noticed_and_counts(bench: Bench) -> None:
    folder, page = opened(bench)
    answer = await page.command("tierwise.edit", instruction="fix the bug in this function", tier="frontier").answer()
    assert (answer["tier"], answer["applied"]) == ("frontier", True)
    assert bench.simulator.requests[-1].model == "claude-opus-5-5"
    assert page.text == TEXT.replace(OLD, NEW)
    assert sorted(await feedback(bench, folder)) == ["accepted", "overridden"]
    (event,) = bench.events(folder)
    assert (event["tier"], event["by_policy"], event["task_class"]) == ("frontier", "balanced", "local")
    assert 0 < event["confidence"] <= 1
    rows = {row["tier"]: row for row in await learnt(bench, folder)}
    assert rows["frontier"]["pass_rate"] > 0.9
    assert rows["balanced"]["pass_rate"] < 0.8, "the user thought that it would not do"
    kept = rows["frontier"]["kept_rate"]
    start = page.text.index(NEW)
    page.replace(start, start + len(NEW), OLD)
    assert sorted(await feedback(bench, folder)) == ["accepted", "overridden", "undone"]
    rows = {row["tier"]: row for row in await learnt(bench, folder)}
    assert rows["frontier"]["kept_rate"] < kept


async def test_an_edit_that_is_changed_by_hand(bench: Bench) -> None:
    folder, page = opened(bench)
    await page.command("tierwise.edit", instruction="fix the bug in this function").answer()
    at = page.text.index("None\n")
    page.replace(at, at + 4, "0")
    assert await feedback(bench, folder) == ["accepted", "edited-after"]


async def test_the_report(bench: Bench) -> None:
    _, page = opened(bench)
    await page.command("tierwise.edit", instruction="fix the bug in this function").answer()
    figures = await bench.command("tierwise.report").answer()
    assert figures["total"]["count"] >= 1
    assert {"by_task", "by_class", "by_tier", "by_harness", "by_model", "learnt"} <= set(figures)
    assert figures["by_task"]["edit"]["cost_per_accepted_usd"] > 0
    shown = await bench.command("tierwise.report", {"format": "html"}).answer()
    assert shown["html"].startswith("<!doctype html>")
    assert "<svg" in shown["html"]


@pytest.mark.parametrize("arguments", [[{"format": "pdf"}], [{}], ["html"], [{"format": "html"}, 1]])
async def test_a_report_of_another_kind_is_refused(bench: Bench, arguments: list[Any]) -> None:
    with pytest.raises(ServerError, match="report"):
        await bench.command("tierwise.report", *arguments).answer()


async def test_a_tier_that_is_none_is_refused(bench: Bench) -> None:
    _, page = opened(bench)
    with pytest.raises(ServerError, match="fast, balanced, frontier"):
        await page.command("tierwise.edit", instruction="x", tier="best").answer()
