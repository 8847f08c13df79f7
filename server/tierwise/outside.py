"""What a user may set up beside model providers: a team's store and a collector of telemetry, both by the settings.

Owner of both connections. Neither is imported before it is wanted, and neither may hold anything up: what cannot be
reached is told of once, and everything goes on without it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import TYPE_CHECKING

from tierwise import __version__
from tierwise.core.clock import Clock
from tierwise.core.errors import ConfigError
from tierwise.core.events import RequestEvent
from tierwise.core.shared import SharedStore
from tierwise.routing.team import Team
from tierwise.settings.models import ResolvedModel, Settings, SharedSettings

if TYPE_CHECKING:
    from tierwise.telemetry.otel import Exporter


class Outside:
    """The two connections of one server. ``settings`` gives the user's own, of no folder."""

    def __init__(
        self,
        environ: Mapping[str, str],
        clock: Clock,
        settings: Callable[[], Settings],
        tell: Callable[[str], None],
    ) -> None:
        self._environ = environ
        self._settings = settings
        self._tell = tell
        self.team = Team(clock, self._identify, tell)
        self._store: SharedStore | None = None
        self._shared: tuple[str | None, str] = (None, "")
        self._endpoint: str | None = None
        self._exporter: Exporter | None = None

    def kept_answers(self) -> tuple[SharedStore, float] | None:
        """Where answers are kept, and for how many seconds; None where they are not, or not now."""
        settings, store = self._settings().shared, self.team.store
        return (store, settings.answers_s) if store is not None and settings.answers else None

    def export(self, event: RequestEvent) -> None:
        """Pass an event on to the collector, where there is one."""
        if self._exporter is not None:
            self._exporter.export(event)

    async def follow(self) -> None:
        """Connect to what the settings name now, and leave what they no longer do."""
        settings = self._settings()
        await self._follow_store(settings.shared)
        await self._follow_collector(settings.telemetry.otlp_endpoint)

    async def run(self) -> None:
        """Keep in step with the team. Never returns; cancel it."""
        await self.team.run()

    async def aclose(self) -> None:
        """Deliver what is left and close. Takes some seconds at most, where the other side is away."""
        if self._store is not None:
            if self.team.store is not None:
                await self.team.step()
            self.team.use(None)
            await self._store.aclose()
            self._store = None
        if self._exporter is not None:
            exporter, self._exporter = self._exporter, None
            await asyncio.to_thread(exporter.close)

    async def _follow_store(self, shared: SharedSettings) -> None:
        url = self._environ.get(shared.url_env) if shared.url_env else None
        if (url, shared.prefix) == self._shared:
            return
        self._shared = (url, shared.prefix)
        before, self._store = self._store, None
        if url:
            try:
                self._store = await asyncio.to_thread(_opened, url, shared.prefix)
            except ConfigError as error:
                self._tell(str(error))
        elif shared.url_env:
            self._tell(f"shared.url_env names {shared.url_env}, which is not set: nothing is shared.")
        self.team.use(self._store)
        if before is not None:
            await before.aclose()

    async def _follow_collector(self, endpoint: str | None) -> None:
        if endpoint == self._endpoint:
            return
        self._endpoint = endpoint
        before, self._exporter = self._exporter, None
        if before is not None:
            await asyncio.to_thread(before.close)
        if endpoint is not None:
            loop = asyncio.get_running_loop()

            def tell(sentence: str) -> None:
                loop.call_soon_threadsafe(self._tell, sentence)

            self._exporter = await asyncio.to_thread(_exporting, endpoint, tell)

    def _identify(self, model: ResolvedModel) -> str:
        """The same for all machines that call the same model at the same address with the same key."""
        provider = model.provider
        key = self._environ.get(provider.api_key_env, "") if provider.api_key_env else ""
        told = "\0".join((provider.kind.value, provider.base_url or "", model.ref.model, key))
        return sha256(told.encode("utf-8", "replace")).hexdigest()[:32]


def _opened(url: str, prefix: str) -> SharedStore:
    from tierwise.providers.redis_store import open_store

    return open_store(url, prefix)


def _exporting(endpoint: str, tell: Callable[[str], None]) -> Exporter | None:
    from tierwise.telemetry.otel import exporter_to

    try:
        return exporter_to(endpoint, __version__, tell)
    except ConfigError as error:
        tell(str(error))
        return None
