"""The engine as a whole: what it learns, follows and keeps to, whatever it is fed."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tierwise.core.documents import Document
from tierwise.core.ports import DocumentEdit
from tierwise.core.text import Lines, Point, Span, advance
from tierwise.embedded.engine import EmbeddedEngine
from tierwise.embedded.values import Evidence, Silence, Suggestion

FOLDER = Path("/project").absolute()
SHAPES = '''
class Shape:
    """Anything with an outline."""

    def __init__(self, name: str) -> None:
        self.name = name

    def area(self) -> float:
        raise NotImplementedError("a shape has to say how large it is")

    def describe(self) -> str:
        return f"{self.name} of {self.area():.2f}"


class Square(Shape):
    def __init__(self, side: float) -> None:
        super().__init__("square")
        self.side = side

    def area(self) -> float:
        return self.side * self.side
'''


def document(name: str, text: str, version: int = 1) -> Document:
    path = FOLDER / name
    return Document(path.as_uri(), path, "python", version, Lines.of(text))


def edit(before: Document, span: Span, text: str) -> DocumentEdit:
    return DocumentEdit(before, before.changed(span, text, (before.version or 0) + 1), span, text)


def end(doc: Document) -> Point:
    return doc.lines.end


def completed(engine: EmbeddedEngine, doc: Document) -> str:
    found = engine.complete(doc, end(doc))
    return found.text if isinstance(found, Suggestion) else ""


def test_knows_what_stands_in_the_workspace_and_says_so() -> None:
    engine = EmbeddedEngine()
    doc = document("circle.py", SHAPES.replace("Square", "Circle")[:200] + "\n\nx = 1\nraise NotImpl")
    engine.opened(document("empty.py", ""))
    engine.learn(str(FOLDER / "shapes.py"), "python", SHAPES * 3)
    engine.opened(doc)
    found = engine.complete(doc, end(doc))
    assert isinstance(found, Suggestion)
    assert found.text.startswith("ementedError")
    assert 0.5 < found.confidence <= 1
    assert found.evidence in set(Evidence)


def test_forgets_a_file() -> None:
    engine = EmbeddedEngine()
    asked = document("a.py", "import os\n\nquarterly_budget_planner = Quarterly")
    engine.opened(asked)
    for number in range(4):
        engine.learn(str(FOLDER / f"{number}.py"), "python", "quarterly_budget_planner = QuarterlyBudgetPlanner()\n")
    assert completed(engine, asked) == "BudgetPlanner()"
    for number in range(4):
        engine.file_gone(FOLDER / f"{number}.py")
    assert completed(engine, asked) == ""


def test_a_file_learnt_again_replaces_what_it_was() -> None:
    engine = EmbeddedEngine()
    asked = document("a.py", "import os\n\nquarterly_budget_planner = Quarterly")
    engine.opened(asked)
    for text in ("BudgetPlanner", "BudgetOverview"):
        for number in range(4):
            engine.learn(str(FOLDER / f"{number}.py"), "python", f"quarterly_budget_planner = Quarterly{text}()\n")
    assert completed(engine, asked) == "BudgetOverview()"


def test_languages_of_one_family_learn_from_each_other_and_others_do_not() -> None:
    line = "const quarterlyBudgetPlanner = createQuarterlyBudgetPlanner();\n"
    for language, known in (("typescriptreact", True), ("go", False)):
        engine = EmbeddedEngine()
        for number in range(4):
            engine.learn(str(FOLDER / f"{number}.x"), language, line)
        path = FOLDER / "a.js"
        asked = Document(
            path.as_uri(), path, "javascript", 1, Lines.of("let a = 1;\nconst quarterlyBudgetPlanner = create")
        )
        engine.opened(asked)
        assert completed(engine, asked) == ("QuarterlyBudgetPlanner();" if known else "")


def test_follows_edits_of_the_document() -> None:
    engine = EmbeddedEngine()
    doc = document("a.py", SHAPES)
    engine.opened(doc)
    first = edit(
        doc, Span.at(Point(1, 0)), "def summarize_ledger(ledger):\n    return ledger.summary(currency=EURO)\n\n\n"
    )
    engine.edited(first)
    second = edit(first.after, Span.at(end(first.after)), "\n\ndef other(ledger):\n    return ledger.summ")
    engine.edited(second)
    found = engine.complete(second.after, end(second.after))
    assert isinstance(found, Suggestion)
    assert found.text == "ary(currency=EURO)"
    assert found.evidence is Evidence.DOCUMENT
    gone = edit(second.after, Span(Point(1, 0), Point(5, 0)), "")
    engine.edited(gone)
    found = engine.complete(gone.after, end(gone.after))
    assert not isinstance(found, Suggestion) or "EURO" not in found.text


def test_an_edit_of_a_document_that_was_never_opened_opens_it() -> None:
    engine = EmbeddedEngine()
    change = edit(document("a.py", SHAPES), Span.at(Point(0, 0)), "import math\n")
    engine.edited(change)
    assert isinstance(engine.complete(change.after, end(change.after)), Suggestion | Silence)


def test_other_open_documents_count_until_they_are_closed() -> None:
    engine = EmbeddedEngine()
    other = document("other.py", "total = ledger.summary(currency=EURO, rounding=HALF_EVEN)\n" * 3)
    asked = document("a.py", "import os\n\ntotal = ledger.summ")
    engine.opened(other)
    engine.opened(asked)
    assert completed(engine, asked) == "ary(currency=EURO, rounding=HALF_EVEN)"
    engine.closed(other)
    assert completed(engine, asked) == ""


def test_a_long_document_is_read_in_the_background_and_served_meanwhile() -> None:
    engine = EmbeddedEngine()
    text = "".join(f"def handler_{n}(event):\n    return dispatch_{n}(event, retries={n})\n\n\n" for n in range(2_000))
    doc = document("long.py", text + "def handler_1(event):\n    return disp")
    engine.opened(doc)
    assert isinstance(engine.complete(doc, end(doc)), Suggestion | Silence)
    change = edit(doc, Span.at(end(doc)), "atch_1(event, ret")
    engine.edited(change)
    engine.wait()
    assert completed(engine, change.after) == "ries=1)"


def test_the_same_history_gives_the_same_answer() -> None:
    def answers() -> list[Suggestion | Silence]:
        engine = EmbeddedEngine()
        for number in range(6):
            engine.learn(str(FOLDER / f"{number}.py"), "python", SHAPES.replace("side", f"side_{number}"))
        doc = document("a.py", SHAPES)
        engine.opened(doc)
        return [engine.complete(doc, Point(line, column)) for line in range(doc.lines.count) for column in (0, 8, 15)]

    assert answers() == answers()


def test_learning_in_a_thread_while_completing() -> None:
    engine = EmbeddedEngine()
    doc = document("a.py", SHAPES + "\n\nclass Oval(Shape):\n    def __init__(self, side: flo")
    engine.opened(doc)
    failures: list[BaseException] = []

    def learn() -> None:
        try:
            for number in range(60):
                engine.learn(str(FOLDER / f"{number % 20}.py"), "python", SHAPES.replace("side", f"side_{number}") * 4)
        except BaseException as error:  # noqa: BLE001 - whatever it is, the test has to see it
            failures.append(error)

    worker = threading.Thread(target=learn)
    worker.start()
    answers = [completed(engine, doc)]
    while worker.is_alive():
        answers.append(completed(engine, doc))
        engine.items(doc, end(doc), 20)
    worker.join()
    assert not failures
    assert set(answers) <= {"", "at", "at) -> None:"}


def test_points_outside_the_text_are_brought_inside() -> None:
    engine = EmbeddedEngine()
    doc = document("a.py", "a = 1\n")
    engine.opened(doc)
    for point in (Point(99, 99), Point(-1, 3), Point(0, 99)):
        assert isinstance(engine.complete(doc, point), Silence)
        assert isinstance(engine.items(doc, point, 5), tuple)


BRACKETS = {"(": ")", "[": "]", "{": "}"}
LINES = st.sampled_from(
    (
        "def area(self, width, height):",
        "    total = compute(width, [height])",
        "    return total",
        "    print({'width': width, 'height': height})",
        "items = [",
        "    (1, 2),",
        "]",
        "",
        "    if width > height:",
        "        return area(width, height)",
    )
)


def unclosed(text: str) -> int:
    """How many brackets stay open, -1 when one closes that was not open."""
    stack: list[str] = []
    for char in text:
        if char in BRACKETS:
            stack.append(BRACKETS[char])
        elif char in BRACKETS.values() and (not stack or stack.pop() != char):
            return -1
    return len(stack)


@settings(max_examples=150)
@given(st.lists(LINES, max_size=30), st.integers(0, 30), st.integers(0, 40), st.sampled_from(("", ")", "]", "):")))
def test_what_was_balanced_stays_balanced(lines: list[str], line: int, column: int, tail: str) -> None:
    """Half a line, what an editor has closed after the cursor, and the text below: whatever is put in between."""
    line = min(line, len(lines))
    typed = (lines[line] if line < len(lines) else "    return compute(")[:column]
    before = "\n".join([*lines[:line], typed])
    after = "\n".join([tail, *lines[line + 1 :]])
    doc = document("a.py", before + after)
    engine = EmbeddedEngine()
    engine.opened(doc)
    found = engine.complete(doc, advance(Point(0, 0), before))
    if isinstance(found, Suggestion):
        assert found.text == found.text.rstrip()
        if unclosed(before + after) == 0:
            assert unclosed(before + found.text + after) == 0
        rest = (tail + "\n").split("\n")[0]
        assert not rest or "\n" not in found.text


@settings(max_examples=60)
@given(
    st.text(max_size=200),
    st.integers(0, 10),
    st.integers(0, 40),
    st.sampled_from(("python", "html", "rust", "markdown")),
)
def test_any_text_is_taken(text: str, line: int, column: int, language: str) -> None:
    engine = EmbeddedEngine()
    doc = Document("untitled:a", None, language, 1, Lines.of(text * 3))
    engine.opened(doc)
    engine.learn("x", language, text)
    point = Point(line, column)
    assert isinstance(engine.complete(doc, point), Suggestion | Silence)
    assert len(engine.items(doc, point, 7)) <= 7


def offered(engine: EmbeddedEngine, doc: Document, point: Point) -> Suggestion | None:
    answer = engine.complete(doc, point)
    return answer if isinstance(answer, Suggestion) else None


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(0, 40),
            st.integers(0, 12),
            st.integers(0, 3),
            st.sampled_from(("", "x", "\n", "    a = b\n", "(\n\n)", '"""')),
        ),
        max_size=12,
    )
)
def test_edits_lead_where_opening_anew_leads(edits: list[tuple[int, int, int, str]]) -> None:
    """To the same offers: the reason for a silence may rest on words that the text held once. The width of one level of
    indentation is read when a document is opened: enough lines stay that show it.
    """
    followed, doc = EmbeddedEngine(), document("a.py", SHAPES * 4)
    followed.opened(doc)
    for line, column, more, text in edits:
        start = doc.lines.clamp(Point(line, column))
        change = edit(doc, Span(start, max(start, doc.lines.clamp(Point(line + more, column)))), text)
        followed.edited(change)
        doc = change.after
    anew = EmbeddedEngine()
    anew.opened(doc)
    for line in range(doc.lines.count):
        point = Point(line, len(doc.lines.line(line)))
        assert offered(followed, doc, point) == offered(anew, doc, point)


