"""A run as a whole: without a model, at the end of its money, with a provider that is down, and ended early."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest
from gold_world import CONFIG, environ, world

from tierwise.cli.gold_desk import bench
from tierwise.gold.cases import Case, Job, load_cases
from tierwise.gold.purse import Purse, estimate
from tierwise.gold.results import NotRun, Result, Verdict
from tierwise.gold.runner import NEEDS_MODEL, PATIENCE, Options, Runner, split
from tierwise.simulator import FaultKind, Script

GO = load_cases(["edit/go/*", "explain/go/*", "complete/go/defer-unlock"])
COMPLETIONS = load_cases(["complete/python/*", "complete/go/*"])


async def everything(runner: Runner, cases: Sequence[Case]) -> list[Result]:
    return [result async for result in runner.run(cases)]


async def test_without_a_model_the_rest_is_scored(tmp_path: Path) -> None:
    cases = load_cases(["*/go/*", "route/*"])
    async with bench(environ(tmp_path), tmp_path / "state", None, 0.0) as on:
        runnable, not_run = split(cases, on.desk.settings)
        costs = estimate(runnable, on.desk.settings, on.desk.decide)
        runner = Runner(on.desk, tmp_path / "cases", Options(Purse(on.desk.settings.budget)))
        results = await everything(runner, runnable)
    assert costs.free
    assert costs.requests == 0
    assert not_run == (NotRun(Job.EDIT, 2, NEEDS_MODEL),)
    assert [result.case for result in results] == list(runnable)
    sources = {result.case.job: result.source for result in results if result.finding.verdict is Verdict.RIGHT}
    assert sources[Job.EXPLAIN] == "embedded"
    assert sources[Job.ROUTE] == "classifier"
    assert all(result.cost_usd == 0 and result.tier == "none" for result in results)


async def test_no_case_learns_from_another(tmp_path: Path) -> None:
    """The second time, the embedded engine would know this file and others, had it kept them."""
    case = load_cases(["complete/python/rate-of-order"])[0]
    async with bench(environ(tmp_path), tmp_path / "state", None, 0.0) as on:
        runner = Runner(on.desk, tmp_path / "cases", Options(Purse(on.desk.settings.budget)))
        alone = await everything(runner, [case])
        again = await everything(runner, [*load_cases(["complete/python/*"]), case])
    assert (alone[-1].finding, alone[-1].source) == (again[-1].finding, again[-1].source)


@pytest.mark.parametrize(
    ("budget", "limit", "words"),
    [
        ("[budget]\nsession_usd = 0\n", None, "the session's budget of $0.00"),
        ("[budget]\nday_usd = 0\n", None, "today's budget of $0.00"),
        ("", 0.0, "this run's limit of $0.00"),
    ],
)
async def test_nothing_is_sent_without_money(tmp_path: Path, budget: str, limit: float | None, words: str) -> None:
    async with world(tmp_path, CONFIG + budget) as on:
        results = await on.run(GO, limit=limit)
        assert on.runner is not None
        skipped = on.runner.skipped
        assert on.simulator.requests == []
    assert results == []
    assert {item.job for item in skipped} == {Job.EDIT, Job.EXPLAIN, Job.COMPLETE}
    assert sum(item.count for item in skipped) == len(GO)
    assert all(item.reason == f"{words} is used up" for item in skipped)


async def test_a_limit_ends_the_spending_in_the_middle(tmp_path: Path) -> None:
    async with world(tmp_path) as on:
        results = await on.run(GO, limit=0.000_001)
        assert on.runner is not None
        assert [item.count for item in on.runner.skipped] != []
    assert len(results) == 1
    assert results[0].cost_usd > 0


async def test_a_provider_that_is_down_is_not_asked_for_every_case(tmp_path: Path) -> None:
    async with world(tmp_path) as on:
        on.simulator.script = Script.failing(FaultKind.UNAUTHORIZED)
        runner = on.new_runner()
        results = await everything(runner, load_cases(["edit/*", "rename/go/*"]))
    failed = [result for result in results if result.case.job is Job.EDIT]
    assert [result.finding.verdict for result in failed] == [Verdict.FAILED] * PATIENCE
    assert all("far" in result.finding.note for result in failed)
    assert [item.job for item in runner.skipped] == [Job.EDIT]
    assert f"{PATIENCE} requests in a row failed" in runner.skipped[0].reason
    assert sum(result.case.job is Job.RENAME for result in results) == 3, "what needs no model goes on"


async def test_a_completion_that_failed_is_no_silence(tmp_path: Path) -> None:
    config = CONFIG + "[completion]\nembedded = false\n"
    async with world(tmp_path, config) as on:
        on.simulator.script = Script.failing(FaultKind.SERVER_ERROR)
        results = await everything(on.new_runner(), COMPLETIONS[:1])
    assert [result.finding.verdict for result in results] == [Verdict.FAILED]


async def test_an_edit_that_no_tier_gets_right_is_rejected(tmp_path: Path) -> None:
    async with world(tmp_path) as on:
        on.say = lambda _case: "I would rather not."
        (result,) = await on.run(load_cases(["edit/go/fix-unchecked"]))
    assert result.finding.verdict is Verdict.REJECTED
    assert result.finding.note == "rejected: no-blocks, no-blocks"
    assert result.event is not None
    assert result.event.escalations == 1
    assert not result.accepted


async def test_ending_a_run_closes_the_socket_and_leaves_nothing(tmp_path: Path) -> None:
    async with world(tmp_path) as on:
        on.simulator.script = Script.failing(FaultKind.HANG_AFTER_HEADERS)
        task = asyncio.create_task(everything(on.new_runner(), GO))
        (seen,) = await on.simulator.wait_for_requests(1)
        assert any((tmp_path / "scratch" / "cases").iterdir())
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await on.simulator.wait_closed(seen)
    assert not any((tmp_path / "scratch" / "cases").iterdir())
