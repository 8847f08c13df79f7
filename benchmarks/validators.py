"""How many right edits the validators accept, and how many wrong ones of each kind they reject.

Right: real commits in their workspaces with their subjects as the wish, this project's own functions written anew, and
what real models replied (``validator_replies``). Wrong: the same edits with one mistake each (``validator_mutants``),
and real malformed replies. Commits that say nothing about validators are set aside by the rules of
``validator_doubts`` and counted for themselves. The checks were fitted to the first 100 recorded commits and looked at
with the next 30 and those of three further repositories (``SPLITS``); the rest is held out. Recorded sets are read from
the folder that TIERWISE_EVALUATION names (default ``../shared/evaluation``) and are no part of this project.
``--failures`` prints what was judged wrongly. ``--tools`` has linter and tests judge what the checks accept; only this
project's own functions have tests.

A comment that goes away beside much changed code could be shown as a warning and not be rejected. Over all 551
recorded commits, whole sets and with the comment check alone: rejected always, 95.1 % of the commits pass and 95.4 % of
the lost comments are found; a warning from 12 changed lines of code beside it on 95.3 and 93.3 %, from 8 on 95.6 and
89.1 %, from 4 on 96.4 and 78.0 %. So there is no such warning.

Of the lost comments in the held-out commits 92.5 % were found over the whole set (161 of 174), of all 95.1 %. What is
missed: the same words that the edit writes anew elsewhere, so that the comment seems to have moved; comments at lines
that the edit changes so much that they may have gone with them, which is what commits do all the time; and wishes that
are about comments themselves. Each rule that found more of them rejected as many right commits.
"""

from __future__ import annotations

import argparse
import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from itertools import islice

from rich.console import Console
from rich.table import Table

from benchmarks.validator_doubts import doubt
from benchmarks.validator_mutants import DECIDABLE, KINDS, Mutant, mutants
from benchmarks.validator_replies import judged
from benchmarks.validator_tools import OwnTools
from benchmarks.validator_worlds import FOLDER, Edit, MemoryView, document, own, recorded
from tierwise.core.changes import FileEdit
from tierwise.core.rejection import Rejection
from tierwise.core.tasks import Task
from tierwise.core.text import Lines, split_lines
from tierwise.edits.apply import apply_blocks
from tierwise.edits.blocks import Block
from tierwise.edits.diff import LineChange, line_changes, minimal_edits
from tierwise.edits.search_replace import parse, write
from tierwise.features.library import DiskLibrary
from tierwise.validation.changesets import EditScope, check_changeset

LIBRARY = DiskLibrary()
SPLITS = ("fitted to", "looked at while fitting", "held out")
SEEN = {"vuejs/core", "goreleaser/goreleaser", "TabbyML/tabby"}
"""Repositories of which rejections were read while the checks were written."""

EVERY, WITH_TOOLS = 4, 28
"""Every so-many-th of this project's own functions is judged for the recorded results, so that they take minutes; the
second is for those that linter and tests judge, which takes seconds for each verdict.
"""


def reply_of(edit: Edit, after: dict[str, str], path: dict[str, str]) -> str:
    """The edit as a model writes it: blocks with just enough lines around to stand once."""
    blocks: list[Block] = []
    for name, text in after.items():
        base = document(name, edit.files[name])
        change = FileEdit(base, minimal_edits(base.lines, Lines.of(text)))
        blocks += _blocks(base.lines, line_changes(change), path.get(name, name))
    return write(blocks)


def _blocks(base: Lines, changes: list[LineChange], path: str) -> Iterator[Block]:
    lines = [line for line in base if line]
    groups: list[tuple[int, int, list[LineChange]]] = []
    for change in changes:
        start, stop = _unique(lines, change.start, change.stop)
        inside = [change]
        while groups and groups[-1][1] > start:
            first, last, earlier = groups.pop()
            start, stop, inside = min(first, start), max(last, stop), earlier + inside
        groups.append((start, stop, inside))
    for start, stop, inside in groups:
        at, replace = start, ""
        for change in inside:
            replace += "".join(lines[at : change.start]) + "".join(change.lines)
            at = change.stop
        yield Block(path, _ended("".join(lines[start:stop])), _ended(replace + "".join(lines[at:stop])))


