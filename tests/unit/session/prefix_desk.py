"""A desk for the prefix ledger: files by name, a clock, and a provider that always holds what it should."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from test_prefix_property import HandClock

from tierwise.core.documents import Document
from tierwise.core.models import Usage
from tierwise.core.text import Lines
from tierwise.session.cache_terms import CacheTerms
from tierwise.session.prefix_ledger import Prefix, PrefixLedger
from tierwise.session.prefix_line import Absent, Item
from tierwise.session.prefix_turn import Need

HEAD = ("instructions\n", "facts\n")
SHORT = CacheTerms(ttl_s=300, long_ttl_s=None, read=0.1, write=1.25, write_long=1.25, min_tokens=0, marks=4)
TWO = replace(SHORT, long_ttl_s=3600, write_long=2.0)


class Desk:
    """Texts of files by name, a clock, and a ledger of which a provider always holds what it should."""

    def __init__(self, terms: CacheTerms = SHORT, **texts: str) -> None:
        self.terms = terms
        self.clock = HandClock()
        self.ledger = PrefixLedger(self.clock)
        self.documents = {name: _document(name, text) for name, text in texts.items()}
        self.last: Prefix

    def write(self, name: str, text: str) -> None:
        self.documents[name] = _document(name, text)

    def need(self, *names: str, budget: int = 100_000, optional: tuple[str, ...] = ()) -> Need:
        items = [Item(name, self.documents[name].lines, self.documents[name]) for name in names]
        items += [Item(name, self.documents[name].lines, self.documents[name], optional=True) for name in optional]
        return Need("m", "/w", HEAD, tuple(items), budget, self.terms, self._current, 1.0)

    def ask(self, *names: str, budget: int = 100_000, optional: tuple[str, ...] = ()) -> Prefix:
        need = self.need(*names, budget=budget, optional=optional)
        prefix = self.ledger.prefix(need)
        self.ledger.observe(need, prefix, Usage(input_tokens=prefix.tokens, cached_tokens=prefix.expected_cached))
        self.last = prefix
        return prefix

    def _current(self, item: Item) -> Lines | Absent:
        document = self.documents.get(item.name)
        return Absent.GONE if document is None else document.lines


def _document(name: str, text: str) -> Document:
    path = Path(f"/w/{name}")
    return Document(path.as_posix(), path, "python", None, Lines.of(text))


def text_of(prefix: Prefix) -> str:
    return "".join(block.text for block in prefix.blocks)
