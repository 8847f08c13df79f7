"""Other tools' own rename tests, played through the real server as an editor plays it.

The recorded tests are not part of this repository: ``rename/*.json`` in the folder that ``TIERWISE_EVALUATION`` names
(default ``../shared/evaluation``). Each test is a workspace folder of its own that one running server is told of.

passed: every edit is the expected one, or the refusal is. refused: nothing was edited where edits were expected. wrong:
an edit that is not expected, or a missing one. TypeScript's tests that ask for mentions in comments and strings are
compared without these: Tierwise offers them apart.
"""

from __future__ import annotations

import json
import os
import re
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tierwise.cli.editor import Editor, ServerError
from tierwise.core.text import Point
from tierwise.core.uris import to_uri
from tierwise.syntax.parse import parse

SUITES = ("jedi", "pyright_fourslash", "typescript_fourslash", "gopls")

_CAPABILITIES: dict[str, Any] = {
    "general": {"positionEncodings": ["utf-16"]},
    "workspace": {
        "workspaceEdit": {"documentChanges": True, "resourceOperations": ["create", "rename", "delete"]},
        "workspaceFolders": True,
    },
    "textDocument": {"rename": {"prepareSupport": True}},
}
_SITE_PACKAGES = ".venv/lib/python3.11/site-packages"
_PATIENCE_S = 90.0

Case = dict[str, Any]


def folder() -> Path:
    """Where the recorded tests are; it may not exist."""
    return Path(os.environ.get("TIERWISE_EVALUATION", "../shared/evaluation")) / "rename"


def recorded(suite: str, containing: str = "") -> list[Case]:
    """The tests of one suite whose names contain a text."""
    cases: list[Case] = json.loads((folder() / f"{suite}.json").read_text(encoding="utf-8"))
    return [case for case in cases if containing in case["test"]]


@dataclass
class Score:
    """What came of one suite with one choice of engines. Times in seconds; ``engines`` counts who found what."""

    counts: Counter[str] = field(default_factory=Counter[str])
    engines: Counter[str] = field(default_factory=Counter[str])
    slowest_s: float = 0.0
    total_s: float = 0.0

    @property
    def cases(self) -> int:
        return sum(self.counts.values())

    @property
    def passed(self) -> float:
        """The share that passed, 0 to 1."""
        return self.counts["passed"] / self.cases if self.cases else 0.0


async def play(
    cases: Iterable[Case], engines: Iterable[str], servers: str = "", failed: Callable[[str], None] = lambda _: None
) -> Score:
    """Play tests with these engines (``bundled``, ``server``). ``servers``: folders to put before PATH. ``failed`` is
    told of each that did not pass, at once: a suite with a language's own server takes many minutes.
    """
    score = Score()
    chosen = ", ".join(f'"{engine}"' for engine in engines)
    async with _server(servers) as (editor, root):
        for number, case in enumerate(cases):
            started = time.perf_counter()
            verdict, note, engine = await _Play(editor, root / f"p{number}", case, chosen).run()
            score.slowest_s = max(score.slowest_s, time.perf_counter() - started)
            score.total_s += time.perf_counter() - started
            score.counts[verdict] += 1
            score.engines[engine] += 1
            if verdict != "passed":
                failed(f"{verdict:8} {case['test']}: {note}")
    return score


@asynccontextmanager
async def _server(servers: str) -> AsyncIterator[tuple[Editor, Path]]:
    with tempfile.TemporaryDirectory() as place:
        home = Path(place).resolve()  # noqa: ASYNC240 - before anything runs
        root = home / "work"
        (root / "base").mkdir(parents=True)
        folders = {f"XDG_{kind}_HOME": str(home / kind.lower()) for kind in ("CONFIG", "STATE", "CACHE")}
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "SYSTEMROOT", "APPDATA") if name in os.environ}
        kept["PATH"] = os.pathsep.join(filter(None, (servers, kept.get("PATH", ""))))
        config = home / "config" / "tierwise" / "config.toml"
        config.parent.mkdir(parents=True)
        config.write_text('profile = "embedded"\n', encoding="utf-8")
        editor = Editor(
            _CAPABILITIES,
            folders=[root / "base"],
            environ={**kept, **folders},
            options={"trusted": True},
        )
        async with editor:
            await editor.initialize()
            yield editor, root
            await editor.shutdown()


