"""One request's turn on a line of prefix text: go on with it, cut it, begin anew, or go back to a former line.

Owner of the rules by which a line is rewritten, and of what they have to remember of it. When to rebase is the
ski-rental rule: carrying dead text costs its read price on every request; once these costs have added up to the price
of writing what would be missing without it, the line is cut there and continued. That is at most twice the cost of the
best schedule that knew the future (Karlin et al., "Competitive Snoopy Caching", 1988). Missing is also what holds and
is only not needed now: most of it is needed again. The line may be cut at every place of which the provider still holds
a copy, each with an account of its own, or begun anew.

A line that was given up is not lost while the provider holds its copy: reading there what is needed again costs less
than writing it. So where the budget is full, going back to a former line is one more way to serve a request, weighed
like the others; what has changed meanwhile is said at its end.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from tierwise.core.text import Lines
from tierwise.core.tokens import size
from tierwise.session.cache_terms import CacheTerms
from tierwise.session.lifetimes import Pauses
from tierwise.session.prefix_line import Absent, Addition, Current, Item, Key, Position, addition, head
from tierwise.session.rent import Rent

_ROOMY = 0.6
"""Share of the budget that optional items may fill, and above which a line counts as crowded when it is rewritten: the
rest is for what will change, so that one rebase does not bring the next."""
_CUTS = 8
"""Places, the latest, at which a line may be cut."""
_FORMER = 4
"""Lines, the latest, that may be gone back to. Each is weighed where the budget leaves no choice."""
_NOT_WORTH_IT = 1.02
"""Dead text below this share is not even weighed: it costs less than the time to do so."""


class Rebase(StrEnum):
    """Why a prefix does not go on where the last one ended: it was written anew, in whole or from some place on."""

    FIRST = "first"
    HEAD_CHANGED = "head-changed"
    EXPIRED = "expired"
    CHEAPER = "cheaper"
    BUDGET = "budget"
    RETURNED = "returned"
    """Not written anew: a former one goes on."""
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


@dataclass(slots=True)
class Holding:
    """One line and what is known of its use."""

    head: tuple[str, ...]
    ends: list[Position]
    former: list[list[Position]] = field(default_factory=list[list[Position]])
    """Lines that were given up, the latest last; beginnings that they share with others are the same objects."""
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
class Option:
    """A way to serve a request: keep the line up to ``keep`` ends, and add. ``cost`` in price units. ``former``: the
    former line that takes the place of this one; None: none does.
    """

    keep: int
    added: Addition
    chars: int
    cost: float
    former: list[Position] | None = None


class Turn:
    """One request's decision about a line: go on, cut, or begin anew."""

    def __init__(self, holding: Holding, need: Need, now: float) -> None:
        self._holding = holding
        self._need = need
        self._terms = need.terms
        self._budget = int(need.budget_tokens * need.chars_per_token)
        self._now = now
        self._held = [i for i, end in enumerate(holding.ends) if end.held_until > now]
        self._known: dict[Key, Lines | Absent] = {}

    def take(self) -> Rebase | None:
        """Bring the line to where it serves the request; why it was rewritten, None where it was only continued."""
        holding, need = self._holding, self._need
        first, other_head = holding.used_at is None, holding.head != need.head
        if other_head:
            holding.head, holding.ends, self._held = need.head, head(need.head), []
            holding.former.clear()
        if first or other_head or not need.terms.keeps:
            self._begin(self._anew())
            return Rebase.FIRST if first else Rebase.HEAD_CHANGED if other_head else Rebase.UNCACHED
        if not self._held:
            self._set_lifetime()
        if (stands := self._first_forbidden(holding.ends)) is not None:
            self._held = [i for i in self._held if i < stands]
            self._continue(min(self._best(self._others(need.items)), key=lambda option: option.cost))
            return Rebase.FORBIDDEN
        stay = self._option(len(holding.ends), need.items)
        choice, why = self._within_budget(stay) or self._weigh(stay)
        self._continue(choice)
        return why

    def _within_budget(self, stay: Option) -> tuple[Option, Rebase] | None:
        """Another way than going on, where the budget leaves no choice."""
        if stay.chars <= self._budget and not stay.added.missing:
            return None
        best = self._best([*self._others(self._need.items), *self._former()])
        if stay.chars <= self._budget and stay.added.missing <= best[0].added.missing:
            return None
        chosen = min(best, key=lambda option: option.cost + self._loss(stay, option) + self._crowding(option))
        return chosen, Rebase.BUDGET if chosen.former is None else Rebase.RETURNED

    def _best(self, options: Sequence[Option]) -> list[Option]:
        """Those within the budget, or nearest to it where none is, that leave out the fewest of what is needed."""
        least = max(self._budget, min(option.chars for option in options))
        fitting = [option for option in options if option.chars <= least]
        fewest = min(option.added.missing for option in fitting)
        return [option for option in fitting if option.added.missing == fewest]

    def _crowding(self, option: Option) -> float:
        """What little room is expected to cost: text above the roomy share is soon written once more."""
        over = max(0.0, option.chars - _ROOMY * self._budget)
        return over * self._terms.writing(long=self._holding.long)

    def _weigh(self, stay: Option) -> tuple[Option, Rebase | None]:
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

    def _loss(self, stay: Option, option: Option) -> float:
        """What it costs to show again the texts that hold, are not needed now, and would be left out."""
        lost = (item for key, item in stay.added.shown.items() if key not in option.added.shown)
        return sum(map(_length, lost)) * (self._terms.writing(long=self._holding.long) - self._terms.read)

    def _carry(self, option: Option, idle: int) -> float:
        """What going on from the option's place would have saved on the requests so far."""
        account = self._holding.ends[option.keep - 1].carried if option.keep else self._holding.carried
        return account.add(idle, self._holding.reads) * self._terms.read

    def _option(
        self,
        keep: int,
        items: Sequence[Item],
        optional_share: float = _ROOMY,
        former: list[Position] | None = None,
    ) -> Option:
        """Going on after the first ``keep`` ends of this line, or of a former one. Right after the head the
        files that were edited least come first, and of these the shorter: what is most worth cutting off, what is dead
        or long, then stands where a cut takes it.
        """
        line = self._holding.ends if former is None else former
        end = line[keep - 1]
        room, optional = self._budget - end.chars, int(optional_share * self._budget) - end.chars
        added = addition(end, items, self._current, room, optional)
        if keep <= len(self._need.head):
            edits = self._holding.edits
            fitting = [item for item in items if item.key in added.shown]
            fitting.sort(key=lambda item: (edits[item.key], _length(item), item.name, item.form))
            added = replace(addition(end, fitting, self._current, room, room), missing=added.missing)
        chars = end.chars + added.chars
        held = max((end.chars for end in line[:keep] if end.held_until > self._now), default=0)
        writing = self._terms.writing(long=self._holding.long)
        return Option(keep, added, chars, held * self._terms.read + (chars - held) * writing, former)

    def _others(self, items: Sequence[Item], optional_share: float = _ROOMY) -> list[Option]:
        """The ways other than going on: a new line, and going on from places of which the provider holds a copy: after
        the head, after the first files, and the last ones.
        """
        last, first = len(self._holding.ends), len(self._need.head)
        places = [i + 1 for i in self._held if first <= i + 1 < last]
        kept = {place for place in places if place <= first + 1} | set(places[-_CUTS:])
        cuts = [self._option(place, items, optional_share) for place in sorted(kept)]
        anew = self._option(first, items, optional_share)
        return [self._anew(anew), *cuts]

    def _former(self) -> list[Option]:
        """Going back to former lines of which the provider holds more than the head, and that may still be sent."""
        held = [line for line in self._holding.former if self._is_held(line)]
        allowed = [line for line in held if self._first_forbidden(line) is None]
        return [self._option(len(line), self._need.items, former=line) for line in allowed]

    def _is_held(self, line: Sequence[Position]) -> bool:
        return any(end.held_until > self._now for end in line[len(self._need.head) :])

    def _anew(self, after_head: Option | None = None) -> Option:
        """A new line, of which the provider holds nothing."""
        option = after_head or self._option(len(self._need.head), self._need.items)
        return replace(option, keep=0, cost=option.chars * self._terms.writing(long=self._prefer_long()))

    def _set_lifetime(self) -> None:
        """Decide how long new copies shall live. Former lines have copies of one lifetime, which is not told apart."""
        long = self._prefer_long()
        if long != self._holding.long:
            self._holding.former.clear()
        self._holding.long = long

    def _prefer_long(self) -> bool:
        return self._holding.pauses.prefer_long(self._terms, refreshed=self._need.refreshed)

    def _current(self, item: Item) -> Lines | Absent:
        if item.key not in self._known:
            self._known[item.key] = self._need.current(item)
        return self._known[item.key]

    def _begin(self, option: Option) -> None:
        holding = self._holding
        holding.ends = head(self._need.head)
        self._set_lifetime()
        self._append(option.added)
        self._settle()

    def _continue(self, option: Option) -> None:
        holding = self._holding
        if option.former is not None or option.keep < len(holding.ends):
            self._give_up()
        if option.former is not None:
            holding.former = [line for line in holding.former if line is not option.former]
            holding.ends = option.former
            self._settle()
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

    def _give_up(self) -> None:
        """Remember the line as it is, if it can be gone back to."""
        holding = self._holding
        if self._terms.parallel and self._is_held(holding.ends):
            holding.former = [*holding.former, list(holding.ends)][-_FORMER:]

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

    def _first_forbidden(self, line: Sequence[Position]) -> int | None:
        """Index of the first end up to which a text stands that must not be sent any more, shown still or not."""
        last = line[-1].sources
        gone = {path for path, item in last.items() if self._current(item) is Absent.FORBIDDEN}
        if not gone:
            return None
        return next(i for i, end in enumerate(line) if gone & end.sources.keys())


def _length(item: Item) -> int:
    return size(item.lines.text)
