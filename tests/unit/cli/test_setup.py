from __future__ import annotations

import os
import tomllib
from pathlib import Path

import pytest

from tierwise.cli.main import main
from tierwise.cli.setup import EDITORS, Setup, configuration
from tierwise.cli.setup_files import MANIFEST, write
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
    pieces = configuration(editor, environ, COMMAND)
    text = "".join(piece.text for piece in pieces)
    assert "@" not in text.replace("@param", "")
    if editor != "vscode":
        assert '"/opt/my tools/python"' in text


@pytest.mark.parametrize("editor", [editor for editor in EDITORS if editor != "vscode"])
def test_writing_twice_changes_nothing_the_second_time(editor: str, environ: dict[str, str], tmp_path: Path) -> None:
    write(configuration(editor, environ, COMMAND))
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert before
    assert all("is there already" in line for line in write(configuration(editor, environ, COMMAND)))
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_a_former_version_of_our_own_file_is_kept_aside(environ: dict[str, str]) -> None:
    write(configuration("neovim", environ, ("old", "serve")))
    write(configuration("neovim", environ, COMMAND))
    path = place(environ, "nvim", "lsp", "tierwise.lua")
    assert "/opt/my tools" in path.read_text()
    assert '"old"' in path.with_name("tierwise.lua.before-tierwise").read_text()


def test_somebody_elses_file_is_left_alone(environ: dict[str, str]) -> None:
    path = place(environ, "nvim", "lsp", "tierwise.lua")
    path.parent.mkdir(parents=True)
    path.write_text("return {}\n")
    with pytest.raises(UsageError, match="not ours"):
        write(configuration("neovim", environ, COMMAND))
    assert path.read_text() == "return {}\n"
    assert not place(environ, "nvim", "plugin").exists(), "all pieces or none"


def test_helix_keeps_the_users_own_languages(environ: dict[str, str]) -> None:
    path = place(environ, "helix", "languages.toml")
    path.parent.mkdir(parents=True)
    mine = '# mine\n[[language]]\nname = "python"\nlanguage-servers = ["pylsp"]\n'
    path.write_text(mine)
    write(configuration("helix", environ, COMMAND))
    text = path.read_text()
    assert text.startswith(mine)
    assert 'your own [[language]] entry for python: add "tierwise"' in text
    table = tomllib.loads(text)
    assert [entry["name"] for entry in table["language"]].count("python") == 1
    assert table["language"][0]["language-servers"] == ["pylsp"]
    assert table["language-server"]["tierwise"] == {"command": COMMAND[0], "args": list(COMMAND[1:])}
    assert path.with_name("languages.toml.before-tierwise").read_text() == mine


@pytest.mark.parametrize("broken", ["[language", '[language-server.tierwise]\ncommand = "mine"\n'])
def test_helix_settings_that_cannot_take_the_addition_stay_as_they_are(broken: str, environ: dict[str, str]) -> None:
    path = place(environ, "helix", "languages.toml")
    path.parent.mkdir(parents=True)
    path.write_text(broken)
    with pytest.raises(ConfigError, match="TOML"):
        write(configuration("helix", environ, COMMAND))
    assert path.read_text() == broken


def test_emacs_init_files_are_found_where_emacs_looks(environ: dict[str, str]) -> None:
    init = Path(environ["HOME"]) / ".emacs"
    init.write_text("(setq mine t)\n")
    write(configuration("emacs", environ, COMMAND))
    assert init.read_text().startswith("(setq mine t)\n\n(load ")
    assert (Path(environ["HOME"]) / ".emacs.d" / "tierwise.el").exists()


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
def test_a_link_stays_a_link(environ: dict[str, str], tmp_path: Path) -> None:
    real = tmp_path / "dotfiles.el"
    real.write_text("(setq mine t)\n")
    (tmp_path / ".emacs").symlink_to(real)
    write(configuration("emacs", environ, COMMAND))
    assert (tmp_path / ".emacs").is_symlink()
    assert "tierwise.el" in real.read_text()


def test_an_editor_that_keeps_its_settings_itself_is_not_written() -> None:
    assert main(["setup", "vscode", "--write"]) == 2


def test_the_printed_text_is_the_configuration(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["setup", "helix"]) == 0
    table = tomllib.loads(capsys.readouterr().out)
    assert table["language-server"]["tierwise"]["args"][-1] == "serve"
