"""What a model thinks aloud never counts as its answer, however the reply is cut into pieces."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tierwise.core.thoughts import Thoughts


def answer(reply: str, piece: int) -> str:
    thoughts = Thoughts()
    said = "".join(thoughts.feed(reply[start : start + piece]) for start in range(0, len(reply), piece))
    return said + thoughts.finish()


@pytest.mark.parametrize("piece", [1, 2, 3, 100])
@pytest.mark.parametrize(
    ("reply", "wanted"),
    [
        ("<think>\nperhaps 1\n</think>\n\n2", "2"),
        ("\n <thinking>hm</thinking><reasoning>well</reasoning> 2", "2"),
        ("<think>a < b </thinking> </thin</think>2", "2"),
        ("<think>never said to the end", ""),
        ("<think></think>", ""),
        ("<thin", "<thin"),
        ("  two", "  two"),
        ("two <think>three</think>", "two <think>three</think>"),
        ("<thinker>2", "<thinker>2"),
        ("", ""),
        ("\n", "\n"),
    ],
)
def test_only_the_answer_is_passed_on(reply: str, wanted: str, piece: int) -> None:
    assert answer(reply, piece) == wanted


@settings(deadline=None)
@given(st.text(st.sampled_from("<>/think \n")), st.integers(1, 9))
def test_pieces_make_no_difference(reply: str, piece: int) -> None:
    assert answer(reply, piece) == answer(reply, len(reply) or 1)
