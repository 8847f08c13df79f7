"""One question to one tier of larger models: prefix from the ledger, volatile tail, a run through the chain.

Owner of nothing but what it was given: the ledger and the estimates learn here from every answer's usage.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256

from tierwise.core.documents import Document
from tierwise.core.events import AttemptRecord, AttemptResult
from tierwise.core.models import ChatPrompt, FinishReason, ModelRequest, PromptBlock, Schema
from tierwise.core.tasks import Role, Task
from tierwise.core.text import Lines
from tierwise.features.estimates import Estimates
from tierwise.features.place import Place
from tierwise.features.recording import Recording
from tierwise.prompts.instructions import instruction
from tierwise.prompts.requests import Failed, Target, request_blocks
from tierwise.routing.chain import ChainRun, ChainRunner
from tierwise.routing.outcomes import RunEnd, Trouble
from tierwise.routing.policy import Policy, Sampling
from tierwise.session.cache_terms import CacheTerms
from tierwise.session.context import COMMITS, fit
from tierwise.session.prefix_ledger import Need, Prefix, PrefixLedger
from tierwise.session.prefix_line import Absent, Item
from tierwise.session.prefix_text import FILE
from tierwise.session.session import Session
from tierwise.settings.facts import CacheTie, ModelFacts
from tierwise.settings.models import ResolvedModel

_TARGET_SHARE = 0.4
"""Share of the context that the lines in question may take at the end of the prompt."""
_LINES_AROUND = 400
"""Characters of tags and of lines repeated around changes, at the end of the prompt."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked. ``failed``: earlier answers to the same request that were rejected."""

    task: Task
    place: Place
    role: Role
    wish: str = ""
    diagnostic: str = ""
    failed: tuple[Failed, ...] = ()
    schema: Schema | None = None

    def tail(self, target: Target) -> tuple[PromptBlock, ...]:
        """The end of the prompt, which is new on every request."""
        return request_blocks(self.task, target, self.wish, self.diagnostic, self.failed)


@dataclass(frozen=True, slots=True)
class Reply:
    """The text of an answer. ``complete`` is False when it was cut by a limit or the deadline."""

    text: str
    complete: bool
    model: ResolvedModel
    prompt_sha256: str
    run: ChainRun


@dataclass(frozen=True, slots=True)
class _Sent:
    need: Need
    prefix: Prefix
    prompt: ChatPrompt


