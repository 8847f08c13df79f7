"""Language servers driven headless: found, trusted, kept warm, brought up to date, restarted, ended."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tierwise.cli.disk_view import disk_view
from tierwise.core.clock import SystemClock
from tierwise.core.documents import Document
from tierwise.core.renaming import NoRename, RenameProposal, RenameQuestion, RenameRefusal, RenameReply, Silence
from tierwise.core.text import Lines, Point
from tierwise.servers.launch import find_program
from tierwise.servers.pool import MAX_SERVERS, LanguageServers
from tierwise.settings.models import ProviderSettings, Settings
from tierwise.settings.renaming import LanguageServerSettings, RenameSettings

FAKE = str(Path(__file__).with_name("fake_server.py"))
PATIENCE_S = 20.0


class World:
    """A workspace folder with a fake server, and the pool over it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "project"
        self.folder.mkdir()
        self.log = folder / "log"
        self.trusted = True
        self.environ = {"PATH": "", "SECRET_KEY": "sk-1", "PLAIN": "kept"}
        self.servers: dict[str, LanguageServerSettings] = {}
        self.aliases = True
        self.opened: dict[Path, Document] = {}
        self.pool = LanguageServers(
            lambda _: Settings(
                language_servers=self.servers,
                providers={"p": _PROVIDER},
                rename=RenameSettings(aliases=self.aliases),
            ),
            lambda _: self.trusted,
            lambda: disk_view(self.folder),
            self.environ,
            SystemClock(),
        )
        self.write("a.txt", "alpha beta\n")

    def use(self, *habits: str, name: str = "fake", **more: Any) -> None:
        command = (sys.executable, FAKE, str(self.log), *habits)
        self.servers[name] = LanguageServerSettings(languages=("plaintext",), command=command, **more)

    def write(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text, encoding="utf-8")

    def document(self, name: str = "a.txt") -> Document:
        document = disk_view(self.folder).read(self.folder / name)
        assert document is not None
        return document

    async def ask(
        self, new: str = "gamma", limit_s: float = PATIENCE_S, document: Document | None = None
    ) -> RenameReply:
        asked = document or self.document()
        question = RenameQuestion(disk_view(self.folder), asked, Point(0, 0), "alpha", new, limit_s)
        return await self.pool.ask(question)

    def heard(self, method: str) -> list[Any]:
        return [entry["params"] for entry in self.notes() if entry.get("method") == method]

    def notes(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.log.read_text(encoding="utf-8").splitlines()]


_PROVIDER = ProviderSettings(kind="openai", api_key_env="SECRET_KEY")  # type: ignore[arg-type]


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    world = World(tmp_path)
    world.use()
    yield world
    await world.pool.aclose()


def texts(reply: RenameReply) -> dict[str, str]:
    assert isinstance(reply, RenameProposal), reply
    return {edit.base.path.name: edit.result.text for edit in reply.changes.edits if edit.base.path is not None}


async def test_a_server_renames(world: World) -> None:
    reply = await world.ask()
    assert texts(reply) == {"a.txt": "gamma beta\n"}
    assert isinstance(reply, RenameProposal)
    assert (reply.engine, reply.old_name) == ("fake", "alpha")


async def test_it_starts_when_it_is_asked_and_stays_warm(world: World) -> None:
    document = world.document()
    assert world.pool.engine(document) == "fake"
    assert not world.log.exists()
    await world.ask()
    assert world.pool.ready(document)
    await world.ask("delta")
    assert len(world.heard("initialize")) == 1


async def test_nothing_starts_in_a_folder_that_is_not_trusted(world: World) -> None:
    world.trusted = False
    assert world.pool.engine(world.document()) == ""
    assert await world.ask() == NoRename("", Silence.ABSENT)
    world.pool.warm(world.document())
    await asyncio.sleep(0)
    assert not world.log.exists()


async def test_no_key_of_a_provider_reaches_it(world: World) -> None:
    await world.ask()
    environ = world.notes()[0]["environ"]
    assert environ["PLAIN"] == "kept"
    assert "SECRET_KEY" not in environ


async def test_it_runs_in_the_workspace_folder(world: World) -> None:
    await world.ask()
    assert Path(world.notes()[0]["cwd"]) == world.folder.resolve()


async def test_unsaved_text_and_changes_on_disk_are_told(world: World) -> None:
    await world.ask()
    world.write("b.txt", "new here\n")
    world.write("a.txt", "alpha beta on disk\n")
    open_document = replace(world.document(), version=3, lines=Lines.of("alpha unsaved\n"))
    assert texts(await world.ask(document=open_document)) == {"a.txt": "gamma unsaved\n"}
    told = [change for params in world.heard("workspace/didChangeWatchedFiles") for change in params["changes"]]
    assert {(Path(change["uri"]).name, change["type"]) for change in told} == {("b.txt", 1), ("a.txt", 2)}
    (world.folder / "b.txt").unlink()
    await world.ask(document=open_document)
    told = world.heard("workspace/didChangeWatchedFiles")[-1]["changes"]
    assert [change["type"] for change in told if change["uri"].endswith("/b.txt")] == [3]


