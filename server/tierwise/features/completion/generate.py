"""Asks the fast tier for a completion: context within the budget, a prompt in the model's own form, an early stop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace

from tierwise.core.errors import ConfigError, Declined, ProviderError
from tierwise.core.events import AttemptResult
from tierwise.core.models import FimPrompt, FinishReason, ModelRequest, Prompt
from tierwise.core.rejection import Rejection
from tierwise.core.tasks import Role, Task, TaskClass, Tier
from tierwise.core.tokens import size
from tierwise.edits.infill import Infill, InfillShaper
from tierwise.features.completion.flight import Flight
from tierwise.features.completion.neighbours import Neighbours
from tierwise.features.completion.shape import shaper_at
from tierwise.features.completion.values import CompletionRequest
from tierwise.features.estimates import Estimates
from tierwise.prompts.fim import render
from tierwise.prompts.infill import FillReader, infill_prompt
from tierwise.routing.chain import ChainRun, ChainRunner
from tierwise.routing.outcomes import AttemptReason, RunEnd, Trouble
from tierwise.routing.policy import Limits, Policy, Sampling, bounded_request, policy_for
from tierwise.routing.spending import Spending
from tierwise.session import window
from tierwise.session.related import relative_name
from tierwise.session.session import Session
from tierwise.settings.models import FimDialect, ProviderKind, ResolvedModel, Settings

LATE_S = 5.0
"""How long after the deadline a model may go on, for the next keystroke to find its answer."""
_LOOK_TURNS = 3
"""Turns of the event loop after which a request is on its way to a server that is connected already: the shaper looks
around its place while the model has yet to speak."""
_USAGE_S = 0.5
"""How long the end of a complete answer is waited for, while the answer itself is on its way already."""
EXTRA_SHARE = 0.3
"""Share of the context that other files may take."""
_SCOPES = 300
"""Characters left for the first lines of the scopes around the cursor, where the lines that fit begin below them."""


class FastTier:
    """Plans completions for the fast tier of the settings that hold at the request's place."""

    def __init__(
        self,
        session: Session,
        runner: ChainRunner,
        spending: Spending,
        neighbours: Neighbours,
        estimates: Estimates,
        trouble: Callable[[Trouble], None],
    ) -> None:
        self._session = session
        self._runner = runner
        self._spending = spending
        self._neighbours = neighbours
        self._estimates = estimates
        self._trouble = trouble
        self._way: Way | None = None
        """As it was last time: settings seldom change between two keystrokes."""

    def plan(self, settings: Settings, request: CompletionRequest) -> CompletionPlan | None:
        """How to ask; None where no model may be asked: none configured, or the budget is used up."""
        way = self._way
        if way is None or way.settings is not settings:
            way = self._way = Way.of(settings)
        if not way.chain or self._spending.reached(settings.budget) is not None:
            return None
        return CompletionPlan(self, way, request.arrived)

    async def fly(self, plan: CompletionPlan, flight: Flight) -> None:
        """Ask, listen and shape. Leaves its outcome in ``flight`` and raises nothing but cancellation."""
        asked: dict[str, Prompt] = {}
        shaper = shaper_at(flight.document, flight.point, multiline=plan.settings.completion.multiline)
        flight.partial = lambda: _reshaped(plan, flight)
        run = self._open(plan, flight, asked)
        _look(shaper, flight, _LOOK_TURNS)
        try:
            async with run:
                said_all = await _listen(run, shaper, flight)
                flight.outcome = shaper.finish(said_all or run.finish is FinishReason.STOP or flight.enough)
                flight.land()
                await asyncio.sleep(0)  # who waits for the text goes first: neither books nor sockets hold it up
                if said_all:
                    await _hear_usage(run)
        except (ProviderError, ConfigError, Declined):
            if not flight.text:
                return
        finally:
            _judge(run, flight)
            flight.records = run.records
            self._learn(run, asked)
        if not flight.done.is_set():
            flight.outcome = shaper.finish(run.finish is FinishReason.STOP or flight.enough)

    def _open(self, plan: CompletionPlan, flight: Flight, asked: dict[str, Prompt]) -> ChainRun:
        """The run for one flight."""

        def build(model: ResolvedModel) -> ModelRequest:
            request = self._request(plan, flight, model)
            asked[str(model.ref)] = request.prompt
            return request

        limits = plan.way.limits
        return self._runner.open(
            plan.way.chain,
            build,
            tier=Tier.FAST,
            limits=limits,
            hedge=plan.settings.routing.hedge,
            arrived=plan.arrived,
            patience_s=limits.deadline_s,
        )

    def _learn(self, run: ChainRun, asked: dict[str, Prompt]) -> None:
        if run.winner is not None and str(run.winner.ref) in asked:
            self._estimates.observe(run.winner, asked[str(run.winner.ref)], run.usage)
        for trouble in run.troubles:
            self._trouble(trouble)

    def _request(self, plan: CompletionPlan, flight: Flight, model: ResolvedModel) -> ModelRequest:
        limits, sampling = plan.way.bounds(model)
        document, folder = flight.document, self._session.folder_of(flight.document)
        room = self._estimates.of(model).characters(limits.context_tokens)
        extra = self._neighbours.of(document, flight.point).within(int(room * EXTRA_SHARE))
        room -= sum(size(excerpt.text) for excerpt in extra.excerpts)
        prefix, suffix = window.around(document, flight.point, room - _SCOPES)
        view, first = self._session.view(), flight.point.line - prefix.count("\n")
        excerpts = extra.excerpts + extra.above(view, document, first)
        name, repository = relative_name(view, document), folder.name if folder else ""
        prompt, stop = _prompt(model, FimPrompt(prefix, suffix, name, repository, excerpts))
        own = frozenset({str(document.path)} if document.path is not None else ())
        return replace(
            bounded_request(Role.COMPLETE, prompt, limits, sampling),
            stop=stop,
            cache_key=f"tierwise-complete-{repository}",
            sources=own | extra.sources,
        )


