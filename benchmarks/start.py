"""From the start of the process to the first answer and the first completion, and the memory it takes by then.

Beside it, in the same run: a Python interpreter that starts and imports asyncio (no Python server can be faster), and
pygls alone (what a server pays that loads it before it answers).
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.table import Table

from benchmarks.wire import Server, tierwise

RUNS = 7
_CODE = "import os\n\ndef first(path):\n    return os.path.join(path, 'a')\n\ndef second(path):\n    return os.pa"


def run(console: Console | None = None) -> dict[str, float]:
    """Print the table; returns medians in milliseconds and MiB."""
    console = console or Console()
    started: list[tuple[float, float, float, float]] = []
    bare: list[float] = []
    pygls: list[float] = []
    for _ in range(RUNS):  # in turn, so that a busy moment of the machine falls on all of them
        bare.append(_python("import asyncio"))
        started.append(_once())
        pygls.append(_python("import pygls.lsp.server"))
    answered, first, small, full = (median(values) for values in zip(*started, strict=True))
    bound, other = median(bare), median(pygls)
    table = Table(title=f"Start, median of {RUNS}", title_justify="left")
    for column in ("from process start to", "ms", "× asyncio alone"):
        table.add_column(column, justify="left" if column.startswith("from") else "right")
    table.add_row("asyncio imported (lower bound)", f"{bound:.0f}", "1.0")
    table.add_row("pygls imported, nothing else", f"{other:.0f}", f"{other / bound:.1f}")
    table.add_row("tierwise: initialize answered", f"{answered:.0f}", f"{answered / bound:.1f}")
    table.add_row("tierwise: first completion, no model", f"{first:.0f}", f"{first / bound:.1f}")
    console.print(table)
    console.print(f"memory: {small:.0f} MiB after the first completion, {full:.0f} MiB with everything loaded")
    return {"answered_ms": answered, "first_ms": first, "bound_ms": bound, "small_mib": small, "full_mib": full}


def _once() -> tuple[float, float, float, float]:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        server = Server(tierwise(), clean_environment(root))
        try:
            answered = server.initialize(root, profile="embedded")
            uri = (root / "a.py").as_uri()
            document = {"uri": uri, "languageId": "python", "version": 1, "text": _CODE}
            server.notify("textDocument/didOpen", {"textDocument": document})
            position = {"line": 6, "character": 16}
            params = {"textDocument": {"uri": uri}, "position": position, "context": {"triggerKind": 1}}
            result, _ = server.request("textDocument/inlineCompletion", params)
            if not result["items"]:
                raise RuntimeError("the embedded engine offered nothing where it should")
            first = time.perf_counter() - server.started
            small = server.memory_mib()
            server.request("workspace/executeCommand", {"command": "tierwise.status", "arguments": []})
            return 1000 * answered, 1000 * first, small, server.memory_mib()
        finally:
            server.stop()


def clean_environment(folder: Path, **more: str) -> dict[str, str]:
    """The environment of a new user: no keys, no settings, state in a folder of its own."""
    kept = {name: value for name, value in os.environ.items() if name in {"PATH", "LANG", "SYSTEMROOT", "TMP"}}
    places = {name: str(folder / ".home") for name in ("HOME", "USERPROFILE", "XDG_CONFIG_HOME", "XDG_STATE_HOME")}
    return {**kept, **places, **more}


def _python(code: str) -> float:
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True)
    return 1000 * (time.perf_counter() - began)
