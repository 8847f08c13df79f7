"""The Python modules outside the workspace, read as text: stubs of the standard library, and installed packages.

Owner of what it has read. Never starts an interpreter and never imports anything it looks at.
"""

from __future__ import annotations

import importlib.util
from functools import cached_property
from pathlib import Path

from cachetools import LRUCache

from tierwise.rename.python.packages import installed_packages
from tierwise.session.disk import is_file, is_folder, read_bytes

_KEPT = 512
_MAX_BYTES = 1_000_000


class DiskLibrary:
    """``core.workspace.Library`` on the disk. Safe in any thread: at worst a file is read twice."""

    def __init__(self) -> None:
        self._texts: LRUCache[Path, str | None] = LRUCache(_KEPT)
        self._packages: dict[tuple[Path, ...], frozenset[str]] = {}

    def packages(self, folder: Path) -> frozenset[str]:
        places = installed_packages(folder)
        if places not in self._packages:
            self._packages[places] = frozenset(name for place in places for name in _modules(place))
        return self._packages[places]

    def module(self, folder: Path, name: str) -> str | None:
        path = Path(*name.split("."))
        for place in (*self._stubs, *installed_packages(folder)):
            for file in (
                place / path / "__init__.pyi",
                place / path.with_name(path.name + ".pyi"),
                place / path / "__init__.py",
                place / path.with_name(path.name + ".py"),
            ):
                if (text := self._read(file)) is not None:
                    return text
        return None

    def knows(self, name: str) -> bool:
        return any(is_folder(place / name) or is_file(place / f"{name}.pyi") for place in self._stubs)

    @cached_property
    def _stubs(self) -> tuple[Path, ...]:
        """The stubs of the standard library that come with jedi."""
        spec = importlib.util.find_spec("jedi")
        if spec is None or spec.origin is None:
            return ()
        folder = Path(spec.origin).parent / "third_party" / "typeshed" / "stdlib"
        return (folder,) if is_folder(folder) else ()

    def _read(self, file: Path) -> str | None:
        if file not in self._texts:
            found = read_bytes(file, _MAX_BYTES + 1)
            fits = found is not None and len(found[0]) <= _MAX_BYTES
            self._texts[file] = found[0].decode("utf-8", "replace").replace("\r\n", "\n") if found and fits else None
        return self._texts[file]


def _modules(place: Path) -> frozenset[str]:
    """Top-level modules in a ``site-packages``."""
    try:
        entries = list(place.iterdir())
    except OSError:
        return frozenset()
    return frozenset(entry.name.split(".")[0] for entry in entries if not entry.name.endswith((".dist-info", ".pth")))