class _Play:
    """One test in one running server."""

    def __init__(self, editor: Editor, folder: Path, case: Case, engines: str) -> None:
        self._editor = editor
        self._folder = folder
        self._case = case
        self._engines = engines

    async def run(self) -> tuple[str, str, str]:
        """Verdict, what is to be said of it, and the engine that found the occurrences."""
        self._write()
        self._tell(added=True)
        uri = self._open()
        mark = len(self._editor.notifications)
        try:
            verdict, note = await self._ask(uri)
        finally:
            for buffer in list(self._editor.documents.buffers.values()):
                self._editor.tell(self._editor.documents.close(buffer.uri))
            self._editor.documents.gone.clear()
            self._tell(added=False)
        return verdict, note, self._engine(mark)

    def _write(self) -> None:
        case = self._case
        for name, text in case["files"].items():
            path = self._folder / relative(case, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text.encode())
        if case.get("file_options"):
            (self._folder / ".venv").mkdir(exist_ok=True)
            (self._folder / ".venv" / "pyvenv.cfg").write_text("home = /usr/bin\n", encoding="utf-8")
        # Where a refusal is expected TypeScript's tests ask as by default, without aliases.
        aliased = case["expect"] != "not_renameable"
        aliases = case.get("options", {}).get("providePrefixAndSuffixTextForRename", aliased)
        wanted = str(aliases).lower()
        (self._folder / ".tierwise.toml").write_text(
            f"[rename]\nengines = [{self._engines}]\nmentions = false\nrelated = false\naliases = {wanted}\n",
            encoding="utf-8",
        )
        config = self._folder / "tsconfig.json"
        if case["peer"] == "typescript" and not config.exists():
            config.write_text(json.dumps({"compilerOptions": _compiler_options(case)}), encoding="utf-8")

    def _tell(self, *, added: bool) -> None:
        listed = [{"uri": to_uri(self._folder), "name": self._folder.name}]
        event = {"added": listed if added else [], "removed": [] if added else listed}
        self._editor.notify("workspace/didChangeWorkspaceFolders", {"event": event})

    def _open(self) -> str:
        case, name = self._case, relative(self._case, self._case["position"]["file"])
        untitled = name.startswith("Untitled")
        uri = f"untitled:{name}" if untitled else to_uri(self._folder / name)
        text = case["files"][case["position"]["file"]]
        if untitled:
            (self._folder / name).unlink()
        # pyright refuses in a file that its settings exclude, unless it is open; there nothing is open.
        if case["expect"] == "not_renameable" and "exclude" in case["files"].get("pyrightconfig.json", ""):
            return uri
        self._editor.tell(self._editor.documents.open(uri, text))
        return uri

    async def _ask(self, uri: str) -> tuple[str, str]:
        case = self._case
        place = {key: case["position"][key] for key in ("line", "character")}
        params = {"textDocument": {"uri": uri}, "position": place}
        refusal = case["expect"] in {"error", "not_renameable"}
        try:
            await self._editor.request("textDocument/prepareRename", params, _PATIENCE_S)
            if case["expect"] == "renameable":
                return "passed", ""
            edit = await self._editor.request("textDocument/rename", {**params, "newName": new_name(case)}, _PATIENCE_S)
        except ServerError as error:
            return ("passed" if refusal or not self._changes() else "refused"), error.text
        if refusal:
            return "wrong", "expected a refusal"
        return self._compare(edit)

    def _changes(self) -> bool:
        """Whether the test expects any change: what changes nothing may be refused."""
        if self._case["expect"] == "renameable":
            return True
        texts = {relative(self._case, name): text for name, text in self._case["files"].items()}
        return expected_texts(self._case, new_name(self._case)) != texts

    def _compare(self, edit: dict[str, Any]) -> tuple[str, str]:
        case = self._case
        changes = edit.get("documentChanges", [])
        before = {relative(case, name): text for name, text in case["files"].items()}
        texts = dict(before)
        for uri, (_, text) in self._editor.documents.preview({"documentChanges": _only_texts(changes)}).items():
            texts[uri.removeprefix(f"{to_uri(self._folder)}/").removeprefix("untitled:")] = text
        for move in (change for change in changes if change.get("kind") == "rename"):
            old, new = (move[key].removeprefix(f"{to_uri(self._folder)}/") for key in ("oldUri", "newUri"))
            texts = {re.sub(rf"^{re.escape(old)}(?=/|$)", new, name): text for name, text in texts.items()}
        wanted = expected_texts(case, new_name(case))
        for name in sorted(wanted.keys() | texts.keys()):
            if not _same(wanted.get(name), texts.get(name), created=name not in before):
                return "wrong", f"{name} is {texts.get(name)!r}, expected {wanted.get(name)!r}"
        return "passed", ""

    def _engine(self, mark: int) -> str:
        told = [p["message"] for method, p in self._editor.notifications[mark:] if method == "window/logMessage"]
        found = [match[1] for text in told if (match := re.search(r"found by ([\w-]+)", text))]
        return found[-1] if found else "nobody"


