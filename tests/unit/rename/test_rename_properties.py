"""Whatever is renamed can be renamed back: the text is the old one again, and every edit stands on the old name."""

from __future__ import annotations

from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rename_cases import FOLDER, Case, MemoryView, read_cases, view_of

from tierwise.core.text import Point
from tierwise.rename.engines import bundled_engines
from tierwise.rename.overlay import Overlay
from tierwise.rename.service import Renamer
from tierwise.rename.values import RenameDeclined, RenameResult
from tierwise.syntax.parse import Node, parse

CASES = [
    case for file in sorted((Path(__file__).parents[2] / "cases" / "rename").glob("*.txt")) for case in read_cases(file)
]


def identifiers(case: Case) -> list[tuple[str, Point, str]]:
    found: list[tuple[str, Point, str]] = []
    for name, text in case.files.items():
        language = view_of({name: text}).documents[FOLDER / name].language
        parsed = parse(language, text)
        pending: list[Node] = [parsed.root] if parsed is not None else []
        while pending and parsed is not None:
            node = pending.pop()
            pending += node.children
            if node.child_count == 0 and node.type.endswith("identifier"):
                found.append((name, parsed.point(node.start_byte), parsed.source(node)))
    return found


ALL = [(case, *place) for case in CASES for place in identifiers(case)]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(ALL))
def test_there_and_back(example: tuple[Case, str, Point, str]) -> None:
    case, name, point, word = example
    view = view_of(case.files, case.open)
    fresh = ("#" if word.startswith("#") else "") + ("Zz" if word.strip("#")[:1].isupper() else "zz") + "Fresh"
    there = run(view, name, point, fresh)
    if there is None or any(len(set(edit.edits)) != len(edit.edits) for edit in there.changeset.edits):
        return
    spelled_out = any(item.text != fresh for edit in there.changeset.edits for item in edit.edits)
    for edit in there.changeset.edits:
        assert all(edit.base.lines.slice(item.span) in {word, ""} for item in edit.edits)
    if spelled_out or there.uncertain or len(there.changeset.changes) != len(there.changeset.edits):
        return  # what was written out as "a as b" stays written out, and files do not move back here
    overlay = Overlay(view, there.changeset)
    shifted = Point(point.line, point.column + shift(there, name, point))
    document = overlay.read(FOLDER / name)
    assert document is not None
    back = Renamer(bundled_engines(packages=lambda _: ())).rename(
        overlay, document, shifted, word, cancelled=lambda: False
    )
    texts = {edit.base.path: edit.result.text for edit in back.changeset.edits}
    for edit in there.changeset.edits:
        assert texts[edit.base.path] == edit.base.text


def run(view: MemoryView, name: str, point: Point, new: str) -> RenameResult | None:
    try:
        renamer = Renamer(bundled_engines(packages=lambda _: ()))
        return renamer.rename(view, view.documents[FOLDER / name], point, new, cancelled=lambda: False)
    except RenameDeclined:
        return None


def shift(result: RenameResult, name: str, point: Point) -> int:
    """How far the edits before ``point`` on its line move it."""
    edits = next((edit.edits for edit in result.changeset.edits if edit.base.path == FOLDER / name), ())
    before = [item for item in edits if item.span.start.line == point.line and item.span.start < point]
    return sum(len(item.text) - (item.span.end.column - item.span.start.column) for item in before)
