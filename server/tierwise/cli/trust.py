"""``tierwise trust``: let a folder's own settings count in full, take that back, or list such folders."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from rich.markup import escape

from tierwise.cli.figures import console
from tierwise.core.errors import ConfigError, UsageError
from tierwise.settings.locations import WORKSPACE_FILE, state_folder
from tierwise.settings.narrowing import widening_keys
from tierwise.settings.toml_files import TomlError, read_toml
from tierwise.settings.trust import TrustStore


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", nargs="?", metavar="FOLDER", help="the folder (default: the current one)")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--revoke", action="store_true", help="trust the folder no longer")
    what.add_argument("--list", action="store_true", help="print the trusted folders")


def run(args: argparse.Namespace) -> int:
    trust = TrustStore(state_folder(os.environ))
    if args.list:
        if args.folder is not None:
            raise UsageError("--list takes no folder")
        print("\n".join(trust.folders()) or "No folder is trusted.")
        return 0
    folder = Path(args.folder or ".").expanduser().resolve()
    if args.revoke:
        _revoke(trust, folder)
    else:
        _trust(trust, folder)
    return 0


def _trust(trust: TrustStore, folder: Path) -> None:
    trust.trust(folder)
    out = console()
    out.print(f"Trusted: [bold]{escape(str(folder))}[/] and everything below it.", soft_wrap=True)
    file = folder / WORKSPACE_FILE
    try:
        keys = widening_keys(read_toml(file) or {})
    except TomlError as exc:
        out.print(f"{file}{exc.place}: {exc.reason}", soft_wrap=True, markup=False)
        return
    if keys:
        out.print(f"Its {WORKSPACE_FILE} may now set:")
        for key in keys:
            out.print(f"  {key}", soft_wrap=True, markup=False)
        out.print(f"To take it back: tierwise trust --revoke {folder}", soft_wrap=True, markup=False)


def _revoke(trust: TrustStore, folder: Path) -> None:
    was_listed = trust.revoke(folder)
    if trust.is_trusted(folder):
        above = next(place for place in folder.parents if str(place) in trust.folders())
        raise ConfigError(f"{folder} is still trusted because {above} is; run: tierwise trust --revoke {above}")
    console().print(
        f"{'No longer' if was_listed else 'Was not'} trusted: [bold]{escape(str(folder))}[/]", soft_wrap=True
    )
