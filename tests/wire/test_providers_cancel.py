"""Cancellation reaches the provider's socket, wherever the request is at that moment."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing, suppress

import pytest
from providers_wire import ADAPTERS, ENVIRON, answer, request, stream

from tierwise.core.errors import Transient
from tierwise.core.models import TextDelta
from tierwise.providers.registry import ProviderRegistry
from tierwise.simulator import Fault, FaultKind, Reply, Rule, Script, Simulator

ENDLESS = Reply(text="word ", repeat=100_000, ignore_limits=True, token_ms=1)


@pytest.fixture
async def registry() -> AsyncIterator[ProviderRegistry]:
    found = ProviderRegistry(ENVIRON)
    yield found
    await found.aclose()


@pytest.mark.parametrize("name", ADAPTERS)
async def test_closing_the_generator_closes_the_socket(name: str, registry: ProviderRegistry) -> None:
    adapter = ADAPTERS[name]
    async with Simulator(Script(rules=(Rule(reply=ENDLESS),))) as sim:
        async with aclosing(stream(registry, adapter.resolved(sim.base_url), request(adapter))) as parts:
            assert isinstance(await anext(parts), TextDelta)
        assert await sim.wait_closed(sim.requests[0])


@pytest.mark.parametrize("name", ADAPTERS)
@pytest.mark.parametrize(
    "fault", [FaultKind.HANG_BEFORE_HEADERS, FaultKind.HANG_AFTER_HEADERS, FaultKind.HANG_MID_STREAM]
)
async def test_cancelling_the_task_closes_the_socket(name: str, fault: FaultKind, registry: ProviderRegistry) -> None:
    adapter = ADAPTERS[name]
    rule = Rule(reply=Reply(chunks=("a", "b"), fault=Fault(kind=fault)))
    async with Simulator(Script(rules=(rule,))) as sim:
        task = asyncio.create_task(answer(registry, adapter.resolved(sim.base_url), request(adapter)))
        seen = (await sim.wait_for_requests(1))[0]
        if fault is FaultKind.HANG_MID_STREAM:
            await sim.wait_first_token(seen)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await sim.wait_closed(seen)


@pytest.mark.parametrize("name", ADAPTERS)
async def test_a_late_answer_is_hung_up_on(name: str, registry: ProviderRegistry) -> None:
    adapter = ADAPTERS[name]
    async with Simulator(Script.failing(FaultKind.HANG_BEFORE_HEADERS)) as sim:
        resolved = adapter.resolved(sim.base_url)
        await registry.warm([resolved])
        with suppress(Transient):
            await answer(registry, resolved, request(adapter, first_token_s=0.1))
        assert await sim.wait_closed(sim.requests[0])


@pytest.mark.parametrize("name", ADAPTERS)
async def test_one_request_goes_and_the_others_stay(name: str, registry: ProviderRegistry) -> None:
    adapter = ADAPTERS[name]
    async with Simulator(Script(rules=(Rule(times=1, reply=ENDLESS), Rule(reply=Reply(text="fine"))))) as sim:
        resolved = adapter.resolved(sim.base_url)
        doomed = asyncio.create_task(answer(registry, resolved, request(adapter)))
        first = (await sim.wait_for_requests(1))[0]
        await sim.wait_first_token(first)
        second = asyncio.create_task(answer(registry, resolved, request(adapter)))
        await sim.wait_for_requests(2)
        doomed.cancel()
        text, _ = await second
        assert text == "fine"
        assert await sim.wait_closed(first)
        with pytest.raises(asyncio.CancelledError):
            await doomed


@pytest.mark.parametrize("name", ADAPTERS)
async def test_a_generator_that_was_never_started_sends_nothing(name: str, registry: ProviderRegistry) -> None:
    adapter = ADAPTERS[name]
    async with Simulator() as sim:
        async with aclosing(stream(registry, adapter.resolved(sim.base_url), request(adapter))):
            pass
        assert sim.requests == []


@pytest.mark.parametrize("name", ADAPTERS)
async def test_closing_the_registry_ends_what_is_under_way(name: str) -> None:
    adapter = ADAPTERS[name]
    registry = ProviderRegistry(ENVIRON)
    async with Simulator(Script(rules=(Rule(reply=ENDLESS),))) as sim:
        task = asyncio.create_task(answer(registry, adapter.resolved(sim.base_url), request(adapter)))
        seen = (await sim.wait_for_requests(1))[0]
        await sim.wait_first_token(seen)
        await registry.aclose()
        with pytest.raises(Transient):
            await task
        assert await sim.wait_closed(seen)
