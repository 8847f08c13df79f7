"""What a model is shown of the moment: the region that it may change, what stands around it, the last edits. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from tierwise.core.documents import Document
from tierwise.core.models import Excerpt
from tierwise.core.text import Point, Span, with_line_feeds
from tierwise.core.tokens import size
from tierwise.embedded.next_edit.values import Change
from tierwise.features.next_edit.values import Moment
from tierwise.prompts.next_edit import EditContext, PastEdit

_ABOVE, _BELOW = 6, 12
"""Lines of the region above and below the cursor's. The model says them all anew: more lines cost more time."""
_MAX_REGION = 2_400
"""Characters of a region, which a fast model says in about its deadline."""
_EDITS = 6
_EDITS_SHARE, _EXTRA_SHARE = 0.25, 0.2
"""Shares of the context that past edits and other files may take."""
_BEFORE_SHARE = 0.6
"""Of what is left for the text around the region."""
_AROUND = 8
"""Lines around an edit of another file that are shown."""


@dataclass(frozen=True, slots=True)
class Region:
    """Lines ``first`` up to ``stop`` (0-based) of a document."""

    document: Document
    first: int
    stop: int

    @property
    def lines(self) -> tuple[str, ...]:
        """Without terminators."""
        raw = self.document.lines.raw_range(self.first, self.stop)
        return tuple(line.rstrip("\r\n") for line in raw)

    @property
    def text(self) -> str:
        return _text(self.lines)


def region_at(document: Document, point: Point) -> Region | None:
    """The lines around the cursor; None where they are too long to be said anew."""
    lines = document.lines
    last = lines.count - (not lines.raw(lines.count - 1))  # the empty piece after the last terminator is no line
    first, stop = max(0, point.line - _ABOVE), min(last, point.line + _BELOW + 1)
    while stop - first > 1 and sum(map(len, lines.raw_range(first, stop))) > _MAX_REGION:
        if stop - 1 > point.line:
            stop -= 1
        else:
            first += 1
    region = Region(document, first, stop)
    return region if first < stop and len(region.text) <= _MAX_REGION else None


def shown(moment: Moment, region: Region, name: Callable[[Document], str], characters: int) -> EditContext:
    """The context within about so many characters. ``name``: how prompts call a file."""
    document, lines = moment.document, moment.document.lines
    named = {each.uri: name(each) for each in moment.documents}
    edits = tuple(_edits(moment.changes, named, int(characters * _EDITS_SHARE)))[::-1]
    extra = tuple(_extra(moment, named, int(characters * _EXTRA_SHARE)))
    room = characters - 2 * size(region.text) - sum(size(e.old) + size(e.new) for e in edits)
    room = max(0, room - sum(size(e.text) for e in extra))
    before = _back(document, region.first, int(room * _BEFORE_SHARE))
    after = _forth(document, region.stop, room - size(before))
    cursor = with_line_feeds(lines.slice(Span(Point(region.first, 0), moment.point)))
    return EditContext(
        path=named[document.uri],
        before=before,
        region=region.text,
        after=after,
        cursor=min(len(cursor), len(region.text)),
        first=region.first + 1,
        original=_original(moment.changes, region),
        edits=edits,
        extra=extra,
    )


def _edits(changes: tuple[Change, ...], named: dict[str, str], room: int) -> Iterator[PastEdit]:
    """The newest first, as many as fit."""
    for change in changes[:_EDITS]:
        old, new = _text(change.old), _text(change.new)
        room -= size(old) + size(new)
        if room < 0:
            return
        yield PastEdit(named[change.uri], change.line + 1, old, new)


def _extra(moment: Moment, named: dict[str, str], room: int) -> Iterator[Excerpt]:
    """Where other files were edited."""
    seen = {moment.document.uri}
    documents = {document.uri: document for document in moment.documents}
    for change in moment.changes:
        if change.uri in seen:
            continue
        seen.add(change.uri)
        stop = change.line + len(change.new) + _AROUND
        text = _text(documents[change.uri].lines.raw_range(change.line - _AROUND, stop))
        room -= size(text)
        if room < 0:
            return
        yield Excerpt(named[change.uri], text.removesuffix("\n"))


def _original(changes: tuple[Change, ...], region: Region) -> str:
    """The region before the newest change that lies in it whole; as it is now where there is none."""
    for change in changes:
        stop = change.line + len(change.new)
        if change.uri == region.document.uri and region.first <= change.line and stop <= region.stop:
            lines = list(region.document.lines.raw_range(region.first, region.stop))
            lines[change.line - region.first : stop - region.first] = change.old
            return _text(lines)
    return region.text


def _back(document: Document, stop: int, room: int) -> str:
    first = stop
    for line in document.lines.back_from(stop) if stop else ():
        room -= size(line)
        if room < 0:
            break
        first -= 1
    return _text(document.lines.raw_range(first, stop))


def _forth(document: Document, first: int, room: int) -> str:
    stop = first
    for line in document.lines.raw_range(first, document.lines.count):
        room -= size(line)
        if room < 0 or not line:
            break
        stop += 1
    return _text(document.lines.raw_range(first, stop))


def _text(lines: Iterable[str]) -> str:
    """Lines with a line feed each, whatever their terminators were."""
    return "".join(line.rstrip("\r\n") + "\n" for line in lines)
