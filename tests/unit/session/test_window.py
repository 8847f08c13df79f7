"""The text around the cursor: within its budget, at line borders, and beginning where the next key will find it too."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tierwise.core.documents import Document
from tierwise.core.text import Lines, Point
from tierwise.core.tokens import size
from tierwise.session.window import around

LINE = st.sampled_from(["", "x", "    return value", "a" * 40])
TEXTS = st.builds(
    lambda lines, copies, ends: "".join(line + ends[i % len(ends)] for i, line in enumerate(lines * copies)),
    st.lists(LINE, min_size=1, max_size=9),
    st.integers(1, 40),
    st.sampled_from([["\n"], ["\r\n"], ["\r"], ["\n", "\r\n", "\r"]]),
)


@given(TEXTS, st.integers(0, 400), st.integers(0, 50), st.sampled_from([0, 1, 7, 50, 400, 3_000, 50_000]))
def test_a_window_is_the_text_around_within_its_budget(text: str, line: int, column: int, budget: int) -> None:
    lines = Lines.of(text)
    point = lines.clamp(Point(line, column))
    prefix, suffix = around(Document("file:///a", None, "python", 1, lines), point, budget)
    before, after = lines.before(point, lines.count), lines.after(point, lines.count)
    assert before.endswith(prefix)
    assert after.startswith(suffix)
    assert len(prefix) + len(suffix) <= max(budget, 1)
    head, rest = lines.raw(point.line)[: point.column], lines.raw(point.line)[point.column :]
    if len(head) <= len(prefix):  # it begins where a line does
        first = point.line + 1 - Lines.of(prefix).count
        assert prefix == "".join(lines.raw_range(first, point.line)) + head
    if len(rest) <= len(suffix) < len(after):  # it ends where a line does, and the next would have been too much
        following = point.line + Lines.of(suffix).count - 1
        assert suffix == rest + "".join(lines.raw_range(point.line + 1, following))
        assert len(suffix) + len(lines.raw(following)) > budget // 4


@given(st.lists(st.sampled_from(["漢字", "é = 1\n", "😀", "plain = 1\n", "\n"]), max_size=300), st.integers(0, 300))
def test_what_is_beyond_ascii_counts_as_more(pieces: list[str], line: int) -> None:
    lines = Lines.of("".join(pieces))
    prefix, suffix = around(Document("file:///a", None, "python", 1, lines), lines.clamp(Point(line, 3)), 200)
    assert size(prefix) + size(suffix) <= 200


def test_the_beginning_stays_while_lines_are_added() -> None:
    lines = Lines.of("x = 1\n" * 2_000)
    document = Document("file:///a", None, "python", 1, lines)
    starts = {1_000 + i - around(document, Point(1_000 + i, 0), 3_000)[0].count("\n") for i in range(20)}
    assert len(starts) == 2
    assert all(start % 32 == 0 for start in starts)
