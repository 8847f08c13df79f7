"""``tierwise queue``: what waits for a person. Changes the queue only by ``drop`` and by a ``retry`` that succeeds."""

from __future__ import annotations

import argparse
import os

from rich.console import Console
from rich.markup import escape
from rich.padding import Padding

from tierwise.cli.figures import console, table
from tierwise.cli.queue_retry import retry
from tierwise.core.clock import SystemClock
from tierwise.core.rejection import in_words
from tierwise.core.tasks import Tier
from tierwise.core.text import Span
from tierwise.core.uris import to_path
from tierwise.settings.locations import state_folder
from tierwise.telemetry.database import FILE_NAME
from tierwise.telemetry.queue import Queued, QueueStore


def add(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(action="list")
    actions = parser.add_subparsers(metavar="list | show N | retry N | drop N")
    actions.add_parser("list", help="everything that waits (the default)").set_defaults(action="list")
    again = actions.add_parser("retry", help="make one request again, and print the change that passes the checks")
    again.add_argument("number", type=int, metavar="N", help="the item's number, as the list shows it")
    again.add_argument("--tier", choices=[tier.value for tier in Tier], help="begin with this tier")
    again.add_argument("--write", action="store_true", help="change the files, and take the item out")
    again.set_defaults(action="retry")
    for name, text in (("show", "one item with all that was tried"), ("drop", "take one item out for good")):
        action = actions.add_parser(name, help=text)
        action.add_argument("number", type=int, metavar="N", help="the item's number, as the list shows it")
        action.set_defaults(action=name)


def run(args: argparse.Namespace) -> int:
    store = QueueStore(state_folder(os.environ) / FILE_NAME, SystemClock())
    out = console()
    if args.action == "show":
        _show(out, store.show(args.number))
    elif args.action == "retry":
        item = store.show(args.number).item
        return retry(out, args.number, item.uri, args.tier, os.environ, write=args.write)
    elif args.action == "drop":
        store.drop(args.number)
        out.print(f"Item {args.number} is out of the queue.")
    else:
        _list(out, store.list())
    if warning := store.take_warning():
        console(stderr=True).print(escape(warning))
    return 0


def _list(out: Console, items: tuple[Queued, ...]) -> None:
    if not items:
        out.print("Nothing waits for a person.")
        return
    rows = [
        (
            str(queued.number),
            f"{queued.at:%Y-%m-%d %H:%M}",
            queued.item.task.value,
            _place(queued.item.uri, queued.item.span),
            str(len(queued.item.attempts)),
            in_words(queued.item.attempts[-1].reason) if queued.item.attempts else "",
        )
        for queued in items
    ]
    out.print(table(("N", "since", "task", "where", "tried", "last reason"), rows, out.width, optional=("tried",)))


def _show(out: Console, queued: Queued) -> None:
    item = queued.item
    out.print(f"[bold]{queued.number}[/] {item.task.value} of {escape(_place(item.uri, item.span))}")
    out.print(f"since {queued.at:%Y-%m-%d %H:%M}")
    if item.instruction:
        out.print(Padding(escape(item.instruction), (0, 0, 0, 2)))
    for number, attempt in enumerate(item.attempts, 1):
        out.print(f"\n[bold]attempt {number}[/]: {attempt.tier.value}, {attempt.model}")
        out.print(f"[red]{escape(in_words(attempt.reason))}[/]")
        out.print(Padding(escape(attempt.evidence), (0, 0, 0, 2)))
        out.print(f"  [dim]prompt sha256 {attempt.prompt_sha256[:16]}[/]")


def _place(uri: str, span: Span | None) -> str:
    path = to_path(uri)
    return f"{path or uri}:{span.start.line + 1}" if span else str(path or uri)
