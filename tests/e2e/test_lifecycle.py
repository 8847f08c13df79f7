"""From the first message to the last, and everything in it that an editor might get wrong."""

from __future__ import annotations

import asyncio
import sys
from typing import Any

import psutil
import pytest
from clients import CLIENTS, capabilities
from harness import Harness

from tierwise import __version__
from tierwise.cli.editor import REQUEST_CANCELLED, Editor, ServerError
from tierwise.core.uris import to_uri

PARSE_ERROR, INVALID_REQUEST, METHOD_NOT_FOUND, INVALID_PARAMS = -32700, -32600, -32601, -32602
NOT_INITIALIZED = -32002

METHODS = (
    "textDocument/inlineCompletion",
    "textDocument/completion",
    "textDocument/prepareRename",
    "textDocument/rename",
    "textDocument/codeAction",
    "codeAction/resolve",
    "workspace/executeCommand",
    "workspace/textDocumentContent",
)


async def refusal(editor: Editor, method: str, params: Any = None) -> int:
    """The code of the error that a request is answered with."""
    with pytest.raises(ServerError) as caught:
        await editor.request(method, params)
    assert caught.value.text.strip(), "an error without a sentence"
    assert "Traceback" not in caught.value.text
    return caught.value.code


@pytest.mark.parametrize("client", CLIENTS)
async def test_every_client_is_greeted_and_sent_off(harness: Harness, client: str) -> None:
    editor = await harness.start(client, initialize=False)
    answer = await editor.initialize()
    assert answer["serverInfo"] == {"name": "tierwise", "version": __version__}
    offered = capabilities(client).get("general", {}).get("positionEncodings", ["utf-16"])
    assert answer["capabilities"]["positionEncoding"] == offered[0]
    announced = "inlineCompletion" in capabilities(client).get("textDocument", {})
    assert ("inlineCompletionProvider" in answer["capabilities"]) == announced
    assert await editor.shutdown() == 0


async def test_leaving_without_shutdown_is_status_1(harness: Harness) -> None:
    editor = await harness.start()
    editor.notify("exit")
    assert await editor.wait_exit() == 1


async def test_leaving_before_initialize_is_status_1(harness: Harness) -> None:
    editor = await harness.start(initialize=False)
    editor.notify("exit")
    assert await editor.wait_exit() == 1


@pytest.mark.parametrize("initialize", [False, True])
async def test_the_server_ends_when_its_input_does(harness: Harness, initialize: bool) -> None:
    editor = await harness.start(initialize=initialize)
    editor.close_input()
    await editor.wait_exit()


async def test_the_server_ends_when_the_editor_is_gone(harness: Harness) -> None:
    # The pipe stays open, as when another child of the dead editor holds it.
    starts = "import subprocess, sys; sys.exit(subprocess.call([sys.executable, '-m', 'tierwise', 'serve']))"
    editor = await harness.start(initialize=False, command=(sys.executable, "-c", starts))
    editor.process_id = editor.process.pid
    await editor.initialize()
    await editor.request("workspace/executeCommand", {"command": "tierwise.status", "arguments": []})
    servers = psutil.Process(editor.process.pid).children(recursive=True)
    assert servers
    editor.process.kill()
    _, left = await asyncio.to_thread(psutil.wait_procs, servers, timeout=20)
    assert left == []


async def test_a_client_that_never_says_initialized_is_served(harness: Harness) -> None:
    editor = await harness.start(initialize=False)
    params = {"processId": None, "rootUri": None, "capabilities": {}}
    editor.server_capabilities = (await editor.request("initialize", params))["capabilities"]
    assert await editor.request("workspace/executeCommand", {"command": "tierwise.status", "arguments": []})


async def test_requests_before_initialize_are_refused(harness: Harness) -> None:
    editor = await harness.start(initialize=False)
    assert await refusal(editor, "textDocument/rename", {}) == NOT_INITIALIZED
    await editor.initialize()


