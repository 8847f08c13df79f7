"""Of the edits that people really made one after the other: how many does the deterministic prediction see coming?

Recorded sessions of commits, below the folder that TIERWISE_EVALUATION names, and one of our own are played hunk by
hunk, from the top of each file down, through the session's history. After each hunk with more of its commit to come the
nearest guess is looked at: it is right when the lines that it changes become exactly what the commit makes of them.
The order of the hunks and that nothing else was typed in between are assumptions: a commit tells neither.
"""

from __future__ import annotations

import os
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path, PurePosixPath
from time import perf_counter
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.prefix_provider import HandClock
from benchmarks.prefix_replay import Recorded, recorded
from tierwise.core.documents import Document
from tierwise.core.languages import language_of
from tierwise.core.text import Point, Span, split_lines
from tierwise.embedded.next_edit.predict import predict
from tierwise.embedded.next_edit.values import Guess
from tierwise.features.next_edit.recent import standing
from tierwise.session.documents import OpenDocuments
from tierwise.session.history import EditHistory

ROOT = Path(__file__).parents[1]
EVALUATION = "../shared/evaluation"
BETWEEN_S = 10.0
"""Seconds between two hunks."""
MOST_FILES = 40
"""Files of a commit beyond which it is no work by hand."""


@dataclass
class Hunk:
    """Lines ``start`` up to ``stop`` of ``uri``, as it is now, become ``lines``."""

    uri: str
    start: int
    stop: int
    lines: tuple[str, ...]


@dataclass
class Counts:
    """Moments at which more was to come; at how many something was offered, and how often that was right."""

    moments: int = 0
    offered: int = 0
    right: int = 0
    reasons: dict[str, list[int]] = field(default_factory=dict[str, list[int]])
    seconds: list[float] = field(default_factory=list[float])

    def add(self, other: Counts) -> None:
        self.moments, self.offered = self.moments + other.moments, self.offered + other.offered
        self.right += other.right
        self.seconds += other.seconds
        for why, (offered, right) in other.reasons.items():
            known = self.reasons.setdefault(why, [0, 0])
            known[0] += offered
            known[1] += right


def run(console: Console | None = None) -> Counts:
    """Print the table; returns the sum."""
    console = console or Console()
    folder = Path(os.environ.get("TIERWISE_EVALUATION", ROOT / EVALUATION))
    sessions = recorded(folder)
    if len(sessions) == 1:
        console.print(f"No traces below {folder}: set TIERWISE_EVALUATION. Our own session alone is played.")
    table = Table("repository", "sessions", "hunks with more to come", "offered", "right of those", "right of all")
    total = Counts()
    for name, group in groupby(sorted(sessions, key=_repository), key=_repository):
        played = [Play(session).counts for session in group]
        counts = Counts()
        for each in played:
            counts.add(each)
        total.add(counts)
        table.add_row(name, str(len(played)), *_figures(counts))
    table.add_section()
    table.add_row("all", str(len(sessions)), *_figures(total))
    console.print(table)
    reasons = Table("why", "offered", "right of those")
    for why, (offered, right) in sorted(total.reasons.items(), key=lambda item: -item[1][0]):
        reasons.add_row(why, str(offered), _share(right, offered))
    console.print(reasons)
    cuts = statistics.quantiles(total.seconds, n=100) if len(total.seconds) > 1 else [0.0] * 99
    console.print(f"a prediction: p50 {cuts[49] * 1000:.1f} ms, p95 {cuts[94] * 1000:.1f} ms")
    return total


