"""jedi for each file, with modules found where that file's imports find them.

A script and a test file import what lies beside them, whatever lies elsewhere under the same name; jedi knows one order
of folders only, and one module of a name. So a file that imports such a name gets a state with its own folder first.
Owner of these states during one rename. Use it under ``bridge.LOCK``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from tierwise.core.text import Point
from tierwise.rename.python.bridge import BaseClass, Jedi, Target
from tierwise.rename.python.modules import SourceTree

_IMPORT = re.compile(r"^[ \t]*(?:from|import)[ \t]+(.+)", re.MULTILINE)
_WORD = re.compile(r"\w+")


class Importers:
    """The questions of ``bridge.Jedi``, each put to the state that its file needs."""

    def __init__(self, sources: SourceTree, packages: Sequence[Path]) -> None:
        self._sources = sources
        self._packages = packages
        self._states: dict[Path | None, Jedi] = {}
        self._homes: dict[Path, Path | None] = {}

    def goto(self, path: Path, point: Point) -> tuple[Target, ...]:
        return self._of(path).goto(path, point)

    def exported(self, path: Path, word: str) -> tuple[Target, ...]:
        return self._of(path).exported(path, word)

    def bases(self, path: Path, point: Point, word: str) -> tuple[BaseClass, ...]:
        return self._of(path).bases(path, point, word)

    def home(self, path: Path) -> Path | None:
        """The folder where a file's imports are looked for first; None where that makes no difference."""
        if path not in self._homes:
            self._homes[path] = self._home(path)
        return self._homes[path]

    def _of(self, path: Path) -> Jedi:
        home = self.home(path)
        if home not in self._states:
            self._states[home] = Jedi(self._sources, self._packages, home)
        return self._states[home]

    def _home(self, path: Path) -> Path | None:
        statements = _IMPORT.findall(self._sources.text(path) or "")
        # Words that name no module are among them, and do no harm: a home is never a wrong place to look first.
        words = {word for statement in statements for word in _WORD.findall(statement)}
        shared = list(filter(self._sources.is_shared, words))
        root = self._sources.root_of(path.parent)
        differs = any(self._sources.has_module(root, name) and self._first(name) != root for name in shared)
        return root if differs else None

    def _first(self, name: str) -> Path | None:
        """The folder where a module is found that is looked for everywhere."""
        return next((root for root in self._sources.roots if self._sources.has_module(root, name)), None)
