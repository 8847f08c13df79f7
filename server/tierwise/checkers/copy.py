"""A copy of a workspace that tools may write in. Owner of the copy until it is closed.

Dependencies (``node_modules``, virtual environments) are linked instead of copied; version control and caches stay
behind.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

_LEFT = frozenset(
    {".git", ".hg", ".svn", ".jj", "__pycache__", ".mypy_cache", ".pytest_cache", ".ruff_cache", ".tox", ".nox",
     ".hypothesis", ".idea", ".vscode", ".import_linter_cache", ".next", ".turbo", ".cache"}
)  # fmt: skip
_LINKED = frozenset({"node_modules"})
_ENVIRONMENTS = (".venv", "venv", "env")


class TooLarge(Exception):
    """The workspace is larger than a copy may be."""


class WorkspaceCopy:
    """A temporary folder with the workspace's files. ``outside``: a folder beside it that belongs to it."""

    def __init__(self, folder: Path, most_bytes: int) -> None:
        self._place = Path(tempfile.mkdtemp(prefix="tierwise-check-"))
        self._original = folder
        self.folder = self._place / folder.name
        self.outside = self._place
        try:
            self._left = most_bytes
            self._copy(folder, self.folder)
        except BaseException:
            self.close()
            raise

    def write(self, texts: Mapping[Path, str | None]) -> None:
        """Give files of the original new texts here; None takes one away."""
        for path, text in texts.items():
            target = self.path(path)
            if text is None:
                target.unlink(missing_ok=True)
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(text.encode("utf-8", "surrogatepass"))

    def restore(self, paths: Mapping[Path, str | None]) -> None:
        """Bring files back to what they are in the original."""
        for path in paths:
            target = self.path(path)
            target.unlink(missing_ok=True)
            if path.is_file():
                shutil.copy2(path, target)

    def path(self, original: Path) -> Path:
        """Where a file of the original stands here."""
        return self.folder / original.relative_to(self._original)

    def close(self) -> None:
        shutil.rmtree(self._place, ignore_errors=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self.close()

    def _copy(self, source: Path, target: Path) -> None:
        target.mkdir()
        with os.scandir(source) as entries:
            for entry in entries:
                if entry.is_symlink():
                    self._link(source / entry.name, target / entry.name)
                elif entry.is_dir():
                    self._folder(source / entry.name, target / entry.name)
                elif entry.is_file():
                    self._left -= entry.stat().st_size
                    if self._left < 0:
                        raise TooLarge
                    shutil.copy2(entry.path, target / entry.name)

    def _folder(self, source: Path, target: Path) -> None:
        name = source.name
        if name in _LEFT or (name == "target" and (source.parent / "Cargo.toml").is_file()):
            return
        if name in _LINKED or (name in _ENVIRONMENTS and (source / "pyvenv.cfg").is_file()):
            self._link(source, target)
        else:
            self._copy(source, target)

    def _link(self, source: Path, target: Path) -> None:
        """Link to what is outside or dependencies; a link within the workspace leads to the same place of the copy."""
        to = source.readlink() if source.is_symlink() else source
        real = Path(os.path.realpath(source.parent / to))  # of a link in a circle too, where pathlib raises
        if not to.is_absolute() and not real.is_relative_to(os.path.realpath(self._original)):
            to = real
        try:
            target.symlink_to(to, target_is_directory=source.is_dir())
        except OSError:  # Windows without the right to make links: the tools then look elsewhere
            return


def python_path(original: Path, copy: Path, environ: Mapping[str, str]) -> str:
    """Where Python looks for the copy's modules before it finds the original's, which an editable install points to."""
    roots = [copy, *(copy / name for name in ("src", "lib") if (copy / name).is_dir())]
    homes = [original / name for name in _ENVIRONMENTS] + [Path(h) for h in (environ.get("VIRTUAL_ENV"),) if h]
    for home in homes:
        for pth in sorted([*home.glob("lib/python3*/site-packages/*.pth"), *home.glob("Lib/site-packages/*.pth")]):
            for line in pth.read_text(encoding="utf-8", errors="replace").splitlines():
                place = Path(line.strip())
                if line.strip() and place.is_absolute() and place.is_relative_to(original):
                    roots.append(copy / place.relative_to(original))
    given = environ.get("PYTHONPATH")
    return os.pathsep.join([*dict.fromkeys(map(str, roots)), *([given] if given else [])])


def search_path(copy: Path, environ: Mapping[str, str]) -> str:
    """Programs of the workspace's own environments before all others."""
    inner = "Scripts" if os.name == "nt" else "bin"
    own = [copy / name / inner for name in _ENVIRONMENTS] + [copy / "node_modules" / ".bin"]
    return os.pathsep.join([*(str(place) for place in own if place.is_dir()), environ.get("PATH", os.defpath)])
