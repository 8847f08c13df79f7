"""The classifier: clear cases as a table, its data, and the verb's lines."""

from __future__ import annotations

import json
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tierwise.cli.classify import Answer, Problem, classify_lines
from tierwise.core.tasks import Task, TaskClass, Tier
from tierwise.routing.classify import CLASSES, Classifier, probabilities
from tierwise.routing.points import shipped_points
from tierwise.routing.signals import RequestFacts, signals
from tierwise.settings.models import Settings

CASES = tomllib.loads((Path(__file__).parents[2] / "cases/routing/classify.toml").read_text("utf-8"))["case"]


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_classify(case: dict[str, Any]) -> None:
    check(case)


def check(case: dict[str, Any]) -> None:
    given_facts = dict(case["facts"])
    task = given_facts.pop("task", None)
    facts = RequestFacts(task=Task(task) if task else None, **given_facts)
    decision = Classifier().decide(facts, Settings.model_validate(case.get("settings", {})))
    assert (decision.task_class, decision.tier) == (case["class"], case["tier"]), decision
    assert case.get("because", decision.reasons[0]) in decision.reasons


_counts = st.one_of(st.none(), st.integers(0, 10**9))
_facts = st.builds(
    RequestFacts,
    task=st.one_of(st.none(), st.sampled_from(Task)),
    instruction=st.one_of(st.text(max_size=80), st.sampled_from(["rename it everywhere", "migrate", "x " * 5000])),
    kind=st.sampled_from(["", "fix", "feat", "odd", "Style"]),
    language=st.sampled_from(["", "python", "markdown", "klingon"]),
    path=st.sampled_from(["", "a/auth/login.py", "C:\\x\\y.md", "/", "..", "weird\x00"]),
    n_files=_counts,
    n_hunks=_counts,
    lines_added=_counts,
    lines_deleted=_counts,
    selection_lines=_counts,
    file_lines=_counts,
    fan_in=_counts,
    n_diagnostics=_counts,
    is_public=st.one_of(st.none(), st.booleans()),
)


@given(_facts)
def test_every_request_gets_a_decision_with_a_reason(facts: RequestFacts) -> None:
    decision = Classifier().decide(facts, Settings())
    assert 0.25 <= decision.confidence <= 1.0
    assert 1 <= len(decision.reasons) <= 5
    assert decision == Classifier().decide(facts, Settings())
    names = signals(facts, shipped_points())
    assert len(names) == len(set(names))
    assert sum(probabilities(names, shipped_points())) == pytest.approx(1)


@given(st.integers(1, 3), st.integers(1, 40), st.integers(0, 60), st.integers(0, 60))
def test_a_change_that_reaches_more_files_is_never_easier(files: int, hunks: int, added: int, deleted: int) -> None:
    few = RequestFacts(n_files=files, n_hunks=hunks, lines_added=added, lines_deleted=deleted)
    many = replace(few, n_files=30, n_hunks=hunks + 100, lines_added=added + 400, lines_deleted=deleted + 300)
    classes = [CLASSES.index(Classifier().decide(facts, Settings()).task_class) for facts in (few, many)]
    assert classes == sorted(classes)


def test_only_the_beginning_of_an_instruction_is_read() -> None:
    plain = Classifier().decide(RequestFacts(instruction="add a flag " + "x" * 2000), Settings())
    pasted = Classifier().decide(RequestFacts(instruction="add a flag " + "x" * 2000 + " migrate deploy"), Settings())
    assert plain == pasted


def test_the_points_are_complete() -> None:
    points = shipped_points()
    for group, words in points.words.items():
        assert f"words {group}" in points.signals
        assert all(word == word.lower() and 1 <= len(word.split()) <= 2 for word in words)
    assert len(points.by_word) == sum(map(len, points.words.values())), "a word belongs to two groups"
    for number, uppers in points.bins.items():
        assert list(uppers) == sorted(set(uppers))
        ranges = {points.range_of(number, value) for value in (*uppers, uppers[-1] + 1)}
        assert len(ranges) == len(uppers) + 1
        assert ranges <= set(points.signals) or number == "words"
    for task in set(Task) - {Task.CACHE, Task.COMPLETE, Task.NEXT_EDIT, Task.RENAME, Task.SUMMARIZE}:
        assert f"task {task}" in points.signals
    assert all(signal.reason for signal in points.signals.values())


# ------------------------------------------------------------------------------------------------------- the verb


def test_lines_in_lines_out() -> None:
    lines = [
        b'\xef\xbb\xbf{"instruction": "fix typo", "language": "python"}\r\n',
        b"\n",
        b'{"instruction": "", "kind": "complete"}',
        b'{"instruction": "x", "n_files": "3", "n_hunks": 9, "lines_added": 60.0, "lines_deleted": null, "more": [1]}',
    ]
    answers = list(classify_lines(lines, Settings()))
    assert all(isinstance(answer, Answer) for answer in answers)
    assert [answer.task_class for answer in answers if isinstance(answer, Answer)] == [
        TaskClass.MECHANICAL,
        TaskClass.MECHANICAL,
        TaskClass.REPOSITORY,
    ]
    assert isinstance(answers[0], Answer)
    assert answers[0].tier == Tier.FAST


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("nope", "malformed"),
        ("[1]", "Expected `object`"),
        ('{"n_files": 3}', "`instruction`"),
        ('{"instruction": 5}', "Expected `str`"),
        ('{"instruction": "x", "n_files": -1}', ">= 0"),
        ('{"instruction": "x", "n_files": "many"}', "n_files"),
        ('{"instruction": "x", "n_files": 1.5}', "n_files"),
        ('{"instruction": "x", "n_files": true}', "n_files"),
        ('{"instruction": "x", "path": {}}', "path"),
        ('{"instruction": "x"', "truncated"),
    ],
)
def test_a_line_that_is_no_request_says_why_and_the_next_is_answered(line: str, says: str) -> None:
    bad, good = classify_lines([line.encode(), json.dumps({"instruction": "add a flag"}).encode()], Settings())
    assert isinstance(bad, Problem)
    assert bad.error.startswith("line 1: ")
    assert says in bad.error
    assert isinstance(good, Answer)


def test_bytes_that_are_no_text_are_a_problem_of_their_line() -> None:
    bad, good = classify_lines([b'{"instruction": "\xff\xfe"}', b'{"instruction": "x"}'], Settings())
    assert isinstance(bad, Problem)
    assert isinstance(good, Answer)
