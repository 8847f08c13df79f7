"""A language server for tests: ``python fake_server.py LOG [HABIT ...]``. It renames words in documents it was shown.

LOG gets one JSON line for everything it hears, and one for the environment it was started in. Habits: ``silent`` (never
answers a rename), ``crash`` (dies at a rename, unless LOG.again is there), ``refuse``, ``nothing``, ``no-provider``,
``busy`` (works before it knows anything), ``unread`` (answers with edits beyond the text), ``deaf`` (no handshake).
"""

from __future__ import annotations

import json
import os
import re
import sys
from pathlib import Path
from typing import Any

LOG = Path(sys.argv[1])
HABITS = set(sys.argv[2:])
TEXTS: dict[str, str] = {}


def main() -> None:
    note({"environ": dict(os.environ), "cwd": str(Path.cwd())})
    while (message := read()) is not None:
        note({"method": message.get("method"), "params": message.get("params")})
        if message.get("method") == "exit":
            return
        handle(message)


def handle(message: dict[str, Any]) -> None:
    method, params = message.get("method", ""), message.get("params") or {}
    if method == "initialize" and "deaf" not in HABITS:
        provider = None if "no-provider" in HABITS else {"prepareProvider": True}
        answer(message, {"capabilities": {"renameProvider": provider}})
    elif method == "initialized" and "busy" in HABITS:
        send({"id": "p", "method": "window/workDoneProgress/create", "params": {"token": "t"}})
        send({"method": "$/progress", "params": {"token": "t", "value": {"kind": "begin", "title": "reading"}}})
        send({"id": "c", "method": "workspace/configuration", "params": {"items": [{"section": "fake.word"}]}})
    elif message.get("id") == "c":
        note({"configuration": message.get("result")})
        send({"method": "$/progress", "params": {"token": "t", "value": {"kind": "end"}}})
    elif method == "textDocument/didOpen":
        TEXTS[params["textDocument"]["uri"]] = params["textDocument"]["text"]
    elif method == "textDocument/didChange":
        TEXTS[params["textDocument"]["uri"]] = params["contentChanges"][0]["text"]
    elif method == "textDocument/didClose":
        TEXTS.pop(params["textDocument"]["uri"])
    elif method == "shutdown":
        answer(message, None)
    elif method == "textDocument/prepareRename":
        answer(
            message, None if "nothing" in HABITS else {"range": word_at(params)[1], "placeholder": word_at(params)[0]}
        )
    elif method == "textDocument/rename":
        rename(message, params)


def rename(message: dict[str, Any], params: dict[str, Any]) -> None:
    again = Path(f"{LOG}.again")
    if "crash" in HABITS and not again.exists():
        again.touch()
        sys.exit(3)
    if "silent" in HABITS:
        return
    if "refuse" in HABITS:
        send({"id": message["id"], "error": {"code": 0, "message": "no, because of the rules"}})
        return
    word, _ = word_at(params)
    changes: dict[str, list[Any]] = {}
    for uri, text in TEXTS.items():
        for number, line in enumerate(text.split("\n")):
            for match in re.finditer(rf"\b{re.escape(word)}\b", line):
                beyond = 1_000 if "unread" in HABITS else 0
                edit = {
                    "range": place(number, match.start() + beyond, match.end() + beyond),
                    "newText": params["newName"],
                }
                changes.setdefault(uri, []).append(edit)
    answer(message, {"changes": changes})


def word_at(params: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    line, character = params["position"]["line"], params["position"]["character"]
    row = TEXTS[params["textDocument"]["uri"]].split("\n")[line]
    match = next(m for m in re.finditer(r"\w+", row) if m.start() <= character <= m.end())
    return match[0], place(line, match.start(), match.end())


def place(line: int, start: int, end: int) -> dict[str, Any]:
    return {"start": {"line": line, "character": start}, "end": {"line": line, "character": end}}


def answer(message: dict[str, Any], result: Any) -> None:
    send({"id": message["id"], "result": result})


def send(message: dict[str, Any]) -> None:
    body = json.dumps({"jsonrpc": "2.0", **message}).encode()
    sys.stdout.buffer.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
    sys.stdout.buffer.flush()


def read() -> dict[str, Any] | None:
    length = 0
    while (line := sys.stdin.buffer.readline()).strip():
        if line.lower().startswith(b"content-length:"):
            length = int(line.split(b":")[1])
    return json.loads(sys.stdin.buffer.read(length)) if length else None


def note(what: dict[str, Any]) -> None:
    with LOG.open("a", encoding="utf-8") as file:
        file.write(json.dumps(what) + "\n")


main()
