"""Rooms import only what they may: the contracts of pyproject.toml hold, and every room has one."""

import tomllib
from pathlib import Path

import pytest
from importlinter.cli import lint_imports

ROOT = Path(__file__).resolve().parents[2]
CONFIGURATION = ROOT / "pyproject.toml"


def test_the_contracts_hold(capsys: pytest.CaptureFixture[str]) -> None:
    status = lint_imports(config_filename=str(CONFIGURATION), no_cache=True, no_logo=True)
    assert status == 0, capsys.readouterr().out


def test_every_room_has_a_contract() -> None:
    contracts = tomllib.loads(CONFIGURATION.read_text(encoding="utf-8"))["tool"]["importlinter"]["contracts"]
    held = {source for contract in contracts for source in contract["source_modules"]}
    package = ROOT / "server" / "tierwise"
    rooms = {f"tierwise.{folder.name}" for folder in package.iterdir() if (folder / "__init__.py").is_file()}
    assert rooms <= held | {"tierwise.cli"}
