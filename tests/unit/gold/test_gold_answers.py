"""Every case through the real features and a real wire: the right answer gets full marks, a wrong one does not."""

from __future__ import annotations

from pathlib import Path

from gold_world import world, wrong

from tierwise.gold.cases import EditCase, Job, RenameCase, load_cases
from tierwise.gold.purse import estimate
from tierwise.gold.results import Verdict

MODELLED = tuple(case for case in load_cases() if case.job in {Job.COMPLETE, Job.EDIT, Job.EXPLAIN})


async def test_right_answers_get_full_marks(tmp_path: Path) -> None:
    async with world(tmp_path) as on:
        results = await on.run(MODELLED, run_code=True)
        costs = estimate(MODELLED, on.bench.desk.settings, on.bench.desk.decide)
    short = {result.case.id: (result.finding, result.event) for result in results if result.finding.score < 1}
    assert short == {}
    assert [result.case for result in results] == list(MODELLED)
    assert all(result.finding.verdict is Verdict.RIGHT and not result.finding.note for result in results)
    assert all(result.source.startswith("far/") and result.cost_usd > 0 for result in results)
    assert all(check.met for result in results for check in result.finding.checks)
    assert not any((tmp_path / "scratch" / "cases").iterdir()), "no folder of a case is left behind"
    assert costs.requests == len(MODELLED)
    assert sum(result.cost_usd for result in results) <= costs.most_usd


async def test_wrong_answers_do_not(tmp_path: Path) -> None:
    async with world(tmp_path) as on:
        on.say = wrong
        results = await on.run(MODELLED)
    assert [result.case.id for result in results if result.finding.score == 1] == []
    assert [result.case for result in results] == list(MODELLED)
    assert all(result.finding.note for result in results)
    edits = {result.finding.verdict for result in results if isinstance(result.case, EditCase)}
    assert edits <= {Verdict.PARTIAL, Verdict.WRONG, Verdict.REJECTED}


async def test_a_rename_that_is_not_as_expected_is_wrong(tmp_path: Path) -> None:
    """How well Tierwise's own engines do is a score. Here an occurrence must stay that they rightly change."""
    case = next(case for case in load_cases(["rename/typescript/private-field"]) if isinstance(case, RenameCase))
    files = {name: text.replace("this.«items».size", "this.items.size") for name, text in case.files.items()}
    assert files != case.files
    async with world(tmp_path) as on:
        results = await on.run([case, case.model_copy(update={"files": files})])
    assert [result.finding.verdict for result in results] == [Verdict.RIGHT, Verdict.WRONG]
    assert [result.finding.score for result in results] == [1.0, 0.0]
    assert {result.tier for result in results} == {"none"}
