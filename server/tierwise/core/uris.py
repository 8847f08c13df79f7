"""File URIs and paths, on every platform. Pure; touches no disk."""

from __future__ import annotations

import os
import re
from pathlib import Path
from urllib.parse import SplitResult, quote, unquote_to_bytes, urlsplit

_DRIVE = re.compile(r"^/?([A-Za-z])(:|%3[Aa])(?=/|$)")

_ODD = "surrogatepass" if os.name == "nt" else "surrogateescape"
"""Names are bytes to most systems, and need be no text: those that are none stay as in ``os.fsdecode``."""


def to_path(uri: str, *, windows: bool = os.name == "nt") -> Path | None:
    """The path of a ``file:`` URI; None for any other scheme, and for what names no file. UNC hosts are kept
    (``//host/share``).
    """
    parts = _split(uri)
    return _path(parts, windows) if parts.scheme == "file" else None


def shown_path(uri: str, *, windows: bool = os.name == "nt") -> Path | None:
    """The absolute path that a URI of another scheme speaks of (``git:/repo/.env?…``); None without one, and for a
    buffer that was never saved.
    """
    parts = _split(uri)
    path = None if parts.scheme == "untitled" else _path(parts, windows)
    return path if path is not None and path.is_absolute() else None


def _split(uri: str) -> SplitResult:
    try:
        return urlsplit(uri)
    except ValueError:  # half an IPv6 address and the like: nothing that we could read
        return SplitResult("", "", "", "", "")


def _path(parts: SplitResult, windows: bool) -> Path | None:
    path = unquote_to_bytes(parts.path.encode("utf-8", "surrogatepass")).decode("utf-8", _ODD)
    if "\0" in path:
        return None
    if windows:
        path = _DRIVE.sub(lambda m: m.group(1).upper() + ":", path)
    if parts.netloc and parts.netloc != "localhost":
        path = f"//{parts.netloc}{path}"
    return Path(path)


def to_uri(path: Path) -> str:
    """The ``file:`` URI of an absolute path, with the drive letter in lower case as editors write it."""
    text = path.as_posix()
    host = ""
    if text.startswith("//"):
        host, _, rest = text[2:].partition("/")
        text = "/" + rest
    drive = _DRIVE.match(text)
    if drive and not host:
        text = f"/{drive.group(1).lower()}:{text[drive.end() :]}"
    return f"file://{host}{quote(text.encode('utf-8', _ODD), safe='/~')}"


def same_file_key(uri: str) -> str:
    """A key under which two spellings of one URI meet (``%3A`` and ``:``, drive letters, percent encoding)."""
    path = to_path(uri)
    return uri if path is None else to_uri(path)
