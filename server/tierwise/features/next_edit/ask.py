"""Asks a model of the fast tier for the next edit, and takes the first change that it says and that can stand.

Owner of nothing. It stops listening as soon as that change is certain, so that the rest of the region costs neither
time nor money; what it answers is on time, or a word on why there is nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from tierwise.core.changes import FileEdit, TextEdit
from tierwise.core.errors import ConfigError, Declined, ProviderError
from tierwise.core.events import AttemptResult
from tierwise.core.models import FinishReason, ModelRequest, Prompt
from tierwise.core.rejection import RejectReason
from tierwise.core.tasks import Role, Task, TaskClass, Tier
from tierwise.core.thoughts import Thoughts
from tierwise.edits.region import change_edit, region_changes
from tierwise.embedded.next_edit.changes import blocks
from tierwise.embedded.next_edit.values import Change
from tierwise.features.estimates import Estimates
from tierwise.features.next_edit.scene import Region, region_at, shown
from tierwise.features.next_edit.values import Moment, NoEdit, Proposal
from tierwise.features.recording import Recording
from tierwise.prompts.next_edit import RegionReader, edit_prompt, render_edit
from tierwise.routing.chain import ChainRun, ChainRunner
from tierwise.routing.outcomes import RunEnd, TooLate, Trouble, reason_of
from tierwise.routing.policy import Policy, bounded_request, policy_for
from tierwise.routing.spending import Spending
from tierwise.session.related import relative_name
from tierwise.session.session import Session
from tierwise.settings.models import ProviderKind, ResolvedModel, Settings
from tierwise.validation.next_edits import check_next_edit


@dataclass(slots=True)
class _Heard:
    """What came of one answer: the edit that can be proposed, or the last objection."""

    edit: TextEdit | None = None
    objection: str = NoEdit.NOTHING_FOLLOWS
    looked_at: int = 0
    """Changes of the region that were judged already."""
    prompts: dict[str, Prompt] = field(default_factory=dict[str, Prompt])


class EditAsker:
    """Implements the flow's ``Asks``."""

    def __init__(
        self,
        session: Session,
        runner: ChainRunner,
        spending: Spending,
        estimates: Estimates,
        trouble: Callable[[Trouble], None],
    ) -> None:
        self._session = session
        self._runner = runner
        self._spending = spending
        self._estimates = estimates
        self._trouble = trouble

    def available(self, settings: Settings) -> bool:
        """Whether there is a model that can predict edits, and money left."""
        return (
            any(model.predicts_edits for model in settings.next_edit_chain)
            and self._spending.reached(settings.budget) is None
        )

    async def ask(self, settings: Settings, moment: Moment, recording: Recording, arrived: float) -> Proposal | str:
        """The model's edit, or one word on why there is none. Every call is in ``recording``."""
        region = region_at(moment.document, moment.point)
        if region is None:
            return NoEdit.LONG_LINES
        policy = policy_for(settings, Task.NEXT_EDIT, TaskClass.MECHANICAL, Tier.FAST)
        heard = _Heard()
        run = self._open(settings, policy, moment, region, heard, arrived)
        recording.first_token_budget_ms = policy.limits.first_token_s * 1000
        try:
            async with run:
                await _listen(run, moment, region, heard)
        except TooLate:
            return NoEdit.LATE
        except ProviderError as error:
            if run.winner is None or heard.edit is None:
                return str(reason_of(error))
        except ConfigError:
            return NoEdit.NO_MODEL
        except Declined:
            return "declined"
        finally:
            self._learn(run, heard, recording)
        if heard.edit is None or run.winner is None:
            return heard.objection
        return Proposal(moment.document, heard.edit.span, heard.edit.text, str(run.winner.ref))

    def _open(
        self, settings: Settings, policy: Policy, moment: Moment, region: Region, heard: _Heard, arrived: float
    ) -> ChainRun:
        def build(model: ResolvedModel) -> ModelRequest:
            request = self._request(policy, moment, region, model)
            heard.prompts[str(model.ref)] = request.prompt
            return request

        return self._runner.open(
            tuple(model for model in settings.next_edit_chain if model.predicts_edits),
            build,
            tier=Tier.FAST,
            limits=policy.limits,
            hedge=settings.routing.hedge,
            arrived=arrived,
        )

    def _request(self, policy: Policy, moment: Moment, region: Region, model: ResolvedModel) -> ModelRequest:
        limits, sampling = policy.limits_for(model.facts), policy.sampling(model.facts)
        view, folder = self._session.view(), self._session.folder_of(moment.document)
        room = self._estimates.of(model).characters(limits.context_tokens)
        context = shown(moment, region, lambda document: relative_name(view, document), room)
        template = model.facts.edit_template if model.provider.kind is ProviderKind.FIM else None
        prompt, stop = edit_prompt(context) if template is None else render_edit(template, context)
        changed = {change.uri for change in moment.changes}
        used = [d for d in moment.documents if d.uri in changed or d is moment.document]
        return replace(
            bounded_request(Role.COMPLETE, prompt, limits, sampling),
            stop=stop if model.facts.stop_sequences else (),
            cache_key=f"tierwise-next-edit-{folder.name if folder else ''}",
            sources=frozenset(str(document.path) for document in used if document.path is not None),
        )

    def _learn(self, run: ChainRun, heard: _Heard, recording: Recording) -> None:
        if run.winner is not None:
            self._estimates.observe(run.winner, heard.prompts[str(run.winner.ref)], run.usage)
            if (
                heard.edit is None
                and run.end in {RunEnd.FINISHED, RunEnd.STOPPED}
                and heard.objection in set(RejectReason)
            ):
                run.judge(AttemptResult.REJECTED, heard.objection)
        recording.attempts.extend(run.records)
        recording.first_token_ms = run.first_token_ms
        for trouble in run.troubles:
            self._trouble(trouble)