async def test_files_that_hold_the_name_are_shown_to_a_server_that_needs_it(world: World) -> None:
    world.use(opens=True)
    world.write("b.txt", "more alpha\n")
    world.write("c.txt", "nothing of it\n")
    assert texts(await world.ask()) == {"a.txt": "gamma beta\n", "b.txt": "more gamma\n"}
    assert {Path(p["textDocument"]["uri"]).name for p in world.heard("textDocument/didOpen")} == {"a.txt", "b.txt"}


async def test_it_is_started_again_when_it_crashed(world: World) -> None:
    world.use("crash")
    assert texts(await world.ask()) == {"a.txt": "gamma beta\n"}
    assert len(world.heard("initialize")) == 2


@pytest.mark.parametrize(
    ("habit", "expected"),
    [
        ("refuse", RenameRefusal("fake", "no, because of the rules")),
        ("nothing", NoRename("fake", Silence.NOTHING)),
        ("unread", RenameRefusal("fake", "what it would do cannot be used: a.txt has no place 1:1001")),
    ],
)
async def test_what_it_says_is_passed_on(world: World, habit: str, expected: RenameReply) -> None:
    world.use(habit)
    assert await world.ask() == expected


@pytest.mark.parametrize("habit", ["silent", "deaf"])
async def test_one_that_is_late_costs_its_limit(world: World, habit: str) -> None:
    world.use(habit)
    assert await world.ask(limit_s=0.4) == NoRename("fake", Silence.STARTING)


@pytest.mark.parametrize("habit", ["no-provider"])
async def test_one_that_cannot_rename_fails_and_the_next_in_rank_is_asked(world: World, habit: str) -> None:
    world.use(habit, rank=1)
    world.use(name="other", rank=2)
    assert await world.ask() == NoRename("fake", Silence.FAILED)
    assert isinstance(await world.ask(), RenameProposal | NoRename)
    assert world.pool.engine(world.document()) == "other"


async def test_one_at_work_is_waited_for_and_its_questions_are_answered(world: World) -> None:
    world.use("busy", settings={"fake": {"word": 7}})
    assert texts(await world.ask()) == {"a.txt": "gamma beta\n"}
    assert {"configuration": [7]} in world.notes()


async def test_warming_up_shows_it_the_document(world: World) -> None:
    world.pool.warm(world.document())
    await until(lambda: world.log.exists() and world.heard("textDocument/didOpen"))


async def test_where_it_would_rename(world: World) -> None:
    question = RenameQuestion(disk_view(world.folder), world.document(), Point(0, 7), "", "", PATIENCE_S)
    place = await world.pool.locate(question)
    assert place is not None
    assert (place.engine, place.name, place.span.start) == ("fake", "beta", Point(0, 6))


async def test_ending_ends_the_processes(world: World) -> None:
    await world.ask()
    await world.pool.aclose()
    assert world.heard("shutdown")
    assert await world.ask() == NoRename("", Silence.ABSENT)


async def test_only_so_many_run_at_a_time(world: World) -> None:
    for number in range(MAX_SERVERS + 1):
        world.servers.clear()
        world.use(name=f"s{number}")
        await world.ask()
    await until(lambda: len(world.heard("shutdown")) == 1)


def test_programs_are_found_in_the_workspace_then_on_the_path(tmp_path: Path) -> None:
    inside, outside = tmp_path / "project" / "bin", tmp_path / "path"
    server = LanguageServerSettings(languages=("go",), command=("tool",), search=("bin",))
    environ = {"PATH": str(outside)}
    assert find_program(server, tmp_path / "project", environ) is None
    for folder in (outside, inside):
        folder.mkdir(parents=True)
        program = folder / ("tool.bat" if sys.platform == "win32" else "tool")
        program.write_text("exit\n")
        program.chmod(0o755)
        found = find_program(server, tmp_path / "project", environ)
        assert found is not None
        assert Path(found).parent == folder
    assert find_program(server.model_copy(update={"enabled": False}), tmp_path / "project", environ) is None
    assert find_program(server.model_copy(update={"requires": ("x",)}), tmp_path / "project", environ) is None
    alone = server.model_copy(update={"search": (), "on_path": False})
    assert find_program(alone, tmp_path / "project", environ) is None


async def test_a_document_that_is_no_file_has_no_server(world: World) -> None:
    buffer = Document("untitled:a", None, "plaintext", 1, Lines.of("alpha\n"))
    assert world.pool.engine(buffer) == ""


async def until(condition: Callable[[], object]) -> None:
    """Wait for another process."""
    async with asyncio.timeout(PATIENCE_S):
        while not condition():  # noqa: ASYNC110 - a process brings it about that tells nobody
            await asyncio.sleep(0.01)


async def test_it_is_told_whether_aliases_are_wanted_and_started_anew_when_that_changes(world: World) -> None:
    world.use(aliases_option="preferences.prefix", options={"preferences": {"kept": 1}, "other": 2})
    await world.ask()
    world.aliases = False
    await world.ask()
    options = [params["initializationOptions"] for params in world.heard("initialize")]
    assert options == [{"preferences": {"kept": 1, "prefix": wanted}, "other": 2} for wanted in (True, False)]
