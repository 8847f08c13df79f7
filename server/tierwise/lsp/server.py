"""Puts the server together: the frequent messages at once, the full server as soon as it is loaded.

Owner of no state. The parts come from outside (``app.py`` builds them); this room only connects them to the wire.
"""

from __future__ import annotations

import asyncio
import gc
import importlib
import signal
import threading
from collections.abc import Coroutine, Generator
from contextlib import contextmanager, suppress
from typing import Any

from tierwise.core import uris
from tierwise.core.events import RequestEvent
from tierwise.features.recording import Totals
from tierwise.lsp.convert import Columns
from tierwise.lsp.endpoint import Endpoint, log, log_fault
from tierwise.lsp.front import Handover
from tierwise.lsp.handlers import completion, documents, folders, inline_completion, next_edit, offers
from tierwise.lsp.parent import watch_parent
from tierwise.lsp.parts import Parts, Rest


async def serve(handover: Handover, parts: Parts) -> int:
    """Serve one editor until it leaves; the exit status of the process."""
    client = handover.client
    endpoint = Endpoint(handover.reader, handover.writer)
    columns = Columns(client.encoding)
    opened = [path for uri in client.folders if (path := uris.to_path(uri)) is not None]
    parts.control.start(opened, client.options)
    documents.register(endpoint, parts.session, columns, parts.control.files_changed)
    folders.register(endpoint, parts.control)
    inline_completion.register(endpoint, parts.session, parts.completion, columns, parts.clock)
    next_edit.register(endpoint, parts.session, parts.next_edits, columns, parts.clock)
    offers.register(endpoint, (parts.completion, parts.next_edits))
    ghosts = not client.inline_completion
    completion.register(endpoint, parts.session, parts.completion, columns, parts.clock, ghosts=ghosts)
    if client.tierwise:
        parts.recorder.watch(lambda event, totals: endpoint.notify("tierwise/usage", _usage(event, totals)))
    background = _Background()
    endpoint.on_shutdown(lambda: _close(background, parts))
    background.start(_load_full(endpoint, handover, parts, columns))
    background.start(_accompany(parts))
    background.start(parts.control.watch())
    loop = asyncio.get_running_loop()
    _leave_when_told(loop, endpoint)
    if client.process_id is not None:
        watch_parent(client.process_id, lambda: loop.call_soon_threadsafe(endpoint.leave))
    return await endpoint.run()


def _leave_when_told(loop: asyncio.AbstractEventLoop, endpoint: Endpoint) -> None:
    """Editors that end a server by a signal lose nothing of what was under way either; a second signal ends it hard."""

    def leave(number: int) -> None:
        loop.remove_signal_handler(number)
        endpoint.leave()

    for name in ("SIGTERM", "SIGHUP"):
        with suppress(NotImplementedError, AttributeError):  # Windows has neither
            number = getattr(signal, name)
            loop.add_signal_handler(number, leave, number)


class _Background:
    """Tasks that live as long as the server; a fault in one is logged, not lost."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log_fault("background work", error)

    async def aclose(self) -> None:
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _accompany(parts: Parts) -> None:
    await parts.start()
    await parts.follow()


async def _close(background: _Background, parts: Parts) -> None:
    await background.aclose()
    await parts.aclose()


async def _load_full(endpoint: Endpoint, handover: Handover, parts: Parts, columns: Columns) -> None:
    """Import the rest in a thread, then attach it on the loop. Without it every message that needs it is refused."""
    loop = asyncio.get_running_loop()
    loaded: asyncio.Future[Rest] = loop.create_future()

    def run() -> None:
        try:
            importlib.import_module("tierwise.lsp.assembly")  # here for its cost, off the loop
            rest = parts.rest()
        except BaseException as error:  # noqa: BLE001 - whatever it is, the waiting requests must hear of it
            loop.call_soon_threadsafe(_fail, loaded, error)
        else:
            loop.call_soon_threadsafe(_succeed, loaded, rest)

    with _calm_collector():
        threading.Thread(target=run, name="tierwise-load", daemon=True).start()
        try:
            rest = await loaded
        except Exception:
            endpoint.attach_nothing()
            raise
        from tierwise.lsp.assembly import assemble

        endpoint.attach_full(assemble(handover, parts, rest, columns))
    parts.session.index()
    log.info("all features are loaded")


@contextmanager
def _calm_collector() -> Generator[None]:
    """Load without the garbage collector, and keep it off what was loaded: those objects live as long as the process,
    and going through them all takes 60 ms (measured) in the middle of somebody's typing.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def _succeed(future: asyncio.Future[Rest], rest: Rest) -> None:
    if not future.done():
        future.set_result(rest)


def _fail(future: asyncio.Future[Rest], error: BaseException) -> None:
    if not future.done():
        future.set_exception(error)


def _usage(event: RequestEvent, totals: Totals) -> dict[str, object]:
    """The parameters of ``tierwise/usage``."""
    model = next((str(a.model) for a in reversed(event.attempts) if a.result == "used"), event.source)
    return {
        "task": event.task,
        "tier": event.tier,
        "model": model,
        "first_token_ms": event.first_token_ms,
        "cost_usd": event.cost_usd,
        "cached_fraction": event.usage.cached_fraction,
        "session_cost_usd": totals.cost_usd,
        "outcome": event.outcome,
        "reason": event.reason,
        "input_tokens": event.usage.input_tokens,
        "output_tokens": event.usage.output_tokens,
        "total_ms": event.total_ms,
        "escalations": event.escalations,
    }
