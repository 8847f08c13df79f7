"""Explanations: what must be said, what is false, and how long it may be; without a model, the facts alone."""

from __future__ import annotations

import re

from tierwise.core.documents import Document
from tierwise.core.tasks import Task
from tierwise.features.explain import ExplainRequest, Explanation
from tierwise.gold.cases import ExplainCase, Statement
from tierwise.gold.desk import Desk
from tierwise.gold.results import Check, Finding, Verdict


async def ask(desk: Desk, document: Document, case: ExplainCase) -> Finding:
    """Ask for the explanation and listen to its end. Raises as ``ExplainFlow.explain`` does."""
    request = ExplainRequest(Task.EXPLAIN, document, case.place.span, case.question, desk.clock.monotonic())
    return judge(case, await desk.explain.explain(request, _nobody, _nobody))


def judge(case: ExplainCase, explanation: Explanation) -> Finding:
    """Score the share of what must be said that is; a false statement makes it worthless."""
    text = explanation.text
    if explanation.tier is None:
        return _share(tuple(Check(fact.says, _stated(fact, text)) for fact in case.facts))
    false = [statement.says for statement in case.avoids if _stated(statement, text)]
    checks = [Check(statement.says, _stated(statement, text)) for statement in case.mentions]
    checks += [Check(f"not: {statement.says}", statement.says not in false) for statement in case.avoids]
    if false:
        return Finding(Verdict.WRONG, 0.0, f"says: {false[0]}", tuple(checks))
    words = len(text.split())
    checks.append(Check(f"at most {case.most_words} words", words <= case.most_words))
    return _share(tuple(checks))


def _share(checks: tuple[Check, ...]) -> Finding:
    """The share of the checks that are met."""
    met = sum(check.met is True for check in checks)
    verdict = Verdict.RIGHT if met == len(checks) else Verdict.PARTIAL if met else Verdict.WRONG
    missing = next((check.says for check in checks if not check.met), "")
    return Finding(verdict, met / len(checks), f"lacks: {missing}" if missing else "", checks)


def _stated(statement: Statement, text: str) -> bool:
    return re.search(statement.any, text, re.IGNORECASE | re.DOTALL) is not None


def _nobody(_piece: str) -> None:
    """What streams is judged when it is whole."""
