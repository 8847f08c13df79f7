"""The line store behaves like a plain string that is split at LSP's line ends."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tierwise.core.changes import TextEdit, apply_edits
from tierwise.core.text import Lines, Point, Span, advance, split_lines

TEXT = st.text(st.sampled_from(list("ab \t\r\n\f\u2028é😀")), max_size=60)


def offset(text: str, point: Point) -> int:
    return sum(len(line) for line in split_lines(text)[: point.line]) + point.column


@st.composite
def text_and_span(draw: st.DrawFn, texts: st.SearchStrategy[str] = TEXT) -> tuple[str, Span]:
    text = draw(texts)
    lines = Lines.of(text)

    def point() -> Point:
        line = draw(st.integers(0, lines.count - 1))
        return Point(line, draw(st.integers(0, len(lines.line(line)))))

    a, b = point(), point()
    return text, Span(min(a, b), max(a, b))


@given(TEXT)
def test_split_is_lossless_and_breaks_only_at_lsp_line_ends(text: str) -> None:
    lines = split_lines(text)
    assert "".join(lines) == text
    assert len(lines) == len(re.findall(r"\r\n|\n|\r", text)) + 1


@given(text_and_span(), TEXT)
def test_splice_equals_string_replacement(case: tuple[str, Span], new: str) -> None:
    text, span = case
    start, end = offset(text, span.start), offset(text, span.end)
    expected = text[:start] + new + text[end:]
    lines = Lines.of(text).splice(span, new)
    assert lines.text == expected
    assert [lines.raw(i) for i in range(lines.count)] == split_lines(expected)
    assert Lines.of(text).slice(span) == text[start:end]


@given(text_and_span(st.integers(0, 3000).map(lambda n: "x\n" * n)), st.integers(0, 900).map(lambda n: "y\n" * n))
def test_splice_over_many_chunks(case: tuple[str, Span], new: str) -> None:
    text, span = case
    lines = Lines.of(text).splice(span, new)
    assert lines.text == text[: offset(text, span.start)] + new + text[offset(text, span.end) :]
    assert lines.count == len(split_lines(lines.text))


@given(text=TEXT, start=st.integers(-3, 12), stop=st.integers(-3, 12))
def test_ranges_are_lines_in_order(text: str, start: int, stop: int) -> None:
    lines = Lines.of(text)
    inside = [index for index in range(max(start, 0), stop) if index < lines.count]
    assert list(lines.raw_range(start, stop)) == [lines.raw(index) for index in inside]


def test_a_splice_shares_untouched_chunks() -> None:
    before = Lines.of("line\n" * 10_000)
    after = before.splice(Span(Point(5_000, 0), Point(5_000, 4)), "changed")
    assert sum(a is b for a, b in zip(before, after, strict=True)) == 10_000


@given(text_and_span())
def test_before_and_after_meet_at_the_point(case: tuple[str, Span]) -> None:
    text, span = case
    lines = Lines.of(text)
    assert lines.before(span.start, 10_000) + lines.after(span.start, 10_000) == text


@given(TEXT, TEXT)
def test_advance_is_where_the_text_ends(head: str, text: str) -> None:
    start = Lines.of(head).end
    whole = head + text
    if head.endswith("\r") and text.startswith("\n"):
        return  # the two become one terminator: the start itself vanishes
    assert offset(whole, advance(start, text)) == len(whole)


def test_clamp() -> None:
    lines = Lines.of("ab\ncd")
    assert lines.clamp(Point(0, 9)) == Point(0, 2)
    assert lines.clamp(Point(7, 0)) == Point(1, 2)
    assert lines.clamp(Point(-1, 4)) == Point(0, 0)
    assert lines.end == Point(1, 2)


def test_lines_out_of_range() -> None:
    with pytest.raises(IndexError):
        Lines.of("a").raw(1)


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9), TEXT), max_size=4))
def test_edits_apply_together_or_are_refused(raw: list[tuple[int, int, str]]) -> None:
    text = "0123456789"
    spans = sorted(((min(a, b), max(a, b), new) for a, b, new in raw), key=lambda item: item[:2])
    edits = [TextEdit(Span(Point(0, a), Point(0, b)), new) for a, b, new in spans]
    if any(first[1] > second[0] for first, second in pairwise(spans)):
        with pytest.raises(ValueError, match="overlap"):
            apply_edits(Lines.of(text), edits)
        return
    expected, at = "", 0
    for a, b, new in spans:
        expected += text[at:a] + new
        at = b
    assert apply_edits(Lines.of(text), edits).text == expected + text[at:]
