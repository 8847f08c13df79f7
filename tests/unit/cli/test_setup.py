from __future__ import annotations

import os
import tomllib
from pathlib import Path

import pytest

from tierwise.cli.main import main
from tierwise.cli.setup import EDITORS, configuration
from tierwise.cli.setup_files import Folder, write
from tierwise.core.errors import ConfigError, UsageError

COMMAND = ("/opt/my tools/python", "-m", "tierwise", "serve")


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    return {name: str(tmp_path) for name in ("HOME", "USERPROFILE", "APPDATA", "LOCALAPPDATA")}


def place(environ: dict[str, str], *parts: str) -> Path:
    home = Path(environ["HOME"])
    return home.joinpath(*parts) if os.name == "nt" else home.joinpath(".config", *parts)


@pytest.mark.parametrize("editor", EDITORS)
def test_every_editor_has_a_configuration_with_the_command_filled_in(editor: str, environ: dict[str, str]) -> None:
    setup = configuration(editor, environ, COMMAND)
    text = "".join(piece.text for piece in setup.shown)
    assert "@" not in text.replace("@param", "")
    if editor != "vscode":
        assert '"/opt/my tools/python"' in text


@pytest.mark.parametrize("editor", [editor for editor in EDITORS if editor != "vscode"])
def test_writing_twice_changes_nothing_the_second_time(editor: str, environ: dict[str, str], tmp_path: Path) -> None:
    write(configuration(editor, environ, COMMAND).written)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert before
    assert all("is there already" in line for line in write(configuration(editor, environ, COMMAND).written))
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


PLUGIN = ("site", "pack", "tierwise", "start", "tierwise")


def plugin(environ: dict[str, str]) -> Path:
    home = Path(environ["HOME"])
    return (home / "nvim-data" if os.name == "nt" else home / ".local" / "share" / "nvim").joinpath(*PLUGIN)


def test_an_update_replaces_our_files_and_keeps_what_the_user_changed_in_them(environ: dict[str, str]) -> None:
    write(configuration("neovim", environ, ("old", "serve")).written)
    started, changed = plugin(environ) / "lua/tierwise/installed.lua", plugin(environ) / "lua/tierwise/config.lua"
    ours = changed.read_text()
    changed.write_text("return {}\n")
    (sentence,) = write(configuration("neovim", environ, COMMAND).written)
    assert "/opt/my tools" in started.read_text()
    assert not started.with_name("installed.lua.before-tierwise").exists(), "nobody had changed it"
    assert changed.read_text() == ours
    assert changed.with_name("config.lua.before-tierwise").read_text() == "return {}\n"
    assert "config.lua.before-tierwise" in sentence


def test_a_file_that_a_version_no_longer_has_goes_unless_the_user_changed_it(environ: dict[str, str]) -> None:
    folder = plugin(environ)
    write([Folder(folder, {"old.lua": b"x = 1", "mine.lua": b"y = 1"})])
    (folder / "mine.lua").write_bytes(b"y = 2")
    write(configuration("neovim", environ, COMMAND).written)
    assert not (folder / "old.lua").exists()
    assert (folder / "mine.lua").read_bytes() == b"y = 2"


def test_somebody_elses_files_are_left_alone(environ: dict[str, str]) -> None:
    path = plugin(environ) / "init.lua"
    path.parent.mkdir(parents=True)
    path.write_text("return {}\n")
    with pytest.raises(UsageError, match="not ours"):
        write(configuration("neovim", environ, COMMAND).written)
    assert [found.name for found in plugin(environ).iterdir()] == ["init.lua"]


def test_helix_keeps_the_users_own_languages(environ: dict[str, str]) -> None:
    path = place(environ, "helix", "languages.toml")
    path.parent.mkdir(parents=True)
    mine = '# mine\n[[language]]\nname = "python"\nlanguage-servers = ["pylsp"]\n'
    path.write_text(mine)
    write(configuration("helix", environ, COMMAND).written)
    text = path.read_text()
    assert text.startswith(mine)
    assert 'your own [[language]] entry for python: add "tierwise"' in text
    table = tomllib.loads(text)
    assert [entry["name"] for entry in table["language"]].count("python") == 1
    assert table["language"][0]["language-servers"] == ["pylsp"]
    server = table["language-server"]["tierwise"]
    assert (server["command"], server["args"]) == (COMMAND[0], list(COMMAND[1:]))
    assert path.with_name("languages.toml.before-tierwise").read_text() == mine


@pytest.mark.parametrize("broken", ["[language", '[language-server.tierwise]\ncommand = "mine"\n'])
def test_helix_settings_that_cannot_take_the_addition_stay_as_they_are(broken: str, environ: dict[str, str]) -> None:
    path = place(environ, "helix", "languages.toml")
    path.parent.mkdir(parents=True)
    path.write_text(broken)
    with pytest.raises(ConfigError, match="TOML"):
        write(configuration("helix", environ, COMMAND).written)
    assert path.read_text() == broken


def test_emacs_init_files_are_found_where_emacs_looks(environ: dict[str, str]) -> None:
    init = Path(environ["HOME"]) / ".emacs"
    init.write_text("(setq mine t)\n")
    write(configuration("emacs", environ, COMMAND).written)
    assert init.read_text().startswith("(setq mine t)\n\n(load ")
    assert (Path(environ["HOME"]) / ".emacs.d" / "tierwise.el").exists()


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
def test_a_link_stays_a_link(environ: dict[str, str], tmp_path: Path) -> None:
    real = tmp_path / "dotfiles.el"
    real.write_text("(setq mine t)\n")
    (tmp_path / ".emacs").symlink_to(real)
    write(configuration("emacs", environ, COMMAND).written)
    assert (tmp_path / ".emacs").is_symlink()
    assert "tierwise.el" in real.read_text()


def test_an_editor_that_keeps_its_settings_itself_is_not_written() -> None:
    assert main(["setup", "vscode", "--write"]) == 2


def test_the_printed_text_is_the_configuration(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["setup", "helix"]) == 0
    table = tomllib.loads(capsys.readouterr().out)
    assert table["language-server"]["tierwise"]["args"][-1] == "serve"
