"""All that asking larger models takes, built together: prompts, caches, commits, summaries, and who asks.

Owner of the background work for it.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tierwise.core.clock import Clock
from tierwise.features.asking import Asker
from tierwise.features.estimates import Estimates
from tierwise.features.keep_warm import KeepWarm
from tierwise.features.larger_prompt import PromptMaker
from tierwise.features.prewarm import Prewarmer
from tierwise.features.recording import Recorder
from tierwise.features.summaries import Summaries
from tierwise.routing.chain import ChainRunner
from tierwise.routing.outcomes import Trouble
from tierwise.routing.spending import Spending
from tierwise.session.commits import CommitsBook
from tierwise.session.prefix_ledger import PrefixLedger
from tierwise.session.session import Session
from tierwise.settings.models import Settings


class LargerTiers:
    """``asker`` is what the features use; ``follow`` keeps caches warm in the background."""

    def __init__(
        self,
        session: Session,
        settings: Callable[[Path | None], Settings],
        trusted: Callable[[Path], bool],
        ledger: PrefixLedger,
        runner: ChainRunner,
        estimates: Estimates,
        spending: Spending,
        recorder: Recorder,
        clock: Clock,
        trouble: Callable[[Trouble], None],
    ) -> None:
        self.warm = KeepWarm(session, ledger, settings, runner, spending, recorder, clock)
        self.summaries = Summaries(session, settings, runner, estimates, spending, recorder, clock)
        self.prompts = PromptMaker(session, ledger, estimates, self.summaries.of, self.warm.wanted)
        self._commits = CommitsBook(clock)
        self.asker = Asker(self.prompts, ledger, self.warm, self._commits, trusted, runner, estimates, trouble)
        self.prewarmer = Prewarmer(session, settings, self.prompts, self.warm, spending)

    async def follow(self) -> None:
        """Keep providers' copies alive while they are worth it. Runs until it is cancelled."""
        await self.warm.follow()

    async def aclose(self) -> None:
        """Give up what is under way."""
        await self.prewarmer.aclose()
        await self.summaries.aclose()
        await self._commits.aclose()
