"""A prefix whose budget is full: what is left out, and what is gone back to."""

from __future__ import annotations

from dataclasses import replace

import pytest
from prefix_desk import HEAD, SHORT, Desk, text_of
from prefix_reader import read

from tierwise.core.models import Usage
from tierwise.session.cache_terms import CacheTerms
from tierwise.session.prefix_turn import Rebase


def test_the_budget_holds_and_leaves_room_after_a_rebase() -> None:
    desk = Desk(**{f"f{number}": f"{number}\n" * 100 for number in range(9)})
    names = list(desk.documents)
    why: list[Rebase | None] = []
    for turn in range(60):
        wanted = names[turn % 9]
        prefix = desk.ask(wanted, budget=1200, optional=tuple(name for name in names if name != wanted))
        assert len(text_of(prefix)) <= 1200
        assert wanted in prefix.files
        why.append(prefix.rebase)
    assert Rebase.BUDGET in why
    assert why.count(Rebase.BUDGET) < 30


def test_the_budget_drops_what_is_not_needed_and_leaves_the_rest_where_it_stands() -> None:
    """Files that were written at once are pieces all the same: the line can be cut between them."""
    desk = Desk(a="first\n" * 400, b="second\n" * 380, c="third\n" * 450, d="fourth\n" * 350)
    first = text_of(desk.ask("a", "b", "c", budget=8_000))
    prefix = desk.ask("a", "b", "d", budget=8_000)
    assert prefix.rebase is Rebase.BUDGET
    assert prefix.files == {"a", "b", "d"}
    assert text_of(prefix).startswith(first[: first.index('<file path="c">')])
    assert prefix.expected_cached > 0.6 * prefix.tokens


@pytest.mark.parametrize(
    ("terms", "pause", "why"),
    [
        (SHORT, 1, Rebase.RETURNED),
        (replace(SHORT, marks=0), 1, Rebase.RETURNED),
        (SHORT, 301, Rebase.BUDGET),
        (replace(SHORT, parallel=False), 1, Rebase.BUDGET),
    ],
    ids=["marked", "implicit", "expired", "one at a time"],
)
def test_a_line_that_was_given_up_is_gone_back_to_while_it_is_held(
    terms: CacheTerms, pause: float, why: Rebase
) -> None:
    """Where there is room for either of two files only, and both are wanted by turns."""
    desk = Desk(terms, a="first\n" * 100, b="second\n" * 400, c="third\n" * 500)
    first = text_of(desk.ask("a", "b", budget=4_500))
    assert desk.ask("a", "c", budget=4_500).rebase is Rebase.BUDGET
    desk.write("b", "second\n" * 399 + "changed\n")
    desk.clock.time += pause
    prefix = desk.ask("a", "b", budget=4_500)
    assert prefix.rebase is why
    assert read(text_of(prefix).removeprefix("".join(HEAD))) == {
        ("file", name): desk.documents[name].text for name in "ab"
    }
    if why is Rebase.RETURNED:
        assert text_of(prefix).startswith(first)
        assert prefix.expected_cached == len(first)
        assert desk.ask("a", "c", budget=4_500).rebase is Rebase.RETURNED


def test_a_line_is_not_gone_back_to_after_a_miss() -> None:
    """Whatever lost the copy of this one may have lost them all."""
    desk = Desk(a="first\n" * 100, b="second\n" * 400, c="third\n" * 500)
    desk.ask("a", "b", budget=4_500)
    desk.ask("a", "c", budget=4_500)
    need = desk.need("a", "c", budget=4_500)
    desk.ledger.observe(need, desk.ledger.prefix(need), Usage(input_tokens=4_000, cached_tokens=0))
    assert desk.ask("a", "b", budget=4_500).rebase is Rebase.BUDGET


def test_optional_files_are_worth_no_rebase() -> None:
    desk = Desk(x="a\n" * 100, y="b\n" * 100, z="c\n" * 100)
    desk.ask("x", budget=500)
    prefix = desk.ask("x", budget=500, optional=("y", "z"))
    assert prefix.rebase is None
    assert prefix.files == {"x"}
