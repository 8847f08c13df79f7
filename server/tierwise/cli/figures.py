"""The console that figures are printed to, and tables that fit it. Pure but for the console."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from typing import Literal

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from tierwise.telemetry.figures import DASH, count, dollars, duration, share

__all__ = ["DASH", "WIDTH", "console", "count", "dollars", "duration", "share", "table"]

WIDTH = 100
"""Columns that are used at most: wider lines are hard to read, and narrower terminals are followed."""

_NARROWEST = 20
"""Columns below which nothing can be read any more: a terminal that has fewer, or says it has none, breaks lines."""

_GAP = 2
_LEAST = 10


def console(stderr: bool = False) -> Console:
    """A console on stdout or stderr; colours only where the terminal takes them (NO_COLOR is honoured)."""
    stream = sys.stderr if stderr else sys.stdout
    made = Console(file=stream, highlight=False)
    if stream.isatty() or "COLUMNS" in os.environ:
        made.width = max(min(made.width or WIDTH, WIDTH), _NARROWEST)
    else:
        made.width = WIDTH
    return made


def table(columns: Sequence[str], rows: Iterable[Sequence[str]], width: int, optional: Sequence[str] = ()) -> Table:
    """Words to the left, figures to the right. Where ``width`` columns of the terminal do not
    hold all, the ``optional`` ones go, first named first; then the widest is cut, and no other.
    """
    cells = [tuple(row) for row in rows]
    needed = [max(cell_len(text) for text in texts) + _GAP for texts in zip(columns, *cells, strict=True)]
    dropped: set[int] = set()
    for name in optional:
        if sum(size for index, size in enumerate(needed) if index not in dropped) <= width:
            break
        dropped.add(columns.index(name))
    made = Table(box=None, header_style="bold", padding=(0, _GAP, 0, 0))
    shown = [index for index in range(len(columns)) if index not in dropped]
    widest = max(shown, key=lambda index: needed[index])
    needed[widest] = max(_LEAST, min(needed[widest], width - sum(needed[index] for index in shown if index != widest)))
    for index in shown:
        side = _side(row[index] for row in cells)
        made.add_column(columns[index], justify=side, no_wrap=True, overflow="ellipsis", width=needed[index] - _GAP)
    for row in cells:
        made.add_row(*(Text(text) for index, text in enumerate(row) if index not in dropped))
    return made


def _side(texts: Iterable[str]) -> Literal["left", "right"]:
    return "right" if all(text[:1] in f"0123456789$<{DASH}" for text in texts) else "left"