def _unique(lines: list[str], first: int, last: int) -> tuple[int, int]:
    """The lines ``first`` to ``last`` with as many around as make them stand once."""
    around = 2
    while True:
        start, stop = max(0, first - around), min(len(lines), last + around)
        search = lines[start:stop]
        places = sum(lines[i : i + len(search)] == search for i in range(len(lines) - len(search) + 1))
        if places == 1 or len(search) == len(lines):
            return start, stop
        around += 2


def _ended(text: str) -> str:
    return text if text.endswith("\n") or not text else text + "\n"


def judge(edit: Edit, reply: str, view: MemoryView, *, complete: bool = True) -> Rejection | None:
    """What the edit flow would say: parse, apply in memory, check."""
    files = {FOLDER / name: document(name, edit.files[name]) for name in edit.after}
    target = next(iter(files))
    blocks = parse(reply, tuple(edit.after), complete=complete)
    if isinstance(blocks, Rejection):
        return blocks
    changeset = apply_blocks(blocks, files, target, FOLDER)
    if isinstance(changeset, Rejection):
        return changeset
    scope = EditScope(
        FOLDER,
        frozenset(files),
        target,
        None,
        Task.EDIT,
        edit.wish,
        exists=lambda path: path.relative_to(FOLDER).as_posix() in edit.files,
        workspace=view,
        library=LIBRARY,
    )
    return check_changeset(changeset, scope)


def added_lines(before: str, after: str) -> frozenset[int]:
    """The 0-based numbers of the lines of ``after`` that are new."""
    base = document("x.py", before)
    found: set[int] = set()
    shift = 0
    for change in line_changes(FileEdit(base, minimal_edits(base.lines, Lines.of(after)))):
        found |= set(range(change.start + shift, change.start + shift + len(change.lines)))
        shift += len(change.lines) - (change.stop - change.start)
    return frozenset(found)


def wrong_replies(edit: Edit) -> Iterator[tuple[Mutant, str, bool]]:
    """Each mutant's reply, and whether the stream came to its end."""
    added = {name: added_lines(edit.files[name], text) for name, text in edit.after.items()}
    for mutant in mutants(edit, added):
        reply = reply_of(edit, mutant.after, {mutant.file: mutant.path} if mutant.path else {})
        if mutant.cut:
            chance = random.Random(edit.name)
            start, end = reply.rindex("<<<<<<< SEARCH"), reply.rindex(">>>>>>> REPLACE")
            yield mutant, reply[: chance.randrange(start + 16, end)], chance.random() < 0.5
        else:
            yield mutant, reply, True


class Tally:
    """Counts of one source of edits. ``aside``: right edits that say nothing, by why."""

    def __init__(self) -> None:
        self.right: Counter[str] = Counter()
        self.aside: dict[str, Counter[str]] = defaultdict(Counter)
        self.wrong: dict[str, Counter[str]] = defaultdict(Counter)


def run_edits(edits: Iterable[Edit], *, show: bool = False, tools: OwnTools | None = None) -> Tally:
    """Judge edits, each right and, where that is accepted and not set aside, with every mistake."""
    tally = Tally()
    for edit in edits:
        judge_edit(tally, edit, show=show, tools=tools)
    return tally


def judge_edit(tally: Tally, edit: Edit, *, show: bool = False, tools: OwnTools | None = None) -> None:
    """Count one edit and its mistakes."""
    view = MemoryView(edit.files)
    verdict = judge(edit, reply_of(edit, edit.after, {}), view)
    if verdict is None and tools is not None:
        verdict = tools.judge(edit, edit.after)
    why = doubt(edit)
    (tally.aside[why] if why else tally.right)[verdict.reason if verdict else "accepted"] += 1
    if verdict is not None and show:
        print(f"RIGHT {edit.name} | {why} | {edit.wish} | {verdict.reason}: {verdict.evidence[:300]}")
    if verdict is not None or why:
        return
    for mutant, reply, complete in wrong_replies(edit):
        verdict = judge(edit, reply, view, complete=complete)
        if verdict is None and tools is not None and not mutant.cut and not mutant.path:
            verdict = tools.judge(edit, mutant.after)
        tally.wrong[mutant.kind][verdict.reason if verdict else "accepted"] += 1
        if show and verdict is None:
            print(f"WRONG {mutant.kind} {edit.name} {mutant.file}\n{_diff(edit, mutant)}")


