"""Which occurrences of a word in a file are one and the same variable, function or type: lexical scoping.

The rules of each language are data, ``queries/LANGUAGE/scopes.scm`` (the captures are explained in Python's); what a
query cannot say (``global``, one symbol per clause of a type switch) is in ``rules.py``. Only the occurrences of one
word are looked at, so the cost is that of parsing plus some 50 microseconds an occurrence. Pure.

Says nothing about members (``x.name``), keys and names in import paths: they come back with their role and without a
binding.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache

from tree_sitter import Node, QueryCursor

from tierwise.syntax import grammars
from tierwise.syntax.parse import Parsed

DEFINITION = "definition"
REFERENCE = "reference"
LOOSE = "loose"
"""Role of an occurrence outside code: in a comment, a string, or a stretch that did not parse."""

_STRUCTURE = frozenset({"scope", "self", "statement", "outside", "hole"})
_FUNCTIONS = frozenset({"function", "comprehension"})
_BLOCKS = frozenset({"block", "comprehension"})
_ANY_SPACE = frozenset({"*"})


@dataclass(frozen=True, slots=True)
class Scope:
    """A stretch of code with its own names. ``hidden``: functions inside it do not see them. ``outside``: the place
    that looks up is evaluated before this scope is entered.
    """

    id: int
    start: int
    end: int
    kind: str
    hidden: bool = field(default=False, compare=False)
    outside: bool = field(default=False, compare=False)


@dataclass(eq=False, slots=True)
class Name:
    """One occurrence, in bytes. ``role`` is ``definition``, ``reference``, ``loose`` or what the query file calls it;
    ``kind`` the capture's second part (parameter, function, shorthand...). ``scopes`` are those to look it up in,
    innermost first; a definition is bound in the first. ``since``: the byte from which a definition can be seen.
    ``node`` is the identifier, for loose ones the smallest node around it.
    """

    node: Node
    start: int
    end: int
    role: str
    kind: str = ""
    space: frozenset[str] = _ANY_SPACE
    scopes: tuple[Scope, ...] = ()
    since: int = 0
    binding: Binding | None = None


@dataclass(eq=False, slots=True)
class Binding:
    """One variable, function, type...: its definitions (several where the language merges them) and references."""

    scope: Scope
    space: frozenset[str]
    since: int
    definitions: list[Name]
    references: list[Name] = field(default_factory=list[Name])

    @property
    def kind(self) -> str:
        return self.definitions[0].kind

    @property
    def names(self) -> list[Name]:
        return sorted([*self.definitions, *self.references], key=lambda name: name.start)


@dataclass(frozen=True, slots=True)
class Occurrences:
    """All occurrences of a word in a text, in order, and the bindings that they form."""

    names: tuple[Name, ...]
    bindings: tuple[Binding, ...]

    def at(self, byte: int) -> Name | None:
        """The occurrence that touches a byte offset, code before comments."""
        touching = [name for name in self.names if name.start <= byte <= name.end]
        return min(touching, key=lambda name: name.role == LOOSE, default=None)

    @property
    def free(self) -> tuple[Name, ...]:
        """References that nothing in this file defines."""
        return tuple(name for name in self.names if name.role == REFERENCE and name.binding is None)


class Rules:
    """What the scoping of a language needs beyond its query file."""

    groups = "scope"
    """Which definitions of one word in one scope are the same binding: all ("scope"), those that share a space of names
    ("space"), or besides only those that become visible at the same place ("sequence")."""

    def refine(self, parsed: Parsed, names: list[Name]) -> None:
        """Correct roles and scopes that depend on other occurrences or on the tree, before names are bound."""


def occurrences(parsed: Parsed, word: str) -> Occurrences:
    """Every occurrence of ``word`` as a whole word, and what it is."""
    return _occurrences(parsed, [match.span() for match in _pattern(word).finditer(parsed.data)], None)


def all_occurrences(parsed: Parsed, words: Collection[str]) -> dict[str, Occurrences]:
    """``occurrences`` of many words with one look at the text: about 30 microseconds an occurrence."""
    places: dict[bytes, list[tuple[int, int]]] = {word.encode(): [] for word in words}
    for match in _WORDS.finditer(parsed.data):
        if match[0] in places:
            places[match[0]].append(match.span())
    around: dict[int, list[_Capture]] = {}
    for capture in _matched(parsed, QueryCursor(grammars.query(parsed.language, "scopes"))):
        around.setdefault(capture.node.id, []).append(capture)
    return {word: _occurrences(parsed, places[word.encode()], around) for word in words}


def resolve(parsed: Parsed, node: Node) -> Binding | None:
    """What the identifier ``node`` is bound to in its file; None for members and names from elsewhere."""
    found = occurrences(parsed, parsed.source(node)).at(node.start_byte)
    return None if found is None else found.binding


def look_up(parsed: Parsed, found: Occurrences, node: Node) -> Binding | None:
    """What the word would mean as a plain name at ``node``, wherever that is (inside a string, say)."""
    captures = list(_captures(parsed, node.start_byte, node.end_byte))
    scopes = tuple(_scopes(parsed.language, node, captures, None))
    bound: dict[Scope, list[Binding]] = {}
    for binding in found.bindings:
        bound.setdefault(binding.scope, []).append(binding)
    return _lookup(Name(node, node.start_byte, node.end_byte, REFERENCE, scopes=scopes), bound)


def _occurrences(
    parsed: Parsed, places: Sequence[tuple[int, int]], around: Mapping[int, Sequence[_Capture]] | None
) -> Occurrences:
    """``around``: what the query says about every node, where that is known already."""
    from tierwise.syntax.rules import RULES  # the rules build on this module

    rules = RULES[parsed.language]
    names = [_classify(parsed, start, end, around) for start, end in places]
    rules.refine(parsed, names)
    bindings = _bind(rules.groups, names)
    for name in names:
        if name.role == REFERENCE:
            name.binding = _lookup(name, bindings)
            if name.binding is not None:
                name.binding.references.append(name)
    return Occurrences(tuple(names), tuple(binding for group in bindings.values() for binding in group))


# Bytes above 127 belong to letters far more often than not; a wrong guess only misses an occurrence beside one.
_INSIDE = rb"[0-9A-Za-z_$\x80-\xff]"
_WORDS = re.compile(rb"#?" + _INSIDE + rb"+")


@cache
def _pattern(word: str) -> re.Pattern[bytes]:
    inside = _INSIDE
    before = rb"" if word.startswith("#") else rb"(?<!" + inside + rb")(?<!#)"
    return re.compile(before + re.escape(word.encode()) + rb"(?!" + inside + rb")")


@dataclass(frozen=True, slots=True)
class _Capture:
    pattern: int
    base: str
    kind: str
    node: Node
    match: dict[str, list[Node]]


def _classify(parsed: Parsed, start: int, end: int, around: Mapping[int, Sequence[_Capture]] | None) -> Name:
    node = parsed.root.descendant_for_byte_range(start, end) or parsed.root
    if (node.start_byte, node.end_byte) != (start, end) or node.child_count or not node.is_named:
        return Name(node, start, end, LOOSE)
    captures = list(_captures(parsed, start, end) if around is None else _above(node, around))
    for capture in sorted(captures, key=lambda item: (item.pattern, -item.node.start_byte)):
        if capture.base not in _STRUCTURE and _means(capture, node, captures):
            return _named(parsed.language, node, capture, captures)
    return Name(node, start, end, LOOSE)


def _captures(parsed: Parsed, start: int, end: int) -> Iterator[_Capture]:
    """Everything the query says about the nodes around a place."""
    cursor = QueryCursor(grammars.query(parsed.language, "scopes"))
    cursor.set_byte_range(start, end)
    for capture in _matched(parsed, cursor):
        if capture.node.start_byte <= start and end <= capture.node.end_byte:
            yield capture


def _matched(parsed: Parsed, cursor: QueryCursor) -> Iterator[_Capture]:
    for pattern, match in cursor.matches(parsed.root):
        for name, nodes in match.items():
            base, _, kind = name.partition(".")
            for node in nodes:
                yield _Capture(pattern, base, kind, node, match)


def _above(node: Node, around: Mapping[int, Sequence[_Capture]]) -> Iterator[_Capture]:
    current: Node | None = node
    while current is not None:
        yield from around.get(current.id, ())
        current = current.parent


def _means(capture: _Capture, node: Node, captures: list[_Capture]) -> bool:
    """Whether a capture speaks of this very identifier: it is the node, or a pattern around it with no hole between."""
    if capture.base != "pattern":
        return capture.node == node
    around = capture.node
    return not any(
        item.base == "hole" and item.node.start_byte >= around.start_byte and item.node.end_byte <= around.end_byte
        for item in captures
    )


def _named(language: str, node: Node, capture: _Capture, captures: list[_Capture]) -> Name:
    settings = grammars.query(language, "scopes").pattern_settings(capture.pattern)
    role = DEFINITION if capture.base == "pattern" else capture.base
    name = Name(node, node.start_byte, node.end_byte, role, capture.kind)
    if "space" in settings:
        name.space = frozenset(str(settings["space"]).split())
    skip = capture.match.get("self") if settings.get("place") == "outer" else None
    scopes = _scopes(language, node, captures, skip[0] if skip else None)
    if settings.get("place") == "function":
        while len(scopes) > 1 and scopes[0].kind in _BLOCKS:
            scopes.pop(0)
    name.scopes = tuple(scopes)
    statement = capture.match.get("statement")
    if statement and "since" in settings:
        name.since = statement[0].end_byte if settings["since"] == "end" else statement[0].start_byte
    return name


def _scopes(language: str, node: Node, captures: list[_Capture], skip: Node | None) -> list[Scope]:
    """The scopes around ``node``, innermost first; with ``skip`` only those around that node."""
    opened: dict[int, _Capture] = {}
    for item in sorted(captures, key=lambda item: item.pattern):
        if item.base == "scope":
            opened.setdefault(item.node.id, item)
    outside = {item.node.id for item in captures if item.base == "outside"}
    query = grammars.query(language, "scopes")
    scopes: list[Scope] = []
    before = False
    inside = skip is not None
    current: Node | None = node
    while current is not None:
        before = before or current.id in outside
        if current.id in opened and not inside:
            item = opened[current.id]
            hidden = "hidden" in query.pattern_settings(item.pattern)
            scopes.append(Scope(current.id, current.start_byte, current.end_byte, item.kind, hidden, before))
            before = False
        if skip is not None and current.id == skip.id:
            inside = False
        current = current.parent
    return scopes


def _bind(groups: str, names: list[Name]) -> dict[Scope, list[Binding]]:
    bound: dict[Scope, list[Binding]] = {}
    for name in names:
        if name.role != DEFINITION or not name.scopes:
            continue
        here = bound.setdefault(name.scopes[0], [])
        same = next((item for item in here if _same(groups, item, name)), None)
        if same is None:
            same = Binding(name.scopes[0], name.space, name.since, [])
            here.append(same)
        same.definitions.append(name)
        same.space |= name.space
        same.since = min(same.since, name.since)
        name.binding = same
    return bound


def _same(groups: str, binding: Binding, name: Name) -> bool:
    if groups == "scope":
        return True
    shared = _overlap(binding.space, name.space)
    return shared and (groups == "space" or binding.since == name.since)


def _lookup(name: Name, bound: dict[Scope, list[Binding]]) -> Binding | None:
    in_function = False
    for scope in name.scopes:
        if not (scope.hidden and in_function):
            seen = [
                item
                for item in bound.get(scope, ())
                if _overlap(item.space, name.space)
                and item.since <= name.start
                and (not scope.outside or item.kind == "typeparameter")
            ]
            if seen:
                return max(seen, key=lambda item: item.since)
        if scope.kind in _FUNCTIONS and not scope.outside:
            in_function = True
    return None


def _overlap(left: frozenset[str], right: frozenset[str]) -> bool:
    return left is _ANY_SPACE or right is _ANY_SPACE or not left.isdisjoint(right) or "*" in left | right
