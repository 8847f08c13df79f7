"""Occurrences that stand for symbols, and how symbols hang together. Pure.

A symbol is a key: any hashable value that a language model makes up. One occurrence can stand for two symbols at once
(``import { a }`` names an export and a local variable); when only one of them is renamed, it must be written out.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

from tierwise.rename.syntactic.project import SourceFile
from tierwise.syntax.scopes import Name

Key = Hashable

LOCAL = "local"
"""Sort of symbols that only their own file can name."""
EXPORT = "export"
"""Sort of symbols that other files can name through their module."""
MEMBER = "member"
"""Sort of symbols that are named through a value or a type."""


class Form(Enum):
    """How an occurrence of two symbols is written when only the first or only the second is renamed."""

    PLAIN = ("{new}", "{new}")
    IMPORT = ("{old} as {new}", "{new} as {old}")
    """Keys: local, exported."""
    EXPORT = ("{new} as {old}", "{old} as {new}")
    """Keys: local, exported."""
    SHORTHAND = ("{old}: {new}", "{new}: {old}")
    """Keys: value or variable, property."""
    PREFIX = ("{new} ", "{new} ")
    """An empty stretch before a path: the name is put in (Go's imports)."""
    SILENT = ("", "")
    """Means a symbol without bearing its name: a cursor may stand there, but nothing is written."""


@dataclass(frozen=True, slots=True)
class Outside:
    """The key of everything that is defined outside the workspace; ``what`` says where, for a person."""

    what: str


@dataclass(frozen=True, slots=True, eq=False)
class Site:
    """An occurrence and its keys. ``start`` and ``end`` in bytes."""

    file: SourceFile
    start: int
    end: int
    keys: tuple[Key, ...]
    kind: str
    form: Form = Form.PLAIN
    sort: str = LOCAL
    meant: int = 0
    """Index of the key that a cursor on this occurrence means."""
    in_comment: bool = False

    def written(self, renamed: set[Key], new_name: str) -> str | None:
        """Its new text, None where none of its symbols is renamed."""
        hit = [key in renamed for key in self.keys]
        if not any(hit) or self.form is Form.SILENT:
            return None
        if all(hit) and self.form is not Form.PREFIX:
            return new_name
        old = self.file.parsed.text_between(self.start, self.end)
        return self.form.value[0 if hit[0] else 1].format(old=old, new=new_name)


@dataclass(frozen=True, slots=True, eq=False)
class Unknown:
    """An occurrence that may or may not be the symbol, and why that is not known, for a person."""

    file: SourceFile
    name: Name
    why: str
    sorts: frozenset[str] = frozenset({MEMBER})
    """Sorts of symbols that it could be."""


@dataclass(slots=True)
class Analysis:
    """All occurrences of a word: what is known, and what is not."""

    sites: list[Site] = field(default_factory=list[Site])
    unknown: list[Unknown] = field(default_factory=list[Unknown])
    not_from: dict[Key, str] = field(default_factory=dict[Key, str])
    """Symbols that are renamed only with another one, and why, for a person."""
    blocked: dict[Key, str] = field(default_factory=dict[Key, str])
    """Symbols that are not renamed at all, and why, for a person."""
    moves: dict[Key, Path] = field(default_factory=dict[Key, Path])
    """Files that bear a symbol's name."""
    _links: dict[Key, set[Key]] = field(default_factory=dict[Key, set[Key]])

    def link(self, left: Key, right: Key, *, both: bool = True) -> None:
        """Renaming ``left`` renames ``right`` too, and the other way round unless ``both`` is False."""
        self._links.setdefault(left, set()).add(right)
        if both:
            self._links.setdefault(right, set()).add(left)

    def merge(self, keys: Iterable[Key]) -> None:
        ordered = list(keys)
        for key in ordered[1:]:
            self.link(ordered[0], key)

    def reach(self, start: Key) -> set[Key]:
        """All symbols that renaming ``start`` renames."""
        found = {start}
        pending = [start]
        while pending:
            for key in self._links.get(pending.pop(), ()):
                if key not in found:
                    found.add(key)
                    pending.append(key)
        return found

    def at(self, file: SourceFile, byte: int) -> Site | None:
        touching = [site for site in self.sites if site.file is file and site.start <= byte <= site.end]
        return touching[0] if touching else None
