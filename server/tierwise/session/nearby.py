"""What a small model reads besides the lines around the cursor: a few short fragments, each with its reason.

Signatures of what is imported come first: they stay while somebody types, so that a provider's copy of them is found
again. Then what passes: regions of other files that look like the lines being written, and what was edited elsewhere
just now. Owner of no state; costs milliseconds, and runs in worker threads.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from tierwise.core.documents import Document
from tierwise.core.models import Excerpt
from tierwise.core.text import Lines, Point
from tierwise.core.tokens import size
from tierwise.core.uris import to_path
from tierwise.session.files import is_huge
from tierwise.session.history import Hunk
from tierwise.session.related import Why, imported_files, relative_name, signatures
from tierwise.session.view import FrozenView

if TYPE_CHECKING:  # loads the parser
    from tierwise.syntax.outline import Definition

REGION = 24
"""Lines of a region that may look like the cursor's."""
_STEP = 8
_BEFORE = 16
"""Lines before the cursor, of a region around it: what follows is often still to be written."""
_ALIKE = 0.25
"""Share of names in common from which a region tells something. Two stretches of one project that have nothing to do
with each other share about a tenth."""
_MIN_NAMES = 4
_MAX_REGIONS = 2
_MAX_OTHERS = 8
_MAX_LINES = 5_000
"""A longer file is not searched for regions or scopes."""
_MAX_CHARACTERS = 400_000
"""A longer file is not parsed: while that is done, nobody is answered."""
_MAX_IMPORTED = 12
_MAX_HUNKS = 3
_HUNK_LINES = 20
_AROUND_HUNK = 1
_FAR = 60
"""Lines from the cursor from which an edit of the same file is not in sight anyway."""
_PASSING_SHARE = 0.4
"""Share of the room for fragments that those which pass may take."""
_NAME = re.compile(r"[^\W\d]\w{2,}")


@dataclass(frozen=True, slots=True)
class Fragment:
    """A piece of a file. ``names``: what ties it to the place. ``source`` is the path of the file it comes from."""

    excerpt: Excerpt
    why: Why
    source: Path
    names: tuple[str, ...] = ()

    @property
    def chars(self) -> int:
        return size(self.excerpt.text) + size(self.excerpt.path)

    @property
    def reason(self) -> str:
        """Why it is there, for a person."""
        return f"{self.why}: {', '.join(self.names[:4])}" if self.names else str(self.why)


def fragments(view: FrozenView, document: Document, point: Point, hunks: Iterable[Hunk] = ()) -> tuple[Fragment, ...]:
    """All that is worth showing at a place, what stays first. ``hunks``: what was edited, the newest first."""
    edited = tuple(_edited(view, document, point, hunks))
    return (*_imported(view, document), *_similar(view, document, point), *edited)


def scopes(view: FrozenView, document: Document, point: Point) -> tuple[Definition, ...]:
    """The definitions around a place, outermost first; none of a file too long to be parsed while somebody types."""
    if document.lines.count > _MAX_LINES or is_huge(document, _MAX_CHARACTERS):
        return ()
    return tuple(item for item in view.outline(document) if item.span.start <= point <= item.span.end)


def scopes_above(view: FrozenView, document: Document, found: Sequence[Definition], line: int) -> Fragment | None:
    """The first lines of those scopes that begin above ``line``, which is where a model begins to read."""
    text = "".join(f"{'    ' * depth}{item.signature}\n" for depth, item in _above(found, line))
    return _fragment(view, document, text, Why.SCOPE) if text and document.path is not None else None


def _above(found: Sequence[Definition], line: int) -> Iterator[tuple[int, Definition]]:
    return ((depth, item) for depth, item in enumerate(found) if item.name_span.start.line < line)


def within(found: Sequence[Fragment], room: int) -> tuple[Fragment, ...]:
    """As many as fit into ``room`` characters: what passes may take its share, what stays has the rest."""
    passing = _fitting((item for item in found if not item.excerpt.lasting), int(room * _PASSING_SHARE))
    used = sum(item.chars for item in passing)
    return (*_fitting((item for item in found if item.excerpt.lasting), room - used), *passing)


def _fitting(found: Iterable[Fragment], room: int) -> tuple[Fragment, ...]:
    kept: list[Fragment] = []
    for item in found:
        if item.chars <= room:
            kept.append(item)
            room -= item.chars
    return tuple(kept)


