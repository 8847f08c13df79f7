"""The prefix ledger: which prefix each provider holds; append-only, rewritten only when that has become cheaper.

Owner of the ledger's state. For every (model, workspace folder, variant) it keeps one line of text: the head
(instructions, workspace facts), then file texts and later changes in the order in which they became needed. It never
removes or reorders what was sent except in a rebase, and never shows a text that is not current.

``session.prefix_turn`` decides when that is; here it is kept what was sent, and learnt what the provider had of it.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from tierwise.core.clock import Clock
from tierwise.core.models import PromptBlock, Speaker, Usage
from tierwise.core.text import Lines
from tierwise.session.prefix_line import Key, Position, head
from tierwise.session.prefix_marks import marks
from tierwise.session.prefix_text import FILE
from tierwise.session.prefix_turn import Holding, Need, Rebase, Turn

_TRUST_SHARE = 0.8
"""A hit below this share of the prediction is a miss: estimates of tokens are good to about a fifth."""


@dataclass(frozen=True, slots=True)
class Prefix:
    """The stable part of one prompt. ``expected_cached`` tokens of it should come from the provider's cache."""

    blocks: tuple[PromptBlock, ...]
    shown: frozenset[Key]
    """Form and name of all that it shows."""
    tokens: int
    expected_cached: int
    rebase: Rebase | None
    sources: frozenset[str]
    ends: tuple[Position, ...]
    """The ends of the pieces, for ``observe``."""
    held: int | None
    """Index of the end of the provider's longest copy, as far as the ledger knows."""
    at: float
    """When it was made, in monotonic seconds: lifetimes count from the start of a request."""

    @property
    def files(self) -> frozenset[str]:
        """Names of the files whose whole text it shows."""
        return frozenset(name for form, name in self.shown if form == FILE)

    def whole(self, name: str) -> Lines | None:
        """A file's text as it was last shown in one piece, before the changes that followed; None where it is not
        shown.
        """
        item = self.ends[-1].shown.get((FILE, name))
        return None if item is None else item.whole


class PrefixLedger:
    """One per session. ``prefix`` is called when a request is built, ``observe`` when its usage is known."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._holdings: dict[tuple[str, str, str], Holding] = {}
        self.rewrites: Counter[Rebase] = Counter()
        """Prefixes written anew or gone back to, by reason; the first of each is one too."""
        self.unexplained_misses = 0

    def prefix(self, need: Need) -> Prefix:
        """The prefix for one request; it is counted as sent."""
        now = self._clock.monotonic()
        holding = self._holdings.get(_key(need))
        if holding is None:
            holding = self._holdings[_key(need)] = Holding(need.head, head(need.head))
        elif holding.used_at is not None:
            holding.pauses.add(now - holding.used_at)
        why = Turn(holding, need, now).take()
        holding.used_at, holding.reads = now, 1
        if why is not None and why is not Rebase.UNCACHED:
            self.rewrites[why] += 1
        return _sent(holding, need, why, now)

    def shown(self, model: str, folder: str, variant: str) -> frozenset[Key]:
        """Form and name of all that the prefix shows now, which may be nothing."""
        holding = self._holdings.get((model, folder, variant))
        return frozenset(holding.ends[-1].shown) if holding is not None else frozenset()

    def observe(self, need: Need, prefix: Prefix, usage: Usage | None) -> bool:
        """Learn what the provider really had; False for a miss that the ledger cannot explain.

        Without a report (the call failed or was closed, or somebody else answered) nothing is learnt: what was held
        before is assumed to be held still, and what the call may have written is not counted on.
        """
        holding = self._holdings.get(_key(need))
        if holding is None or usage is None or not usage.input_tokens:
            return True
        if holding.used_at is not None and prefix.at > holding.used_at:
            holding.reads += 1
        sure = _TRUST_SHARE * prefix.expected_cached
        missed = usage.cached_tokens < sure - need.terms.unit and (holding.reported or need.terms.marks > 0)
        unexplained = missed and sure >= need.terms.min_tokens  # else it may be shorter than what is kept at all
        holding.reported = holding.reported or usage.cached_tokens > 0
        self.unexplained_misses += unexplained
        if missed:
            holding.former.clear()
            for end in holding.ends:
                end.held_until = float("-inf")
        _hold(prefix, need)
        return not unexplained


def _sent(holding: Holding, need: Need, why: Rebase | None, now: float) -> Prefix:
    ends = tuple(holding.ends)
    held = max((i for i, end in enumerate(ends) if end.held_until > now), default=None)
    marked = marks(ends, len(need.head), held, need.terms, now)
    blocks = tuple(
        PromptBlock(
            Speaker.SYSTEM if index == 0 else Speaker.USER,
            end.text,
            stable=True,
            mark=index in marked,
            long=holding.long,
        )
        for index, end in enumerate(ends)
    )
    return Prefix(
        blocks=blocks,
        shown=frozenset(ends[-1].shown),
        tokens=int(ends[-1].chars / need.chars_per_token) + 1,
        expected_cached=0 if held is None else int(ends[held].chars / need.chars_per_token),
        rebase=why,
        sources=frozenset(ends[-1].sources),
        ends=ends,
        held=held,
        at=now,
    )


def _hold(prefix: Prefix, need: Need) -> None:
    """The call was answered: what it marked is held now, and what it read is renewed."""
    terms, held = need.terms, -1 if prefix.held is None else prefix.held
    for index, (end, block) in enumerate(zip(prefix.ends, prefix.blocks, strict=True)):
        marked = block.mark and (terms.renews or index > held)
        touched = marked or index == prefix.held or not terms.marks
        if touched and end.chars >= terms.min_tokens * need.chars_per_token:
            end.held_until = max(end.held_until, prefix.at + terms.lifetime(long=block.long))


def _key(need: Need) -> tuple[str, str, str]:
    return (need.model, need.folder, need.variant)
