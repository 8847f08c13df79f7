"""The wires of a real llama.cpp server, against one: ``llama_server`` says where it is looked for."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing
from functools import partial
from pathlib import Path

import pytest
from providers_wire import ADAPTERS, CHAT, Adapter, answer, request, stream
from tests.wire.llama_server import find_server, running

from tierwise.core.clock import SystemClock
from tierwise.core.documents import Document
from tierwise.core.errors import BadRequest
from tierwise.core.models import ChatPrompt, Excerpt, FimPrompt, Finished, PromptBlock, Speaker, TextDelta
from tierwise.core.text import Lines
from tierwise.providers.probe import find_local_servers, probe
from tierwise.providers.registry import ProviderRegistry
from tierwise.session.cache_terms import CacheTerms
from tierwise.session.prefix_ledger import PrefixLedger
from tierwise.session.prefix_line import Item
from tierwise.session.prefix_turn import Need
from tierwise.settings.local import LocalServer, LocalServerKind

SERVER = find_server()
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
    with running(SERVER, tmp_path_factory.mktemp("llama"), "-b", "512", "-np", "1") as found:
        yield found


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


def _lines(lines: Lines, _item: Item) -> Lines:
    return lines


async def test_it_reuses_what_the_ledger_predicts(address: str, registry: ProviderRegistry) -> None:
    adapter = WIRES["chat"]
    resolved = adapter.resolved(address, {"cache": {"style": "llama.cpp", "min_tokens": 0}})
    ledger, path = PrefixLedger(SystemClock()), Path("/w/steps.py")
    for number in range(3):
        text = f"first = {number}\n" + "".join(f"step_{line} = {line}\n" for line in range(60))
        document = Document("file:///w/steps.py", path, "python", None, Lines.of(text))
        item = Item("steps.py", document.lines, document)
        terms = CacheTerms.of(resolved.facts)
        need = Need("m", "/w", ("Be brief.\n",), (item,), 3_000, terms, partial(_lines, document.lines), 1.0)
        prefix = ledger.prefix(need)
        prompt = ChatPrompt((*prefix.blocks, PromptBlock(Speaker.USER, f"Question {number}.")))
        _, finished = await answer(registry, resolved, request(adapter, prompt=prompt, max_output_tokens=4))
        assert finished.usage is not None
        # A token of this model is a byte; the template's own words come on top.
        assert prefix.expected_cached <= finished.usage.cached_tokens <= prefix.expected_cached + 100
        assert ledger.observe(need, prefix, finished.usage)
        assert prefix.expected_cached > 700 or number == 0


async def test_from_one_keystroke_to_the_next_only_what_follows_is_computed(
    address: str, registry: ProviderRegistry
) -> None:
    adapter = WIRES["infill"]
    # The server takes at most three quarters of its batch (here 512) of a prefix: a longer one slides with every key.
    before = "".join(f"step_{line} = {line}\n" for line in range(24))
    excerpt = Excerpt("units.py", "METRE = 1.0\n" * 20)
    for typed in ("v", "va", "val"):
        prompt = FimPrompt(before + typed, "\nprint(value)\n", "steps.py", "demo", (excerpt,))
        _, finished = await answer(
            registry, adapter.resolved(address), request(adapter, prompt=prompt, max_output_tokens=4)
        )
        assert finished.usage is not None
        if typed != "v":
            assert finished.usage.cached_tokens >= len(before) + len(excerpt.text)


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
