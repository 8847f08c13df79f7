"""Folders, settings and trust, kept in step: the session reads what settings allow, settings follow the folders.

Owner of the sentences that nobody could be told yet. Says each problem of the settings once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import cast

from tierwise.session.privacy import FolderTerms
from tierwise.session.session import Session
from tierwise.settings.local import LocalServer
from tierwise.settings.models import Settings
from tierwise.settings.problems import SettingsProblem
from tierwise.settings.store import SettingsStore

_LOOK_S = 2.0
"""Soon enough for somebody who saves a file and looks at the editor; a few stat calls cost nothing."""


class WorkspaceControl:
    """What notifications about the workspace change. ``changed`` runs after settings may have become others."""

    def __init__(self, session: Session, store: SettingsStore, changed: Callable[[], None]) -> None:
        self._session = session
        self._store = store
        self._changed = changed
        self._folders: tuple[Path, ...] = ()
        self._listener: Callable[[str], None] | None = None
        self._untold: list[str] = []

    def listen(self, listener: Callable[[str], None]) -> None:
        """Have the user told of problems through ``listener``, from the first one on."""
        self._listener = listener
        for sentence in self._untold:
            listener(sentence)
        self._untold.clear()

    def tell(self, sentence: str) -> None:
        """Tell the user something that only a person can put right."""
        if self._listener is None:
            self._untold.append(sentence)
        else:
            self._listener(sentence)

    @property
    def folders(self) -> tuple[Path, ...]:
        """The workspace folders."""
        return self._folders

    def settings(self, folder: Path | None) -> Settings:
        """The settings that hold in a folder now."""
        return self._store.for_folder(folder)

    def start(self, folders: Iterable[Path], options: Mapping[str, object]) -> None:
        """Take over what ``initialize`` said: folders, trust, and the editor's section."""
        if (trusted := options.get("trusted")) is not None:
            self._store.set_trusted(None, trusted)
        section: object = options.get("tierwise", options)
        if section is not None:
            self._store.set_editor_settings(None, section)
        self.set_folders(folders)

    def set_folders(self, folders: Iterable[Path]) -> None:
        self._folders = tuple(folders)
        self._store.set_folders(self._folders)
        self._apply(self._store.new_problems())

    def change_folders(self, added: Iterable[Path], removed: Iterable[Path]) -> None:
        """Workspace folders came or went; the new ones are read in the background."""
        gone = set(removed)
        self.set_folders([*(f for f in self._folders if f not in gone), *(f for f in added if f not in self._folders)])
        self._session.index()

    def set_editor_settings(self, folder: Path | None, section: object) -> None:
        """The editor's section changed. A boolean ``trusted`` in it is the editor's word on the workspace."""
        if (trusted := _trust(section)) is not None:
            self._store.set_trusted(folder, trusted)
        self._store.set_editor_settings(folder, section)
        self._apply(self._store.new_problems())

    def set_local_servers(self, servers: tuple[LocalServer, ...]) -> None:
        """Model servers that were found on this machine."""
        self._store.set_local_servers(servers)
        self._apply(self._store.new_problems())

    def files_changed(self, paths: Iterable[Path]) -> None:
        """Files were saved or changed on disk: settings are read again where one of them is a settings file."""
        changed = tuple(paths)
        if not set(self._store.watched_files()).isdisjoint(changed):
            self._apply(self._store.reload())
        self._session.files_changed(changed)

    def watched_files(self) -> tuple[Path, ...]:
        """Files outside the session's own interest whose change matters: the settings'."""
        return self._store.watched_files()

    async def watch(self) -> None:
        """Notice by ourselves when a settings or ignore file changes: few editors watch files, and none watches those
        outside the workspace. Runs until it is cancelled.
        """
        seen = await asyncio.to_thread(_stamps, self.watched_files())
        while True:
            await asyncio.sleep(_LOOK_S)
            now = await asyncio.to_thread(_stamps, self.watched_files())
            changed = [path for path, stamp in now.items() if seen.get(path, stamp) != stamp]
            seen = now
            if changed:
                self.files_changed(changed)
            self._session.look_at_rules()

    def _apply(self, problems: Iterable[SettingsProblem]) -> None:
        for problem in problems:
            self.tell(problem.sentence)
        privacy = {folder: self._store.for_folder(folder).privacy for folder in self._folders}
        terms = {folder: FolderTerms(p.exclude, p.max_file_kb * 1_024) for folder, p in privacy.items()}
        self._session.set_folders(terms)
        self._changed()


def _trust(section: object) -> object:
    """What a section says of trust; None where it says nothing."""
    return cast("Mapping[str, object]", section).get("trusted") if isinstance(section, Mapping) else None


def _stamps(paths: Iterable[Path]) -> dict[Path, tuple[int, int] | None]:
    """What tells one state of each file from another; None for a file that is not there."""
    found: dict[Path, tuple[int, int] | None] = {}
    for path in paths:
        try:
            status = path.stat()
        except OSError:
            found[path] = None
        else:
            found[path] = (status.st_mtime_ns, status.st_size)
    return found
