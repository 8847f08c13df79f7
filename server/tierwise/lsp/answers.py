"""Answers that a person reads: streamed to our own clients, shown as a document to the others.

Owner of the answers of this session and of the private folder for clients that can only open files.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import shutil
import tempfile
from pathlib import Path

from cachetools import LRUCache
from lsprotocol import types

from tierwise.core import uris
from tierwise.core.clock import Clock
from tierwise.lsp.capabilities import SCHEME
from tierwise.lsp.client import Client
from tierwise.lsp.editor import Editor

_REFRESH_S = 0.25
"""A client refetches the whole text on each refresh: more often than this costs more than it shows."""


class Answer:
    """One answer while it is written. End it with ``finish`` or, where it came to nothing, with ``abandon``."""

    def __init__(self, board: AnswerBoard, identifier: str, uri: str) -> None:
        self._board = board
        self.id = identifier
        self.uri = uri
        self.text = ""
        self.showing: asyncio.Task[bool] | None = None

    def add(self, delta: str) -> None:
        """The next piece."""
        self.text += delta
        self._board.grew(self, delta)

    async def finish(self) -> None:
        """No more will come: show it where that was not done yet."""
        await self._board.finished(self)

    def abandon(self) -> None:
        """No more will come, and the request fails: what there is stays where it is shown already."""
        self._board.abandoned(self)


class AnswerBoard:
    """All answers of the session, by URI."""

    def __init__(self, editor: Editor, client: Client, clock: Clock) -> None:
        self._editor = editor
        self._client = client
        self._clock = clock
        self._numbers = itertools.count(1)
        self._answers: LRUCache[str, Answer] = LRUCache(50)
        self._refreshed = 0.0
        self._folder: Path | None = None

    def begin(self, title: str) -> Answer:
        """Start an answer. Its first piece brings it before the user where the client can show a growing document."""
        number = str(next(self._numbers))
        answer = Answer(self, number, f"{SCHEME}:/{title}-{number}.md")
        self._answers[answer.uri] = answer
        return answer

    def text(self, uri: str) -> str | None:
        """What an answer says so far; None for a URI that is none of ours."""
        answer = self._answers.get(uri)
        return None if answer is None else answer.text

    def grew(self, answer: Answer, delta: str) -> None:
        self._editor.notify("tierwise/answer", {"id": answer.id, "delta": delta, "done": False})
        if not self._grows:
            return
        if answer.showing is None:
            answer.showing = asyncio.get_running_loop().create_task(self._editor.show(answer.uri))
        now = self._clock.monotonic()
        if now - self._refreshed >= _REFRESH_S:
            self._refreshed = now
            self._editor.refresh(answer.uri)

    async def finished(self, answer: Answer) -> None:
        self._editor.notify("tierwise/answer", {"id": answer.id, "delta": "", "done": True})
        if self._client.tierwise or not answer.text:
            return
        if self._grows:
            self._editor.refresh(answer.uri)
            if answer.showing is None or await answer.showing:
                return
        if not await self._editor.show(self._as_file(answer)):
            self._editor.say(answer.text, types.MessageType.Info)

    def abandoned(self, answer: Answer) -> None:
        self._editor.notify("tierwise/answer", {"id": answer.id, "delta": "", "done": True})
        if answer.showing is not None:
            self._editor.refresh(answer.uri)

    @property
    def _grows(self) -> bool:
        """Whether this client shows a document of ours while it grows; our own clients listen to the pieces."""
        return self._client.text_document_content and not self._client.tierwise

    def close(self) -> None:
        """Remove the files that were written for clients without virtual documents."""
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)

    def _as_file(self, answer: Answer) -> str:
        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(prefix="tierwise-"))  # readable for this user only
        path = self._folder / answer.uri.rsplit("/", 1)[-1]
        with contextlib.suppress(OSError):
            path.write_text(answer.text, encoding="utf-8")
        return uris.to_uri(path)
