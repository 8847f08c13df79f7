"""How a run of the gold set looks: the question before it, the progress, and the tables at its end. Only prints."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.markup import escape
from rich.panel import Panel
from rich.progress import BarColumn, MofNCompleteColumn, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as RichProgress
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from tierwise.cli.figures import DASH, count, dollars, duration, share, table
from tierwise.gold.cases import Case, Job
from tierwise.gold.purse import Estimate
from tierwise.gold.results import Result, Verdict
from tierwise.gold.scores import ModelScore, Run, Score, Scores, scores_of

SHOWN = 12
"""Answers that fell short and are listed; the rest is counted, and --json has them all."""

EVERY = 10
"""Without a terminal, progress is one line for so many cases."""

_BAR = 10
_GOOD, _FAIR = 0.8, 0.5
"""From here on a score is shown green, and yellow; below red. Colours for the eye, no verdicts."""

_SHORT = (Verdict.WRONG, Verdict.REJECTED, Verdict.FAILED, Verdict.REFUSED, Verdict.TOO_LOW, Verdict.TOO_HIGH)
_HARMLESS = (Verdict.PARTIAL, Verdict.OVERRUN)


def describe_estimate(costs: Estimate, limit_usd: float | None) -> str:
    """What may be spent, in one or two sentences."""
    said = f"{count(costs.requests)} requests go to models"
    if costs.unpriced:
        said += f"; the price of {' and '.join(costs.unpriced)} is not known"
    if costs.most_usd:
        said += f": likely about {dollars(costs.likely_usd)}, at most {dollars(costs.most_usd)}"
        said += " (every answer as long as it may be, every repair and escalation taken)"
    said += "."
    if limit_usd is not None:
        said += f" No further one is sent once ${limit_usd:.2f} is spent."
    return said


def ask_consent(notes: Console, said: str) -> bool:
    """Put the question to the person at the terminal; anything but yes is no."""
    notes.print(said)
    try:
        answer = notes.input("Go on? \\[y/N] ")
    except EOFError:
        return False
    return answer.strip().lower() in {"y", "yes"}


class Progress:
    """The case under way and the cost so far, on a terminal; elsewhere a line now and then."""

    def __init__(self, notes: Console, cases: Sequence[Case]) -> None:
        self._notes = notes
        self._cases = cases
        self._done = 0
        self._spent = 0.0
        self._bar = RichProgress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[spent]}", style="cyan"),
            TimeElapsedColumn(),
            console=notes,
            transient=True,
            disable=not notes.is_terminal,
        )
        self._task = self._bar.add_task(cases[0].id if cases else "", total=len(cases), spent=dollars(0.0))

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self._bar.stop()

    def advance(self, result: Result) -> None:
        """A case is done; those before it that had no result were skipped."""
        self._done = self._cases.index(result.case, self._done) + 1
        self._spent += result.cost_usd
        following = self._cases[self._done].id if self._done < len(self._cases) else ""
        self._bar.update(self._task, completed=self._done, description=following, spent=dollars(self._spent))
        if not self._notes.is_terminal and self._done % EVERY == 0:
            self._notes.print(f"{self._done} of {len(self._cases)} cases, {dollars(self._spent)}")


def print_run(out: Console, run: Run) -> None:
    """Everything that a person wants to know of a run."""
    scores = scores_of(run.results)
    _opening(out, run, scores)
    if scores.by_job:
        _jobs(out, scores)
        _costs(out, scores.by_job)
        _languages(out, scores.by_language)
    if scores.by_model:
        _models(out, scores)
    _fell_short(out, run.results)
    _closing(out, run)


def _opening(out: Console, run: Run, scores: Scores) -> None:
    chosen = run.profile if run.profile == run.asked_profile else f"{run.profile} (chosen by {run.asked_profile})"
    lines = [f"profile [bold]{escape(chosen)}[/]"]
    lines += [f"{tier:<9} {escape(' → '.join(chain))}" for tier, chain in run.tiers.items() if chain]
    ended = "[yellow]interrupted after[/] " if run.interrupted else ""
    lines.append(
        f"{ended}{len(run.results)} of {len(run.cases)} cases in {duration(run.seconds * 1000)}, "
        f"spent [bold]{dollars(scores.total.cost_usd)}[/]"
    )
    title = f"[bold]Tierwise {run.version}: gold set[/]"
    out.print(Panel("\n".join(lines), title=title, title_align="left", border_style="cyan", padding=(0, 1)))


def _jobs(out: Console, scores: Scores) -> None:
    _heading(out, "Jobs")
    made = Table(box=None, header_style="bold", padding=(0, 2, 0, 0))
    made.add_column("job", no_wrap=True)
    made.add_column("score", no_wrap=True)
    made.add_column("cases", justify="right", no_wrap=True)
    made.add_column("how they came out")
    for job, score in scores.by_job.items():
        made.add_row(job, _bar(score.score), count(score.cases), _verdicts(score))
    out.print(made)
    if (complete := scores.by_job.get(Job.COMPLETE)) is not None and complete.offered_for:
        part = share(complete.saved / complete.offered_for)
        out.print(
            f"[dim]completion typed {count(complete.saved)} of {count(complete.offered_for)} characters ({part})[/]"
        )


def _costs(out: Console, by_job: Mapping[Job, Score]) -> None:
    """Speed and price of each job that made requests."""
    rows = [
        (
            job.value,
            count(score.requests.count),
            duration(score.requests.first_token.p50),
            duration(score.requests.first_token.p90),
            share(score.requests.first_token.within_budget),
            duration(score.requests.total_ms_p50),
            dollars(score.cost_usd),
            dollars(score.per_accepted_usd) if score.cost_usd else DASH,
        )
        for job, score in by_job.items()
        if score.requests.count
    ]
    if rows:
        _heading(out, "Speed and cost")
        columns = ("job", "requests", "first token", "p90", "in budget", "total", "cost", "per accepted answer")
        out.print(table(columns, rows, out.width, optional=("p90", "in budget", "requests")))


def _languages(out: Console, languages: Mapping[str, Mapping[Job, Score]]) -> None:
    jobs = [job for job in Job if any(job in scores for scores in languages.values())]
    if not jobs:
        return
    _heading(out, "Languages")
    rows = [
        (name, *(f"{share(scores[job].score)} of {scores[job].cases}" if job in scores else DASH for job in jobs))
        for name, scores in languages.items()
    ]
    out.print(table(("language", *(job.value for job in jobs)), rows, out.width))


def _models(out: Console, scores: Scores) -> None:
    _heading(out, "Tiers and models")
    columns = ("tier", "cases", "score", "climbed", "first token", "in budget", "tokens in", "cached", "out", "cost")
    rows = [
        (
            tier,
            count(score.cases),
            share(score.score),
            count(score.escalations),
            duration(score.requests.first_token.p50),
            share(score.requests.first_token.within_budget),
            count(score.requests.input_tokens),
            share(score.requests.cached_share),
            count(score.requests.output_tokens),
            dollars(score.cost_usd),
        )
        for tier, score in scores.by_tier.items()
        if tier != "none"
    ]
    out.print(table(columns, rows, out.width, optional=("in budget", "tokens in", "out", "climbed")))
    out.print()
    columns = ("model", "answers", "score", "calls", "rejected", "first token", "p90", "cached", "cost")
    models = [_model(name, score) for name, score in scores.by_model.items()]
    out.print(table(columns, models, out.width, optional=("p90", "cached", "rejected", "calls")))


def _model(name: str, score: ModelScore) -> tuple[str, ...]:
    calls = score.calls
    return (
        name,
        count(score.answers),
        share(score.score),
        count(calls.calls),
        count(score.rejected),
        duration(calls.first_token.p50),
        duration(calls.first_token.p90),
        share(calls.cached_share),
        dollars(calls.cost_usd),
    )


def _fell_short(out: Console, results: Sequence[Result]) -> None:
    """What a person may want to look at: wrong first, then what is right in part."""
    order = (*_SHORT, *_HARMLESS)
    short = [result for result in results if result.finding.verdict in order]
    short.sort(key=lambda result: order.index(result.finding.verdict) >= len(_SHORT))
    if not short:
        return
    _heading(out, "Worth a look")
    made = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    made.add_column(no_wrap=True, min_width=max(len(result.case.id) for result in short[:SHOWN]))
    made.add_column(no_wrap=True, min_width=max(len(result.finding.verdict) for result in short[:SHOWN]))
    made.add_column(no_wrap=True, overflow="ellipsis")
    for result in short[:SHOWN]:
        style = "red" if result.finding.verdict in _SHORT else "yellow"
        note = Text(" ".join(result.finding.note.split()), style="dim")
        made.add_row(Text(result.case.id), Text(result.finding.verdict, style=style), note)
    out.print(made)
    if len(short) > SHOWN:
        out.print(f"[dim]… and {len(short) - SHOWN} more; --json has all[/]")


def _closing(out: Console, run: Run) -> None:
    for item in run.not_run:
        out.print()
        out.print(f"[yellow]not run:[/] {item.count} of {item.job} ({escape(item.reason)})")
    edits = [result.finding for result in run.results if result.case.job is Job.EDIT]
    if any(check.met is None for finding in edits for check in finding.checks):
        out.print()
        out.print("[dim]The edited Python was parsed and checked, not run; --run-code runs it in a limited process.[/]")


def _heading(out: Console, title: str) -> None:
    out.print()
    out.print(Rule(f"[bold]{title}[/]", align="left", style="cyan"))


def _bar(score: float) -> Text:
    """A score as a percentage and a bar."""
    full = round(score * _BAR)
    style = "green" if score >= _GOOD else "yellow" if score >= _FAIR else "red"
    return Text.assemble((f"{share(score):>5} ", "bold"), ("━" * full, style), ("━" * (_BAR - full), "bright_black"))


def _verdicts(score: Score) -> str:
    return ", ".join(f"{number} {verdict}" for verdict, number in score.verdicts.items())
