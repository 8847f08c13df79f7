"""What every story needs: an editor's program, a home of its own, a project, and models that answer from a script.

The server under test is the one of this checkout. Models are a simulator in a thread of this process; a key exists
only in the environment of the editor.
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

import pytest

from tierwise.simulator import Reply, Rule, Script, SeenRequest, Simulator

KEY = "sk-editors-0123456789abcdef"
HAIKU, SONNET = "claude-haiku-5-5", "claude-sonnet-5-5"

COMPLETES = "<cursor/>"
"""Stands in every request for ghost text."""

JUDGES = "<places>"
"""Stands in every question on the mentions of a renamed name, which may be asked after the rename was answered."""

SHOP = """\
def total(items):
    result = 0
    for item in items:
        result +=
    return result


def describe(items):
    return f"{len(items)} items, {total(items)} in all"
"""

CHECKOUT = """\
from shop import total


def receipt(items):
    # total of all items, without tax
    return {"sum": total(items)}
"""

PROSE = "It adds up **all** items.\n\n```python\ntotal([1, 2])  # 3\n```\n"
"""What a model explains."""

BETTER = "def total(items):\n    return sum(items)\n"
_REPLACED = SHOP[: SHOP.index("\n\n\n")] + "\n"
EDIT = f"shop.py\n<<<<<<< SEARCH\n{_REPLACED}=======\n{BETTER}>>>>>>> REPLACE\n"
"""How a model says that the first function of SHOP should be ``BETTER``."""

_KEPT = ("PATH", "LANG", "LC_ALL", "SYSTEMROOT", "COMSPEC", "PATHEXT")


def program(name: str, version: str) -> Path:
    """The editor ``name``: from ``$EDITORS_HOME/bin``, else from PATH where ``--version`` matches the pattern.

    Where it is missing the test is skipped, or fails when TIERWISE_EDITORS=require.
    """
    home = Path(os.environ.get("EDITORS_HOME") or Path("~/.cache/editors").expanduser())
    installed = home / "bin" / name
    if installed.is_file():
        return installed
    for candidate in (name, re.sub(r"-[\d.]+$", "", name), name.split("-", maxsplit=1)[0]):
        found = shutil.which(candidate)
        if found and re.search(version, _version(found)):
            return Path(found)
    return _without(name, f"{name} is not installed; tests/editors/install_terminal.sh {name}")


def tool(name: str) -> str:
    """A program that any version of will do."""
    return shutil.which(name) or str(_without(name, f"{name} is not installed"))


def _without(name: str, reason: str) -> Path:
    if os.environ.get("TIERWISE_EDITORS") == "require":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


def _version(path: str) -> str:
    ran = subprocess.run([path, "--version"], capture_output=True, text=True, check=False, timeout=30)
    return ran.stdout


class Models:
    """The simulated models, and what they were asked."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="models", daemon=True)
        self._simulator: Simulator
        self._forgotten = 0

    def __enter__(self) -> Self:
        self._thread.start()
        self._on_loop(self._start)
        return self

    def __exit__(self, *exc: object) -> None:
        self._on_loop(self._simulator.aclose)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    @property
    def base_url(self) -> str:
        return self._simulator.base_url

    @property
    def completions(self) -> tuple[SeenRequest, ...]:
        """The requests for ghost text since ``forget``, in order."""
        return tuple(request for request in self._seen() if COMPLETES in request.text)

    @property
    def larger(self) -> tuple[SeenRequest, ...]:
        """What was asked for explanations and edits since ``forget``, in order."""
        return tuple(
            request for request in self._seen() if COMPLETES not in request.text and JUDGES not in request.text
        )

    def _seen(self) -> list[SeenRequest]:
        return list(self._simulator.requests[self._forgotten :])

    def forget(self) -> None:
        """Answer nothing, and begin to count anew."""
        self.say()
        self._forgotten = len(self._simulator.requests)

    def say(self, *, fill: str = "", answer: str = "", **reply: Any) -> None:
        """From now on completions are answered with ``fill``, and larger work with ``answer``. ``reply``: how."""
        rules = (
            Rule(contains=(COMPLETES,), reply=Reply(text=f"<fill>{fill}</fill>")),
            Rule(reply=Reply(text=answer, **reply)),
        )

        async def change() -> None:
            self._simulator.script = Script(rules=rules)

        self._on_loop(change)

    async def _start(self) -> None:
        self._simulator = Simulator()
        await self._simulator.start()

    def _on_loop(self, work: Callable[[], Any]) -> None:
        asyncio.run_coroutine_threadsafe(work(), self._loop).result(30)


class Stage:
    """One test's home, project and models. ``environ`` is all that an editor here gets to know of the machine."""

    def __init__(self, root: Path, models: Models) -> None:
        self.home = root / "home"
        self.project = root / "project"
        self.models = models
        self.environ = {name: os.environ[name] for name in _KEPT if name in os.environ}
        self.environ |= {"HOME": str(self.home), "FAR_KEY": KEY, "PYTHONUTF8": "1", "TERM": "xterm-256color"}
        for kind in ("CONFIG", "STATE", "DATA", "CACHE"):
            folder = self.home / kind.lower()
            folder.mkdir(parents=True)
            self.environ[f"XDG_{kind}_HOME"] = str(folder)
        (self.project / ".git").mkdir(parents=True)
        self.reset()

    def reset(self) -> None:
        """Everything as at the beginning, but for what the editor keeps."""
        self.models.forget()
        self.configure(self.models_settings())
        for path in self.project.iterdir():
            if path.is_file():
                path.unlink()
        self.write("shop.py", SHOP)
        self.write("checkout.py", CHECKOUT)

    def write(self, name: str, text: str) -> Path:
        """Write a file of the project."""
        path = self.project / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def read(self, name: str) -> str:
        return (self.project / name).read_text(encoding="utf-8")

    def configure(self, settings: str) -> None:
        """Write the user's own settings."""
        path = self.home / "config" / "tierwise" / "config.toml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(settings, encoding="utf-8")

    def models_settings(self) -> str:
        """Settings that reach the simulated models, with time limits that no slow machine meets."""
        tiers = {"fast": HAIKU, "balanced": SONNET, "frontier": SONNET}
        lines = [
            'profile = "embedded"',
            "[providers.far]",
            'kind = "anthropic"',
            f'base_url = "{self.models.base_url}"',
            'api_key_env = "FAR_KEY"',
            "[routing]",
            "hedge = false",
        ]
        for tier, model in tiers.items():
            lines += [f"[tiers.{tier}]", f'chain = ["far/{model}"]', "first_token_ms = 60000", "deadline_ms = 80000"]
        return "\n".join(lines) + "\n"

    def tierwise(self, *arguments: str) -> str:
        """Run another verb of the command line, as this user; what it prints."""
        words = [sys.executable, "-m", "tierwise", *arguments]
        ran = subprocess.run(
            words, env=self.environ, cwd=self.project, capture_output=True, text=True, check=False, timeout=90
        )
        assert ran.returncode == 0, ran.stderr
        return ran.stdout


def servers_below(pid: int) -> list[int]:
    """Process ids of the language servers that a process started."""
    import psutil

    found: list[int] = []
    for process in psutil.Process(pid).children(recursive=True):
        try:
            words = process.cmdline()
        except psutil.Error:
            continue
        if words[-1:] == ["serve"] and process.status() != psutil.STATUS_ZOMBIE:
            found.append(process.pid)
    return found
