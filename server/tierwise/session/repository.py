"""Where git finds ignore patterns beside those in the folders: a repository's own, and the user's for all of them.
Reads git's configuration itself, as far as it speaks of that: git need not be there, and nothing of others is run.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tierwise.session.disk import is_folder, is_there, read_bytes
from tierwise.session.ignore_patterns import FOLDS, IgnorePatterns, as_bytes

_MOST_BYTES = 1024 * 1024
_DEEPEST = 10
"""Files that include each other, as far as git follows them."""
_HEADER = re.compile(r'\[\s*([\w.-]+)(?:\s+"((?:[^"\\]|\\.)*)")?\s*\]')
_VALUE = re.compile(r"([A-Za-z][\w-]*)[ \t]*(?:=[ \t]*(.*))?")
_VALUE_PART = re.compile(r'"((?:[^"\\]|\\.)*)"?|[#;].*|((?:[^"\\#;]|\\.)+)', re.DOTALL)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Repository:
    """``excludes``: the files of patterns for the whole of it, the strongest first. ``configs``: what said so. Neither
    need exist. ``fold``: capital letters count as small ones.
    """

    excludes: tuple[Path, ...]
    configs: tuple[Path, ...]
    fold: bool

    @staticmethod
    def at(root: Path) -> Repository:
        """The repository whose working tree begins at ``root``; outside of any, what the user says of all."""
        common = _common_folder(root / ".git")
        reader = _Reader(common)
        own: tuple[Path, ...] = ()
        if common is not None:
            own = (common / "info" / "exclude",)
            reader.read(common / "config")
        said = reader.values.get("core.excludesfile")
        user = _path(said, root) if said is not None else _xdg_folder() / "git" / "ignore"
        fold = reader.values.get("core.ignorecase", "true" if FOLDS and common is None else "false")
        excludes = (*own, user) if user is not None else own
        return Repository(excludes, tuple(reader.seen), fold.lower() in ("", "true", "yes", "on", "1"))


def is_root(folder: Path) -> bool:
    """Whether a working tree may begin at a folder: somebody put ``.git`` there."""
    return is_there(folder / ".git")


def is_repository(folder: Path) -> bool:
    """Whether a working tree begins at a folder for git too, which looks into ``.git``. Elsewhere the patterns of the
    repository around hold on.
    """
    if not is_root(folder):
        return False
    git, common = folder / ".git", _common_folder(folder / ".git")
    own = git if is_folder(git) else _pointed(git, b"gitdir:")
    if own is None or common is None:
        return False
    return is_there(own / "HEAD") and is_folder(common / "objects") and is_folder(common / "refs")


def _common_folder(git: Path) -> Path | None:
    """What the working trees of one repository share: their ``.git``, or where the file in its place leads."""
    if is_folder(git):
        return git
    folder = _pointed(git, b"gitdir:")
    return None if folder is None else _pointed(folder / "commondir", b"") or folder


def _pointed(file: Path, mark: bytes) -> Path | None:
    found = read_bytes(file, 4_096)
    if found is None or not found[0].startswith(mark):
        return None
    name = os.fsdecode(found[0].removeprefix(mark).strip())
    return Path(os.path.normpath(file.parent / name)) if name and "\0" not in name else None


class _Reader:
    """Reads configuration files, the weakest first: what is said last holds."""

    def __init__(self, git: Path | None) -> None:
        self.values: dict[str, str] = {}
        self.seen: dict[Path, None] = {}
        self._git = git
        for path in _user_configs():
            self.read(path)

    def read(self, path: Path, depth: int = 0) -> None:
        self.seen[path] = None
        found = read_bytes(path, _MOST_BYTES)
        if found is None or depth > _DEEPEST:
            return
        for section, sub, key, value in _entries(found[0].decode("utf-8-sig", "surrogateescape")):
            if key == "path" and (section == "include" or (section == "includeif" and self._holds(sub, path))):
                included = _path(value, path.parent)
                if included is not None:
                    self.read(included, depth + 1)
            elif section == "core" and not sub:
                self.values[f"core.{key}"] = value

    def _holds(self, condition: str, said_in: Path) -> bool:
        """Whether a condition on the repository's place is met; the others do not hold here."""
        kind, _, pattern = condition.partition(":")
        if self._git is None or kind not in ("gitdir", "gitdir/i") or not pattern:
            return False
        if pattern.startswith("./"):
            pattern = said_in.parent.as_posix() + pattern[1:]
        pattern = _at_home(pattern).as_posix() + ("/" if pattern.endswith("/") else "")
        anchored = pattern if pattern.startswith("/") or Path(pattern).is_absolute() else f"**/{pattern}"
        whole = f"/{anchored.lstrip('/')}" + ("**" if anchored.endswith("/") else "")
        patterns = IgnorePatterns(as_bytes(whole), fold=kind.endswith("i"))
        places = {self._git.as_posix(), os.path.realpath(self._git).replace(os.sep, "/")}
        return any(patterns.verdict(as_bytes(place.lstrip("/")), is_folder=True) for place in places)


def _user_configs() -> Iterator[Path]:
    if "GIT_CONFIG_NOSYSTEM" not in os.environ:
        yield Path(os.environ.get("GIT_CONFIG_SYSTEM", "/etc/gitconfig"))
    if (named := os.environ.get("GIT_CONFIG_GLOBAL")) is not None:
        yield Path(named)
    else:
        yield _xdg_folder() / "git" / "config"
        yield _at_home("~/.gitconfig")


def _xdg_folder() -> Path:
    return Path(os.environ.get("XDG_CONFIG_HOME") or _at_home("~/.config"))


def _at_home(path: str) -> Path:
    """A path that may begin with somebody's home folder; as it is where that is not known here."""
    return Path(os.path.expanduser(path))  # noqa: PTH111 - pathlib raises


def _path(value: str, beside: Path) -> Path | None:
    """A path as a configuration names it; None for one of no file."""
    return None if not value or "\0" in value else beside / _at_home(value)


def _entries(text: str) -> Iterator[tuple[str, str, str, str]]:
    """Section, subsection, key and value, in order; what git would stop at is passed over."""
    section = sub = ""
    for line in re.sub(r"\\\r?\n", "", text).splitlines():
        rest = line.strip()
        if header := _HEADER.match(rest):
            section, sub = header[1].lower(), _ESCAPED.sub(r"\1", header[2] or "")
            rest = rest[header.end() :].strip()
        if found := _VALUE.fullmatch(rest):
            yield section, sub, found[1].lower(), _value(found[2] or "")


def _value(text: str) -> str:
    parts = (match[1] if match[1] is not None else match[2] or "" for match in _VALUE_PART.finditer(text))
    return _ESCAPED.sub(lambda m: {"n": "\n", "t": "\t", "b": "\b"}.get(m[1], m[1]), "".join(parts).rstrip())
