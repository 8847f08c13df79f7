"""Each broken file gives one sentence, and the settings that held before."""

import tomllib
from pathlib import Path

import pytest

CASES = tomllib.loads((Path(__file__).parents[2] / "cases/settings/problems.toml").read_text())["case"]


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_one_sentence_for_a_broken_file(world, case) -> None:
    world.user("profile = 'embedded'\n[routing]\nmax_escalations = 1\n")
    assert world.store.reload() == ()
    world.user(case["toml"])
    assert world.said() == [f"config/tierwise/config.toml{case['says']}"]
    assert world.said() == []
    assert world.store.active_profile(world.folder) == "embedded"


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_a_broken_file_from_the_start_leaves_the_defaults(world, case) -> None:
    world.user(case["toml"])
    assert len(world.store.reload()) == 1
    assert world.settings.tiers["fast"].chain == ("embedded/workspace",)
