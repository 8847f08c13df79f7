"""Stop strings held to an answer, whatever pieces it comes in."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tierwise.providers.stops import StopCutter


def fed(strings: tuple[str, ...], pieces: list[str]) -> tuple[list[str], bool]:
    cutter = StopCutter(strings)
    out: list[str] = []
    for piece in pieces:
        out.append(cutter.feed(piece))
        if cutter.stopped:
            return out, True
    return [*out, cutter.rest()], False


@pytest.mark.parametrize(
    ("strings", "pieces", "out", "stopped"),
    [
        ((), ["a\n", "\nb"], ["a\n", "\nb", ""], False),
        (("\n\n",), ["a\n", "\nb"], ["a", ""], True),
        (("\n\n",), ["a\n", "b"], ["a", "\nb", ""], False),
        (("\n\n",), ["a\n"], ["a", "\n"], False),
        (("STOP", "x"), ["aST", "O", "x"], ["a", "", "STO"], True),
        (("", "b"), ["ab"], ["a"], True),
        (("b", "aba"), ["a", "b", "a"], ["", "a"], True),
        (("b", "aba"), ["aba"], ["a"], True),
    ],
)
def test_pieces(strings: tuple[str, ...], pieces: list[str], out: list[str], stopped: bool) -> None:
    assert fed(strings, pieces) == (out, stopped)


@given(
    strings=st.lists(st.text("ab", min_size=1, max_size=4), max_size=3),
    pieces=st.lists(st.text("abc", max_size=4), max_size=12),
)
def test_the_pieces_do_not_matter(strings: list[str], pieces: list[str]) -> None:
    whole = "".join(pieces)
    places = [(whole.find(string) + len(string), whole.find(string)) for string in strings if string in whole]
    out, stopped = fed(tuple(strings), pieces)
    assert stopped == bool(places)
    assert "".join(out) == (whole[: min(places)[1]] if places else whole)
