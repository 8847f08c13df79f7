"""The cascade, as a table."""

from __future__ import annotations

import asyncio
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from routing_scripts import model

from tierwise.core.errors import ConfigError, ProviderError, Refused, Transient
from tierwise.core.rejection import Rejection, RejectReason
from tierwise.core.tasks import Tier
from tierwise.routing.escalation import Accepted, CascadeResult, Resolved, Step, Unresolved, cascade
from tierwise.routing.outcomes import AllFailed

CASES = tomllib.loads((Path(__file__).parents[2] / "cases/routing/escalation.toml").read_text("utf-8"))["case"]
THREE = {"fast": ["a/small"], "balanced": ["a/medium"], "frontier": ["a/large"]}


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_cascade(case: dict[str, Any]) -> None:
    check(case)


def check(case: dict[str, Any]) -> None:
    asked, result = play(
        case["start"],
        case.get("chains", THREE),
        case["answers"],
        repair_turns=case.get("repair_turns", 1),
        max_escalations=case.get("max_escalations", 2),
    )
    assert [f"{step.tier}/{step.turn}:{len(step.feedback)}" for step in asked] == case["asked"]
    match result:
        case Resolved():
            assert f"{result.tier} {result.escalations}" == case["result"]
            assert [tried.step for tried in result.steps] == asked[:-1]
        case Unresolved():
            assert f"unresolved {result.escalations}" == case["result"]
            assert [tried.step for tried in result.steps] == asked
            assert all(isinstance(rejection, Rejection) for rejection in result.rejections)
        case _:
            assert case["result"] == "error"


def play(
    start: str, chains: dict[str, list[str]], answers: list[str], *, repair_turns: int, max_escalations: int
) -> tuple[list[Step], CascadeResult[str] | ProviderError]:
    asked: list[Step] = []
    coming = iter(answers)

    async def attempt(step: Step) -> Accepted[str] | Rejection:
        asked.append(step)
        answer = next(coming)
        match answer.split():
            case ["ok"]:
                return Accepted("new text")
            case ["no", reason]:
                return Rejection(RejectReason(reason), f"evidence {len(asked)}")
            case ["refused"]:
                raise AllFailed(step.tier, [Refused("no", provider="a", model="m")])
            case _:
                raise AllFailed(step.tier, [Transient("down", provider="a", model="m")])

    async def go() -> CascadeResult[str]:
        return await cascade(
            Tier(start),
            {
                Tier(tier): [model(name, kind="embedded" if "embedded" in name else "openai") for name in names]
                for tier, names in chains.items()
            },
            attempt,
            repair_turns=repair_turns,
            max_escalations=max_escalations,
        )

    try:
        return asked, asyncio.run(go())
    except ProviderError as error:
        return asked, error


def test_no_tier_has_a_model() -> None:
    with pytest.raises(ConfigError):
        play("fast", {"fast": ["local/embedded"]}, [], repair_turns=1, max_escalations=2)


@given(
    answers=st.lists(st.sampled_from(["ok", "no lint", "no cut-off", "down", "refused"]), min_size=12, max_size=12),
    start=st.sampled_from(list(Tier)),
    repair_turns=st.integers(0, 2),
    max_escalations=st.integers(0, 2),
)
def test_no_cascade_climbs_further_than_allowed(
    answers: list[str], start: Tier, repair_turns: int, max_escalations: int
) -> None:
    asked, result = play(start, THREE, answers, repair_turns=repair_turns, max_escalations=max_escalations)
    tiers = [step.tier for step in asked]
    order = list(Tier)
    assert [order.index(tier) for tier in tiers] == sorted(order.index(tier) for tier in tiers)
    assert all(tiers.count(tier) <= repair_turns + 1 for tier in tiers)
    assert all(step.turn <= repair_turns for step in asked)
    if not isinstance(result, ProviderError):
        assert result.escalations <= max_escalations
        stood_in = len(set(tiers)) - 1 - result.escalations
        assert stood_in in ({0, 1} if "down" in answers[: len(asked)] else {0})
    if max_escalations == 0:
        assert set(tiers) == {start}
