"""One model of one provider: a connection and a wire format joined into a ``ModelClient``.

Owner of no state between requests. Never retries; every way out closes the connection's stream.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

from tierwise.core.models import Finished, FinishReason, ModelRef, ModelRequest, StreamPart, TextDelta
from tierwise.providers.connections.base import Connection
from tierwise.providers.errors import Call, cut, from_event, late, missing_key, unusable_key
from tierwise.providers.stops import StopCutter
from tierwise.providers.wires.base import ErrorEvent, Event, Reader, Wire
from tierwise.settings.models import ResolvedModel

_GRACE_S = 0.25
"""Seconds allowed for what may follow the end of an answer (token counts, the end of the stream, which lets the
connection be used again). A server that then says nothing does not hold up an answer that is complete."""


class WireClient:
    """The ``ModelClient`` of every provider."""

    def __init__(self, resolved: ResolvedModel, connection: Connection, wire: Wire) -> None:
        self._resolved = resolved
        self._connection = connection
        self._wire = wire

    @property
    def ref(self) -> ModelRef:
        return self._resolved.ref

    async def stream(self, request: ModelRequest) -> AsyncGenerator[StreamPart, None]:
        """See ``ModelClient.stream``. Thinking counts as a first token: it shows that the model is at work, and
        giving up on a model because it thinks is the caller's decision.
        """
        call = self._call(request)
        body = self._wire.body(request, self._resolved)
        reader, cutter = self._wire.reader(), StopCutter(request.stop)
        limits = _Limits(request, asyncio.get_running_loop().time())
        async with aclosing(self._connection.events(call, self._wire.path, body)) as events:
            while (event := await limits.next(events, reader, call)) is not None:
                text = cutter.feed(_read(reader, event, call))
                if text:
                    yield TextDelta(text)
                if cutter.stopped:
                    break
        if reader.finish is None and not cutter.stopped:
            raise cut(call, "broke off before its end" if reader.started else "ended before it began")
        rest = cutter.rest()
        if rest:
            yield TextDelta(rest)
        yield Finished(FinishReason.STOP if cutter.stopped else reader.finish or FinishReason.UNKNOWN, reader.usage)

    def _call(self, request: ModelRequest) -> Call:
        variable, key = self._resolved.provider.api_key_env, self._connection.key
        if variable is not None and not key:
            raise missing_key(self.ref, variable)
        if not key.isascii() or not key.isprintable() or " " in key:
            raise unusable_key(self.ref, variable or "")
        return Call(self._resolved, request, self._connection.address, key)


class _Limits:
    """The time limits of one request, which began at ``start``."""

    def __init__(self, request: ModelRequest, start: float) -> None:
        self._first = start + min(request.first_token_s, request.deadline_s)
        self._last = start + request.deadline_s

    async def next(self, events: AsyncGenerator[Event, None], reader: Reader, call: Call) -> Event | None:
        """The next event, None at the end. Raises Transient when time has run out before the answer was complete."""
        ended = reader.finish is not None
        try:
            async with asyncio.timeout_at(self._limit(reader)):
                return await anext(events, None)
        except TimeoutError as error:
            if ended:
                return None
            raise late(call, started=reader.started) from error

    def _limit(self, reader: Reader) -> float:
        if reader.finish is not None:
            return min(self._last, asyncio.get_running_loop().time() + _GRACE_S)
        return self._last if reader.started else self._first


def _read(reader: Reader, event: Event, call: Call) -> str:
    try:
        return reader.read(event)
    except ErrorEvent as error:
        raise from_event(call, error.body) from error
