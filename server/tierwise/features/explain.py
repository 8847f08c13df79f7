"""Explanations and reviews: streamed Markdown from the tier that fits, or the facts that need no model."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tierwise.core.clock import Clock
from tierwise.core.documents import Document
from tierwise.core.errors import Declined
from tierwise.core.events import Outcome
from tierwise.core.models import FinishReason
from tierwise.core.tasks import Role, Task, Tier
from tierwise.core.text import Span
from tierwise.embedded.facts import describe
from tierwise.features.asking import Asker, Question
from tierwise.features.edit import refuse_forbidden
from tierwise.features.place import Place, gather
from tierwise.features.recording import Recorder, Recording
from tierwise.features.review import as_markdown
from tierwise.features.routing_facts import facts_of
from tierwise.prompts.schemas import REVIEW
from tierwise.routing.classify import Classifier
from tierwise.routing.policy import policy_for
from tierwise.routing.spending import Spending
from tierwise.session.commits import recent_commits
from tierwise.session.session import Session
from tierwise.settings.models import Settings


@dataclass(frozen=True, slots=True)
class ExplainRequest:
    """``task``: EXPLAIN or REVIEW. ``arrived``: monotonic seconds. ``tier``: the user named one."""

    task: Task
    document: Document
    span: Span
    question: str
    arrived: float
    tier: Tier | None = None


@dataclass(frozen=True, slots=True)
class Explanation:
    """Markdown for a person. ``tier`` is None and ``model`` "embedded" where no model was asked."""

    text: str
    tier: Tier | None
    model: str


class ExplainFlow:
    """Answers to read, for one session."""

    def __init__(
        self,
        session: Session,
        settings: Callable[[Path | None], Settings],
        trusted: Callable[[Path], bool],
        asker: Asker,
        classifier: Classifier,
        spending: Spending,
        recorder: Recorder,
        clock: Clock,
    ) -> None:
        self._session = session
        self._settings = settings
        self._trusted = trusted
        self._asker = asker
        self._classifier = classifier
        self._spending = spending
        self._recorder = recorder
        self._clock = clock

    async def explain(
        self, request: ExplainRequest, heard: Callable[[str], None], report: Callable[[str], None]
    ) -> Explanation:
        """Answer; ``heard`` gets the text piece by piece. Raises ``Declined`` or ``ProviderError``."""
        folder = self._session.folder_of(request.document)
        settings = self._settings(folder)
        where = str(folder) if folder else ""
        recording = self._recorder.begin(request.task, where, request.document, settings.harness, request.arrived)
        with recording:
            refuse_forbidden(self._session, request.document)
            report("Gathering context")
            place = await asyncio.to_thread(gather, self._session.view(), request.document, request.span)
            if not any(has_model(settings, tier) for tier in Tier):
                return await self._facts(request, place, heard, recording)
            if (reached := self._spending.reached(settings.budget)) is not None:
                raise reached
            return await self._ask(request, settings, place, heard, report, recording)

    async def _ask(
        self,
        request: ExplainRequest,
        settings: Settings,
        place: Place,
        heard: Callable[[str], None],
        report: Callable[[str], None],
        recording: Recording,
    ) -> Explanation:
        facts = facts_of(request.task, place, request.question, 0)
        decision = self._classifier.decide(facts, settings, request.tier)
        recording.decided(decision, chosen=request.tier is not None)
        policy = policy_for(settings, request.task, decision.task_class, decision.tier)
        review = request.task is Task.REVIEW
        report(f"Asking the {decision.tier} tier")
        reply = await self._asker.ask(
            Question(
                request.task,
                place,
                Role.REVIEW if review else Role.EXPLAIN,
                request.question,
                schema=REVIEW if review else None,
            ),
            settings.chain(decision.tier),
            policy,
            recording,
            _silent if review else heard,
            hedge=settings.routing.hedge,
            arrived=request.arrived,
        )
        text, model = reply.text, str(reply.model.ref)
        if reply.taken_back and not review and text:
            heard(f"\n\n---\n\n{text}")  # what was heard before was a thought
        if not text.strip() and reply.complete:
            refused = reply.run.finish is FinishReason.REFUSAL
            recording.answered(Outcome.EMPTY, "refused" if refused else "nothing-said", model)
            what = "declined to answer" if refused else "answered without a word"
            raise Declined(f"{model} {what}: ask in other words, or ask another tier.")
        if review:
            text = as_markdown(text, place.target.path)
            heard(text)
        elif not reply.complete:
            heard(_CUT)
            text += _CUT
        recording.answered(Outcome.ANSWERED, "" if reply.complete else "cut-off", model)
        return Explanation(text, decision.tier, model)

    async def _facts(
        self, request: ExplainRequest, place: Place, heard: Callable[[str], None], recording: Recording
    ) -> Explanation:
        """What can be known without a model."""
        if request.task is Task.REVIEW:
            raise Declined("A review needs a model: choose a profile (tierwise profiles), or start a local server.")
        path, folder = request.document.path, place.folder
        commits = ()
        if path is not None and folder is not None and self._trusted(folder):
            commits = await recent_commits(folder, path)
        view = self._session.view()
        text = await asyncio.to_thread(describe, view, request.document, place.span, commits)
        heard(text)
        recording.answered(Outcome.ANSWERED, "", "embedded")
        return Explanation(text, None, "embedded")


_CUT = "\n\n*The answer was cut off by its length limit.*\n"


def has_model(settings: Settings, tier: Tier) -> bool:
    """Whether a tier has a model that can be asked."""
    return any(not model.embedded for model in settings.chain(tier))


def _silent(_piece: str) -> None:
    """A review is data: nothing of it is shown before it is whole."""
