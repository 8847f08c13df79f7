"""The real server in its own process, in an empty home, watched for every breach of the protocol."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from clients import capabilities

from tierwise.cli.editor import Editor
from tierwise.core.errors import TierwiseError

_KEPT = ("PATH", "SYSTEMROOT", "COMSPEC", "PATHEXT", "LANG", "LC_ALL", "COVERAGE_PROCESS_START")
"""Variables of the tester's own environment that programs cannot do without."""

OFFLINE = 'profile = "embedded"\n'


class Harness:
    """Starts editors. ``config`` is the user's ``config.toml``; ``environ`` what the server sees of the environment."""

    def __init__(self, home: Path, workspace: Path, editors: list[Editor], stack: AsyncExitStack) -> None:
        self.home = home
        self.workspace = workspace
        self.editors = editors
        self.expected_breaches: list[str] = []
        self.environ = _environment(home)
        self._stack = stack

    def write(self, name: str, text: str) -> Path:
        """Write a file of the workspace."""
        path = self.workspace / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
        return path

    async def start(
        self,
        client: str = "vscode",
        *,
        config: str = OFFLINE,
        environ: Mapping[str, str] | None = None,
        folders: list[Path] | None = None,
        initialize: bool = True,
        **options: Any,
    ) -> Editor:
        """A running server with an editor, past ``initialize`` unless told otherwise."""
        settings = self.home / "config" / "tierwise" / "config.toml"
        settings.parent.mkdir(parents=True, exist_ok=True)
        settings.write_text(config, encoding="utf-8")
        editor = Editor(
            capabilities(client),
            folders=[self.workspace] if folders is None else folders,
            environ={**self.environ, **(environ or {})},
            name=client,
            **options,
        )
        self.editors.append(await self._stack.enter_async_context(editor))
        if initialize:
            await editor.initialize()
        return editor

    async def finish(self) -> list[str]:
        """End every server that still runs; returns what was wrong with any of them."""
        wrong: list[str] = []
        for editor in self.editors:
            if editor.process.returncode is None and editor.server_capabilities:
                try:
                    status = await editor.shutdown()
                except (TierwiseError, TimeoutError) as exc:
                    wrong.append(f"{editor.name}: no orderly end: {exc!r}")
                else:
                    if status:
                        wrong.append(f"{editor.name}: exit status {status} after shutdown and exit")
        await self._stack.aclose()
        for editor in self.editors:
            unexpected = [b for b in editor.breaches if not any(words in b for words in self.expected_breaches)]
            wrong.extend(f"{editor.name}: {breach}" for breach in unexpected)
            wrong.extend(f"{editor.name}: {line}" for line in editor.stderr if line.startswith("Traceback"))
        return wrong


def _environment(home: Path) -> dict[str, str]:
    """An environment in which nothing of the tester's own is found: no keys, no settings, no proxies."""
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    folders = {"HOME": home, "USERPROFILE": home, "APPDATA": home, "LOCALAPPDATA": home, "TMPDIR": home, "TEMP": home}
    folders |= {f"XDG_{kind}_HOME": home / kind.lower() for kind in ("CONFIG", "STATE", "DATA", "CACHE")}
    for folder in folders.values():
        folder.mkdir(parents=True, exist_ok=True)
    return {**kept, **{name: str(folder) for name, folder in folders.items()}, "PYTHONWARNINGS": "error"} | (
        {"PYTHONUTF8": "1"} if sys.platform == "win32" else {}
    )
