"""The front door: answers ``initialize`` within milliseconds, while everything else is still unloaded.

Standard library only, and little of it. It reads messages in order until ``initialize`` came, answers that one, and
hands the open streams over; it never reads past what it answers, so nothing is lost, reordered or answered twice.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import cast

from tierwise.lsp.capabilities import initialize_result
from tierwise.lsp.client import Client
from tierwise.lsp.stdio import Reader, Writer, take_over

PARSE_ERROR = -32700
INVALID_REQUEST = -32600
INVALID_PARAMS = -32602
NOT_INITIALIZED = -32002


@dataclass(frozen=True, slots=True)
class Handover:
    """The streams after ``initialize`` was answered: the next message is the first that nobody has seen."""

    client: Client
    reader: Reader
    writer: Writer


def main(serve: Callable[[Handover], int]) -> int:
    """Answer ``initialize``, then let ``serve`` go on. Returns the exit status of the process."""
    reader, writer = take_over()
    greeting = _await_initialize(reader, writer)
    if isinstance(greeting, int):
        writer.flush(1.0)
        if reader.problem:
            print(f"tierwise: standard input is no LSP stream ({reader.problem})", file=sys.stderr)
        return greeting
    return serve(Handover(greeting, reader, writer))


def _await_initialize(reader: Reader, writer: Writer) -> Client | int:
    """The client, or the exit status when it leaves before it said who it is (LSP: 1 without ``shutdown``)."""
    while (body := reader.next()) is not None:
        message = _parse(body)
        if message is None:
            _send(writer, _error(None, PARSE_ERROR, "The message is no JSON object."))
            continue
        identifier, method = message.get("id"), message.get("method")
        if method == "exit":
            return 1
        if identifier is None or not isinstance(method, str):
            continue  # a notification before initialize is dropped (LSP 3.18), a stray answer is nobody's
        if method != "initialize":
            _send(writer, _error(identifier, NOT_INITIALIZED, f"Send initialize before {method}."))
            continue
        params = message.get("params")
        if not isinstance(params, dict):
            _send(writer, _error(identifier, INVALID_PARAMS, "initialize needs an object of parameters."))
            continue
        client = Client.of(cast("Mapping[str, object]", params))
        _send(writer, {"jsonrpc": "2.0", "id": identifier, "result": initialize_result(client)})
        return client
    return 1


def _parse(body: bytes) -> dict[str, object] | None:
    try:
        message: object = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return cast("dict[str, object]", message) if isinstance(message, dict) else None


def _error(identifier: object, code: int, text: str) -> dict[str, object]:
    return {"jsonrpc": "2.0", "id": identifier, "error": {"code": code, "message": text}}


def _send(writer: Writer, message: dict[str, object]) -> None:
    writer.send(json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode())