class Play:
    """One session, played to its end."""

    def __init__(self, session: Recorded) -> None:
        self.counts = Counts()
        self._clock = HandClock()
        self._documents = OpenDocuments()
        self._history = EditHistory(self._clock)
        self._version = 1
        for name, text in session.initial.items():
            self._documents.open(_uri(name), language_of(PurePosixPath(name)).id, 1, text)
        for commit in session.commits:
            self._commit(commit)

    def _commit(self, commit: dict[str, Any]) -> None:
        coming = list(self._hunks(commit))
        by_hand = len(commit["files"]) <= MOST_FILES
        while coming:
            hunk = coming.pop(0)
            self._apply(hunk, coming)
            if coming and by_hand:
                self._look(hunk, coming)
        for item in commit["files"]:
            if item["status"] == "D":
                self._documents.close(_uri(item["path"]))

    def _hunks(self, commit: dict[str, Any]) -> Iterator[Hunk]:
        """The hunks of a commit; files that come are only opened."""
        for item in commit["files"]:
            uri, edits = _uri(item["path"]), sorted(item.get("edits") or [])
            if item["status"] == "D":
                continue
            if self._documents.get(uri) is None:
                text = "".join(text for _, _, text in edits)
                self._documents.open(uri, language_of(PurePosixPath(item["path"])).id, 1, text)
                continue
            for start, stop, text in edits:
                yield Hunk(uri, start, stop, _lines(text))

    def _apply(self, hunk: Hunk, coming: Sequence[Hunk]) -> None:
        document = self._document(hunk.uri)
        lines = document.lines
        stop = Point(hunk.stop, 0) if hunk.stop < lines.count else lines.end
        start = min(Point(hunk.start, 0), stop)
        self._version += 1
        edit = self._documents.change(hunk.uri, self._version, Span(start, stop), "".join(hunk.lines))
        assert edit is not None
        self._history.record(edit)
        self._clock.time += BETWEEN_S
        grown = edit.after.lines.count - lines.count
        for other in coming:
            if other.uri == hunk.uri:
                other.start, other.stop = other.start + grown, other.stop + grown

    def _look(self, hunk: Hunk, coming: Sequence[Hunk]) -> None:
        documents = {document.uri: document for document in self._documents}
        changes = standing(self._history.recent(), documents, self._clock.monotonic())
        self.counts.moments += 1
        if not changes:
            return
        first = documents.pop(changes[0].uri)
        cursor = first.lines.clamp(Point(hunk.start + max(0, len(hunk.lines) - 1), 10_000))
        began = perf_counter()
        guesses = predict(changes, (first, *documents.values()), (hunk.uri, cursor))
        self.counts.seconds.append(perf_counter() - began)
        if guesses:
            right = any(_makes(guesses[0], other) for other in coming)
            known = self.counts.reasons.setdefault(str(guesses[0].why), [0, 0])
            known[0] += 1
            known[1] += right
            self.counts.offered += 1
            self.counts.right += right

    def _document(self, uri: str) -> Document:
        document = self._documents.get(uri)
        assert document is not None
        return document


def _makes(guess: Guess, hunk: Hunk) -> bool:
    """Whether the lines that a guess changes lie in a hunk and become lines that stand there after it."""
    start, stop = guess.span.start.line, guess.span.end.line + 1
    lines = guess.document.lines
    after = lines.splice(guess.span, guess.text)
    new = [line.strip() for line in after.raw_range(start, stop + after.count - lines.count)]
    old = [line.strip() for line in lines.raw_range(start, stop)]
    while old and new and old[-1] == new[-1]:
        old.pop(), new.pop()
    while old and new and old[0] == new[0]:
        old, new, start = old[1:], new[1:], start + 1
    if guess.document.uri != hunk.uri or start < hunk.start or start + len(old) > hunk.stop:
        return False
    made = [line.strip() for line in hunk.lines]
    if not new:
        return not any(line in made for line in old if line)
    return any(made[at : at + len(new)] == new for at in range(len(made) - len(new) + 1))


def _lines(text: str) -> tuple[str, ...]:
    return tuple(line for line in split_lines(text) if line)


def _uri(name: str) -> str:
    return f"file:///w/{name}"


def _repository(session: Recorded) -> str:
    return session.name.rpartition(" ")[0] if session.name != "our own" else session.name


def _figures(counts: Counts) -> tuple[str, str, str, str]:
    return (
        str(counts.moments),
        f"{counts.offered} ({_share(counts.offered, counts.moments)})",
        _share(counts.right, counts.offered),
        _share(counts.right, counts.moments),
    )


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %" if whole else "–"
