"""What a provider's error body says, whatever its shape, and how much of it may be shown.

Owner of no state. Never passes on text that stands in the prompt, or anything that looks like a key.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from math import isfinite
from typing import Any, cast

from tierwise.core.models import ChatPrompt, FimPrompt, ModelRequest

_SHOWN = 200
"""Characters of a provider's message that are kept."""

_QUOTE = 24
"""A message that shares this many characters in a row with the prompt is taken to quote it, and is dropped."""

_IDENTIFIER = re.compile(r"[A-Za-z][\w.-]{0,60}")
_KEYLIKE = re.compile(r"(?i)\b(?:sk|pk|rk|key|token|bearer)[-_ :=][\w*.-]{6,}|\b(?=\w*\d)[\w*-]{24,}")

_STATUS = {
    "invalid_request_error": 400,
    "invalid_prompt": 400,
    "context_length_exceeded": 400,
    "exceed_context_size_error": 400,
    "authentication_error": 401,
    "invalid_api_key": 401,
    "billing_error": 402,
    "permission_error": 403,
    "not_found_error": 404,
    "model_not_found": 404,
    "request_too_large": 413,
    "rate_limit_error": 429,
    "rate_limit_exceeded": 429,
    "insufficient_quota": 429,
    "timeout_error": 504,
    "overloaded_error": 529,
}
"""The HTTP status that an error of this type or code has outside a stream (the providers' error references). An
unknown one counts as a fault of the server."""


@dataclass(frozen=True, slots=True)
class Problem:
    """An error body, read. ``type`` is an identifier such as ``overloaded_error``, "" where there is none; ``status``
    the HTTP status it stands for, None where that is unknown; ``message`` is raw and must not be shown.
    """

    type: str
    code: str
    status: int | None
    message: str

    @staticmethod
    def of(body: object) -> Problem:
        """Read any of the shapes in use: ``error`` as an object or a text, ``message``, ``detail``; Gemini sends a list
        of one.
        """
        items = cast("list[object]", body) if isinstance(body, list) else [body]
        outer = _mapping(items[0] if items else None)
        inner = _mapping(outer.get("error")) or outer
        kind, code = _identifier(inner.get("type")), _identifier(inner.get("code"))
        if kind in ("", "error"):
            kind = code
        number = inner.get("code")
        status = number if isinstance(number, int) and 400 <= number < 600 else _STATUS.get(code) or _STATUS.get(kind)
        return Problem(kind, code, status, _message(outer, inner))

    @property
    def is_refusal(self) -> bool:
        """Whether a policy of the provider, not a mistake in the request, stopped it."""
        words = (self.type, self.code)
        return any("policy" in word or word.startswith("content_filter") for word in words)

    @property
    def is_quota(self) -> bool:
        """Whether money rather than speed is the limit."""
        return "insufficient_quota" in (self.type, self.code)

    def detail(self, request: ModelRequest, key: str) -> str:
        """The message fit to be shown: one line, short, without keys; "" if it quotes the prompt."""
        text = " ".join(self.message.split())
        if key:
            text = text.replace(key, "[hidden]")
        text = _KEYLIKE.sub("[hidden]", text)[:_SHOWN]
        prompt = " ".join(_prompt_text(request).split())
        if any(text[i : i + _QUOTE] in prompt for i in range(len(text) - _QUOTE + 1)):
            return ""
        return text


def retry_after_s(headers: Mapping[str, str]) -> float | None:
    """Seconds that a provider asks to wait: ``retry-after-ms``, or ``retry-after`` as seconds or as a date (RFC 9110
    §10.2.3), counted from the answer's own ``date`` so that a wrong local clock does no harm. None where it says none.
    """
    milliseconds = _number(headers.get("retry-after-ms"))
    if milliseconds is not None:
        return max(0.0, milliseconds / 1000)
    value = headers.get("retry-after")
    seconds = _number(value)
    if seconds is not None:
        return max(0.0, seconds)
    until = _date(value)
    if until is None:
        return None
    return max(0.0, (until - (_date(headers.get("date")) or datetime.now(UTC))).total_seconds())


def _message(outer: Mapping[str, Any], inner: Mapping[str, Any]) -> str:
    for value in (inner.get("message"), outer.get("error"), outer.get("detail"), outer.get("message")):
        if isinstance(value, str):
            return value
        if isinstance(value, list):  # FastAPI's list of what is wrong with which field
            items = [_mapping(item) for item in cast("list[object]", value)]
            return "; ".join(f"{item.get('loc', '')}: {item.get('msg', '')}" for item in items if item)
    return ""


def _prompt_text(request: ModelRequest) -> str:
    match request.prompt:
        case ChatPrompt(blocks):
            return "\n".join(block.text for block in blocks)
        case FimPrompt() as fim:
            return "\n".join((fim.prefix, fim.suffix, *(excerpt.text for excerpt in fim.extra)))
        case raw:
            return raw.text


def _mapping(value: object) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", value) if isinstance(value, Mapping) else {}


def _identifier(value: object) -> str:
    return value if isinstance(value, str) and _IDENTIFIER.fullmatch(value) else ""


def _number(value: str | None) -> float | None:
    try:
        number = float(value) if value else None
    except ValueError:
        return None
    return number if number is not None and isfinite(number) else None


def _date(value: str | None) -> datetime | None:
    try:
        date = parsedate_to_datetime(value) if value else None
    except ValueError:
        return None
    return date.replace(tzinfo=UTC) if date is not None and date.tzinfo is None else date