def test_a_string_that_is_opened_in_a_long_document_is_opened_for_all_that_follows() -> None:
    engine = EmbeddedEngine()
    text = "".join(f"def handler_{n}(event):\n    return dispatch_{n}(event, retries={n})\n\n\n" for n in range(500))
    doc = document("long.py", text + "def handler_1(event):\n    ret")
    engine.opened(doc)
    engine.wait()
    for span, quotes in ((Span.at(Point(2, 0)), '"""'), (Span(Point(2, 0), Point(2, 3)), "")):
        change = edit(doc, span, quotes)
        doc = change.after
        engine.edited(change)
        completed(engine, doc)
        engine.wait()
        anew = EmbeddedEngine()
        anew.opened(doc)
        anew.wait()
        assert engine.complete(doc, end(doc)) == anew.complete(doc, end(doc))


@pytest.mark.parametrize("size", [0, 1, 400_001])
def test_files_that_are_empty_or_too_large_are_no_trouble(size: int) -> None:
    engine = EmbeddedEngine()
    engine.learn("x", "python", "x" * size)
    doc = document("a.py", "x")
    engine.opened(doc)
    assert isinstance(engine.complete(doc, end(doc)), Silence)


@pytest.mark.parametrize("piece", ["a", " ", "/", "Zm9v", "'", "(", "f(b[1]);"])
def test_a_line_as_long_as_a_file_is_no_trouble(piece: str) -> None:
    engine = EmbeddedEngine()
    doc = document("a.js", "let a = 1;\n" + piece * 300_000 + "\nlet ab = a")
    engine.opened(doc)
    engine.wait()
    assert isinstance(engine.complete(doc, Point(1, 300_000)), Silence)
    assert engine.items(doc, Point(1, 300_000), 10) == ()
    following = edit(doc, Span.at(Point(0, 5)), "b")
    engine.edited(following)
    assert [word.text for word in engine.items(following.after, end(following.after), 1)] == ["ab"]
