"""``tierwise report``: requests, speed and cost so far, from the events in the state folder. Changes nothing."""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
from collections.abc import Mapping
from datetime import timedelta

from rich.console import Console
from rich.table import Table

from tierwise.cli.figures import console, count, dollars, duration, share, table
from tierwise.core.clock import SystemClock
from tierwise.core.events import AttemptResult, Outcome, RequestEvent
from tierwise.settings.locations import state_folder
from tierwise.telemetry.database import FILE_NAME
from tierwise.telemetry.events import EventStore
from tierwise.telemetry.kpis import Kpis, ModelKpis, Summary, summarize


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--days", type=_days, metavar="N", help="only the last N days (default: all that is kept)")
    parser.add_argument("--json", action="store_true", help="print the figures as one JSON object")


def run(args: argparse.Namespace) -> int:
    clock = SystemClock()
    store = EventStore(state_folder(os.environ) / FILE_NAME, clock)
    events = store.since(clock.now() - timedelta(days=args.days) if args.days else None)
    if warning := store.take_warning():
        console(stderr=True).print(warning)
    summary = summarize(events)
    if args.json:
        print(json.dumps(dataclasses.asdict(summary), indent=2))
    elif events:
        _print(console(), events, summary)
    else:
        console().print("No requests were recorded yet: the figures begin with the first one from an editor.")
    return 0


def _print(out: Console, events: tuple[RequestEvent, ...], summary: Summary) -> None:
    total = summary.total
    first, last = events[0].at, events[-1].at
    out.print(f"[bold]Tierwise[/] {first:%Y-%m-%d} to {last:%Y-%m-%d}, {count(total.count)} requests")
    out.print(
        f"spent [bold]{dollars(total.cost_usd)}[/], saved by prompt caches [green]{dollars(total.saved_usd)}[/], "
        f"cached share of all prompts {share(total.cached_share)}"
    )
    out.print(
        f"work that reached no one: {count(total.wasted_tokens)} tokens ({dollars(total.wasted_usd)}); "
        f"requests that climbed to a stronger tier: {share(total.escalation_rate)}"
    )
    out.print()
    out.print(_groups("task", summary.by_task, out.width))
    out.print()
    out.print(_groups("tier", summary.by_tier, out.width))
    if summary.by_model:
        out.print()
        out.print(_models(summary.by_model, out.width))
    out.print()
    out.print("ended: " + _words(total.outcomes))
    if total.reasons:
        out.print("reasons: " + _words(dict(list(total.reasons.items())[:8])))


def _groups(name: str, groups: Mapping[str, Kpis], width: int) -> Table:
    columns = (name, "requests", "answered", "first token", "p90", "p99", "in budget", "cached", "cost")
    rows = [
        (
            label,
            count(group.count),
            share(group.outcomes.get(Outcome.ANSWERED, 0) / group.count),
            duration(group.first_token.p50),
            duration(group.first_token.p90),
            duration(group.first_token.p99),
            share(group.first_token.within_budget),
            share(group.cached_share),
            dollars(group.cost_usd),
        )
        for label, group in groups.items()
    ]
    return table(columns, rows, width, optional=("p99", "p90", "in budget", "cached"))


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


def _words(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{word} {count(number)}" for word, number in counts.items())


def _days(text: str) -> int:
    if not text.isdigit() or not 0 < int(text) <= 36_500:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of days from 1 on")
    return int(text)
