"""``tierwise setup``: the configuration of an editor, printed or written.

Standard output is the configuration and nothing else; what it can and cannot do stands in its comments.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path

from rich.markup import escape
from rich.syntax import Syntax

from tierwise import __version__
from tierwise.cli.figures import console
from tierwise.cli.setup_files import MARK, Folder, Piece, read_text, write
from tierwise.core.errors import ConfigError

EDITORS = ("vscode", "neovim", "helix", "emacs")


@dataclass(frozen=True, slots=True)
class Setup:
    """What an editor needs: to be shown to a person, to be written, and the sentence that follows the writing."""

    shown: tuple[Piece, ...]
    written: tuple[Piece | Folder, ...]
    afterwards: str = ""


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("editor", choices=EDITORS, help="which editor")
    parser.add_argument("--write", action="store_true", help="write the files instead of printing them")


def run(args: argparse.Namespace) -> int:
    setup = configuration(args.editor, os.environ, server_command())
    out, aside = console(), console(stderr=True)
    if args.write:
        for sentence in write(setup.written):
            out.print(escape(sentence), soft_wrap=True)
        out.print(escape(setup.afterwards), soft_wrap=True)
        return 0
    for piece in setup.shown:
        if piece.path is not None:
            verb = "add to" if piece.append else "file"
            aside.print(f"[bold]{verb} {escape(str(piece.path))}[/]", soft_wrap=True)
        if out.is_terminal:
            out.print(Syntax(piece.text, piece.lexer, background_color="default", word_wrap=True))
        else:
            print(piece.text)
    if setup.written:
        aside.print(f"`tierwise setup {args.editor} --write` does it for you.")
    return 0


def server_command() -> tuple[str, ...]:
    """How an editor starts the server: by name where that is on PATH, else by the interpreter that runs now."""
    if shutil.which("tierwise"):
        return ("tierwise", "serve")
    return (sys.executable, "-m", "tierwise", "serve")


def configuration(editor: str, environ: Mapping[str, str], command: Sequence[str]) -> Setup:
    """What an editor of ``EDITORS`` needs, with the places where that editor looks for it."""
    home = Path(environ.get("USERPROFILE" if os.name == "nt" else "HOME", "") or Path.home())
    match editor:
        case "neovim":
            return _neovim(environ, home, command)
        case "helix":
            return _helix(environ, home, command)
        case "emacs":
            return _emacs(environ, home, command)
        case _:
            return Setup((Piece(None, _template("vscode.jsonc"), "json"),), ())


def _neovim(environ: Mapping[str, str], home: Path, command: Sequence[str]) -> Setup:
    name = environ.get("NVIM_APPNAME") or "nvim"
    init = _folder(environ, home, "XDG_CONFIG_HOME", ".config", "LOCALAPPDATA") / name / "init.lua"
    words = ", ".join(map(_quoted, command))
    with as_file(files("tierwise.cli") / "editors" / "neovim") as shipped:
        plugin = {path.relative_to(shipped).as_posix(): path.read_bytes() for path in _files_below(shipped)}
        text = _template("neovim_init.lua").replace("@INIT@", str(init)).replace("@COMMAND@", words)
        text = text.replace("@FOLDER@", _quoted(shipped.as_posix()))
    start = f"-- Written by `{MARK} neovim`.\nreturn {{ version = {_quoted(__version__)}, cmd = {{ {words} }} }}\n"
    plugin["lua/tierwise/installed.lua"] = start.encode()
    data = _folder(environ, home, "XDG_DATA_HOME", ".local/share", "LOCALAPPDATA")
    site = data / (f"{name}-data" if os.name == "nt" else name) / "site"
    return Setup(
        (Piece(init, text, "lua", append=True),),
        (Folder(site / "pack" / "tierwise" / "start" / "tierwise", plugin),),
        "Open a file in Neovim; :checkhealth tierwise says whether all is well, :help tierwise the rest.",
    )


def _helix(environ: Mapping[str, str], home: Path, command: Sequence[str]) -> Setup:
    path = _folder(environ, home, "XDG_CONFIG_HOME", ".config", "APPDATA") / "helix" / "languages.toml"
    text = _template("helix.toml").replace("@PROGRAM@", _quoted(command[0]))
    text = text.replace("@ARGUMENTS@", ", ".join(map(_quoted, command[1:])))
    piece = Piece(path, _without_known_languages(path, text), "toml", append=True)
    return Setup((piece,), (piece,), "Open a file in Helix; `hx --health python` names the servers that it found.")


def _emacs(environ: Mapping[str, str], home: Path, command: Sequence[str]) -> Setup:
    init = _emacs_init(environ, home)
    folder = init.parent if init.name == "init.el" else home / ".emacs.d"
    text = _template("emacs.el").replace("@COMMAND@", " ".join(map(_quoted, command)))
    load = f"(load {_quoted((folder / 'tierwise.el').as_posix())} t) ; written by `{MARK} emacs'\n"
    pieces = (Piece(folder / "tierwise.el", text, "elisp"), Piece(init, load, "elisp", append=True))
    return Setup(pieces, pieces, "Restart Emacs and open a file: M-x tierwise-eglot, or lsp-mode does it by itself.")


def _files_below(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _without_known_languages(path: Path, text: str) -> str:
    """Leave out the languages that the user's own file sets: theirs stand, and a comment says what to add."""
    try:
        table = tomllib.loads(read_text(path)) if path.exists() else {}
    except tomllib.TOMLDecodeError as exc:
        raise ConfigError(f"{path} is no valid TOML: {exc}. Correct it first.") from exc
    known = {str(entry.get("name")) for entry in table.get("language", ())}
    head, *entries = text.split("[[language]]\n")
    kept = [head]
    for entry in entries:
        name = tomllib.loads(entry)["name"]
        if name in known:
            kept.append(
                f'# You have your own [[language]] entry for {name}: add "tierwise" to its language-servers.\n\n'
            )
        else:
            kept.append("[[language]]\n" + entry)
    return "".join(kept)


def _folder(environ: Mapping[str, str], home: Path, variable: str, usual: str, windows: str) -> Path:
    """A folder of the user's settings or data, where this platform keeps it."""
    if os.name == "nt":
        return Path(environ.get(windows) or home / "AppData" / ("Local" if windows == "LOCALAPPDATA" else "Roaming"))
    named = Path(environ.get(variable, ""))
    return named if named.is_absolute() else home / usual


def _emacs_init(environ: Mapping[str, str], home: Path) -> Path:
    """The init file that Emacs would take, in its own order; where there is none, the one to make."""
    config = _folder(environ, home, "XDG_CONFIG_HOME", ".config", "APPDATA")
    usual = home / ".emacs.d" / "init.el"
    for path in (home / ".emacs.el", home / ".emacs", usual, config / "emacs" / "init.el"):
        if path.exists():
            return path
    return usual


def _template(name: str) -> str:
    return (files("tierwise.cli") / "editors" / name).read_text(encoding="utf-8")


def _quoted(text: str) -> str:
    """A string literal of Lua, TOML and Emacs Lisp alike."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
