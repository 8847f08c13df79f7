"""Where files live on every platform: the user's configuration, our state, the profiles that come with the package.

Creates nothing and reads nothing; whoever writes a folder makes it.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import platformdirs

import tierwise

WORKSPACE_FILE = ".tierwise.toml"
"""The settings file at the top of a workspace folder."""


def config_folder(environ: Mapping[str, str]) -> Path:
    """The user's own settings: ``$XDG_CONFIG_HOME/tierwise`` where that is set, else the platform's usual place."""
    return _folder(environ, "XDG_CONFIG_HOME") or platformdirs.user_config_path("tierwise", appauthor=False)


def state_folder(environ: Mapping[str, str]) -> Path:
    """What Tierwise remembers: ``$XDG_STATE_HOME/tierwise`` where that is set, else the platform's usual place."""
    return _folder(environ, "XDG_STATE_HOME") or platformdirs.user_state_path("tierwise", appauthor=False)


def user_config(environ: Mapping[str, str]) -> Path:
    """The user's settings file: the one that ``TIERWISE_CONFIG`` names, else ``config.toml`` in the config folder."""
    named = environ.get("TIERWISE_CONFIG", "").strip()
    return Path(named).expanduser().absolute() if named else config_folder(environ) / "config.toml"


def user_profiles(environ: Mapping[str, str]) -> Path:
    """Folder of the user's own profiles; one with the name of a shipped profile takes its place."""
    return config_folder(environ) / "profiles"


def shipped_profiles() -> Path:
    """Folder of the profiles that come with the package."""
    package = Path(tierwise.__file__).resolve().parent
    installed = package / "tier_profiles"
    # An editable install runs from the source tree, where the profiles stand at the top, beside server/.
    return installed if installed.is_dir() else package.parent.parent / "tier_profiles"


def _folder(environ: Mapping[str, str], variable: str) -> Path | None:
    # The XDG specification says that a relative path in these variables is to be ignored.
    named = Path(environ.get(variable, ""))
    return named / "tierwise" if named.is_absolute() else None
