"""How an edit flows: classify, ask a tier, parse, apply, validate; repair or climb; at last a script or a person.

Nothing here writes a file: the answer is a changeset against the documents as they were, and stale ones are refused.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tierwise.core.changes import Changeset
from tierwise.core.checks import Verdict
from tierwise.core.clock import Clock
from tierwise.core.documents import Document
from tierwise.core.errors import Declined, ProviderError
from tierwise.core.events import Outcome
from tierwise.core.models import FinishReason, ModelRef
from tierwise.core.rejection import Rejection, RejectReason, in_words
from tierwise.core.tasks import Role, Task, Tier
from tierwise.core.text import Point, Span
from tierwise.core.workspace import Library
from tierwise.edits.apply import apply_blocks
from tierwise.edits.formats import FORMATS, BlockReader
from tierwise.features.actions import Diagnostic
from tierwise.features.asking import Asker, Question, Reply, rejected
from tierwise.features.edit_checks import ToolChecks
from tierwise.features.edit_scripts import SCRIPT, scripted
from tierwise.features.place import Place, gather
from tierwise.features.recording import Recorder, Recording
from tierwise.features.routing_facts import facts_of
from tierwise.prompts.requests import Failed
from tierwise.routing.classify import Classifier
from tierwise.routing.escalation import Accepted, Resolved, Step, Unresolved, cascade
from tierwise.routing.policy import policy_for
from tierwise.routing.spending import Spending
from tierwise.session.disk import is_there
from tierwise.session.session import Session
from tierwise.settings.models import Settings
from tierwise.syntax.outline import enclosing, outline
from tierwise.telemetry.database import StateUnavailable
from tierwise.telemetry.queue import QueueAttempt, QueueItem, QueueStore
from tierwise.validation.changesets import EditScope, judge


@dataclass(frozen=True, slots=True)
class EditRequest:
    """A change to be made at ``span``. ``arrived``: monotonic seconds. ``tier``: the user named one to begin with.
    ``queued``: its number in the queue, and ``earlier`` what was wrong when it was tried before.
    """

    task: Task
    document: Document
    span: Span
    instruction: str
    diagnostic: Diagnostic | None
    arrived: float
    tier: Tier | None = None
    queued: int | None = None
    earlier: tuple[Rejection, ...] = ()


@dataclass(frozen=True, slots=True)
class EditAnswer:
    """An accepted change, not applied yet, and the checks that it passed."""

    changeset: Changeset
    tier: Tier
    model: str
    escalations: int
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class _Passed:
    """A reply's changeset that passed its checks."""

    changeset: Changeset
    verdict: Verdict
    model: str = ""


@dataclass(slots=True)
class _Work:
    """One request under way."""

    request: EditRequest
    settings: Settings
    place: Place
    recording: Recording
    report: Callable[[str], None]
    failed: list[Failed] = field(default_factory=list[Failed])
    tried: list[QueueAttempt] = field(default_factory=list[QueueAttempt])


