"""How answers are judged, job by job: pure, no server."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from tierwise.cli.gold_desk import BundledSyntax
from tierwise.core.changes import Changeset, CreateFile, FileEdit, RenameFile, TextEdit
from tierwise.core.documents import Document
from tierwise.core.languages import language_of
from tierwise.core.tasks import TaskClass, Tier
from tierwise.core.text import Lines, Point, Span
from tierwise.features.completion.values import Offer
from tierwise.features.explain import Explanation
from tierwise.gold.cases import EditCase, ExplainCase, RenameCase, RouteCase
from tierwise.gold.checks import look
from tierwise.gold.desk import Wish
from tierwise.gold.jobs import completion, edit, explanation, rename, routing
from tierwise.gold.results import Check, Verdict
from tierwise.settings.models import Settings

FOLDER = Path("/project").absolute()


def document(name: str, text: str) -> Document:
    path = FOLDER / name
    return Document(path.as_uri(), path, language_of(path).id, 1, Lines.of(text))


# Completion: the line with its cursor, what replaces which columns, and the verdict.

MIDDLES = ("sum(xs)", "fsum(xs)")


@pytest.mark.parametrize(
    ("line", "offered", "columns", "verdict", "score", "saved"),
    [
        ("y = |", "sum(xs)", (4, 4), Verdict.RIGHT, 1.0, 7),
        ("y = |", "y = sum(xs)", (0, 4), Verdict.RIGHT, 1.0, 7),
        ("y = |", "sum(xs)  ", (4, 4), Verdict.RIGHT, 1.0, 7),
        ("y = |", "fsum(xs)", (4, 4), Verdict.RIGHT, 1.0, 8),
        ("y = f(|)", "sum(xs))", (6, 7), Verdict.RIGHT, 1.0, 7),
        ("y = |", "sum", (4, 4), Verdict.PARTIAL, 3 / 7, 3),
        ("y = f(|)", "sum)", (6, 7), Verdict.PARTIAL, 3 / 7, 3),
        ("y = |", "sum(xs) + 1", (4, 4), Verdict.OVERRUN, 7 / 11, 7),
        ("y = |", "sum(xs)\nreturn y", (4, 4), Verdict.OVERRUN, 7 / 16, 7),
        ("y = |", "max(xs)", (4, 4), Verdict.WRONG, 0.0, 0),
        ("y = |", "sum(ys)", (4, 4), Verdict.WRONG, 0.0, 0),
        ("y = |", "z = sum(xs)", (0, 4), Verdict.WRONG, 0.0, 0),
        ("y = f(|)", "sum(xs)", (6, 7), Verdict.PARTIAL, 6 / 7, 6),
    ],
)
def test_completions(
    line: str, offered: str, columns: tuple[int, int], verdict: Verdict, score: float, saved: int
) -> None:
    point = Point(0, line.index("|"))
    offer = Offer("id", offered, Span(Point(0, columns[0]), Point(0, columns[1])), "a/model")
    found = completion.judge(document("a.py", line.replace("|", "")), point, offer, MIDDLES, "")
    assert (found.verdict, found.saved) == (verdict, saved)
    assert found.score == pytest.approx(score)
    assert bool(found.note) == (verdict is not Verdict.RIGHT)


def test_no_completion_is_silence() -> None:
    found = completion.judge(document("a.py", "y = "), Point(0, 4), None, MIDDLES, "unsure")
    assert (found.verdict, found.score, found.note, found.offered_for) == (Verdict.SILENT, 0.0, "unsure", 7)


# Rename

RENAME = {"name": "python/a", "about": "a", "files": {"a.py": "¦«x» = 1\nprint(«x», y)\n"}, "new": "z"}


def replaced(*columns: tuple[int, int, int]) -> Changeset:
    base = document("a.py", "x = 1\nprint(x, y)\n")
    edits = tuple(TextEdit(Span(Point(line, start), Point(line, end)), "z") for line, start, end in columns)
    return Changeset((FileEdit(base, edits),))


def test_renames() -> None:
    case = RenameCase.model_validate(RENAME)
    good = replaced((0, 0, 1), (1, 6, 7))
    assert rename.judge(case, good, FOLDER).verdict is Verdict.RIGHT
    missed = rename.judge(case, replaced((0, 0, 1)), FOLDER)
    assert (missed.verdict, missed.note) == (Verdict.WRONG, "a.py:2 is not as expected")
    too_much = replaced((0, 0, 1), (1, 6, 7), (1, 9, 10))
    assert rename.judge(case, too_much, FOLDER).verdict is Verdict.WRONG
    further = Changeset((*good.changes, CreateFile(FOLDER / "b.py", "")))
    assert rename.judge(case, further, FOLDER).verdict is Verdict.WRONG
    moved = Changeset((*good.changes, RenameFile(FOLDER / "a.py", FOLDER / "z.py")))
    assert rename.judge(case, moved, FOLDER).verdict is Verdict.WRONG
    assert rename.judge_refusal(case, "cannot").verdict is Verdict.REFUSED


def test_renames_that_must_be_refused() -> None:
    case = RenameCase.model_validate({**RENAME, "files": {"a.py": "¦x = 1\nprint(x, y)\n"}, "declined": "z is taken"})
    assert rename.judge_refusal(case, "z is taken").verdict is Verdict.RIGHT
    done = rename.judge(case, replaced((0, 0, 1), (1, 6, 7)), FOLDER)
    assert (done.verdict, done.note) == (Verdict.WRONG, "done, although z is taken")


# Edits

BEFORE = "import os\n\n\n⟦def f(a):\n    return a⟧\n\n\ndef g():\n    # why\n    return f(1)\n"


def edit_case(*checks: dict[str, object], **more: object) -> EditCase:
    table = {"name": "python/a", "about": "a", "files": {"a.py": BEFORE, "b.py": "b = 1\n"}, "task": "edit"}
    asked = list(checks) or [{"says": "asked", "has": ["def f"]}]
    return EditCase.model_validate({**table, "instruction": "do", "checks": asked, "reply": "", "wrong": "", **more})


def met(case: EditCase, **after: str) -> dict[str, bool | None]:
    texts = {**case.place.files, **{name.replace("_", "."): text for name, text in after.items()}}
    return {check.says: check.met for check in look(case, texts, BundledSyntax())}


PLAIN = BEFORE.replace("⟦", "").replace("⟧", "")


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("def f(a):", "def f(a:", "every file parses"),
        ("return f(1)", "return f(2)", "all other definitions are as they were"),
        ("def g()", "def h()", "all other definitions are as they were"),
    ],
)
def test_an_edit_that_breaks_something_is_worth_nothing(old: str, new: str, says: str) -> None:
    case = edit_case()
    checks = look(case, {**case.place.files, "a.py": PLAIN.replace(old, new)}, BundledSyntax())
    assert {check.says: check.met for check in checks}[says] is False
    assert (edit.judge(checks).verdict, edit.judge(checks).score) == (Verdict.WRONG, 0.0)


def test_what_is_selected_or_named_may_change() -> None:
    says = "all other definitions are as they were"
    assert met(edit_case(), a_py=PLAIN.replace("return a", "return -a"))[says] is True
    changed = PLAIN.replace("f(1)", "f(a=1)")
    assert met(edit_case(), a_py=changed)[says] is False
    assert met(edit_case(touches=["g"]), a_py=changed)[says] is True
    assert met(edit_case(), a_py=PLAIN + "\n\ndef new():\n    return 0\n")[says] is True


@pytest.mark.parametrize(
    ("more", "old", "new", "kept"),
    [
        ({"adds_only": True}, "return a", "# now\n    return a", True),
        ({"adds_only": True}, "return a", "return -a", False),
        ({"adds_only": True}, "import os\n", "", False),
        ({"goes": "def "}, "def f(a):", "def f(a: int):", True),
        ({"goes": "def "}, "return a", "return -a", False),
    ],
)
def test_lines_that_must_stay(more: dict[str, object], old: str, new: str, kept: bool) -> None:
    found = met(edit_case(**more), a_py=PLAIN.replace(old, new))
    assert found["no line is lost" if "adds_only" in more else "only the lines in question change"] is kept


@pytest.mark.parametrize(
    ("check", "expected"),
    [
        ({"has": ["^def f", "import os.*def g"]}, True),
        ({"has": ["def f", "def h"]}, False),
        ({"lacks": ["why"]}, False),
        ({"within": "f", "lacks": ["why"]}, True),
        ({"within": "h"}, False),
        ({"within": "g", "at_most_lines": 3}, True),
        ({"within": "g", "at_most_lines": 2}, False),
        ({"within": "f", "signature": r"\(a\)"}, True),
        ({"within": "f", "signature": r"\(b\)"}, False),
        ({"within": "f", "doc": "."}, False),
        ({"file": "b.py", "has": ["b = 1"]}, True),
        ({"file": "*.py", "has": ["b = 1"]}, True),
        ({"file": "c.py"}, False),
    ],
)
def test_checks(check: dict[str, object], expected: bool) -> None:
    assert met(edit_case({"says": "it", **check}))["it"] is expected


def test_an_edit_scores_the_share_of_what_was_asked() -> None:
    guard, unknown = Check("parses", True, guard=True), Check("runs", None, guard=True)
    half = edit.judge((guard, unknown, Check("one", True), Check("two", False)))
    assert (half.verdict, half.score, half.note) == (Verdict.PARTIAL, 0.5, "not met: two")
    assert edit.judge((guard, unknown, Check("one", True))).verdict is Verdict.RIGHT
    assert edit.judge((guard, Check("one", False))).verdict is Verdict.WRONG
    fails = edit.judge((guard, Check("runs", False, "KeyError: 1", guard=True), Check("one", True)))
    assert (fails.verdict, fails.score, fails.note) == (Verdict.WRONG, 0.0, "not met: runs KeyError: 1")


# Explanations


def test_explanations() -> None:
    case = ExplainCase.model_validate(
        {
            "name": "python/a",
            "about": "a",
            "files": {"a.py": "⟦x = 1⟧\n"},
            "mentions": [{"says": "one", "any": "one|1"}, {"says": "name", "any": r"\bx\b"}],
            "avoids": [{"says": "two", "any": "is two"}],
            "facts": [{"says": "line", "any": "line 1"}],
            "most_words": 5,
            "reply": "",
            "wrong": "",
        }
    )

    def judged(text: str, tier: Tier | None = Tier.BALANCED) -> tuple[Verdict, float]:
        found = explanation.judge(case, Explanation(text, tier, "a/model"))
        return found.verdict, found.score

    assert judged("X is ONE") == (Verdict.RIGHT, 1.0)
    assert judged("X is a name") == (Verdict.PARTIAL, 0.75)
    assert judged("x is 1 and so much more than that") == (Verdict.PARTIAL, 0.75)
    assert judged("x is one, no, x is two") == (Verdict.WRONG, 0.0)
    assert judged("see line 1", None) == (Verdict.RIGHT, 1.0)
    assert judged("see line 2", None) == (Verdict.WRONG, 0.0)


# Routing


@dataclass(frozen=True)
class Decided:
    task_class: TaskClass
    tier: Tier
    reasons: tuple[str, ...] = ("it is so",)


@pytest.mark.parametrize(
    ("task_class", "verdict", "score"),
    [("local", Verdict.RIGHT, 1.0), ("mechanical", Verdict.TOO_LOW, 0.0), ("agentic", Verdict.TOO_HIGH, 0.0)],
)
def test_routing(task_class: str, verdict: Verdict, score: float) -> None:
    case = RouteCase.model_validate({"name": "a", "about": "a", "class": "local", "wish": {"instruction": "b"}})
    assert case.wish == Wish(instruction="b")
    found = routing.judge(case, Decided(TaskClass(task_class), Tier.BALANCED), Settings())
    assert (found.verdict, found.score) == (verdict, score)
