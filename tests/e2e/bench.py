"""Servers that many tests share: one per client, with one simulator that plays every provider.

Each test works in a workspace folder of its own, with settings of its own, that comes and goes while the server runs:
what it breaks is its own, and folders that come and go are tested all the while.
"""

from __future__ import annotations

import asyncio
import itertools
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from tierwise.cli.editor import Call, Editor, LogEntry
from tierwise.cli.editor_documents import position
from tierwise.core.uris import to_uri
from tierwise.simulator import Simulator
from tierwise.telemetry.database import FILE_NAME

if TYPE_CHECKING:
    from harness import Harness

CURSOR = "¦"
"""Where the cursor stands in the text of a test."""

KEY = "sk-bench-0123456789abcdef0123456789"

PROVIDERS: dict[str, str] = {
    "messages": 'kind = "anthropic"\nbase_url = "{url}"',
    "responses": 'kind = "openai"\nbase_url = "{url}/v1"',
    "chat": 'kind = "openai-compatible"\nbase_url = "{url}/v1"',
    "groq": 'kind = "openai-compatible"\nbase_url = "{url}/groq/openai/v1"',
    "openrouter": 'kind = "openai-compatible"\nbase_url = "{url}/openrouter/api/v1"',
    "dashscope": 'kind = "openai-compatible"\nbase_url = "{url}/dashscope/compatible-mode/v1"',
    "gemini": 'kind = "openai-compatible"\nbase_url = "{url}/gemini/v1beta/openai"',
    "lmstudio": 'kind = "openai-compatible"\nbase_url = "{url}/lmstudio/v1/"',
    "infill": 'kind = "fim"\ndialect = "llama.cpp"\nbase_url = "{url}/llama.cpp"',
    "ollama": 'kind = "fim"\ndialect = "ollama"\nbase_url = "{url}"',
    "mistral": 'kind = "fim"\ndialect = "mistral"\nbase_url = "{url}/mistral"',
    "deepseek": 'kind = "fim"\ndialect = "deepseek"\nbase_url = "{url}/deepseek/beta"',
    "qwen": 'kind = "fim"\ndialect = "completions"\ntemplate = "qwen2.5-coder"\nbase_url = "{url}/vllm"',
    "starcoder": 'kind = "fim"\ndialect = "completions"\ntemplate = "starcoder2"\nbase_url = "{url}/together"',
}
"""One provider per way to reach a model; the same in every shared server."""

CHATTING = ("messages", "responses", "chat", "groq", "openrouter", "dashscope", "gemini", "lmstudio")
"""Those that converse: a completion of theirs stands between tags, and they can edit and explain."""

USER_SETTINGS = 'profile = "embedded"\n[routing]\nhedge = false\nbreaker_failures = 1000\n'


def fill(provider: str, code: str) -> str:
    """A reply of this provider that completes ``code``."""
    return f"<fill>{code}</fill>" if provider in CHATTING else code


def chain(tier: str, *models: str, first_token_ms: int = 20_000, deadline_ms: int = 30_000) -> str:
    """A tier's settings; the limits are beyond any slow machine unless a test is about them."""
    names = ", ".join(f'"{model}"' for model in models)
    limits = f"first_token_ms = {first_token_ms}\ndeadline_ms = {deadline_ms}\n"
    return f"[tiers.{tier}]\nchain = [{names}]\n{limits}"


def providers(url: str) -> str:
    """The settings of all providers, at one simulator."""
    return "".join(
        f'[providers.{name}]\n{lines.format(url=url)}\napi_key_env = "BENCH_KEY"\n' for name, lines in PROVIDERS.items()
    )


@dataclass
class Marked:
    """A text with the place of its cursor mark."""

    text: str
    at: int | None

    @staticmethod
    def of(text: str) -> Marked:
        before, mark, after = text.partition(CURSOR)
        return Marked(before + after, len(before) if mark else None)


