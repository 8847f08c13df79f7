"""Which file a reply means: paths as models decorate them, and their place in the workspace folder.

Pure: whether a file exists on the disk is not asked here. Never returns a path outside the folder.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path, PurePosixPath

from tierwise.core.languages import PLAIN, language_of

_FENCE = re.compile(r"\s*(?:`{3,}|~{3,}|</?(?:source|code|pre)>)\s*(?P<info>.*?)`*\s*$")
_LEAD = re.compile(r"(?:[-*+>]|\d+[.)]|#{1,6}|//|--|;|<!--)\s+")
_LABEL = re.compile(r"(?:file ?name|file ?path|file|path)\s*[:=]\s*", re.IGNORECASE)
_REMARK = re.compile(r"\s+\((?:new|create|created|updated?|modified|existing)\b[^)]*\)$", re.IGNORECASE)
_QUOTED = re.compile(r"`([^`\s]+)`")
_EXTENSION = re.compile(r"[^.].*\.[A-Za-z][A-Za-z0-9_+-]{0,11}$")
_HIDDEN = re.compile(r"\.[A-Za-z][\w.-]*$")


def path_above(lines: Sequence[str], known: Collection[str]) -> str | None:
    """The path that the lines before a block announce, or None.

    Blank lines and fences between the path and the block are passed over; nothing else is. ``known`` are the
    relative paths of the files in the prompt: one of them is recognised even inside a sentence or without an
    extension, other words only when they look like a path.
    """
    for line in reversed(lines):
        if not line.strip():
            continue
        fence = _FENCE.match(line)
        if fence is None:
            return _named(line, known)
        if path := _in_fence(fence["info"], known):
            return path
    return None


def is_fence(line: str) -> bool:
    """Whether a line only opens or closes a fence."""
    return _FENCE.match(line) is not None


def resolve(name: str, folder: Path) -> Path | None:
    """The absolute path that ``name`` means below ``folder``; None when it points outside of it.

    Purely lexical: symbolic links are the reader's business.
    """
    text = name.replace("\\", "/") if os.name == "nt" else name
    path = Path(os.path.normpath(folder / text))
    if path == folder or not path.is_relative_to(folder):
        return None
    return path


def relative(path: Path, folder: Path) -> str:
    """``path`` as replies write it: relative to ``folder``, with forward slashes."""
    return path.relative_to(folder).as_posix() if path.is_relative_to(folder) else path.as_posix()


def by_tail(name: str, paths: Iterable[Path]) -> Path | None:
    """The only path that ends with all parts of ``name`` (models like to shorten); None if none or several do."""
    parts = PurePosixPath(name.replace("\\", "/")).parts
    if not parts or ".." in parts:
        return None
    found = [path for path in paths if path.parts[-len(parts) :] == parts]
    return found[0] if len(found) == 1 else None


def _named(line: str, known: Collection[str]) -> str | None:
    text = _bare(line)
    if text in known or _looks_like_path(text):
        return text
    quoted = {word for word in _QUOTED.findall(line) if word in known}
    return quoted.pop() if len(quoted) == 1 else None


def _in_fence(info: str, known: Collection[str]) -> str | None:
    """A fence may carry the path: ``python src/a.py``, ``python:src/a.py`` or the path alone."""
    if not info:
        return None
    word = info.rsplit(maxsplit=1)[-1].strip("{}\"'")
    for text in (word, word.partition(":")[2], word.partition("=")[2].strip("\"'")):
        if text and (text in known or ("/" in text and _looks_like_path(text))):
            return text
    return None


def _bare(line: str) -> str:
    text = line.strip()
    while lead := _LEAD.match(text):
        text = text[lead.end() :]
    text = text.removesuffix("-->").strip()
    text = _REMARK.sub("", text.rstrip(":"))
    text = _unwrapped(text)
    text = _LABEL.sub("", text, count=1) if _LABEL.match(text) else text
    return _unwrapped(text)


def _unwrapped(text: str) -> str:
    before = None
    while before != text:
        before = text
        text = text.strip().rstrip(":").strip("`\"'").removeprefix("**").removesuffix("**")
    return text.removeprefix("./")


def _looks_like_path(text: str) -> bool:
    if not text or len(text) > 255 or "://" in text or re.search(r'[\s<>"|?*`]', text):
        return False
    name = re.split(r"[/\\]", text)[-1]
    if not name or not re.search(r"\w", name):
        return False
    if _EXTENSION.match(name) or _HIDDEN.match(name):
        return True
    return name != text or language_of(PurePosixPath(name)) is not PLAIN
