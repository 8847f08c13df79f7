from __future__ import annotations

from typing import Any

import pytest

from tierwise.cli.editor_watch import Watch

CAPABILITIES: dict[str, Any] = {
    "workspace": {"configuration": True, "applyEdit": False, "didChangeConfiguration": {"dynamicRegistration": True}},
    "window": {"workDoneProgress": True},
    "experimental": {"tierwise": True},
}


def ask(identifier: int, method: str, **params: Any) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": identifier, "method": method, "params": params}


def tell(method: str, **params: Any) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "method": method, "params": params}


def answer(identifier: int | None, **content: Any) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": identifier, **(content or {"result": None})}


def progress(kind: str, token: str = "t") -> dict[str, Any]:
    return tell("$/progress", token=token, value={"kind": kind})


def watched(*received: dict[str, Any], initialized: bool = True) -> Watch:
    watch = Watch(CAPABILITIES)
    watch.sent(ask(1, "initialize"))
    if initialized:
        watch.received(answer(1, result={}))
    for message in received:
        watch.received(message)
    return watch


@pytest.mark.parametrize(
    "messages",
    [
        [tell("tierwise/usage", task="complete")],
        [ask(1, "workspace/configuration", items=[])],
        [ask(1, "window/workDoneProgress/create", token="t"), progress("begin"), progress("report"), progress("end")],
        [
            ask(
                1,
                "client/registerCapability",
                registrations=[{"id": "r", "method": "workspace/didChangeConfiguration"}],
            )
        ],
        [answer(None, error={"code": -32700, "message": "no JSON"})],
    ],
)
def test_what_the_protocol_allows_is_no_breach(messages: list[dict[str, Any]]) -> None:
    assert watched(*messages).breaches == []


@pytest.mark.parametrize(
    ("messages", "breach"),
    [
        ([answer(1)], "answered twice"),
        ([answer(9)], "never asked"),
        ([{"jsonrpc": "2.0"}], "neither request"),
        ([{"method": "window/logMessage", "params": {}}], "without jsonrpc"),
        ([ask(1, "workspace/applyEdit", edit={})], "did not announce workspace.applyEdit"),
        ([ask(1, "window/showDocument", uri="x")], "did not announce window.showDocument.support"),
        ([tell("custom/news")], "which no client knows"),
        ([ask(1, "workspace/configuration", items=[]), ask(1, "workspace/configuration", items=[])], "still has"),
        ([progress("begin")], "never created"),
        ([ask(1, "window/workDoneProgress/create", token="t"), progress("end")], "while it was given"),
        ([ask(1, "window/workDoneProgress/create", token="t"), progress("start")], "unknown kind"),
        (
            [ask(1, "client/registerCapability", registrations=[{"id": "r", "method": "textDocument/rename"}])],
            "registered textDocument/rename",
        ),
    ],
)
def test_breaches_are_named(messages: list[dict[str, Any]], breach: str) -> None:
    (found,) = watched(*messages).breaches
    assert breach in found


@pytest.mark.parametrize(
    "content", [{"result": 1, "error": {"code": 1, "message": ""}}, {"error": None}, {"error": {"code": "x"}}]
)
def test_a_malformed_answer_is_a_breach(content: dict[str, Any]) -> None:
    watch = watched()
    watch.sent(ask(2, "textDocument/rename"))
    watch.received(answer(2, **content))
    assert watch.breaches


def test_only_messages_for_the_user_may_come_before_the_first_answer() -> None:
    assert watched(tell("window/logMessage"), initialized=False).breaches == []
    assert "before the answer" in watched(tell("tierwise/usage"), initialized=False).breaches[0]


def test_what_was_left_open_is_named() -> None:
    watch = watched(ask(1, "window/workDoneProgress/create", token="t"), progress("begin"))
    watch.sent(ask(2, "textDocument/rename"))
    assert watch.unanswered() == ["textDocument/rename (id 2) was never answered", "progress 't' never ended"]
    watch.received(answer(2))
    watch.received(progress("end"))
    assert watch.unanswered() == []


def test_the_editors_own_token_needs_no_creation() -> None:
    watch = watched()
    watch.sent(ask(2, "workspace/executeCommand", workDoneToken="mine"))
    for kind in ("begin", "end"):
        watch.received(progress(kind, "mine"))
    assert watch.breaches == []