async def _listen(run: ChainRun, moment: Moment, region: Region, heard: _Heard) -> None:
    """Hear the region until an edit that can stand is certain, or to its end."""
    reader: RegionReader | None = None
    thoughts = Thoughts()
    old = region.lines
    async for piece in run:
        if reader is None:
            reader = _reader(run)
        before = len(reader.lines)
        reader.feed(thoughts.feed(piece))
        if reader.done:
            break
        if len(reader.lines) > before and await _take(moment, region, old, reader, heard, complete=False):
            return
    if reader is None or run.end is RunEnd.DEADLINE:
        heard.objection = NoEdit.LATE
        return
    if run.end is RunEnd.FINISHED and run.finish is FinishReason.STOP:
        reader.finish()
    if not reader.done:
        heard.objection = RejectReason.CUT_OFF if run.finish is FinishReason.LENGTH else RejectReason.MALFORMED_BLOCK
    elif not reader.none:
        await _take(moment, region, old, reader, heard, complete=True)


def _reader(run: ChainRun) -> RegionReader:
    model = run.winner
    assert model is not None
    return RegionReader(model.facts.edit_template if model.provider.kind is ProviderKind.FIM else None)


async def _take(
    moment: Moment, region: Region, old: tuple[str, ...], reader: RegionReader, heard: _Heard, *, complete: bool
) -> bool:
    """Judge the changes that are new; True once one of them can be proposed."""
    found = region_changes(old, reader.lines, complete=complete)
    for change in found if complete else found[heard.looked_at :]:
        heard.looked_at += 1
        edit = change_edit(moment.document.lines, region.first, change)
        ends_early = change.stop == len(old) and not change.lines and change.stop - change.start > 1
        objection = RejectReason.CUT_OFF if ends_early else _objection(moment, edit)
        if objection is None:
            objection = await asyncio.to_thread(_rejected, moment, edit)
        if objection is None:
            heard.edit = edit
            return True
        heard.objection = objection
    return False


def _rejected(moment: Moment, edit: TextEdit) -> str | None:
    rejection = check_next_edit(FileEdit(moment.document, (edit,)))
    return None if rejection is None else str(rejection.reason)


def _objection(moment: Moment, edit: TextEdit) -> str | None:
    """Why an edit, right or wrong, is not wanted here."""
    if edit.span.empty and edit.span.start == moment.point:
        return NoEdit.AT_CURSOR
    return NoEdit.TAKES_BACK if _takes_back(moment, edit) else None


def _takes_back(moment: Moment, edit: TextEdit) -> bool:
    """Whether lines become again what they were before one of the last changes."""
    lines = moment.document.lines
    first, stop = edit.span.start.line, edit.span.end.line + 1
    after = lines.splice(edit.span, edit.text)
    old = tuple(lines.raw_range(first, stop))
    new = tuple(after.raw_range(first, stop + after.count - lines.count))
    uri = moment.document.uri
    undone = {(block.old, block.new) for block in blocks(Change(uri, first, old, new))}
    done = {(b.new, b.old) for change in moment.changes if change.uri == uri for b in blocks(change)}
    return not undone.isdisjoint(done)