@dataclass(frozen=True, slots=True)
class Way:
    """How these settings have completions asked for."""

    settings: Settings
    chain: tuple[ResolvedModel, ...]
    policy: Policy
    limits: Limits
    """Those of a call: it may go on past the deadline, since late is better than never for the next keystroke."""
    _bounds: tuple[tuple[Limits, Sampling], ...]
    """For each of the chain."""

    @staticmethod
    def of(settings: Settings) -> Way:
        chain = tuple(model for model in settings.chain(Tier.FAST) if not model.embedded)
        policy = policy_for(settings, Task.COMPLETE, TaskClass.MECHANICAL, Tier.FAST)
        limits = replace(policy.limits, deadline_s=policy.limits.deadline_s + LATE_S)
        bounds = ((policy.limits_for(model.facts), policy.sampling(model.facts)) for model in chain)
        return Way(settings, chain, policy, limits, tuple(bounds))

    def bounds(self, model: ResolvedModel) -> tuple[Limits, Sampling]:
        """The limits and the sampling of one of the chain."""
        return next(bounds for own, bounds in zip(self.chain, self._bounds, strict=True) if own is model)


@dataclass(frozen=True, slots=True)
class CompletionPlan:
    """One completion to be asked for. Implements the flow's ``Plan``."""

    tier: FastTier
    way: Way
    arrived: float

    @property
    def settings(self) -> Settings:
        return self.way.settings

    @property
    def first_token_s(self) -> float:
        return self.way.policy.limits.first_token_s

    @property
    def deadline_s(self) -> float:
        return self.way.policy.limits.deadline_s

    async def work(self, flight: Flight) -> None:
        await self.tier.fly(self, flight)


def _look(shaper: InfillShaper, flight: Flight, turns: int) -> None:
    """Let the shaper look around its place in so many turns of the event loop, if it is still to shape anything."""
    if flight.aborted or flight.done.is_set():
        return
    if turns:
        asyncio.get_running_loop().call_soon(_look, shaper, flight, turns - 1)
    else:
        shaper.prepare()


async def _listen(run: ChainRun, shaper: InfillShaper, flight: Flight) -> bool:
    """Hear the answer as far as it is needed; True where the model has said all it has to say by its own account."""
    reader: FillReader | None = None
    async for piece in run:
        flight.source = str(run.winner.ref) if run.winner else ""
        if reader is None and run.winner is not None and run.winner.provider.kind is not ProviderKind.FIM:
            reader = FillReader()
            shaper.line_repeated = flight.line_repeated = True
        code = piece if reader is None else reader.feed(piece)
        if _heard(flight, shaper, code) or (reader is not None and reader.done):
            flight.enough = True
            return reader is not None and reader.done
    if reader is not None:
        _heard(flight, shaper, reader.finish())
    return False


async def _hear_usage(run: ChainRun) -> None:
    """Wait shortly for the end of an answer that is complete: it tells what the call cost."""
    with suppress(TimeoutError, ProviderError):
        async with asyncio.timeout(_USAGE_S):
            async for _ in run:
                pass


def _judge(run: ChainRun, flight: Flight) -> None:
    """Say what a call that was closed from here was worth: its text was used, or came too late."""
    if run.end is not RunEnd.CANCELLED:
        return
    if flight.late:
        run.judge(AttemptResult.LATE, AttemptReason.DEADLINE)
    elif flight.enough:
        run.judge(AttemptResult.USED, AttemptReason.STOPPED_EARLY)


def _heard(flight: Flight, shaper: InfillShaper, code: str) -> bool:
    """Pass on a piece of code; whether that is enough."""
    if not code:
        return False
    flight.hear(code)
    return shaper.feed(code)


def _reshaped(plan: CompletionPlan, flight: Flight) -> Infill | Rejection:
    """What can be shown of an answer that is still being said."""
    shaper = shaper_at(flight.document, flight.point, multiline=plan.settings.completion.multiline)
    shaper.line_repeated = flight.line_repeated
    shaper.feed(flight.text)
    return shaper.finish(complete=False)


def _prompt(model: ResolvedModel, context: FimPrompt) -> tuple[Prompt, tuple[str, ...]]:
    """The prompt in the form that the model's endpoint takes, and the strings that end its answer."""
    provider = model.provider
    if provider.kind is not ProviderKind.FIM:
        prompt, stop = infill_prompt(context)
        # An endpoint that takes no stop strings is left to close its tag and end: its last event tells what it cost.
        return prompt, stop if model.facts.stop_sequences else ()
    template = provider.template or model.facts.fim_template
    if provider.dialect is FimDialect.COMPLETIONS and template is not None:
        return render(template, context)
    return context, ()