@dataclass
class Page:
    """One open document of a test."""

    bench: Bench
    uri: str
    at: int | None

    @property
    def text(self) -> str:
        return self.bench.editor.documents.text(self.uri)

    def place(self, at: int | None = None) -> dict[str, int]:
        """The Position of an offset; of the cursor unless one is given."""
        found = self.at if at is None else at
        assert found is not None, "the text of this page has no cursor"
        return position(self.text, found, self.bench.editor.documents.encoding)

    def range(self, start: int | None = None, end: int | None = None) -> dict[str, dict[str, int]]:
        """The Range between two offsets, of the whole text unless they are given."""
        last = len(self.text) if end is None else end
        return {"start": self.place(0 if start is None else start), "end": self.place(last)}

    def range_of(self, piece: str) -> dict[str, dict[str, int]]:
        """The Range of a piece of the text."""
        start = self.text.index(piece)
        return self.range(start, start + len(piece))

    def type(self, text: str) -> None:
        """Type at the cursor."""
        assert self.at is not None
        self.replace(self.at, self.at, text)
        self.at += len(text)

    def replace(self, start: int, end: int, text: str) -> None:
        self.bench.editor.tell(self.bench.editor.documents.replace(self.uri, start, end, text))

    def close(self) -> None:
        self.bench.editor.tell(self.bench.editor.documents.close(self.uri))

    def send(self, method: str, **params: Any) -> Call:
        """A request about the cursor's place."""
        return self.bench.editor.send(
            method,
            {
                "textDocument": {"uri": self.uri},
                **({"position": self.place()} if self.at is not None else {}),
                **params,
            },
        )

    def complete(self, *, invoked: bool = True, **context: Any) -> Call:
        """Ask for ghost text at the cursor."""
        kind = 1 if invoked else 2
        return self.send("textDocument/inlineCompletion", context={"triggerKind": kind, **context})

    async def ghost(self, *, invoked: bool = True) -> str | None:
        """The ghost text at the cursor."""
        items = (await self.complete(invoked=invoked).answer())["items"]
        return items[0]["insertText"] if items else None

    def command(self, name: str, **argument: Any) -> Call:
        """A command about this document: its whole text unless a range is given."""
        return self.bench.command(name, {"uri": self.uri, "range": self.range(), **argument})

    async def actions(self, span: Mapping[str, Any] | None = None, **context: Any) -> list[dict[str, Any]]:
        """The code actions for a Range."""
        return await self.send(
            "textDocument/codeAction", range=span or self.range(), context={"diagnostics": [], **context}
        ).answer()


@dataclass
class Project:
    """The workspace folder of one test."""

    bench: Bench
    path: Path

    def write(self, name: str, text: str) -> Path:
        """Write a file, as another program would."""
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
        return path

    def open(self, name: str, text: str | None = None) -> Page:
        """Open a file in the editor: what is on disk, or another text (with a cursor mark)."""
        uri = to_uri(self.path / name)
        marked = Marked.of((self.path / name).read_bytes().decode() if text is None else text)
        self.bench.editor.tell(self.bench.editor.documents.open(uri, marked.text))
        self.bench.pages.append(uri)
        return Page(self.bench, uri, marked.at)

    def settings(self, text: str) -> None:
        """Write this folder's settings and report that, as a client that watches files does."""
        path = self.write(".tierwise.toml", text)
        self.bench.changed(path)

    def text(self, name: str) -> str:
        """What the editor shows of a file."""
        return self.bench.editor.documents.text(to_uri(self.path / name))

    def disk(self, name: str) -> str:
        return (self.path / name).read_bytes().decode()

    def events(self) -> list[dict[str, Any]]:
        """The events of this folder's requests so far, oldest first."""
        return self.bench.events(self.path)

    async def event(self, match: Callable[[Mapping[str, Any]], bool] = lambda _: True) -> dict[str, Any]:
        """The one event that matches, as soon as it is stored; more than one is a mistake."""
        await eventually(lambda: any(map(match, self.events())), f"an event of {self.path.name}")
        (found,) = filter(match, self.events())
        return found


