"""The last commits of a file, asked of git. Only for trusted folders: a repository's own configuration is not."""

from __future__ import annotations

import asyncio
import os
import shutil
from pathlib import Path

from tierwise.core.clock import Clock
from tierwise.core.commits import Commit

_COUNT = 8
_TIMEOUT_S = 3.0
_AGE_S = 300.0
"""What git said is believed for so many seconds: a commit of this very file in between is seldom."""
_PATIENCE_S = 0.2
"""How long a request waits for git."""
_SAFE = ("-c", "core.fsmonitor=false", "-c", "log.showSignature=false", "-c", "core.pager=cat", "-c", "core.hooksPath=")
"""A repository's configuration can name programs to run; these settings keep git from running any for a log."""


class CommitsBook:
    """The last commits of the files that were asked about. Owner of that memory; asks git again after some minutes."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._known: dict[Path, tuple[float, tuple[Commit, ...]]] = {}
        self._asking: dict[Path, asyncio.Task[None]] = {}

    async def of(self, folder: Path, path: Path) -> tuple[Commit, ...]:
        """The newest commits that touched ``path``, as far as git can tell at once: one that takes longer is heard the
        next time.
        """
        at, known = self._known.get(path, (float("-inf"), ()))
        if self._clock.monotonic() - at <= _AGE_S:
            return known
        task = self._asking.get(path)
        if task is None:
            task = self._asking[path] = asyncio.get_running_loop().create_task(self._ask(folder, path))
            task.add_done_callback(lambda _: self._asking.pop(path, None))
        await asyncio.wait([task], timeout=_PATIENCE_S)
        return self._known.get(path, (at, known))[1]

    async def aclose(self) -> None:
        """Ask no more."""
        for task in self._asking.values():
            task.cancel()
        await asyncio.gather(*self._asking.values(), return_exceptions=True)

    async def _ask(self, folder: Path, path: Path) -> None:
        self._known[path] = (self._clock.monotonic(), await recent_commits(folder, path))


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
