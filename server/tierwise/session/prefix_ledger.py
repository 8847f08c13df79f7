"""The prefix ledger: which prefix each provider holds; append-only, rewritten only when that has become cheaper.

Owner of the ledger's state. For every (model, workspace folder, variant) it keeps one line of text: the head
(instructions, workspace facts), then file texts and later changes in the order in which they became needed. It never
removes or reorders what was sent except in a rebase, and never shows a text that is not current.

When to rebase is the ski-rental rule: carrying dead text costs its read price on every request; once these costs have
added up to the price of writing what would be missing without it, the line is cut there and continued. That is at most
twice the cost of the best schedule that knew the future (Karlin et al., "Competitive Snoopy Caching", 1988). Missing is
also what holds and is only not needed now: most of it is needed again. The line may be cut at every place of which the
provider still holds a copy, each with an account of its own, or begun anew.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from tierwise.core.clock import Clock
from tierwise.core.models import PromptBlock, Speaker, Usage
from tierwise.core.text import Lines
from tierwise.core.tokens import size
from tierwise.session.cache_terms import CacheTerms
from tierwise.session.lifetimes import Pauses
from tierwise.session.prefix_line import Absent, Addition, Current, Item, Key, Position, addition, head
from tierwise.session.prefix_marks import marks
from tierwise.session.prefix_text import FILE
from tierwise.session.rent import Rent

_ROOMY = 0.6
"""Share of the budget that optional items may fill, and above which a line counts as crowded when it is rewritten: the
rest is for what will change, so that one rebase does not bring the next."""
_TRUST_SHARE = 0.8
"""A hit below this share of the prediction is a miss: estimates of tokens are good to about a fifth."""
_CUTS = 8
"""Places, the latest, at which a line may be cut."""
_NOT_WORTH_IT = 1.02
"""Dead text below this share is not even weighed: it costs less than the time to do so."""


class Rebase(StrEnum):
    """Why a prefix was written anew, in whole or from some place on."""

    FIRST = "first"
    HEAD_CHANGED = "head-changed"
    EXPIRED = "expired"
    CHEAPER = "cheaper"
    BUDGET = "budget"
    FORBIDDEN = "forbidden"
    UNCACHED = "uncached"
    """The provider keeps nothing: every prompt holds what its request needs and no more."""


@dataclass(frozen=True, slots=True)
class Need:
    """What a request wants of its prefix.

    ``model``, ``folder`` and ``variant`` say whose prefix it is: ``variant`` holds whatever else of a request makes the
    provider's copy useless (an effort). ``head``: the instructions and the workspace facts. ``items``: the most needed
    first; what does not fit into ``budget_tokens`` is left out. ``refreshed``: the copy is kept alive in pauses.
    """

    model: str
    folder: str
    head: tuple[str, ...]
    items: tuple[Item, ...]
    budget_tokens: int
    terms: CacheTerms
    current: Current
    chars_per_token: float
    variant: str = ""
    refreshed: bool = False


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


@dataclass(slots=True)
class _Holding:
    """One line and what is known of its use."""

    head: tuple[str, ...]
    ends: list[Position]
    long: bool = False
    carried: Rent = field(default_factory=Rent)
    """What beginning anew would have saved so far."""
    used_at: float | None = None
    pauses: Pauses = field(default_factory=Pauses)
    edits: Counter[Key] = field(default_factory=Counter[Key])
    reads: int = 1
    """How often the line was read since it was chosen: by its request, and to keep its copy alive."""
    reported: bool = False
    """The provider has reported a hit before: only then its silence is a miss."""


@dataclass(frozen=True, slots=True)
class _Option:
    """A way to serve a request: keep the line up to ``keep`` ends, and add. ``cost`` in price units."""

    keep: int
    added: Addition
    chars: int
    cost: float


class PrefixLedger:
    """One per session. ``prefix`` is called when a request is built, ``observe`` when its usage is known."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._holdings: dict[tuple[str, str, str], _Holding] = {}
        self.rewrites: Counter[Rebase] = Counter()
        """Prefixes written anew, by reason; the first of each is one too."""
        self.unexplained_misses = 0

    def prefix(self, need: Need) -> Prefix:
        """The prefix for one request; it is counted as sent."""
        now = self._clock.monotonic()
        holding = self._holdings.get(_key(need))
        if holding is None:
            holding = self._holdings[_key(need)] = _Holding(need.head, head(need.head))
        elif holding.used_at is not None:
            holding.pauses.add(now - holding.used_at)
        why = _Turn(holding, need, now).take()
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
        for end in holding.ends if missed else ():
            end.held_until = float("-inf")
        _hold(prefix, need)
        return not unexplained