async def test_a_second_initialize_is_refused(harness: Harness) -> None:
    editor = await harness.start()
    assert await refusal(editor, "initialize", {"processId": None, "capabilities": {}}) == INVALID_REQUEST


async def test_requests_after_shutdown_are_refused(harness: Harness) -> None:
    editor = await harness.start()
    await editor.request("shutdown")
    assert await refusal(editor, "textDocument/completion", {}) == INVALID_REQUEST
    editor.notify("exit")
    assert await editor.wait_exit() == 0


async def test_an_unknown_method_is_refused_and_an_unknown_notification_ignored(harness: Harness) -> None:
    editor = await harness.start()
    assert await refusal(editor, "textDocument/hover", {}) == METHOD_NOT_FOUND
    assert await refusal(editor, "$/unknown", {}) == METHOD_NOT_FOUND
    editor.notify("$/setTrace", {"value": "verbose"})
    editor.notify("custom/unknown", {"x": 1})
    editor.notify("$/cancelRequest", {"id": 12345})
    assert await refusal(editor, "custom/unknown", {}) == METHOD_NOT_FOUND


NOTIFICATIONS = (
    "initialized",
    "exit",
    "$/cancelRequest",
    "$/setTrace",
    "textDocument/didOpen",
    "workspace/didChangeConfiguration",
    "workspace/didChangeWorkspaceFolders",
    "window/workDoneProgress/cancel",
)


async def test_a_notification_sent_as_a_request_is_answered_and_not_carried_out(harness: Harness) -> None:
    editor = await harness.start()
    for method in NOTIFICATIONS:
        assert await refusal(editor, method, {}) == METHOD_NOT_FOUND
    for method in ("initialize", "shutdown", "textDocument/rename", "workspace/executeCommand"):
        editor.notify(method, {})
    assert await editor.request("workspace/executeCommand", {"command": "tierwise.status", "arguments": []})


async def test_leaving_without_waiting_for_the_answer_to_shutdown_loses_nothing(harness: Harness) -> None:
    editor = await harness.start(initialize=False)
    greeted = editor.send("initialize", {"processId": None, "rootUri": None, "capabilities": {}})
    ended = editor.send("shutdown")
    editor.notify("exit")
    assert (await greeted.answer())["capabilities"]
    assert await ended.answer() is None
    assert await editor.wait_exit() == 0


async def test_a_message_nested_beyond_reading_holds_up_nothing(harness: Harness) -> None:
    editor = await harness.start()
    deep = b'{"jsonrpc":"2.0","id":"deep","method":"x","params":%b%b}' % (b"[" * 200_000, b"]" * 200_000)
    nothing = b'{"jsonrpc":"2.0"}'
    calls = b"".join(b"Content-Length: %d\r\n\r\n%b" % (len(body), body) for body in (deep, nothing))
    editor.send_bytes(calls)
    assert await editor.request("workspace/executeCommand", {"command": "tierwise.status", "arguments": []})
    answers = [entry.message for entry in editor.log if not entry.sent and "error" in entry.message]
    assert [answer["error"]["code"] for answer in answers] == [PARSE_ERROR, INVALID_REQUEST]


MALFORMED: tuple[Any, ...] = (
    {},
    {"textDocument": None},
    {"textDocument": {"uri": 7}, "position": "here"},
    {"textDocument": {"uri": "file:///a.py"}, "position": {"line": -1, "character": "x"}},
    {"command": 5},
    [1, 2],
    None,
)


async def test_malformed_parameters_get_exactly_one_error(harness: Harness) -> None:
    editor = await harness.start("bare")
    codes = {f"{method} {params}": await refusal(editor, method, params) for method in METHODS for params in MALFORMED}
    assert {name: code for name, code in codes.items() if code != INVALID_PARAMS} == {}


