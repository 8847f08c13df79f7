"""Which actions a place offers: titles only, offline and instant. What they do is paid for when one is chosen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tierwise.core.documents import Document
from tierwise.core.languages import is_code
from tierwise.core.tasks import Task
from tierwise.core.text import Span

_TITLE_LENGTH = 60


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """A problem that the editor shows: where, and what its own server says."""

    span: Span
    message: str


@dataclass(frozen=True, slots=True)
class Action:
    """Something that can be done at ``span``. ``edits``: it ends in a change; otherwise in an answer to read."""

    title: str
    kind: str
    task: Task
    span: Span
    diagnostic: Diagnostic | None = None

    @property
    def edits(self) -> bool:
        return self.task not in {Task.EXPLAIN, Task.REVIEW}


_REWRITES = (
    ("Simplify", "refactor.rewrite.tierwise.simplify", Task.SIMPLIFY),
    ("Write documentation", "refactor.rewrite.tierwise.docstring", Task.DOCSTRING),
    ("Add types", "refactor.rewrite.tierwise.types", Task.TYPES),
)


def actions(document: Document, span: Span, diagnostics: Sequence[Diagnostic], *, modelled: bool) -> tuple[Action, ...]:
    """The actions for ``span``. ``modelled``: a model is configured; without one only what needs none is offered."""
    found = [Action("Explain", "tierwise.explain", Task.EXPLAIN, span)]
    if not modelled:
        return tuple(found)
    said = (diagnostic for diagnostic in diagnostics if diagnostic.message.strip())
    found += [Action(f"Fix: {_short(d.message)}", "quickfix.tierwise", Task.FIX, d.span, d) for d in said]
    if is_code(document.language):
        found += [Action(title, kind, task, span) for title, kind, task in _REWRITES]
        if not span.empty:
            found.append(Action("Extract function", "refactor.extract.tierwise", Task.EXTRACT, span))
        found.append(Action("Write tests", "source.tierwise.tests", Task.TESTS, span))
    found.append(Action("Review this file", "source.tierwise.review", Task.REVIEW, span))
    return tuple(found)


def wanted(kind: str, only: Sequence[str] | None) -> bool:
    """Whether a client that asked ``only`` for some kinds wants this one (kinds are hierarchical, LSP 3.18)."""
    return only is None or any(kind == asked or kind.startswith(asked + ".") or not asked for asked in only)


def _short(message: str) -> str:
    line = " ".join(message.split())
    return line if len(line) <= _TITLE_LENGTH else line[: _TITLE_LENGTH - 1] + "…"