def _imported(view: FrozenView, document: Document) -> Iterator[Fragment]:
    for related in imported_files(view, document)[:_MAX_IMPORTED]:
        excerpt = None if is_huge(related.document, _MAX_CHARACTERS) else signatures(view, related)
        if excerpt is not None and related.document.path is not None:
            yield Fragment(excerpt, Why.IMPORTED, related.document.path, related.names)


def _similar(view: FrozenView, document: Document, point: Point) -> Iterator[Fragment]:
    """The regions of files at hand that share most names with the lines around ``point``, one per file at most; of
    equal ones the last, which shows most of what follows.
    """
    first = max(0, point.line - _BEFORE)
    wanted = _names(document.lines.raw_range(first, min(document.lines.count, first + REGION)))
    if len(wanted) < _MIN_NAMES:
        return
    found: list[tuple[float, str, int, Document]] = []
    for other in _at_hand(view, document):
        best = max(((_shared(wanted, names), start) for start, names in _regions(other.lines)), default=(0.0, 0))
        if best[0] >= _ALIKE:
            found.append((best[0], other.uri, best[1], other))
    for _, _, start, other in sorted(found, key=lambda item: (-item[0], item[1]))[:_MAX_REGIONS]:
        lines = tuple(other.lines.raw_range(start, min(other.lines.count, start + REGION)))
        shared = tuple(sorted(wanted & _names(lines), key=lambda name: (-len(name), name)))
        yield _fragment(view, other, "".join(lines), Why.SIMILAR, shared)


def _at_hand(view: FrozenView, document: Document) -> Iterator[Document]:
    """Files of the same language and folder that were worked on, or are open, the latest first."""
    if document.path is None:
        return
    folder = view.folder_of(document.path)
    others = {other.uri: other for other in (*view.worked_on, *view.open_documents()) if other.uri != document.uri}
    suitable = (
        other
        for other in others.values()
        if other.language == document.language
        and other.path is not None
        and view.folder_of(other.path) == folder
        and other.lines.count <= _MAX_LINES
    )
    yield from islice(suitable, _MAX_OTHERS)


def _edited(view: FrozenView, document: Document, point: Point, hunks: Iterable[Hunk]) -> Iterator[Fragment]:
    """What stands now where something was edited out of sight."""
    folder, count, seen = view.folder_of(document.path) if document.path else None, 0, set[tuple[str, int]]()
    for hunk in hunks:
        if hunk.uri == document.uri and abs(hunk.line - point.line) <= _FAR:
            continue
        path = to_path(hunk.uri)
        other = document if hunk.uri == document.uri else view.read(path) if path is not None else None
        if other is None or other.path is None or view.folder_of(other.path) != folder:
            continue
        first = max(0, hunk.line - _AROUND_HUNK)
        stop = min(other.lines.count, first + _HUNK_LINES, hunk.line + len(hunk.new) + _AROUND_HUNK)
        text = "".join(other.lines.raw_range(first, stop))
        if (hunk.uri, first // _HUNK_LINES) in seen or not text.strip():
            continue
        seen.add((hunk.uri, first // _HUNK_LINES))
        yield _fragment(view, other, text, Why.EDITED)
        count += 1
        if count == _MAX_HUNKS:
            return


def _fragment(view: FrozenView, other: Document, text: str, why: Why, names: tuple[str, ...] = ()) -> Fragment:
    assert other.path is not None
    whole = text if text.endswith("\n") else f"{text}\n"
    return Fragment(Excerpt(relative_name(view, other), whole, lasting=False), why, other.path, names)


@lru_cache(maxsize=32)
def _regions(lines: Lines) -> tuple[tuple[int, frozenset[str]], ...]:
    """Overlapping stretches of a text by their first line, with the names in them."""
    named = [_names((line,)) for line in lines]
    starts = range(0, max(1, lines.count - REGION + _STEP), _STEP)
    return tuple((start, frozenset[str]().union(*named[start : start + REGION])) for start in starts)


def _names(lines: Iterable[str]) -> frozenset[str]:
    return frozenset(name for line in lines for name in _NAME.findall(line))


def _shared(one: frozenset[str], other: frozenset[str]) -> float:
    """Names in common, of all names in either."""
    return len(one & other) / len(one | other) if len(other) >= _MIN_NAMES else 0.0