@pytest.mark.parametrize("name", [None, 5, True, ["two"], {"name": "two"}])
async def test_what_is_no_text_names_nothing(harness: Harness, name: object) -> None:
    harness.write("a.go", "package main\n\nfunc one() {}\n")
    editor = await harness.start()
    uri = to_uri(harness.workspace / "a.go")
    editor.tell(editor.documents.open(uri))
    params = {"textDocument": {"uri": uri}, "position": {"line": 2, "character": 5}, "newName": name}
    assert await refusal(editor, "textDocument/rename", params) == INVALID_PARAMS


async def test_an_object_that_looks_like_a_message_is_only_an_argument(harness: Harness) -> None:
    editor = await harness.start()
    arguments = [{"jsonrpc": "2.0", "id": 1, "method": "exit"}]
    assert await refusal(editor, "workspace/executeCommand", {"command": "tierwise.edit", "arguments": arguments})
    assert await refusal(editor, "workspace/executeCommand", {"command": "no.such", "arguments": arguments})


async def test_malformed_notifications_do_no_harm(harness: Harness) -> None:
    editor = await harness.start()
    for method in (
        "textDocument/didOpen",
        "textDocument/didChange",
        "textDocument/didClose",
        "workspace/didChangeConfiguration",
    ):
        for params in ({}, {"textDocument": {"uri": 1}}, [], None):
            editor.notify(method, params)
    assert await editor.request("workspace/executeCommand", {"command": "tierwise.status", "arguments": []})
    assert [params for method, params in editor.notifications if method == "window/showMessage"] == []


async def test_what_is_no_json_is_answered_and_survived(harness: Harness) -> None:
    editor = await harness.start()
    editor.send_bytes(b"Content-Length: 5\r\n\r\n{nope")
    editor.send_bytes(b"Content-Length: 2\r\n\r\n[]")
    assert await editor.request("workspace/executeCommand", {"command": "tierwise.status", "arguments": []})


@pytest.mark.parametrize("initialize", [False, True])
async def test_what_is_no_stream_of_messages_ends_the_server_with_a_sentence(
    harness: Harness, initialize: bool
) -> None:
    editor = await harness.start(initialize=initialize)
    editor.send_bytes(b"hello, are you there?\r\n\r\n")
    assert await editor.wait_exit() == 1
    assert any("standard input" in line for line in editor.stderr)


async def test_split_and_joined_frames_are_read_in_order(harness: Harness) -> None:
    editor = await harness.start()
    uri = to_uri(harness.workspace / "a.py")
    editor.tell(editor.documents.open(uri, "x = 1\n"))
    calls = [editor.send("workspace/executeCommand", {"command": "tierwise.status", "arguments": []}) for _ in range(5)]
    await asyncio.gather(*(call.answer() for call in calls))
    body = b'{"jsonrpc":"2.0","method":"$/setTrace","params":{"value":"off"}}'
    frame = b"Content-Type: application/vscode-jsonrpc; charset=utf-8\r\nContent-Length: %d\r\n\r\n%b" % (
        len(body),
        body,
    )
    for index in range(len(frame)):  # nothing may come between: no other answer of this editor's
        editor.send_bytes(frame[index : index + 1])
    assert await refusal(editor, "custom/unknown") == METHOD_NOT_FOUND


async def test_a_cancelled_request_has_exactly_one_answer(harness: Harness) -> None:
    harness.write("a.py", "def one():\n    return 1\n\n\none()\n")
    editor = await harness.start()
    uri = to_uri(harness.workspace / "a.py")
    editor.tell(editor.documents.open(uri))
    params = {"textDocument": {"uri": uri}, "position": {"line": 0, "character": 5}, "newName": "two"}
    calls = [editor.send("textDocument/rename", params) for _ in range(3)]
    for call in calls:
        call.cancel()
        call.cancel()
    answers = await asyncio.gather(*(call.answer() for call in calls), return_exceptions=True)
    assert {a.code for a in answers if isinstance(a, ServerError)} <= {REQUEST_CANCELLED}
