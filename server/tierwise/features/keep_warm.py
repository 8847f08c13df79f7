"""Keeps providers' copies of prompts alive while somebody works: reading a copy costs a twentieth of writing it.

Owner of the list of copies worth keeping. It sends only what was sent before, to the same model; it stops when nobody
works in the editor, when the money spent on it nears what writing anew would cost, when the settings' minutes are over
or a limit in money is reached. Every request it makes is an event of its own.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from tierwise.core.clock import Clock
from tierwise.core.errors import ConfigError, Declined, ProviderError
from tierwise.core.events import Outcome
from tierwise.core.models import ChatPrompt
from tierwise.core.tasks import Task
from tierwise.features.larger_prompt import Sent
from tierwise.features.recording import Recorder
from tierwise.routing.chain import ChainRunner
from tierwise.routing.policy import Policy
from tierwise.routing.spending import Spending
from tierwise.session.prefix_ledger import Prefix, PrefixLedger
from tierwise.session.session import Session
from tierwise.settings.models import ResolvedModel, Settings

_BEFORE_S = 2.0
"""A copy is renewed this much before it counts as expired: for a late event loop. The way to the provider has a margin
of its own."""
_IDLE_REFRESHES = 1
"""Copies are renewed so often after the last sign of work: a look at another window is no end of it."""
_LOOK_S = 30.0
"""Seconds between two looks when nothing is due sooner."""


@dataclass(frozen=True, slots=True)
class Warmth:
    """A copy that a provider holds: of the prefix of the request ``sent`` to ``model``."""

    model: ResolvedModel
    folder: Path | None
    policy: Policy
    sent: Sent


@dataclass(slots=True)
class _Kept:
    warmth: Warmth
    asked_at: float
    sent_at: float
    refreshes: int = 0
    idle: int = 0


class KeepWarm:
    """Refreshes for one session. ``used`` after each answer; ``follow`` runs in the background."""

    def __init__(
        self,
        session: Session,
        ledger: PrefixLedger,
        settings: Callable[[Path | None], Settings],
        runner: ChainRunner,
        spending: Spending,
        recorder: Recorder,
        clock: Clock,
    ) -> None:
        self._session = session
        self._ledger = ledger
        self._settings = settings
        self._runner = runner
        self._spending = spending
        self._recorder = recorder
        self._clock = clock
        self._kept: dict[tuple[str, str, str], _Kept] = {}
        self._news = asyncio.Event()

    def wanted(self, folder: Path | None) -> bool:
        """Whether copies are kept alive in a folder."""
        return self._settings(folder).cache.keep_warm_minutes > 0

    def used(self, warmth: Warmth) -> None:
        """A request was answered: its copy is the one to keep for its prefix."""
        need = warmth.sent.need
        key = (need.model, need.folder, need.variant)
        if not need.terms.refresh or any(block.long for block in warmth.sent.prefix.blocks):
            self._kept.pop(key, None)
            return
        self._kept[key] = _Kept(warmth, warmth.sent.prefix.at, warmth.sent.prefix.at)
        self._news.set()

    def due(self) -> float | None:
        """When the next copy is to be renewed, in monotonic seconds; None while there is none."""
        return min((_due(kept) for kept in self._kept.values()), default=None)

    async def tick(self) -> None:
        """Renew what is due now, and let go of what is not worth it any more."""
        now = self._clock.monotonic()
        for key, kept in list(self._kept.items()):
            if now < _due(kept):
                continue
            if not self._worth(kept, now):
                del self._kept[key]
                continue
            idle = self._session.worked_at <= kept.sent_at
            kept.idle = kept.idle + 1 if idle else 0
            kept.sent_at = now
            kept.refreshes += 1
            if not await self._refresh(kept.warmth, now):
                self._kept.pop(key, None)

    async def follow(self) -> None:
        """Renew whatever becomes due. Runs until it is cancelled."""
        while True:
            self._news.clear()
            due = self.due()
            wait = _LOOK_S if due is None else min(_LOOK_S, max(0.0, due - self._clock.monotonic()))
            with suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self._news.wait()
            await self.tick()

    def _worth(self, kept: _Kept, now: float) -> bool:
        settings, terms = self._settings(kept.warmth.folder), kept.warmth.sent.need.terms
        nobody = self._session.worked_at <= kept.sent_at and kept.idle >= _IDLE_REFRESHES
        late = now - kept.asked_at > 60 * settings.cache.keep_warm_minutes
        expired = now - kept.sent_at > terms.ttl_s
        dear = (kept.refreshes + 1) * terms.read > terms.write
        return not (nobody or late or expired or dear or self._spending.reached(settings.budget) is not None)

    async def fill(self, warmth: Warmth) -> None:
        """Have a provider make its copy before the first question."""
        await self._send(warmth, warmth.sent.prefix, "filled")
        self.used(warmth)

    async def _refresh(self, warmth: Warmth, now: float) -> bool:
        """Send the prefix again, wanting no answer; whether the provider still had it."""
        prefix = warmth.sent.prefix
        again = replace(prefix, at=now, held=len(prefix.ends) - 1, expected_cached=prefix.tokens, rebase=None)
        return await self._send(warmth, again, "refreshed")

    async def _send(self, warmth: Warmth, prefix: Prefix, word: str) -> bool:
        settings, sent, now = self._settings(warmth.folder), warmth.sent, prefix.at
        request = replace(
            sent.request, prompt=ChatPrompt(prefix.blocks), max_output_tokens=0, schema=None, sources=prefix.sources
        )
        where, tier = str(warmth.folder) if warmth.folder else "", warmth.policy.tier
        with self._recorder.begin(Task.CACHE, where, None, settings.harness, now) as recording:
            recording.tier = tier
            run = self._runner.open(
                [warmth.model], lambda _: request, tier=tier, limits=warmth.policy.limits, hedge=False, arrived=now
            )
            with suppress(ProviderError, ConfigError, Declined):
                async with run:
                    async for _ in run:
                        pass
            recording.attempts.extend(run.records)
            if run.usage is None:
                recording.answered(Outcome.FAILED, "not-" + word, str(warmth.model.ref))
                return False
            explained = self._ledger.observe(sent.need, prefix, run.usage)
            why = None if prefix.rebase is None else str(prefix.rebase)
            recording.cached(prefix.expected_cached, why, missed=not explained)
            recording.saved_usd += warmth.model.facts.saved_usd(run.usage)
            recording.answered(Outcome.EMPTY, word, str(warmth.model.ref))
            return explained


def _due(kept: _Kept) -> float:
    return kept.sent_at + kept.warmth.sent.need.terms.ttl_s - _BEFORE_S
