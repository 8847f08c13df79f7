"""The prefix ledger: which prefix each provider holds; append-only, rewritten only when that has become cheaper.

Owner of the ledger's state. For every (model, workspace folder) it keeps what the prompt's prefix says: the head
(instructions, workspace facts), then file texts and later changes in the order in which they became needed. It never
removes or reorders what was sent except in a rebase, never shows a text that is not the file's current one after all
its changes, and never puts a time, a cursor or an unordered collection into the prefix.

When to rebase is the ski-rental rule: carrying dead text costs its read price on every request; once these costs have
added up to the price of writing the prefix anew, it is rewritten. That is at most twice the cost of the best schedule
that knew the future (Karlin et al., "Competitive Snoopy Caching", 1988).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from tierwise.core.clock import Clock
from tierwise.core.documents import Document
from tierwise.core.models import PromptBlock, Speaker, Usage
from tierwise.core.text import Lines
from tierwise.session import prefix_text

_KEEP_REQUESTS = 6
"""A file that none of the last this many requests needed is dropped at the next rebase."""
_TRUST_SHARE = 0.8
"""A hit below this share of the prediction is a miss: estimates of tokens are good to about a fifth."""


class Rebase(StrEnum):
    """Why a prefix was written anew."""

    FIRST = "first"
    HEAD_CHANGED = "head-changed"
    EXPIRED = "expired"
    CHEAPER = "cheaper"
    BUDGET = "budget"
    FILE_GONE = "file-gone"


@dataclass(frozen=True, slots=True)
class CacheTerms:
    """The provider's terms: lifetime in seconds, prices in US dollars per million tokens, shortest cacheable prefix."""

    ttl_s: float
    read: float
    write: float
    min_tokens: int


@dataclass(frozen=True, slots=True)
class NamedFile:
    """A readable file under the name by which prompts call it (relative to its folder, forward slashes)."""

    name: str
    document: Document


@dataclass(frozen=True, slots=True)
class Need:
    """What a request wants of its prefix.

    ``model`` and ``folder`` say whose prefix it is. ``head``: the instructions and the workspace facts. ``files``: the
    most needed first; what does not fit into ``budget_tokens`` is left out from the end. ``current`` gives a shown
    file's text as of now, None when it is gone or forbidden. ``estimate``: tokens of a text for this model.
    """

    model: str
    folder: str
    head: tuple[str, str]
    files: tuple[NamedFile, ...]
    budget_tokens: int
    terms: CacheTerms
    current: Callable[[Document], Document | None]
    estimate: Callable[[str], int]


@dataclass(frozen=True, slots=True)
class Prefix:
    """The stable part of one prompt. ``expected_cached`` tokens of it should come from the provider's cache."""

    blocks: tuple[PromptBlock, ...]
    names: frozenset[str]
    """The files that it shows."""
    tokens: int
    expected_cached: int
    rebase: Rebase | None
    sources: frozenset[str]


@dataclass(slots=True)
class _Piece:
    text: str
    tokens: int


@dataclass(slots=True)
class _Holding:
    head: tuple[str, str]
    pieces: list[_Piece]
    shown: dict[str, Document] = field(default_factory=dict[str, Document])
    file_tokens: dict[str, int] = field(default_factory=dict[str, int])
    edits: dict[str, int] = field(default_factory=dict[str, int])
    needed: dict[str, int] = field(default_factory=dict[str, int])
    requests: int = 0
    used_at: float = 0.0
    held_tokens: int = 0
    carried_usd: float = 0.0

    @property
    def tokens(self) -> int:
        return sum(piece.tokens for piece in self.pieces)


