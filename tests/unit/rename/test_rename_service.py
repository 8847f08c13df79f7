"""What the service promises whatever the engine: refusals with reasons, checks, cancellation, exact edits."""

from __future__ import annotations

import contextlib
import stat
from pathlib import Path

import pytest
from rename_cases import FOLDER, MemoryView, document, view_of

from tierwise.cli.disk_view import disk_view
from tierwise.core.documents import Document
from tierwise.core.text import Lines, Point
from tierwise.core.uris import to_uri
from tierwise.rename.engines import bundled_engines
from tierwise.rename.service import Renamer
from tierwise.rename.values import NotRenameable, Reason, Renameable, RenameDeclined, RenameResult


def renamer() -> Renamer:
    return Renamer(bundled_engines(packages=lambda _: ()))


def rename(view: MemoryView, name: str, point: Point, new: str) -> RenameResult:
    return renamer().rename(view, view.documents[FOLDER / name], point, new, cancelled=lambda: False)


def declined(view: MemoryView, name: str, point: Point, new: str) -> RenameDeclined:
    with pytest.raises(RenameDeclined) as caught:
        rename(view, name, point, new)
    return caught.value


def test_prepare_says_what_would_be_renamed() -> None:
    view = view_of({"a.py": "def é𝄞f(x):\n    return x\n"})
    found = renamer().prepare(view, view.documents[FOLDER / "a.py"], Point(1, 11))
    assert isinstance(found, Renameable)
    assert (found.name, found.kind, found.engine) == ("x", "parameter", "jedi")
    assert (found.span.start, found.span.end) == (Point(1, 11), Point(1, 12))


@pytest.mark.parametrize("name", ["a.md", "a.txt", "Makefile", "a.cpp"])
def test_languages_without_an_engine_are_declined(name: str) -> None:
    view = view_of({name: "x\n"})
    found = renamer().prepare(view, view.documents[FOLDER / name], Point(0, 0))
    assert isinstance(found, NotRenameable)
    assert found.reason is Reason.NO_ENGINE
    assert declined(view, name, Point(0, 0), "y").reason is Reason.NO_ENGINE


@pytest.mark.parametrize("point", [Point(0, 99), Point(99, 0), Point(0, 4)])
def test_a_place_without_a_name_is_declined(point: Point) -> None:
    assert declined(view_of({"a.py": "x = (1)\n"}), "a.py", point, "y").reason is Reason.NO_NAME


@pytest.mark.parametrize("name", ["a.py", "a.js", "a.tsx", "A.java", "a.go", "a.rs"])
@pytest.mark.parametrize("text", ["", "\n", "(((", "\x00", "é𝄞\r", "class", "x"])
def test_any_text_is_answered(name: str, text: str) -> None:
    view = view_of({name: text})
    for column in range(len(text) + 1):
        found = renamer().prepare(view, view.documents[FOLDER / name], Point(0, column))
        assert isinstance(found, (Renameable, NotRenameable))


@pytest.mark.parametrize(
    ("name", "text"),
    [("a.py", "x = 1\nprint(x)\n"), ("a.ts", "export const x = 1;\nx;\n"), ("a.go", "package a\n\nvar x = 1\n")],
)
def test_a_cancelled_rename_says_so(name: str, text: str) -> None:
    view = view_of({name: text, "other" + name: text})
    column = text.index("x", text.index(" ")) if name != "a.py" else 0
    line = text[:column].count("\n")
    point = Point(line, column - (text.rfind("\n", 0, column) + 1))
    with pytest.raises(RenameDeclined) as caught:
        renamer().rename(view, view.documents[FOLDER / name], point, "y", cancelled=lambda: True)
    assert caught.value.reason is Reason.CANCELLED


def test_a_file_that_the_view_hides_is_declined_unless_it_is_open() -> None:
    hidden = document("a.py", "def f():\n    x = 1\n    return x\n")
    found = renamer().prepare(MemoryView({}), hidden, Point(1, 4))
    assert isinstance(found, NotRenameable)
    assert found.reason is Reason.FORBIDDEN
    shown = document("a.py", hidden.text, is_open=True)
    result = renamer().rename(MemoryView({}), shown, Point(1, 4), "y", cancelled=lambda: False)
    assert result.certain == 2


