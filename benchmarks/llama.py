"""A real llama.cpp server: what it computes again with each typed key, and how soon it is free when nobody listens.

The model is tiny, with random weights: its times say nothing of a real one, but what the server computes, keeps and
drops is the same. A token of it is a byte.
"""

from __future__ import annotations

import asyncio
import json
import re
import tempfile
import time
import urllib.request
from contextlib import aclosing
from http.client import HTTPResponse
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from rich.console import Console
from rich.table import Table
from tests.wire.llama_server import find_server, running

from benchmarks.start import clean_environment
from benchmarks.wire import Server, tierwise
from tierwise.core.models import FimPrompt, ModelRef, ModelRequest
from tierwise.core.tasks import Role
from tierwise.providers.registry import ProviderRegistry
from tierwise.settings.facts import ModelFacts
from tierwise.settings.models import FimDialect, ProviderKind, ProviderSettings, ResolvedModel

_Request = tuple[float, float]
"""Tokens of a prompt, and those of them that the server computed."""

CONTEXT_TOKENS = 300
_AROUND = (500, 150)
"""Characters before and after the cursor that ``CONTEXT_TOKENS`` come to."""
KEYS = 40
ABORTS = 20
LINES = 300
LONG_ANSWER_TOKENS = 3_000
"""More than is ever read: the slot would be taken for seconds."""


def run(console: Console | None = None) -> None:
    """Print the tables; says so where there is no llama.cpp server."""
    console = console or Console()
    server = find_server()
    if server is None:
        console.print("No llama-server here: tests/wire/install_llama_server.sh installs one.")
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with running(server, folder, "-np", "1", "--metrics", "--slots") as address:
            _typing(console, folder, address)
            _aborts(console, address)


def _typing(console: Console, folder: Path, address: str) -> None:
    """Keys typed in the middle of a file, each answered before the next."""
    table = Table(title=f"{KEYS} keys in a file of {LINES} lines (tokens per request)", title_justify="left")
    for column in ("", "requests", "prompt", "computed: median", "p95", "from the cache"):
        table.add_column(column, justify="right")
    for title, found in (("Tierwise", _typed(folder, address)), ("a window that never moves", _bare(address))):
        prompts, computed = zip(*found, strict=True)
        shares = (median(prompts), median(computed), quantiles(computed, n=20)[-1])
        reused = 1 - sum(computed) / sum(prompts)
        table.add_row(title, str(len(found)), *(f"{value:,.0f}" for value in shares), f"{reused:.1%}")
    console.print(table)
    console.print("What comes after the cursor stands after the typed key in the prompt, and is computed each time.")


def _bare(address: str) -> list[_Request]:
    """The same keys from a client that knows the file's window beforehand: as little as the prompt's format allows."""
    text, at = _text(), _text().index(f"value_{LINES // 2} =")
    before, after = text[at - _AROUND[0] : at], text[at : at + _AROUND[1]]
    found: list[_Request] = []
    for key in range(KEYS + 1):
        count = _counted(address)
        typed = "".join(_letter(one) for one in range(key + 1))
        body = {"input_prefix": before + typed, "input_suffix": after, "n_predict": 4, "cache_prompt": True}
        _post(f"{address}/infill", body).close()
        found.append(_since(count, address))
    return found[1:]


def _typed(folder: Path, address: str) -> list[_Request]:
    """Each request of the language server but the first, which fills the cache."""
    provider = {"kind": "fim", "dialect": "llama.cpp", "base_url": address}
    tier = {"chain": ["local/tiny"], "first_token_ms": 20_000, "deadline_ms": 30_000, "context_tokens": CONTEXT_TOKENS}
    server = Server(tierwise(), clean_environment(folder))
    found: list[_Request] = []
    try:
        server.initialize(folder, trusted=True, profile="embedded", providers={"local": provider}, tiers={"fast": tier})
        uri = (folder / "a.py").as_uri()
        document = {"uri": uri, "languageId": "python", "version": 1, "text": _text()}
        server.notify("textDocument/didOpen", {"textDocument": document})
        for key in range(KEYS + 1):
            before = _counted(address)
            _type(server, uri, key)
            found.append(_since(before, address))
    finally:
        server.stop()
    return [request for request in found[1:] if request != (0, 0)]


