"""One question to one tier of larger models: a prompt behind the ledger's prefix, a run through the chain.

Owner of nothing but what it was given: the ledger and the estimates learn here from every answer's usage.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

from tierwise.core.events import AttemptRecord, AttemptResult
from tierwise.core.models import ChatPrompt, FinishReason, ModelRequest
from tierwise.core.thoughts import Thoughts
from tierwise.features.estimates import Estimates
from tierwise.features.keep_warm import KeepWarm, Warmth
from tierwise.features.larger_prompt import PromptMaker, Question, Sent
from tierwise.features.recording import Recording
from tierwise.routing.chain import ChainRun, ChainRunner
from tierwise.routing.outcomes import RunEnd, Trouble
from tierwise.routing.policy import Policy
from tierwise.session.commits import CommitsBook
from tierwise.session.prefix_ledger import PrefixLedger
from tierwise.settings.models import ResolvedModel

__all__ = ["Asker", "Question", "Reply", "rejected"]


@dataclass(frozen=True, slots=True)
class Reply:
    """The text of an answer. ``complete`` is False when it was cut by a limit or the deadline. ``taken_back``: what was
    heard began with a thought, as only its end told; the text is what followed.
    """

    text: str
    complete: bool
    model: ResolvedModel
    prompt_sha256: str
    run: ChainRun
    taken_back: bool = False


class Asker:
    """Asks the larger tiers, for all features alike, so that their requests warm each other's prefixes."""

    def __init__(
        self,
        prompts: PromptMaker,
        ledger: PrefixLedger,
        warm: KeepWarm,
        commits: CommitsBook,
        trusted: Callable[[Path], bool],
        runner: ChainRunner,
        estimates: Estimates,
        trouble: Callable[[Trouble], None],
    ) -> None:
        self._prompts = prompts
        self._ledger = ledger
        self._warm = warm
        self._commits = commits
        self._trusted = trusted
        self._runner = runner
        self._estimates = estimates
        self._trouble = trouble
        self._aloud: set[str] = set()
        """Models that began an answer in the middle of a thought: nothing is heard of them before it has ended."""

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
        question = await self._with_commits(question)
        sent: dict[str, Sent] = {}

        def build(model: ResolvedModel) -> ModelRequest:
            made = sent[str(model.ref)] = self._prompts.make(question, model, policy)
            return made.request

        run = self._runner.open(chain, build, tier=policy.tier, limits=policy.limits, hedge=hedge, arrived=arrived)
        try:
            said, text = await _listen(run, heard, self._aloud)
        finally:
            self._learn(run, sent, recording, question, policy)
        assert run.winner is not None
        complete = run.end is RunEnd.FINISHED and run.finish is not FinishReason.LENGTH
        prompt = sent[str(run.winner.ref)].prompt
        if text != said:
            self._aloud.add(str(run.winner.ref))
        return Reply(text, complete, run.winner, _hash(prompt), run, taken_back=text != said)

    async def _with_commits(self, question: Question) -> Question:
        """Only for trusted folders: a repository's own configuration is not."""
        folder, path = question.place.folder, question.place.document.path
        if question.commits or folder is None or path is None or not self._trusted(folder):
            return question
        return replace(question, commits=await self._commits.of(folder, path))

    def _learn(
        self, run: ChainRun, sent: dict[str, Sent], recording: Recording, question: Question, policy: Policy
    ) -> None:
        recording.attempts.extend(run.records)
        for trouble in run.troubles:
            self._trouble(trouble)
        winner = run.winner
        if winner is None or (what := sent.get(str(winner.ref))) is None:
            return
        recording.first_token_ms = run.first_token_ms
        self._estimates.observe(winner, what.prompt, run.usage)
        explained = self._ledger.observe(what.need, what.prefix, run.usage)
        why = None if what.prefix.rebase is None else str(what.prefix.rebase)
        recording.cached(what.prefix.expected_cached if run.usage else 0, why, missed=not explained)
        if run.usage is not None:
            recording.saved_usd += winner.facts.saved_usd(run.usage)
            self._warm.used(Warmth(winner, question.place.folder, policy, what))


async def _listen(run: ChainRun, heard: Callable[[str], None], aloud: Container[str]) -> tuple[str, str]:
    """What was heard, without what the model thought aloud before it, and what of it is the answer. ``aloud``: models
    that begin within a thought.
    """
    began, thoughts, pieces = False, Thoughts(), list[str]()

    def hear(text: str) -> None:
        if text:
            pieces.append(text)
            heard(text)

    async with run:
        async for piece in run:
            if not began:
                began, thoughts = True, Thoughts(begun=str(run.winner and run.winner.ref) in aloud)
            hear(thoughts.feed(piece))
    hear(thoughts.finish())
    said = "".join(pieces)
    return said, thoughts.without_unopened(said)


def rejected(records: list[AttemptRecord], reply: Reply, reason: str) -> None:
    """Mark the call that gave ``reply`` as rejected in the records of its request."""
    reply.run.judge(AttemptResult.REJECTED, reason)
    del records[len(records) - len(reply.run.records) :]
    records.extend(reply.run.records)


def _hash(prompt: ChatPrompt) -> str:
    digest = sha256()
    for block in prompt.blocks:
        digest.update(block.text.encode("utf-8", "replace"))
    return digest.hexdigest()
