"""One small question to the fast tier whose answer is data: bounded in tokens, money and time.

Owner of nothing. A question that cannot be asked, is not answered in time, or is answered with anything but text says
so by a word; it raises nothing but cancellation.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from hashlib import sha256

from tierwise.core.errors import ConfigError, Declined, ProviderError
from tierwise.core.events import AttemptResult
from tierwise.core.models import ChatPrompt, FinishReason, ModelRequest, Schema
from tierwise.core.tasks import Role, Task, TaskClass, Tier
from tierwise.core.thoughts import Thoughts
from tierwise.features.estimates import Estimates
from tierwise.features.recording import Recording
from tierwise.routing.chain import ChainRun, ChainRunner
from tierwise.routing.outcomes import RunEnd, Trouble, reason_of
from tierwise.routing.policy import Limits, bounded_request, policy_for
from tierwise.routing.spending import Spending
from tierwise.settings.models import ProviderKind, ResolvedModel, Settings

LATE_S = 10.0
"""How long after its deadline an answer is still listened to: what is asked is used afterwards as well."""

_PROMPT_SHARE = 0.7
"""Share of the context that the candidates may take; instructions and definition fit into the rest."""


@dataclass(frozen=True, slots=True)
class FastQuestion:
    """``sources``: absolute paths of all files of which something stands in the prompt. ``folder``: the workspace
    folder's name, which groups prompts that begin alike.
    """

    prompt: ChatPrompt
    schema: Schema
    max_output_tokens: int
    sources: frozenset[str]
    folder: str


@dataclass(frozen=True, slots=True)
class FastReply:
    """The whole text of an answer. ``judge`` says afterwards that it was of no use."""

    text: str
    run: ChainRun


class FastAsker:
    """Asks the models of the fast tier that converse."""

    def __init__(
        self, runner: ChainRunner, estimates: Estimates, spending: Spending, trouble: Callable[[Trouble], None]
    ) -> None:
        self._runner = runner
        self._estimates = estimates
        self._spending = spending
        self._trouble = trouble

    def available(self, settings: Settings) -> bool:
        """Whether there is a model to ask and money left."""
        return bool(_chain(settings)) and self._spending.reached(settings.budget) is None

    def limits(self, settings: Settings) -> Limits:
        """What one question may take."""
        return policy_for(settings, Task.RENAME, TaskClass.MECHANICAL, Tier.FAST).limits

    def room(self, settings: Settings) -> int:
        """Characters of candidates that every model of the chain can be shown."""
        tokens = int(self.limits(settings).context_tokens * _PROMPT_SHARE)
        return min((self._estimates.of(model).characters(tokens) for model in _chain(settings)), default=0)

    async def ask(
        self,
        settings: Settings,
        question: FastQuestion,
        recording: Recording,
        *,
        arrived: float,
        heard: Callable[[], None] = lambda: None,
    ) -> FastReply | str:
        """The answer, or one word on why there is none. Listens ``LATE_S`` beyond the deadline; ``heard`` is told of
        the first token. Every call is in ``recording``.
        """
        policy = policy_for(settings, Task.RENAME, TaskClass.MECHANICAL, Tier.FAST)

        def build(model: ResolvedModel) -> ModelRequest:
            limits, sampling = policy.limits_for(model.facts), policy.sampling(model.facts)
            return replace(
                bounded_request(Role.ADJUDICATE, question.prompt, limits, sampling),
                max_output_tokens=min(question.max_output_tokens, limits.max_output_tokens),
                schema=question.schema,
                cache_key=f"tierwise-{sha256(question.folder.encode()).hexdigest()[:16]}-rename",
                sources=question.sources,
            )

        patience_s = policy.limits.deadline_s + LATE_S
        run = self._runner.open(
            _chain(settings),
            build,
            tier=Tier.FAST,
            limits=replace(policy.limits, deadline_s=patience_s),
            hedge=settings.routing.hedge,
            arrived=arrived,
            patience_s=patience_s,
        )
        recording.tier = Tier.FAST
        recording.first_token_budget_ms = policy.limits.first_token_s * 1000
        try:
            return await self._listen(run, heard)
        except ProviderError as error:
            return str(reason_of(error))
        except ConfigError:
            return "no-model"
        except Declined:
            return "declined"
        finally:
            self._learn(run, question, recording)

    async def _listen(self, run: ChainRun, heard: Callable[[], None]) -> FastReply | str:
        thoughts, pieces = Thoughts(), list[str]()
        async with run:
            async for piece in run:
                if not pieces:
                    heard()
                pieces.append(thoughts.feed(piece))
        if run.end is RunEnd.FINISHED and run.finish is not FinishReason.LENGTH:
            return FastReply(thoughts.without_unopened("".join(pieces) + thoughts.finish()), run)
        return "late" if run.end is RunEnd.DEADLINE else "cut-off"

    def _learn(self, run: ChainRun, question: FastQuestion, recording: Recording) -> None:
        recording.attempts.extend(run.records)
        recording.first_token_ms = run.first_token_ms
        for trouble in run.troubles:
            self._trouble(trouble)
        if run.winner is not None:
            self._estimates.observe(run.winner, question.prompt, run.usage)


def refused(reply: FastReply, recording: Recording, reason: str) -> None:
    """Mark the call behind a reply as of no use."""
    before = reply.run.records
    reply.run.judge(AttemptResult.REJECTED, reason)
    recording.attempts[-len(before) :] = reply.run.records


def _chain(settings: Settings) -> tuple[ResolvedModel, ...]:
    """Models that take a chat prompt."""
    return tuple(
        model
        for model in settings.chain(Tier.FAST)
        if not model.embedded and model.provider.kind is not ProviderKind.FIM
    )
