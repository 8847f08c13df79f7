"""``tierwise report``: requests, speed and cost so far, from the events in the state folder, and what was learnt.

Changes nothing, but for the page that ``--html`` writes and what ``--forget`` forgets.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tierwise.cli.figures import console, count, dollars, duration, share, table
from tierwise.core.clock import SystemClock
from tierwise.core.errors import UsageError
from tierwise.core.events import AttemptResult, RequestEvent
from tierwise.features.reporting import learnt_rows
from tierwise.routing.learning import Thresholds
from tierwise.settings.locations import state_folder
from tierwise.settings.store import open_store
from tierwise.telemetry.database import FILE_NAME
from tierwise.telemetry.events import EventStore
from tierwise.telemetry.kpis import Kpis, ModelKpis, Summary, summarize
from tierwise.telemetry.page import LearntRow, page

FOLDER_WIDTH = 32
"""Characters of a folder's path that are shown: its end tells folders apart."""


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--days", type=_days, metavar="N", help="only the last N days (default: all that is kept)")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print the figures as one JSON object")
    form.add_argument("--html", metavar="FILE", help="write them as a page with plots that needs nothing else")
    form.add_argument(
        "--forget",
        nargs="?",
        const="",
        metavar="FOLDER",
        help="forget what was learnt about where to begin, in one folder or everywhere (restart open editors after it)",
    )


def run(args: argparse.Namespace) -> int:
    clock = SystemClock()
    store = EventStore(state_folder(os.environ) / FILE_NAME, clock)
    if args.forget is not None:
        folder = str(Path(args.forget).absolute()) if args.forget else None
        print(f"Forgotten: what was learnt in {store.forget_learnt(folder)} folder(s).")
        return 0
    events = store.since(clock.now() - timedelta(days=args.days) if args.days else None)
    if warning := store.take_warning():
        console(stderr=True).print(warning)
    learnt = _learnt(store, clock)
    if args.json:
        rows = [dataclasses.asdict(row) for row in learnt]
        print(json.dumps({**dataclasses.asdict(summarize(events)), "learnt": rows}, indent=2))
    elif args.html:
        _write(Path(args.html), page(events, clock.now(), learnt))
    elif events:
        _print(console(), events, summarize(events), learnt)
    else:
        console().print("No requests were recorded yet: the figures begin with the first one from an editor.")
    return 0


def _learnt(store: EventStore, clock: SystemClock) -> list[LearntRow]:
    """What was learnt, under the settings that hold in each folder now."""
    kept = store.learnt()
    if not kept:
        return []
    thresholds, settings = Thresholds(clock), open_store(os.environ)
    settings.set_folders([Path(item.folder) for item in kept])
    for item in kept:
        thresholds.load(item.folder, item.state)
    return learnt_rows(thresholds, [(item.folder, settings.for_folder(Path(item.folder))) for item in kept])


def _write(file: Path, text: str) -> None:
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as exc:
        raise UsageError(f"Cannot write {file}: {exc.strerror}.") from exc
    print(f"{file} written: open it in a browser.")


