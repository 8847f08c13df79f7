"""The cases themselves: they load, they are told apart, and what they say is sound."""

from __future__ import annotations

from collections import Counter

import pytest
from pydantic import ValidationError

from tierwise.gold.cases import (
    KINDS,
    Case,
    CompletionCase,
    EditCase,
    ExplainCase,
    Job,
    RenameCase,
    RouteCase,
    load_cases,
)

ALL = load_cases()


def test_there_are_cases_of_every_job_and_language() -> None:
    jobs, languages = Counter(case.job for case in ALL), Counter(case.language for case in ALL if case.language)
    assert set(jobs) == set(Job)
    assert set(languages) == {"python", "typescript", "go", "rust", "java"}
    assert min(jobs.values()) >= 6
    assert min(languages.values()) >= 6


def test_every_case_has_a_name_of_its_own() -> None:
    assert [case_id for case_id, count in Counter(case.id for case in ALL).items() if count > 1] == []


@pytest.mark.parametrize("case", [case for case in ALL if not isinstance(case, RouteCase)], ids=lambda case: case.id)
def test_names_say_the_language(case: Case) -> None:
    assert case.name.split("/")[0] == case.language


@pytest.mark.parametrize("case", [case for case in ALL if not isinstance(case, RouteCase)], ids=lambda case: case.id)
def test_no_mark_is_left_in_a_file(case: Case) -> None:
    assert not isinstance(case, RouteCase)
    texts = [*case.place.files.values(), *(case.after.values() if isinstance(case, RenameCase) else ())]
    assert not any(mark in text for text in texts for mark in "⟦⟧¦«»→")


@pytest.mark.parametrize("case", [case for case in ALL if isinstance(case, RenameCase)], ids=lambda case: case.id)
def test_a_rename_changes_something_or_is_refused(case: RenameCase) -> None:
    assert (case.after != case.place.files) != bool(case.declined)


@pytest.mark.parametrize("case", [case for case in ALL if isinstance(case, EditCase)], ids=lambda case: case.id)
def test_an_edit_is_asked_for(case: EditCase) -> None:
    assert bool(case.diagnostic) == (case.task == "fix")
    assert case.instruction or case.task != "edit"


def test_patterns_choose_cases() -> None:
    assert {case.job for case in load_cases(["edit/*"])} == {Job.EDIT}
    chosen = load_cases(["*/go/*", "route/typo"])
    assert {case.language for case in chosen} == {"go", ""}
    assert load_cases(["nothing"]) == ()


FILES = {"a.py": "x = ⟦1⟧\n"}


@pytest.mark.parametrize(
    ("kind", "table", "words"),
    [
        (CompletionCase, {"files": {"a.py": "x = 1\n"}}, "0 places are marked"),
        (CompletionCase, {"files": {"a.py": "x = ⟦1⟧\ny = ⟦2⟧\n"}}, "2 places are marked"),
        (CompletionCase, {"files": {"a.py": "x = ⟦ ⟧\n"}}, "marks no middle"),
        (CompletionCase, {"files": FILES, "colour": "red"}, "colour"),
        (RenameCase, {"files": {"a.py": "«x» = 1\n"}, "new": "y"}, "0 places are marked"),
        (EditCase, {"files": FILES, "task": "explain", "checks": [{"says": "a"}], "reply": "", "wrong": ""}, "changes"),
        (EditCase, {"files": FILES, "task": "edit", "checks": [], "reply": "", "wrong": ""}, "at least 1"),
        (
            EditCase,
            {"files": FILES, "task": "edit", "checks": [{"says": "a", "has": ["("]}], "reply": "", "wrong": ""},
            "regular expression",
        ),
        (
            EditCase,
            {"files": FILES, "task": "edit", "checks": [{"says": "a", "doc": "b"}], "reply": "", "wrong": ""},
            "need `within`",
        ),
        (ExplainCase, {"files": FILES, "mentions": [], "facts": [], "reply": "", "wrong": ""}, "at least 1"),
        (RouteCase, {"wish": {"task": "edit"}, "class": "huge"}, "class"),
        (RouteCase, {"wish": {"instructions": "edit"}, "class": "local"}, "instructions"),
    ],
)
def test_an_unsound_case_is_refused(kind: type[Case], table: dict[str, object], words: str) -> None:
    assert kind in KINDS
    with pytest.raises(ValidationError, match=words):
        kind.model_validate({"name": "python/a", "about": "a", **table})