def test_a_buffer_without_a_file_renames_what_it_defines_itself() -> None:
    buffer = Document("untitled:Untitled-1", None, "python", 1, Lines.of("def f(x):\n    y = x\n    return y\n"))
    result = renamer().rename(MemoryView({}), buffer, Point(1, 4), "z", cancelled=lambda: False)
    assert result.changeset.edits[0].result.text == "def f(x):\n    z = x\n    return z\n"


def test_a_buffer_without_a_file_declines_what_comes_from_elsewhere() -> None:
    buffer = Document("untitled:Untitled-1", None, "python", 1, Lines.of("from a import f\nf()\n"))
    with pytest.raises(RenameDeclined) as caught:
        renamer().rename(MemoryView({}), buffer, Point(1, 0), "g", cancelled=lambda: False)
    assert caught.value.reason is Reason.OUTSIDE


def test_line_ends_stay_as_they_are() -> None:
    view = view_of({"a.py": "x = 1\r\nprint(x)\rprint(x)\n"})
    result = rename(view, "a.py", Point(0, 0), "yy")
    assert result.changeset.edits[0].result.text == "yy = 1\r\nprint(yy)\rprint(yy)\n"


def test_a_write_protected_file_is_declined(tmp_path: Path) -> None:
    (tmp_path / "lib.py").write_text("def f(): ...\n")
    (tmp_path / "main.py").write_text("from lib import f\nf()\n")
    (tmp_path / "lib.py").chmod(stat.S_IREAD)
    view = disk_view(tmp_path)
    document = view.read(tmp_path / "main.py")
    assert document is not None
    with pytest.raises(RenameDeclined) as caught:
        renamer().rename(view, document, Point(1, 0), "g", cancelled=lambda: False)
    assert caught.value.reason is Reason.FORBIDDEN
    assert "read-only" in str(caught.value)


def test_ignored_and_secret_files_are_never_changed(tmp_path: Path) -> None:
    (tmp_path / ".gitignore").write_text("build/\n")
    (tmp_path / "build").mkdir()
    for name in ("lib.py", "build/copy.py"):
        (tmp_path / name).write_text("def f(): ...\nf()\n")
    view = disk_view(tmp_path)
    document = view.read(tmp_path / "lib.py")
    assert document is not None
    result = renamer().rename(view, document, Point(0, 4), "g", cancelled=lambda: False)
    assert [edit.base.path for edit in result.changeset.edits] == [tmp_path / "lib.py"]


def test_an_edit_of_a_file_that_changed_meanwhile_is_declined() -> None:
    """The view's text of another file is what counts, and it must hold the name where the engine saw it."""
    view = view_of({"lib.py": "def f(): ...\n", "main.py": "from lib import f\nf()\n"})

    class Shifting(MemoryView):
        reads = 0

        def read(self, path: Path) -> Document | None:
            found = super().read(path)
            if path.name == "lib.py":
                self.reads += 1
                return document("lib.py", "# new\ndef f(): ...\n") if self.reads > 1 else found
            return found

    shifting = Shifting(view.documents)
    result = renamer().rename(shifting, view.documents[FOLDER / "main.py"], Point(1, 0), "g", cancelled=lambda: False)
    for edit in result.changeset.edits:
        for item in edit.edits:
            assert edit.base.lines.slice(item.span) == "f"


def test_uris_of_the_changes_are_those_of_the_documents() -> None:
    view = view_of({"a b/é.py": "x = 1\nx\n"})
    result = rename(view, "a b/é.py", Point(0, 0), "y")
    assert [edit.base.uri for edit in result.changeset.edits] == [to_uri(FOLDER / "a b/é.py")]


def test_code_that_is_nested_very_deeply_is_answered() -> None:
    text = (
        "export const o = { name: "
        + "+".join(["a"] * 3_000)
        + " };\no.name;\nlet f = (x) => "
        + "(" * 500
        + "x"
        + ")" * 500
    )
    view = view_of({"a.ts": text})
    with contextlib.suppress(RenameDeclined):
        assert rename(view, "a.ts", Point(1, 2), "title").certain == 2