def _print(out: Console, events: Sequence[RequestEvent], summary: Summary, learnt: Sequence[LearntRow]) -> None:
    total = summary.total
    first, last = events[0].at, events[-1].at
    out.print(f"[bold]Tierwise[/] {first:%Y-%m-%d} to {last:%Y-%m-%d}, {count(total.count)} requests")
    out.print(
        f"spent [bold]{dollars(total.cost_usd)}[/], saved by prompt caches [green]{dollars(total.saved_usd)}[/], "
        f"cached share of all prompts {share(total.cached_share)}"
    )
    if total.expected_cached_tokens or total.rewrites:
        why = f" ({_words(total.rewrites)})" if total.rewrites else ""
        out.print(
            f"prompt prefixes written anew or gone back to {count(sum(total.rewrites.values()))}{why}; caches that had "
            f"lost their copy without a reason {count(total.cache_misses)}"
        )
    out.print(
        f"accepted results [bold]{count(total.accepted)}[/], each for {dollars(total.cost_per_accepted_usd)}; mean "
        f"time to an answer {duration(total.resolution_ms_mean)}; first token {duration(total.first_token.p50)} "
        f"(p90 {duration(total.first_token.p90)}, within budget {share(total.first_token.within_budget)})"
    )
    out.print(
        f"applied edits taken back {share(total.false_accept_rate)}, changed by hand {share(total.edited_rate)}; tier "
        f"overridden {share(total.override_rate)}"
    )
    out.print(
        f"work that reached no one: {count(total.wasted_tokens)} tokens ({dollars(total.wasted_usd)}); "
        f"requests that climbed to a stronger tier: {share(total.escalation_rate)}"
    )
    out.print()
    out.print(_groups("task", summary.by_task, out.width))
    out.print()
    out.print(_groups("tier", summary.by_tier, out.width))
    if len(summary.by_harness) > 1:
        out.print()
        out.print(_groups("harness", summary.by_harness, out.width))
    if summary.by_model:
        out.print()
        out.print(_models(summary.by_model, out.width))
    if learnt:
        out.print()
        out.print(_learnt_table(learnt, out.width))
    out.print()
    out.print("ended: " + _words(total.outcomes))
    if total.reasons:
        out.print("reasons: " + _words(dict(list(total.reasons.items())[:8])))


def _groups(name: str, groups: Mapping[str, Kpis], width: int) -> Table:
    columns = (name, "requests", "accepted", "per accepted", "to answer", "first token", "p90", "in budget", "climbed",
               "taken back", "cached", "wasted", "cost")  # fmt: skip
    rows = [
        (
            label,
            count(group.count),
            count(group.accepted),
            dollars(group.cost_per_accepted_usd),
            duration(group.resolution_ms_mean),
            duration(group.first_token.p50),
            duration(group.first_token.p90),
            share(group.first_token.within_budget),
            share(group.escalation_rate),
            share(group.false_accept_rate),
            share(group.cached_share),
            count(group.wasted_tokens),
            dollars(group.cost_usd),
        )
        for label, group in groups.items()
    ]
    optional = ("wasted", "p90", "taken back", "cached", "to answer", "climbed", "in budget", "accepted")
    return table(columns, rows, width, optional=optional)


def _models(models: Mapping[str, ModelKpis], width: int) -> Table:
    columns = ("model", "calls", "used", "failed", "first token", "p90", "tokens in", "cached", "out", "cost")
    rows = [
        (
            label,
            count(group.calls),
            share(group.results.get(AttemptResult.USED, 0) / group.calls),
            share(group.results.get(AttemptResult.FAILED, 0) / group.calls),
            duration(group.first_token.p50),
            duration(group.first_token.p90),
            count(group.input_tokens),
            share(group.cached_share),
            count(group.output_tokens),
            dollars(group.cost_usd),
        )
        for label, group in models.items()
    ]
    return table(columns, rows, width, optional=("p90", "out", "tokens in", "used", "cached"))


def _learnt_table(rows: Sequence[LearntRow], width: int) -> Table:
    columns = ("learnt in", "class", "tier", "outcomes", "pass rate", "break-even", "cost")
    cells = [
        (
            row.folder if len(row.folder) <= FOLDER_WIDTH else f"…{row.folder[1 - FOLDER_WIDTH :]}",
            row.task_class,
            row.tier,
            f"{row.outcomes:.1f}",
            share(row.pass_rate),
            share(row.break_even),
            dollars(row.cost_usd),
        )
        for row in rows
    ]
    return table(columns, cells, width, optional=("cost", "outcomes"))


def _words(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{word} {count(number)}" for word, number in counts.items())


def _days(text: str) -> int:
    if not text.isdigit() or not 0 < int(text) <= 36_500:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of days from 1 on")
    return int(text)