@dataclass
class Bench:
    """A server, a simulator, and where they keep things. ``harness`` ends the server."""

    harness: Harness
    editor: Editor
    simulator: Simulator
    pages: list[str] = field(default_factory=list[str])
    _numbers: itertools.count[int] = field(default_factory=itertools.count)
    _projects: list[Project] = field(default_factory=list[Project])

    @property
    def state(self) -> Path:
        """The server's state folder."""
        return self.harness.home / "state" / "tierwise"

    def project(self, settings: str = "", files: Mapping[str, str] | None = None) -> Project:
        """A new workspace folder with these files, that the server is told of."""
        path = self.harness.workspace / f"p{next(self._numbers)}"
        path.mkdir()
        project = Project(self, path)
        for name, text in {**(files or {}), **({".tierwise.toml": settings} if settings else {})}.items():
            project.write(name, text)
        self._folders(added=[path])
        self._projects.append(project)
        return project

    def command(self, name: str, *arguments: Any) -> Call:
        return self.editor.send("workspace/executeCommand", {"command": name, "arguments": list(arguments)})

    async def status(self) -> dict[str, Any]:
        return await self.command("tierwise.status").answer()

    def changed(self, *paths: Path) -> None:
        """Report changed files."""
        changes = [{"uri": to_uri(path), "type": 2} for path in paths]
        self.editor.notify("workspace/didChangeWatchedFiles", {"changes": changes})

    def events(self, folder: Path | None = None) -> list[dict[str, Any]]:
        """Stored events, oldest first, each with its ``attempts``."""
        file = self.state / FILE_NAME
        if not file.exists():
            return []
        with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as connection:
            connection.row_factory = sqlite3.Row
            try:
                events = [dict(row) for row in connection.execute("SELECT * FROM requests ORDER BY at, id")]
                attempts = [dict(row) for row in connection.execute("SELECT * FROM attempts ORDER BY number")]
            except sqlite3.OperationalError:
                return []  # the server is just making the tables
        for event in events:
            event["attempts"] = [attempt for attempt in attempts if attempt["request_id"] == event["id"]]
        return [event for event in events if folder is None or event["folder"] == str(folder)]

    def shown(self, after: int = 0) -> list[str]:
        """The sentences in message boxes, from a number of notifications on."""
        told = self.editor.notifications[after:]
        return [params["message"] for method, params in told if method == "window/showMessage"]

    async def tidy(self) -> None:
        """Close what a test opened, take its folders away, and wait until the server has noticed."""
        for uri in self.pages:
            if uri in {buffer.uri for buffer in self.editor.documents.buffers.values()}:
                self.editor.tell(self.editor.documents.close(uri))
        for buffer in list(self.editor.documents.buffers.values()):
            self.editor.tell(self.editor.documents.close(buffer.uri))
        self.editor.documents.gone.clear()
        self.pages.clear()
        self._folders(removed=[project.path for project in self._projects])
        self._projects.clear()
        await self.status()
        self.simulator.reset()

    def _folders(self, added: Sequence[Path] = (), removed: Sequence[Path] = ()) -> None:
        def named(paths: Sequence[Path]) -> list[dict[str, str]]:
            return [{"uri": to_uri(path), "name": path.name} for path in paths]

        self.editor.folders = (*(f for f in self.editor.folders if f not in removed), *added)
        event = {"added": named(added), "removed": named(removed)}
        self.editor.notify("workspace/didChangeWorkspaceFolders", {"event": event})


class Benches:
    """The shared servers. One that a test has ended is replaced."""

    def __init__(self, root: Path, harness: Callable[[Path, Path, AsyncExitStack], Harness]) -> None:
        self._root = root
        self._harness = harness
        self._numbers = itertools.count()
        self._benches: dict[str, Bench] = {}
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        wrong = [line for bench in self._benches.values() for line in await bench.harness.finish()]
        await self._stack.aclose()
        assert not wrong, "\n".join(wrong)

    async def of(self, client: str) -> Bench:
        """The server of a client."""
        bench = self._benches.get(client)
        if bench is None or bench.editor.process.returncode is not None:
            bench = self._benches[client] = await self._start(client)
        return bench

    async def _start(self, client: str) -> Bench:
        home = self._root / f"home{next(self._numbers)}"
        workspace = home / "work"
        base = workspace / "base"
        base.mkdir(parents=True)
        simulator = await self._stack.enter_async_context(Simulator())
        harness = self._harness(home, workspace, AsyncExitStack())
        editor = await harness.start(
            client,
            config=USER_SETTINGS + providers(simulator.base_url),
            environ={"BENCH_KEY": KEY},
            folders=[base],
            options={"trusted": True},
        )
        bench = Bench(harness, editor, simulator)
        await bench.status()
        return bench


@dataclass
class Watched:
    """A shared server as one test sees it: the messages and faults since the test began."""

    bench: Bench
    messages: int
    breaches: int
    stderr: int

    @staticmethod
    def begin(bench: Bench) -> Watched:
        editor = bench.editor
        return Watched(bench, len(editor.log), len(editor.breaches), len(editor.stderr))

    @property
    def name(self) -> str:
        return f"{self.bench.editor.name} (shared)"

    @property
    def transcript(self) -> str:
        log: list[LogEntry] = self.bench.editor.log[self.messages :]
        return "\n".join([*map(str, log), "stderr:", *list(self.bench.editor.stderr)[self.stderr :]])

    def wrong(self) -> list[str]:
        """Breaches of the protocol and faults of the server since the test began."""
        editor = self.bench.editor
        lines = list(editor.stderr)[self.stderr :]
        return [*editor.breaches[self.breaches :], *editor.unanswered, *(line for line in lines if "Traceback" in line)]


async def eventually(condition: Callable[[], object], what: str, timeout_s: float = 20.0) -> None:
    """Wait until a condition that nobody tells of holds."""
    try:
        async with asyncio.timeout(timeout_s):
            while not condition():  # noqa: ASYNC110 - it is another process that brings it about
                await asyncio.sleep(0.005)
    except TimeoutError:
        raise AssertionError(f"never came: {what}") from None