class EditFlow:
    """Edits for one session."""

    def __init__(
        self,
        session: Session,
        settings: Callable[[Path | None], Settings],
        asker: Asker,
        classifier: Classifier,
        spending: Spending,
        library: Library,
        tools: ToolChecks,
        queue: QueueStore,
        recorder: Recorder,
        clock: Clock,
    ) -> None:
        self._session = session
        self._settings = settings
        self._asker = asker
        self._classifier = classifier
        self._spending = spending
        self._library = library
        self._tools = tools
        self._queue = queue
        self._recorder = recorder
        self._clock = clock

    async def edit(self, request: EditRequest, report: Callable[[str], None]) -> EditAnswer:
        """Make the change. ``report`` hears what is being done. Raises ``Declined`` when nothing may or can be done,
        and when no tier's answer was accepted: then the work waits in the queue.
        """
        folder = self._session.folder_of(request.document)
        settings = self._settings(folder)
        where = str(folder) if folder else ""
        recording = self._recorder.begin(request.task, where, request.document, settings.harness, request.arrived)
        with recording:
            if (reached := self._spending.reached(settings.budget)) is not None:
                raise reached
            refuse_forbidden(self._session, request.document)
            report("Gathering context")
            place = await asyncio.to_thread(gather, self._session.view(), request.document, request.span, request.task)
            work = _Work(request, settings, place, recording, report)
            work.failed += [Failed("(an answer of another day)", rejection) for rejection in request.earlier]
            return await self._climb(work)

    async def _climb(self, work: _Work) -> EditAnswer:
        request, settings = work.request, work.settings
        facts = facts_of(request.task, work.place, request.instruction, int(request.diagnostic is not None))
        decision = self._classifier.decide(facts, settings, request.tier)
        work.recording.decided(decision, chosen=request.tier is not None)

        async def attempt(step: Step) -> Accepted[_Passed] | Rejection:
            work.recording.tier = step.tier
            policy = policy_for(settings, request.task, decision.task_class, step.tier)
            question = self._question(work)
            work.report(_stage(step))
            stream = _Stream(work.place, work.report, _stage(step))
            started = self._clock.monotonic() if step.feedback else request.arrived
            reply = await self._asker.ask(
                question,
                settings.chain(step.tier),
                policy,
                work.recording,
                stream.hear,
                hedge=settings.routing.hedge,
                arrived=started,
            )
            return await self._judge(work, step, reply, stream)

        chains = {tier: settings.chain(tier) for tier in Tier}
        result = await cascade(
            decision.tier,
            chains,
            attempt,
            repair_turns=settings.routing.repair_turns,
            max_escalations=settings.routing.max_escalations,
        )
        work.recording.escalations = result.escalations
        if isinstance(result, Unresolved):
            made = await asyncio.to_thread(scripted, request.task, work.place)
            if made is None:
                raise await self._give_up(work, result)
            result = Resolved(_Passed(made, Verdict(), SCRIPT), result.steps[-1].step.tier, result.escalations, ())
        passed = result.value
        work.recording.proposes(passed.changeset)
        work.recording.answered(Outcome.ANSWERED, "", passed.model)
        return EditAnswer(passed.changeset, result.tier, passed.model, result.escalations, passed.verdict)

    def _question(self, work: _Work) -> Question:
        diagnostic = work.request.diagnostic.message if work.request.diagnostic else ""
        return Question(
            work.request.task, work.place, Role.EDIT, work.request.instruction, diagnostic, tuple(work.failed)
        )

    async def _judge(self, work: _Work, step: Step, reply: Reply, stream: _Stream) -> Accepted[_Passed] | Rejection:
        """Parse, apply and validate off the loop; keep what was wrong for the next attempt and for a person."""
        work.report("Checking the answer")
        found = await asyncio.to_thread(_check, self._session, self._library, work, reply, stream)
        if isinstance(found, _Passed):
            place = work.place
            tools = await self._tools.judge(found.changeset, place.view, place.folder, work.settings, work.report)
            verdict = found.verdict.followed_by(tools)
            if verdict.rejection is None:
                return Accepted(_Passed(found.changeset, verdict, str(reply.model.ref)))
            found = verdict.rejection
        rejected(work.recording.attempts, reply, found.reason)
        work.failed.append(Failed(reply.text, found))
        work.tried.append(QueueAttempt(step.tier, reply.model.ref, found.reason, found.evidence, reply.prompt_sha256))
        return found

    async def _give_up(self, work: _Work, result: Unresolved) -> Declined:
        """Put the work into the queue; the sentence that tells the user."""
        tried = list(work.tried)
        for step in result.steps:
            if isinstance(step.outcome, ProviderError):
                ref = ModelRef(step.outcome.provider, step.outcome.model)
                tried.append(QueueAttempt(step.step.tier, ref, "unavailable", str(step.outcome), ""))
        reason = result.rejections[-1].reason if result.rejections else "unavailable"
        last = in_words(reason) if result.rejections else "no model answered"
        said = f"No answer passed the checks ({len(tried)} tried, the last: {last}); nothing was changed."
        try:
            number = await asyncio.to_thread(self._wait_for_a_person, work, tried)
        except StateUnavailable as error:
            work.recording.answered(Outcome.FAILED, reason)
            return Declined(f"{said} It could not be kept in the queue, so ask again later: {error}")
        work.recording.answered(Outcome.QUEUED, reason)
        return Declined(f"{said} It waits as number {number}: tierwise queue show {number}.")

    def _wait_for_a_person(self, work: _Work, tried: list[QueueAttempt]) -> int:
        """Keep the request with all that was tried; its number in the queue."""
        request, document, span = work.request, work.request.document, work.place.span
        if request.queued is not None and self._queue.tried_again(request.queued, tried):
            return request.queued
        wish = request.instruction or (request.diagnostic.message if request.diagnostic else "")
        whole = span == Span(Point(0, 0), document.lines.end)
        text = "" if whole else document.lines.slice(span)
        item = QueueItem(request.task, document.uri, None if whole else span, wish, tuple(tried), text)
        return self._queue.add(item)


