"""Which lines changed: applying the answer gives the new text, however many lines are alike."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tierwise.core.text import Lines, Point, Span
from tierwise.session.line_diff import changes

LINES = st.lists(st.sampled_from(["a\n", "b\n", "c\n", "}\n", "\n", *(f"unique {n}\n" for n in range(9))]), max_size=40)


def applied(old: list[str], new: list[str]) -> list[str]:
    result: list[str] = []
    at = 0
    for change in changes(old, new):
        assert change.a1 >= at
        assert old[change.a1 : change.a2] != new[change.b1 : change.b2]
        result += old[at : change.a1]
        assert len(result) == change.b1
        result += new[change.b1 : change.b2]
        at = change.a2
    return result + old[at:]


@given(LINES, LINES)
def test_changes_make_the_new_text(old: list[str], new: list[str]) -> None:
    assert applied(old, new) == new
    assert changes(old, old) == []


def test_two_edits_far_apart_are_two_changes() -> None:
    """Also in a text far too long to be aligned line by line."""
    old = [line for number in range(3000) for line in (f"line {number}\n", "}\n")]
    new = [*old[:10], "first\n", *old[10:5000], *old[5001:]]
    found = changes(old, new)
    assert [(c.a1, c.a2, c.b1, c.b2) for c in found] == [(10, 10, 10, 11), (5000, 5001, 5001, 5001)]


def test_a_long_stretch_of_equal_lines_is_replaced_as_one() -> None:
    old, new = ["x\n", *["a\n"] * 5000, "y\n"], ["x\n", *["b\n", "a\n"] * 4000, "y\n"]
    assert len(changes(old, new)) == 1
    assert applied(old, new) == new


@given(LINES, st.integers(0, 40))
def test_equal_texts_are_found_equal_whatever_their_pieces(lines: list[str], at: int) -> None:
    whole = Lines.of("".join(lines))
    point = whole.clamp(Point(at, 0))
    other = whole.splice(Span.at(point), "new\n").splice(Span(point, Point(point.line + 1, 0)), "")
    assert whole.same_as(other)
    assert other.same_as(whole)
    assert not whole.same_as(whole.splice(Span.at(point), "z"))