def _type(server: Server, uri: str, key: int) -> None:
    at = {"line": LINES // 2, "character": key}
    change = {"range": {"start": at, "end": at}, "text": _letter(key)}
    versioned = {"uri": uri, "version": key + 2}
    server.notify("textDocument/didChange", {"textDocument": versioned, "contentChanges": [change]})
    position = {"line": LINES // 2, "character": key + 1}
    params = {"textDocument": {"uri": uri}, "position": position, "context": {"triggerKind": 1}}
    server.request("textDocument/inlineCompletion", params)


def _text() -> str:
    return "".join(f"value_{i} = f(value_{i - 1})\n" for i in range(LINES))


def _letter(key: int) -> str:
    return "bcdfghjklmnpqrst"[key * 7 % 16]


def _aborts(console: Console, address: str) -> None:
    """How long a slot stays taken after hanging up in the middle of a long answer."""
    table = Table(title=f"{ABORTS} answers hung up on: the slot is free after (ms)", title_justify="left")
    for column in ("", "p50", "p95"):
        table.add_column(column, justify="right")
    for title, hang_up in (("Tierwise", _hang_up), ("a bare socket", _hang_up_bare)):
        taken = [1000 * hang_up(address) for _ in range(ABORTS)]
        table.add_row(title, f"{median(taken):.1f}", f"{quantiles(taken, n=20)[-1]:.1f}")
    console.print(table)


def _hang_up(address: str) -> float:
    """Seconds until the slot is free, after our client has closed a stream that had begun."""
    return asyncio.run(_hang_up_registered(address))


async def _hang_up_registered(address: str) -> float:
    provider = ProviderSettings(kind=ProviderKind.FIM, dialect=FimDialect.LLAMA_CPP, base_url=address)
    model = ResolvedModel(ModelRef("local", "tiny"), provider, ModelFacts())
    prompt = FimPrompt("def f():\n    ", "\n", "a.py", "bench")
    request = ModelRequest(Role.COMPLETE, prompt, LONG_ANSWER_TOKENS, first_token_s=30.0, deadline_s=60.0)
    registry = ProviderRegistry({})
    try:
        async with aclosing(registry.client(model).stream(request)) as parts:
            await anext(parts)
            assert _taken(address)
        began = time.perf_counter()
        await asyncio.to_thread(_until_free, address)  # the loop goes on, as a server's does: it closes the socket
        return time.perf_counter() - began
    finally:
        await registry.aclose()


def _hang_up_bare(address: str) -> float:
    body = {"input_prefix": "def f():\n    ", "input_suffix": "\n", "n_predict": LONG_ANSWER_TOKENS, "stream": True}
    answer = _post(f"{address}/infill", body)
    answer.readline()
    assert _taken(address)
    answer.close()
    began = time.perf_counter()
    _until_free(address)
    return time.perf_counter() - began


def _taken(address: str) -> bool:
    (slot,) = json.loads(_get(f"{address}/slots"))
    return bool(slot["is_processing"])


def _until_free(address: str) -> None:
    while _taken(address):
        pass  # an exchange takes a millisecond: that is how fine the clock is


def _counted(address: str) -> _Request:
    """Prompt tokens that an idle server has seen so far, and those of them that it computed."""
    _until_free(address)
    metrics = _get(f"{address}/metrics")
    computed, cached = (
        float(re.findall(rf"^llamacpp:prompt_tokens_{name} (\S+)", metrics, re.MULTILINE)[0])
        for name in ("total", "cached_total")
    )
    return computed + cached, computed


def _since(before: _Request, address: str) -> _Request:
    prompt, computed = _counted(address)
    return prompt - before[0], computed - before[1]


def _get(url: str) -> str:
    with urllib.request.urlopen(url) as answer:
        return str(answer.read().decode())


def _post(url: str, body: dict[str, Any]) -> HTTPResponse:
    data = json.dumps(body).encode()
    answer: HTTPResponse = urllib.request.urlopen(
        urllib.request.Request(url, data, {"Content-Type": "application/json"})
    )
    return answer
