"""A name was changed where it is defined: what still bears the old one has lost its meaning and follows.

Decided by scopes, so that an equal name of something else stays: an old name that nothing defines any more, inside the
scope of the new one. In other documents only what is imported from there follows, or what belongs to the same package.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from tierwise.core.documents import Document
from tierwise.core.text import Point, Span
from tierwise.embedded.next_edit.changes import renamed, replacements, tokens
from tierwise.embedded.next_edit.values import Change, Guess, Why
from tierwise.syntax.imports import imports
from tierwise.syntax.parse import Node, Parsed, parse
from tierwise.syntax.scopes import DEFINITION, REFERENCE, Binding, Name, occurrences

MAX_LINES = 8_000
"""Longer documents are not parsed for this: it would take longer than the answer is worth waiting for."""
_MAX_NAMES = 3
_OWN = r"(?<![\w.])(?:self|this)\s*\.\s*"
_MODULE = re.compile(
    r"\s*import\s+[\w.]+\s+as\s+(\w+)\s*$"  # Python
    r"|\s*import\s+(\w+)\s*$"
    r"|\s*import\s+(?:\*\s+as\s+)?(\w+)\s+from\b"  # ECMAScript
    r"|\s*(?:const|let|var)\s+(\w+)\s*=\s*require\("
    r'|\s*(?:import\s+)?(\w+)\s+"[^"]+"\s*$'  # Go
)
"""An import that says what the module is called here."""
_CLASSES = ("class_definition", "class_declaration", "class", "class_body")


def renames(change: Change, others: Sequence[Change], documents: Sequence[Document]) -> Iterator[Guess]:
    """What is left of the names that ``change`` renamed where they are defined."""
    document = documents[0]
    pairs = _renamed(change)
    parsed = _parsed(document) if pairs else None
    if parsed is None:
        return
    for old, new in pairs[:_MAX_NAMES]:
        lines = _lines(change, new)
        found = occurrences(parsed, new)
        defined = [n for n in found.names if n.role == DEFINITION and parsed.point(n.start).line in lines]
        bindings = [
            n.binding for n in defined if n.binding is not None and _is_new(parsed, n.binding, (change, *others))
        ]
        left = occurrences(parsed, old)
        for binding in bindings:
            yield from _guesses(document, parsed, (name for name in left.names if _meant(name, binding)), new)
        yield from _own_members(change, document, parsed, old, new)
        if any(binding.scope.kind == "module" for binding in bindings):
            for other in documents[1:]:
                yield from _elsewhere(document, other, old, new)


def _renamed(change: Change) -> list[tuple[str, str]]:
    """Names that stand where other names stood, in lines that are otherwise what they were; and what imported modules
    are called, where that was changed.
    """
    pairs: dict[tuple[str, str], None] = {}
    for item in replacements(change):
        index = item.line - change.line
        pair = renamed(item) or (_module_renamed(change.old[index], change.new[index]) if change.equal else None)
        if pair is not None:
            pairs[pair] = None
    olds, news = [old for old, _ in pairs], [new for _, new in pairs]
    return [(old, new) for old, new in pairs if olds.count(old) == 1 and news.count(new) == 1]


def _module_renamed(old: str, new: str) -> tuple[str, str] | None:
    mine, theirs = _MODULE.match(old), _MODULE.match(new)
    if mine is None or theirs is None:
        return None
    before = next(filter(None, mine.groups()), "")
    after = next(filter(None, theirs.groups()), "")
    return (before, after) if before != after else None


def _lines(change: Change, word: str) -> set[int]:
    return {change.line + index for index, line in enumerate(change.new) if word in tokens(line)}


def _parsed(document: Document) -> Parsed | None:
    return parse(document.language, document.text) if document.lines.count <= MAX_LINES else None


def _is_new(parsed: Parsed, binding: Binding, changes: Sequence[Change]) -> bool:
    """Whether the name stands only where the user just wrote: one that was there before is another thing."""
    written = {change.line + index for change in changes for index in range(len(change.new))}
    return all(parsed.point(name.start).line in written for name in binding.names)


def _meant(name: Name, binding: Binding) -> bool:
    """Whether an old name meant what is called otherwise now: it stands where that is known, and nothing nearer bears
    the old name.
    """
    scope, other = binding.scope, name.binding
    inside = scope.start <= name.start < scope.end
    nearer = other is not None and scope.start <= other.scope.start and other.scope.end <= scope.end
    return name.role == REFERENCE and inside and not nearer


def _guesses(document: Document, parsed: Parsed, names: Iterable[Name], new: str) -> Iterator[Guess]:
    spans = [Span(parsed.point(name.start), parsed.point(name.end)) for name in names]
    yield from by_line(document, spans, new)


def by_line(document: Document, spans: Iterable[Span], new: str) -> Iterator[Guess]:
    """One guess per line, for all that is to be replaced in it."""
    grouped: dict[int, list[Span]] = defaultdict(list)
    for span in spans:
        grouped[span.start.line].append(span)
    for number, group in grouped.items():
        line, text, at = document.lines.line(number), "", group[0].start.column
        for span in group:
            text += line[at : span.start.column] + new
            at = span.end.column
        yield Guess(document, Span(group[0].start, Point(number, at)), text, Why.RENAME)


def _own_members(change: Change, document: Document, parsed: Parsed, old: str, new: str) -> Iterator[Guess]:
    """``self.old`` in the class whose ``self.new`` is set, or defined as a method, where ``old`` was."""
    for number in sorted(_lines(change, new)):
        line = document.lines.line(number)
        at = re.search(rf"{_OWN}({re.escape(new)})\b\s*(?::[^=]+)?=(?!=)|\b(?:def|async)\s+({re.escape(new)})\b", line)
        around = None if at is None else _class_around(parsed, Point(number, at.start()))
        if around is None:
            continue
        span = parsed.span(around)
        lines = range(span.start.line, span.end.line + 1)
        texts = {number: document.lines.line(number) for number in lines}
        remains = re.compile(rf"{_OWN}{re.escape(old)}\b\s*(?::[^=]+)?=(?!=)|\bdef\s+{re.escape(old)}\b")
        if any(remains.search(text) for text in texts.values()):
            return
        use = re.compile(rf"{_OWN}({re.escape(old)})\b")
        spans = [
            Span(Point(number, found.start(1)), Point(number, found.end(1)))
            for number, text in texts.items()
            for found in use.finditer(text)
        ]
        yield from by_line(document, spans, new)
        return


def _class_around(parsed: Parsed, point: Point) -> Node | None:
    byte = parsed.byte(point)
    node = parsed.root.descendant_for_byte_range(byte, byte)
    while node is not None and node.type not in _CLASSES:
        node = node.parent
    return node


def _elsewhere(document: Document, other: Document, old: str, new: str) -> Iterator[Guess]:
    if other.path is None or document.path is None:
        return
    if old not in other.text or (parsed := _parsed(other)) is None:
        return
    found = occurrences(parsed, old)
    if other.language == document.language == "go" and other.path.parent == document.path.parent:
        yield from _guesses(other, parsed, found.free, new)
        return
    stem = document.path.stem if document.path.stem not in {"__init__", "index", "mod"} else document.path.parent.name
    statements = [
        item.span
        for item in imports(other.language, other.text)
        if re.split(r"[./\\:]+", item.module.removesuffix(document.path.suffix))[-1] == stem and old in item.names
    ]
    for binding in found.bindings:
        span = parsed.span(binding.definitions[0].node)
        if any(statement.contains(span) for statement in statements):
            yield from _guesses(other, parsed, binding.names, new)
