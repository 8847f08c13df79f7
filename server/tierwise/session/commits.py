"""The last commits of a file, asked of git. Only for trusted folders: a repository's own configuration is not."""

from __future__ import annotations

import asyncio
import os
import shutil
from pathlib import Path

from tierwise.core.commits import Commit

_COUNT = 8
_TIMEOUT_S = 3.0
_SAFE = ("-c", "core.fsmonitor=false", "-c", "log.showSignature=false", "-c", "core.pager=cat", "-c", "core.hooksPath=")
"""A repository's configuration can name programs to run; these settings keep git from running any for a log."""


async def recent_commits(folder: Path, path: Path) -> tuple[Commit, ...]:
    """The newest commits that touched ``path``, the newest first; empty without git, a repository, or in time."""
    git = shutil.which("git")
    if git is None:
        return ()
    form = "%h%x1f%an%x1f%as%x1f%s"
    command = [git, *_SAFE, "log", f"-{_COUNT}", "--no-show-signature", f"--format={form}", "--", str(path)]
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=folder,
        env={**os.environ, "GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0"},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(_TIMEOUT_S):
            output, _ = await process.communicate()
    except TimeoutError:
        return ()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return tuple(_commit(line) for line in output.decode("utf-8", "replace").splitlines() if line.count("\x1f") == 3)


def _commit(line: str) -> Commit:
    return Commit(*line.split("\x1f"))