class PrefixLedger:
    """One per session. ``prefix`` is called when a request is built, ``observe`` when its usage is known."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._holdings: dict[tuple[str, str], _Holding] = {}
        self.unexplained_misses = 0

    def prefix(self, need: Need) -> Prefix:
        """The prefix for one request; it is counted as sent."""
        key = (need.model, need.folder)
        holding = self._holdings.get(key)
        why = Rebase.FIRST if holding is None else self._must_rebase(holding, need)
        if holding is not None and why is None:
            all_shown = _append(holding, need)
            why = _weigh(holding, need, all_shown=all_shown)
        if holding is None or why is not None:
            holding = self._holdings[key] = _written(need, holding)
        return self._sent(holding, why)

    def observe(self, need: Need, prefix: Prefix, usage: Usage | None) -> bool:
        """Learn what the provider really had; False for a miss that the ledger cannot explain.

        Without a report (``usage`` None: the call failed) nothing is assumed to be held.
        """
        holding = self._holdings.get((need.model, need.folder))
        if holding is None:
            return True
        if usage is None:
            holding.held_tokens = 0
            return True
        holding.held_tokens = prefix.tokens if prefix.tokens >= need.terms.min_tokens else 0
        if usage.cached_tokens >= _TRUST_SHARE * prefix.expected_cached:
            return True
        self.unexplained_misses += 1
        return False

    def _must_rebase(self, holding: _Holding, need: Need) -> Rebase | None:
        if holding.head != need.head:
            return Rebase.HEAD_CHANGED
        if any(need.current(document) is None for document in holding.shown.values()):
            return Rebase.FILE_GONE
        idle = self._clock.monotonic() - holding.used_at
        return Rebase.EXPIRED if idle > need.terms.ttl_s else None

    def _sent(self, holding: _Holding, why: Rebase | None) -> Prefix:
        holding.requests += 1
        holding.used_at = self._clock.monotonic()
        last = len(holding.pieces) - 1
        blocks = tuple(
            PromptBlock(
                Speaker.USER if index else Speaker.SYSTEM, piece.text, stable=True, mark=index in {1, last - 1, last}
            )
            for index, piece in enumerate(holding.pieces)
        )
        return Prefix(
            blocks=blocks,
            names=frozenset(holding.shown),
            tokens=holding.tokens,
            expected_cached=0 if why is not None else min(holding.held_tokens, holding.tokens),
            rebase=why,
            sources=frozenset(str(d.path) for d in holding.shown.values() if d.path is not None),
        )


def _append(holding: _Holding, need: Need) -> bool:
    """Add what changed of the files already shown, then the files not shown yet as far as they fit, as one piece.
    Whether every needed file is shown now.
    """
    texts: list[str] = []
    for name, shown in holding.shown.items():
        now = need.current(shown) or shown
        if not _same(shown.lines, now.lines):
            texts.append(prefix_text.change(name, shown.lines, now.lines))
            holding.edits[name] = holding.edits.get(name, 0) + 1
            holding.file_tokens[name] += need.estimate(texts[-1])
        holding.shown[name] = now
    room = need.budget_tokens - holding.tokens - need.estimate("".join(texts))
    for file in need.files:
        if file.name not in holding.shown:
            tokens = need.estimate(prefix_text.snapshot(file.name, file.document.lines))
            if tokens > room:
                continue
            room -= tokens
            texts.append(_show(holding, file, need))
        holding.needed[file.name] = holding.requests
    if texts:
        text = "".join(texts)
        holding.pieces.append(_Piece(text, need.estimate(text)))
    return all(file.name in holding.shown for file in need.files)


def _weigh(holding: _Holding, need: Need, *, all_shown: bool) -> Rebase | None:
    """Whether rewriting has become cheaper than going on, or the budget leaves no choice."""
    wanted = ({file.name for file in need.files} & set(holding.shown)) | _recent(holding)
    live = sum(need.estimate(prefix_text.snapshot(name, holding.shown[name].lines)) for name in wanted)
    dead = sum(holding.file_tokens.values()) - live
    if dead > 0 and (holding.tokens > need.budget_tokens or not all_shown):
        return Rebase.BUDGET
    holding.carried_usd += max(0, dead) * need.terms.read
    if dead > 0 and holding.carried_usd >= live * need.terms.write:
        return Rebase.CHEAPER
    return None


def _written(need: Need, old: _Holding | None) -> _Holding:
    """The prefix anew: the head, then the needed and lately needed files that fit, those edited least first."""
    holding = _Holding(need.head, [_Piece(text, need.estimate(text)) for text in need.head])
    wanted = list(need.files)
    if old is not None:
        holding.edits, holding.requests = dict(old.edits), old.requests
        for name in sorted(_recent(old) - {file.name for file in need.files}):
            now = need.current(old.shown[name]) if name in old.shown else None
            wanted += [NamedFile(name, now)] if now is not None else []
    room = need.budget_tokens - holding.tokens
    fitting: list[NamedFile] = []
    for file in wanted:
        tokens = need.estimate(prefix_text.snapshot(file.name, file.document.lines))
        if tokens <= room:
            room -= tokens
            fitting.append(file)
    fitting.sort(key=lambda file: (holding.edits.get(file.name, 0), file.name))
    text = "".join([_show(holding, file, need) for file in fitting])
    if text:
        holding.pieces.append(_Piece(text, need.estimate(text)))
    return holding


def _show(holding: _Holding, file: NamedFile, need: Need) -> str:
    text = prefix_text.snapshot(file.name, file.document.lines)
    holding.shown[file.name] = file.document
    holding.file_tokens[file.name] = need.estimate(text)
    holding.needed[file.name] = holding.requests
    return text


def _recent(holding: _Holding) -> set[str]:
    """Shown files that one of the last requests needed."""
    oldest = holding.requests - _KEEP_REQUESTS
    return {name for name, at in holding.needed.items() if at >= oldest and name in holding.shown}


def _same(a: Lines, b: Lines) -> bool:
    return a is b or (a.count == b.count and a.text == b.text)
