"""What a tool's output says, made comparable: without places, times and colours. Pure."""

from __future__ import annotations

import re
from collections import Counter

_COLOUR = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_CHANGING = re.compile(r"0x[0-9a-fA-F]+|\d+(?:\.\d+)?")
_MOST_LINES = 40
_MOST_CHARACTERS = 4_000


def new_problems(after: str, before: str, folder: str) -> str:
    """The lines of ``after`` that say something ``before`` does not say, as evidence; "" where there are none."""
    known = Counter(_comparable(line, folder) for line in _lines(before))
    found: list[str] = []
    for line in _lines(after):
        key = _comparable(line, folder)
        if known[key] > 0:
            known[key] -= 1
        elif re.search(r"[^\W\d]", key):
            found.append(line)
    return shown("\n".join(found), folder)


def shown(output: str, folder: str) -> str:
    """Output as a person or the next prompt sees it: names relative to the workspace, and not all of a long one."""
    lines = [line.replace(folder + "/", "").replace(folder + "\\", "").rstrip() for line in _lines(output)]
    lines = [line for line in lines if line.strip("-=_ .")]
    if len(lines) > _MOST_LINES:
        lines = [*lines[: _MOST_LINES // 2], "...", *lines[-_MOST_LINES // 2 :]]
    return "\n".join(lines)[:_MOST_CHARACTERS]


def _lines(output: str) -> list[str]:
    return [_COLOUR.sub("", line) for line in output.splitlines()]


def _comparable(line: str, folder: str) -> str:
    return " ".join(_CHANGING.sub("0", line.replace(folder, "")).split())
