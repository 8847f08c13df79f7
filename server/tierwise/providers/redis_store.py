"""A team's store on a Redis server (the extra ``redis``): sums of money, paused models, answers.

Owner of the connections. All keys begin with one prefix and end by themselves. It never waits longer than a fraction of
a second, never retries, and maps every failure to ``SharedUnavailable``: whoever asks decides when to ask again.
"""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any, cast

from tierwise.core.errors import ConfigError
from tierwise.core.shared import SharedPause, SharedUnavailable

if TYPE_CHECKING:
    from redis.asyncio import Redis

TIMEOUT_S = 0.3
"""For connecting and for each answer: a store in the same network answers within a few milliseconds."""

DAYS_KEPT_S = 3 * 86_400

LONGEST_ANSWER = 400_000
"""Characters of an answer that are kept at most; longer ones are nobody's to share."""


class RedisStore:
    """``SharedStore`` on one server. Made by ``open_store``."""

    def __init__(self, redis: Redis, prefix: str) -> None:
        self._redis: Any = redis
        self._prefix = prefix

    async def spend(self, day: str, usd: float) -> float:
        key = self._key("spent", day)
        async with _mapped():
            if usd == 0:
                return float(await self._redis.get(key) or 0)
            async with self._redis.pipeline(transaction=True) as pipe:
                pipe.incrbyfloat(key, usd)
                pipe.expire(key, DAYS_KEPT_S)
                total, _ = await pipe.execute()
        return float(total)

    async def pause(self, endpoint: str, pause: SharedPause) -> None:
        key = self._key("pause", endpoint)
        async with _mapped():
            if float(await self._redis.pttl(key)) / 1000 < pause.seconds:
                text = json.dumps({"endpoint": endpoint, "why": pause.why})
                await self._redis.set(key, text, px=max(1, int(pause.seconds * 1000)))

    async def resume(self, endpoint: str) -> None:
        async with _mapped():
            await self._redis.delete(self._key("pause", endpoint))

    async def pauses(self) -> Mapping[str, SharedPause]:
        found: dict[str, SharedPause] = {}
        async with _mapped():
            keys = [key async for key in self._redis.scan_iter(self._key("pause", "*"), count=500)]
            if not keys:
                return found
            async with self._redis.pipeline(transaction=False) as pipe:
                for key in keys:
                    pipe.get(key)
                    pipe.pttl(key)
                answers = cast("list[Any]", await pipe.execute())
            for text, left_ms in zip(answers[::2], answers[1::2], strict=True):
                if text is not None and left_ms > 0:
                    table = json.loads(text)
                    found[str(table["endpoint"])] = SharedPause(str(table["why"]), left_ms / 1000)
        return found

    async def answer(self, key: str) -> str | None:
        async with _mapped():
            found = await self._redis.get(self._key("answer", key))
        return None if found is None else str(found)

    async def keep_answer(self, key: str, text: str, seconds: float) -> None:
        if len(text) <= LONGEST_ANSWER:
            async with _mapped():
                await self._redis.set(self._key("answer", key), text, px=max(1, int(seconds * 1000)))

    async def aclose(self) -> None:
        with suppress(SharedUnavailable):
            async with _mapped():
                await self._redis.aclose()

    def _key(self, kind: str, name: str) -> str:
        return f"{self._prefix}:{kind}:{name}"


def open_store(url: str, prefix: str) -> RedisStore:
    """A store at ``url`` (redis://, rediss:// or unix://). Nothing is connected before it is used; importing the
    package takes some 100 ms. Raises ConfigError, without the address, which may hold a password.
    """
    try:
        from redis.asyncio import Redis
        from redis.asyncio.retry import Retry
        from redis.backoff import NoBackoff
    except ImportError as exc:
        raise ConfigError("shared.url_env needs another package: install tierwise[redis].") from exc
    try:
        made: Any = cast("Any", Redis).from_url(
            url,
            decode_responses=True,
            socket_timeout=TIMEOUT_S,
            socket_connect_timeout=TIMEOUT_S,
            retry=Retry(NoBackoff(), 0),
            client_name="tierwise",
        )
    except ValueError as exc:
        raise ConfigError("The variable that shared.url_env names must hold a redis:// or rediss:// address.") from exc
    return RedisStore(made, prefix)


@asynccontextmanager
async def _mapped() -> AsyncGenerator[None, None]:
    """Foreign errors become ours here, and nowhere else."""
    from redis.exceptions import RedisError

    try:
        yield
    except (RedisError, OSError, TimeoutError, ValueError, KeyError, TypeError) as exc:
        raise SharedUnavailable(f"The shared store does not answer ({type(exc).__name__}).") from exc
