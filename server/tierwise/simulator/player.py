"""Sends an answer over an exchange, with its delays and its fault.

Owner of nothing: it is told when to stop by being cancelled. Must never look at what the pieces say.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from tierwise.simulator.answer import Answer, WireAnswer
from tierwise.simulator.connection import Exchange, Headers
from tierwise.simulator.errors import mid_stream_error
from tierwise.simulator.script import Fault, FaultKind, Reply

JSON = "application/json"
GARBAGE = b"<html><body>upstream gateway says hello</body></html>"
_HANGS_BEFORE_TEXT = frozenset({FaultKind.HANG_BEFORE_HEADERS, FaultKind.HANG_AFTER_HEADERS})


@dataclass(slots=True)
class Progress:
    """What has left so far; read by the recorder when the answer ends early.

    ``began`` is called when the first piece of the answer is about to leave.
    """

    began: Callable[[], None]
    thought: int = 0
    said: list[str] = field(default_factory=list[str])
    complete: bool = False


async def play(
    exchange: Exchange,
    headers: Headers,
    wire: WireAnswer,
    answer: Answer,
    reply: Reply,
    progress: Progress,
    *,
    stream: bool,
) -> None:
    """Answer. Returns when everything was sent or the connection was cut; a hang ends by cancellation only."""
    fault = reply.fault
    if fault is not None and fault.kind is FaultKind.HANG_BEFORE_HEADERS:
        await _forever()
    if fault is not None and fault.kind is FaultKind.CUT_BEFORE_HEADERS:
        exchange.cut()
        return
    if fault is not None and fault.kind is FaultKind.GARBAGE:
        await exchange.respond(200, [*headers, ("content-type", JSON)], GARBAGE)
        return
    if stream:
        await exchange.start(200, [*headers, ("content-type", wire.content_type), ("cache-control", "no-cache")])
        await _Streaming(exchange, wire, answer, reply, progress).run()
    else:
        await _whole(exchange, headers, wire, answer, reply, progress)


class _Streaming:
    """One streamed answer."""

    def __init__(self, exchange: Exchange, wire: WireAnswer, answer: Answer, reply: Reply, progress: Progress) -> None:
        self._exchange = exchange
        self._wire = wire
        self._answer = answer
        self._reply = reply
        self._progress = progress
        self._fault = reply.fault

    async def run(self) -> None:
        """Opening, thinking, text, closing."""
        if self._is(FaultKind.HANG_AFTER_HEADERS):
            await _forever()
        await self._send(self._wire.opening(finish_first=self._is(FaultKind.FINISH_FIRST)))
        await _pause(self._reply.first_token_ms)
        if self._is(FaultKind.CUT_BEFORE_FIRST_TOKEN):
            self._exchange.cut()
            return
        self._progress.began()
        for number, piece in enumerate(self._answer.thinking):
            await self._gap(number)
            self._progress.thought += 1
            await self._send(self._wire.thought(piece))
        if not await self._text(len(self._answer.thinking)):
            return
        if not self._is(FaultKind.MISSING_END):
            await self._send(self._wire.closing())
        self._progress.complete = True
        await self._exchange.finish()

    async def _text(self, before: int) -> bool:
        """Send the text; False if the stream ended within it."""
        for number, piece in enumerate(self._answer.chunks):
            if self._due(number) and not await self._strike():
                return False
            await self._gap(before + number)
            self._progress.said.append(piece)
            await self._send(self._wire.piece(piece))
        last = len(self._answer.chunks)
        return not (self._fault is not None and self._fault.after >= last) or await self._strike()

    async def _strike(self) -> bool:
        """Do what the fault does in mid-stream; False if nothing can follow."""
        assert self._fault is not None
        match self._fault.kind:
            case FaultKind.CUT_MID_STREAM:
                self._exchange.cut()
                return False
            case FaultKind.HANG_MID_STREAM:
                await _forever()
            case FaultKind.MALFORMED_EVENT:
                await self._exchange.send(self._wire.malformed())
            case FaultKind.ERROR_EVENT:
                await self._send(self._wire.error(mid_stream_error(self._fault)))
                await self._exchange.finish()
                return False
            case _:
                pass
        return True

    async def _gap(self, number: int) -> None:
        if number > 0:
            await _pause(self._reply.token_ms)

    async def _send(self, events: list[bytes]) -> None:
        if self._is(FaultKind.NOISE):
            events = [event for wanted in events for event in (*self._wire.noise(), wanted)]
        for event in events:
            await _write(self._exchange, event, self._fault, self._reply.token_ms)

    def _is(self, kind: FaultKind) -> bool:
        return self._fault is not None and self._fault.kind is kind

    def _due(self, number: int) -> bool:
        return self._fault is not None and self._fault.after == number


async def _whole(
    exchange: Exchange, headers: Headers, wire: WireAnswer, answer: Answer, reply: Reply, progress: Progress
) -> None:
    """Answer without streaming; faults of a stream become the nearest that a whole body can have."""
    fault = reply.fault
    body = wire.whole()
    if fault is not None and fault.kind is FaultKind.ERROR_EVENT:
        body = wire.error(mid_stream_error(fault))[-1]
    if fault is not None and fault.kind is FaultKind.MALFORMED_EVENT:
        body = body[: len(body) // 2]
    gaps = max(0, len(answer.thinking) + len(answer.chunks) - 1)
    await _pause(reply.first_token_ms)
    progress.began()
    await _pause(reply.token_ms * gaps)
    await exchange.start(200, [*headers, ("content-type", JSON), ("content-length", str(len(body)))])
    if fault is not None and fault.kind in (FaultKind.HANG_AFTER_HEADERS, FaultKind.HANG_MID_STREAM):
        await _forever()
    if fault is not None and fault.kind in (FaultKind.CUT_BEFORE_FIRST_TOKEN, FaultKind.CUT_MID_STREAM):
        if fault.kind is FaultKind.CUT_MID_STREAM:
            await exchange.send(body[: len(body) // 2])
        exchange.cut()
        return
    progress.thought = len(answer.thinking)
    progress.said.extend(answer.chunks)
    await _write(exchange, body, fault, reply.token_ms)
    progress.complete = True
    await exchange.finish()


async def _write(exchange: Exchange, data: bytes, fault: Fault | None, gap_ms: float) -> None:
    if fault is not None and fault.kind is FaultKind.DRIP:
        for place in range(len(data)):
            await exchange.send(data[place : place + 1])
            await _pause(gap_ms) if gap_ms else await asyncio.sleep(0)
        return
    if fault is not None and fault.kind is FaultKind.SPLIT_UTF8:
        at = next((place for place, byte in enumerate(data) if byte & 0xC0 == 0x80), len(data) // 2)
        await exchange.send(data[:at])
        data = data[at:]
    await exchange.send(data)


async def _pause(milliseconds: float) -> None:
    if milliseconds > 0:
        await asyncio.sleep(milliseconds / 1_000)


async def _forever() -> None:
    await asyncio.get_running_loop().create_future()
