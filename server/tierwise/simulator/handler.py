"""What happens to one request: route, check, parse, choose a reply, account for it, send it, record it.

Owner of the script's counts, the caches and the records of one simulator. Must never outlive the connection of a
request: it is cancelled when the client closes, and records that.
"""

from __future__ import annotations

import asyncio
import inspect
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, cast

from tierwise.core.clock import Clock
from tierwise.simulator import errors
from tierwise.simulator.answer import Answer, make_answer
from tierwise.simulator.bodies import RawRequest
from tierwise.simulator.caching.book import CacheBook
from tierwise.simulator.caching.prompt import CacheUse, Ticket, tokens_of
from tierwise.simulator.call import ApiError, Call, Wire, bad_request
from tierwise.simulator.connection import Exchange
from tierwise.simulator.player import Progress, play
from tierwise.simulator.routes import Route, find_route, named_provider
from tierwise.simulator.script import FaultKind, Reply, ScriptRunner
from tierwise.simulator.seen import SeenRequest, SeenRequests, redacted
from tierwise.simulator.status import model_list, server_status
from tierwise.simulator.table import model_prices
from tierwise.simulator.wires.anthropic import token_count
from tierwise.simulator.wires.registry import ANSWERS, PARSERS


@dataclass(frozen=True, slots=True)
class Options:
    """How strict the simulator is and what it stands for; ``Simulator`` describes them."""

    check_auth: bool
    provider: str | None
    completions: str
    known_models_only: bool
    on_finished: Callable[[SeenRequest], None] | None


class RequestHandler:
    """Answers the requests of all connections."""

    def __init__(self, runner: ScriptRunner, clock: Clock, options: Options) -> None:
        self.runner = runner
        self.book = CacheBook()
        self.seen = SeenRequests()
        self._clock = clock
        self._options = options
        self._count = 0

    async def handle(self, exchange: Exchange) -> None:
        """Answer one request and record how it went."""
        route = find_route(
            exchange.path,
            only=self._options.provider,
            completions=self._options.completions,
            anthropic_client="anthropic-version" in exchange.headers,
        )
        record = self._record(exchange, route)
        try:
            await self._answer(exchange, route, record)
        except ApiError as error:
            await self._refuse(exchange, route, record, error)
        finally:
            record.status = exchange.status
            record.bytes_sent = exchange.bytes_sent
            record.closed_by_client = exchange.client_gone
            record.finished = self._clock.monotonic()
            self.seen.changed()
            if self._options.on_finished is not None:
                self._options.on_finished(record)

    def _record(self, exchange: Exchange, route: Route | None) -> SeenRequest:
        self._count += 1
        headers, key_header, digest = redacted(exchange.headers)
        record = SeenRequest(
            self._count,
            route.provider if route else self._options.provider or named_provider(exchange.path),
            route.wire if route else None,
            exchange.method,
            exchange.path,
            headers,
            key_header,
            digest,
            json_or_none(exchange.body),
            self._clock.monotonic(),
        )
        body = _object(record.body)
        if body is not None:
            record.model = str(body.get("model", ""))
            record.stream = body.get("stream") is True
        self.seen.add(record)
        return record

    async def _answer(self, exchange: Exchange, route: Route | None, record: SeenRequest) -> None:
        if route is None or (exchange.method != route.method and route.provider == "llama.cpp"):
            raise errors.unknown_path(record.provider, exchange.path)
        if exchange.method != route.method:
            raise ApiError(405, "invalid_request_error", f"Method not allowed: {exchange.method} {exchange.path}")
        if exchange.too_large:
            raise ApiError(413, "request_too_large", "Request exceeds the maximum size")
        if self._options.check_auth and route.needs_key and not record.key_header:
            raise errors.missing_key(route.provider, route.wire)
        headers = [("content-type", "application/json"), ("x-request-id", _request_id(record))]
        if route.wire is Wire.MODELS:
            await exchange.respond(200, headers, model_list(route.provider))
        elif route.wire is Wire.STATUS:
            await exchange.respond(200, headers, server_status(route.provider, exchange.path, self.book))
        else:
            call = self._parse(exchange, route, record)
            if call.wire is Wire.COUNT_TOKENS:
                await exchange.respond(200, headers, token_count(call))
            else:
                await self._answer_call(exchange, call, record)

    def _parse(self, exchange: Exchange, route: Route, record: SeenRequest) -> Call:
        body = _object(record.body)
        if body is None:
            raise bad_request("We could not parse the JSON body of your request: it has to be an object.")
        raw = RawRequest(route.provider, exchange.path, record.headers, body, record.key_digest)
        call = PARSERS[route.wire](raw)
        record.model, record.text, record.stream = call.model, call.text, call.stream
        if self._options.known_models_only and not call.rules.known:
            raise ApiError(404, "not_found_error", f"model: {call.model}")
        return call

    async def _answer_call(self, exchange: Exchange, call: Call, record: SeenRequest) -> None:
        reply = await self._reply(call, record)
        if reply.fault is not None:
            error = errors.fault_error(reply.fault, call.wire)
            if error is not None:
                await asyncio.sleep(reply.first_token_ms / 1_000)
                raise error
            if reply.fault.kind is FaultKind.EMPTY:
                reply = reply.model_copy(update={"text": "", "chunks": None, "thinking": ""})
        ticket = self.book.ask(call.provider, call.rules.cache, call.prompt, record.started)
        now = int(self._clock.now().timestamp())
        answer = make_answer(call, reply, ticket.use, number=record.number, created=now)
        await self._play(exchange, call, reply, answer, ticket, record)

    async def _play(
        self, exchange: Exchange, call: Call, reply: Reply, answer: Answer, ticket: Ticket, record: SeenRequest
    ) -> None:
        def began() -> None:
            record.first_token = self._clock.monotonic()
            ticket.began()
            self.seen.changed()

        progress = Progress(began)
        wire = ANSWERS[call.wire](call, answer)
        try:
            await play(exchange, _limit_headers(record), wire, answer, reply, progress, stream=call.stream)
        finally:
            if record.first_token is not None:
                _settle(call, answer, ticket, progress, record)

    async def _reply(self, call: Call, record: SeenRequest) -> Reply:
        number = record.rule = self.runner.choose(call)
        if number is None:
            return Reply()
        reply = self.runner.script.rules[number].reply
        if isinstance(reply, Reply):
            return reply
        try:
            made = reply(call)
            made = await made if inspect.isawaitable(made) else made
        except Exception as exc:
            raise ApiError(500, "api_error", f"the script's own reply raised {exc!r}") from exc
        return Reply(text=made) if isinstance(made, str) else made

    async def _refuse(self, exchange: Exchange, route: Route | None, record: SeenRequest, error: ApiError) -> None:
        record.error = error.message
        wire = route.wire if route else Wire.CHAT
        if wire is Wire.MODELS and record.provider == "anthropic":
            wire = Wire.ANTHROPIC
        headers, body = errors.render(error, record.provider, wire, _request_id(record))
        await exchange.respond(error.status, headers, body)


