"""What the simulator saw: one record per request, and waiting for what is still to come without sleeping.

Owner of the records. Must never hold a key.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from tierwise.simulator.caching.prompt import CacheUse
from tierwise.simulator.call import Wire

KEY_HEADERS = frozenset({"authorization", "x-api-key", "api-key", "x-goog-api-key", "cookie", "proxy-authorization"})
REDACTED = "[redacted]"


@dataclass(slots=True)
class SeenRequest:
    """One request. Times are seconds of the simulator's clock (``monotonic``).

    ``key_header`` is the header that brought a key, "" without one; ``key_digest`` tells keys apart without holding
    them. ``text`` is the flattened prompt. ``use`` and ``output_tokens`` are what was accounted, None for requests
    that were refused; ``output_tokens`` counts what had left when the request ended. ``error`` names a refusal.
    """

    number: int
    provider: str
    wire: Wire | None
    method: str
    path: str
    headers: Mapping[str, str]
    key_header: str
    key_digest: str
    body: Any
    started: float
    model: str = ""
    text: str = ""
    stream: bool = False
    rule: int | None = None
    status: int | None = None
    error: str = ""
    use: CacheUse | None = None
    output_tokens: int = 0
    cost_usd: float = 0.0
    bytes_sent: int = 0
    first_token: float | None = None
    finished: float | None = None
    closed_by_client: bool = False

    @property
    def done(self) -> bool:
        """Whether it ended, in whatever way."""
        return self.finished is not None

    def as_json(self) -> dict[str, Any]:
        """For ``GET /simulator/requests``."""
        data = asdict(self)
        data["use"] = None if self.use is None else asdict(self.use)
        data["headers"] = dict(self.headers)
        return data


@dataclass(slots=True)
class SeenRequests:
    """All requests in order of arrival."""

    records: list[SeenRequest] = field(default_factory=list[SeenRequest])
    _waiters: list[tuple[Callable[[], bool], asyncio.Future[None]]] = field(
        default_factory=list[tuple[Callable[[], bool], asyncio.Future[None]]]
    )

    def add(self, record: SeenRequest) -> None:
        """A request arrived."""
        self.records.append(record)
        self.changed()

    def changed(self) -> None:
        """Something that somebody may wait for happened."""
        for condition, future in self._waiters:
            if not future.done() and condition():
                future.set_result(None)
        self._waiters = [item for item in self._waiters if not item[1].done()]

    async def wait(self, condition: Callable[[], bool]) -> None:
        """Return as soon as the condition holds."""
        if condition():
            return
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiters.append((condition, future))
        await future

    def clear(self) -> None:
        """Forget everything."""
        self.records.clear()


def redacted(headers: Mapping[str, str]) -> tuple[dict[str, str], str, str]:
    """Headers without keys, the name of the header that had one, and a digest of the key."""
    clean = {name: REDACTED if name in KEY_HEADERS else value for name, value in headers.items()}
    for name in ("x-api-key", "authorization", "api-key"):
        value = headers.get(name, "").removeprefix("Bearer ").strip()
        if value:
            return clean, name, hashlib.blake2b(value.encode(), digest_size=6).hexdigest()
    return clean, "", ""
