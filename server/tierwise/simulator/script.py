"""The script: which request gets which reply. Written as TOML or JSON, or built in code.

    [[rules]]
    wire = "anthropic"              # all conditions that are given must hold
    model = "claude-haiku-*"
    contains = ["def parse"]
    times = 1                       # afterwards the rule no longer matches
    [rules.reply]
    text = "return None"
    first_token_ms = 120

    [[rules]]
    [rules.reply.fault]
    kind = "rate-limit"
    retry_after_s = 2

The first rule that matches answers. Owner of no state: ``ScriptRunner`` counts matches. A script must never make the
simulator break the wire unless a fault says so.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Awaitable, Callable, Mapping
from enum import StrEnum
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from tierwise.core.errors import UsageError
from tierwise.simulator.call import Call, Wire


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class FaultKind(StrEnum):
    """What goes wrong. The first group answers with an HTTP error in the provider's own words."""

    RATE_LIMIT = "rate-limit"
    OVERLOADED = "overloaded"
    SERVER_ERROR = "server-error"
    UNAVAILABLE = "unavailable"
    GATEWAY_TIMEOUT = "gateway-timeout"
    UNAUTHORIZED = "unauthorized"
    PAYMENT_REQUIRED = "payment-required"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not-found"
    BAD_REQUEST = "bad-request"
    TOO_LARGE = "too-large"

    HANG_BEFORE_HEADERS = "hang-before-headers"
    """Nothing is ever sent."""
    HANG_AFTER_HEADERS = "hang-after-headers"
    """The status line and the headers, then nothing."""
    HANG_MID_STREAM = "hang-mid-stream"
    """``after`` pieces of the answer, then nothing."""
    CUT_BEFORE_HEADERS = "cut-before-headers"
    """The connection is closed without a byte."""
    CUT_BEFORE_FIRST_TOKEN = "cut-before-first-token"  # noqa: S105
    """Headers and what precedes the text, then the connection is closed."""
    CUT_MID_STREAM = "cut-mid-stream"
    """``after`` pieces of the answer, then the connection is closed."""
    MALFORMED_EVENT = "malformed-event"
    """After ``after`` pieces an event whose JSON is broken; then the stream goes on."""
    ERROR_EVENT = "error-event"
    """After ``after`` pieces an error inside the stream, although the status was 200."""
    FINISH_FIRST = "finish-first"
    """The end of the answer is announced before its beginning (seen on llama.cpp)."""
    MISSING_END = "missing-end"
    """The stream ends well on the HTTP level, but the event that ends the answer never comes."""
    EMPTY = "empty"
    """A correct answer without any text."""
    DRIP = "drip"
    """Every byte by itself, ``token_ms`` apart, so that UTF-8 sequences and events are torn."""
    SPLIT_UTF8 = "split-utf8"
    """Every event in two pieces, torn inside a multi-byte character where there is one."""
    NOISE = "noise"
    """Pings, comments and unknown events between all others."""
    GARBAGE = "garbage"
    """Status 200 and a body that is not JSON."""


class Fault(_Value):
    """One fault. ``after`` counts pieces of the answer; ``status`` and ``message`` replace the usual ones."""

    kind: FaultKind
    after: int = Field(default=1, ge=0)
    retry_after_s: float | None = Field(default=None, ge=0)
    status: int | None = Field(default=None, ge=400, le=599)
    message: str | None = None


class Stop(StrEnum):
    """Why the answer ended; each wire has its own word for it."""

    END = "end"
    LENGTH = "length"
    STOP_SEQUENCE = "stop-sequence"
    REFUSAL = "refusal"


class UsageOverride(_Value):
    """Token numbers to report in place of the accounted ones."""

    input_tokens: int | None = Field(default=None, ge=0)
    cache_read_tokens: int | None = Field(default=None, ge=0)
    cache_written_tokens: int | None = Field(default=None, ge=0)
    output_tokens: int | None = Field(default=None, ge=0)


class Reply(_Value):
    """What is answered.

    ``text`` is split into words for streaming, ``chunks`` are sent as they stand. ``repeat`` makes it long.
    ``first_token_ms`` is waited before the first piece and ``token_ms`` between pieces, in milliseconds. The limits
    of the request (its token limit, its stop strings) hold unless ``ignore_limits``. ``report_usage`` false leaves
    the usage out, as some servers do.
    """

    text: str | None = None
    chunks: tuple[str, ...] | None = None
    repeat: int = Field(default=1, ge=1)
    thinking: str = ""
    first_token_ms: float = Field(default=0, ge=0)
    token_ms: float = Field(default=0, ge=0)
    stop: Stop | None = None
    ignore_limits: bool = False
    usage: UsageOverride | None = None
    report_usage: bool = True
    fault: Fault | None = None


