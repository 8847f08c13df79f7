"""What the server is made of, as this room sees it: ports that ``app.py``'s parts fit. Imports nothing that is slow."""

from __future__ import annotations

from typing import Any, Protocol

from tierwise.core.clock import Clock
from tierwise.features.completion.flow import CompletionFlow
from tierwise.features.next_edit.flow import NextEditFlow
from tierwise.features.recording import Recorder
from tierwise.features.workspace import WorkspaceControl
from tierwise.session.session import Session


class Rest(Protocol):
    """The features that may load later. Types are loose here so that nothing is imported for them."""

    @property
    def rename(self) -> Any: ...
    @property
    def names(self) -> Any: ...
    @property
    def edit(self) -> Any: ...
    @property
    def queue(self) -> Any: ...
    @property
    def explain(self) -> Any: ...
    @property
    def status(self) -> Any: ...
    @property
    def reporting(self) -> Any: ...


class Parts(Protocol):
    """What the server is made of."""

    @property
    def clock(self) -> Clock: ...
    @property
    def session(self) -> Session: ...
    @property
    def control(self) -> WorkspaceControl: ...
    @property
    def completion(self) -> CompletionFlow: ...
    @property
    def next_edits(self) -> NextEditFlow: ...
    @property
    def recorder(self) -> Recorder: ...

    def rest(self) -> Rest:
        """Build the features that load later. Called in a thread of its own."""
        ...

    async def start(self) -> None:
        """Begin what runs in the background: warm connections, look for local servers."""
        ...

    async def follow(self) -> None:
        """Do that again whenever settings change. Never returns."""
        ...

    async def aclose(self) -> None:
        """End everything: flights, connections, the event store."""
        ...
