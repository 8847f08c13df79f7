"""Draws docs/demo.svg: what `tierwise demo` prints on the sample project, as it came from a real run without any model.

Run it with `python docs/demo_picture.py` after the demonstration changed.
"""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import TerminalTheme

from tierwise.cli.demo import KEY_VARIABLES, show
from tierwise.cli.figures import WIDTH

PICTURE = Path(__file__).with_name("demo.svg")

PAPER = TerminalTheme(
    background=(24, 26, 33),
    foreground=(208, 212, 222),
    normal=[
        (58, 62, 74),
        (232, 104, 104),
        (126, 200, 128),
        (222, 184, 96),
        (104, 160, 240),
        (200, 140, 224),
        (92, 196, 204),
        (208, 212, 222),
    ],
    bright=[
        (112, 118, 134),
        (248, 136, 136),
        (156, 220, 156),
        (240, 208, 128),
        (136, 184, 252),
        (220, 168, 240),
        (124, 216, 224),
        (240, 242, 248),
    ],
)
"""Colours that are legible on a light page and a dark one."""


def main() -> int:
    environ = {name: value for name, value in os.environ.items() if name not in KEY_VARIABLES}
    out = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True, highlight=False)
    status = show(out, None, environ, brief=True)
    if status == 0:
        PICTURE.write_text(out.export_svg(title="tierwise demo", theme=PAPER), encoding="utf-8", newline="\n")
    return status


if __name__ == "__main__":
    sys.exit(main())
