"""Differences: the smallest edits between two texts, and changesets as unified diffs for people. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path

from tierwise.core.changes import Changeset, CreateFile, FileChange, FileEdit, RenameFile, TextEdit
from tierwise.core.text import Lines, Point, Span, split_lines

_COMPARED_CELLS = 4_000_000
"""Lines of one side times lines of the other up to which they are aligned; beyond, the middle is one edit."""

_NO_NEWLINE = "\\ No newline at end of file\n"


def minimal_edits(old: Lines, new: Lines) -> tuple[TextEdit, ...]:
    """Edits that turn ``old`` into ``new``: line by line, then narrowed to what changed within the lines."""
    before, after = list(old), list(new)
    head = _common(before, after)
    tail = _common(before[head:][::-1], after[head:][::-1])
    a, b = before[head : len(before) - tail], after[head : len(after) - tail]
    if len(a) * len(b) > _COMPARED_CELLS or ends_with_return(before) or ends_with_return(after):
        return tuple(narrowed(old, head, head + len(a), b))
    edits: list[TextEdit] = []
    for tag, i, j, k, m in SequenceMatcher(None, a, b, autojunk=False).get_opcodes():
        if tag != "equal":
            edits += narrowed(old, head + i, head + j, b[k:m])
    return tuple(edits)


def narrowed(old: Lines, start: int, stop: int, new: Sequence[str]) -> Iterator[TextEdit]:
    """Edits that put the lines ``new`` (with terminators) in place of ``old``'s lines ``start`` up to ``stop``.

    Line by line where their number stays, so that cursors on unchanged parts stay; nothing when all are equal.
    """
    before = list(old.raw_range(start, stop))
    if len(before) == len(new) and not ends_with_return([*before, *new]):
        for i, (a, b) in enumerate(zip(before, new, strict=True)):
            if a != b:
                yield one_edit(old, start + i, start + i + 1, b)
    elif before != list(new):
        yield one_edit(old, start, stop, "".join(new))


def ends_with_return(lines: Sequence[str]) -> bool:
    """Whether a line ends with a lone carriage return. Such texts get one edit only: between two, a carriage return
    of the one and a line feed of the other would make one terminator, and move every line below.
    """
    return any(line.endswith("\r") for line in lines)


@dataclass(frozen=True, slots=True)
class LineChange:
    """Lines ``start`` up to ``stop`` of the old text give way to ``lines`` (with terminators)."""

    start: int
    stop: int
    lines: tuple[str, ...]


def line_changes(change: FileEdit) -> list[LineChange]:
    """The edits as changes of whole lines, in order; those that share a line are one."""
    base = change.base.lines
    found: list[LineChange] = []
    for group in _by_lines(change.edits):
        start, stop = group[0].span.start.line, group[-1].span.end.line + 1
        at = Point(start, 0)
        end = Point(stop, 0) if stop < base.count else base.end
        text = ""
        for edit in group:
            text += base.slice(Span(at, edit.span.start)) + edit.text
            at = edit.span.end
        new = [line for line in split_lines(text + base.slice(Span(at, end))) if line]
        old = [line for line in base.raw_range(start, stop) if line]
        head = _common(old, new)
        tail = _common(old[head:][::-1], new[head:][::-1])
        found.append(LineChange(start + head, start + len(old) - tail, tuple(new[head : len(new) - tail])))
    return found


def unified_diff(changeset: Changeset, folder: Path, context: int = 3) -> str:
    """The changeset as ``diff -u`` writes it, with paths relative to ``folder`` and ``context`` lines around."""
    return "".join(_file_diff(change, folder, context) for change in changeset.changes)


def one_edit(old: Lines, start: int, stop: int, new: str) -> TextEdit:
    """The smallest single edit that puts ``new`` in place of ``old``'s lines ``start`` up to ``stop``."""
    text = "".join(old.raw_range(start, stop))
    head = _common(text, new)
    tail = _common(text[head:][::-1], new[head:][::-1])
    if _splits_crlf(text, head) or _splits_crlf(new, head):
        head -= 1
    if _splits_crlf(text, len(text) - tail) or _splits_crlf(new, len(new) - tail):
        tail -= 1
    first = _point(old, start, head, text)
    last = _point(old, start, len(text) - tail, text)
    return TextEdit(Span(first, last), new[head : len(new) - tail])


def _splits_crlf(text: str, place: int) -> bool:
    return text[place - 1 : place + 1] == "\r\n"


def _point(old: Lines, line: int, offset: int, text: str) -> Point:
    """The place ``offset`` characters after the start of ``line``, whose text and the following's is ``text``."""
    pieces = split_lines(text[:offset])
    at = line + len(pieces) - 1
    return Point(at, len(pieces[-1])) if at < old.count else old.end


def _common(a: Sequence[str], b: Sequence[str]) -> int:
    count = 0
    for x, y in zip(a, b, strict=False):
        if x != y:
            break
        count += 1
    return count


def _file_diff(change: FileChange, folder: Path, context: int) -> str:
    match change:
        case CreateFile(path, text):
            lines = [line for line in split_lines(text) if line]
            body = f"@@ -0,0 +{_range(0, len(lines))} @@\n" + _marked("+", lines) if lines else ""
            return f"--- /dev/null\n+++ b/{_name(path, folder)}\n{body}"
        case RenameFile(old, new):
            return f"rename from {_name(old, folder)}\nrename to {_name(new, folder)}\n"
        case FileEdit(base):
            name = _name(base.path, folder) if base.path else base.uri
            hunks = "".join(_hunks(base.lines, line_changes(change), context))
            return f"--- a/{name}\n+++ b/{name}\n{hunks}" if hunks else ""


def _name(path: Path, folder: Path) -> str:
    return path.relative_to(folder).as_posix() if path.is_relative_to(folder) else path.as_posix()


def _by_lines(edits: Sequence[TextEdit]) -> list[list[TextEdit]]:
    groups: list[list[TextEdit]] = []
    for edit in edits:
        if groups and groups[-1][-1].span.end.line >= edit.span.start.line:
            groups[-1].append(edit)
        else:
            groups.append([edit])
    return groups


def _hunks(base: Lines, changes: list[LineChange], context: int) -> Iterator[str]:
    lines = [line for line in base if line]
    shift = 0
    while changes:
        count = 1
        while count < len(changes) and changes[count].start - changes[count - 1].stop <= 2 * context:
            count += 1
        hunk, changes = changes[:count], changes[count:]
        start = max(0, hunk[0].start - context)
        stop = min(len(lines), hunk[-1].stop + context)
        at, body = start, ""
        for change in hunk:
            body += _marked(" ", lines[at : change.start]) + _marked("-", lines[change.start : change.stop])
            body += _marked("+", change.lines)
            at = change.stop
        body += _marked(" ", lines[at:stop])
        added = sum(len(change.lines) - (change.stop - change.start) for change in hunk)
        old, new_range = _range(start, stop - start), _range(start + shift, stop - start + added)
        shift += added
        yield f"@@ -{old} +{new_range} @@\n{body}"


def _range(start: int, count: int) -> str:
    first = start + 1 if count else start
    return str(first) if count == 1 else f"{first},{count}"


def _marked(mark: str, lines: Sequence[str]) -> str:
    return "".join(mark + (line if line.endswith("\n") else line.rstrip("\r") + "\n" + _end(line)) for line in lines)


def _end(line: str) -> str:
    return "" if line.endswith("\r") else _NO_NEWLINE
