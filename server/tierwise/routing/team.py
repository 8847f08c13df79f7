"""What the machines of a team share while they route: the day's money, and which models to leave alone for now.

Owner of the last known state of the shared store, and of what is still to be told to it. Requests never wait for the
store: they look at what is known here, and one task keeps that fresh. While the store is away everything goes on as on
one machine alone, nothing is lost (what was spent meanwhile is told later), and the user hears of it once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC

from tierwise.core.clock import Clock
from tierwise.core.errors import ProviderError
from tierwise.core.shared import SharedPause, SharedStore, SharedUnavailable
from tierwise.routing.breakers import Breakers, Pause, Paused, Permit
from tierwise.routing.outcomes import Trouble
from tierwise.routing.spending import Spending
from tierwise.settings.models import ResolvedModel, RoutingSettings

EVERY_S = 1.0
"""Seconds between two looks at the store."""

AWAY_FIRST_S, AWAY_LONGEST_S = 2.0, 60.0
"""Seconds until a store that is away is looked for again, doubled each time."""

CAP_S = 3600.0
"""For how long a spending cap is told to the others: each may find out for itself afterwards."""

SHARED = frozenset({Pause.FAILURES, Pause.RATE_LIMIT, Pause.SPENDING_CAP})
"""Pauses that hold for whoever calls the same model with the same key. A refused key is each machine's own matter."""


@dataclass(slots=True)
class _Known:
    """What the store said last. ``paused``: by endpoint, until when by the monotonic clock, and why."""

    team_usd: float | None = None
    day: str = ""
    paused: dict[str, tuple[float, str]] = field(default_factory=dict[str, tuple[float, str]])


class Team:
    """The link to the store, where there is one."""

    def __init__(
        self,
        clock: Clock,
        identify: Callable[[ResolvedModel], str],
        tell: Callable[[str], None],
    ) -> None:
        """``identify`` names a model at its address under its key, without giving the key away."""
        self._clock = clock
        self._identify = identify
        self._tell = tell
        self._store: SharedStore | None = None
        self._told = False
        self.known = _Known()
        self._untold_usd: dict[str, float] = {}
        self._to_pause: dict[str, SharedPause] = {}
        self._to_resume: set[str] = set()
        self._ours: set[str] = set()

    @property
    def store(self) -> SharedStore | None:
        """The store while it answers; None otherwise."""
        return None if self._told else self._store

    @property
    def connected(self) -> bool | None:
        """Whether the store answers; None where none is set up."""
        return None if self._store is None else not self._told

    def use(self, store: SharedStore | None) -> None:
        """Change to another store, or to none."""
        self._store, self._told, self.known = store, False, _Known()

    async def run(self) -> None:
        """Keep in step with the store. Never returns; cancel it."""
        wait_s = AWAY_FIRST_S
        while True:
            if await self.step():
                wait_s = AWAY_FIRST_S
                await asyncio.sleep(EVERY_S)
            else:
                await asyncio.sleep(wait_s)
                wait_s = min(2 * wait_s, AWAY_LONGEST_S)

    async def step(self) -> bool:
        """Tell what there is to tell and look once; whether the store answered (or there is none)."""
        store = self._store
        if store is None:
            return True
        try:
            await self._talk(store)
        except SharedUnavailable as error:
            if not self._told:
                self._told = True
                self.known = _Known()
                self._tell(f"{error} Budgets and paused models are this machine's own until it does again.")
            return False
        self._told = False
        return True

    def spent(self, usd: float) -> None:
        """Money was spent here."""
        if self._store is not None and usd:
            day = self.today()
            self._untold_usd[day] = self._untold_usd.get(day, 0.0) + usd

    def team_usd(self) -> float | None:
        """What all machines have spent today, as far as it is known; None without a store that answers."""
        day, known = self.today(), self.known
        if known.team_usd is None or known.day != day:
            return None
        return known.team_usd + self._untold_usd.get(day, 0.0)

    def paused(self, model: ResolvedModel) -> Paused | None:
        """The pause that another machine, or we, told of this model."""
        found = self.known.paused.get(self._identify(model)) if self.known.paused else None
        if found is None:
            return None
        left = found[0] - self._clock.monotonic()
        return Paused(model.ref, Pause(found[1]), left) if left > 0 and found[1] in SHARED else None

    def pause(self, model: ResolvedModel, pause: Paused) -> None:
        """Tell the others to leave a model alone."""
        if self._store is not None and pause.why in SHARED:
            seconds = CAP_S if pause.seconds is None else pause.seconds
            name = self._identify(model)
            self._to_resume.discard(name)
            self._ours.add(name)
            self._to_pause[name] = SharedPause(pause.why.value, seconds)

    def resume(self, model: ResolvedModel) -> None:
        """Tell the others that a model answers again."""
        if self._store is not None:
            self._resume(self._identify(model))

    def take_back(self) -> None:
        """Whatever was told from here may be right now: the settings changed."""
        for name in tuple(self._ours):
            self._resume(name)

    def today(self) -> str:
        """The day by which a team counts: the same at all its places."""
        return self._clock.now().astimezone(UTC).date().isoformat()

    def _resume(self, name: str) -> None:
        self._ours.discard(name)
        self._to_pause.pop(name, None)
        self.known.paused.pop(name, None)
        self._to_resume.add(name)

    async def _talk(self, store: SharedStore) -> None:
        today = self.today()
        total = 0.0
        for day in sorted({*self._untold_usd, today}):
            usd = self._untold_usd.get(day, 0.0)
            total = await store.spend(day, usd)
            # Only what was told is taken off: more may have been spent while the store was answering.
            self._untold_usd[day] = max(0.0, self._untold_usd.get(day, 0.0) - usd)
        self._untold_usd = {day: usd for day, usd in self._untold_usd.items() if usd > 0}
        for name in tuple(self._to_resume):
            await store.resume(name)
            self._to_resume.discard(name)
        for name, pause in tuple(self._to_pause.items()):
            await store.pause(name, pause)
            self._to_pause.pop(name, None)
        pauses = await store.pauses()
        now = self._clock.monotonic()
        if store is self._store:
            paused = {name: (now + pause.seconds, pause.why) for name, pause in pauses.items()}
            self.known = _Known(total, today, paused)


class TeamSpending(Spending):
    """Money as ``Spending`` counts it, and where a store is shared the whole team's for the day."""

    def __init__(self, clock: Clock, team: Team) -> None:
        super().__init__(clock)
        self._team = team

    @property
    def day_usd(self) -> float:
        own = super().day_usd
        team = self._team.team_usd()
        return own if team is None else max(own, team)

    def charge(self, usd: float) -> None:
        super().charge(usd)
        self._team.spent(usd)


class TeamBreakers(Breakers):
    """Breakers that also leave alone what another machine found not to answer."""

    def __init__(self, clock: Clock, team: Team, settings: RoutingSettings | None = None) -> None:
        super().__init__(clock, settings)
        self._team = team

    def admit(self, model: ResolvedModel) -> Permit | Paused:
        return self._team.paused(model) or super().admit(model)

    def spoke(self, permit: Permit) -> None:
        super().spoke(permit)
        if permit.probe:
            self._team.resume(permit.model)

    def failed(self, permit: Permit, error: ProviderError) -> Trouble | None:
        trouble = super().failed(permit, error)
        for pause in self.pauses():
            if pause.model == permit.model.ref:
                self._team.pause(permit.model, pause)
        return trouble

    def reset(self, settings: RoutingSettings | None = None) -> None:
        super().reset(settings)
        self._team.take_back()
