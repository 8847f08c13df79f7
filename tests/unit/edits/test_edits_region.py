"""Which change a region said anew makes, said whole or in part; applied, the region is what was said."""

from __future__ import annotations

import random

import pytest

from tierwise.core.text import Lines
from tierwise.edits.region import change_edit, region_changes

OLD = list("abcdefg")
# what was said, whether all of it: (start, stop, lines) of each change that is certain
CASES = {
    "the same": ("abcdefg", True, []),
    "one line": ("abXdefg", True, [(2, 3, "X")]),
    "not over yet": ("abX", False, []),
    "one line agrees again": ("abXd", False, []),
    "two lines agree again, perhaps by chance": ("abXde", False, []),
    "two lines agree again for certain": ("abXdef", False, [(2, 3, "X")]),
    "lines put in": ("abXYcd", False, [(2, 2, "XY")]),
    "lines taken out": ("adefg", False, [(1, 3, "")]),
    "two changes, one over": ("aXcdYf", False, [(1, 2, "X")]),
    "two changes": ("aXcdYfg", True, [(1, 2, "X"), (4, 5, "Y")]),
    "more at the end": ("abcdefgX", True, [(7, 7, "X")]),
    "the end is missing": ("abcde", True, [(5, 7, "")]),
}


@pytest.mark.parametrize("name", CASES)
def test_changes(name: str) -> None:
    said, complete, expected = CASES[name]
    found = region_changes(OLD, list(said), complete=complete)
    assert [(change.start, change.stop, "".join(change.lines)) for change in found] == expected


def test_blanks_at_line_ends_are_no_change() -> None:
    assert region_changes(["a", "", "b  "], ["a ", "  ", "b"], complete=True) == []


def test_what_was_certain_stays_so() -> None:
    dice = random.Random(5)
    for _ in range(300):
        old = [dice.choice("abcd") * dice.randint(1, 3) for _ in range(dice.randint(1, 12))]
        new = [line for line in old if dice.random() < 0.8]
        for _ in range(dice.randint(0, 3)):
            new.insert(dice.randint(0, len(new)), dice.choice("xyz"))
        known: list[object] = []
        for count in range(len(new) + 1):
            found = list(region_changes(old, new[:count], complete=False))
            assert found[: len(known)] == known
            known = found


@pytest.mark.parametrize("terminator", ["\n", "\r\n"])
@pytest.mark.parametrize("final", [True, False])
def test_applied_the_last_change_first_the_region_is_what_was_said(terminator: str, final: bool) -> None:
    dice = random.Random(7)
    for _ in range(300):
        rows = [dice.choice(["a", "bb", "  c", ""]) for _ in range(dice.randint(1, 9))] + ["end"]
        lines = Lines.of(terminator.join(rows) + (terminator if final else ""))
        first = dice.randint(0, len(rows) - 1)
        stop = dice.randint(first + 1, len(rows))
        said = [line for line in rows[first:stop] if dice.random() < 0.8] + ["x"] * dice.randint(0, 2)
        if not said:
            continue
        for change in reversed(region_changes(rows[first:stop], said, complete=True)):
            edit = change_edit(lines, first, change)
            lines = lines.splice(edit.span, edit.text)
        wanted = terminator.join([*rows[:first], *said, *rows[stop:]]) + (terminator if final else "")
        assert lines.text == wanted
