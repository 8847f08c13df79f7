from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tierwise.cli.editor_documents import Documents, EditRefused, apply_text_edits, offset, position
from tierwise.core.uris import to_uri

ENCODINGS = ("utf-8", "utf-16", "utf-32")


def span(start: tuple[int, int], end: tuple[int, int]) -> dict[str, dict[str, int]]:
    return {
        "start": {"line": start[0], "character": start[1]},
        "end": {"line": end[0], "character": end[1]},
    }


@given(st.text(alphabet="ab\n\r é😀\x0c\u2028"), st.data(), st.sampled_from(ENCODINGS))
def test_places_and_offsets_are_inverse(text: str, data: st.DataObject, encoding: str) -> None:
    at = data.draw(st.integers(0, len(text)))
    if text[at - 1 : at + 1] == "\r\n" and at:
        return  # no position lies between the halves of a terminator
    assert offset(text, position(text, at, encoding), encoding) == at


@pytest.mark.parametrize(("encoding", "character"), [("utf-8", 4), ("utf-16", 2), ("utf-32", 1)])
def test_characters_are_counted_in_the_agreed_unit(encoding: str, character: int) -> None:
    assert position("😀x", 1, encoding) == {"line": 0, "character": character}
    assert offset("😀x", {"line": 0, "character": character}, encoding) == 1


@pytest.mark.parametrize("place", [(0, 9), (0, 1), (3, 0), (-1, 0)])
def test_a_place_that_is_not_there_is_refused(place: tuple[int, int]) -> None:
    with pytest.raises(EditRefused):
        offset("😀x\ny\n", {"line": place[0], "character": place[1]}, "utf-16")


def test_edits_refer_to_the_text_before_all_of_them() -> None:
    edits = [
        {"range": span((0, 0), (0, 1)), "newText": "long\n"},
        {"range": span((1, 0), (1, 1)), "newText": "B"},
        {"range": span((1, 1), (1, 1)), "newText": "!"},
    ]
    text, changes = apply_text_edits("a\nb\n", edits, "utf-16")
    assert text == "long\n\nB!\n"
    assert [c["text"] for c in changes] == ["!", "B", "long\n"], "the last place first, as editors announce them"


def test_insertions_at_one_place_keep_their_order() -> None:
    edits = [{"range": span((0, 0), (0, 0)), "newText": text} for text in ("1", "2", "3")]
    assert apply_text_edits("x", edits, "utf-16")[0] == "123x"


def test_overlapping_edits_are_refused() -> None:
    edits = [{"range": span((0, 0), (0, 3)), "newText": ""}, {"range": span((0, 2), (0, 4)), "newText": ""}]
    with pytest.raises(EditRefused, match="overlap"):
        apply_text_edits("abcdef", edits, "utf-16")


def test_a_workspace_edit_changes_buffers_and_tells_the_server(tmp_path: Path) -> None:
    shut = tmp_path / "shut.py"
    shut.write_text("old = 1\n")
    documents = Documents("utf-8")
    documents.open("untitled:a", "old\n", "python")
    edit = {"newText": "new", "range": span((0, 0), (0, 3))}
    told = documents.apply(
        {
            "documentChanges": [
                {"textDocument": {"uri": "untitled:a", "version": 1}, "edits": [edit]},
                {"textDocument": {"uri": to_uri(shut), "version": None}, "edits": [edit]},
            ]
        }
    )
    assert documents.text("untitled:a") == "new\n"
    assert documents.text(to_uri(shut)) == "new = 1\n"
    assert shut.read_text() == "old = 1\n", "nothing is written"
    assert [method.removeprefix("textDocument/") for method, _ in told] == ["didChange", "didOpen", "didChange"]
    assert told[0][1]["textDocument"] == {"uri": "untitled:a", "version": 2}


def test_the_plain_form_of_changes_is_applied_too() -> None:
    documents = Documents()
    documents.open("untitled:a", "old\n")
    documents.apply({"changes": {"untitled:a": [{"newText": "new", "range": span((0, 0), (0, 3))}]}})
    assert documents.text("untitled:a") == "new\n"


def test_files_are_made_moved_and_deleted_in_memory(tmp_path: Path) -> None:
    there = tmp_path / "there.py"
    there.write_text("x = 1\n")
    new, moved = to_uri(tmp_path / "new.py"), to_uri(tmp_path / "moved.py")
    documents = Documents()
    documents.apply(
        {
            "documentChanges": [
                {"kind": "create", "uri": new},
                {
                    "textDocument": {"uri": new, "version": None},
                    "edits": [{"newText": "y = 2\n", "range": span((0, 0), (0, 0))}],
                },
                {"kind": "rename", "oldUri": to_uri(there), "newUri": moved},
            ]
        }
    )
    assert documents.text(new) == "y = 2\n"
    assert documents.text(moved) == "x = 1\n"
    with pytest.raises(EditRefused, match="does not exist"):
        documents.text(to_uri(there))
    documents.apply({"documentChanges": [{"kind": "delete", "uri": new}]})
    with pytest.raises(EditRefused, match="does not exist"):
        documents.text(new)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["there.py"]


def test_a_preview_changes_nothing(tmp_path: Path) -> None:
    there, new = to_uri(tmp_path / "there.py"), to_uri(tmp_path / "new.py")
    (tmp_path / "there.py").write_text("x = 1\n")
    documents = Documents()
    documents.open("untitled:a", "old\n")
    edit = {
        "documentChanges": [
            {
                "textDocument": {"uri": "untitled:a", "version": 1},
                "edits": [{"newText": "new", "range": span((0, 0), (0, 3))}],
            },
            {"kind": "rename", "oldUri": there, "newUri": new},
        ]
    }
    assert documents.preview(edit) == {"untitled:a": ("old\n", "new\n"), there: ("x = 1\n", ""), new: ("", "x = 1\n")}
    assert documents.text("untitled:a") == "old\n"
    assert documents.text(there) == "x = 1\n"
    assert list(documents.buffers) == ["untitled:a"]


@pytest.mark.parametrize(
    "change",
    [
        {"textDocument": {"uri": "untitled:a", "version": 7}, "edits": []},
        {"textDocument": {"uri": "untitled:nowhere", "version": None}, "edits": []},
        {"textDocument": {"uri": "untitled:a", "version": 1}, "edits": [
            {"newText": "", "range": span((9, 0), (9, 0))}
        ]},
        {"textDocument": {"uri": "untitled:a", "version": 1}, "edits": [
            {"newText": "", "range": span((0, 0), (0, 0)), "annotationId": "unknown"}
        ]},
        {"kind": "create", "uri": "untitled:a"},
        {"kind": "delete", "uri": "untitled:nowhere"},
        {"kind": "copy", "uri": "untitled:a"},
    ],
)  # fmt: skip
def test_an_edit_that_cannot_be_applied_changes_nothing(change: dict[str, object]) -> None:
    documents = Documents()
    documents.open("untitled:a", "text\n")
    good = {
        "textDocument": {"uri": "untitled:a", "version": 1},
        "edits": [{"newText": "X", "range": span((0, 0), (0, 0))}],
    }
    with pytest.raises(EditRefused):
        documents.apply({"documentChanges": [change, good] if "kind" not in change else [good, change]})
    assert documents.text("untitled:a") == "text\n"
    assert documents.buffers["untitled:a"].version == 1
