"""Routing: the class that the classifier gives a request, held against the one that a person gave it. Pure."""

from __future__ import annotations

from tierwise.core.tasks import TaskClass
from tierwise.gold.cases import RouteCase
from tierwise.gold.desk import Decision, Desk
from tierwise.gold.results import Check, Finding, Verdict
from tierwise.settings.models import Settings


def ask(desk: Desk, case: RouteCase) -> Finding:
    """Ask the classifier, under the settings of this run."""
    return judge(case, desk.decide(case.wish), desk.settings)


def judge(case: RouteCase, decision: Decision, settings: Settings) -> Finding:
    """A class above costs more than needed; one below is tried too low. Both score nothing."""
    classes = list(TaskClass)
    difference = classes.index(decision.task_class) - classes.index(case.task_class)
    verdict = Verdict.RIGHT if difference == 0 else Verdict.TOO_HIGH if difference > 0 else Verdict.TOO_LOW
    tier = settings.routing.tier_for(case.task_class)
    there = bool(settings.chain(tier))
    checks = (
        Check(f"class {case.task_class}", difference == 0),
        Check(
            f"tier {tier}", decision.tier is tier if there else None, "" if there else "the profile has no such tier"
        ),
    )
    note = "" if difference == 0 else f"{decision.task_class}, not {case.task_class}: {', '.join(decision.reasons)}"
    return Finding(verdict, float(difference == 0), note, checks)
