"""``tierwise demo``: the main job on real files, printed for a person.

Starts the real server and talks to it over its standard input and output, as an editor would. Never writes to the
user's files, and says plainly what came from a simulated model.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import tempfile
import time
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import AsyncGenerator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape

from tierwise import __version__
from tierwise.cli.demo_print import Paper
from tierwise.cli.demo_project import Project, look_at, unpack_sample
from tierwise.cli.demo_steps import CAPABILITIES, Measured, Stage
from tierwise.cli.editor import Editor
from tierwise.cli.figures import console
from tierwise.core.errors import ConfigError, UsageError

PATIENCE_S = 12.0
"""Seconds for the whole demonstration: a request that would take longer is cancelled."""

KEY_VARIABLES = ("ANTHROPIC_API_KEY", "OPENAI_API_KEY")


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", nargs="?", metavar="FOLDER", help="a folder of yours (default: a sample project)")


def run(args: argparse.Namespace) -> int:
    folder = Path(args.folder).expanduser().resolve() if args.folder else None
    if folder is not None and not folder.is_dir():
        raise UsageError(f"{folder} is no folder")
    return show(console(), folder, os.environ)


def show(out: Console, folder: Path | None, environ: Mapping[str, str], *, brief: bool = False) -> int:
    """The whole demonstration, on a sample project where ``folder`` is None; ``brief``: fewer places of each kind. The
    exit status is 1 when a request failed.
    """
    with tempfile.TemporaryDirectory(prefix="tierwise-demo-") as name:
        scratch = Path(name).resolve()
        if folder is None:
            (scratch / "project").mkdir()
            project = unpack_sample(scratch / "project")
        else:
            with out.status(f"Looking at {escape(str(folder))}"):
                project = look_at(folder)
            if not (project.completions or project.renames or project.explain):
                raise UsageError(f"{folder} holds no source file in a language whose definitions are known")
        if brief:
            project = replace(project, completions=project.completions[:2], edits=project.edits[-1:])
        return asyncio.run(_Demonstration(Paper(out, project.folder), project, scratch, environ).run())


class _Demonstration:
    """One run. Owner of what was measured and of the time that is left."""

    def __init__(self, paper: Paper, project: Project, scratch: Path, environ: Mapping[str, str]) -> None:
        self._paper = paper
        self._project = project
        self._scratch = scratch
        self._environ = dict(environ)
        self._measured: list[Measured] = []
        self._ends = time.monotonic() + PATIENCE_S

    async def run(self) -> int:
        async with AsyncExitStack() as stack:
            stage = await stack.enter_async_context(_stage(self._project, self._environ, self._left))
            modelled = _has_model(await stage.status())
            self._open(modelled)
            await self._complete(stage)
            # While the rest is shown, the simulated model's server starts: its imports are not what is to be shown.
            simulated = None if modelled else asyncio.create_task(self._simulate(stack))
            await self._rename(stage)
            await self._explain(stage)
            if self._project.edits:
                await self._edit(await simulated if simulated else stage)
        self._paper.summary(self._measured)
        self._close(modelled)
        return 1 if any(measured.problem for measured in self._measured) else 0

    @property
    def _left(self) -> float:
        """Seconds that a request may still take."""
        return max(1.0, self._ends - time.monotonic())

    def _open(self, modelled: bool) -> None:
        written = "a copy of it" if self._project.folder.is_relative_to(self._scratch) else "shown, never written"
        lines = [f"on [bold]{escape(self._project.name)}[/] ({written}), through the language server, as in an editor"]
        if not modelled:
            lines.append("No model is configured: completion, rename and explain run on this machine, without network.")
            lines.append("The refactoring is shown with a [bold yellow]simulated model[/] and its list prices.")
        self._paper.opening(f"[bold]Tierwise {__version__}[/]", lines)

    async def _complete(self, stage: Stage) -> None:
        if self._project.completions:
            self._paper.section(1, "Complete", "The rest of a line is deleted in the editor's memory and asked back.")
        for place in self._project.completions:
            with self._paper.waiting("Completing"):
                done = await stage.complete(place)
            self._measured.append(done.measured)
            self._paper.completed(done)

    async def _rename(self, stage: Stage) -> None:
        for number, place in enumerate(self._project.renames):
            with self._paper.waiting("Renaming"):
                done = await stage.rename(place)
            if done.texts or number == len(self._project.renames) - 1:
                self._paper.section(2, "Rename", "A symbol, in all files where it is used.")
                self._measured.append(done.measured)
                self._paper.renamed(done)
                return

    async def _explain(self, stage: Stage) -> None:
        place = self._project.explain
        if place is None:
            return
        self._paper.section(3, "Explain", "A function, with what the workspace knows of it.")
        with self._paper.waiting("Explaining"):
            measured = await stage.explain(place)
        self._measured.append(measured)
        self._paper.explained(measured, place)

    async def _edit(self, stage: Stage) -> None:
        note = "An instruction becomes a checked edit of the files, one undo step in an editor."
        self._paper.section(4, "Refactor" + (" (simulated model)" if stage.simulated else ""), note)
        for place in self._project.edits:
            stage.patience_s = self._left
            with self._paper.waiting("Refactoring"):
                done = await stage.edit(place)
            self._measured.append(done.measured)
            self._paper.edited(done)

    async def _simulate(self, stack: AsyncExitStack) -> Stage:
        """A second server, whose models are simulated."""
        environ = await stack.enter_async_context(_simulator(self._project, self._scratch, self._environ))
        stage = await stack.enter_async_context(_stage(self._project, environ, self._left, simulated=True))
        await stage.status()
        return stage

    def _close(self, modelled: bool) -> None:
        lines: list[str] = []
        if not modelled:
            keys = " or ".join(KEY_VARIABLES)
            lines.append(f"For models of your own: set {keys}, or start a model server on this machine.")
        lines.append("`tierwise doctor` says what is configured, `tierwise setup EDITOR` brings it into your editor.")
        self._paper.closing(lines)


@asynccontextmanager
async def _stage(
    project: Project,
    environ: Mapping[str, str],
    patience_s: float,
    *,
    simulated: bool = False,
) -> AsyncGenerator[Stage, None]:
    """A server with an editor before it, ended in order."""
    editor = Editor(CAPABILITIES, folders=[project.folder], environ=environ, name="tierwise-demo")
    async with editor:
        await editor.initialize()
        yield Stage(editor, patience_s, simulated=simulated)
        await editor.shutdown()


@asynccontextmanager
async def _simulator(
    project: Project, scratch: Path, environ: Mapping[str, str]
) -> AsyncGenerator[Mapping[str, str], None]:
    """A simulated provider with a script for these very files; yields the environment that points a server at it, and
    that keeps its events out of the user's statistics.
    """
    rules = [
        {"contains": [place.instruction], "reply": {"text": place.scripted, "first_token_ms": 300, "token_ms": 2}}
        for place in project.edits
    ]
    script, config = scratch / "script.json", scratch / "config.toml"
    script.write_text(json.dumps({"rules": rules}), encoding="utf-8")
    command = (sys.executable, "-m", "tierwise", "simulate", "--script", str(script), "--provider", "anthropic")
    process = await asyncio.create_subprocess_exec(*command, stdout=PIPE, stderr=DEVNULL, env=dict(environ))
    try:
        assert process.stdout is not None
        first = (await process.stdout.readline()).decode()
        address = next((word for word in first.split() if word.startswith("http://")), None)
        if address is None:
            raise ConfigError("The simulated provider did not start; `tierwise simulate` says why.")
        config.write_text(
            f'profile = "anthropic"\n[providers.anthropic]\nkind = "anthropic"\nbase_url = "{address}"\n'
            'api_key_env = "ANTHROPIC_API_KEY"\n',
            encoding="utf-8",
        )
        yield {
            **environ,
            "TIERWISE_CONFIG": str(config),
            "XDG_STATE_HOME": str(scratch / "state"),
            "ANTHROPIC_API_KEY": "simulated",
        }
    finally:
        process.terminate()
        await process.communicate()


def _has_model(status: Mapping[str, Any]) -> bool:
    """Whether a tier beyond the first keystrokes has a model behind it."""
    chains = [tier["chain"] for name, tier in status["tiers"].items() if name != "fast"]
    return any(not model.startswith("embedded/") for chain in chains for model in chain)
