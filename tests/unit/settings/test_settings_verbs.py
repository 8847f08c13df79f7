"""The verbs ``profiles`` and ``trust``, as a shell runs them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tierwise.cli.main import main
from tierwise.settings.trust import TrustStore

KEYS = ("ANTHROPIC", "OPENAI", "GEMINI", "DEEPSEEK", "MISTRAL", "DASHSCOPE", "OPENROUTER", "FIREWORKS")


@pytest.fixture
def shell(world, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """Runs a command line in the workspace folder; returns status, stdout and stderr."""
    for name in KEYS:
        monkeypatch.delenv(f"{name}_API_KEY", raising=False)
    for name, value in world.environ.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-the-value-of-the-key")
    monkeypatch.delenv("COLUMNS", raising=False)  # how wide the tester's terminal is
    monkeypatch.chdir(world.folder)

    def run(*arguments: str) -> tuple[int, str, str]:
        status = main(arguments)
        out, err = capsys.readouterr()
        assert "sk-the-value-of-the-key" not in out + err
        return status, out, err

    return run


def test_the_list_of_profiles(shell) -> None:
    status, out, err = shell("profiles")
    assert (status, err) == (0, "")
    lines = {line.split()[0]: line for line in out.splitlines() if line.strip()}
    assert "set" in lines["anthropic"]
    assert "1 of 3 set" in lines["code-chain"]
    assert "not set" in lines["openai"]
    assert "none needed" in lines["embedded"]
    assert "In this folder: auto, which means anthropic now." in out
    assert shell("profiles", "list") == (0, out, "")


def test_one_profile(shell) -> None:
    status, out, err = shell("profiles", "show", "code-chain")
    assert (status, err) == (0, "")
    assert "fast: 6,000 tokens in, 256 out; first token within 0.7 s, all within 1.5 s" in out
    assert "anthropic/claude-sonnet-5-5" in out
    assert "Keys: ANTHROPIC_API_KEY is set, FIREWORKS_API_KEY is not set, OPENAI_API_KEY is not set." in out


def test_without_a_name_the_profile_that_holds_here(shell, world) -> None:
    assert shell("profiles", "show")[1].startswith("anthropic: Claude")
    world.workspace("profile = 'embedded'")
    assert shell("profiles", "show")[1].startswith("embedded: ")


def test_profiles_as_json(shell) -> None:
    listed = json.loads(shell("profiles", "--json")[1])
    assert (listed["chosen"], listed["active"]) == ("auto", "anthropic")
    assert len(listed["profiles"]) == 11
    shown = json.loads(shell("profiles", "show", "anthropic", "--json")[1])
    assert shown in listed["profiles"]
    assert shown["tiers"]["fast"]["chain"][0] == {
        "model": "anthropic/claude-haiku-5-5",
        "address": "https://api.anthropic.com",
        "key": "ANTHROPIC_API_KEY",
        "key_set": True,
        "usd_per_million": {"input": 0.1, "output": 0.5, "cache_read": 0.01},
        "context_tokens": 1_000_000,
        "retires": None,
    }


def test_a_broken_profile_of_the_users_spoils_only_itself(shell, world) -> None:
    world.profile("mine", "description = 'Mine'\n[tiers.fast]\nchan = []\n")
    status, out, _ = shell("profiles")
    assert status == 0
    assert "tiers.fast.chan: is not a setting" in out
    status, _, err = shell("profiles", "show", "mine")
    assert status == 1
    assert err == 'tierwise profiles: profile "mine": tiers.fast.chan: is not a setting; did you mean "chain"?\n'


@pytest.mark.parametrize(
    ("arguments", "status", "says"),
    [
        (("profiles", "show", "antropic"), 1, 'no profile is named "antropic"; did you mean "anthropic"?'),
        (("profiles", "list", "x"), 2, "list takes no name; did you mean: tierwise profiles show x"),
        (("profiles", "drop"), 2, "invalid choice"),
        (("trust", "missing"), 1, "is not a folder"),
        (("trust", "/"), 1, "trust the folder of a project instead"),
        (("trust", "~"), 1, "trust the folder of a project instead"),
        (("trust", "--list", "x"), 2, "--list takes no folder"),
        (("trust", "--list", "--revoke"), 2, "not allowed with"),
    ],
)
def test_wrong_use(shell, arguments, status: int, says: str) -> None:
    got, out, err = shell(*arguments)
    assert (got, out, err.count("\n")) == (status, "", 1)
    assert says in err


def test_trusting_a_folder_says_what_now_counts(shell, world) -> None:
    world.workspace("profile = 'anthropic'\n[providers.anthropic]\nbase_url = 'http://x'\n")
    status, out, err = shell("trust")
    assert (status, err) == (0, "")
    assert out == (
        f"Trusted: {world.folder} and everything below it.\n"
        "Its .tierwise.toml may now set:\n  providers.anthropic.base_url\n"
        f"To take it back: tierwise trust --revoke {world.folder}\n"
    )
    assert shell("trust", "--list") == (0, f"{world.folder}\n", "")
    assert TrustStore(world.state).is_trusted(world.folder)


def test_trust_is_taken_back(shell, world, tmp_path: Path) -> None:
    inner = world.folder / "inner"
    inner.mkdir()
    shell("trust", str(world.folder))
    status, _, err = shell("trust", str(inner), "--revoke")
    assert status == 1
    assert f"is still trusted because {world.folder} is" in err
    assert shell("trust", "--revoke") == (0, f"No longer trusted: {world.folder}\n", "")
    assert shell("trust", "--list") == (0, "No folder is trusted.\n", "")
    assert shell("trust", "--revoke") == (0, f"Was not trusted: {world.folder}\n", "")


def test_trusting_a_folder_whose_file_is_broken(shell, world) -> None:
    world.workspace("a = ")
    status, out, _ = shell("trust", ".")
    assert status == 0
    assert "is not TOML" in out