def _diff(edit: Edit, mutant: Mutant) -> str:
    from difflib import unified_diff

    old, new = split_lines(edit.after[mutant.file]), split_lines(mutant.after[mutant.file])
    return "".join(line if line.endswith("\n") else line + "\n" for line in unified_diff(old, new, n=1))


def run(console: Console) -> None:
    tallies = {split: Tally() for split in SPLITS}
    for number, edit in enumerate(recorded()):
        judge_edit(tallies[split_of(number, edit)], edit)
    for split, tally in tallies.items():
        report(console, f"recorded commits: {split}", tally)
    report_replies(console)
    report(console, f"this project's own functions, every {EVERY}th", run_edits(islice(own(), 0, None, EVERY)))
    chosen = islice(own(), 0, None, WITH_TOOLS)
    tools = OwnTools()
    report(console, f"the same with linter and tests, every {WITH_TOOLS}th", run_edits(chosen, tools=tools))
    tools.close()


def split_of(number: int, edit: Edit) -> str:
    """The part of the recorded commits that one belongs to by its number and repository."""
    fitted, seen, held_out = SPLITS
    if number < 100:
        return fitted
    return seen if number < 130 or edit.name.split()[0] in SEEN else held_out


def report(console: Console, title: str, tally: Tally) -> None:
    table = _table(title)
    _row(table, "right", tally.right, accepted=True)
    for why in sorted(tally.aside):
        _row(table, f"set aside: {why}", tally.aside[why], accepted=True)
    for kind in KINDS:
        _row(table, f"{kind} *" if kind in DECIDABLE else kind, tally.wrong[kind])
    _row(table, "all wrong", sum((tally.wrong[kind] for kind in KINDS), Counter[str]()))
    console.print(table)


def report_replies(console: Console) -> None:
    """The table of recorded replies."""
    table = _table("recorded replies of models")
    for kind, counts in judged().items():
        _row(table, kind, counts, accepted=kind.startswith("right"))
    console.print(table)


def _table(title: str) -> Table:
    table = Table(title=title)
    for column in ("kind", "cases", "as it should be", "why"):
        table.add_column(column)
    return table


def _row(table: Table, name: str, counts: Counter[str], *, accepted: bool = False) -> None:
    share = counts["accepted"] / max(1, counts.total())
    shown = f"{share:.1%} accepted" if accepted else f"{1 - share:.1%} rejected"
    table.add_row(name, str(counts.total()), shown if counts else "-", _reasons(counts))


def _reasons(counts: Counter[str]) -> str:
    return ", ".join(f"{reason} {number}" for reason, number in counts.most_common() if reason != "accepted")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--failures", action="store_true", help="print what was judged wrongly")
    parser.add_argument("--source", choices=("recorded", "bare", "own"), action="append")
    parser.add_argument("--limit", type=int, help="look at so many edits only")
    parser.add_argument("--skip", type=int, default=0, help="leave so many out at the beginning")
    parser.add_argument("--every", type=int, default=1, help="look at every so-many-th edit only")
    parser.add_argument("--tools", action="store_true", help="let linter and tests judge, too; some seconds per edit")
    args = parser.parse_args()
    sources = {"recorded": recorded, "bare": lambda: recorded(bare=True), "own": own}
    tools = OwnTools() if args.tools else None
    for name in args.source or ("recorded", "own"):
        last = None if args.limit is None else args.skip + args.limit * args.every
        chosen = islice(sources[name](), args.skip, last, args.every)
        found = run_edits(chosen, show=args.failures, tools=tools)
        report(Console(width=130), name + (" with linter and tests" if tools else ""), found)
    if tools is not None:
        tools.close()


if __name__ == "__main__":
    main()
