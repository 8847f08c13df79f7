"""Working sessions, replayed through the real session, context choice, ledger and wire formats into simulated caches.

A session is a series of commits of one author, with the texts before and every edit. What is asked in it is assumed,
since the recordings do not tell: for each commit an explanation of where the first change goes, an edit for each file
over the lines that were changed (the change is then made as it was), and a review of the last file. These requests are
spread evenly over the time since the commit before; before the first one that is the session's median, at most ten
minutes. Deleted files are only deleted. The person is at work from the first request to the last and leaves then. What
has changed on disk is read and indexed by the time of each request.
"""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import json
import statistics
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

from benchmarks.prefix_bound import Served
from benchmarks.prefix_provider import HandClock, Provider
from tierwise.core.fences import fenced
from tierwise.core.languages import language_of
from tierwise.core.models import ChatPrompt, PromptBlock, Speaker
from tierwise.core.tasks import Harness, Role, Task, TaskClass, Tier
from tierwise.core.text import Point, Span
from tierwise.core.uris import to_uri
from tierwise.features.asking import Asker, Question
from tierwise.features.estimates import Estimates
from tierwise.features.keep_warm import KeepWarm
from tierwise.features.larger_prompt import PromptMaker, Sent
from tierwise.features.learning import Listeners
from tierwise.features.place import gather
from tierwise.features.recording import Recorder
from tierwise.routing.breakers import Breakers
from tierwise.routing.chain import ChainRunner
from tierwise.routing.latency import LatencyBook
from tierwise.routing.policy import Policy, policy_for
from tierwise.routing.spending import Spending
from tierwise.session.commits import CommitsBook
from tierwise.session.prefix_ledger import PrefixLedger
from tierwise.session.privacy import FolderTerms
from tierwise.session.session import Session
from tierwise.settings.models import ResolvedModel, Settings

FIRST_PAUSE_S = 600.0
_READ_S = 300.0
"""Real seconds after which the reading of the workspace counts as stuck."""
OWN = Path(__file__).with_name("prefix_session.json")


@dataclass(frozen=True)
class Recorded:
    """One recorded session."""

    name: str
    initial: dict[str, str]
    commits: list[dict[str, Any]]


@dataclass
class Replayed:
    """What came of one session: its requests with what they needed, and what was paid."""

    served: list[Served] = field(default_factory=list[Served])
    prompts: list[tuple[str, ChatPrompt]] = field(default_factory=list[tuple[str, ChatPrompt]])
    heads: tuple[str, ...] = ()
    usd: float = 0.0
    input_tokens: int = 0
    read_tokens: int = 0
    refreshes: int = 0
    refresh_usd: float = 0.0
    misses: int = 0
    rewrites: dict[str, int] = field(default_factory=dict[str, int])


def recorded(folder: Path) -> list[Recorded]:
    """Our own session, then those below ``folder``, where there are any."""
    found = [_recorded("our own", json.loads(OWN.read_text("utf-8")))]
    traces = folder / "traces" / "commit_sessions.json.gz"
    if traces.is_file():
        sessions = json.loads(gzip.decompress(traces.read_bytes()))
        found += [_recorded(f"{session['repo']} {number}", session) for number, session in enumerate(sessions)]
    return found


def _recorded(name: str, data: dict[str, Any]) -> Recorded:
    initial = {path: text for path, text in data["initial"].items() if text is not None}
    return Recorded(name, initial, data["commits"])


