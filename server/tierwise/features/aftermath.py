"""What becomes of answers in the editor: applied or not, taken back, changed by hand.

Owner of the answers that are being looked after: an edit until it was applied or given up, and everything applied for
one minute. It compares the changed lines only, and forgets their text afterwards; what it tells is a typed word.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from operator import eq

from tierwise.core.changes import Changeset, FileEdit, TextEdit
from tierwise.core.clock import Clock
from tierwise.core.documents import Document
from tierwise.core.events import Feedback
from tierwise.core.ports import DocumentEdit
from tierwise.core.text import Lines, Point, Span, advance

LOOKED_AFTER_S = 60.0
"""Seconds for which an applied answer is looked after: what is taken back later had another reason, as a rule."""

WAIT_S = 180.0
"""Seconds after which an answer that was not applied counts as rejected: editors apply at once, or show it first."""

MOST = 64
"""Answers looked after at a time; the oldest go first."""

KEPT = {Feedback.UNDONE: 0.0, Feedback.REJECTED: 0.0, Feedback.EDITED: 0.5, Feedback.PARTLY: 0.5}
"""How much of an answer was kept, in the end; an accepted one without any of these whole."""


@dataclass(slots=True)
class _Region:
    """Lines of one document that an answer changes: ``head + text + tail`` in place of ``before``."""

    uri: str
    first: int
    """Number of its first line, now."""
    count: int
    """Number of its lines, now."""
    before: str
    head: str
    text: str
    tail: str
    base_first: int
    base_count: int
    applied: bool = False

    def now(self, lines: Lines) -> str:
        return "".join(lines.raw_range(self.first, self.first + self.count))

    def move(self, edit: DocumentEdit) -> bool:
        """Follow an edit; whether it touched these lines."""
        start, end = edit.span.start.line, edit.span.end.line
        if edit.span.end.column == 0 and end > start and (edit.text or "\n")[-1] in "\r\n":
            end -= 1  # whole lines: the one after them is not touched
        delta = edit.after.lines.count - edit.before.lines.count
        if start >= self.first + self.count:
            return False
        if end < self.first:
            self.first += delta
            return False
        stop = max(self.first + self.count, end + 1) + delta
        self.first = min(self.first, start)
        self.count = max(0, stop - self.first)
        return True

    def verdict(self, lines: Lines) -> Feedback | None:
        """What became of these lines since they were applied."""
        now = self.now(lines)
        if now == self.before:
            return Feedback.UNDONE
        if self.text and now.startswith(self.head + self.text):
            return None  # untouched, or gone on with
        if not self.text:
            return None if now == self.head + self.tail else Feedback.EDITED
        if not (now.startswith(self.head) and now.endswith(self.tail) and len(now) > len(self.head) + len(self.tail)):
            return Feedback.EDITED
        inner = now[len(self.head) : len(now) - len(self.tail)]
        return Feedback.PARTLY if self.text.startswith(inner) else Feedback.EDITED


@dataclass(slots=True)
class _Answer:
    request_id: str
    regions: list[_Region]
    since: float
    wholes: dict[str, tuple[Lines, Lines]] = field(default_factory=dict[str, tuple[Lines, Lines]])
    """Each document before and after, for editors that send all of it at every change."""
    applied: bool = False
    told: set[Feedback] = field(default_factory=set[Feedback])


class Aftermath:
    """Follows open documents. ``told`` hears what happens, ``ended`` once per answer which share of it was kept."""

    def __init__(
        self, clock: Clock, told: Callable[[str, Feedback], None], ended: Callable[[str, float], None]
    ) -> None:
        self._clock = clock
        self._told = told
        self._ended = ended
        self._answers: dict[str, _Answer] = {}

    def proposed(self, request_id: str, changeset: Changeset) -> None:
        """A change goes to the editor. Only its open documents can be followed."""
        regions = [r for edit in changeset.edits if edit.base.is_open for r in _regions(edit)]
        if regions:
            wholes = {edit.base.uri: (edit.base.lines, edit.result) for edit in changeset.edits}
            self._add(_Answer(request_id, regions, self._clock.monotonic(), wholes))

    def inserted(self, request_id: str, document: Document, start: Point, text: str) -> None:
        """The user took a completion, and ``document`` holds it at ``start``; one that it does not hold is ignored."""
        end = advance(start, text)
        if not text or document.lines.clamp(end) != end or document.lines.slice(Span(start, end)) != text:
            return
        region = _region(document.uri, document.changed(Span(start, end), "", None).lines, Span.at(start), text)
        region.count, region.applied = end.line - start.line + 1, True
        answer = _Answer(request_id, [region], self._clock.monotonic())
        self._add(answer)
        self._apply(answer)

    def edited(self, edit: DocumentEdit) -> None:
        """An open document changed."""
        if not self._answers:
            return
        self._settle_old()
        for answer in list(self._answers.values()):
            mine = [region for region in answer.regions if region.uri == edit.after.uri]
            if mine:
                self._follow(answer, mine, edit)

    def closed(self, document: Document) -> None:
        """What was applied in it is not looked after any longer."""
        for answer in list(self._answers.values()):
            if any(region.uri == document.uri for region in answer.regions):
                self._end(answer)

    def settle(self) -> None:
        """End everything: the session is over."""
        for answer in list(self._answers.values()):
            self._end(answer)

    def _add(self, answer: _Answer) -> None:
        self._settle_old()
        while len(self._answers) >= MOST:
            self._end(next(iter(self._answers.values())))
        self._answers[answer.request_id] = answer

    def _follow(self, answer: _Answer, regions: list[_Region], edit: DocumentEdit) -> None:
        lines = edit.after.lines
        touched = [region for region in regions if region.move(edit)]
        if len(touched) > 1 and edit.after.uri in answer.wholes:
            before, after = answer.wholes[edit.after.uri]
            if answer.applied and _same(lines, before):
                self._undone(answer)
                return
            if not answer.applied and _same(lines, after):
                touched = []
                _put(regions)
        for region in touched:
            if not region.applied:
                region.applied = region.now(lines) == region.head + region.text + region.tail
            elif answer.applied and (verdict := region.verdict(lines)) is not None:
                if verdict is Feedback.UNDONE and all(r is region or r.now(lines) == r.before for r in regions):
                    self._undone(answer)
                    return
                self._tell(answer, Feedback.EDITED if verdict is Feedback.UNDONE else verdict)
        if not answer.applied and all(region.applied for region in answer.regions):
            self._apply(answer)

    def _undone(self, answer: _Answer) -> None:
        self._tell(answer, Feedback.UNDONE)
        self._end(answer)

    def _apply(self, answer: _Answer) -> None:
        answer.applied, answer.since = True, self._clock.monotonic()
        self._tell(answer, Feedback.ACCEPTED)

    def _settle_old(self) -> None:
        now = self._clock.monotonic()
        for answer in list(self._answers.values()):
            if now - answer.since > (LOOKED_AFTER_S if answer.applied else WAIT_S):
                self._end(answer)

    def _end(self, answer: _Answer) -> None:
        if self._answers.pop(answer.request_id, None) is None:
            return
        if not answer.applied:
            some = any(region.applied for region in answer.regions)
            self._tell(answer, Feedback.PARTLY if some else Feedback.REJECTED)
        self._ended(answer.request_id, min((KEPT.get(word, 1.0) for word in answer.told), default=1.0))

    def _tell(self, answer: _Answer, feedback: Feedback) -> None:
        if feedback not in answer.told:
            answer.told.add(feedback)
            self._told(answer.request_id, feedback)


def _put(regions: list[_Region]) -> None:
    """All of a document's regions were applied at once: they stand where the whole result has them."""
    shift = 0
    for region in regions:
        count = (region.head + region.text + region.tail).count("\n") + (region.tail[-1:] != "\n")
        region.first, region.count, region.applied = region.base_first + shift, count, True
        shift += count - region.base_count


def _same(lines: Lines, other: Lines) -> bool:
    return lines.count == other.count and all(map(eq, lines, other))


def _regions(edit: FileEdit) -> Iterator[_Region]:
    """The changed lines, edits of neighbouring lines taken together, with their numbers before anything is applied."""
    lines = edit.base.lines
    groups: list[list[TextEdit]] = []
    for part in edit.edits:
        if groups and groups[-1][-1].span.end.line >= part.span.start.line - 1:
            groups[-1].append(part)
        else:
            groups.append([part])
    for group in groups:
        span = Span(group[0].span.start, group[-1].span.end)
        text, at = "", span.start
        for part in group:
            text += lines.slice(Span(at, part.span.start)) + part.text
            at = part.span.end
        yield _region(edit.base.uri, lines, span, text)


def _region(uri: str, lines: Lines, span: Span, text: str) -> _Region:
    first, last = span.start.line, span.end.line
    before = "".join(lines.raw_range(first, last + 1))
    tail = lines.raw(last)[span.end.column :]
    head, count = lines.raw(first)[: span.start.column], last - first + 1
    return _Region(uri, first, count, before, head, text, tail, first, count)
