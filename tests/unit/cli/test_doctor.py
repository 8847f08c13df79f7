from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path
from typing import Any

import pytest

from tierwise.cli.doctor import examine
from tierwise.cli.main import main
from tierwise.simulator import Simulator

KEY = "sk-very-secret-value-1234567890"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    return folder


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    return {f"XDG_{kind}_HOME": str(tmp_path / kind.lower()) for kind in ("CONFIG", "STATE")}


def configure(environ: dict[str, str], text: str) -> None:
    path = Path(environ["XDG_CONFIG_HOME"]) / "tierwise" / "config.toml"
    path.parent.mkdir(parents=True)
    path.write_text(text)


def claude(base_url: str, model: str = "claude-haiku-5-5") -> str:
    return (
        'profile = "embedded"\n'
        f'[providers.mine]\nkind = "anthropic"\nbase_url = "{base_url}"\napi_key_env = "MY_KEY"\n'
        f'[tiers.balanced]\nchain = ["mine/{model}"]\n'
    )


def test_nothing_configured_is_healthy(folder: Path, environ: dict[str, str]) -> None:
    configure(environ, 'profile = "embedded"\n')
    report = asyncio.run(examine(folder, environ, 1.0))
    assert report.problems == ()
    assert report.active_profile == "embedded"
    assert not report.trusted
    assert [model.model for model in report.tiers["fast"]] == ["embedded/workspace"]
    assert list(folder.iterdir()) == []
    assert not Path(report.state_folder).exists(), "the doctor makes nothing"


async def test_a_provider_that_answers_is_timed(folder: Path, environ: dict[str, str]) -> None:
    async with Simulator() as simulator:
        configure(environ, claude(simulator.base_url))
        report = await examine(folder, {**environ, "MY_KEY": KEY}, 5.0)
    (model,) = report.tiers["balanced"]
    assert report.problems == ()
    assert (model.key_variable, model.key_set, model.reachable) == ("MY_KEY", True, True)
    assert model.latency_ms is not None


@pytest.mark.parametrize(
    ("model", "key", "words"),
    [
        ("claude-haiku-5-5", "", "MY_KEY"),
        ("claude-hiku-5-5", KEY, "claude-hiku-5-5"),
    ],
)
async def test_what_cannot_work_is_a_sentence(
    folder: Path, environ: dict[str, str], model: str, key: str, words: str
) -> None:
    async with Simulator() as simulator:
        configure(environ, claude(simulator.base_url, model))
        report = await examine(folder, {**environ, "MY_KEY": key}, 5.0)
    (problem,) = report.problems
    assert words in problem


async def test_a_provider_that_is_not_there_is_told_once_for_all_its_models(
    folder: Path, environ: dict[str, str]
) -> None:
    text = claude("http://ada:hunter2@127.0.0.1:9").replace("]\n[tiers", "]\n[tiers")
    configure(environ, text + '[tiers.frontier]\nchain = ["mine/claude-sonnet-5-5", "mine/claude-opus-5-5"]\n')
    report = await examine(folder, {**environ, "MY_KEY": KEY}, 1.0)
    assert len(report.problems) == 1
    assert len(report.tiers["frontier"]) == 2
    assert "hunter2" not in repr(report)
    assert report.tiers["balanced"][0].address == "http://127.0.0.1:9"


async def test_a_model_past_its_last_day_is_told(folder: Path, environ: dict[str, str]) -> None:
    async with Simulator() as simulator:
        configure(environ, claude(simulator.base_url) + '[models."claude-haiku-5-5"]\nretires = "2020-01-01"\n')
        report = await examine(folder, {**environ, "MY_KEY": KEY}, 5.0)
    assert "2020-01-01" in report.problems[0]


async def test_broken_settings_are_told(folder: Path, environ: dict[str, str]) -> None:
    configure(environ, "profile = \n")
    report = await examine(folder, environ, 1.0)
    assert "config.toml" in report.problems[0]


async def test_files_are_counted_by_what_may_happen_to_them(folder: Path, environ: dict[str, str]) -> None:
    configure(environ, 'profile = "embedded"\n[privacy]\nexclude = ["*.gen"]\n')
    (folder / ".git").mkdir()
    (folder / "build").mkdir()
    for name in ("a.py", "b.py", "x.log", "y.gen", ".env", "build/c.o"):
        (folder / name).write_text("x")
    (folder / ".gitignore").write_text("*.log\nbuild/\n")
    files = (await examine(folder, environ, 1.0)).files
    assert files == {"readable": 3, "ignored-folder": 2, "ignored-file": 2, "secret-file": 1}


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    status = main(["doctor", *arguments])
    printed = capsys.readouterr()
    return status, printed.out + printed.err


@pytest.fixture
def here(environ: dict[str, str], folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    for name in [name for name in os.environ if name.endswith("_API_KEY") or name == "TIERWISE_CONFIG"]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(folder)
    return folder


def test_the_verb_prints_and_fails_where_something_cannot_work(
    here: Path, environ: dict[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    configure(environ, claude("http://127.0.0.1:9"))
    monkeypatch.setenv("MY_KEY", KEY)
    (here / ".tierwise.toml").write_text("[budget]\nday_usd = 1\n")
    status, printed = run(capsys)
    assert status == 1
    assert "MY_KEY is set" in printed
    assert "may only narrow" in printed
    assert "✗" in printed
    assert KEY not in printed


def test_the_verb_is_content_without_any_model(
    here: Path, environ: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    configure(environ, 'profile = "embedded"\n')
    status, printed = run(capsys)
    assert status == 0
    assert "No model is configured" in printed


def test_the_verb_as_json(here: Path, environ: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    configure(environ, claude("http://127.0.0.1:9"))
    status, printed = run(capsys, "--json")
    found: dict[str, Any] = json.loads(printed)
    assert status == 1
    assert found["tiers"]["balanced"][0]["key_set"] is False
    assert found["folder"] == str(here)


def test_a_folder_that_is_none_is_wrong_use(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "nowhere")[0] == 2