class _Turn:
    """One request's decision about a line: go on, cut, or begin anew."""

    def __init__(self, holding: _Holding, need: Need, now: float) -> None:
        self._holding = holding
        self._need = need
        self._terms = need.terms
        self._budget = int(need.budget_tokens * need.chars_per_token)
        self._held = [i for i, end in enumerate(holding.ends) if end.held_until > now]
        self._known: dict[Key, Lines | Absent] = {}

    def take(self) -> Rebase | None:
        """Bring the line to where it serves the request; why it was rewritten, None where it was only continued."""
        holding, need = self._holding, self._need
        first, other_head = holding.used_at is None, holding.head != need.head
        if other_head:
            holding.head, holding.ends, self._held = need.head, head(need.head), []
        if first or other_head or not need.terms.keeps:
            self._begin(self._anew())
            return Rebase.FIRST if first else Rebase.HEAD_CHANGED if other_head else Rebase.UNCACHED
        if not self._held:
            holding.long = self._prefer_long()
        if (stands := self._first_forbidden()) is not None:
            self._held = [i for i in self._held if i < stands]
            self._continue(min(self._best(self._others(need.items)), key=lambda option: option.cost))
            return Rebase.FORBIDDEN
        stay = self._option(len(holding.ends), need.items)
        choice, why = self._within_budget(stay) or self._weigh(stay)
        self._continue(choice)
        return why

    def _within_budget(self, stay: _Option) -> tuple[_Option, Rebase] | None:
        """Another way than going on, where the budget leaves no choice."""
        if stay.chars <= self._budget and not stay.added.missing:
            return None
        best = self._best(self._others(self._need.items))
        if stay.chars <= self._budget and stay.added.missing <= best[0].added.missing:
            return None
        return min(
            best, key=lambda option: option.cost + self._loss(stay, option) + self._crowding(option)
        ), Rebase.BUDGET

    def _best(self, options: Sequence[_Option]) -> list[_Option]:
        """Those within the budget, or nearest to it where none is, that leave out the fewest of what is needed."""
        least = max(self._budget, min(option.chars for option in options))
        fitting = [option for option in options if option.chars <= least]
        fewest = min(option.added.missing for option in fitting)
        return [option for option in fitting if option.added.missing == fewest]

    def _crowding(self, option: _Option) -> float:
        """What little room is expected to cost: text above the roomy share is soon written once more."""
        over = max(0.0, option.chars - _ROOMY * self._budget)
        return over * self._terms.writing(long=self._holding.long)

    def _weigh(self, stay: _Option) -> tuple[_Option, Rebase | None]:
        """Going on, or a way to show the same with less dead text, where that has become cheaper."""
        same = [item for item in self._need.items if item.key in stay.added.shown]
        needed = sum(size(text) for text in self._need.head) + sum(map(_length, same))
        if stay.chars <= needed * _NOT_WORTH_IT:
            self._settle()
            return stay, None
        chosen, why, least = stay, None, stay.cost
        for option in self._others(same, optional_share=1.0):
            carried = self._carry(option, stay.chars - option.chars)
            if option.chars >= stay.chars or option.added.missing:
                continue
            cost = option.cost + self._loss(stay, option)
            if cost < least:
                chosen, why, least = option, Rebase.CHEAPER if self._held else Rebase.EXPIRED, cost
            elif chosen is stay and carried >= cost - stay.cost:
                chosen, why = option, Rebase.CHEAPER
        return chosen, why

    def _loss(self, stay: _Option, option: _Option) -> float:
        """What it costs to show again the texts that hold, are not needed now, and would be left out."""
        lost = (item for key, item in stay.added.shown.items() if key not in option.added.shown)
        return sum(map(_length, lost)) * (self._terms.writing(long=self._holding.long) - self._terms.read)

    def _carry(self, option: _Option, idle: int) -> float:
        """What going on from the option's place would have saved on the requests so far."""
        account = self._holding.ends[option.keep - 1].carried if option.keep else self._holding.carried
        return account.add(idle, self._holding.reads) * self._terms.read

    def _option(self, keep: int, items: Sequence[Item], optional_share: float = _ROOMY) -> _Option:
        """Going on after the first ``keep`` ends. Right after the head the files that were edited least come first, and
        of these the shorter: what is most worth cutting off, what is dead or long, then stands where a cut takes it.
        """
        end = self._holding.ends[keep - 1]
        room, optional = self._budget - end.chars, int(optional_share * self._budget) - end.chars
        added = addition(end, items, self._current, room, optional)
        if keep <= len(self._need.head):
            edits = self._holding.edits
            fitting = [item for item in items if item.key in added.shown]
            fitting.sort(key=lambda item: (edits[item.key], _length(item), item.name, item.form))
            added = replace(addition(end, fitting, self._current, room, room), missing=added.missing)
        chars = end.chars + added.chars
        held = max((self._holding.ends[i].chars for i in self._held if i < keep), default=0)
        writing = self._terms.writing(long=self._holding.long)
        return _Option(keep, added, chars, held * self._terms.read + (chars - held) * writing)

    def _others(self, items: Sequence[Item], optional_share: float = _ROOMY) -> list[_Option]:
        """The ways other than going on: a new line, and going on from places of which the provider holds a copy: after
        the head, after the first files, and the last ones.
        """
        last, first = len(self._holding.ends), len(self._need.head)
        places = [i + 1 for i in self._held if first <= i + 1 < last]
        kept = {place for place in places if place <= first + 1} | set(places[-_CUTS:])
        cuts = [self._option(place, items, optional_share) for place in sorted(kept)]
        anew = self._option(first, items, optional_share)
        return [self._anew(anew), *cuts]

    def _anew(self, after_head: _Option | None = None) -> _Option:
        """A new line, of which the provider holds nothing."""
        option = after_head or self._option(len(self._need.head), self._need.items)
        return replace(option, keep=0, cost=option.chars * self._terms.writing(long=self._prefer_long()))

    def _prefer_long(self) -> bool:
        return self._holding.pauses.prefer_long(self._terms, refreshed=self._need.refreshed)

    def _current(self, item: Item) -> Lines | Absent:
        if item.key not in self._known:
            self._known[item.key] = self._need.current(item)
        return self._known[item.key]

    def _begin(self, option: _Option) -> None:
        holding = self._holding
        holding.ends = head(self._need.head)
        holding.long = self._prefer_long()
        self._append(option.added)
        self._settle()

    def _continue(self, option: _Option) -> None:
        holding = self._holding
        if option.keep == 0:
            self._begin(option)
            return
        shown = holding.ends[option.keep - 1].shown
        for key, item in option.added.shown.items():
            if key in shown and not shown[key].lines.same_as(item.lines):
                holding.edits[key] += 1
        if option.keep < len(holding.ends):
            del holding.ends[option.keep :]
            self._settle()
        self._append(option.added)

    def _append(self, added: Addition) -> None:
        ends = self._holding.ends
        for piece in added.pieces:
            ends.append(ends[-1].followed_by(piece))
        ends[-1].shown = added.shown  # equal texts, perhaps other objects

    def _settle(self) -> None:
        """Where nothing is idle, or the line is rewritten, new accounts begin."""
        self._holding.carried = Rent()
        for end in self._holding.ends:
            end.carried = Rent()

    def _first_forbidden(self) -> int | None:
        """Index of the first end up to which a text stands that must not be sent any more, shown still or not."""
        last = self._holding.ends[-1].sources
        gone = {path for path, item in last.items() if self._current(item) is Absent.FORBIDDEN}
        if not gone:
            return None
        return next(i for i, end in enumerate(self._holding.ends) if gone & end.sources.keys())


def _length(item: Item) -> int:
    return size(item.lines.text)


def _sent(holding: _Holding, need: Need, why: Rebase | None, now: float) -> Prefix:
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