class _Stream:
    """Reads blocks while they stream, so that progress can tell how many there are."""

    def __init__(self, place: Place, report: Callable[[str], None], stage: str) -> None:
        self._paths = [file.name for file in place.files]
        self._reader: BlockReader = FORMATS["search-replace"].reader(self._paths)
        self._report = report
        self._stage = stage
        self.reader = self._reader
        self._count = 0

    def read_again(self, text: str) -> BlockReader:
        """A reader of the whole answer: what was heard held more than that."""
        reader = FORMATS["search-replace"].reader(self._paths)
        reader.feed(text)
        return reader

    def hear(self, piece: str) -> None:
        done = self._reader.feed(piece)
        if done:
            self._count += len(done)
            self._report(f"{self._stage}: {self._count} change{'s' if self._count > 1 else ''} so far")


def refuse_forbidden(session: Session, document: Document) -> None:
    """Raise ``Declined`` for a document that must not be read or sent."""
    session.look_at_rules(document)
    reason = session.forbidden(document)
    if reason is not None:
        name = (document.path and document.path.name) or document.uri
        raise Declined(f"{name} is left alone by Tierwise ({reason}): nothing of it is read or sent.")


def _check(session: Session, library: Library, work: _Work, reply: Reply, stream: _Stream) -> _Passed | Rejection:
    if reply.run.finish is FinishReason.REFUSAL:
        return Rejection(RejectReason.REFUSED, "The model declined to answer.")
    reader = stream.read_again(reply.text) if reply.taken_back else stream.reader
    blocks = reader.finish(complete=reply.complete)
    if isinstance(blocks, Rejection):
        return blocks
    place = work.place
    files = {file.document.path: file.document for file in place.files if file.document.path is not None}
    default = place.document.path or Path(place.target.path)
    files.setdefault(default, place.document)
    folder = place.folder or default.parent
    changeset = apply_blocks(blocks, files, default, folder)
    if isinstance(changeset, Rejection):
        return changeset
    scope = EditScope(
        folder=folder,
        allowed=frozenset(files),
        target=default,
        span=_covered(work),
        task=work.request.task,
        instruction=work.request.instruction,
        forbidden=session.view().forbidden,
        exists=is_there,
        workspace=place.view,
        library=library,
    )
    verdict = judge(changeset, scope)
    return verdict.rejection or _Passed(changeset, verdict)


def _covered(work: _Work) -> Span:
    """The lines that may change. A diagnostic marks where a problem shows; what mends it may stand anywhere in the same
    definition.
    """
    document, span = work.place.document, work.place.span
    if work.request.task is not Task.FIX:
        return span
    around = enclosing(outline(document.language, document.text), span.start)
    return around.span if around is not None and around.span.contains(span) else span


def _stage(step: Step) -> str:
    if not step.feedback:
        return f"Asking the {step.tier} tier"
    return f"Asking the {step.tier} tier again: {in_words(step.feedback[-1].reason)}"
