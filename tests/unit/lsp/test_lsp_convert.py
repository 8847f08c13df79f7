"""Columns in every position encoding, against Python's own codecs."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tierwise.core.text import Lines, Point
from tierwise.lsp.convert import Columns

LINE = st.text(st.sampled_from(list("ab é漢😀\u0301")), max_size=12)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32"])
@given(text=LINE)
def test_every_column_survives_the_round_trip(encoding: str, text: str) -> None:
    columns = Columns(encoding)
    for column in range(len(text) + 1):
        units = len(text[:column].encode(encoding + "-le" if encoding != "utf-8" else encoding))
        units //= {"utf-8": 1, "utf-16": 2, "utf-32": 4}[encoding]
        assert columns.character(text, column) == units
        assert columns.column(text, units) == column


def test_the_middle_of_a_character_is_its_start() -> None:
    assert Columns("utf-16").column("a😀b", 2) == 1
    assert Columns("utf-8").column("aéb", 2) == 1


def test_positions_are_clamped() -> None:
    lines = Lines.of("😀\nb")
    columns = Columns("utf-16")
    assert columns.point(lines, 0, 99) == Point(0, 1)
    assert columns.point(lines, 9, 0) == Point(1, 1)
    assert columns.span(lines, (1, 0), (0, 0)).start == Point(0, 0)
