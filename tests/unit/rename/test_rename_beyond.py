"""Mentions, related names and files that follow: found by rule, in every language."""

from __future__ import annotations

import pytest
from beyond_cases import BeyondCase, beyond_cases
from rename_cases import FOLDER, view_of

from tierwise.core.changes import RenameFile
from tierwise.core.documents import Document
from tierwise.rename.engines import bundled_engines
from tierwise.rename.mentions import Renamed, find_mentions
from tierwise.rename.reach import reach_of
from tierwise.rename.related import RelatedKind, find_related
from tierwise.rename.service import Renamer
from tierwise.rename.snapshot import Snapshot

ALL = beyond_cases()
IDS = [f"{stem}: {case.title}" for stem, case in ALL]


def renamed(case: BeyondCase) -> tuple[Snapshot, Renamer, Renamed]:
    view = Snapshot(view_of(case.plain.files))
    name, point = case.plain.cursor
    document = view.read(FOLDER / name)
    assert document is not None
    renamer = Renamer(bundled_engines(packages=lambda _: ()))
    result = renamer.rename(view, document, point, case.plain.new, cancelled=lambda: False)
    reach = reach_of(document, point, result.old_name)
    return view, renamer, Renamed(document, result.old_name, case.plain.new, result.changeset, result.uncertain, reach)


@pytest.mark.parametrize("case", [case for _, case in ALL], ids=IDS)
def test_certain_occurrences(case: BeyondCase) -> None:
    _, _, what = renamed(case)
    changed = {relative(edit.base): edit.result.text for edit in what.changes.edits}
    assert {**case.plain.files, **changed} == case.plain.after
    moves = [change for change in what.changes.changes if isinstance(change, RenameFile)]
    shown = ", ".join(f"{move.old.relative_to(FOLDER)} -> {move.new.relative_to(FOLDER)}" for move in moves)
    assert shown.replace("\\", "/") == case.plain.header.get("moves", "")


@pytest.mark.parametrize("case", [case for _, case in ALL], ids=IDS)
def test_mentions(case: BeyondCase) -> None:
    view, _, what = renamed(case)
    found = find_mentions(view, what)
    places = {(relative(m.document), m.span.start.line, m.span.start.column, m.old, m.new) for m in found}
    assert places == {(p.path, p.line, p.column, p.old, p.new) for p in case.mentions}
    not_meant = {(p.path, p.line, p.column) for p in case.mentions if not p.meant}
    marked = {(relative(m.document), m.span.start.line, m.span.start.column) for m in found if m.marked}
    assert marked.isdisjoint(not_meant), "a rule took a namesake for the thing"


@pytest.mark.parametrize("case", [case for _, case in ALL], ids=IDS)
def test_related_names(case: BeyondCase) -> None:
    view, renamer, what = renamed(case)
    found = find_related(view, renamer, what, lambda: False)
    symbols = {f"{item.old} -> {item.new}" for item in found if item.kind is RelatedKind.SYMBOL}
    files = {f"{item.old} -> {item.new}" for item in found if item.kind is RelatedKind.FILE}
    assert (symbols, files) == (case.named("related"), case.named("files"))


def relative(document: Document) -> str:
    assert document.path is not None
    return document.path.relative_to(FOLDER).as_posix()
