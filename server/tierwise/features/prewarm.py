"""Fills providers' caches when a folder is opened, where the settings allow money to be spent unasked.

Owner of the list of folders that were seen. The first document that is opened in a folder says what belongs into the
prompt; the tier is the one that most questions go to.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from tierwise.core.documents import Document
from tierwise.core.ports import DocumentEdit
from tierwise.core.tasks import Role, Task, TaskClass
from tierwise.core.text import Span
from tierwise.features.keep_warm import KeepWarm, Warmth
from tierwise.features.larger_prompt import PromptMaker, Question
from tierwise.features.place import gather
from tierwise.routing.policy import policy_for
from tierwise.routing.spending import Spending
from tierwise.session.session import Session
from tierwise.settings.models import Settings


class Prewarmer:
    """Hears of opened documents. Implements ``core.ports.WorkspaceListener``."""

    def __init__(
        self,
        session: Session,
        settings: Callable[[Path | None], Settings],
        prompts: PromptMaker,
        warm: KeepWarm,
        spending: Spending,
    ) -> None:
        self._session = session
        self._settings = settings
        self._prompts = prompts
        self._warm = warm
        self._spending = spending
        self._seen: set[Path] = set()
        self._filling: set[asyncio.Task[None]] = set()

    def opened(self, document: Document) -> None:
        """Fill the cache for the document's folder, once."""
        folder = self._session.folder_of(document)
        if folder is None or folder in self._seen or not self._settings(folder).cache.prewarm:
            return
        self._seen.add(folder)
        task = asyncio.get_running_loop().create_task(self._fill(document, folder))
        self._filling.add(task)
        task.add_done_callback(self._filling.discard)

    def edited(self, edit: DocumentEdit) -> None:
        """Nothing to do."""

    def closed(self, document: Document) -> None:
        """Nothing to do."""

    def file_read(self, document: Document) -> None:
        """Nothing to do."""

    def file_gone(self, path: Path) -> None:
        """Nothing to do."""

    async def aclose(self) -> None:
        """Give up what is under way."""
        for task in self._filling:
            task.cancel()
        await asyncio.gather(*self._filling, return_exceptions=True)

    async def _fill(self, document: Document, folder: Path) -> None:
        settings = self._settings(folder)
        tier = settings.routing.tier_for(TaskClass.LOCAL)
        model = next((model for model in settings.chain(tier) if model.facts.cache.prewarm), None)
        if model is None or self._spending.reached(settings.budget) is not None:
            return
        whole = Span(document.lines.clamp(document.lines.end), document.lines.end)
        place = await asyncio.to_thread(gather, self._session.view(), document, whole, Task.EXPLAIN)
        policy = policy_for(settings, Task.EXPLAIN, TaskClass.LOCAL, tier)
        sent = self._prompts.make(Question(Task.EXPLAIN, place, Role.EXPLAIN), model, policy)
        await self._warm.fill(Warmth(model, folder, policy, sent))
