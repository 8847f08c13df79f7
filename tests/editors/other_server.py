"""A language's own server, as far as the stories need one: it renames by text, and can be slow about it.

Run as a program; ``--slow`` never answers a rename, which is only ended by its cancellation. Counts UTF-16 units,
whatever the client offers.
"""

from __future__ import annotations

import json
import re
import sys
from typing import Any

documents: dict[str, str] = {}


def rename(params: dict[str, Any]) -> dict[str, Any]:
    uri = params["textDocument"]["uri"]
    lines = documents[uri].splitlines()
    line, character = params["position"]["line"], params["position"]["character"]
    before = len(lines[line].encode("utf-16-le")[: 2 * character].decode("utf-16-le"))
    name = next(word[0] for word in re.finditer(r"\w+", lines[line]) if word.start() <= before <= word.end())
    edits = [
        {"range": span(number, text, word), "newText": params["newName"]}
        for number, text in enumerate(lines)
        for word in re.finditer(rf"\b{name}\b", text)
    ]
    return {"changes": {uri: edits}}


def span(number: int, text: str, word: re.Match[str]) -> dict[str, Any]:
    start, end = (len(text[:place].encode("utf-16-le")) // 2 for place in word.span())
    return {"start": {"line": number, "character": start}, "end": {"line": number, "character": end}}


def answer(message: dict[str, Any]) -> None:
    match message.get("method"):
        case "initialize":
            reply(message, {"capabilities": {"textDocumentSync": 1, "renameProvider": True}})
        case "textDocument/didOpen":
            document = message["params"]["textDocument"]
            documents[document["uri"]] = document["text"]
        case "textDocument/didChange":
            documents[message["params"]["textDocument"]["uri"]] = message["params"]["contentChanges"][-1]["text"]
        case "textDocument/rename":
            if "--slow" not in sys.argv:
                reply(message, rename(message["params"]))
        case "exit":
            sys.exit()
        case _ if "id" in message and "method" in message:
            reply(message, None)
        case _:
            pass


def reply(message: dict[str, Any], result: object) -> None:
    body = json.dumps({"jsonrpc": "2.0", "id": message["id"], "result": result}).encode()
    sys.stdout.buffer.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
    sys.stdout.buffer.flush()


def main() -> None:
    while head := sys.stdin.buffer.readline():
        length = int(head.partition(b":")[2])
        sys.stdin.buffer.readline()
        answer(json.loads(sys.stdin.buffer.read(length)))


if __name__ == "__main__":
    main()
