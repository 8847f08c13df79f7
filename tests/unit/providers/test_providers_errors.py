"""Foreign errors become ours: one table of answers, and what must never stand in a message."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from providers_cases import model, request

from tierwise.core.errors import Auth, BadRequest, ProviderError, RateLimited, Refused, Transient
from tierwise.providers.connections.base import transport_error, unusable
from tierwise.providers.errors import Call, cut, from_event, from_status, late, missing_key, shown, unreachable
from tierwise.providers.problem import Problem, retry_after_s

KEY = "sk-ant-api03-Zm9vYmFyYmF6cXV4"


def call(prompt: Any = (("user", "def secret_sauce(): return 41 + 1"),), **provider: Any) -> Call:
    provider = {"kind": "anthropic", "api_key_env": "SOME_KEY"} | provider
    return Call(model(name="big/model", **provider), request(prompt), "http://user:pass@127.0.0.1:8080/v1", KEY)


def anthropic(kind: str, message: str = "m") -> dict[str, Any]:
    return {"type": "error", "error": {"type": kind, "message": message}, "request_id": "req_1"}


STATUS: list[tuple[int, object, type[ProviderError], str]] = [
    (
        400,
        anthropic("invalid_request_error", "max_tokens: too big"),
        BadRequest,
        "invalid_request_error): max_tokens: too big",
    ),
    (400, "<html>proxy says no</html>", BadRequest, "HTTP 400)"),
    (400, {"error": {"message": "m", "code": "content_filter"}}, Refused, "content_filter"),
    (401, anthropic("authentication_error"), Auth, "check the key in SOME_KEY"),
    (402, anthropic("billing_error"), Auth, "billing of the account behind SOME_KEY"),
    (403, anthropic("permission_error"), Auth, "what the key in SOME_KEY may use"),
    (403, {"error": {"code": "misalignment_policy_violation", "message": "m"}}, Refused, "policy"),
    (404, anthropic("not_found_error"), BadRequest, "Model big/model is unknown to provider p"),
    (408, None, Transient, "try again later"),
    (409, anthropic("conflict_error"), Transient, "conflict_error"),
    (413, anthropic("request_too_large"), BadRequest, "request_too_large"),
    (422, {"detail": [{"loc": ["body", "x"], "msg": "Extra inputs are not permitted"}]}, BadRequest, "Extra inputs"),
    (429, anthropic("rate_limit_error"), RateLimited, "over its rate limit"),
    (429, {"error": {"type": "insufficient_quota", "code": "insufficient_quota"}}, RateLimited, "billing"),
    (500, anthropic("api_error"), Transient, "api_error"),
    (503, b"unavailable", Transient, "HTTP 503"),
    (529, anthropic("overloaded_error"), Transient, "overloaded_error"),
    (307, None, BadRequest, "redirects elsewhere"),
]


@pytest.mark.parametrize(("status", "body", "kind", "words"), STATUS)
def test_http_errors(status: int, body: object, kind: type[ProviderError], words: str) -> None:
    error = from_status(call(), status, {}, body)
    assert type(error) is kind
    assert words in str(error)
    assert (error.provider, error.model) == ("p", "big/model")


EVENTS: list[tuple[object, type[ProviderError]]] = [
    (anthropic("overloaded_error"), Transient),
    (anthropic("rate_limit_error"), RateLimited),
    (anthropic("invalid_request_error"), BadRequest),
    (anthropic("authentication_error"), Auth),
    ({"code": "rate_limit_exceeded", "message": "m", "type": "error"}, RateLimited),
    ({"error": {"code": 429, "message": "upstream"}}, RateLimited),
    ({"error": {"code": 502, "message": "upstream"}}, Transient),
    ({"error": {"code": "bio_policy"}}, Refused),
    ({"error": "model runner has unexpectedly stopped"}, Transient),
    (None, Transient),
    (["?"], Transient),
]


@pytest.mark.parametrize(("body", "kind"), EVENTS)
def test_errors_inside_a_stream(body: object, kind: type[ProviderError]) -> None:
    assert type(from_event(call(), body)) is kind


def test_a_provider_without_a_key_is_told_how_to_get_one() -> None:
    error = from_status(call(api_key_env=None), 401, {}, None)
    assert "providers.p.api_key_env" in str(error)


RETRY: list[tuple[dict[str, str], float | None]] = [
    ({"retry-after": "2"}, 2.0),
    ({"retry-after": "0.5"}, 0.5),
    ({"retry-after-ms": "250", "retry-after": "9"}, 0.25),
    ({"retry-after": "-3"}, 0.0),
    ({"retry-after": "Sat, 21 Nov 2026 10:00:30 GMT", "date": "Sat, 21 Nov 2026 10:00:00 GMT"}, 30.0),
    ({"retry-after": "Sat, 21 Nov 2026 10:00:00 -0000", "date": "Sat, 21 Nov 2026 10:00:30 GMT"}, 0.0),
    ({"retry-after": "Sat, 21 Nov 2020 10:00:00 GMT"}, 0.0),
    ({"retry-after": "soon"}, None),
    ({"retry-after": "nan"}, None),
    ({}, None),
]


@pytest.mark.parametrize(("headers", "seconds"), RETRY)
def test_retry_after(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after_s(headers) == seconds
    limited = from_status(call(), 429, headers, None)
    assert isinstance(limited, RateLimited)
    assert limited.retry_after_s == seconds


def test_a_rejection_shows_the_reason_cleaned() -> None:
    long = "`messages.0` is wrong,\n  as you  see; " + "and so on; " * 40
    text = str(from_status(call(), 400, {}, anthropic("invalid_request_error", long)))
    assert "`messages.0` is wrong, as you see" in text
    assert len(text) < 300


@pytest.mark.parametrize(
    "quoted", [KEY, "sk-proj-abcDEF123456", "token=ghp_16C7e42F292c6912E7710c838347Ae178B4a", "Bearer abcdefgh"]
)
def test_no_key_in_a_message(quoted: str) -> None:
    text = str(from_status(call(), 400, {}, anthropic("invalid_request_error", f"bad header {quoted} here")))
    assert quoted not in text
    assert "[hidden]" in text


PROMPTS: list[Any] = [
    [["user", "first"], ["user", "def secret_sauce(n):\n    return 41 + 1"]],
    {"prefix": "def secret_sauce(n):\n    return 41", "suffix": " + 1"},
    {"prefix": "x", "suffix": "y", "extra": [["a.py", "def secret_sauce(n):\n    return 41 + 1"]]},
    "def secret_sauce(n):\n    return 41 + 1",
]


@pytest.mark.parametrize("prompt", PROMPTS)
def test_a_message_that_quotes_the_prompt_is_dropped(prompt: Any) -> None:
    body = anthropic("invalid_request_error", "cannot parse 'def secret_sauce(n): return 41' at 3")
    text = str(from_status(call(prompt), 400, {}, body))
    assert "secret_sauce" not in text
    assert "invalid_request_error" in text


@given(code=st.text(min_size=24, max_size=60), before=st.text(max_size=40), after=st.text(max_size=40))
def test_never_24_characters_of_the_prompt(code: str, before: str, after: str) -> None:
    prompt = " ".join(f"x{code}y".split())
    detail = Problem.of(anthropic("invalid_request_error", before + code + after)).detail(request(f"x{code}y"), KEY)
    assert not any(prompt[i : i + 24] in detail for i in range(len(prompt) - 23))


def test_sentences_without_an_answer() -> None:
    assert str(missing_key(call().ref, "SOME_KEY")).startswith("Set SOME_KEY (provider p)")
    assert "no first token within 5 s" in str(late(call(), started=False))
    assert "did not finish its answer within 10 s" in str(late(call(), started=True))
    assert str(cut(call(), "was cut")) == "The answer of p/big/model was cut"
    assert str(unreachable(call())) == (
        "p/big/model cannot be reached at http://127.0.0.1:8080: is the server running?"
    )


def test_an_address_is_shown_without_secrets() -> None:
    assert shown("https://me:pw@example.org:8443/v1?key=1") == "https://example.org:8443"
    assert "pass" not in str(unreachable(call()))
    assert KEY not in repr(call())


TRANSPORT: list[tuple[Exception, type[ProviderError], str]] = [
    (httpx2.ConnectTimeout("x"), Transient, "(no connection within 5 s)"),
    (httpx2.PoolTimeout("x"), Transient, "(no connection within 5 s)"),
    (httpx2.ReadTimeout("x"), Transient, "no first token"),
    (httpx2.ProxyError("407"), Transient, "see providers.p.proxy and HTTPS_PROXY"),
    (httpx2.ConnectError("[SSL: CERTIFICATE_VERIFY_FAILED] self-signed"), Transient, "see providers.p.ca_bundle"),
    (httpx2.ConnectError("Connection refused"), Transient, "is the server running?"),
    (httpx2.RemoteProtocolError("peer closed connection"), Transient, "was cut: the connection broke off"),
    (httpx2.ReadError(""), Transient, "was cut: the connection broke off"),
    (ConnectionResetError(104, "reset"), Transient, "was cut: the connection broke off"),
    (httpx2.LocalProtocolError(f"Illegal header value b'Bearer {KEY}'"), BadRequest, "base_url or header"),
    (httpx2.UnsupportedProtocol("x"), BadRequest, "base_url or header"),
    (httpx2.InvalidURL("x"), BadRequest, "base_url or header"),
]


@pytest.mark.parametrize(("fault", "kind", "words"), TRANSPORT)
def test_broken_connections(fault: Exception, kind: type[ProviderError], words: str) -> None:
    error = transport_error(call(), fault)
    assert type(error) is kind
    assert words in str(error)
    assert KEY not in str(error)


UNUSABLE: list[tuple[Exception, str]] = [
    (ImportError("Using SOCKS proxy, but the 'socksio' package is not installed."), "pip install socksio"),
    (ModuleNotFoundError("No module named 'anthropic'", name="anthropic"), "pip install anthropic"),
    (FileNotFoundError(2, "No such file"), "the file in SSL_CERT_FILE"),
    (ValueError("Unknown scheme for proxy URL 'gopher://me:pw@h'"), "the proxy or a header of providers.p"),
]


@pytest.mark.parametrize(("fault", "words"), UNUSABLE)
def test_connections_that_cannot_be_made(fault: Exception, words: str) -> None:
    error = unusable(call(), fault)
    assert isinstance(error, BadRequest)
    assert words in str(error)
    assert "pw" not in str(error)