def json_or_none(body: bytes) -> Any:
    """What a body says, None if it is not JSON."""
    try:
        return json.loads(body)
    except ValueError:
        return None


def _settle(call: Call, answer: Answer, ticket: Ticket, progress: Progress, record: SeenRequest) -> None:
    """Account for what left: an answer that was broken off is paid as far as it came."""
    said = "".join(progress.said)
    if progress.complete:
        ticket.ended(said)
    thought = tokens_of("".join(answer.thinking[: progress.thought]))
    record.use = answer.use
    record.output_tokens = answer.output_tokens if progress.complete else thought + tokens_of(said)
    prices = model_prices(call.provider, call.model)
    record.cost_usd = prices.cost_usd(_clipped(answer.use), record.output_tokens)


def _clipped(use: CacheUse) -> CacheUse:
    """A usage that a script made up may not add up; prices need one that does."""
    return replace(use, input_tokens=max(use.input_tokens, use.read_tokens + use.written_tokens))


def _limit_headers(record: SeenRequest) -> list[tuple[str, str]]:
    """What the two providers tell about limits with every answer."""
    if record.wire is Wire.ANTHROPIC:
        names = ("requests", "tokens", "input-tokens", "output-tokens")
        limits = [(f"anthropic-ratelimit-{name}-remaining", "1000") for name in names]
        return [("request-id", _request_id(record)), *limits]
    limits = [(f"x-ratelimit-remaining-{name}", "1000") for name in ("requests", "tokens")]
    return [("x-request-id", _request_id(record)), *limits]


def _request_id(record: SeenRequest) -> str:
    return f"req_sim{record.number:06d}"


def _object(value: object) -> dict[str, Any] | None:
    return cast("dict[str, Any]", value) if isinstance(value, dict) else None
