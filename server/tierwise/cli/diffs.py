"""Changes of files as a person reads them: coloured unified diffs."""

from __future__ import annotations

import difflib

from rich.console import Console
from rich.text import Text

from tierwise.core.text import split_lines
from tierwise.settings.problems import printable

_NAME = 400
"""Characters of a file's name that are shown."""


def print_diff(out: Console, name: str, before: str, after: str) -> None:
    """Print what changes in one file."""
    name = printable(name, _NAME)
    old, new = (list(filter(None, split_lines(text))) for text in (before, after))
    for line in difflib.unified_diff(old, new, f"a/{name}", f"b/{name}", n=2):
        out.print(Text(line.rstrip("\r\n"), style=_style(line)), soft_wrap=True)


def _style(line: str) -> str:
    if line.startswith(("---", "+++")):
        return "bold"
    return {"-": "red", "+": "green", "@": "cyan"}.get(line[:1], "")
