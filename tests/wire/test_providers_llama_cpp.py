"""The wires of a real llama.cpp server, against one: set LLAMA_SERVER, or have ``llama-server`` on the path."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing
from pathlib import Path

import pytest
from providers_wire import ADAPTERS, CHAT, Adapter, answer, request, stream
from tiny_model import write_tiny_model

from tierwise.core.errors import BadRequest
from tierwise.core.models import ChatPrompt, Finished, PromptBlock, Speaker, TextDelta
from tierwise.providers.probe import find_local_servers, probe
from tierwise.providers.registry import ProviderRegistry
from tierwise.settings.local import LocalServer, LocalServerKind

SERVER = os.environ.get("LLAMA_SERVER") or shutil.which("llama-server")
pytestmark = pytest.mark.skipif(SERVER is None, reason="no llama-server on this machine")

WIRES: dict[str, Adapter] = {
    "messages": Adapter("anthropic", "", "tiny", CHAT, key=False),
    "responses": Adapter("openai", "/v1", "tiny", CHAT, key=False),
    "chat": Adapter("openai-compatible", "/v1", "tiny", CHAT, key=False),
    "infill": Adapter("fim", "", "tiny", ADAPTERS["infill"].prompt, key=False, dialect="llama.cpp"),
    "completions": Adapter("fim", "", "tiny", ADAPTERS["completions"].prompt, key=False, dialect="completions"),
}


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    assert SERVER is not None
    model = tmp_path_factory.mktemp("llama") / "tiny.gguf"
    write_tiny_model(model)
    with socket.socket() as probe_socket:
        probe_socket.bind(("127.0.0.1", 0))
        port = probe_socket.getsockname()[1]
    command = [
        SERVER,
        "-m",
        str(model),
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
        "-c",
        "4096",
        "-b",
        "512",
        "-np",
        "1",
    ]
    with subprocess.Popen(
        [*command, "-t", "1"], stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True
    ) as process:
        listening = threading.Event()
        reader = threading.Thread(target=_watch, args=(process, listening), daemon=True)
        reader.start()
        assert listening.wait(60), "llama-server did not start"
        yield f"http://127.0.0.1:{port}"
        process.terminate()
        reader.join(10)


def _watch(process: subprocess.Popen[str], listening: threading.Event) -> None:
    assert process.stderr is not None
    for line in process.stderr:
        if "listening on http" in line:
            listening.set()


@pytest.fixture
async def registry() -> AsyncIterator[ProviderRegistry]:
    found = ProviderRegistry({})
    yield found
    await found.aclose()


@pytest.mark.parametrize("name", WIRES)
async def test_an_answer_and_its_cached_repetition(name: str, address: str, registry: ProviderRegistry) -> None:
    adapter = WIRES[name]
    resolved = adapter.resolved(address)
    asked = request(adapter, max_output_tokens=16, temperature=0.0)
    first = await answer(registry, resolved, asked)
    text, finished = await answer(registry, resolved, asked)
    assert text == first[0] != ""
    assert finished.usage is not None
    assert finished.usage.output_tokens == 16
    assert 0 < finished.usage.cached_tokens < finished.usage.input_tokens


@pytest.mark.parametrize("name", WIRES)
async def test_hanging_up_frees_the_slot(name: str, address: str, registry: ProviderRegistry) -> None:
    adapter = WIRES[name]
    resolved = adapter.resolved(address)
    async with aclosing(stream(registry, resolved, request(adapter, max_output_tokens=3000))) as parts:
        assert isinstance(await anext(parts), TextDelta)
    _, finished = await answer(registry, resolved, request(adapter, max_output_tokens=16, deadline_s=20.0))
    assert isinstance(finished, Finished)


async def test_a_prompt_that_is_too_long(address: str, registry: ProviderRegistry) -> None:
    prompt = ChatPrompt((PromptBlock(Speaker.USER, "confidential " * 1000),))
    with pytest.raises(BadRequest, match="exceed_context_size_error"):
        await answer(registry, WIRES["chat"].resolved(address), request(WIRES["chat"], prompt=prompt))


async def test_it_is_found_and_named(address: str) -> None:
    (server,) = await find_local_servers(10.0, [address])
    assert server == LocalServer(LocalServerKind.LLAMA_CPP, address, server.models)
    assert [Path(name).name for name in server.models] == ["tiny.gguf"]
    for adapter in WIRES.values():
        assert (await probe(adapter.resolved(address), {})).problem is None
