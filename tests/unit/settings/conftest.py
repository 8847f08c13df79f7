"""A user with a configuration folder, a state folder and a workspace, and a store over them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tierwise.settings.locations import WORKSPACE_FILE
from tierwise.settings.store import SettingsStore, open_store


class World:
    """Folders of one user. ``store`` is made at first use, so that files and variables can be laid out before."""

    def __init__(self, root: Path) -> None:
        self.environ = {"XDG_CONFIG_HOME": str(root / "config"), "XDG_STATE_HOME": str(root / "state")}
        self.config = root / "config" / "tierwise"
        self.state = root / "state" / "tierwise"
        self.folder = root / "project"
        for folder in (self.config / "profiles", self.state, self.folder):
            folder.mkdir(parents=True)
        self._store: SettingsStore | None = None

    @property
    def store(self) -> SettingsStore:
        if self._store is None:
            self._store = open_store(self.environ)
            self._store.set_folders([self.folder])
        return self._store

    def key(self, *names: str) -> World:
        self.environ.update(dict.fromkeys(names, "value-of-a-key"))
        return self

    def user(self, toml: str) -> World:
        (self.config / "config.toml").write_text(toml)
        return self

    def profile(self, name: str, toml: str) -> World:
        (self.config / "profiles" / f"{name}.toml").write_text(toml)
        return self

    def workspace(self, toml: str, folder: Path | None = None) -> World:
        ((folder or self.folder) / WORKSPACE_FILE).write_text(toml)
        return self

    def trusted(self) -> World:
        self.store.set_trusted(self.folder, trusted=True)
        return self

    @property
    def settings(self):
        return self.store.for_folder(self.folder)

    def said(self) -> list[str]:
        """The sentences that ``reload`` returns, with the folders' paths left out."""
        root = str(self.folder.parent)
        return [problem.sentence.replace(f"{root}/", "").replace(root, "") for problem in self.store.reload()]


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)
