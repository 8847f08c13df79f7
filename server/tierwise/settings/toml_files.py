"""Reading TOML that a stranger may have written: bounded in size and depth, a regular file, one clear problem.

Reads; never writes, never follows a pipe or a device, and shows nothing of a file's content in a message.
"""

from __future__ import annotations

import re
import stat
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any, cast

from tierwise.core.errors import ConfigError

MAX_BYTES = 64 * 1024
"""Largest settings file that is read. The largest that comes with the package has about 16 KiB."""

MAX_DEPTH = 16
"""Deepest nesting of tables and lists. The deepest setting there is has five levels."""


class TomlError(ConfigError):
    """The file cannot be read as settings. ``place`` is ":LINE:COLUMN" for a syntax error, else ""."""

    def __init__(self, reason: str, place: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.place = place


def read_toml(path: Path, *, inside: Path | None = None) -> dict[str, Any] | None:
    """The tables of a TOML file; None where there is no such file.

    ``inside``: refuse a link that leads out of this folder. Raises TomlError.
    """
    try:
        if not path.exists():
            return None
        # A pipe would block the server for ever, and a device would fill its memory.
        if not stat.S_ISREG(path.stat().st_mode):
            raise TomlError("is not a regular file")
        if inside is not None and not path.resolve().is_relative_to(inside.resolve()):
            raise TomlError("is a link that leads out of the folder, which only a trusted folder may have")
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as exc:
        raise TomlError(f"cannot be read: {exc.strerror or type(exc).__name__}") from exc
    if len(data) > MAX_BYTES:
        raise TomlError(f"is larger than {MAX_BYTES // 1024} KiB")
    return parse_toml(data)


def parse_toml(data: bytes) -> dict[str, Any]:
    """The tables of a TOML text. Raises TomlError."""
    try:
        text = data.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as exc:
        raise TomlError(f"is not UTF-8 (byte {exc.start})") from exc
    # The standard library's parser takes time that grows with the square of a dotted key's length.
    if _LONG_KEY.search(text):
        raise TomlError(f"nests tables more than {MAX_DEPTH} deep")
    try:
        tables = tomllib.loads(text)
    except RecursionError as exc:
        raise TomlError(f"nests tables more than {MAX_DEPTH} deep") from exc
    except ValueError as exc:  # also what int() says to thousands of digits
        raise _syntax_error(exc) from exc
    if _depth(tables) > MAX_DEPTH:
        raise TomlError(f"nests tables more than {MAX_DEPTH} deep")
    return tables


# More parts than any setting has. A scan in linear time: bare parts begin only where a word begins, quoted ones are
# bounded (with longer ones the file's size bounds how many fit), and no part is ever tried a second time.
_PART = r"""(?>(?<![\w-])[\w-]+|"(?:[^"\\\n]|\\.){0,64}"|'[^'\n]{0,64}')"""
_LONG_KEY = re.compile(rf"(?:{_PART}(?>[ \t]*)\.(?>[ \t]*)){{{MAX_DEPTH + 1}}}")

_PLACE = re.compile(r"\(at line (\d+), column (\d+)\)|\(at end of document\)")


def _syntax_error(error: ValueError) -> TomlError:
    message = str(error)
    found = _PLACE.search(message)
    reason = _PLACE.sub("", message).strip()
    reason = reason[:1].lower() + reason[1:] if isinstance(error, tomllib.TOMLDecodeError) else "has a malformed value"
    if found is None or found.group(1) is None:
        return TomlError(f"is not TOML: {reason}" + (" at the end of the file" if found else ""))
    return TomlError(f"is not TOML: {reason}", f":{found.group(1)}:{found.group(2)}")


def _depth(tables: dict[str, Any]) -> int:
    """Levels of nesting, counted without recursion and only as far as it matters."""
    depth = 0
    level: list[object] = [tables]
    while level and depth <= MAX_DEPTH:
        depth += 1
        level = [child for item in level for child in _children(item)]
    return depth - 1


def _children(item: object) -> Iterable[object]:
    if isinstance(item, dict):
        return cast("dict[str, object]", item).values()
    return cast("list[object]", item) if isinstance(item, list) else ()
