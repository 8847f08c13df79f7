"""Completion: the cursor stands where text was taken out, and the offer is held against that text. Judging is pure."""

from __future__ import annotations

from tierwise.core.documents import Document
from tierwise.core.text import Point, Span, with_line_feeds
from tierwise.features.completion.values import CompletionRequest, Offer
from tierwise.gold.cases import CompletionCase
from tierwise.gold.desk import Desk
from tierwise.gold.results import Finding, Verdict


async def ask(desk: Desk, document: Document, case: CompletionCase) -> Finding:
    """Ask as an editor does after a keystroke."""
    point = case.place.span.start
    request = CompletionRequest(document, point, invoked=False, arrived=desk.clock.monotonic())
    answer = await desk.completion.complete(request)
    return judge(document, point, answer.offer, case.middles, answer.reason)


def judge(document: Document, point: Point, offer: Offer | None, middles: tuple[str, ...], reason: str) -> Finding:
    """Hold an offer against the middles that are right; the best of them counts.

    Blanks at line ends make no difference. A part that is right scores its share of the whole, and so does a whole
    that is part of an offer; anything else that is wrong scores nothing, because it has to be undone.
    """
    whole = len(_plain(middles[0]))
    if offer is None:
        return Finding(Verdict.SILENT, 0.0, reason, offered_for=whole)
    added = _plain(_added(document, point, offer))
    findings = [_compared(added, _plain(middle)) for middle in middles]
    return max(findings, key=lambda finding: finding.score)


def _compared(added: str, middle: str) -> Finding:
    size = len(middle)
    if added == middle:
        return Finding(Verdict.RIGHT, 1.0, saved=size, offered_for=size)
    if added.strip() and middle.startswith(added):
        note = f"stops after {added.strip()!r}"
        return Finding(Verdict.PARTIAL, len(added) / size, note, saved=len(added), offered_for=size)
    if added.startswith(middle):
        return Finding(
            Verdict.OVERRUN,
            size / len(added),
            f"goes on with {_short(added[size:])}",
            saved=size,
            offered_for=size,
        )
    return Finding(Verdict.WRONG, 0.0, f"offered {_short(added)}", offered_for=size)


def _added(document: Document, point: Point, offer: Offer) -> str:
    """What the offer adds at the cursor; a closing bracket that it replaces by itself is not added."""
    lines = document.lines
    before = lines.slice(Span(offer.span.start, point))
    after = lines.slice(Span(point, offer.span.end)) if offer.span.end > point else ""
    text = with_line_feeds(offer.text)
    if not text.startswith(before):
        return f"(in place of {before!r}) {text}"
    added = text[len(before) :]
    return added[: -len(after)] if after and added.endswith(after) else added


def _plain(text: str) -> str:
    """Without blanks at the ends of lines, which no one sees; those before the first word do count."""
    return "\n".join(line.rstrip() for line in text.split("\n"))


def _short(text: str) -> str:
    line = repr(text.strip())
    return line if len(line) <= _LONGEST else line[: _LONGEST - 2] + "…" + line[0]


_LONGEST = 60
