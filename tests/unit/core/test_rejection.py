"""Every reason has words for a person."""

from __future__ import annotations

import pytest

from tierwise.core.rejection import RejectReason, in_words


@pytest.mark.parametrize("reason", RejectReason)
def test_a_reason_is_told_in_words(reason: RejectReason) -> None:
    assert in_words(reason) != reason.value
    assert in_words(reason) == in_words(reason.value)


def test_what_is_no_reason_against_an_answer_is_told_as_it_is() -> None:
    assert in_words("rate-limit") == "rate-limit"
