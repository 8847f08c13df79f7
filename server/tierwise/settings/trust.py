"""Which folders the user trusts: a list of paths in the state folder.

Owner of that file. A folder is trusted when it, or a folder above it, is on the list. Nothing inside a workspace can
put it there.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import cast

from tierwise.core.errors import ConfigError


class TrustStore:
    """The list of trusted folders, as it was when it was made or last told to ``reload``."""

    def __init__(self, state: Path) -> None:
        self.file = state / "trusted.json"
        self._folders: frozenset[str] = frozenset()
        self.reload()

    def reload(self) -> str | None:
        """Read the list again. A file that cannot be read trusts nothing; then the reason is returned."""
        try:
            self._folders = frozenset(_read(self.file))
        except (OSError, ValueError) as exc:
            self._folders = frozenset()
            reason = exc.strerror if isinstance(exc, OSError) else str(exc)
            return f"no folder is trusted, as the list cannot be read ({reason}); run tierwise trust again"
        return None

    def folders(self) -> tuple[str, ...]:
        """The trusted folders, sorted."""
        return tuple(sorted(self._folders))

    def is_trusted(self, folder: Path) -> bool:
        """Whether the folder, or one above it, is trusted."""
        path = Path(_key(folder))
        return any(str(place) in self._folders for place in (path, *path.parents))

    def trust(self, folder: Path) -> None:
        """Trust a folder and all below it. Raises ConfigError when there is no such folder, when nearly everything lies
        below it, or when the list cannot be written.
        """
        if not folder.is_dir():
            raise ConfigError(f"{folder} is not a folder")
        place = folder.resolve()
        if place in {Path(place.anchor), Path("~").expanduser().resolve()}:
            raise ConfigError(f"{folder} holds whatever you download or unpack; trust the folder of a project instead")
        self._write(self._folders | {_key(folder)})

    def revoke(self, folder: Path) -> bool:
        """Take a folder off the list; False when it was not on it. Raises ConfigError when the list cannot be
        written.
        """
        key = _key(folder)
        known = key in self._folders
        if known:
            self._write(self._folders - {key})
        return known

    def _write(self, folders: frozenset[str]) -> None:
        aside = self.file.with_suffix(f".{os.getpid()}.tmp")
        try:
            self.file.parent.mkdir(parents=True, exist_ok=True)
            aside.write_text(json.dumps(sorted(folders), indent=1) + "\n", encoding="utf-8")
            aside.replace(self.file)
        except OSError as exc:
            raise ConfigError(f"{self.file} cannot be written: {exc.strerror or type(exc).__name__}") from exc
        self._folders = folders


def _read(file: Path) -> list[str]:
    if not file.exists():
        return []
    listed: object = json.loads(file.read_text(encoding="utf-8"))
    if not isinstance(listed, list) or not all(isinstance(item, str) for item in cast("list[object]", listed)):
        raise ValueError(f"{file} is not a list of folders")
    return cast("list[str]", listed)


def _key(folder: Path) -> str:
    """One spelling per folder: absolute, without links, and without case where the platform has none."""
    return os.path.normcase(folder.resolve())