class Asker:
    """Asks the larger tiers, for all features alike, so that their requests warm each other's prefixes."""

    def __init__(
        self,
        session: Session,
        ledger: PrefixLedger,
        runner: ChainRunner,
        estimates: Estimates,
        trouble: Callable[[Trouble], None],
    ) -> None:
        self._session = session
        self._ledger = ledger
        self._runner = runner
        self._estimates = estimates
        self._trouble = trouble

    async def ask(
        self,
        question: Question,
        chain: Sequence[ResolvedModel],
        policy: Policy,
        recording: Recording,
        heard: Callable[[str], None],
        *,
        hedge: bool,
        arrived: float,
    ) -> Reply:
        """Ask and listen to the end. Raises ``ProviderError`` or ``ConfigError``; every call is in ``recording``."""
        sent: dict[str, _Sent] = {}

        def build(model: ResolvedModel) -> ModelRequest:
            request, what = self._request(question, model, policy)
            sent[str(model.ref)] = what
            return request

        run = self._runner.open(chain, build, tier=policy.tier, limits=policy.limits, hedge=hedge, arrived=arrived)
        pieces: list[str] = []
        try:
            async with run:
                async for piece in run:
                    pieces.append(piece)
                    heard(piece)
        finally:
            self._learn(run, sent, recording)
        assert run.winner is not None
        complete = run.end is RunEnd.FINISHED and run.finish is not FinishReason.LENGTH
        prompt = sent[str(run.winner.ref)].prompt
        return Reply("".join(pieces), complete, run.winner, _hash(prompt), run)

    def _request(self, question: Question, model: ResolvedModel, policy: Policy) -> tuple[ModelRequest, _Sent]:
        limits = policy.limits_for(model.facts)
        sampling = policy.sampling(model.facts, len(question.failed))
        estimator, place = self._estimates.of(model), question.place
        tie = _Tie.of(model.facts, sampling, question.schema)
        room = estimator.characters(_context_limit(limits.context_tokens, model.facts))
        room -= sum(len(block.text) for block in question.tail(replace(place.target, lines="")))
        reserved = min(len(place.target.lines), int(room * _TARGET_SHARE)) + _LINES_AROUND
        need = Need(
            model=str(model.ref),
            folder=place.folder_name,
            head=(instruction("work"), place.facts),
            items=self._items(question, tie, model, room - reserved),
            budget_tokens=max(0, int((room - reserved) / estimator.chars_per_token)),
            terms=CacheTerms.of(model.facts),
            current=self._current,
            chars_per_token=estimator.chars_per_token,
            variant=tie.variant,
        )
        prefix = self._ledger.prefix(need)
        target = place.target_for(prefix.whole(place.target.path), room - sum(len(b.text) for b in prefix.blocks))
        prompt = ChatPrompt(prefix.blocks + question.tail(target))
        own = frozenset({str(place.document.path)} if place.document.path is not None else ())
        request = ModelRequest(
            role=question.role,
            prompt=prompt,
            max_output_tokens=limits.max_output_tokens,
            first_token_s=limits.first_token_s,
            deadline_s=limits.deadline_s,
            temperature=sampling.temperature,
            effort=sampling.effort,
            quiet=sampling.quiet,
            schema=tie.schema,
            cache_key=_cache_key(need),
            sources=prefix.sources | own,
        )
        return request, _Sent(need, prefix, prompt)

    def _items(self, question: Question, tie: _Tie, model: ResolvedModel, room: int) -> tuple[Item, ...]:
        place = question.place
        shown = self._ledger.shown(str(model.ref), place.folder_name, tie.variant)
        pieces = fit(place.view, place.candidates, room, summary=_no_summary, shown=shown)
        return tuple(piece.item for piece in pieces if piece.item is not None)

    def _current(self, item: Item) -> Lines | Absent:
        """What an item that was shown says now. Outlines and summaries are not made anew for those who do not ask."""
        if item.form == COMMITS:
            return item.lines
        now = self._session.latest(item.document)
        if isinstance(now, Absent) or item.form == FILE:
            return now if isinstance(now, Absent) else now.lines
        return item.lines if now.lines.same_as(item.document.lines) else Absent.OUTDATED

    def _learn(self, run: ChainRun, sent: dict[str, _Sent], recording: Recording) -> None:
        recording.attempts.extend(run.records)
        for trouble in run.troubles:
            self._trouble(trouble)
        winner = run.winner
        if winner is None or (what := sent.get(str(winner.ref))) is None:
            return
        recording.first_token_ms = run.first_token_ms
        self._estimates.observe(winner, what.prompt, run.usage)
        self._ledger.observe(what.need, what.prefix, run.usage)
        if run.usage is not None:
            recording.saved_usd += winner.facts.saved_usd(run.usage)


def rejected(records: list[AttemptRecord], reply: Reply, reason: str) -> None:
    """Mark the call that gave ``reply`` as rejected in the records of its request."""
    reply.run.judge(AttemptResult.REJECTED, reason)
    del records[len(records) - len(reply.run.records) :]
    records.extend(reply.run.records)


def _context_limit(tokens: int, facts: ModelFacts) -> int:
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


def _no_summary(_document: Document) -> None:
    """No file is summarized."""


def _hash(prompt: ChatPrompt) -> str:
    digest = sha256()
    for block in prompt.blocks:
        digest.update(block.text.encode("utf-8", "replace"))
    return digest.hexdigest()
