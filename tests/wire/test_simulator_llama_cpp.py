"""The simulated llama.cpp beside a real one: ``llama_server`` says where it is looked for.

Both get the same requests. The simulated answer must have no field that the real one lacks, the same sequence of
events, and the same status; what is said and how it is counted differ, since one of them reads the prompt.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from tests.wire.llama_server import find_server, running

from tierwise.simulator import Script, Simulator

SERVER = find_server()
pytestmark = pytest.mark.skipif(SERVER is None, reason="no llama-server on this machine")

CODE = "def f():\n\treturn x\n" * 8
HELLO = {"messages": [{"role": "user", "content": "x"}], "max_tokens": 2, "temperature": 0}
INFILL = {"input_prefix": CODE, "input_suffix": "\n", "n_predict": 2, "temperature": 0}
PLAIN = {"prompt": CODE, "max_tokens": 2, "temperature": 0}
USAGE = {"stream": True, "stream_options": {"include_usage": True}}


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    assert SERVER is not None
    with running(SERVER, tmp_path_factory.mktemp("llama"), "-np", "2") as found:
        yield found


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/infill", INFILL),
        ("POST", "/infill", {**INFILL, "stream": True}),
        ("POST", "/infill", {**INFILL, "n_predict": 0}),
        ("POST", "/infill", {**INFILL, "input_extra": [{"filename": "a.py", "text": "a"}], "prompt": "\tx"}),
        ("POST", "/infill", {**INFILL, "id_slot": 1, "cache_prompt": False}),
        ("POST", "/infill", {"input_prefix": "x"}),
        ("POST", "/infill", {"input_suffix": "x"}),
        ("POST", "/infill", {**INFILL, "input_extra": [{"filename": "a.py"}]}),
        ("POST", "/v1/completions", PLAIN),
        ("POST", "/v1/completions", {**PLAIN, "suffix": "overlooked"}),
        ("POST", "/v1/completions", {**PLAIN, "stream": True}),
        ("POST", "/v1/completions", {**PLAIN, **USAGE}),
        ("POST", "/v1/completions", {"prompt": "x" * 40_000}),
        ("POST", "/v1/chat/completions", HELLO),
        ("POST", "/v1/chat/completions", {**HELLO, "stream": True}),
        ("POST", "/v1/chat/completions", {**HELLO, **USAGE}),
        ("POST", "/v1/messages", HELLO),
        ("POST", "/v1/messages", {**HELLO, "stream": True}),
        ("POST", "/v1/messages", {**HELLO, "max_tokens": 0}),
        ("POST", "/v1/messages/count_tokens", {"messages": HELLO["messages"]}),
        ("GET", "/v1/models", None),
        ("GET", "/health", None),
        ("GET", "/props", None),
        ("GET", "/slots", None),
        ("GET", "/nothing", None),
        ("GET", "/infill", None),
    ],
)
async def test_the_simulated_server_answers_as_the_real_one(
    real: str, method: str, path: str, body: dict[str, Any] | None
) -> None:
    async with Simulator(Script.saying("ab cd"), provider="llama.cpp") as sim:
        simulated = await ask(sim.base_url, method, path, body)
    observed = await ask(real, method, path, body)
    assert simulated.status_code == observed.status_code
    assert simulated.headers["content-type"].split(";")[0] == observed.headers["content-type"].split(";")[0]
    ours, theirs = events(simulated), events(observed)
    assert [name for name, _ in merged(ours)] == [name for name, _ in merged(theirs)]
    for (name, mine), (_, real_one) in zip(merged(ours), merged(theirs), strict=True):
        missing = fields(mine) - fields(real_one)
        assert not missing, f"{name} has no {sorted(missing)}"


async def test_the_same_part_of_a_prompt_is_reused(real: str) -> None:
    async def reused(base_url: str) -> list[float]:
        shares: list[float] = []
        for prefix in (CODE, CODE, CODE + "\tmore", "y" * 40 + CODE):
            body = {**INFILL, "input_prefix": prefix, "input_suffix": "", "id_slot": 0}
            timings = (await ask(base_url, "POST", "/infill", body)).json()["timings"]
            shares.append(timings["cache_n"] / (timings["cache_n"] + timings["prompt_n"]))
        return shares

    async with Simulator(provider="llama.cpp") as sim:
        simulated = await reused(sim.base_url)
    observed = await reused(real)
    assert [round(share) for share in simulated[1:]] == [round(share) for share in observed[1:]] == [1, 1, 0]


async def ask(base_url: str, method: str, path: str, body: dict[str, Any] | None) -> httpx.Response:
    async with httpx.AsyncClient(base_url=base_url, verify=False, timeout=30) as http:
        return await http.request(method, path, json=body)


def events(answer: httpx.Response) -> list[tuple[str, Any]]:
    """Name and JSON of every event, in order; a whole body is one event."""
    if not answer.headers["content-type"].startswith("text/event-stream"):
        return [("body", answer.json())]
    found: list[tuple[str, Any]] = []
    name = "data"
    for line in answer.text.splitlines():
        kind, _, value = line.partition(": ")
        if kind == "event":
            name = value
        elif kind == "data":
            found.append(("done", {}) if value == "[DONE]" else (name, json.loads(value)))
    return found


def merged(found: list[tuple[str, Any]]) -> list[tuple[str, Any]]:
    """Without repetitions: how many pieces the text comes in is no part of the shape."""
    kinds = [(f"{name} {sorted(fields(value))}", (name, value)) for name, value in found]
    return [item for place, (kind, item) in enumerate(kinds) if place == 0 or kinds[place - 1][0] != kind]


def fields(value: Any, path: str = "") -> set[str]:
    """The paths of all fields; the items of a list count as one."""
    if isinstance(value, dict):
        return {f"{path}.{key}" for key in value} | {
            name for key, item in value.items() for name in fields(item, f"{path}.{key}")
        }
    if isinstance(value, list):
        return {name for item in value for name in fields(item, f"{path}[]")}
    return set()
