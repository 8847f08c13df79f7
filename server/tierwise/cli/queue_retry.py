"""``tierwise queue retry``: make a waiting request again, through the real server, as an editor would.

Writes only with ``--write``, and only files that still hold what the edit was made for. Without it the item stays.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.console import Console

from tierwise.cli.demo_steps import CAPABILITIES
from tierwise.cli.diffs import print_diff
from tierwise.cli.disk_view import workspace_folder
from tierwise.cli.editor import Editor, ServerError
from tierwise.core.errors import Declined
from tierwise.core.uris import to_path
from tierwise.session.disk import is_file, is_there

PATIENCE_S = 1_800.0
"""Two escalations of slow models, each answer checked by the workspace's own tools."""


def retry(out: Console, number: int, uri: str, tier: str | None, environ: Mapping[str, str], *, write: bool) -> int:
    """Run it and print what became of it; the exit status."""
    path = to_path(uri)
    if path is None or not is_file(path):
        raise Declined(f"item {number} is about {uri}, which is no file any more; `tierwise queue drop {number}`")
    return asyncio.run(_Retry(out, workspace_folder(path), environ, write=write).run(number, tier))


class _Retry:
    def __init__(self, out: Console, folder: Path, environ: Mapping[str, str], *, write: bool) -> None:
        self._out = out
        self._folder = folder
        self._write = write
        self._editor = Editor(CAPABILITIES, folders=[folder], environ=environ, name="tierwise-queue")
        self._editor.handlers["workspace/applyEdit"] = self._apply

    async def run(self, number: int, tier: str | None) -> int:
        argument = {"action": "retry", "number": number, **({"tier": tier} if tier else {})}
        async with self._editor as editor:
            await editor.initialize()
            call = editor.send("workspace/executeCommand", {"command": "tierwise.queue", "arguments": [argument]})
            try:
                with self._out.status(f"Trying item {number} again"):
                    done: Mapping[str, Any] = await call.answer(PATIENCE_S)
            except ServerError as error:
                raise Declined(error.text) from error
            finally:
                await editor.shutdown()
        passed = len(done["checks"]["passed"])
        end = "written, and out of the queue" if done["applied"] else "not written; --write does it"
        self._out.print(f"{done['model']} ({done['tier']}), {passed} checks passed: {end}")
        return 0 if done["applied"] or not self._write else 1

    def _apply(self, params: Mapping[str, Any]) -> dict[str, Any]:
        changed = {to_path(uri): texts for uri, texts in self._editor.documents.preview(params["edit"]).items()}
        if self._write and not all(path and _holds(path, before) for path, (before, _) in changed.items()):
            return {"applied": False, "failureReason": "a file changed meanwhile"}
        for path, (before, after) in changed.items():
            if path is None:
                continue
            if self._write:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(after.encode("utf-8"))
            else:
                print_diff(self._out, path.relative_to(self._folder).as_posix(), before, after)
        return {"applied": self._write}


def _holds(path: Path, text: str) -> bool:
    return path.read_bytes() == text.encode("utf-8") if is_there(path) else not text
