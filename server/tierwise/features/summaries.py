"""Summaries of files that do not fit into larger requests, made by the fast tier once per content.

Owner of the summaries of this session: in memory only, since they tell of code. Off unless the settings allow it. A
request never waits for one: it takes the file's outline, and the next one finds the summary.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

from cachetools import LRUCache

from tierwise.core.clock import Clock
from tierwise.core.documents import Document
from tierwise.core.errors import ConfigError, Declined, ProviderError
from tierwise.core.events import Outcome
from tierwise.core.fences import fenced
from tierwise.core.models import ChatPrompt, ModelRequest, PromptBlock, Speaker
from tierwise.core.tasks import Role, Task, TaskClass, Tier
from tierwise.core.text import Lines
from tierwise.core.thoughts import spoken
from tierwise.core.tokens import clipped
from tierwise.features.estimates import Estimates
from tierwise.features.recording import Recorder
from tierwise.prompts.instructions import instruction
from tierwise.routing.chain import ChainRunner
from tierwise.routing.outcomes import RunEnd
from tierwise.routing.policy import policy_for
from tierwise.routing.spending import Spending
from tierwise.session.related import relative_name
from tierwise.session.session import Session
from tierwise.settings.models import ProviderKind, ResolvedModel, Settings

_KEPT = 512
_OUTPUT_TOKENS = 500
_PROMPT_SHARE = 0.9
_PATIENCE_S = 60.0
"""Nobody waits for a summary: its limits are not those of ghost text."""


class Summaries:
    """Summaries by content. ``of`` never waits."""

    def __init__(
        self,
        session: Session,
        settings: Callable[[Path | None], Settings],
        runner: ChainRunner,
        estimates: Estimates,
        spending: Spending,
        recorder: Recorder,
        clock: Clock,
    ) -> None:
        self._session = session
        self._settings = settings
        self._runner = runner
        self._estimates = estimates
        self._spending = spending
        self._recorder = recorder
        self._clock = clock
        self._known: LRUCache[str, Lines] = LRUCache(_KEPT)
        self._making: dict[str, asyncio.Task[None]] = {}
        self._one_by_one = asyncio.Lock()

    def of(self, document: Document) -> Lines | None:
        """A summary of a document as it is; None while there is none. Begins to make one where that is allowed."""
        folder = self._session.folder_of(document)
        settings = self._settings(folder)
        if not settings.context.summaries:
            return None
        key = sha256(document.text.encode("utf-8", "replace")).hexdigest()
        known = self._known.get(key)
        if known is None and key not in self._making and self._spending.reached(settings.budget) is None:
            task = asyncio.get_running_loop().create_task(self._make(key, document, folder, settings))
            self._making[key] = task
            task.add_done_callback(lambda _: self._making.pop(key, None))
        return known

    async def wait(self) -> None:
        """Wait for the summaries that are being made."""
        await asyncio.gather(*self._making.values(), return_exceptions=True)

    async def aclose(self) -> None:
        """Make no more."""
        for task in self._making.values():
            task.cancel()
        await self.wait()

    async def _make(self, key: str, document: Document, folder: Path | None, settings: Settings) -> None:
        chain = [m for m in settings.chain(Tier.FAST) if not m.embedded and m.provider.kind is not ProviderKind.FIM]
        if not chain:
            return
        async with self._one_by_one:
            now = self._clock.monotonic()
            where = str(folder) if folder else ""
            with self._recorder.begin(Task.SUMMARIZE, where, document, settings.harness, now) as recording:
                recording.tier = Tier.FAST
                policy = policy_for(settings, Task.SUMMARIZE, TaskClass.MECHANICAL, Tier.FAST)
                limits = replace(policy.limits, first_token_s=_PATIENCE_S, deadline_s=_PATIENCE_S)
                run = self._runner.open(
                    chain,
                    lambda model: self._request(document, model, limits.context_tokens),
                    tier=Tier.FAST,
                    limits=limits,
                    hedge=False,
                    arrived=now,
                )
                pieces: list[str] = []
                with suppress(ProviderError, ConfigError, Declined):
                    async with run:
                        pieces = [piece async for piece in run]
                recording.attempts.extend(run.records)
                text = spoken("".join(pieces)).strip()
                if run.end is RunEnd.FINISHED and text and run.winner is not None:
                    self._known[key] = Lines.of(text + "\n")
                    recording.answered(Outcome.EMPTY, "summarized", str(run.winner.ref))
                else:
                    recording.answered(Outcome.FAILED, "no-summary")

    def _request(self, document: Document, model: ResolvedModel, tokens: int) -> ModelRequest:
        room = self._estimates.of(model).characters(int(min(tokens, model.facts.context_tokens) * _PROMPT_SHARE))
        name = relative_name(self._session.view(), document)
        blocks = (
            PromptBlock(Speaker.SYSTEM, instruction("summarize"), stable=True),
            PromptBlock(Speaker.USER, fenced("file", {"path": name}, clipped(document.text, room))),
        )
        return ModelRequest(
            role=Role.SUMMARIZE,
            prompt=ChatPrompt(blocks),
            max_output_tokens=min(_OUTPUT_TOKENS, model.facts.max_output_tokens),
            first_token_s=_PATIENCE_S,
            deadline_s=_PATIENCE_S,
            quiet=True,
            sources=frozenset({str(document.path)} if document.path is not None else ()),
        )
