"""How a file stands in a prompt's prefix: its text once, later what changed. Pure: equal input, equal bytes."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher

from tierwise.core.text import Lines

_CONTEXT = 3
"""Unchanged lines around a hunk, as in unified diffs."""
_MAX_DIFF_LINES = 2_000
"""Above this many differing lines a diff costs more to make and to read than the whole text."""


def snapshot(path: str, lines: Lines) -> str:
    """A file's whole text, fenced so that it cannot be taken for anything else."""
    text = lines.text
    newline = "" if text.endswith("\n") else "\n"
    return f'<file path="{path}">\n{text}{newline}</file>\n'


def replacement(path: str, lines: Lines) -> str:
    """A file's whole text in place of what was said before."""
    return f'<changed path="{path}">This replaces the earlier text of the file.</changed>\n{snapshot(path, lines)}'


def change(path: str, old: Lines, new: Lines) -> str:
    """What happened to a file since it was last shown: hunks with context, or the whole text where that is shorter."""
    hunks = _hunks(list(old), list(new))
    if hunks is None:
        return replacement(path, new)
    text = f'<changed path="{path}">\n{"".join(hunks)}</changed>\n'
    return text if len(text) < sum(map(len, new)) else replacement(path, new)


def _hunks(old: Sequence[str], new: Sequence[str]) -> list[str] | None:
    head = _common(old, new)
    tail = _common(old[head:][::-1], new[head:][::-1])
    start = max(0, head - _CONTEXT)
    old_part = old[start : min(len(old), len(old) - tail + _CONTEXT)]
    new_part = new[start : min(len(new), len(new) - tail + _CONTEXT)]
    if max(len(old_part), len(new_part)) > _MAX_DIFF_LINES:
        return None
    matcher = SequenceMatcher(None, old_part, new_part, autojunk=False)
    pieces: list[str] = []
    for group in matcher.get_grouped_opcodes(_CONTEXT):
        first, last = group[0], group[-1]
        old_at, new_at = start + first[1] + 1, start + first[3] + 1
        pieces.append(f"@@ -{old_at},{last[2] - first[1]} +{new_at},{last[4] - first[3]} @@\n")
        for tag, a1, a2, b1, b2 in group:
            if tag == "equal":
                pieces += [_line(" ", line) for line in old_part[a1:a2]]
            else:
                pieces += [_line("-", line) for line in old_part[a1:a2]]
                pieces += [_line("+", line) for line in new_part[b1:b2]]
    return pieces


def _common(a: Sequence[str], b: Sequence[str]) -> int:
    for index, (x, y) in enumerate(zip(a, b, strict=False)):
        if x != y:
            return index
    return min(len(a), len(b))


def _line(sign: str, line: str) -> str:
    return sign + line if line.endswith("\n") else f"{sign}{line}\n\\ No newline at end of file\n"
