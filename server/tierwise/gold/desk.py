"""What a run needs of a whole server, as ports: the caller builds the server and puts its parts on the desk.

Owner of no state. Nothing here knows how a server is put together, or which models it asks.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from tierwise.core.clock import Clock
from tierwise.core.documents import Document
from tierwise.core.tasks import Task, TaskClass, Tier
from tierwise.core.text import Span
from tierwise.features.completion.flow import CompletionFlow
from tierwise.features.edit import EditFlow
from tierwise.features.explain import ExplainFlow
from tierwise.features.recording import Recorder
from tierwise.features.rename.flow import RenameFlow
from tierwise.settings.models import Settings


class Workspace(Protocol):
    """The editor's side of a session: one folder at a time, one open file in it."""

    async def open(self, folder: Path, path: Path) -> Document:
        """Make ``folder`` the only one, open its file ``path``, and wait until both are read."""
        ...

    async def close(self) -> None:
        """Close what is open and forget the folder, whose files are gone by now."""
        ...


class Definition(Protocol):
    """A definition as an outline gives it: ``parents`` are the names it is nested in, outermost first."""

    @property
    def name(self) -> str: ...
    @property
    def span(self) -> Span: ...
    @property
    def signature(self) -> str: ...
    @property
    def doc(self) -> str: ...
    @property
    def parents(self) -> tuple[str, ...]: ...


class Syntax(Protocol):
    """What can be told of a text by parsing it."""

    def errors(self, language: str, text: str) -> int:
        """How many places do not parse; 0 for a language without a grammar."""
        ...

    def outline(self, language: str, text: str) -> Sequence[Definition]:
        """All definitions, in the order of the text."""
        ...


@dataclass(frozen=True, slots=True)
class Wish:
    """A request as the classifier is told it; None and "" stand for "not known"."""

    task: Task | None = None
    instruction: str = ""
    kind: str = ""
    language: str = ""
    path: str = ""
    n_files: int | None = None
    n_hunks: int | None = None
    lines_added: int | None = None
    lines_deleted: int | None = None
    selection_lines: int | None = None
    file_lines: int | None = None
    fan_in: int | None = None
    n_diagnostics: int | None = None


class Decision(Protocol):
    """What the classifier decides."""

    @property
    def task_class(self) -> TaskClass: ...
    @property
    def tier(self) -> Tier: ...
    @property
    def reasons(self) -> tuple[str, ...]: ...


@dataclass(frozen=True, slots=True)
class Desk:
    """The parts of one running server."""

    settings: Settings
    clock: Clock
    recorder: Recorder
    workspace: Workspace
    syntax: Syntax
    decide: Callable[[Wish], Decision]
    completion: CompletionFlow
    rename: RenameFlow
    edit: EditFlow
    explain: ExplainFlow
