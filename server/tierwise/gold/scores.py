"""From results to scores: per job, language, tier and model, and as JSON. Pure.

A score is the mean of its cases, 0 to 1; beside it always stands how many there were. Nothing passes or fails.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from tierwise.core.events import AttemptResult, RequestEvent
from tierwise.gold.cases import Case, Job
from tierwise.gold.purse import Estimate
from tierwise.gold.results import Check, NotRun, Result, Verdict
from tierwise.telemetry.kpis import Kpis, ModelKpis, kpis, summarize

SCHEMA = 1
"""Version of the JSON object: raised when a key goes away or changes its meaning; new keys may come without."""


@dataclass(frozen=True, slots=True)
class Score:
    """Of one group of cases. ``per_accepted_usd``: all that was spent, over the answers somebody could take; None
    without any. ``saved`` of ``offered_for`` characters were typed rightly by completions.
    """

    cases: int
    score: float
    verdicts: Mapping[Verdict, int]
    accepted: int
    cost_usd: float
    per_accepted_usd: float | None
    escalations: int
    saved: int
    offered_for: int
    requests: Kpis
    """Times, tokens and shares of the requests that were made."""


@dataclass(frozen=True, slots=True)
class ModelScore:
    """Of one model: the score of the answers that were its own, and the figures of all its calls."""

    answers: int
    score: float | None
    rejected: int
    calls: ModelKpis


@dataclass(frozen=True, slots=True)
class Scores:
    """All scores of a run. A language's scores stand under its name and the job's; "none" is no tier."""

    total: Score
    by_job: Mapping[Job, Score]
    by_language: Mapping[str, Mapping[Job, Score]]
    by_tier: Mapping[str, Score]
    by_model: Mapping[str, ModelScore]


@dataclass(frozen=True, slots=True)
class Run:
    """One run, over or ended early. ``profile`` is what ``asked_profile`` came to; ``seconds`` of wall-clock time."""

    version: str
    profile: str
    asked_profile: str
    tiers: Mapping[str, tuple[str, ...]]
    started: str
    """ISO 8601, with the zone."""
    seconds: float
    cases: Sequence[Case]
    """All that were chosen, run or not."""
    results: Sequence[Result]
    not_run: Sequence[NotRun]
    estimate: Estimate
    code_was_run: bool
    interrupted: bool = False


def scores_of(results: Sequence[Result]) -> Scores:
    """All scores of some results."""
    languages = _grouped([r for r in results if r.case.language], lambda result: result.case.language)
    asked = [result for result in results if result.event is not None]
    return Scores(
        total=score_of(results),
        by_job=_by_job(results),
        by_language={name: _by_job(group) for name, group in sorted(languages.items())},
        by_tier={name: score_of(group) for name, group in _in_tier_order(_grouped(asked, lambda r: r.tier))},
        by_model=_by_model(asked),
    )


def score_of(results: Sequence[Result]) -> Score:
    """The score of one group."""
    accepted = sum(result.accepted for result in results)
    cost = sum(result.cost_usd for result in results)
    verdicts = Counter(result.finding.verdict for result in results)
    return Score(
        cases=len(results),
        score=sum(result.finding.score for result in results) / len(results) if results else 0.0,
        verdicts={verdict: verdicts[verdict] for verdict in Verdict if verdicts[verdict]},
        accepted=accepted,
        cost_usd=cost,
        per_accepted_usd=cost / accepted if accepted else None,
        escalations=sum(result.event.escalations for result in results if result.event),
        saved=sum(result.finding.saved for result in results),
        offered_for=sum(result.finding.offered_for for result in results),
        requests=kpis(_events(results)),
    )


def as_json(run: Run) -> dict[str, object]:
    """A run as one JSON object; docs/gold.md tells its keys."""
    scores = scores_of(run.results)
    return {
        "schema": SCHEMA,
        "tierwise": run.version,
        "profile": run.profile,
        "asked_profile": run.asked_profile,
        "tiers": {tier: list(chain) for tier, chain in run.tiers.items()},
        "started": run.started,
        "seconds": round(run.seconds, 3),
        "interrupted": run.interrupted,
        "code_was_run": run.code_was_run,
        "chosen": len(run.cases),
        "estimate": {
            "requests": run.estimate.requests,
            "likely_usd": run.estimate.likely_usd,
            "most_usd": run.estimate.most_usd,
            "unpriced": list(run.estimate.unpriced),
        },
        "not_run": [{"job": item.job, "cases": item.count, "reason": item.reason} for item in run.not_run],
        "total": _score(scores.total),
        "by_job": {job: _score(score) for job, score in scores.by_job.items()},
        "by_language": {
            name: {job: _score(score) for job, score in jobs.items()} for name, jobs in scores.by_language.items()
        },
        "by_tier": {tier: _score(score) for tier, score in scores.by_tier.items()},
        "by_model": {name: _model(score) for name, score in scores.by_model.items()},
        "results": [_result(result) for result in run.results],
    }


def _by_job(results: Sequence[Result]) -> dict[Job, Score]:
    groups = _grouped(results, lambda result: result.case.job)
    return {job: score_of(groups[job]) for job in Job if job in groups}


def _by_model(results: Sequence[Result]) -> dict[str, ModelScore]:
    answered = _grouped(results, lambda result: result.source)
    return {
        name: ModelScore(
            answers=len(answers := answered.get(name, [])),
            score=sum(result.finding.score for result in answers) / len(answers) if answers else None,
            rejected=calls.results.get(AttemptResult.REJECTED, 0),
            calls=calls,
        )
        for name, calls in summarize(_events(results)).by_model.items()
    }


def _in_tier_order(groups: Mapping[str, Sequence[Result]]) -> Iterable[tuple[str, Sequence[Result]]]:
    order = ("fast", "balanced", "frontier", "none")
    return sorted(groups.items(), key=lambda item: order.index(item[0]))


def _events(results: Sequence[Result]) -> list[RequestEvent]:
    return [result.event for result in results if result.event is not None]


def _grouped(results: Iterable[Result], key: Callable[[Result], str]) -> dict[str, list[Result]]:
    groups: dict[str, list[Result]] = defaultdict(list)
    for result in results:
        groups[key(result)].append(result)
    return groups


def _score(score: Score) -> dict[str, object]:
    first = score.requests.first_token
    return {
        "cases": score.cases,
        "score": round(score.score, 4),
        "verdicts": dict(score.verdicts),
        "accepted": score.accepted,
        "cost_usd": score.cost_usd,
        "cost_per_accepted_usd": score.per_accepted_usd,
        "escalations": score.escalations,
        "characters": {"saved": score.saved, "of": score.offered_for},
        "first_token_ms": {"p50": first.p50, "p90": first.p90, "within_budget": first.within_budget},
        "total_ms_p50": score.requests.total_ms_p50,
        "tokens": {
            "input": score.requests.input_tokens,
            "cached": score.requests.cached_tokens,
            "output": score.requests.output_tokens,
        },
    }


def _model(score: ModelScore) -> dict[str, object]:
    calls = score.calls
    return {
        "answers": score.answers,
        "score": None if score.score is None else round(score.score, 4),
        "calls": calls.calls,
        "rejected": score.rejected,
        "failed": calls.results.get(AttemptResult.FAILED, 0),
        "cost_usd": calls.cost_usd,
        "first_token_ms": {"p50": calls.first_token.p50, "p90": calls.first_token.p90},
        "tokens": {"input": calls.input_tokens, "cached": calls.cached_tokens, "output": calls.output_tokens},
    }


def _result(result: Result) -> dict[str, object]:
    finding, event = result.finding, result.event
    return {
        "case": result.case.id,
        "job": result.case.job,
        "language": result.case.language or None,
        "verdict": finding.verdict,
        "score": round(finding.score, 4),
        "note": finding.note,
        "checks": [_check(check) for check in finding.checks],
        "characters": {"saved": finding.saved, "of": finding.offered_for},
        "source": result.source,
        "tier": None if result.tier == "none" else result.tier,
        "escalations": event.escalations if event else 0,
        "calls": len(event.attempts) if event else 0,
        "first_token_ms": event.first_token_ms if event else None,
        "first_token_budget_ms": event.first_token_budget_ms if event else None,
        "total_ms": event.total_ms if event else None,
        "tokens": {
            "input": event.usage.input_tokens if event else 0,
            "cached": event.usage.cached_tokens if event else 0,
            "output": event.usage.output_tokens if event else 0,
        },
        "cost_usd": result.cost_usd,
    }


def _check(check: Check) -> dict[str, object]:
    return {"says": check.says, "met": check.met, "guard": check.guard, "note": check.note}
