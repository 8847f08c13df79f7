"""The simulator: a loopback server, its script, its caches and what it saw.

    async with Simulator(Script.saying("hello")) as sim:
        client = AsyncAnthropic(base_url=sim.base_url, api_key="any")
        ...
    assert sim.requests[0].use.read_tokens == 0

Owner of the listening socket and the connections. Must never listen on anything but 127.0.0.1 and never call out.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Self

from tierwise.core.clock import Clock, SystemClock
from tierwise.core.errors import Declined, UsageError
from tierwise.simulator.bodies import dump
from tierwise.simulator.caching.prices import Totals
from tierwise.simulator.call import Wire
from tierwise.simulator.connection import Connection, Exchange
from tierwise.simulator.handler import Options, RequestHandler, json_or_none
from tierwise.simulator.routes import PROVIDERS
from tierwise.simulator.script import Script, ScriptRunner, parse_script
from tierwise.simulator.seen import SeenRequest

HOST = "127.0.0.1"
PATIENCE_S = 60.0
"""How long the waiting methods wait by default: long enough for a busy machine, short enough to end a test."""


class Simulator:
    """A running simulator. Use it as an async context manager, or call ``start`` and ``aclose``.

    ``port`` 0 takes a free one. ``clock`` gives the times that cache lifetimes are measured with. ``check_auth``
    false accepts requests without a key. ``provider`` limits it to one provider, served at its own paths without a
    name in front; otherwise ``completions`` says who answers ``/v1/completions``. ``known_models_only`` answers 404
    for names that the provider never had. ``on_finished`` is called with each request that ended.

    Raises UsageError for a provider that cannot be simulated.
    """

    def __init__(
        self,
        script: Script | None = None,
        *,
        port: int = 0,
        clock: Clock | None = None,
        check_auth: bool = True,
        provider: str | None = None,
        completions: str = "vllm",
        known_models_only: bool = False,
        on_finished: Callable[[SeenRequest], None] | None = None,
    ) -> None:
        for name in (provider, completions):
            if name is not None and name not in PROVIDERS:
                raise UsageError(f"no provider {name!r} can be simulated; choose one of {', '.join(PROVIDERS)}")
        options = Options(check_auth, provider, completions, known_models_only, on_finished)
        self._handler = RequestHandler(ScriptRunner(script or Script()), clock or SystemClock(), options)
        self._port = port
        self._connections: set[Connection] = set()
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.aclose()

    async def start(self) -> None:
        """Listen. Raises Declined if the port is taken."""
        loop = asyncio.get_running_loop()
        try:
            self._server = await loop.create_server(
                lambda: Connection(self._serve, self._connections), HOST, self._port
            )
        except OSError as exc:
            raise Declined(f"cannot listen on {HOST}:{self._port}: {exc.strerror}; choose another port") from exc
        self._port = self._server.sockets[0].getsockname()[1]

    async def aclose(self) -> None:
        """Close every connection, answered or not."""
        if self._server is None:
            return
        self._server.close()
        tasks = [connection.task for connection in self._connections if connection.task is not None]
        for connection in list(self._connections):
            connection.abort()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._server.wait_closed()
        self._server = None

    @property
    def base_url(self) -> str:
        """For Anthropic's SDK as it stands; for OpenAI's append ``/v1``; for others ``/PROVIDER`` and its own path."""
        return f"http://{HOST}:{self._port}"

    @property
    def port(self) -> int:
        return self._port

    @property
    def script(self) -> Script:
        """The script; setting another one starts its counts at zero."""
        return self._handler.runner.script

    @script.setter
    def script(self, script: Script) -> None:
        self._handler.runner = ScriptRunner(script)

    @property
    def requests(self) -> list[SeenRequest]:
        """What arrived, in order. Requests to ``/simulator`` are not among them."""
        return self._handler.seen.records

    def requests_on(self, wire: Wire) -> list[SeenRequest]:
        """What arrived on one wire."""
        return [record for record in self.requests if record.wire is wire]

    @property
    def totals(self) -> Totals:
        """The sum over all requests that ended and were accounted."""
        totals = Totals()
        for record in self.requests:
            if record.use is not None and record.done:
                totals.add(record.use, record.output_tokens, record.cost_usd)
        return totals

    def reset(self) -> None:
        """Forget requests and caches, and begin to count the script's rules anew."""
        self._handler.seen.clear()
        self._handler.book.clear()
        self._handler.runner.restart()

    async def wait_for_requests(
        self, count: int, *, wire: Wire | None = None, timeout_s: float = PATIENCE_S
    ) -> list[SeenRequest]:
        """Return once ``count`` requests arrived, on ``wire`` if given. Raises TimeoutError after ``timeout_s``."""

        def found() -> list[SeenRequest]:
            return self.requests if wire is None else self.requests_on(wire)

        await self._wait(lambda: len(found()) >= count, timeout_s)
        return found()

    async def wait_finished(self, record: SeenRequest, *, timeout_s: float = PATIENCE_S) -> SeenRequest:
        """Return once a request has ended, in whatever way. Raises TimeoutError after ``timeout_s``."""
        await self._wait(lambda: record.done, timeout_s)
        return record

    async def wait_first_token(self, record: SeenRequest, *, timeout_s: float = PATIENCE_S) -> SeenRequest:
        """Return once the first piece of an answer is about to leave, or the request has ended without one."""
        await self._wait(lambda: record.first_token is not None or record.done, timeout_s)
        return record

    async def wait_closed(self, record: SeenRequest, *, timeout_s: float = PATIENCE_S) -> bool:
        """Return once a request has ended; True if it was the client that closed before the answer was whole."""
        return (await self.wait_finished(record, timeout_s=timeout_s)).closed_by_client

    async def _wait(self, condition: Callable[[], bool], timeout_s: float) -> None:
        async with asyncio.timeout(timeout_s):
            await self._handler.seen.wait(condition)

    def _connection(self) -> Connection:
        return Connection(self._serve, self._connections)

    async def _serve(self, exchange: Exchange) -> None:
        if not exchange.local:
            await exchange.respond(403, [("content-type", "text/plain")], b"This simulator answers 127.0.0.1 only.\n")
        elif exchange.path.startswith("/simulator/"):
            status, body = self._administer(exchange)
            await exchange.respond(status, [("content-type", "application/json")], dump(body))
        else:
            await self._handler.handle(exchange)

    def _administer(self, exchange: Exchange) -> tuple[int, object]:
        match exchange.method, exchange.path:
            case "GET", "/simulator/requests":
                return 200, [record.as_json() for record in self.requests]
            case "POST", "/simulator/script":
                try:
                    self.script = parse_script(json_or_none(exchange.body), "in the request")
                except UsageError as error:
                    return 400, {"error": str(error)}
                return 200, {"rules": len(self.script.rules)}
            case "POST", "/simulator/reset":
                self.reset()
                return 200, {"reset": True}
            case _:
                known = "GET /simulator/requests, POST /simulator/script, POST /simulator/reset"
                return 404, {"error": f"there is no {exchange.method} {exchange.path}; there are {known}"}
