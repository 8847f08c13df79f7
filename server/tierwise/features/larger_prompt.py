"""Prompts for the larger tiers: what belongs to a question, fitted into the model's budget behind the ledger's prefix.

Owner of what has to stay the same from one request to the next for the prefix to be found again: the workspace's facts
and the effort. All larger features ask through it, so that their requests warm each other's prefixes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

from tierwise.core.commits import Commit
from tierwise.core.documents import Document
from tierwise.core.models import ChatPrompt, ModelRequest, PromptBlock, Schema
from tierwise.core.tasks import Role, Task
from tierwise.core.text import Lines
from tierwise.core.tokens import size
from tierwise.features.estimates import Estimates
from tierwise.features.place import Place
from tierwise.prompts.instructions import instruction
from tierwise.prompts.requests import Failed, Target, request_blocks
from tierwise.routing.policy import EFFORT_ORDER, Policy, Sampling, bounded_request
from tierwise.session.cache_terms import CacheTerms
from tierwise.session.context import COMMITS, Piece, as_lines, fit
from tierwise.session.prefix_ledger import Prefix, PrefixLedger
from tierwise.session.prefix_line import Absent, Item
from tierwise.session.prefix_text import FILE
from tierwise.session.prefix_turn import Need
from tierwise.session.session import Session
from tierwise.settings.facts import CacheTie, ModelFacts
from tierwise.settings.models import ResolvedModel

_TARGET_SHARE = 0.4
"""Share of the context that the lines in question may take at the end of the prompt."""
_LEAST_SHARE = 0.1
"""Share of it that they get where the prefix was allowed more by an earlier request."""
_TAGS = 200
"""Characters of the tags around lines of the file in question."""
_LINES_AROUND = 400
"""Characters of tags and of lines repeated around changes, at the end of the prompt."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked. ``failed``: earlier answers to the same request that were rejected. ``commits``: the latest ones
    of the file, where they may be read.
    """

    task: Task
    place: Place
    role: Role
    wish: str = ""
    diagnostic: str = ""
    failed: tuple[Failed, ...] = ()
    schema: Schema | None = None
    commits: tuple[Commit, ...] = ()

    def tail(self, target: Target) -> tuple[PromptBlock, ...]:
        """The end of the prompt, which is new on every request."""
        return request_blocks(self.task, target, self.wish, self.diagnostic, self.failed)


@dataclass(frozen=True, slots=True)
class Sent:
    """One request as it was made, with what the ledger needs to learn from its usage."""

    request: ModelRequest
    prompt: ChatPrompt
    need: Need
    prefix: Prefix


@dataclass(frozen=True, slots=True)
class Choice:
    """What is shown for a question, and why. ``room`` is in characters."""

    pieces: tuple[Piece, ...]
    room: int
    chars_per_token: float


@dataclass(slots=True)
class _Budget:
    """Of one prefix. ``tokens``: the least that any request behind it was allowed by settings and model, so that tasks
    of longer answers do not have it cut again and again. ``largest``: characters that some request was given to read.
    """

    tokens: int
    largest: int = 0


class PromptMaker:
    """Makes the requests of one session. ``summary``: a summary of a document, where there is one."""

    def __init__(
        self,
        session: Session,
        ledger: PrefixLedger,
        estimates: Estimates,
        summary: Callable[[Document], Lines | None],
        refreshed: Callable[[Path | None], bool],
    ) -> None:
        self._session = session
        self._ledger = ledger
        self._estimates = estimates
        self._summary = summary
        self._refreshed = refreshed
        self._facts: dict[str, str] = {}
        self._efforts: dict[tuple[str, str], str] = {}
        self._budgets: dict[tuple[str, str, str], _Budget] = {}
        self._sources: set[Path] = set()
        """Files that were sent: an ignore file may have come to one since."""

    def make(self, question: Question, model: ResolvedModel, policy: Policy) -> Sent:
        """The request for one model; its prefix is counted as sent."""
        self._session.view().renew(self._sources)
        limits, place = policy.limits_for(model.facts), question.place
        sampling = self._steady(model, place, policy, policy.sampling(model.facts, len(question.failed)))
        estimator, tie = self._estimates.of(model), _Tie.of(model.facts, sampling, question.schema)
        variant = f"{tie.variant} {policy.most_context_tokens}"
        room, reserved = self._room(question, model, policy)
        pieces = self._fitted(question, model, variant, room - reserved)
        need = Need(
            model=str(model.ref),
            folder=place.folder_name,
            head=self._head(place),
            items=tuple(piece.item for piece in pieces if piece.item is not None),
            budget_tokens=int(self._budget(question, model, policy, variant, pieces) / estimator.chars_per_token),
            terms=CacheTerms.of(model.facts),
            current=self._current,
            chars_per_token=estimator.chars_per_token,
            variant=variant,
            refreshed=self._refreshed(place.folder),
        )
        prefix = self._ledger.prefix(need)
        left = self._characters(question, model, policy.most_context_for(model.facts)) - prefix.ends[-1].chars - _TAGS
        target = place.target_for(prefix.whole(place.target.path), max(0, left))
        prompt = ChatPrompt(prefix.blocks + question.tail(target))
        own = frozenset({str(place.document.path)} if place.document.path is not None else ())
        self._sources = set(map(Path, prefix.sources | own))
        request = replace(
            bounded_request(question.role, prompt, limits, sampling),
            schema=tie.schema,
            cache_key=_cache_key(need),
            sources=prefix.sources | own,
        )
        return Sent(request, prompt, need, prefix)

    def choice(self, question: Question, model: ResolvedModel, policy: Policy) -> Choice:
        """What a first question would be given to read, and why. Nothing is counted as sent."""
        room, reserved = self._room(question, model, policy)
        pieces = self._fitted(question, model, "", room - reserved)
        return Choice(pieces, room, self._estimates.of(model).chars_per_token)

    def _head(self, place: Place) -> tuple[str, str]:
        """How every prompt for a place's folder begins. The facts stay as they were first: they tell little."""
        return instruction("work"), self._facts.setdefault(place.folder_name, place.facts)

    def _room(self, question: Question, model: ResolvedModel, policy: Policy) -> tuple[int, int]:
        """Characters for the question and all that belongs to it, and how many of them its own lines may take."""
        room = self._characters(question, model, policy.limits_for(model.facts).context_tokens)
        return room, _reserved(question.place.target, room, _TARGET_SHARE)

    def _characters(self, question: Question, model: ResolvedModel, tokens: int) -> int:
        """What so many tokens leave beside the question itself."""
        tail = question.tail(replace(question.place.target, lines=""))
        whole = self._estimates.of(model).characters(context_limit(tokens, model.facts))
        return whole - sum(size(block.text) for block in tail)

    def _fitted(self, question: Question, model: ResolvedModel, variant: str, room: int) -> tuple[Piece, ...]:
        """What is shown of the question's place in ``room`` characters, the head among them, and why."""
        place = question.place
        taken = sum(map(size, self._head(place)))
        shown = self._ledger.shown(str(model.ref), place.folder_name, variant)
        commits = as_lines(question.commits)
        return fit(place.view, place.candidates, room, taken, summary=self._summary, shown=shown, commits=commits)

    def _steady(self, model: ResolvedModel, place: Place, policy: Policy, sampling: Sampling) -> Sampling:
        """The effort of the prefix, unless the request wants a higher one: another effort would lose the provider's
        copy. What somebody has set for the tier or the task is left alone.
        """
        tied = CacheTie.EFFORT in model.facts.cache.tied_to
        if not tied or policy.effort is not None or sampling.effort not in EFFORT_ORDER:
            return sampling
        key = (str(model.ref), place.folder_name)
        effort = max(self._efforts.get(key, sampling.effort), sampling.effort, key=EFFORT_ORDER.index)
        self._efforts[key] = effort
        return replace(sampling, effort=effort)

    def _budget(
        self, question: Question, model: ResolvedModel, policy: Policy, variant: str, pieces: Sequence[Piece]
    ) -> int:
        """Characters that the prefix may take: as many as any request behind it was given to read, and no more than the
        settings leave beside this one's own lines, of which few are repeated where the prefix shows them. What is there
        already costs next to nothing to carry, and much to write again; a request that is given less is shown less.
        """
        tokens, (room, _) = policy.most_context_for(model.facts), self._room(question, model, policy)
        budget = self._budgets.setdefault((str(model.ref), question.place.folder_name, variant), _Budget(tokens))
        most = self._characters(question, model, min(budget.tokens, tokens))
        target = question.place.target
        if any(piece.item is not None and piece.item.key == (FILE, target.path) for piece in pieces):
            target = question.place.target_for(question.place.document.lines, most)
        given = room - _reserved(target, room, _TARGET_SHARE)
        budget.tokens, budget.largest = min(budget.tokens, tokens), max(budget.largest, given)
        return max(0, min(budget.largest, most - _reserved(target, most, _LEAST_SHARE)))

    def _current(self, item: Item) -> Lines | Absent:
        """What an item that was shown says now. Outlines and summaries are not made anew for those who do not ask."""
        now = self._session.latest(item.document)
        if item.form == COMMITS:
            return now if now is Absent.FORBIDDEN else item.lines
        if isinstance(now, Absent) or item.form == FILE:
            return now if isinstance(now, Absent) else now.lines
        return item.lines if now.lines.same_as(item.document.lines) else Absent.OUTDATED


