"""From what is known of a request to the signals that the classifier counts.

Owner of no state; pure. It reads the first part of an instruction only, so that a pasted log costs nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, pairwise
from pathlib import PurePosixPath

from tierwise.core.languages import language_of
from tierwise.core.tasks import Task
from tierwise.routing.points import Points

READ_CHARACTERS = 2_000
"""How much of an instruction is read: what somebody wants stands at the beginning; what follows is pasted."""


@dataclass(frozen=True, slots=True)
class RequestFacts:
    """What is known before any model is called. None and "" stand for "not known".

    ``n_files``, ``n_hunks``, ``lines_added`` and ``lines_deleted`` describe the change, where its extent is known or
    foreseen. ``kind`` is a task's name or a conventional commit's type. ``fan_in`` is the number of places that use
    the symbol, ``fan_out`` the number of other definitions that it uses, ``context_files`` the number of files that
    belong to it, its own included; ``selection_lines`` and ``file_lines`` are numbers of lines. ``folder`` and
    ``tools`` (the checkers found there) are the decision's place: they tag it, and its history is looked up by them.
    """

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
    fan_out: int | None = None
    context_files: int | None = None
    n_diagnostics: int | None = None
    is_public: bool | None = None
    folder: str = ""
    tools: tuple[str, ...] = ()

    @property
    def wish(self) -> str:
        """The part of the instruction that is read."""
        return self.instruction[:READ_CHARACTERS]

    @property
    def scope_known(self) -> bool:
        """Whether anything is known of the extent of the change."""
        return not (self.n_files is self.n_hunks is self.lines_added is self.lines_deleted is None)


def signals(facts: RequestFacts, points: Points) -> tuple[str, ...]:
    """The names of all signals of a request, each once."""
    found = chain(_of_change(facts, points), _of_place(facts, points), _of_words(facts, points))
    return tuple(name for name in dict.fromkeys(found) if name in points.signals)


def _of_change(facts: RequestFacts, points: Points) -> Iterator[str]:
    """The extent of the change, where anything is known of it."""
    added, deleted = facts.lines_added, facts.lines_deleted
    if not facts.scope_known:
        yield "scope unknown"
        return
    yield "scope known"
    if facts.n_files is not None:
        yield points.range_of("files", facts.n_files)
    if facts.n_hunks is not None:
        yield points.range_of("hunks", facts.n_hunks)
    if added is None or deleted is None:
        return
    yield points.range_of("changed", added + deleted)
    if added == deleted == 0:
        yield "moved"
    elif added == deleted:
        yield "as many added as deleted"
        if facts.n_hunks is not None and added <= 2 * facts.n_hunks:
            yield "line for line"


def _of_place(facts: RequestFacts, points: Points) -> Iterator[str]:
    """Where the request comes from."""
    if facts.task is not None:
        yield f"task {facts.task}"
    if facts.kind:
        yield f"kind {facts.kind.lower()}"
    for number, value in (
        ("selection", facts.selection_lines),
        ("fan_in", facts.fan_in),
        ("fan_out", facts.fan_out),
        ("context", facts.context_files),
        ("diagnostics", facts.n_diagnostics),
    ):
        if value is not None:
            yield points.range_of(number, value)
    if facts.selection_lines and facts.file_lines and 40 < facts.file_lines <= facts.selection_lines * 1.25:
        yield "whole file"
    if facts.is_public:
        yield "public"
    if facts.path:
        path = PurePosixPath(facts.path.replace("\\", "/").lower())
        words = chain(path.parts[:-1], _PART.findall(path.stem))
        if not points.risky.parts.isdisjoint(words):
            yield "risky path"
    language = facts.language or (language_of(PurePosixPath(facts.path)).id if facts.path else "")
    if language in _PROSE:
        yield "prose"


def _of_words(facts: RequestFacts, points: Points) -> Iterator[str]:
    """The user's words."""
    words = _WORD.findall(facts.wish.lower())
    for word in chain(words, map(" ".join, pairwise(words))):
        signal = points.by_word.get(word)
        if signal is not None:
            yield signal
    if words:
        yield points.range_of("words", len(words))


_WORD = re.compile(r"[a-z]+(?:_[a-z_]+)?")
_PART = re.compile(r"[a-z]+")
_PROSE = frozenset({"markdown", "restructuredtext"})