def _only_texts(changes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [change for change in changes if "kind" not in change]


def new_name(case: Case) -> str:
    """The recorded name, or one of the same form (private, capital) as the old one."""
    old = case["old_name"] or "name"
    mark = "#" if old.startswith("#") else ""
    chosen = "RenamedByBenchmark" if old.removeprefix(mark)[0].isupper() else "renamedByBenchmark"
    return case["new_name"] or mark + chosen


def relative(case: Case, name: str) -> str:
    """Where a file of a test lies in its folder."""
    options = case.get("file_options", {}).get(name, {})
    return f"{_SITE_PACKAGES}/{name}" if options.get("library") == "true" else name.lstrip("/")


def expected_texts(case: Case, new: str) -> dict[str, str]:
    """The files as they should be afterwards."""
    texts = {relative(case, name): text for name, text in case["files"].items()}
    if case["expect"] == "files_after":
        return _moved(case, texts)
    ranges = sorted(
        filter(lambda item: _is_code(case, item), case["expected_ranges"]),
        key=lambda item: (item["start"]["line"], item["start"]["character"]),
    )
    for item in reversed(ranges):
        name = relative(case, item["file"])
        lines = texts[name].split("\n")
        start, end = item["start"], item["end"]
        row = lines[start["line"]].encode("utf-16-le")
        text = item.get("prefix_text", "") + item.get("new_text", new) + item.get("suffix_text", "")
        new_row = row[: 2 * start["character"]] + text.encode("utf-16-le") + row[2 * end["character"] :]
        lines[start["line"]] = new_row.decode("utf-16-le")
        texts[name] = "\n".join(lines)
    return texts


def _moved(case: Case, texts: dict[str, str]) -> dict[str, str]:
    """The recorded files after a rename, with those that moved under their new names only."""
    # A file that is recorded as empty afterwards has moved, or had no change to be recorded.
    after, created = case["files_after"], case.get("files_created") or {}
    kept = {name: text for name, text in texts.items() if not created or after.get(name, text) or not text}
    texts = {name: after.get(name) or text for name, text in kept.items()}
    for old, new in case.get("file_renames") or ():
        texts = {re.sub(rf"^{re.escape(old)}(?=/|$)", new, name): text for name, text in texts.items()}
    for name, difference in created.items():
        texts[name] = "".join(f"{line[1:]}\n" for line in difference.split("\n")[1:] if line.startswith("+"))
    return texts


def _same(wanted: str | None, text: str | None, *, created: bool) -> bool:
    """Whether a file is as expected. Of a created one the recording may have a blank line more at the end."""
    if created and wanted is not None and text is not None:
        return wanted.rstrip("\n") == text.rstrip("\n")
    return wanted == text


def _is_code(case: Case, item: dict[str, Any]) -> bool:
    """Whether a range must be renamed: with ``findInComments`` and ``findInStrings`` TypeScript adds mentions."""
    options = case.get("options", {})
    if not (options.get("findInComments") or options.get("findInStrings")):
        return True
    parsed = parse("typescriptreact", case["files"][item["file"]])
    if parsed is None:
        return True
    start = Point(item["start"]["line"], item["start"]["character"])
    node = parsed.root.descendant_for_byte_range(parsed.byte(start), parsed.byte(start) + 1)
    tagged = "{" in parsed.text_between(max(0, parsed.byte(start) - 1), parsed.byte(start))
    return tagged or node is None or node.type not in {"comment", "string_fragment"}


def _compiler_options(case: Case) -> dict[str, Any]:
    """What the test says, over what TypeScript's own test runner takes for granted."""
    words = {"true": True, "false": False}
    said = {key: words.get(value, value) for key, value in case.get("compiler_options", {}).items() if key != "link"}
    said.pop("allowNonTsExtensions", None)
    scripts = any(name.endswith((".js", ".jsx")) for name in case["files"])
    return {"strict": False, "allowJs": scripts, "jsx": "preserve", **said}