def _reserved(target: Target, room: int, share: float) -> int:
    """What the lines in question take of the room, up to a share, and what stands around them."""
    lines = [target.lines] if target.parts is None else [part.lines for part in target.parts]
    return min(sum(map(size, lines)), int(room * share)) + _LINES_AROUND


def context_limit(tokens: int, facts: ModelFacts) -> int:
    """The context that may be filled: never over a price cliff, with a tenth to spare for the estimate's error."""
    return tokens if facts.price_cliff is None else min(tokens, int(facts.price_cliff.above_tokens * 0.9))


@dataclass(frozen=True, slots=True)
class _Tie:
    """What of a request, besides its text, decides whether the provider finds its copy of the prefix.

    A schema that would lose the copy is not sent: the request says the shape of its answer in words too.
    """

    variant: str
    schema: Schema | None

    @staticmethod
    def of(facts: ModelFacts, sampling: Sampling, schema: Schema | None) -> _Tie:
        tied = facts.cache.tied_to
        effort = f"{sampling.effort or ''}{' quiet' if sampling.quiet else ''}" if CacheTie.EFFORT in tied else ""
        return _Tie(effort, None if CacheTie.SCHEMA in tied else schema)


def _cache_key(need: Need) -> str:
    """One key per prefix: providers look for copies under it."""
    name = f"{need.model}\0{need.folder}\0{need.variant}"
    return f"tierwise-{sha256(name.encode('utf-8', 'surrogatepass')).hexdigest()[:16]}"
