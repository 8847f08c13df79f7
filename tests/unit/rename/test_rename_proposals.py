"""What another program proposes is taken whole, checked, or not at all."""

from __future__ import annotations

import pytest
from rename_cases import FOLDER, MemoryView, view_of

from tierwise.core.changes import Changeset, FileEdit, TextEdit
from tierwise.core.renaming import RenameProposal
from tierwise.core.text import Point, Span
from tierwise.rename.engines import bundled_engines
from tierwise.rename.service import Renamer
from tierwise.rename.values import Reason, Renameable, RenameDeclined, RenameResult

Part = tuple[int, int, int, str]
"""Line, first and last column, new text."""


def accept(view: MemoryView, name: str, old: str, new: str, *parts: Part) -> RenameResult:
    base = view.documents[FOLDER / name]
    edits = tuple(TextEdit(Span(Point(line, start), Point(line, end)), text) for line, start, end, text in parts)
    proposal = RenameProposal("other", Changeset((FileEdit(base, edits),)), old)
    what = Renameable(Span.at(Point(0, 0)), old, "name", "other")
    return Renamer(bundled_engines(packages=lambda _: ())).accept(view, base, what, new, proposal)


def after(result: RenameResult) -> list[str]:
    return [edit.result.text for edit in result.changeset.edits]


def test_a_proposal_becomes_a_result() -> None:
    view = view_of({"a.go": "package a\n\nfunc load() {}\n"})
    result = accept(view, "a.go", "load", "read", (2, 5, 9, "read"))
    assert after(result) == ["package a\n\nfunc read() {}\n"]
    assert (result.engine, result.certain, result.old_name, result.new_name) == ("other", 1, "load", "read")


@pytest.mark.parametrize(
    "parts",
    [
        [(0, 4, 5, "f"), (0, 6, 7, "ve")],
        [(0, 4, 6, "fi"), (0, 6, 7, "ve")],
        [(0, 4, 4, "five"), (0, 4, 7, "")],
        [(0, 4, 7, "five")],
    ],
)
def test_parts_that_replace_letters_of_one_word_become_one(parts: list[Part]) -> None:
    view = view_of({"a.mod": "use six // six\n"})
    result = accept(view, "a.mod", "six", "five", *parts)
    assert after(result) == ["use five // six\n"]
    assert [item.text for edit in result.changeset.edits for item in edit.edits if item.text] == ["five"]


def test_letters_across_words_are_one_part_of_a_path() -> None:
    view = view_of({"go.mod": "module m\n\nreplace m/six/four => ./six/four\n"})
    result = accept(view, "go.mod", "m/six/four", "m/five", (2, 24, 25, "f"), (2, 26, 32, "ve"))
    assert after(result) == ["module m\n\nreplace m/six/four => ./five\n"]


@pytest.mark.parametrize(
    ("part", "reason"),
    [
        ((2, 15, 20, "read"), Reason.STALE),
        ((2, 5, 9, "write"), Reason.STALE),
        ((2, 5, 9, "read(("), Reason.SYNTAX),
    ],
)
def test_what_is_no_rename_of_the_name_is_declined(part: Part, reason: Reason) -> None:
    view = view_of({"a.go": "package a\n\nfunc load() { other() }\n"})
    with pytest.raises(RenameDeclined) as caught:
        accept(view, "a.go", "load", "read", part)
    assert caught.value.reason is reason
