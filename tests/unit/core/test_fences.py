"""No text ends its fence, and no name its tag."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from tierwise.core.fences import fenced, notice

PIECES = ["</file>", "</file2>", "</file3>", "<file>", "a", "\n", "\r", '"', " "]


@given(st.lists(st.sampled_from(PIECES), max_size=8).map("".join))
def test_the_first_closing_tag_is_the_own_one(text: str) -> None:
    block = fenced("file", {"path": "a.py"}, text)
    opening, _, rest = block.partition("\n")
    match = re.fullmatch(r'<file(\d*) path="a.py"( final-newline="no")?>', opening)
    assert match
    body, closing, behind = rest.partition(f"</file{match[1]}>\n")
    assert (closing, behind) == (f"</file{match[1]}>\n", "")
    assert (body.removesuffix("\n") if match[2] else body) == text


@given(st.text(st.one_of(st.characters(codec="utf-8"), st.sampled_from('&#38;<>"\n')), max_size=12))
def test_a_name_stays_inside_its_quotes(name: str) -> None:
    line = notice("gone", {"path": name})
    assert line.count("\n") == 1
    match = re.fullmatch(r'<gone path="([^"<>]*)"/>\n', line)
    assert match
    assert re.sub(r"&#(\d+);", lambda number: chr(int(number[1])), match[1]) == name


def test_usual_text_is_left_as_it_is() -> None:
    assert fenced("file", {"path": "src/a b.py"}, "x = '<a>'\n") == "<file path=\"src/a b.py\">\nx = '<a>'\n</file>\n"
    assert fenced("file", {"path": "a"}, "") == '<file path="a">\n</file>\n'
