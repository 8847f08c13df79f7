"""A server for the tests of the editor: answers in the way that its first argument names, right or wrong."""

from __future__ import annotations

import json
import sys
from typing import Any


def read() -> dict[str, Any] | None:
    length = 0
    while (line := sys.stdin.buffer.readline()) not in {b"\r\n", b""}:
        length = int(line.split(b":")[1])
    return json.loads(sys.stdin.buffer.read(length)) if length else None


def write(message: dict[str, Any], extra: bytes = b"") -> None:
    body = json.dumps({"jsonrpc": "2.0", **message}).encode()
    sys.stdout.buffer.write(b"Content-Length: %d\r\n\r\n%b%b" % (len(body), body, extra))
    sys.stdout.buffer.flush()


def main(manner: str) -> int:
    print("ready", file=sys.stderr, flush=True)
    while (message := read()) is not None:
        method, identifier = message.get("method"), message.get("id")
        if method == "exit":
            return 3
        if method == "initialize":
            write({"id": identifier, "result": {"capabilities": {"positionEncoding": "utf-8"}}})
        elif method == "ask":
            write({"id": "s1", "method": message["params"]["method"], "params": message["params"]["params"]})
            reply = read()
            write({"id": identifier, "result": reply})
        elif method == "$/cancelRequest":
            write({"id": message["params"]["id"], "error": {"code": -32800, "message": "cancelled"}})
        elif method == "shutdown" or (identifier is not None and manner == "well"):
            write({"id": identifier, "result": None})
        elif identifier is not None and manner == "twice":
            write({"id": identifier, "result": None})
            write({"id": identifier, "result": None})
        elif identifier is not None and manner == "too-long":
            write({"id": identifier, "result": None}, extra=b"\r\n")
        elif identifier is not None and manner == "cut":
            sys.stdout.buffer.write(b"Content-Length: 100\r\n\r\n{")
            return 0
        elif identifier is not None and manner == "dies":
            return 7
        elif method == "tell":
            write({"method": "window/logMessage", "params": message["params"]})
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