Answerer = Callable[[Call], Reply | str | Awaitable[Reply | str]]
"""A reply computed from the request; only for scripts built in code."""


class Rule(_Value):
    """Conditions and a reply. Patterns are shell patterns (``*``, ``?``); left out means any.

    ``contains`` strings must all stand in the prompt (FIM prefix and suffix included), ``system`` in its instructions,
    ``ends_with`` where the answer begins: at the end of the prompt, or of the FIM prefix. ``schema_name`` is the name
    of the JSON schema that the answer is held to ("*" means: any schema). ``headers`` are patterns of request headers,
    by lower-case name: a client can hint at its role that way. ``skip`` lets that many matching requests pass by
    first, ``times`` ends the rule after so many.
    """

    wire: Wire | None = None
    provider: str | None = None
    path: str | None = None
    model: str | None = None
    contains: tuple[str, ...] = ()
    system: tuple[str, ...] = ()
    ends_with: str | None = None
    schema_name: str | None = None
    headers: Mapping[str, str] = Field(default_factory=dict[str, str])
    stream: bool | None = None
    skip: int = Field(default=0, ge=0)
    times: int | None = Field(default=None, ge=1)
    reply: Reply | Answerer = Reply()

    def fits(self, call: Call) -> bool:
        """Whether all conditions but the counts hold."""
        exact = (
            (self.wire is None or self.wire is call.wire)
            and (self.stream is None or self.stream == call.stream)
            and (self.ends_with is None or call.cursor_text.endswith(self.ends_with))
        )
        return (
            exact
            and _like(self.provider, call.provider)
            and _like(self.path, call.path)
            and _like(self.model, call.model)
            and all(piece in call.text for piece in self.contains)
            and all(piece in call.system for piece in self.system)
            and (self.schema_name is None or (call.schema is not None and _like(self.schema_name, call.schema_name)))
            and all(_like(pattern, call.headers.get(name.lower(), "")) for name, pattern in self.headers.items())
        )


class Script(_Value):
    """Rules in order."""

    rules: tuple[Rule, ...] = ()

    @staticmethod
    def saying(text: str, **reply: Any) -> Script:
        """A script that always answers ``text``; further arguments are those of ``Reply``."""
        return Script(rules=(Rule(reply=Reply(text=text, **reply)),))

    @staticmethod
    def failing(kind: FaultKind, **fault: Any) -> Script:
        """A script that always fails; further arguments are those of ``Fault``."""
        return Script(rules=(Rule(reply=Reply(fault=Fault(kind=kind, **fault))),))


def load_script(path: Path) -> Script:
    """Read a ``.toml`` or ``.json`` file. Raises UsageError with the place of the first mistake."""
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as exc:
        reason = exc.strerror if isinstance(exc, OSError) else "it is not UTF-8 text"
        raise UsageError(f"cannot read the script {path}: {reason}; give a .toml or .json file") from exc
    try:
        data = json.loads(text) if path.suffix == ".json" else tomllib.loads(text)
    except ValueError as exc:
        raise UsageError(f"the script {path} is not valid {path.suffix[1:] or 'TOML'}: {exc}") from exc
    return parse_script(data, str(path))


def parse_script(data: object, source: str) -> Script:
    """A script from decoded TOML or JSON; ``source`` names it in the error. Raises UsageError."""
    try:
        return Script.model_validate(data)
    except ValidationError as exc:
        first = exc.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"] if part != "Reply") or "the whole file"
        raise UsageError(f"the script {source} is wrong at {where}: {first['msg']}") from exc


class ScriptRunner:
    """Counts what each rule of one script matched. Owner of these counts."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self._seen = [0] * len(script.rules)

    def choose(self, call: Call) -> int | None:
        """Number of the first rule that matches now. Every rule counts the requests that fit it until it is used up."""
        for number, rule in enumerate(self.script.rules):
            used = self._seen[number] - rule.skip
            if (rule.times is not None and used >= rule.times) or not rule.fits(call):
                continue
            self._seen[number] += 1
            if used >= 0:
                return number
        return None

    def restart(self) -> None:
        """Begin to count anew."""
        self._seen = [0] * len(self.script.rules)


def _like(pattern: str | None, value: str) -> bool:
    return pattern is None or fnmatchcase(value, pattern)
