"""The queue as a person works on it: look, drop, and try again with a tier of one's choice.

A request is tried again where it stands now: at its place if that is unchanged, else where the same lines are found.
"""

from __future__ import annotations

from tierwise.core.documents import Document
from tierwise.core.errors import Declined
from tierwise.core.rejection import Rejection, RejectReason, in_words
from tierwise.core.tasks import Task, Tier
from tierwise.core.text import Point, Span, advance
from tierwise.features.actions import Diagnostic
from tierwise.features.edit import EditRequest
from tierwise.session.session import Session
from tierwise.telemetry.queue import Queued, QueueItem, QueueStore


class QueueDesk:
    """Every call waits for the disk: call it in a thread."""

    def __init__(self, session: Session, queue: QueueStore) -> None:
        self._session = session
        self._queue = queue

    def items(self) -> tuple[dict[str, object], ...]:
        """All items as clients are told them, oldest first."""
        return tuple(_shown(queued) for queued in self._queue.list())

    def show(self, number: int) -> dict[str, object]:
        """One item. Raises UsageError where there is none with this number."""
        return _shown(self._queue.show(number))

    def drop(self, number: int) -> None:
        """Take an item out: it is done, or not wanted any more. Raises UsageError where there is none."""
        self._queue.drop(number)

    def again(self, number: int, tier: Tier | None, arrived: float) -> EditRequest:
        """The request of an item, to be made again. Raises UsageError where there is no such item, Declined where its
        place is gone.
        """
        item = self._queue.show(number).item
        document = self._session.document(item.uri) or self._session.read(item.uri)
        if document is None:
            raise Declined(f"Item {number} is about {item.uri}, which is no readable file of an open folder; open it.")
        span = _place(document, item)
        if span is None:
            raise Declined(
                f"The lines that item {number} was about have changed; ask for it anew, and drop the item: "
                f"tierwise queue drop {number}."
            )
        fixes = item.task is Task.FIX
        diagnostic = Diagnostic(span, item.instruction) if fixes else None
        wish = "" if fixes else item.instruction
        return EditRequest(item.task, document, span, wish, diagnostic, arrived, tier, number, _evidence(item))


def _place(document: Document, item: QueueItem) -> Span | None:
    """Where the lines of an item stand now; None where they do not, or in several places."""
    lines = document.lines
    if item.span is None:
        return Span(Point(0, 0), lines.end)
    span = Span(lines.clamp(item.span.start), lines.clamp(item.span.end))
    if not item.text or lines.slice(span) == item.text:
        return span
    text = lines.text
    if text.count(item.text) != 1:
        return None
    start = advance(Point(0, 0), text[: text.index(item.text)])
    return Span(start, advance(start, item.text))


def _evidence(item: QueueItem) -> tuple[Rejection, ...]:
    """What was wrong with the last answer; an outage is no evidence."""
    known = {reason.value for reason in RejectReason}
    judged = [attempt for attempt in item.attempts if attempt.reason in known]
    return tuple(Rejection(RejectReason(attempt.reason), attempt.evidence) for attempt in judged[-1:])


def _shown(queued: Queued) -> dict[str, object]:
    item = queued.item
    return {
        "number": queued.number,
        "at": queued.at.isoformat(timespec="seconds"),
        "task": item.task,
        "uri": item.uri,
        "range": _range(item.span) if item.span else None,
        "instruction": item.instruction,
        "attempts": [
            {
                "tier": attempt.tier,
                "model": str(attempt.model),
                "reason": attempt.reason,
                "words": in_words(attempt.reason),
                "evidence": attempt.evidence,
                "promptSha256": attempt.prompt_sha256,
            }
            for attempt in item.attempts
        ],
    }


def _range(span: Span) -> dict[str, object]:
    """Where it was when it came into the queue, for a person to read: the text may be another by now, so that columns
    are not converted to the client's units.
    """
    start, end = span.start, span.end
    return {
        "start": {"line": start.line, "character": start.column},
        "end": {"line": end.line, "character": end.column},
    }
