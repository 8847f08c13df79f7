"""Where a project's installed packages lie, found by looking at folders. Never starts an interpreter to ask it: a
folder that a stranger wrote may hold one.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

_ENVIRONMENTS = (".venv", "venv", "env")
_VARIABLES = ("VIRTUAL_ENV", "CONDA_PREFIX")


def installed_packages(folder: Path, environ: Mapping[str, str] = os.environ) -> tuple[Path, ...]:
    """The ``site-packages`` of the project's own environments, then of the one that is active; none is no error."""
    own = (folder / name for name in _ENVIRONMENTS)
    homes = [home for home in own if os.path.isfile(home / "pyvenv.cfg")]  # noqa: PTH113 - pathlib raises where one may not look
    homes += [Path(environ[name]) for name in _VARIABLES if environ.get(name)]
    found = [packages for home in homes for packages in _site_packages(home)]
    return tuple(dict.fromkeys(found))


def _site_packages(home: Path) -> list[Path]:
    candidates = [*sorted(home.glob("lib/python3*/site-packages")), home / "Lib" / "site-packages"]
    return [path for path in candidates if os.path.isdir(path)]  # noqa: PTH112 - pathlib raises where one may not look
