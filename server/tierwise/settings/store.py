"""The settings of every workspace folder, as they stand now.

Owner of the last good state of each file, of what the editor sent, and of what was already said. ``for_folder`` is a
look-up; files are read in ``reload`` and when folders, editor settings, trust or servers change. Never raises at a
broken file, and says each problem once until it changes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, cast

from tierwise.settings.load import Layer, Loaded, Surroundings, load
from tierwise.settings.local import LocalServer
from tierwise.settings.locations import (
    WORKSPACE_FILE,
    shipped_profiles,
    state_folder,
    user_config,
    user_profiles,
)
from tierwise.settings.merge import Tables, without_nulls
from tierwise.settings.models import Settings
from tierwise.settings.problems import SettingsProblem, printable, wrong_kind
from tierwise.settings.profiles import ProfileCatalogue
from tierwise.settings.toml_files import TomlError, read_toml
from tierwise.settings.trust import TrustStore

EDITOR = "editor settings"
"""What a problem of the editor's section names as its place."""

_NOT_SETTINGS = frozenset({"trusted", "lazyEdits", "showErrors", "trace"})
"""Keys of the editor's section that are no settings: the state of trust, what an editor says of itself beside them in
``initializationOptions``, and the trace that LSP clients define.
"""


def open_store(environ: Mapping[str, str]) -> SettingsStore:
    """A store at this user's own places, with nothing loaded but the user's settings."""
    profiles = ProfileCatalogue(shipped_profiles(), user_profiles(environ))
    return SettingsStore(environ, profiles, TrustStore(state_folder(environ)), user_config(environ))


class SettingsStore:
    """Settings per workspace folder; None stands for files outside any folder."""

    def __init__(
        self, environ: Mapping[str, str], profiles: ProfileCatalogue, trust: TrustStore, user_config: Path
    ) -> None:
        self._environ = dict(environ)
        self._profiles = profiles
        self._trust = trust
        self._user_config = user_config
        self._folders: tuple[Path, ...] = ()
        self._editor: dict[Path | None, Tables] = {}
        self._editor_trust: dict[Path | None, bool] = {}
        self._editor_faults: dict[tuple[Path | None, str], SettingsProblem] = {}
        self._servers: tuple[LocalServer, ...] | None = None
        self._loaded: dict[Path | None, Loaded] = {}
        self._problems: dict[SettingsProblem, bool] = {}
        self._load()

    def for_folder(self, folder: Path | None) -> Settings:
        """The settings of a workspace folder; those of no folder for one that is not open."""
        return self._at(folder).settings

    def active_profile(self, folder: Path | None) -> str:
        """The profile that really holds: what "auto" came to."""
        return self._at(folder).profile.name

    def is_trusted(self, folder: Path) -> bool:
        """Whether a folder is trusted: by the editor's word where it gave one, else by the user's list."""
        said = self._editor_trust.get(folder, self._editor_trust.get(None))
        return self._trust.is_trusted(folder) if said is None else said

    def set_folders(self, folders: Iterable[Path]) -> None:
        """The workspace folders that are open now."""
        self._folders = tuple(dict.fromkeys(folders))
        self._load()

    def set_editor_settings(self, folder: Path | None, section: object) -> None:
        """What the editor's section ``tierwise`` says, for one folder or (None) for all without one of their own.

        Null values count as not set. A section of None takes the folder's own away; what is no table is a problem, and
        the section before it stays.
        """
        self._editor_faults.pop((folder, ""), None)
        if section is None:
            self._editor.pop(folder, None)
        elif isinstance(section, Mapping):
            tables = cast("Mapping[str, Any]", section)
            kept = {key: value for key, value in tables.items() if key not in _NOT_SETTINGS}
            self._editor[folder] = without_nulls(kept)
        else:
            self._editor_faults[folder, ""] = wrong_kind(EDITOR, "", "a table", section)
        self._load()

    def set_trusted(self, folder: Path | None, trusted: object) -> None:
        """The editor's word on a folder, or (None) on all. It outweighs ``tierwise trust``: who restricts a workspace
        in an editor wants it restricted there. What is neither true nor false is no word, and a problem.
        """
        self._editor_faults.pop((folder, "trusted"), None)
        if isinstance(trusted, bool):
            self._editor_trust[folder] = trusted
        else:
            self._editor_faults[folder, "trusted"] = wrong_kind(EDITOR, "trusted", "true or false", trusted)
        self._load()

    def set_local_servers(self, servers: tuple[LocalServer, ...]) -> None:
        """The model servers found on this machine, also when that is none."""
        self._servers = servers
        self._load()

    def reload(self) -> tuple[SettingsProblem, ...]:
        """Read all files again; returns the new problems."""
        self._load()
        return self.new_problems()

    def new_problems(self) -> tuple[SettingsProblem, ...]:
        """The problems that were not returned before; one that went away and came back counts as new."""
        new = tuple(problem for problem, told in self._problems.items() if not told)
        self._problems = dict.fromkeys(self._problems, True)
        return new

    def problems(self) -> tuple[SettingsProblem, ...]:
        """All problems that stand now, told or not."""
        return tuple(self._problems)

    def watched_files(self) -> tuple[Path, ...]:
        """Files whose change asks for ``reload``, whether or not they exist."""
        of_folders = (folder / WORKSPACE_FILE for folder in self._folders)
        return (self._user_config, *self._profiles.own_files(), self._trust.file, *of_folders)

    def _at(self, folder: Path | None) -> Loaded:
        return self._loaded.get(folder) or self._loaded[None]

    def _load(self) -> None:
        self._profiles.forget()
        distrust = self._trust.reload()
        problems = [SettingsProblem(str(self._trust.file), "", distrust)] if distrust else []
        user, fault = self._layer(self._user_config)
        around = Surroundings(self._profiles, self._environ, self._servers)
        loaded: dict[Path | None, Loaded] = {}
        problems += fault
        problems += self._editor_faults.values()
        for folder in (None, *self._folders):
            workspace, fault = ([], []) if folder is None else self._workspace_layer(folder)
            section = self._editor.get(folder, self._editor.get(None))
            editor = [] if section is None else [Layer(EDITOR, section)]
            loaded[folder] = load([*user, *workspace, *editor], around, self._loaded.get(folder))
            problems += [*fault, *loaded[folder].problems]
        self._loaded = loaded
        self._problems = {problem: self._problems.get(problem, False) for problem in problems}

    def _workspace_layer(self, folder: Path) -> tuple[list[Layer], list[SettingsProblem]]:
        if self.is_trusted(folder):
            return self._layer(folder / WORKSPACE_FILE)
        name = printable(str(folder), limit=400)
        hint = "trust it in your editor, or run: tierwise trust " + (f'"{name}"' if " " in name else name)
        return self._layer(folder / WORKSPACE_FILE, inside=folder, trust_hint=hint)

    def _layer(
        self, path: Path, inside: Path | None = None, trust_hint: str | None = None
    ) -> tuple[list[Layer], list[SettingsProblem]]:
        """The layer of a file, if there is one, and what is wrong with it as a file."""
        try:
            tables = read_toml(path, inside=inside)
        except TomlError as exc:
            return [Layer(str(path), None, trust_hint)], [SettingsProblem(f"{path}{exc.place}", "", exc.reason)]
        return ([] if tables is None else [Layer(str(path), tables, trust_hint)]), []
