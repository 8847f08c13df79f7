"""The catalogue of profiles: those that come with the package, the user's own, and which one "auto" means today.

Owner of what was read from the profile folders. Reads the names of environment variables and whether they are set,
never shows a value; decides nothing by a provider's name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError

from tierwise.core.errors import ConfigError
from tierwise.settings.facts import Frozen
from tierwise.settings.found import FoundRules, fill
from tierwise.settings.local import LocalServer
from tierwise.settings.merge import Tables, chains, merge, merge_all, table_at, text_at
from tierwise.settings.problems import fault_of, printable, suggestion
from tierwise.settings.toml_files import TomlError, read_toml

FALLBACK = "embedded"
"""The profile that needs nothing: what holds when the wanted one cannot be read."""


class ProfileHead(Frozen):
    """What a profile file says beside settings."""

    description: str = Field(description="For whom it is, in one line.")
    choose: tuple[str, ...] = Field(default=(), description="Profiles of which the first usable one is taken.")
    found: FoundRules | None = Field(default=None, description="How chains are filled from found model servers.")


@dataclass(frozen=True, slots=True)
class Profile:
    """One profile file. ``tables`` are its settings."""

    name: str
    source: Path
    head: ProfileHead
    tables: Tables

    @property
    def description(self) -> str:
        return self.head.description


@dataclass(frozen=True, slots=True)
class ResolvedProfile:
    """The profile that is really used, with its chains filled in. ``tables`` contain all known providers and models.
    ``usable``: the keys of every tier's primary are there, and a server where one is needed.
    """

    name: str
    tables: Tables
    usable: bool
    needs_server: bool = False


class ProfileCatalogue:
    """Profiles by name. A file of the user's takes the place of a shipped one of the same name."""

    def __init__(self, shipped: Path, own: Path) -> None:
        self._shipped = shipped
        self._own = own
        self._read: dict[Path, Profile] = {}
        self._known: Tables | None = None

    def names(self) -> tuple[str, ...]:
        """All profiles, in alphabetical order."""
        files = [*self._shipped.glob("*.toml"), *self._own.glob("*.toml")]
        return tuple(sorted({file.stem for file in files}))

    def get(self, name: str) -> Profile:
        """One profile. Raises ConfigError when there is none of that name, or its file is broken."""
        names = self.names()
        if name not in names:
            hint = suggestion(name, names) or "; there are: " + ", ".join(names)
            raise ConfigError(f'no profile is named "{printable(name)}"{hint}')
        own = self._own / f"{name}.toml"
        path = own if own.is_file() else self._shipped / f"{name}.toml"
        if path not in self._read:
            self._read[path] = _read_profile(path)
        return self._read[path]

    def own_files(self) -> tuple[Path, ...]:
        """The user's own profile files, for whoever watches them."""
        return tuple(sorted(self._own.glob("*.toml")))

    def forget(self) -> None:
        """Read the user's own profiles anew when they are next asked for."""
        self._read = {path: profile for path, profile in self._read.items() if path.parent == self._shipped}

    @property
    def known(self) -> Tables:
        """The providers and models that stand beneath every profile."""
        if self._known is None:
            files = sorted((self._shipped / "known").glob("*.toml"))
            self._known = merge_all(*(_tables(file) for file in files))
        return self._known

    def resolve(
        self, name: str, over: Tables, environ: Mapping[str, str], servers: Sequence[LocalServer]
    ) -> ResolvedProfile:
        """The profile with this name; for one that chooses, the first usable of its choices.

        ``over`` are the layers above the profile: they may rename a provider's key variable or move its address.
        Raises ConfigError as ``get`` does.
        """
        profile = self.get(name)
        for choice in profile.head.choose:
            candidate = self._filled(self.get(choice), over, environ, servers)
            if candidate.usable:
                return candidate
        return self.fallback() if profile.head.choose else self._filled(profile, over, environ, servers)

    def fallback(self) -> ResolvedProfile:
        """The shipped profile that needs nothing; it cannot fail, whatever the user's own files say."""
        profile = _read_profile(self._shipped / f"{FALLBACK}.toml")
        return ResolvedProfile(FALLBACK, merge(self.known, profile.tables), usable=True)

    def _filled(
        self, profile: Profile, over: Tables, environ: Mapping[str, str], servers: Sequence[LocalServer]
    ) -> ResolvedProfile:
        found = fill(profile.head.found, servers) if profile.head.found else {}
        tables = addressed(merge_all(self.known, found, profile.tables), environ)
        keys = missing_keys({**tables, "providers": merge(tables, over).get("providers", {})}, environ)
        lacks_server = profile.head.found is not None and not servers
        return ResolvedProfile(profile.name, tables, not keys and not lacks_server, lacks_server)


def addressed(tables: Tables, environ: Mapping[str, str]) -> Tables:
    """The tables with every provider at the address that its ``base_url_env`` holds, where that is set: people point
    the official clients at a gateway by such a variable, and expect the same here. Layers above still win.
    """
    moved: dict[str, Tables] = {}
    for name in table_at(tables, "providers"):
        variable = text_at(tables, "providers", name, "base_url_env")
        if variable and (address := environ.get(variable, "").strip()):
            moved[name] = {"base_url": address}
    return merge(tables, {"providers": moved}) if moved else tables


def missing_keys(tables: Tables, environ: Mapping[str, str]) -> tuple[str, ...]:
    """Names of the variables that the primary models of the tiers need and that are not set, in the tiers' order."""
    missing: list[str] = []
    for chain in chains(tables):
        provider = chain[0].partition("/")[0] if chain else ""
        variable = text_at(tables, "providers", provider, "api_key_env")
        if variable and not environ.get(variable, "").strip():
            missing.append(variable)
    return tuple(dict.fromkeys(missing))


def _read_profile(path: Path) -> Profile:
    tables = _tables(path)
    head = {key: tables.pop(key) for key in ProfileHead.model_fields if key in tables}
    if "profile" in tables:
        raise ConfigError(f"{path}: profile: a profile cannot name another one; list it under choose")
    try:
        return Profile(path.stem, path, ProfileHead.model_validate(head), tables)
    except ValidationError as exc:
        fault = fault_of(exc, ProfileHead)
        raise ConfigError(f"{path}: {fault.key}: {fault.reason}") from exc


def _tables(path: Path) -> dict[str, Any]:
    try:
        return read_toml(path) or {}
    except TomlError as exc:
        raise ConfigError(f"{path}{exc.place}: {exc.reason}") from exc
