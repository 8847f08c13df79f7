"""Which checkers a folder has at hand: looked for, never run. Tags every routing decision.

Owner of what was found, for ten minutes. A name says that a program of this kind is there, in the folder's own
environment or on the machine, and that the folder shows signs of using it.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from tierwise.session.disk import is_file

FRESH_S = 600.0

CHECKERS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("linter", "ruff", ("pyproject.toml", "ruff.toml", ".ruff.toml")),
    (
        "linter",
        "eslint",
        ("eslint.config.js", "eslint.config.mjs", "eslint.config.ts", ".eslintrc.json", ".eslintrc.js"),
    ),
    ("linter", "golangci-lint", (".golangci.yml", ".golangci.yaml")),
    ("types", "pyright", ("pyproject.toml", "pyrightconfig.json")),
    ("types", "mypy", ("pyproject.toml", "mypy.ini", "setup.cfg")),
    ("types", "tsc", ("tsconfig.json",)),
    ("types", "go", ("go.mod",)),
    ("types", "cargo", ("Cargo.toml",)),
    ("tests", "pytest", ("pyproject.toml", "pytest.ini", "setup.cfg", "tox.ini")),
    ("tests", "vitest", ("vitest.config.ts", "vite.config.ts")),
    ("tests", "jest", ("jest.config.js", "jest.config.ts")),
    ("tests", "go", ("go.mod",)),
    ("tests", "cargo", ("Cargo.toml",)),
    ("tests", "mvn", ("pom.xml",)),
)
"""What it checks, the program, and the files of which one shows that the folder uses it."""

_PLACES = (".venv/bin", ".venv/Scripts", "node_modules/.bin")


def tools_found(folder: Path) -> tuple[str, ...]:
    """The checkers of a folder as "KIND:PROGRAM", sorted. Looks at the disk: call it in a thread."""
    return _found(folder, int(time.monotonic() / FRESH_S))


@lru_cache(64)
def _found(folder: Path, _: int) -> tuple[str, ...]:
    return tuple(sorted(set(_look(folder))))


def _look(folder: Path) -> Iterator[str]:
    own = [str(folder / place) for place in _PLACES]
    for kind, program, signs in CHECKERS:
        if not any(is_file(folder / sign) for sign in signs):
            continue
        if shutil.which(program) or any(shutil.which(program, path=place) for place in own):
            yield f"{kind}:{program}"
