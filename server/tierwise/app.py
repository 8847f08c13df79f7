"""Builds the object graph: every room is made here, once, and handed only what it needs.

Nothing here does work of its own. What a first keystroke needs is built at once; the rest when it is asked for.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING

from tierwise.core.clock import Clock, SystemClock
from tierwise.core.documents import Document
from tierwise.core.masker import Masker
from tierwise.core.tasks import Tier
from tierwise.features.aftermath import Aftermath
from tierwise.features.completion.engine import EmbeddedCompletion
from tierwise.features.completion.flow import CompletionFlow
from tierwise.features.completion.generate import FastTier
from tierwise.features.completion.neighbours import Neighbours
from tierwise.features.estimates import Estimates
from tierwise.features.learning import Listeners, OpenDocumentListener
from tierwise.features.next_edit.flow import Asks, NextEditFlow
from tierwise.features.recording import Recorder
from tierwise.features.send_boundary import GuardedClients
from tierwise.features.tuning import Tuning
from tierwise.features.workspace import WorkspaceControl
from tierwise.outside import Outside
from tierwise.providers.registry import ProviderRegistry
from tierwise.routing.chain import ChainRunner
from tierwise.routing.kept_answers import KeptAnswers
from tierwise.routing.latency import LatencyBook
from tierwise.routing.learning import Thresholds
from tierwise.routing.outcomes import Trouble
from tierwise.routing.team import TeamBreakers, TeamSpending
from tierwise.session.prefix_ledger import PrefixLedger
from tierwise.session.session import Session
from tierwise.settings.local import LocalServer
from tierwise.settings.locations import state_folder
from tierwise.settings.models import Settings
from tierwise.settings.store import SettingsStore, open_store
from tierwise.telemetry.database import FILE_NAME, StateUnavailable
from tierwise.telemetry.events import EventStore

if TYPE_CHECKING:
    from tierwise.features.edit import EditFlow
    from tierwise.features.explain import ExplainFlow
    from tierwise.features.larger import LargerTiers
    from tierwise.features.queue_desk import QueueDesk
    from tierwise.features.rename.flow import RenameFlow
    from tierwise.features.rename.suggest import NameSuggester
    from tierwise.features.reporting import Reporting
    from tierwise.features.status import StatusReport
    from tierwise.servers.pool import LanguageServers

GOLD_EVENTS_FILE = "gold.sqlite3"
"""Runs of the gold set keep their events apart: they count for the day's money, and not for the user's statistics."""
_PROBE_S = 1.0
_READ_S = 30.0


@dataclass(frozen=True, slots=True)
class Rest:
    """The features that are loaded after the first keystrokes can be served."""

    rename: RenameFlow
    names: NameSuggester
    edit: EditFlow
    queue: QueueDesk
    explain: ExplainFlow
    status: StatusReport
    reporting: Reporting


class App:
    """All parts of one server process."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self._state = state_folder(environ)
        self.clock: Clock = SystemClock()
        self.store: SettingsStore = open_store(environ)
        self.events = EventStore(self._state / FILE_NAME, self.clock)
        self.recorder = Recorder(self.events, self.clock)
        self.providers = ProviderRegistry(environ)
        listeners = self._listeners = Listeners()
        self.session = Session(self.clock, listeners)
        self.control = WorkspaceControl(self.session, self.store, self._settings_changed)
        self._outside = Outside(environ, self.clock, lambda: self.store.for_folder(None), self.control.tell)
        self._breakers = TeamBreakers(self.clock, self._outside.team)
        self._spending = TeamSpending(self.clock, self._outside.team)
        self._thresholds = Thresholds(self.clock)
        self._aftermath = self._looks_after(listeners)
        self._estimates = Estimates()
        self._ledger = PrefixLedger(self.clock)
        kept = KeptAnswers(self.providers, self._outside.kept_answers)
        guarded = GuardedClients(kept, Masker(), lambda paths: self.session.view().unsendable(paths))
        self._runner = ChainRunner(guarded, self._breakers, LatencyBook(), self._spending, self.clock)
        self._neighbours = Neighbours(self.session, self.clock)
        self._engine = EmbeddedCompletion()
        listeners.add(self._engine)
        self.completion = CompletionFlow(
            self.session,
            self.store.for_folder,
            FastTier(self.session, self._runner, self._spending, self._neighbours, self._estimates, self._trouble),
            self._engine,
            self.recorder,
            self.clock,
        )
        listeners.add(OpenDocumentListener(self.completion))
        self.next_edits = NextEditFlow(self.session, self.store.for_folder, self._edit_asker, self.recorder, self.clock)
        self._changed = asyncio.Event()
        self._servers: tuple[LocalServer, ...] | None = None
        self._larger: LargerTiers | None = None
        self._loaded = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._rename: RenameFlow | None = None
        self._language_servers: LanguageServers | None = None
        self.recorder.watch(lambda event, _totals: self._outside.export(event))
        self.recorder.watch(lambda _event, _totals: self._tell_of_events())

    def rest(self) -> Rest:
        """The features that are not needed for the first keystroke. Their imports cost, so a thread calls this."""
        from tierwise.checkers.runner import SubprocessTools
        from tierwise.features.edit import EditFlow
        from tierwise.features.edit_checks import ToolChecks
        from tierwise.features.explain import ExplainFlow
        from tierwise.features.library import DiskLibrary
        from tierwise.features.queue_desk import QueueDesk
        from tierwise.features.rename.adjudicate import Adjudicator
        from tierwise.features.rename.fast import FastAsker
        from tierwise.features.rename.flow import RenameFlow
        from tierwise.features.rename.suggest import NameSuggester
        from tierwise.features.reporting import Reporting
        from tierwise.features.status import StatusReport
        from tierwise.rename.engines import bundled_engines
        from tierwise.rename.service import Renamer
        from tierwise.routing.classify import Classifier
        from tierwise.routing.words import WordsSource
        from tierwise.servers.pool import LanguageServers
        from tierwise.telemetry.queue import QueueStore

        session, settings, clock = self.session, self.store.for_folder, self.clock
        asker = self._larger_tiers().asker
        classifier = Classifier(words=WordsSource(self.control.tell), history=self._thresholds)
        queue = QueueStore(self._state / FILE_NAME, clock)
        spending, recorder = self._spending, self.recorder
        renamer, fast = Renamer(bundled_engines()), FastAsker(self._runner, self._estimates, spending, self._trouble)
        self._language_servers = LanguageServers(settings, self.store.is_trusted, session.view, self._environ, clock)
        self._rename = RenameFlow(
            session,
            settings,
            renamer,
            Renamer(bundled_engines(aliases=False)),
            self._language_servers,
            Adjudicator(fast),
            recorder,
            clock,
        )
        return Rest(
            rename=self._rename,
            names=NameSuggester(session, settings, renamer, fast, recorder, clock),
            edit=EditFlow(
                session,
                settings,
                asker,
                classifier,
                spending,
                DiskLibrary(),
                ToolChecks(SubprocessTools(self._environ), self.store.is_trusted),
                queue,
                recorder,
                clock,
            ),
            queue=QueueDesk(session, queue),
            explain=ExplainFlow(session, settings, self.store.is_trusted, asker, classifier, spending, recorder, clock),
            status=StatusReport(
                session,
                self.store,
                recorder,
                spending,
                self._breakers,
                self._ledger,
                self._thresholds,
                self._outside.team,
            ),
            reporting=Reporting(self.events.since, lambda: self.control.folders, settings, self._thresholds, clock),
        )

    def _edit_asker(self) -> Asks:
        from tierwise.features.next_edit.ask import EditAsker

        return EditAsker(self.session, self._runner, self._spending, self._estimates, self._trouble)

    def _larger_tiers(self) -> LargerTiers:
        from tierwise.features.larger import LargerTiers

        larger = self._larger = LargerTiers(
            self.session,
            self.store.for_folder,
            self.store.is_trusted,
            self._ledger,
            self._runner,
            self._estimates,
            self._spending,
            self.recorder,
            self.clock,
            self._trouble,
        )
        if self._loop is None:
            self._loaded.set()
        else:  # this runs in a thread of its own
            self._loop.call_soon_threadsafe(self._loaded.set)
        return larger

    async def start(self, spent_elsewhere_usd: float = 0.0) -> None:
        """Restore today's spending, look for local model servers, and make the connections that will be needed.

        ``spent_elsewhere_usd``: today, with other state than this server's.
        """
        self._loop = asyncio.get_running_loop()
        try:
            spent = await asyncio.to_thread(spent_today, self._state, self.clock)
            for learnt in await asyncio.to_thread(self.events.learnt):
                self._thresholds.load(learnt.folder, learnt.state)
        except StateUnavailable as error:
            spent = 0.0
            self.control.tell(str(error))
        self._spending.restore(spent + spent_elsewhere_usd)
        await self._prepare()

    async def follow(self) -> None:
        """After ``start``: look and connect anew whenever settings change. Never returns."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._outside.run())
            group.create_task(self._follow_caches())
            while await self._changed.wait():
                await self._prepare()

    async def _follow_caches(self) -> None:
        """Fill and keep caches for the larger tiers, from when they are loaded on."""
        await self._loaded.wait()
        assert self._larger is not None
        for document in self.session.view().open_documents():
            self._larger.prewarmer.opened(document)
        self._listeners.add(self._larger.prewarmer)
        await self._larger.follow()

    async def acquaint(self, document: Document) -> None:
        """Wait until the folders are read and all is known about an open document, as after some seconds in an editor.

        For measurements, which must not depend on how soon after the opening they ask.
        """
        await asyncio.to_thread(self.session.wait_indexed, _READ_S)
        await asyncio.to_thread(self._engine.wait)
        await self._neighbours.look(document, document.lines.end)

    async def aclose(self) -> None:
        """End everything in the order in which it depends on each other; no event is lost."""
        await self.completion.aclose()
        await self._neighbours.aclose()
        if self._larger is not None:
            await self._larger.aclose()
        if self._rename is not None:
            await self._rename.aclose()
        if self._language_servers is not None:
            await self._language_servers.aclose()
        await self._runner.aclose()
        await self._outside.aclose()
        await self.providers.aclose()
        self.session.shutdown()
        self._aftermath.settle()
        await asyncio.to_thread(self.events.close)

    def _looks_after(self, listeners: Listeners) -> Aftermath:
        """Connect what becomes of answers with what learns from it."""
        tuning = Tuning(self._thresholds, self.store.is_trusted, self.events.keep_learnt)
        aftermath = Aftermath(self.clock, self.recorder.hear, tuning.ended)
        self.recorder.watch(tuning.event)
        self.recorder.look_after(aftermath)
        listeners.add(OpenDocumentListener(aftermath))
        return aftermath

    async def _prepare(self) -> None:
        self._changed.clear()
        await self._outside.follow()
        await self._look_for_servers()
        await self._warm()

    async def _look_for_servers(self) -> None:
        if not any(settings.profile in {"auto", "local"} for settings in self._all_settings()):
            return
        from tierwise.providers.probe import find_local_servers

        found = await find_local_servers(_PROBE_S)
        if found != self._servers:
            self._servers = found
            self.control.set_local_servers(found)

    async def _warm(self) -> None:
        """Connections of the fast tier, so that the first keystroke pays for none."""
        chains = [settings.chain(Tier.FAST) for settings in self._all_settings()]
        await self.providers.warm(model for chain in chains for model in chain if not model.embedded)

    def _all_settings(self) -> list[Settings]:
        folders: tuple[Path | None, ...] = self.control.folders or (None,)
        return [self.store.for_folder(folder) for folder in folders]

    def _settings_changed(self) -> None:
        self._breakers.reset(self.store.for_folder(None).routing)
        self._changed.set()

    def _trouble(self, trouble: Trouble) -> None:
        """Tell what only a person can put right, unless the settings have said it already: a key that is not set."""
        provider = trouble.model.provider
        used = [settings.providers[provider] for settings in self._all_settings() if provider in settings.providers]
        variables = {settings.api_key_env for settings in used if settings.api_key_env}
        told = [problem.reason for problem in self.store.problems()]
        if not any(variable in reason for variable in variables for reason in told):
            self.control.tell(trouble.sentence)

    def _tell_of_events(self) -> None:
        warning = self.events.take_warning()
        if warning is not None:
            self.control.tell(warning)


def spent_today(state: Path, clock: Clock) -> float:
    """US dollars since midnight, by all that keep their events in this state folder. Blocks on the disk."""
    midnight = datetime.combine(clock.now().date(), time(), clock.now().tzinfo).astimezone(UTC)
    files = (state / FILE_NAME, state / GOLD_EVENTS_FILE)
    return sum(EventStore(file, clock).spent_since(midnight) for file in files)


def build(environ: Mapping[str, str]) -> App:
    """The parts of a server for this user's environment."""
    return App(environ)
