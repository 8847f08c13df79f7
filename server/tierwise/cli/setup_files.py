"""Writing an editor's configuration: files of our own, additions to the user's, and whole folders.

It never replaces what somebody else wrote, and keeps a copy of every file of the user's that it changes.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from tierwise.core.errors import ConfigError, UsageError

MARK = "tierwise setup"
"""Stands in the head of every file that we wrote, and in nobody else's."""

MANIFEST = ".tierwise-setup.json"
"""In every folder that we wrote: what each file was when we wrote it."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Text for one file: the whole file, or (``append``) an addition to it. ``path`` None: only to be read."""

    path: Path | None
    text: str
    lexer: str
    append: bool = False


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder that is ours alone, with its files by relative name."""

    path: Path
    files: Mapping[str, bytes]


def write(parts: Sequence[Piece | Folder]) -> list[str]:
    """Write all parts, or none when one of them would harm; returns a sentence for each.

    Raises UsageError where there is nothing to write, or something in the way is not ours.
    """
    pieces = [(part, part.path) for part in parts if isinstance(part, Piece) and part.path is not None]
    folders = [part for part in parts if isinstance(part, Folder)]
    if not pieces and not folders:
        raise UsageError("this editor keeps its settings itself: nothing is written, follow the printed steps")
    for piece, path in pieces:
        if not piece.append and path.exists() and MARK not in read_text(path):
            raise UsageError(f"{path} exists and is not ours: nothing was written; compare it with the printed one")
    for folder in folders:
        if folder.path.exists() and not (folder.path / MANIFEST).exists():
            raise UsageError(f"{folder.path} exists and is not ours: nothing was written; move it away first")
    return [_write_folder(folder) for folder in folders] + [_write_piece(piece, path) for piece, path in pieces]


def read_text(path: Path) -> str:
    """A configuration file's text. Raises ConfigError where it is not UTF-8."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as exc:
        raise ConfigError(f"{path} is no UTF-8 text: nothing was written.") from exc


def _write_piece(piece: Piece, path: Path) -> str:
    before = read_text(path) if path.exists() else None
    if before is not None and (MARK in before if piece.append else before == piece.text):
        return f"{path}: is there already"
    text = piece.text
    if piece.append and before:
        text = before.rstrip("\n") + "\n\n" + piece.text
    if path.suffix == ".toml":
        _check_toml(path, text)
    path.parent.mkdir(parents=True, exist_ok=True)
    target = path.resolve()  # a link into somebody's collection of settings stays a link
    kept = f", the former one is {_keep(target, path).name}" if before is not None else ""
    _replace(target, text.encode())
    return f"{path}: written{kept}"


def _write_folder(folder: Folder) -> str:
    known = _manifest(folder.path)
    kept: list[str] = []
    changed = 0
    for name, data in sorted(folder.files.items()):
        path = folder.path / name
        if path.exists():
            if path.read_bytes() == data:
                continue
            if _digest(path.read_bytes()) != known.get(name):
                kept.append(_keep(path, path).name)
        path.parent.mkdir(parents=True, exist_ok=True)
        _replace(path, data)
        changed += 1
    for name in sorted(known.keys() - folder.files.keys()):
        path = folder.path / name
        if path.exists() and _digest(path.read_bytes()) == known[name]:
            path.unlink()
            changed += 1
    if not changed:
        return f"{folder.path}: is there already"
    digests = {name: _digest(data) for name, data in sorted(folder.files.items())}
    _replace(folder.path / MANIFEST, json.dumps(digests, indent=1).encode())
    aside = f"; what you had changed is kept as {', '.join(kept)}" if kept else ""
    return f"{folder.path}: written{aside}"


def _manifest(folder: Path) -> dict[str, str]:
    try:
        listed: object = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    if not isinstance(listed, dict):
        return {}
    return {name: digest for name, digest in cast("dict[str, object]", listed).items() if isinstance(digest, str)}


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _check_toml(path: Path, text: str) -> None:
    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError as exc:
        raise ConfigError(f"{path} with the addition would not be valid TOML ({exc}): nothing was written.") from exc


def _replace(path: Path, data: bytes) -> None:
    beside = path.with_name(f"{path.name}.new")
    beside.write_bytes(data)
    beside.replace(path)


def _keep(target: Path, path: Path) -> Path:
    """Copy ``target`` beside ``path`` under a name that is free."""
    copy = path.with_name(f"{path.name}.before-tierwise")
    number = 1
    while copy.exists():
        number += 1
        copy = path.with_name(f"{path.name}.before-tierwise-{number}")
    shutil.copy2(target, copy)
    return copy
