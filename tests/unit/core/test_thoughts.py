"""What a model thinks aloud never counts as its answer, however the reply is cut into pieces."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tierwise.core.thoughts import Thoughts, spoken


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


UNOPENED = "Let me think.\n<<<<<<< no\n\n</think>\n\nIt is 2.\n"


@pytest.mark.parametrize(
    ("reply", "wanted"),
    [
        (UNOPENED, "It is 2.\n"),
        ("</think>\n\n2", "2"),
        ("So it is 2.</think>\n\n2", "2"),
        ("hm\n</reasoning>", ""),
        ("hm\r\n</thinking>\r\n2", "2"),
        ("A draft:\n```py\nx = 1\n```\n</think>\n2", "2"),
        ("It ends so:\n\n```\n</think>\n```\n", None),
        ("It ends so:\n\n~~~~xml\n~~~\n</think>\n~~~~\nand\n", None),
        ("a.py\n<<<<<<< SEARCH\n</think>\n=======\n</thought>\n>>>>>>> REPLACE\n", None),
        ("The tag `</think>` ends it.\n", None),
        ("It opens with <think>\nand closes with\n</think>\n", None),
        ("What ends it is </think>\nand nothing else.", None),
        ("</thinker>\n2", None),
        ("<think>1</think>2\n</think>\n3", "2\n</think>\n3"),
    ],
)
def test_a_thought_whose_opening_tag_was_taken_away_is_no_answer(reply: str, wanted: str | None) -> None:
    assert spoken(reply) == (reply if wanted is None else wanted)


@pytest.mark.parametrize("piece", [1, 3, 100])
@pytest.mark.parametrize(
    ("reply", "wanted"), [(UNOPENED, "It is 2.\n"), ("two\nthree", "two\nthree"), ("</think>", "")]
)
def test_of_a_model_known_to_begin_within_a_thought_only_the_answer_is_passed_on(
    reply: str, wanted: str, piece: int
) -> None:
    thoughts = Thoughts(begun=True)
    said = "".join(thoughts.feed(reply[start : start + piece]) for start in range(0, len(reply), piece))
    assert said + thoughts.finish() == wanted
