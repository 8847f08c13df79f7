"""Where a language server's program is, and how its process is started and ended on every platform."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import psutil

from tierwise.settings.renaming import LanguageServerSettings

_READ_LIMIT = 1024 * 1024
"""Bytes that may wait in the pipe's buffer; messages longer than that are read in pieces."""


def find_program(server: LanguageServerSettings, folder: Path, environ: Mapping[str, str]) -> str | None:
    """The absolute path of a server's program: from the workspace's own folders, else from PATH; None where there is
    none, or where the workspace lacks what the server needs. Looks at the disk.
    """
    if not server.enabled or not server.command:
        return None
    if not all(os.path.exists(folder / name) for name in server.requires):  # noqa: PTH110 - pathlib raises where one may not look
        return None
    program = server.command[0]
    inside = os.pathsep.join(str(folder / name) for name in server.search)
    found = shutil.which(program, path=inside) if inside else None
    if found is None and server.on_path:
        found = shutil.which(program, path=environ.get("PATH", os.defpath))
    return found


async def start_process(command: Sequence[str], folder: Path, environ: Mapping[str, str]) -> Process:
    """Start a server in ``folder``, in a process group of its own. Raises OSError."""
    if os.name == "nt":
        flags = subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW
        return await asyncio.create_subprocess_exec(
            *_on_windows(command),
            stdin=PIPE,
            stdout=PIPE,
            stderr=DEVNULL,
            cwd=folder,
            env=dict(environ),
            limit=_READ_LIMIT,
            creationflags=flags,
        )
    return await asyncio.create_subprocess_exec(
        *command,
        stdin=PIPE,
        stdout=PIPE,
        stderr=DEVNULL,
        cwd=folder,
        env=dict(environ),
        limit=_READ_LIMIT,
        start_new_session=True,
    )


def end_process(process: Process) -> None:
    """Kill a server and all that it started."""
    if os.name != "nt":
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        return
    with suppress(psutil.Error):
        for child in psutil.Process(process.pid).children(recursive=True):
            with suppress(psutil.Error):
                child.kill()
    with suppress(ProcessLookupError):
        process.kill()


def _on_windows(command: Sequence[str]) -> Sequence[str]:
    """Scripts (npm's ``.cmd`` files) are started by the command interpreter; CreateProcess cannot."""
    if command[0].lower().endswith((".cmd", ".bat")):
        return ("cmd.exe", "/d", "/c", *command)
    return command