class Replay:
    """One session against one model of one provider."""

    def __init__(self, session: Recorded, provider: Provider, model: ResolvedModel, settings: Settings) -> None:
        self._recorded = session
        self._provider = provider
        self._clock: HandClock = provider.clock
        self._model = model
        self._settings = settings
        self._result = Replayed()
        self._version = 0

    async def run(self) -> Replayed:
        """Play it to its end."""
        with tempfile.TemporaryDirectory() as place:
            self._prepare(Path(place))
            self._connect()
            await self._play()
        for paid in self._provider.paid:
            self._result.usd += paid.usd
            self._result.input_tokens += paid.use.input_tokens
            self._result.read_tokens += paid.use.read_tokens
            self._result.refreshes += paid.warms
            self._result.refresh_usd += paid.usd if paid.warms else 0.0
        self._result.misses = self._ledger.unexplained_misses
        self._result.rewrites = {str(why): count for why, count in self._ledger.rewrites.items()}
        return self._result

    def _prepare(self, place: Path) -> None:
        self._folder = place.resolve() / "work"
        for name, text in self._recorded.initial.items():
            self._write(name, text)

    def _connect(self) -> None:
        clock, spending, estimates = self._clock, Spending(self._clock), Estimates()
        self._session = Session(clock, Listeners())
        self._session.set_folders({self._folder: FolderTerms()})
        self._session.index()
        self._ledger = PrefixLedger(clock)
        self._recorder = Recorder(_Nowhere(), clock)
        runner = ChainRunner(self._provider, Breakers(clock), LatencyBook(), spending, clock)
        self._warm = KeepWarm(
            self._session, self._ledger, lambda _: self._settings, runner, spending, self._recorder, clock
        )
        prompts = _WatchedPrompts(self._session, self._ledger, estimates, lambda _: None, self._warm.wanted)
        prompts.seen = self._note
        self._asker = Asker(
            prompts, self._ledger, self._warm, CommitsBook(clock), lambda _: False, runner, estimates, lambda _: None
        )

    async def _play(self) -> None:
        commits = self._recorded.commits
        times = [commit["time"] for commit in commits]
        pauses = [after - before for before, after in pairwise(times)]
        before = times[0] - min([FIRST_PAUSE_S, *([statistics.median(pauses)] if pauses else [])])
        for commit in commits:
            await self._commit(commit, before)
            before = commit["time"]
        while (due := self._warm.due()) is not None:  # nobody is there any more
            self._clock.time = due
            await self._warm.tick()
        self._session.shutdown()

    async def _commit(self, commit: dict[str, Any], before: float) -> None:
        changed = [item for item in commit["files"] if item["status"] != "D"]
        moments = _moments(before, commit["time"], len(changed) + 2)
        for item in commit["files"]:
            self._open(item["path"])
        if changed:
            await self._ask(Task.EXPLAIN, changed[0], next(moments), commit)
        for item in commit["files"]:
            if item["status"] == "D":
                self._delete(item["path"])
            else:
                await self._ask(Task.EDIT, item, next(moments), commit)
                self._edit(item)
        if changed:
            await self._ask(Task.REVIEW, changed[-1], next(moments), commit)

    async def _ask(self, task: Task, item: dict[str, Any], at: float, commit: dict[str, Any]) -> None:
        await self._wait(at)
        await self._read()
        document = self._session.document(to_uri(self._folder / item["path"]))
        assert document is not None
        edits = sorted(item["edits"])
        first, last = (edits[0][0], max(edit[1] for edit in edits)) if edits else (0, 0)
        start = document.lines.clamp(Point(first, 0))
        span = Span.at(start)
        if task is Task.EDIT:
            span = Span(start, document.lines.clamp(Point(last, 0)))
        elif task is Task.REVIEW:
            span = Span(Point(0, 0), document.lines.end)
        place = gather(self._session.view(), document, span, task)
        role = {Task.EDIT: Role.EDIT, Task.EXPLAIN: Role.EXPLAIN, Task.REVIEW: Role.REVIEW}[task]
        question = Question(task, place, role, commit["subject"] if task is Task.EDIT else "")
        with self._recorder.begin(task, str(self._folder), document, Harness.LOCAL, at) as recording:
            await self._asker.ask(
                question, [self._model], self._policy(task), recording, lambda _: None, hedge=False, arrived=at
            )

    def _policy(self, task: Task) -> Policy:
        return policy_for(self._settings, task, TaskClass.REPOSITORY, Tier.FRONTIER)

    async def _wait(self, until: float) -> None:
        """Let time pass: the person works, and copies are renewed when they are due."""
        while (due := self._warm.due()) is not None and due < until:
            self._clock.time = max(due, self._clock.time)
            self._session.worked_at = self._clock.time
            await self._warm.tick()
        self._clock.time = max(until, self._clock.time)
        self._session.worked_at = self._clock.time

    async def _read(self) -> None:
        """Let the session read what has changed on disk, as it does while minutes pass: what it chooses to show must
        not depend on how fast this machine is.
        """
        if not await asyncio.to_thread(self._session.wait_indexed, _READ_S):
            raise RuntimeError("the workspace was not read in time")

    def _note(self, sent: Sent) -> None:
        """Keep what a request needed: the head, and every item it asked for that its prompt shows."""
        needed = {f"head {number}": text for number, text in enumerate(sent.need.head)}
        needed |= {
            f"{item.form} {item.name}": item.lines.text for item in sent.need.items if item.key in sent.prefix.shown
        }
        end = sum(-(-len(block.text.encode()) // 4) for block in sent.prompt.blocks if not block.stable)
        self._result.served.append(Served(self._clock.time, needed, end))
        own = f"file {sent.need.items[0].name}" if sent.need.items else ""
        tail = ChatPrompt(tuple(block for block in sent.prompt.blocks if not block.stable))
        self._result.prompts.append((own, tail))
        self._result.heads = sent.need.head

    # What happens to files

    def _open(self, name: str) -> None:
        path = self._folder / name
        if not path.exists():
            self._write(name, "")
            self._session.files_changed([path])
        if self._session.peek(to_uri(path)) is None:
            self._version += 1
            text = path.read_bytes().decode()
            self._session.open(to_uri(path), language_of(path).id, self._version, text)

    def _edit(self, item: dict[str, Any]) -> None:
        path = self._folder / item["path"]
        uri = to_uri(path)
        for first, last, text in sorted(item["edits"], reverse=True):
            document = self._session.peek(uri)
            assert document is not None
            self._version += 1
            span = Span(document.lines.clamp(Point(first, 0)), document.lines.clamp(Point(last, 0)))
            self._session.change(uri, self._version, span, text)
        document = self._session.peek(uri)
        assert document is not None
        if "after_sha" in item and _blob(document.text) != item["after_sha"]:
            raise RuntimeError(f"{item['path']} is not what was recorded")
        self._write(item["path"], document.text)
        self._session.files_changed([path])

    def _delete(self, name: str) -> None:
        path = self._folder / name
        self._session.close(to_uri(path))
        path.unlink()
        self._session.files_changed([path])

    def _write(self, name: str, text: str) -> None:
        path = self._folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())


class _WatchedPrompts(PromptMaker):
    """Lets the replay see what was sent."""

    def make(self, question: Question, model: ResolvedModel, policy: Policy) -> Sent:
        sent = super().make(question, model, policy)
        self.seen(sent)
        return sent


class _Nowhere:
    """Takes events and forgets them."""

    def record(self, event: object) -> None:
        """Nothing is kept."""

    def hear(self, event: object) -> None:
        """Nothing is kept."""


def _blob(text: str) -> str:
    """The name that git gives a text."""
    data = text.encode()
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


def _moments(before: float, after: float, count: int) -> Iterator[float]:
    """``count`` times between two others, evenly."""
    for number in range(1, count + 1):
        yield before + (after - before) * number / (count + 1)


def plain_prompts(result: Replayed, order: str, *, long: bool) -> Iterator[tuple[float, ChatPrompt]]:
    """The same needs, as whole files in each prompt: ``stable``: sorted by name; ``current``: the request's own file
    first, then the others by name. ``long``: with the long lifetime.
    """
    for served, (own, tail) in zip(result.served, result.prompts, strict=True):
        names = sorted(name for name in served.needed if not name.startswith("head "))
        if order == "current" and own in names:
            names = [own, *(name for name in names if name != own)]
        texts = [*result.heads, *(fenced(*_form(name), served.needed[name]) for name in names)]
        marked = _marks(names, own, len(result.heads))
        blocks = [
            PromptBlock(Speaker.USER if index else Speaker.SYSTEM, text, stable=True, mark=index in marked, long=long)
            for index, text in enumerate(texts)
        ]
        yield served.at, ChatPrompt((*blocks, *tail.blocks))


def _form(name: str) -> tuple[str, dict[str, str]]:
    form, _, path = name.partition(" ")
    return form, {"path": path}


def _marks(names: Sequence[str], own: str, heads: int) -> set[int]:
    """After the head, before the file that is about to change, after it, and at the end: as well as four marks can."""
    at = names.index(own) if own in names else 0
    return {heads - 1, max(heads - 1, heads + at - 1), heads + at, heads + len(names) - 1} if names else {heads - 1}
