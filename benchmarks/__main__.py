"""``python -m benchmarks [NAME ...] [--record]``: run benchmarks, print their tables, record them with the machine."""

from __future__ import annotations

import argparse
import importlib
import os
import platform
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

RESULTS = Path(__file__).with_name("RESULTS.md")
NAMES = {
    "start": "Start and memory",
    "roundtrip": "What the server adds to a backend",
    "keystrokes": "Typing, and faults while typing",
    "llama": "A real llama.cpp server",
    "embedded": "Completion without a model",
    "infill": "Shaping what models answer",
    "next_edit": "What the last edits say of the next one",
    "rename": "Rename: other tools' tests",
    "rename_speed": "Rename: time in a large workspace",
    "classify": "Deciding class and tier",
    "prefix": "Prompt prefixes against the least possible",
    "context": "Choosing context, and reading a large workspace",
    "validators": "What the checks accept and reject",
    "routing": "Cascades and learning on recorded outcomes",
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of: {', '.join(NAMES)} (default: all)")
    parser.add_argument("--record", action="store_true", help=f"put what was run into {RESULTS.name}")
    arguments = parser.parse_args()
    unknown = set(arguments.names) - set(NAMES)
    if unknown:
        parser.error(f"unknown: {', '.join(sorted(unknown))}")
    console = Console(record=True, width=110)
    sections = recorded()
    for name in arguments.names or NAMES:
        console.rule(NAMES[name])
        console.export_text()  # what was recorded so far belongs to the section before
        importlib.import_module(f"benchmarks.{name}").run(console)
        sections[NAMES[name]] = f"{machine()}\n\n```text\n{_trimmed(console.export_text())}\n```\n"
        if arguments.record:
            RESULTS.write_text(_document(sections), encoding="utf-8")
    if arguments.record:
        console.print(f"written: {RESULTS.name}")


def recorded() -> dict[str, str]:
    """The sections of the recorded results by their titles; those that no benchmark has any more are left out."""
    text = RESULTS.read_text(encoding="utf-8") if RESULTS.is_file() else ""
    found = dict(part.partition("\n\n")[::2] for part in text.split("\n## ")[1:])
    return {title: found[title] for title in NAMES.values() if title in found}


def _document(sections: dict[str, str]) -> str:
    ordered = [(title, sections[title]) for title in NAMES.values() if title in sections]
    parts = [f"## {title}\n\n{body.rstrip()}\n" for title, body in ordered]
    return "\n".join(["# Results\n\nRead ratios rather than absolute times.\n", *parts])


def machine() -> str:
    """The machine that a result was measured on."""
    import psutil

    memory = psutil.virtual_memory().total / 2**30
    day = datetime.now(UTC).date().isoformat()
    return (
        f"Measured {day} on {os.cpu_count()} shared cores, {memory:.0f} GiB, {platform.system()} {platform.machine()}, "
        f"Python {platform.python_version()}."
    )


def _trimmed(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.strip("\n").splitlines())


if __name__ == "__main__":
    main()
