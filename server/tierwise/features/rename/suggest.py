"""Better names for a symbol: proposed by the fast tier, brought into the file's style, checked for clashes."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from pathlib import Path

from tierwise.core.clock import Clock
from tierwise.core.documents import Document
from tierwise.core.errors import Declined
from tierwise.core.events import Outcome
from tierwise.core.rejection import Rejection
from tierwise.core.tasks import Task
from tierwise.core.text import Point
from tierwise.core.tokens import clipped, size
from tierwise.features.recording import Recorder, Recording
from tierwise.features.rename.fast import FastAsker, FastQuestion, refused
from tierwise.prompts.renaming import NamedThing, naming_prompt, numbered_line
from tierwise.prompts.schemas import NAMES
from tierwise.rename.proposals import file_style, usable_names, uses_of
from tierwise.rename.service import Renamer
from tierwise.rename.snapshot import Snapshot
from tierwise.rename.values import NotRenameable, Renameable, RenameDeclined
from tierwise.session.related import relative_name
from tierwise.session.session import Session
from tierwise.settings.models import Settings
from tierwise.validation.replies import parse_names

_USES = 12
_DEFINITION_LINES = 12
_MAX_TOKENS = 256


class NameSuggester:
    """Suggests names for one session."""

    def __init__(
        self,
        session: Session,
        settings: Callable[[Path | None], Settings],
        renamer: Renamer,
        tier: FastAsker,
        recorder: Recorder,
        clock: Clock,
    ) -> None:
        self._session = session
        self._settings = settings
        self._renamer = renamer
        self._tier = tier
        self._recorder = recorder
        self._clock = clock

    def available(self, document: Document) -> bool:
        """Whether there is a model to ask."""
        return self._tier.available(self._settings(self._session.folder_of(document)))

    async def suggest(self, document: Document, point: Point) -> tuple[str, ...]:
        """Up to five names, the best first; none where no proposal is any good. Raises ``Declined``."""
        folder = self._session.folder_of(document)
        settings, arrived = self._settings(folder), self._clock.monotonic()
        with self._recorder.begin(
            Task.RENAME, str(folder) if folder else "", document, settings.harness, arrived
        ) as recording:
            view = Snapshot(self._session.view())
            prepared = await self._prepared(view, document, point)
            if not self._tier.available(settings):
                raise Declined("Suggesting names needs a model in the fast tier: choose a profile (tierwise profiles).")
            proposed = await self._ask(settings, view, document, prepared, recording, arrived)
            names = await self._usable(view, document, prepared, proposed)
            recording.answered(Outcome.ANSWERED, "" if names else "no-names", recording.source)
            return names

    async def _prepared(self, view: Snapshot, document: Document, point: Point) -> Renameable:
        reason = self._session.forbidden(document)
        if reason is not None:
            raise Declined(f"This file is left alone by Tierwise ({reason}).")
        prepared = await asyncio.to_thread(self._renamer.prepare, view, document, point)
        if isinstance(prepared, NotRenameable):
            raise RenameDeclined(prepared.reason, prepared.message)
        return prepared

    async def _ask(
        self,
        settings: Settings,
        view: Snapshot,
        document: Document,
        prepared: Renameable,
        recording: Recording,
        arrived: float,
    ) -> tuple[str, ...]:
        folder = view.folder_of(document.path) if document.path is not None else None
        question = FastQuestion(
            prompt=naming_prompt(*_shown(view, document, prepared, self._tier.room(settings))),
            schema=NAMES,
            max_output_tokens=_MAX_TOKENS,
            sources=frozenset({str(document.path)} if document.path is not None else ()),
            folder=folder.name if folder is not None else "",
        )
        reply = await self._tier.ask(settings, question, recording, arrived=arrived)
        if isinstance(reply, str):
            raise Declined(f"The fast tier did not suggest any name ({reply}); try again.")
        names = parse_names(reply.text)
        if isinstance(names, Rejection):
            refused(reply, recording, names.reason)
            raise Declined(f"The fast tier did not suggest any name ({names.reason}); try again.")
        recording.source = str(reply.run.winner.ref) if reply.run.winner is not None else ""
        return names

    async def _usable(
        self, view: Snapshot, document: Document, prepared: Renameable, proposed: tuple[str, ...]
    ) -> tuple[str, ...]:
        cancelled = threading.Event()
        try:
            return await asyncio.to_thread(
                usable_names, view, self._renamer, document, prepared, proposed, cancelled.is_set
            )
        except asyncio.CancelledError:
            cancelled.set()
            raise


def _shown(view: Snapshot, document: Document, prepared: Renameable, room: int) -> tuple[NamedThing, list[str], str]:
    """What the model is shown: definition, uses as far as there is room, style."""
    path = relative_name(view, document)
    first = max(0, prepared.span.start.line - 2)
    definition = clipped("".join(document.lines.raw_range(first, first + _DEFINITION_LINES)), room)
    room -= size(definition)
    uses: list[str] = []
    for number, (at, line) in enumerate(uses_of(document, prepared, _USES), 1):
        shown = numbered_line(number, path, at.line + 1, "use", line, at.column, at.column + len(prepared.name))
        room -= size(shown)
        if room < 0:
            break
        uses.append(shown)
    thing = NamedThing(prepared.name, prepared.kind, path, definition)
    return thing, uses, file_style(document, prepared.name)
