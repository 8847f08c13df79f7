"""What the demonstration asks of the server, as an editor would ask it, and what came of it. Prints nothing.

Nothing is written to files: documents are opened from the folder and changed in the editor's memory only.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tierwise.cli.demo_project import CompletionPlace, EditPlace, RenamePlace
from tierwise.cli.editor import Editor, ServerError, ServerGone
from tierwise.cli.editor_documents import EditRefused, Json, offset, position
from tierwise.core.tasks import Task
from tierwise.core.text import split_lines
from tierwise.core.uris import same_file_key, to_path, to_uri

CAPABILITIES: Mapping[str, Any] = {
    "general": {"positionEncodings": ["utf-8", "utf-16"]},
    "workspace": {
        "applyEdit": True,
        "workspaceEdit": {"documentChanges": True, "resourceOperations": ["create", "rename", "delete"]},
        "configuration": True,
        "workspaceFolders": True,
    },
    "textDocument": {
        "synchronization": {},
        "inlineCompletion": {},
        "rename": {"prepareSupport": True},
    },
    "window": {"workDoneProgress": True},
    "experimental": {"tierwise": True},
}

USAGE_S = 2.0
"""Seconds in which the figures must follow an answer."""

Texts = Mapping[Path, tuple[str, str]]
"""Files with their text before and after."""


@dataclass(frozen=True, slots=True)
class Measured:
    """How a request went. ``usage`` holds the server's own figures (``tierwise/usage``), ``answered_ms`` the editor's.
    ``problem`` is a sentence, "" when it was answered.
    """

    title: str
    result: Any
    usage: Mapping[str, Any]
    answered_ms: float
    problem: str = ""
    simulated: bool = False


@dataclass(frozen=True, slots=True)
class Completed:
    """One completion. ``ghost`` is what was offered behind the cursor, "" for nothing; ``was`` what was deleted."""

    place: CompletionPlace
    language: str
    above: str
    before: str
    ghost: str
    was: str
    measured: Measured


@dataclass(frozen=True, slots=True)
class Changed:
    """A rename or an edit: what it would make of each file."""

    texts: Texts
    measured: Measured
    place: RenamePlace | EditPlace


class Stage:
    """One running server with the editor before it. ``patience_s`` bounds every request."""

    def __init__(self, editor: Editor, patience_s: float, *, simulated: bool = False) -> None:
        self.editor = editor
        self.patience_s = patience_s
        self.simulated = simulated

    def open(self, path: Path, text: str | None = None) -> str:
        """Open a document, unless it is open; returns its URI."""
        uri = to_uri(path)
        if same_file_key(uri) not in self.editor.documents.buffers:
            self.editor.tell(self.editor.documents.open(uri, text))
        return uri

    async def ask(self, title: str, method: str, params: object, task: Task) -> Measured:
        """Send a request, wait for its answer and for the figures that follow it."""
        mark, started = len(self.editor.notifications), time.perf_counter()
        call = self.editor.send(method, params)
        result, problem = None, ""
        try:
            result = await call.answer(self.patience_s)
        except ServerError as exc:
            problem = exc.text
        except TimeoutError:
            call.cancel()
            problem = f"No answer within {self.patience_s:.0f} s, longer than this demonstration waits."
        answered = (time.perf_counter() - started) * 1000
        usage = await self._usage(task, mark)
        return Measured(title, result, usage, answered, problem, self.simulated)

    async def command(self, title: str, command: str, argument: object, task: Task) -> Measured:
        """As ``ask``, for a command."""
        params = {"command": command, "arguments": [argument]}
        return await self.ask(title, "workspace/executeCommand", params, task)

    async def status(self) -> Mapping[str, Any]:
        """What the server says of itself."""
        return await self.editor.request("workspace/executeCommand", {"command": "tierwise.status", "arguments": []})

    async def complete(self, place: CompletionPlace) -> Completed:
        """Open the file without the rest of a line, ask for it, and put it back."""
        text = place.path.read_bytes().decode("utf-8", "replace")
        lines = split_lines(text)
        line = lines[place.line].rstrip("\r\n")
        cursor = sum(map(len, lines[: place.line])) + place.column
        was = line[place.column :]
        shortened = text[:cursor] + text[cursor + len(was) :]
        encoding = self.editor.documents.encoding
        uri = self.open(place.path, shortened)
        if self.editor.documents.text(uri) != shortened:
            self.editor.tell(self.editor.documents.replace(uri, cursor, cursor + len(was), ""))
        params = {
            "textDocument": {"uri": uri},
            "position": position(shortened, cursor, encoding),
            "context": {"triggerKind": 2},
        }
        title = f"complete {place.path.name}:{place.line + 1}"
        measured = await self.ask(title, "textDocument/inlineCompletion", params, Task.COMPLETE)
        ghost = _ghost(measured.result, shortened, cursor, encoding)
        self.editor.tell(self.editor.documents.replace(uri, cursor, cursor, was))
        above = lines[place.line - 1].rstrip("\r\n") if place.line else ""
        language = self.editor.documents.buffers[same_file_key(uri)].language
        return Completed(place, language, above, line[: place.column], ghost, was, measured)

    async def rename(self, place: RenamePlace) -> Changed:
        """Ask for a rename; the answer is looked at, not applied."""
        uri = self.open(place.path)
        params = {"textDocument": {"uri": uri}, "position": self._position(uri, place), "newName": place.new}
        title = f"rename {place.old}"
        measured = await self.ask(title, "textDocument/rename", params, Task.RENAME)
        texts: Texts = {}
        if not measured.problem:
            try:
                texts = _by_path(self.editor.documents.preview(measured.result or {}))
            except EditRefused as exc:
                measured = Measured(title, None, measured.usage, measured.answered_ms, str(exc))
        return Changed(texts, measured, place)

    async def explain(self, place: EditPlace) -> Measured:
        """Ask for an explanation; ``result["text"]`` holds it."""
        uri = self.open(place.path)
        return await self.command(
            f"explain {place.path.name}", "tierwise.explain", self._argument(uri, place), Task.EXPLAIN
        )

    async def edit(self, place: EditPlace) -> Changed:
        """Ask for an edit; the server applies it to the editor's memory."""
        uri = self.open(place.path)
        before = {key: buffer.text for key, buffer in self.editor.documents.buffers.items()}
        argument = {**self._argument(uri, place), "instruction": place.instruction}
        measured = await self.command(f"refactor {place.path.name}", "tierwise.edit", argument, Task.EDIT)
        texts = {
            buffer.uri: (before.get(key, ""), buffer.text)
            for key, buffer in self.editor.documents.buffers.items()
            if before.get(key) != buffer.text
        }
        return Changed(_by_path(texts), measured, place)

    def _argument(self, uri: str, place: EditPlace) -> dict[str, Any]:
        text = self.editor.documents.text(uri)
        lines = split_lines(text)
        head = lines[place.first]
        start = sum(map(len, lines[: place.first]))
        end = start + len("".join(lines[place.first : place.last + 1]).rstrip("\r\n"))
        start += len(head) - len(head.lstrip())  # where the definition begins, not what it stands in
        encoding = self.editor.documents.encoding
        return {
            "uri": uri,
            "range": {"start": position(text, start, encoding), "end": position(text, end, encoding)},
        }

    def _position(self, uri: str, place: RenamePlace) -> dict[str, int]:
        text = self.editor.documents.text(uri)
        start = sum(map(len, split_lines(text)[: place.line]))
        return position(text, start + place.column, self.editor.documents.encoding)

    async def _usage(self, task: Task, mark: int) -> Mapping[str, Any]:
        try:
            return await self.editor.notification(
                "tierwise/usage", lambda params: params["task"] == task, after=mark, timeout_s=USAGE_S
            )
        except (TimeoutError, ServerGone):
            return {}


def _ghost(result: Json | None, text: str, cursor: int, encoding: str) -> str:
    """What an editor would show behind the cursor for the first item of an answer."""
    items: list[Json] = (result or {}).get("items", [])
    if not items:
        return ""
    item = items[0]
    start = offset(text, item["range"]["start"], encoding) if "range" in item else cursor
    typed = text[start:cursor]
    insert: str = item["insertText"]
    return insert.removeprefix(typed)


def _by_path(texts: Mapping[str, tuple[str, str]]) -> dict[Path, tuple[str, str]]:
    return {to_path(uri) or Path(uri): pair for uri, pair in texts.items()}
