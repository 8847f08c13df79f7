"""Open documents: any sequence of changes leaves the text that the editor has; history tells what happened."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tierwise.core.clock import SystemClock
from tierwise.core.text import Lines, Point, Span
from tierwise.session.documents import OpenDocuments
from tierwise.session.history import EditHistory

URI = "file:///w/a.py"
CHANGE = st.tuples(
    st.integers(0, 40), st.integers(0, 6), st.integers(0, 40), st.integers(0, 6), st.text("ab\n", max_size=8)
)


@given(st.text("ab\n", max_size=80), st.lists(CHANGE, max_size=12))
def test_changes_reach_the_text_and_history_stays_true(
    text: str, changes: list[tuple[int, int, int, int, str]]
) -> None:
    documents, history = OpenDocuments(), EditHistory(SystemClock())
    documents.open(URI, "python", 1, text)
    for version, (l1, c1, l2, c2, new) in enumerate(changes, 2):
        a, b = Point(l1, c1), Point(l2, c2)
        edit = documents.change(URI, version, Span(min(a, b), max(a, b)), new)
        assert edit is not None
        history.record(edit)
        assert edit.after.version == version
        assert edit.before.lines.splice(edit.span, edit.text).text == edit.after.text
        newest = next(iter(history.recent()), None)
        if (
            newest is not None
            and newest.line + len(newest.new) <= edit.after.lines.count
            and edit.before.text != edit.after.text
        ):
            shown = tuple(edit.after.lines.raw_range(newest.line, newest.line + len(newest.new)))
            assert shown == newest.new


def test_typing_one_line_is_one_hunk() -> None:
    documents, history = OpenDocuments(), EditHistory(SystemClock())
    documents.open(URI, "python", 1, "a = 1\n\nb = 2\n")
    for column, char in enumerate("c = 3"):
        edit = documents.change(URI, column + 2, Span.at(Point(1, column)), char)
        assert edit is not None
        history.record(edit)
    (hunk,) = history.recent()
    assert (hunk.line, hunk.old, hunk.new) == (1, ("\n",), ("c = 3\n",))


def test_whole_document_change_and_unknown_document() -> None:
    documents = OpenDocuments()
    documents.open(URI, "python", 1, "old")
    edit = documents.change(URI, 2, None, "new\ntext")
    assert edit is not None
    assert edit.after.text == "new\ntext"
    assert documents.change("file:///nowhere", 1, None, "x") is None


def test_the_most_recently_used_comes_first() -> None:
    documents = OpenDocuments()
    for name in "abc":
        documents.open(name, "python", 1, "")
    documents.touch("a")
    assert [document.uri for document in documents] == ["a", "c", "b"]


def test_language_falls_back_to_the_file_name() -> None:
    documents = OpenDocuments()
    assert documents.open("file:///x/y.rs", "unknown-id", 1, "").language == "rust"
    assert documents.open("file:///x/y.tsx", "tsx", 1, "").language == "typescriptreact"
    assert Lines.of("").count == 1


def test_hunks_move_with_their_text_and_only_what_differs_counts() -> None:
    documents, history = OpenDocuments(), EditHistory(SystemClock())
    text = "".join(f"line {number}\n" for number in range(20))
    documents.open(URI, "python", 1, text)

    def change(span: Span | None, new: str) -> None:
        edit = documents.change(URI, history.revision + 2, span, new)
        assert edit is not None
        history.record(edit)

    change(Span(Point(12, 5), Point(12, 7)), "twelve")
    change(Span.at(Point(2, 0)), "above\nthe other\n")
    newest, older = history.recent()
    assert (newest.line, newest.old, newest.new) == (2, (), ("above\n", "the other\n"))
    assert (older.line, older.old, older.new) == (14, ("line 12\n",), ("line twelve\n",))
    change(None, text.replace("line 12", "line twelve").replace("line 2\n", "above\nthe other\nline 2\n") + "end")
    newest, *_ = history.recent()
    assert (newest.line, newest.old, newest.new) == (22, ("",), ("end",))
    assert [hunk.line for hunk in history.recent()] == [22, 2, 14]
