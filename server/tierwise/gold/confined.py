"""Runs a case's own code on an edited folder, in a process of its own with limits. Only with the user's word.

The limits keep a mistake from doing harm; they are no wall against code that means it. The process gets no variable of
the environment, so no key, and no standard input; it may write in its folder alone, open no connection, start no
process, and ends after ``TIME_S``.
"""

from __future__ import annotations

import asyncio
import math
import os
import signal
import sys
from pathlib import Path

TIME_S = 10.0
"""Seconds of wall-clock time; the code of the cases takes a few hundredths."""

_CHILD = Path(__file__).with_name("confined_child.py")
_SCRIPT, _ERRORS = ".check.py", ".errors.txt"
_KEPT: tuple[str, ...] = ("SYSTEMROOT", "TEMP", "TMP") if os.name == "nt" else ()
"""Without these Python does not start on Windows."""


async def run_confined(folder: Path, code: str, time_s: float = TIME_S) -> str:
    """Run ``code`` with ``folder`` as its working and import folder; what went wrong in a few words, "" if nothing."""
    script, errors = folder / _SCRIPT, folder / _ERRORS
    script.write_text(code, encoding="utf-8")
    environ = {name: os.environ[name] for name in _KEPT if name in os.environ}
    command = (sys.executable, "-I", "-B", str(_CHILD), str(folder), str(script), str(math.ceil(time_s)))
    with errors.open("wb") as stderr:
        process = await asyncio.create_subprocess_exec(
            *command,
            cwd=folder,
            env=environ,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=stderr,
            start_new_session=os.name != "nt",
        )
        try:
            status = await asyncio.wait_for(process.wait(), time_s)
        except TimeoutError:
            return f"not done after {time_s:g} s"
        finally:
            _end(process)
            await process.wait()
    return "" if status == 0 else _last_line(errors) or f"ended with status {status}"


def _end(process: asyncio.subprocess.Process) -> None:
    """End the process and all that it may have started; nothing happens to one that has ended."""
    if sys.platform == "win32":
        if process.returncode is None:
            process.kill()
        return
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):  # the group is empty; macOS says it in the second way
        return


def _last_line(errors: Path) -> str:
    """The last line of a traceback: the exception and its message."""
    lines = errors.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    return lines[-1][:120] if lines else ""
