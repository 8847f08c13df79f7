"""The report as one HTML page: everything in it, no script, nothing fetched from anywhere; light and dark.

Pure: a summary in, text out. It shows figures and names of models only, for events hold nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from html import escape
from importlib.resources import files

from tierwise.core.events import Feedback, Outcome, RequestEvent
from tierwise.core.tasks import EDIT_TASKS, Task, Tier
from tierwise.telemetry import svg
from tierwise.telemetry.figures import DASH, count, dollars, duration, share, short
from tierwise.telemetry.kpis import Kpis, ModelKpis, Summary, summarize
from tierwise.telemetry.svg import Series
from tierwise.telemetry.timeline import SIZES_MS, by_day, first_tokens

TIER_COLOURS = {tier.value: number for number, tier in enumerate(Tier)}

_ENDS: tuple[tuple[str, int, tuple[str, ...]], ...] = (
    ("answered", 0, (Outcome.ANSWERED,)),
    ("nothing to show", 5, (Outcome.EMPTY,)),
    ("overtaken", 1, (Outcome.CANCELLED, Outcome.SUPERSEDED, Outcome.STALE)),
    ("declined", 3, (Outcome.DECLINED, Outcome.QUEUED)),
    ("failed", 4, (Outcome.FAILED,)),
)
"""How requests end, as the plot groups it: name, colour, outcomes."""


@dataclass(frozen=True, slots=True)
class LearntRow:
    """What was learnt of one tier for one class, in one folder. Rates are 0 to 1."""

    folder: str
    task_class: str
    tier: str
    outcomes: float
    pass_rate: float
    break_even: float | None
    cost_usd: float


def page(events: Sequence[RequestEvent], made: datetime, learnt: Sequence[LearntRow] = ()) -> str:
    """The whole page for ``events``, oldest first, made at ``made``."""
    body = _body(events, learnt) if events else "<p>No requests were recorded yet.</p>"
    when = _period(events)
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>Tierwise report</title>\n<style>\n{_style()}</style>\n</head>\n<body>\n<main>\n"
        f"<header><h1>Tierwise</h1><p>{escape(when)}</p></header>\n{body}"
        f"<footer>Made {made:%Y-%m-%d %H:%M}. Days are calendar days where the requests were made.</footer>\n"
        "</main>\n</body>\n</html>\n"
    )


def _body(events: Sequence[RequestEvent], learnt: Sequence[LearntRow]) -> str:
    summary = summarize(events)
    plots = (_costs(events), _times(events), _ends(summary), _first_tokens(events), _tokens(summary), _fates(events))
    tables = (
        _groups("By task", "task", summary.by_task),
        _groups("By tier", "tier", summary.by_tier),
        _models(summary.by_model),
        _groups("By harness", "harness", summary.by_harness),
        _learnt(learnt),
    )
    return (
        f'<div class="tiles">{_tiles(summary.total)}</div>\n<div class="plots">{"".join(plots)}</div>\n'
        f'<div class="tables">{"".join(tables)}</div>\n'
    )


def _tiles(total: Kpis) -> str:
    first = total.first_token
    tiles = (
        (dollars(total.cost_usd), f"spent; prompt caches saved {dollars(total.saved_usd)}"),
        (dollars(total.cost_per_accepted_usd), f"per accepted result ({count(total.accepted)})"),
        (duration(first.p50), f"first token; p90 {duration(first.p90)}, p99 {duration(first.p99)}"),
        (share(first.within_budget), "of first tokens within their budget"),
        (duration(total.resolution_ms_mean), "mean time to an answer"),
        (share(total.cached_share), "of prompt tokens came from a cache"),
        (share(total.escalation_rate), "climbed to a stronger tier"),
        (share(total.false_accept_rate), "of applied edits were taken back"),
        (share(total.override_rate), "had their tier overridden"),
        (short(total.wasted_tokens), f"tokens reached no one ({dollars(total.wasted_usd)})"),
    )
    return "".join(f'<div class="tile"><b>{escape(big)}</b><span>{escape(small)}</span></div>' for big, small in tiles)


def _costs(events: Sequence[RequestEvent]) -> str:
    days = by_day(events)
    series = [
        Series(tier, [day.cost_by_tier.get(tier, 0.0) for day in days], colour) for tier, colour in TIER_COLOURS.items()
    ]
    plot = svg.columns([f"{day.day:%d %b}" for day in days], series, _money, "Cost per day by tier")
    return _plot("Cost per day", "US dollars, by the tier of each call", plot, series)


def _times(events: Sequence[RequestEvent]) -> str:
    days = by_day(events)
    series = [
        Series("median", [day.first_token_p50 for day in days], 1),
        Series("p90", [day.first_token_p90 for day in days], 3),
    ]
    plot = svg.lines([f"{day.day:%d %b}" for day in days], series, _ms, "First token of completions per day")
    return _plot("First token of completions", "from the request's arrival, per day", plot, series)


def _ends(summary: Summary) -> str:
    rows = [
        (
            f"{task} ({short(group.count)})",
            [Series(name, [sum(group.outcomes.get(word, 0) for word in words)], c) for name, c, words in _ENDS],
        )
        for task, group in summary.by_task.items()
    ]
    plot = svg.stripes(rows, lambda _: "", "How requests ended, by task")
    return _plot("How requests ended", "shares by task; the number of requests in brackets", plot, rows[0][1])


def _first_tokens(events: Sequence[RequestEvent]) -> str:
    counts = first_tokens(events)
    names = [*(f"≤ {_ms(size)}" for size in SIZES_MS), f"> {_ms(SIZES_MS[-1])}"]
    series = [Series("completions", [float(number) for number in counts], 1)]
    plot = svg.columns(names, series, short, "First-token times of completions")
    return _plot("How long completions take to speak", "number of completions by first-token time", plot, ())


def _tokens(summary: Summary) -> str:
    rows = [
        (
            tier,
            [
                Series("prompt, from a cache", [group.cached_tokens], 0),
                Series("prompt, read anew", [group.input_tokens - group.cached_tokens], 1),
                Series("answer", [group.output_tokens], 2),
            ],
        )
        for tier, group in summary.by_tier.items()
        if group.input_tokens or group.output_tokens
    ]
    plot = svg.stripes(rows, short, "Tokens by tier", whole=False)
    return _plot("Tokens", "by the tier that answered", plot, rows[0][1] if rows else ())


def _fates(events: Sequence[RequestEvent]) -> str:
    """What became of offered answers."""
    groups = (("completions", {Task.COMPLETE}), ("next edits", {Task.NEXT_EDIT}), ("edits", EDIT_TASKS))
    rows = [(name, _fate([e for e in events if e.task in tasks and e.feedback])) for name, tasks in groups]
    plot = svg.stripes(rows, short, "What became of answers")
    return _plot("What became of answers", "as far as the editor showed it, within a minute", plot, rows[0][1])


def _fate(events: Iterable[RequestEvent]) -> list[Series]:
    order = (Feedback.UNDONE, Feedback.REJECTED, Feedback.EDITED, Feedback.PARTLY, Feedback.ACCEPTED)
    counts: dict[Feedback, int] = dict.fromkeys(order, 0)
    for event in events:
        word = next((word for word in order if word in event.feedback), None)
        if word is not None:
            counts[word] += 1
    colours: dict[Feedback, int] = {
        Feedback.ACCEPTED: 0,
        Feedback.PARTLY: 1,
        Feedback.EDITED: 3,
        Feedback.REJECTED: 5,
        Feedback.UNDONE: 4,
    }
    return [Series(word.replace("-", " "), [counts[word]], colours[word]) for word in reversed(order)]


def _groups(title: str, name: str, groups: Mapping[str, Kpis]) -> str:
    columns: tuple[tuple[str, Callable[[Kpis], str]], ...] = (
        ("requests", lambda g: count(g.count)),
        ("accepted", lambda g: count(g.accepted)),
        ("cost", lambda g: dollars(g.cost_usd)),
        ("per accepted", lambda g: dollars(g.cost_per_accepted_usd)),
        ("time to answer", lambda g: duration(g.resolution_ms_mean)),
        ("first token", lambda g: duration(g.first_token.p50)),
        ("p90", lambda g: duration(g.first_token.p90)),
        ("in budget", lambda g: share(g.first_token.within_budget)),
        ("cached", lambda g: share(g.cached_share)),
        ("escalated", lambda g: share(g.escalation_rate)),
        ("taken back", lambda g: share(g.false_accept_rate)),
        ("overridden", lambda g: share(g.override_rate)),
        ("wasted tokens", lambda g: short(g.wasted_tokens)),
    )
    rows = [(label, *(show(group) for _, show in columns)) for label, group in groups.items()]
    return _table(title, (name, *(head for head, _ in columns)), rows)


def _models(models: Mapping[str, ModelKpis]) -> str:
    heads = (
        "model",
        "calls",
        "used",
        "failed",
        "cost",
        "per accepted",
        "first token",
        "p90",
        "cached",
        "wasted tokens",
    )
    rows = [
        (
            label,
            count(group.calls),
            share(group.results.get("used", 0) / group.calls),
            share(group.results.get("failed", 0) / group.calls),
            dollars(group.cost_usd),
            dollars(group.cost_per_accepted_usd),
            duration(group.first_token.p50),
            duration(group.first_token.p90),
            share(group.cached_share),
            short(group.wasted_tokens),
        )
        for label, group in models.items()
    ]
    return _table("By model", heads, rows)


def _learnt(rows: Sequence[LearntRow]) -> str:
    heads = ("folder", "class", "tier", "outcomes", "pass rate", "break-even", "cost of an answer")
    cells = [
        (
            row.folder,
            row.task_class,
            row.tier,
            f"{row.outcomes:.1f}",
            share(row.pass_rate),
            DASH if row.break_even is None else share(row.break_even),
            dollars(row.cost_usd),
        )
        for row in rows
    ]
    note = (
        "Old outcomes fade. Beginning with a tier is right while its pass rate is above break-even; "
        "<code>tierwise report --forget</code> starts anew."
    )
    return _table("What was learnt", heads, cells, note)


def _plot(title: str, note: str, plot: str, series: Sequence[Series]) -> str:
    key = svg.legend(series) if series else ""
    return f'<section><h2>{escape(title)}</h2><p class="note">{escape(note)}</p>{plot}{key}</section>'


def _table(title: str, heads: Sequence[str], rows: Sequence[Sequence[str]], note: str = "") -> str:
    if not rows:
        return ""
    kinds = [" class=t" if all(map(_is_word, column)) else "" for column in zip(*rows, strict=True)]
    head = "".join(f"<th{kind}>{escape(name)}</th>" for name, kind in zip(heads, kinds, strict=True))
    body = "".join(
        f"<tr>{''.join(f'<td{kind}>{escape(cell)}</td>' for cell, kind in zip(row, kinds, strict=True))}</tr>"
        for row in rows
    )
    under = f'<p class="note">{note}</p>' if note else ""
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    return f"<section><h2>{escape(title)}</h2>{under}{table}</section>"


def _is_word(cell: str) -> bool:
    return cell[:1] not in f"0123456789$<{DASH}"


def _period(events: Sequence[RequestEvent]) -> str:
    if not events:
        return ""
    first, last = (f"{event.at:%Y-%m-%d}" for event in (events[0], events[-1]))
    number = "1 request" if len(events) == 1 else f"{count(len(events))} requests"
    return f"{first}, {number}" if first == last else f"{first} to {last}, {number}"


def _money(amount: float) -> str:
    return f"${amount:.2f}" if amount >= 0.0995 or amount == 0 else f"${amount:.3g}"


def _ms(milliseconds: float) -> str:
    return f"{milliseconds / 1000:g} s" if milliseconds >= 1000 else f"{milliseconds:g} ms"


@cache
def _style() -> str:
    return files("tierwise.telemetry").joinpath("page.css").read_text("utf-8")
